#!/usr/bin/env bash
# An independent judge of AWS policies (PyPI: cloudsplaining), in a folder of its own, for the tests that compare with it.
# Prints export CLOUDSPLAINING=… to eval; without a Python that has venv it says so and prints nothing.
source "$(dirname "$0")/lib.sh"
VERSION=0.9.1
DIR=${XDG_CACHE_HOME:-$HOME/.cache}/countersign/judges-$VERSION
python() {
  local candidate
  for candidate in python3 python3.{20..10} "$HOME"/.pyenv/versions/*/bin/python3; do
    if have "$candidate" && "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      command -v "$candidate"; return
    fi
  done
  return 1
}
if [ ! -e "$DIR/ok" ]; then
  PYTHON=$(python) || { say "no Python 3.10 or newer with venv here: AWS policies are not compared with cloudsplaining"; exit 0; }
  say "installing cloudsplaining $VERSION with $("$PYTHON" --version)"
  rm -rf "$DIR"
  "$PYTHON" -m venv "$DIR"
  "$DIR/bin/python" -m pip install --quiet --disable-pip-version-check "cloudsplaining==$VERSION" >&2
  touch "$DIR/ok"
fi
echo "export CLOUDSPLAINING='$DIR/bin/cloudsplaining'"
