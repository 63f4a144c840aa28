#!/bin/sh
# The tracking clients for Node that the tests send with, as the lock names them. Usage: tests/clients/install.sh PYTHON
set -eu
python=$1
cd "$(dirname "$0")"
requirements=../../requirements
. ../../frontend/node.sh
npm_packages
