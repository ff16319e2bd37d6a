# Sourced by every script here: where we are, how steps are told, how packages are installed.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
# The paths that interfaces.md promises do not depend on the caller's environment.
export CARGO_TARGET_DIR="$ROOT/target"
WASM_TARGET_DIR="$ROOT/target-wasm"
SITE="$ROOT/target-site"
BINARY="$ROOT/target/release/countersign"

# steps N: how many steps this run has. A script that runs inside another keeps counting where that one is.
STEP_FILE=${STEP_FILE:-}
steps() {
  if [ -z "$STEP_FILE" ]; then
    STEP_FILE=$(mktemp); export STEP_FILE
    trap 'rm -f "$STEP_FILE"' EXIT
    echo "0 $1 $(date +%s)" > "$STEP_FILE"
  fi
}
# step TEXT: says which step of how many begins, and how long the run has taken so far.
step() {
  local done_ all began
  read -r done_ all began < "$STEP_FILE"
  done_=$((done_ + 1)); echo "$done_ $all $began" > "$STEP_FILE"
  printf '\033[1mstep %d of %d\033[0m  %s  (%ds)\n' "$done_" "$all" "$1" "$(($(date +%s) - began))" >&2
}
say() { printf '  %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif have sudo; then sudo -- "$@"
  else fail "root is needed to run \`$*\`: run it yourself, or install sudo"; fi
}
# apt_need PACKAGE…: installs them and says so; elsewhere than on Debian it says what is missing.
apt_need() {
  have apt-get || fail "needed and not found: $*. Install them with this system's package manager, then run again"
  say "installing from Debian: $*"
  as_root apt-get update -qq >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
# The first Python of at least 3.$1 that can make folders of its own (venv).
python_from() {
  local candidate
  for candidate in python3 python3.{20..10} "$HOME"/.pyenv/versions/*/bin/python3; do
    if have "$candidate" && "$candidate" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, $1))" 2>/dev/null; then
      command -v "$candidate"; return
    fi
  done
  return 1
}
