#!/usr/bin/env bash
# Formatting, clippy and the rules of the source. `lint.sh fix` formats.
source "$(dirname "$0")/lib.sh"
exports=$(scripts/toolchain.sh lint) || exports=
eval "$exports"
CARGO=${CARGO:-cargo}
if [ "${1:-}" = fix ]; then
  steps 1; step "format"; exec "$CARGO" fmt --all
fi
steps 3
step "rules of the source"; scripts/rules.sh
step "formatting"
if "$CARGO" fmt --version >/dev/null 2>&1; then "$CARGO" fmt --all --check; else say "no rustfmt here: not checked"; fi
step "clippy"
if "$CARGO" clippy -V >/dev/null 2>&1; then
  "$CARGO" clippy --locked --workspace --all-targets --features app/ssr,governance/engine,governance/testkit -- -D warnings
else say "no clippy here: not checked (the rules above were)"; fi
