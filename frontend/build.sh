#!/bin/sh
# Builds the stylesheet and the page scripts (node: see node.sh). Usage: frontend/build.sh PYTHON [npm script]
set -eu
python=$1
script=${2:-build}
cd "$(dirname "$0")"
requirements=../requirements
. ./node.sh
npm_packages
npm run --silent "$script"
