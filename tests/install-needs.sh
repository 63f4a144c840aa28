#!/bin/sh
# What the tests need beside Python: PostgreSQL, Chromium and a Japanese font, from Debian's packages where they are missing.
# Where that is not possible it says what will be skipped; in CI (CI=true) it fails instead.
set -u
missing=""
[ -n "$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
fc-list :lang=ja 2>/dev/null | grep -q . || ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 || missing="$missing fonts-noto-cjk"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing:$missing"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  if { apt-get update -qq && apt-get install -qq -y --no-install-recommends $missing; } </dev/null >/tmp/banso-needs.log 2>&1; then
    rm -f /tmp/banso-needs.log
    exit 0
  fi
  tail -5 /tmp/banso-needs.log
fi
for package in $missing; do
  case $package in
    postgresql) echo "PostgreSQL is missing and could not be installed: the suite will run on SQLite only." ;;
    chromium) echo "Chromium is missing and could not be installed: the browser tests will be skipped." ;;
    *) echo "A Japanese font is missing and could not be installed: pictures made by the browser tests will show boxes." ;;
  esac
done
[ "${CI:-}" != true ]
