# Banso. `make run`: a running product with the sample company. `make test`: everything that CI runs.
# Only python3 (3.11 or newer, with venv) and make are needed; the rest is fetched by these rules.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
# pip tells errors alone: its warnings (root, PATH) would bury the address that `make run` prints
PIP_QUIET := -qq --disable-pip-version-check --root-user-action=ignore
PIP := $(PY) -m pip install $(PIP_QUIET) --require-hashes
BANSO_HOME ?= $(CURDIR)/.banso
BUILT := src/banso_web/static/built
STAMPS := $(VENV)/.stamps
CLIENTS := tests/clients/node_modules/.installed
FRONTEND := $(shell find frontend/src -type f) frontend/package.json frontend/package-lock.json frontend/build.sh frontend/node.sh
TEMPLATES := $(shell find src/banso_web -name '*.html' -o -path '*/templatetags/*.py' -o -name forms.py -o -name widgets.py)
CATALOGUES := $(shell find src -name '*.po')

.PHONY: pictures metric-pages help setup setup-test run test lint format frontend messages untranslated bench soak wheel clean locks
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

setup: $(STAMPS)/run $(STAMPS)/messages $(BUILT)/.built ## everything that running needs

run: setup ## the product with the sample company, at the printed address
	BANSO_HOME="$(BANSO_HOME)" $(VENV)/bin/banso demo

setup-test: setup $(STAMPS)/test $(CLIENTS) ## everything that testing needs, with PostgreSQL and Chromium from Debian's packages
	@tests/install-needs.sh

test: setup-test lint ## lint, then the whole suite on SQLite and on PostgreSQL
	tests/phases.sh $(PY)

lint: $(STAMPS)/test $(STAMPS)/messages $(BUILT)/.built ## style, types, import contracts, rules of the house
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	PYTHONPATH=src $(VENV)/bin/lint-imports
	frontend/build.sh ../$(PY) check
	$(PY) -m pytest -q tests/house

format: $(STAMPS)/test ## lets ruff write the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

frontend: $(BUILT)/.built ## stylesheet and page scripts
messages: $(STAMPS)/messages ## the translations

untranslated: $(STAMPS)/test ## texts that have no English yet, as catalogue entries
	@$(PY) -m tests.house.messages

metric-pages: setup ## docs/metrics, the READMEs' tables and the columns of files from their declarations
	DJANGO_SETTINGS_MODULE=banso_web.config.settings $(PY) -m tools.metric_pages
	DJANGO_SETTINGS_MODULE=banso_web.config.settings $(PY) -m tools.column_pages

pictures: setup-test ## docs/pictures from the sample company, in a real Chromium
	$(PY) -m tests.browser.pictures

bench: setup-test ## writes benchmarks/results.md
	$(PY) -m benchmarks

soak: setup-test ## what is longer than ten minutes
	BANSO_SOAK=1 $(PY) -m pytest -q -m "soak or property"
	BANSO_TEST_REVERSED=1 $(PY) -m pytest -q -m "not browser"
	BANSO_WHOLE=1 tests/phases.sh $(PY)

wheel: setup ## dist/banso-*.whl with its built assets
	rm -rf dist
	$(PY) -m hatchling build -t wheel

locks: $(STAMPS)/test ## writes requirements/*.txt anew from pyproject.toml and requirements/*.in (needs uv)
	uv pip compile -q --generate-hashes --no-emit-index-url --python-version 3.11 --extra postgres --extra clickhouse pyproject.toml -o requirements/run.txt
	uv pip compile -q --generate-hashes --no-emit-index-url --python-version 3.11 --extra postgres --extra clickhouse --extra ml pyproject.toml requirements/test.in -o requirements/test.txt
	uv pip compile -q --generate-hashes --no-emit-index-url --python-version 3.11 requirements/build.in -o requirements/build.txt
	uv pip compile -q --generate-hashes --no-emit-index-url --python-version 3.11 requirements/node.in -o requirements/node.txt

clean: ## removes what was built; data in .banso stays
	rm -rf $(VENV) build dist $(BUILT) frontend/node_modules tests/clients/node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results
	find src -name '*.mo' -delete

# -- the pieces: each leaves a stamp, so that a second call is quick
$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (make PYTHON=python3.12 ...)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "Python's venv is missing (Debian: apt-get install python3-venv)"; exit 1; }
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: $(STAMPS)/venv requirements/run.txt requirements/build.txt pyproject.toml
	$(PIP) -r requirements/run.txt -r requirements/build.txt
	$(PY) -m pip install $(PIP_QUIET) --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/test: $(STAMPS)/run requirements/test.txt
	$(PIP) -r requirements/test.txt -r requirements/build.txt
	@touch $@

$(CLIENTS): $(STAMPS)/venv tests/clients/install.sh tests/clients/package-lock.json frontend/node.sh
	tests/clients/install.sh ../../$(PY)
	@touch $@

$(STAMPS)/messages: $(STAMPS)/run tools/messages.py $(CATALOGUES)
	$(PY) tools/messages.py
	@touch $@

$(BUILT)/.built: $(STAMPS)/venv $(FRONTEND) $(TEMPLATES)
	@mkdir -p $(BUILT)
	frontend/build.sh ../$(PY) build
	@touch $@
