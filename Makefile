# The commands of the project. They need Python 3.11 and make; everything else is fetched into .venv and .sojourn.
#
#   make setup   virtual environment, packages, static files, database
#   make demo    a running Sojourn with people in it
#   make test    every check and every test
#   make check   the checks alone: style, types, direction of imports, migrations
#   make bench   the figures of docs/performance.md
#   make bench-segments   those of rules, lists and profile files
#   make bundle  the interactive parts of the pages (static/islands/), after a change of their sources
#   make stop    stop the embedded PostgreSQL and Valkey

SHELL := /bin/sh
BIN := .venv/bin
HOME_DIR := $(or $(SOJOURN_HOME),$(CURDIR)/.sojourn)
# Tests have servers of their own: they stop them at the end, and a running demo is not disturbed.
TEST_HOME := $(HOME_DIR)/test
SOURCES := config profiles segments channels journeys tests manage.py
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm
ISLANDS := vite.config.ts tsconfig.json $(shell find config/islands segments/builder journeys/canvas channels/site -type f 2>/dev/null)

.PHONY: setup setup-dev demo test check bench bench-segments stop bundle static database
.DEFAULT_GOAL := setup

setup: .venv/.packages bundle static database

setup-dev: .venv/.packages-dev bundle

demo: setup
	@$(BIN)/python manage.py demo

# The shell's trap stops the servers however the tests end; the exit code stays that of the tests.
test: setup-dev
	@export SOJOURN_HOME="$(TEST_HOME)"; \
	trap '$(BIN)/python -m config.embedded stop >/dev/null' EXIT; trap 'exit 130' INT TERM; \
	$(MAKE) --no-print-directory check && \
	echo "== vitest" && $(NPM) test --silent && \
	echo "== pytest" && $(BIN)/pytest -n 2

check: setup-dev
	@set -e; \
	echo "== ruff check"; $(BIN)/ruff check $(SOURCES); \
	echo "== ruff format"; $(BIN)/ruff format --check --quiet $(SOURCES); \
	echo "== mypy"; $(BIN)/mypy; \
	echo "== import-linter"; $(BIN)/lint-imports --no-logo; \
	echo "== tsc, biome"; $(NPM) run --silent check; \
	echo "== migrations"; $(BIN)/python manage.py makemigrations --check --dry-run

bench: setup
	@$(BIN)/python -m tests.bench

bench-segments: setup-dev
	@$(BIN)/python -m tests.bench.segments

stop:
	@$(BIN)/python -m config.embedded stop

# The first Python that is 3.11; the packages are pinned for it.
.venv/.made:
	@for python in python3.11 python3 python; do \
		if $$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then break; fi; python=; \
	done; \
	if [ -z "$$python" ]; then echo "Sojourn needs Python 3.11; none of python3.11, python3 and python is that." >&2; exit 1; fi; \
	echo "Making a virtual environment in .venv …"; \
	$$python -m venv --clear .venv || { echo "The module venv is missing or broken (Debian: python3.11-venv)." >&2; exit 1; }
	@touch $@

.venv/.packages: requirements.txt .venv/.made
	@echo "Installing packages (a minute or two, the first time) …"
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.packages-dev: requirements-dev.txt .venv/.packages
	@echo "Installing packages for development …"
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

bundle: static/islands/manifest.json

node_modules/.installed: package-lock.json .npmrc | .venv/.packages
	@echo "Installing packages of the pages …"
	@$(NPM) ci --silent
	@touch $@

static/islands/manifest.json: node_modules/.installed $(ISLANDS)
	@echo "Building the pages …"
	@$(NPM) run --silent build -- --logLevel warn
	@touch $@

static: staticfiles/.collected

staticfiles/.collected: .venv/.packages static/islands/manifest.json $(shell find static */static -type f -not -path 'static/islands/*' -not -path 'static/sojourn/*' 2>/dev/null)
	@echo "Collecting static files …"
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@touch $@

database: .venv/.packages
	@test -e "$(HOME_DIR)/postgres" || echo "Making the database …"
	@$(BIN)/python manage.py migrate --noinput --verbosity 0
