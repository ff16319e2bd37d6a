#!/usr/bin/env bash
# Everything: the rules of the source, the release build and its size budgets, the Rust tests on both databases,
# and the journeys in Chromium on the release binary.
source "$(dirname "$0")/lib.sh"
steps 11
# What runs on a machine without a watcher must not pass by skipping.
if [ -n "${CI:-}" ]; then export REQUIRE_POSTGRES=${REQUIRE_POSTGRES:-1} REQUIRE_STRACE=${REQUIRE_STRACE:-1}; fi

step "look for what testing needs"
scripts/setup.sh test
step "check the rules of the source"
scripts/rules.sh

scripts/build.sh build
step "check the size budgets"
"$CARGO_TARGET_DIR/debug/xtask" sizes "$SITE"

eval "$(scripts/toolchain.sh native)"
step "start a scratch PostgreSQL"
PG=$(mktemp -d /tmp/countersign-pg.XXXXXX)
trap 'scripts/postgres.sh stop "$PG"; rm -f "$STEP_FILE"' EXIT
eval "$(scripts/postgres.sh start "$PG")"
eval "$(scripts/log-tools.sh)"
eval "$(scripts/judges.sh)"

step "Rust tests, on SQLite and PostgreSQL"
"${CARGO:-cargo}" test --locked --workspace --features app/ssr,governance/engine,governance/testkit -q

step "journeys in Chromium"
scripts/journeys.sh
say "all passed"
