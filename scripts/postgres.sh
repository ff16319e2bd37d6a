#!/usr/bin/env bash
# A scratch PostgreSQL for the tests: on a Unix socket in a folder of its own, no port, gone afterwards.
#   postgres.sh where          prints the folder of initdb and pg_ctl, fails where there is none
#   postgres.sh start DIR      starts a cluster under DIR and prints export TEST_POSTGRES_URL=… to eval
#   postgres.sh again DIR      starts it again where it was stopped by other means
#   postgres.sh stop DIR       stops it and removes DIR
# initdb refuses root; then the user nobody owns and runs the cluster.
source "$(dirname "$0")/lib.sh"
where() {
  local dir
  for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) /usr/pgsql-*/bin; do
    [ -x "$dir/initdb" ] && { echo "$dir"; return; }
  done
  if have initdb && have pg_ctl; then dirname "$(command -v initdb)"; else return 1; fi
}
owned() { if [ "$(id -u)" = 0 ]; then (cd / && su -s /bin/sh nobody -c "$1"); else sh -c "$1"; fi; }
up() {
  # what a crash would lose is of no interest to tests; measurements ask for FSYNC=on
  owned "$BIN/pg_ctl -D $DIR/data -l $DIR/log -w -o \"-k $DIR -c listen_addresses='' -c fsync=${FSYNC:-off} -c max_connections=400\" start >/dev/null" \
    || { cat "$DIR/log" >&2; exit 1; }
}
case ${1:-} in
  where) where ;;
  start)
    BIN=$(where) || fail "no PostgreSQL server programs found (Debian: apt-get install postgresql)"
    DIR=${2:?a folder}; mkdir -p "$DIR"; chmod 700 "$DIR"
    if [ "$(id -u)" = 0 ]; then chown nobody "$DIR"; fi
    owned "$BIN/initdb -D $DIR/data -A trust -U t -E UTF8 --locale=C >$DIR/initdb.log 2>&1" || { cat "$DIR/initdb.log" >&2; exit 1; }
    up
    echo "export TEST_POSTGRES_URL='postgres://t@localhost/postgres?host=$DIR'" ;;
  again) BIN=$(where); DIR=${2:?a folder}; up ;;
  stop)
    BIN=$(where); DIR=${2:?a folder}
    owned "$BIN/pg_ctl -D $DIR/data -m immediate -w stop >/dev/null" || true
    rm -rf "$DIR" ;;
  *) fail "usage: postgres.sh where | start DIR | again DIR | stop DIR" ;;
esac
