#!/usr/bin/env bash
# The rules of the source that no compiler of ours is sure to have a lint for. Every hit is printed; any hit fails.
source "$(dirname "$0")/lib.sh"
bad=0
forbid() { # forbid REASON, then arguments of git grep
  local reason=$1 hits; shift
  hits=$(git grep -n -E "$@" || true)
  if [ -n "$hits" ]; then printf '%s\n%s\n' "rule: $reason" "$hits" >&2; bad=1; fi
}
TESTS=':!*/tests/*'
forbid "time is injected (governance/src/time.rs)" 'Utc::now\(|SystemTime::now\(' -- '*.rs' ':!governance/src/time.rs' "$TESTS"
forbid "randomness is injected" 'Uuid::new_v4\(|Uuid::now_v7\(|rand::rng\(|OsRng' -- '*.rs' ':!*/state.rs' ':!*/time.rs' "$TESTS"
forbid "the environment is read in config.rs alone" 'env::(var|var_os|vars)\(' -- '*.rs' ':!*/config.rs' ':!*/build.rs' ':!*/testkit.rs' ':!xtask/*' "$TESTS"
forbid "the content security policy refuses inline style" '[^-a-z]style=|inner_html' -- 'app/src/*.rs'
forbid "nothing is fetched through rustup" '^[^#"]*rustup (target|toolchain) (add|install)' -- 'scripts/*' Makefile '.ci/*' ':!scripts/rules.sh' ':!scripts/toolchain.sh'
forbid "no unfinished code" '\b(todo|unimplemented|dbg)!\(' -- '*.rs'
forbid "no third party in the console" '(src|href)="https?://' -- 'app/src/*.rs'
if [ ! -e rust-toolchain.toml ] && [ ! -e rust-toolchain ]; then :; else echo "rule: no rust-toolchain file" >&2; bad=1; fi
diff <(ls migrations/sqlite 2>/dev/null) <(ls migrations/postgres 2>/dev/null) >&2 || { echo "rule: the same migrations on both databases" >&2; bad=1; }
[ $bad = 0 ] || fail "the source breaks a rule of its own (above)"
