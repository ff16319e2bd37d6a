# What the examples share: a scratch server, calls as an agent or a gateway makes them, and one line for what is expected.
# shellcheck shell=bash
set -euo pipefail
EXAMPLES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$EXAMPLES")
COUNTERSIGN=${COUNTERSIGN:-$ROOT/target/release/countersign}
[ -x "$COUNTERSIGN" ] || { echo "no program at $COUNTERSIGN: run \`make build\`, or name it in COUNTERSIGN" >&2; exit 1; }

# Starts a server of its own in a folder of its own, unless one is named: URL, where it answers, and DATA, its folder.
begin() {
  if [ -z "${URL:-}" ]; then
    DATA=$(mktemp -d)
    # there before it is read: the shell in the background opens it when it comes to it
    : > "$DATA.out"
    "$COUNTERSIGN" serve --data "$DATA" --listen 127.0.0.1:0 --log error > "$DATA.out" 2>&1 &
    SERVER=$!
    trap 'kill "$SERVER" 2>/dev/null; wait "$SERVER" 2>/dev/null; rm -rf "$DATA" "$DATA".*' EXIT
    for _ in $(seq 100); do
      URL=$(sed -n 's/^Countersign answers on //p' "$DATA.out")
      [ -n "$URL" ] && break
      sleep 0.1
    done
    [ -n "$URL" ] || { cat "$DATA.out" >&2; exit 1; }
  fi
}

# cs ARGUMENTS…: the command line on this installation.
cs() { "$COUNTERSIGN" "$@" --data "$DATA"; }

# written DOMAIN: writes the bundle for this domain into a folder of its own, and prints where.
written() {
  local folder
  folder=$(mktemp -d "$DATA.XXXXXX")
  "$COUNTERSIGN" policy start "$1" "$folder" > /dev/null
  echo "$folder"
}

# people DOMAIN MAIL…: adds these people as approvers, in every group the bundle for this domain asks.
people() {
  local groups
  mapfile -t groups < <("$COUNTERSIGN" policy start "$1" "$(mktemp -d "$DATA.XXXXXX")" --json |
    sed -n '/"routes"/,/]/s/.*"name": "\(.*\)".*/--group\n\1/p')
  for mail in "${@:2}"; do cs person add "$mail" --name "${mail%@*}" --role approver "${groups[@]}" > /dev/null; done
}

# start DOMAIN MAIL…: makes the bundle for this domain the one that decides, with these people to ask.
start() {
  people "$@"
  cs policy activate "$(written "$1")" > /dev/null
}

# key ARGUMENTS…: makes a key and prints it.
key() { cs key create "$@" --json | sed -n 's/.*"key": "\(csk_[^"]*\)".*/\1/p'; }

# call KEY METHOD PATH [BODY]: prints the answer's body, then its status on a line of its own.
call() {
  local body=()
  [ $# -lt 4 ] || body=(-H 'Content-Type: application/json' -d "$4")
  curl -sS -X "$2" "$URL$3" -H "Authorization: Bearer $1" "${body[@]}" -w '\n%{http_code}\n'
}

# expect WORDS PATTERN ANSWER: says what happened, and ends the example where it is not what was meant.
expect() {
  if grep -q -- "$2" <<< "$3"; then
    printf '  ok    %s\n' "$1"
  else
    printf '  FAIL  %s\n        wanted %s in:\n%s\n' "$1" "$2" "$3" >&2
    exit 1
  fi
}

# sign_in EMAIL: signs a person in by a one-time link, as a browser without script does; the cookies go into a jar of theirs.
sign_in() {
  local link
  link=$(cs person link "$1" --public-url "$URL" --json | sed -n 's/.*"url": "\([^"]*\)".*/\1/p')
  curl -sS -o /dev/null -c "$DATA.$1" -b "$DATA.$1" -X POST -H 'Sec-Fetch-Site: same-origin' "$link"
}

# decide EMAIL ESCALATION approve|deny REASON: reads the card as the person sees it, and posts its form.
decide() {
  local page form
  page=$(curl -sS -b "$DATA.$1" "$URL/inbox/$2")
  form=$(tr '\n' ' ' <<< "$page" | grep -o '<form[^>]*escalations/vote.*' | sed 's/<\/form>.*//')
  hidden() { grep -o "<input[^>]*name=\"$1\"[^>]*>" <<< "$form" | head -1 | sed -n 's/.*value="\([^"]*\)".*/\1/p'; }
  sleep "${LOOK:-6}" # a card must have been looked at before it is approved: five seconds where the tier is high
  curl -sS -o /dev/null -w '%{http_code}\n' -b "$DATA.$1" -X POST "$URL/_fn/escalations/vote" -H 'Sec-Fetch-Site: same-origin' -H 'Accept: text/html' \
    --data-urlencode "id=$2" --data-urlencode "verdict=$3" --data-urlencode "digest=$(hidden digest)" \
    --data-urlencode "card_version=$(hidden card_version)" --data-urlencode "shown=$(hidden shown)" \
    --data-urlencode "code=$([ "$3" = approve ] && echo planned || echo not_expected)" --data-urlencode "reason=$4"
}
