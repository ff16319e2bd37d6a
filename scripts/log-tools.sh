#!/usr/bin/env bash
# A public tool for transparency logs (PyPI: aics-tlog), which needs Python 3.12 or newer, in a folder of its own.
# Prints export AICS_TLOG=… to eval; without such a Python it says so and prints nothing.
source "$(dirname "$0")/lib.sh"
VERSION=0.2.1
DIR=${XDG_CACHE_HOME:-$HOME/.cache}/countersign/log-tools-$VERSION
if [ ! -e "$DIR/ok" ]; then
  PYTHON=$(python_from 12) || { say "no Python 3.12 or newer with venv here: the log is not read with aics-tlog"; exit 0; }
  say "installing aics-tlog $VERSION with $("$PYTHON" --version)"
  rm -rf "$DIR"
  "$PYTHON" -m venv "$DIR"
  "$DIR/bin/python" -m pip install --quiet --disable-pip-version-check "aics-tlog==$VERSION" >&2
  touch "$DIR/ok"
fi
echo "export AICS_TLOG='$DIR/bin/aics-tlog'"
