#!/usr/bin/env bash
# The journeys of end2end/ in Chromium, on the release binary. Arguments are passed on to the test runner.
source "$(dirname "$0")/lib.sh"
[ -x "$BINARY" ] || fail "no target/release/countersign: run make build first"
cd end2end
if [ ! -e node_modules/.ok ] || [ package-lock.json -nt node_modules/.ok ]; then
  say "fetching the browser driver (npm ci)"
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --silent && touch node_modules/.ok
fi
mkdir -p results
"$CARGO_TARGET_DIR/debug/examples/gallery" > results/gallery.html
CHROMIUM=$("$ROOT/scripts/chromium.sh"); export CHROMIUM COUNTERSIGN="$BINARY" GALLERY="$ROOT/end2end/results/gallery.html"
if [ $# -gt 0 ]; then exec node "$@"; fi
exec node --test --test-concurrency=1 journeys/*.test.mjs
