#!/usr/bin/env bash
# Pictures of every page of the release binary into end2end/results.
source "$(dirname "$0")/lib.sh"
steps 7
step "look for what taking pictures needs"
scripts/setup.sh test
scripts/build.sh build
step "take the pictures"
scripts/journeys.sh screenshots.mjs
say "end2end/results"
