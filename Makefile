# What this project can do, by name. A fresh machine needs python3.11 with venv, git and make.

PYTHON ?= python3.11
BIN := .venv/bin
WORKERS ?= 2
MINUTES ?= 10
CATALOGUES := $(wildcard locale/*/LC_MESSAGES/django.po)
LOCK_OPTIONS := --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate
# For tools that read the settings and ask the database nothing.
NO_DATABASE := DATABASE_URL=postgresql://application@unused/unused \
	DATABASE_OWNER_URL=postgresql://owner@unused/unused

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo stop test check bench harness harness-channels harness-ledger \
	lock chromium

help:
	@echo "make demo   set up, run a month of a small marketplace, and serve it"
	@echo "make stop   end what 'make demo' left running"
	@echo "make test   set up and run the whole suite"
	@echo "make check  format, lint, types, imports, migrations, translations"
	@echo "make bench  measure the speed; ROW=P3 for one row, QUICK=1 for a small run"
	@echo "make harness  break everything for ten minutes, then compare the records; MINUTES=1 SEED=1"
	@echo "make harness-channels  the channels' promises with every fault, as 'make harness' begins"
	@echo "make harness-ledger  the ledger against its model, 2,000 runs of 50 steps; SEED=1 repeats one"
	@echo "make setup  only the set-up that the others call"
	@echo "make lock   resolve the dependencies again and lock them with hashes"

# --- set-up -------------------------------------------------------------------------------------

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is needed, with its venv module."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements-dev.txt
	@touch .venv/.runtime $@

.venv/.catalogues: $(CATALOGUES) | $(BIN)/python
	$(BIN)/python -m config.translations compile
	@touch $@

setup: .venv/.runtime .venv/.catalogues
	$(BIN)/python manage.py migrate --verbosity 0

setup-dev: .venv/.dev .venv/.catalogues

# --- running ------------------------------------------------------------------------------------

demo: setup
	$(BIN)/python manage.py demo

stop: .venv/.runtime
	$(BIN)/python manage.py demo --stop

# --- proving ------------------------------------------------------------------------------------

chromium:
	@if command -v chromium >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Debian's chromium for the browser tests …"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
			--no-install-recommends chromium fonts-noto-cjk >/dev/null && exit 0; \
	fi; \
	echo "Chromium is missing and may not be installed here: the browser tests are skipped."; \
	echo "On Debian: apt-get install chromium fonts-noto-cjk"

test: setup-dev chromium
	$(BIN)/pytest -n $(WORKERS)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(NO_DATABASE) $(BIN)/mypy
	$(NO_DATABASE) $(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING --database default
	@echo "manage.py check --deploy, as in production"
	@$(NO_DATABASE) DJANGO_SETTINGS_MODULE=config.settings.production ALLOWED_HOSTS=example.com \
		SECRET_KEY="$$($(BIN)/python -c 'from config import env; print(env.new_secret_key())')" \
		ENCRYPTION_KEYS="$$($(BIN)/python -c 'from config import env; print(env.new_encryption_keys())')" \
		PAYMENT_PASSWORD_PEPPERS="$$($(BIN)/python -c 'from config import env; print(env.new_encryption_keys())')" \
		SEAL_KEYS="$$($(BIN)/python -c 'from config import env; print(env.new_encryption_keys())')" \
		SEAL_HEADS_FILE=/mnt/heads/heads.jsonl \
		$(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python -m config.translations check
	$(BIN)/python -m pip check

bench: setup-dev
	ROW="$(ROW)" QUICK="$(QUICK)" $(BIN)/python -m tests.benchmarks

harness: setup-dev harness-channels
	$(BIN)/python -m tests.harness --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

harness-channels: setup-dev
	@seed=$${SEED:-$$($(BIN)/python -c "import secrets; print(secrets.randbits(32))")}; \
	echo "Every fault on every call, 100,000 changed messages: make harness-channels SEED=$$seed"; \
	HARNESS=1 SEED=$$seed $(BIN)/pytest -n0 tests/contracts

harness-ledger: setup-dev
	@seed=$${SEED:-$$($(BIN)/python -c "import secrets; print(secrets.randbits(32))")}; \
	echo "The ledger against its model, 2,000 runs of 50 steps: make harness-ledger SEED=$$seed"; \
	HARNESS=1 SEED=$$seed $(BIN)/pytest -n0 tests/properties/test_ledger_model.py

lock: | $(BIN)/python
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml $(LOCK_OPTIONS) -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev -c requirements.txt $(LOCK_OPTIONS) \
		-o requirements-dev.txt
