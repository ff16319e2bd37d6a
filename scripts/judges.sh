#!/usr/bin/env bash
# Independent judges of AWS policies (PyPI: cloudsplaining; npm: @cloud-copilot/iam-simulate), in folders of their own, for the tests
# that compare with them; neither becomes a part of the product. Prints export CLOUDSPLAINING=… IAM_SIMULATE=… to eval; of one that
# cannot be had here it says so.
source "$(dirname "$0")/lib.sh"
VERSION=0.9.1 SIMULATE=0.1.173
NODE_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/countersign/iam-simulate-$SIMULATE
if [ ! -e "$NODE_DIR/ok" ] && have npm; then
  say "installing @cloud-copilot/iam-simulate $SIMULATE" >&2
  mkdir -p "$NODE_DIR"
  npm install --silent --no-audit --no-fund --prefix "$NODE_DIR" "@cloud-copilot/iam-simulate@$SIMULATE" >&2 && touch "$NODE_DIR/ok"
fi
if [ -e "$NODE_DIR/ok" ]; then echo "export IAM_SIMULATE='$NODE_DIR'"; else say "no npm here: AWS access is not compared with iam-simulate" >&2; fi
DIR=${XDG_CACHE_HOME:-$HOME/.cache}/countersign/judges-$VERSION
if [ ! -e "$DIR/ok" ]; then
  PYTHON=$(python_from 10) || { say "no Python 3.10 or newer with venv here: AWS policies are not compared with cloudsplaining"; exit 0; }
  say "installing cloudsplaining $VERSION with $("$PYTHON" --version)"
  rm -rf "$DIR"
  "$PYTHON" -m venv "$DIR"
  "$DIR/bin/python" -m pip install --quiet --disable-pip-version-check "cloudsplaining==$VERSION" >&2
  touch "$DIR/ok"
fi
echo "export CLOUDSPLAINING='$DIR/bin/cloudsplaining'"
