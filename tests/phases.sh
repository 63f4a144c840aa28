#!/bin/sh
# `make test` after its set-up: the suite on SQLite (server in UTC), then on PostgreSQL (server in New York).
# Every phase prints pytest's own closing line and its seconds; the first phase that fails ends the run.
# A file stays with one worker (it shares a running product or a database's rows); tests/environment.py says which begin.
#   tests/phases.sh PYTHON [pytest arguments]
set -eu
python=$1
shift
jobs=${BANSO_TEST_JOBS:-3} # on two cores: much of a browser's and a child process's test is waiting
spread="-n $jobs --dist loadfile --no-loadscope-reorder"

browser=""
command -v chromium >/dev/null 2>&1 || { browser="not browser" && echo "== Pages in a browser: skipped, Chromium is not installed"; }

# tests/house reads files and knows no database: `make lint` has run it.
echo "== SQLite, TZ=UTC"
# shellcheck disable=SC2086
TZ=UTC BANSO_DATABASE_URL= "$python" -m pytest -q $spread -m "$browser" --ignore=tests/house "$@"

if ls -d /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1; then
  echo "== PostgreSQL, TZ=America/New_York"
  # src/banso is pure (its import contract says so): it knows no database and no zone. Pages in a browser ran above, and so did
  # whatever asks for no database and starts no process, and made-up examples, which `make soak` tries on both (tests/environment.py).
  # BANSO_WHOLE=1 (make soak) runs all of it a second time nevertheless.
  rest='--ignore=src/banso'
  marks='not browser'
  [ "${BANSO_WHOLE:-}" != 1 ] || { rest='' marks=$browser; }
  # shellcheck disable=SC2086
  TZ=America/New_York tests/postgres.sh "$python" -m pytest -q $spread \
    -m "$marks" --ignore=tests/house $rest "$@"
else
  echo "== PostgreSQL: skipped, it is not installed"
fi
