#!/bin/sh
# Runs a command beside a private PostgreSQL of its own directory and socket, and takes it down afterwards.
#   tests/postgres.sh pytest -m "not soak"
# The command finds the address in BANSO_DATABASE_URL. Nothing listens on a port; a PostgreSQL that already runs is left alone.
set -eu

for bin in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -Vr) /usr/local/pgsql/bin; do
  [ -x "$bin/initdb" ] && break
  bin=
done
if [ -z "${bin:-}" ]; then
  initdb=$(command -v initdb || true)
  [ -n "$initdb" ] || { echo "PostgreSQL is not installed (Debian: apt-get install postgresql)." >&2; exit 69; }
  bin=$(dirname "$initdb")
fi

root=$(mktemp -d /tmp/banso-pg.XXXXXX)
chmod 755 "$root"
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
  chown postgres "$root"
  as() { runuser -u postgres -- "$@"; }
else
  as() { "$@"; }
fi

stop() {
  status=$?
  trap - EXIT INT TERM
  cd /
  as "$bin/pg_ctl" -D "$root/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$root"
  exit "$status"
}
trap stop EXIT
trap 'exit 130' INT TERM

here=$PWD
cd "$root"
as "$bin/initdb" -D "$root/data" -U banso --auth=trust --encoding=UTF8 --no-locale --no-sync >/dev/null
as "$bin/pg_ctl" -D "$root/data" -l "$root/log" -w -t 60 start \
  -o "-c listen_addresses='' -c unix_socket_directories='$root' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60 -c timezone=UTC" >/dev/null ||
  { cat "$root/log" >&2; exit 70; }
as "$bin/createdb" -h "$root" -U banso banso
cd "$here"
BANSO_DATABASE_URL="postgresql://banso@/banso?host=$root" "$@"
