#!/usr/bin/env bash
# Pictures of every page of the release binary into end2end/results.
source "$(dirname "$0")/lib.sh"
steps 8
step "look for what taking pictures needs"
scripts/setup.sh test
scripts/build.sh build
eval "$(scripts/toolchain.sh native)"
step "compile the gallery of parts"
"${CARGO:-cargo}" build --locked -p app --features ssr --example gallery
step "take the pictures"
scripts/journeys.sh screenshots.mjs
say "end2end/results"
