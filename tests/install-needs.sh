#!/bin/sh
# What the tests need beside Python: PostgreSQL, Chromium and a Japanese font, from Debian's packages where they are missing.
# Where that is not possible it says what to install and what will be skipped; in CI (CI=true) it fails instead.
set -u

needs() {
  [ -n "$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || command -v initdb >/dev/null 2>&1 || echo postgresql
  command -v chromium >/dev/null 2>&1 || echo chromium
  fc-list :lang=ja 2>/dev/null | grep -q . || ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 || echo fonts-noto-cjk
}

# A mirror that does not answer ends after its timeouts, never hangs; another apt that works is waited for, not for ever.
apt() {
  timeout 900 apt-get -qq -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 \
    -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

missing=$(needs)
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing:" $missing
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  # shellcheck disable=SC2086
  { apt update && apt install -y --no-install-recommends $missing; } >"$log" 2>&1 || {
    tail -5 "$log"
    for package in $missing; do # what one package lacks does not keep the others out
      apt install -y --no-install-recommends "$package" >"$log" 2>&1 || tail -2 "$log"
    done
  }
  rm -f "$log"
  missing=$(needs)
  [ -n "$missing" ] || exit 0
fi

for package in $missing; do
  case $package in
    postgresql) echo "PostgreSQL is missing: the suite will run on SQLite only." ;;
    chromium) echo "Chromium is missing: the browser tests will be skipped." ;;
    *) echo "A Japanese font is missing: pictures made by the browser tests will show boxes." ;;
  esac
done
if command -v apt-get >/dev/null 2>&1; then
  echo "Install by hand: sudo apt-get install --no-install-recommends" $missing
else
  echo "There is no apt-get here. Install what your system calls:" $missing "(commands initdb and chromium on the path)."
fi
[ "${CI:-}" != true ]
