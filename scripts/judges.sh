#!/usr/bin/env bash
# Independent judges, in folders of their own, for the tests that compare with them; none becomes a part of the product: of AWS policies
# (PyPI: cloudsplaining; npm: @cloud-copilot/iam-simulate) and of SCIM servers (PyPI: scim2-cli, scim-sanity). Prints
# export CLOUDSPLAINING=… IAM_SIMULATE=… SCIM2_CLI=… SCIM_SANITY=… to eval; of one that cannot be had here it says so.
source "$(dirname "$0")/lib.sh"
VERSION=0.9.1 SIMULATE=0.1.173 SCIM2_CLI=0.6.0 SCIM_SANITY=0.7.4
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/countersign
NODE_DIR=$CACHE/iam-simulate-$SIMULATE
if [ ! -e "$NODE_DIR/ok" ] && have npm; then
  say "installing @cloud-copilot/iam-simulate $SIMULATE" >&2
  mkdir -p "$NODE_DIR"
  npm install --silent --no-audit --no-fund --prefix "$NODE_DIR" "@cloud-copilot/iam-simulate@$SIMULATE" >&2 && touch "$NODE_DIR/ok"
fi
if [ -e "$NODE_DIR/ok" ]; then echo "export IAM_SIMULATE='$NODE_DIR'"; else say "no npm here: AWS access is not compared with iam-simulate" >&2; fi
# python_judge FOLDER VERSION-OF-PYTHON PACKAGE…: installs packages into a folder of their own, once.
python_judge() {
  local dir=$1 minor=$2 python; shift 2
  [ ! -e "$dir/ok" ] || return 0
  python=$(python_from "$minor") || { say "no Python 3.$minor or newer with venv here: nothing is compared with $*"; return 1; }
  say "installing $* with $("$python" --version)"
  rm -rf "$dir"
  # joined: where a function is a condition, bash does not stop at what fails
  "$python" -m venv "$dir" && "$dir/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2 && touch "$dir/ok" ||
    fail "could not install $*"
}
if python_judge "$CACHE/judges-$VERSION" 10 "cloudsplaining==$VERSION"; then
  echo "export CLOUDSPLAINING='$CACHE/judges-$VERSION/bin/cloudsplaining'"
fi
# what scim2-cli is made of is pinned too: its checks are in scim2-tester
SCIM=$CACHE/scim-$SCIM2_CLI-$SCIM_SANITY
if python_judge "$SCIM" 11 "scim2-cli==$SCIM2_CLI" scim2-tester==0.5.2 scim2-client==0.13.2 scim2-models==0.12.3 "scim-sanity==$SCIM_SANITY"; then
  echo "export SCIM2_CLI='$SCIM/bin/scim2' SCIM_SANITY='$SCIM/bin/scim-sanity'"
fi
