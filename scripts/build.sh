#!/usr/bin/env bash
# Builds target/release/countersign with the console inside it. Five steps (six with `run`, which starts it).
#   build.sh [build|site|run [arguments of countersign serve]]
source "$(dirname "$0")/lib.sh"
WHAT=${1:-build}; [ $# -eq 0 ] || shift
case $WHAT in build) steps 5 ;; site) steps 4 ;; run) steps 6 ;; *) fail "usage: build.sh build|site|run" ;; esac

step "look for what building needs"
scripts/setup.sh build

step "compile the console's browser half"
( eval "$(scripts/toolchain.sh wasm)"
  CARGO_TARGET_DIR="$WASM_TARGET_DIR" "${CARGO:-cargo}" build --locked --profile wasm-release --target wasm32-unknown-unknown \
    -p app --no-default-features --features hydrate )

eval "$(scripts/toolchain.sh native)"
CARGO=${CARGO:-cargo}
step "compile the tool that assembles the site"
"$CARGO" build --locked -p xtask

step "assemble the site: bindings, style, fonts, icons; named by hash, compressed"
"$CARGO_TARGET_DIR/debug/xtask" site "$WASM_TARGET_DIR/wasm32-unknown-unknown/wasm-release/app.wasm" "$SITE"
[ "$WHAT" != site ] || exit 0

step "compile the server (release)"
COUNTERSIGN_SITE="$SITE" "$CARGO" build --locked --release -p server --bin countersign
say "built target/release/countersign ($(du -h "$BINARY" | cut -f1))"
[ "$WHAT" = run ] || exit 0

step "start: the console answers on http://127.0.0.1:3000 unless told otherwise; stop it with Ctrl C"
rm -f "$STEP_FILE"
exec "$BINARY" serve "$@"
