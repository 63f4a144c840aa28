#!/bin/sh
# `make test` after its set-up: the suite on SQLite (server in UTC) and on PostgreSQL (server in New York), beside each other, because
# either waits much of its time for a browser or a child process. Each prints pytest's own closing line; PostgreSQL's lines come after SQLite's.
# A file stays with one worker (it shares a running product or a database's rows); tests/environment.py says which begin.
#   tests/phases.sh PYTHON [pytest arguments]
set -eu
python=$1
shift
first=${BANSO_TEST_JOBS:-3} second=${BANSO_TEST_JOBS:-2} # on two cores
spread="--dist loadfile --no-loadscope-reorder"

browser=""
command -v chromium >/dev/null 2>&1 || { browser="not browser" && echo "== Pages in a browser: skipped, Chromium is not installed"; }

said=$(mktemp)
beside=""
stop() {
  [ -z "$beside" ] || kill -- "-$beside" 2>/dev/null || true
  rm -f "$said"
}
trap stop EXIT
trap 'exit 130' INT TERM
if ls -d /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1; then
  # src/banso is pure (its import contract says so): it knows no database and no zone. Pages in a browser run on SQLite, and so does
  # whatever asks for no database and starts no process, and made-up examples, which `make soak` tries on both (tests/environment.py).
  # BANSO_WHOLE=1 (make soak) runs all of it a second time nevertheless.
  rest='--ignore=src/banso'
  marks='not browser'
  [ "${BANSO_WHOLE:-}" != 1 ] || { rest='' marks=$browser; }
  # shellcheck disable=SC2086
  TZ=America/New_York setsid tests/postgres.sh "$python" -m pytest -q -n "$second" $spread \
    -m "$marks" --ignore=tests/house $rest "$@" >"$said" 2>&1 &
  beside=$!
else
  echo "== PostgreSQL: skipped, it is not installed"
fi

# tests/house reads files and knows no database: `make lint` has run it.
echo "== SQLite, TZ=UTC"
result=0
# shellcheck disable=SC2086
TZ=UTC BANSO_DATABASE_URL= "$python" -m pytest -q -n "$first" $spread -m "$browser" --ignore=tests/house "$@" || result=$?
if [ -n "$beside" ]; then
  other=0
  wait "$beside" || other=$?
  beside=""
  echo "== PostgreSQL, TZ=America/New_York"
  cat "$said"
  [ "$other" = 0 ] || result=$other
fi
exit "$result"
