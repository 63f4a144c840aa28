#!/bin/sh
# `make test` after its set-up: the suite on SQLite (server in UTC), then on PostgreSQL (server in New York).
# Every phase prints pytest's own closing line; the first phase that fails ends the run.
#   tests/phases.sh PYTHON [pytest arguments]
set -eu
python=$1
shift
jobs=${BANSO_TEST_JOBS:-2}

browser=""
command -v chromium >/dev/null 2>&1 || browser="not browser"

echo "== SQLite, TZ=UTC"
TZ=UTC BANSO_DATABASE_URL= "$python" -m pytest -q -n "$jobs" --dist loadfile -m "$browser" "$@"

if ls -d /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1; then
  echo "== PostgreSQL, TZ=America/New_York"
  # The rules of the house (tests/house) read files and know no database; pages in a browser ran above.
  TZ=America/New_York tests/postgres.sh "$python" -m pytest -q -n "$jobs" --dist loadfile \
    -m "${BANSO_PG_MARKS-not browser}" --ignore=tests/house "$@"
else
  echo "== PostgreSQL: skipped, it is not installed"
fi
