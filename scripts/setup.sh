#!/usr/bin/env bash
# Installs what is missing to build (setup.sh build) or to build and test (setup.sh test). Says what it does; quick when
# nothing is missing. Compilers are toolchain.sh's matter.
source "$(dirname "$0")/lib.sh"
WANT=${1:-build}
missing=()
have cc || missing+=(build-essential)
have git || missing+=(git)
# certificates, so that cargo and npm can reach their registries on a bare system
[ -e /etc/ssl/certs/ca-certificates.crt ] || [ -d /etc/pki ] || [ ! -x "$(command -v apt-get)" ] || missing+=(ca-certificates)
if [ "$WANT" = test ]; then
  postgres=$(scripts/postgres.sh where || true)
  [ -n "$postgres" ] || missing+=(postgresql)
  have strace || missing+=(strace)
  have node || missing+=(nodejs)
  have npm || missing+=(npm)
  chromium=$(scripts/chromium.sh || true)
  [ -n "$chromium" ] || missing+=(chromium)
fi
if [ ${#missing[@]} -gt 0 ]; then apt_need "${missing[@]}"; fi
say "nothing is missing"
