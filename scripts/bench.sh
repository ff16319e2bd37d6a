#!/usr/bin/env bash
# Measures the product beside its peers and writes docs/benchmarks.md. The peers and the load generator come from the
# package registries, into target/bench-tools. BENCH_SECONDS and BENCH_IDENTITIES make it shorter.
source "$(dirname "$0")/lib.sh"
OHA=1.16.0 DECERN=0.6.0 CERBOS=0.55.0
steps 7
scripts/build.sh build
eval "$(scripts/toolchain.sh native)"
CARGO=${CARGO:-cargo}
step "compile what it is measured against"
"$CARGO" build --locked --release -p bench
TOOLS="$CARGO_TARGET_DIR/bench-tools"
mkdir -p "$TOOLS"
for tool in "oha@$OHA" "decern-server@$DECERN"; do
  [ -e "$TOOLS/$tool.ok" ] && continue
  say "compiling $tool"
  CARGO_TARGET_DIR="$TOOLS/target" "$CARGO" install --quiet --locked --root "$TOOLS" "$tool"
  touch "$TOOLS/$tool.ok"
done
[ -e "$TOOLS/node_modules/@cerbos/cerbos-linux-x64" ] || npm install --silent --no-audit --no-fund --no-save --prefix "$TOOLS" "@cerbos/cerbos-linux-x64@$CERBOS"
step "measure"
mkdir -p docs
BENCH_PLACE=$(cat <<JSON
{"countersign": "$BINARY", "bench": "$CARGO_TARGET_DIR/release/bench", "oha": "$TOOLS/bin/oha", "decern": "$TOOLS/bin/decern-serve",
 "cerbos": "$TOOLS/node_modules/@cerbos/cerbos-linux-x64/cerbos-linux-x64", "scratch": "${BENCH_SCRATCH:-$CARGO_TARGET_DIR/bench-scratch}"}
JSON
)
export BENCH_PLACE
node bench/run.mjs
say "written: docs/benchmarks.md"
