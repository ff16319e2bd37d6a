#!/usr/bin/env bash
# Makes sure a Rust compiler is at hand and prints exports to eval; prints nothing when the plain tools will do.
#   toolchain.sh native        builds the server and the tests
#   toolchain.sh wasm          builds the console's browser half (wasm32-unknown-unknown)
#   toolchain.sh lint          as native, with clippy and rustfmt where they can be had
# Nothing is fetched through rustup. What the machine has is used; where it falls short, on Debian, the distribution's
# Rust (packages rustc-web, cargo-web) is unpacked into a private folder, and the wasm standard library is built there
# once from the distribution's own source: half a minute to six minutes the first time, nothing afterwards.
source "$(dirname "$0")/lib.sh"
WANT=${1:-native}
WASM=wasm32-unknown-unknown
MINIMUM=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
DIR=${WASM_TOOLCHAIN_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/countersign/toolchain}

newest() { [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$MINIMUM" "$1" | sort -V | head -n 1)" = "$MINIMUM" ]; }
recent() {
  have rustc && have cargo || return 1
  local version; version=$(rustc -V 2>/dev/null | awk '{print $2}') || return 1
  newest "$version"
}
case $WANT in
  native) if recent; then exit 0; fi ;;
  wasm) if recent && [ -d "$(rustc --print target-libdir --target $WASM 2>/dev/null)" ]; then exit 0; fi ;;
  lint) if recent && cargo clippy -V >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1; then exit 0; fi ;;
  *) fail "usage: toolchain.sh native|wasm|lint" ;;
esac
have apt-get || fail "Rust $MINIMUM or newer with the target $WASM is needed. With rustup, type: rustup target add $WASM"
ARCH=$(uname -m)
HOST=$ARCH-unknown-linux-gnu

unpack() { # unpack PACKAGE…: downloads and unpacks, installs nothing
  mkdir -p "$DIR/debs" "$DIR/x"
  # apt drops its rights to download; a folder under a private home is out of its reach, so it asks as whoever runs this
  (cd "$DIR/debs" && apt-get download -qq -o APT::Sandbox::User="$(id -un)" "$@") >&2
  for deb in "$DIR"/debs/*.deb; do dpkg -x "$deb" "$DIR/x"; done
  rm -rf "$DIR/debs"
}
wrapper() { # a program of ours that finds the unpacked compiler library
  printf '#!/bin/sh\nLD_LIBRARY_PATH="%s/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "%s/bin/%s" "$@"\n' "$DIR" "$DIR" "$2" > "$DIR/bin/$1"
  chmod +x "$DIR/bin/$1"
}
depends() { apt-cache depends "$1" | sed -n 's/^ *Depends: \(lib[a-z0-9.+-]*\)$/\1/p'; }

if [ ! -e "$DIR/ok" ]; then
  say "unpacking Debian's Rust into $DIR"
  rm -rf "$DIR"; mkdir -p "$DIR"/{bin,lib}
  as_root apt-get update -qq >&2
  STD=$(depends libstd-rust-web-dev | grep '^libstd-rust-web-[0-9]' | head -n 1 || true)
  OFFERED=${STD#libstd-rust-web-}
  newest "$OFFERED" || fail "Rust $MINIMUM is needed; this Debian offers ${OFFERED:-none} (package rustc-web). Add the security archive (bookworm-security) to apt's sources, or install Rust, then run again"
  LLVM=$(depends "$STD" | sed -n 's/^libllvm\([0-9]*\)$/\1/p' | head -n 1)
  # shellcheck disable=SC2046
  apt_need "libllvm$LLVM" "lld-$LLVM" $(depends cargo-web | grep -v -e '^libstd-rust' -e '^libc6$')
  unpack rustc-web cargo-web rust-web-src libstd-rust-web-dev "$STD"
  cp -a "$DIR"/x/usr/bin/{rustc,rustdoc,cargo} "$DIR/bin/"
  cp -a "$DIR"/x/usr/lib/"$ARCH"-linux-gnu/librustc_driver*.so "$DIR/lib/"
  cp -a "$DIR/x/usr/lib/rustlib" "$DIR/lib/"
  rm -f "$DIR/lib/rustlib/src/rust"; mkdir -p "$DIR/lib/rustlib/src/rust"
  cp -a "$DIR"/x/usr/src/rustc-*/library "$DIR/lib/rustlib/src/rust/"
  mkdir -p "$DIR/lib/rustlib/$HOST/bin"
  ln -s "/usr/lib/llvm-$LLVM/bin/lld" "$DIR/lib/rustlib/$HOST/bin/rust-lld"
  wrapper rustc-run rustc
  say "building the standard library for $WASM (once)"
  S="$DIR/std"; mkdir -p "$S/src"; echo '#![no_std]' > "$S/src/lib.rs"
  printf '[package]\nname="stdbuild"\nversion="0.0.0"\nedition="2021"\n[profile.release]\npanic="abort"\n[workspace]\n' > "$S/Cargo.toml"
  # embed-bitcode makes lto="fat" usable with this standard library
  (cd "$S" && RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes RUSTC="$DIR/bin/rustc-run" CARGO_TARGET_DIR="$S/target" \
     "$DIR/bin/cargo" build -q --release -Z build-std=std,panic_abort,test --target $WASM) >&2
  mkdir -p "$DIR/lib/rustlib/$WASM/lib"
  cp "$S"/target/$WASM/release/deps/*.rlib "$DIR/lib/rustlib/$WASM/lib/"; rm "$DIR/lib/rustlib/$WASM/lib/"libstdbuild*
  rm -rf "$DIR/x" "$S"; touch "$DIR/ok"
fi
if [ "$WANT" = lint ] && [ ! -e "$DIR/ok-lint" ]; then
  say "unpacking Debian's clippy and rustfmt"
  as_root apt-get update -qq >&2
  unpack rust-web-clippy rustfmt-web
  mkdir -p "$DIR/lint"
  for tool in clippy-driver cargo-clippy rustfmt cargo-fmt; do
    cp -a "$DIR/x/usr/bin/$tool" "$DIR/bin/$tool.bin"; wrapper "$tool" "$tool.bin"
  done
  rm -rf "$DIR/x"; touch "$DIR/ok-lint"
fi
echo "export RUSTC=$DIR/bin/rustc-run CARGO=$DIR/bin/cargo PATH=$DIR/bin:\$PATH"
