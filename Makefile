# Two commands matter: `make run` and `make test`. `make` alone lists the others.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
JOBS ?= 2
MANAGE := $(BIN)/python manage.py
# Our commands and tests begin many processes: each would compile the whole product again.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# $(1): the file of locked requirements. uv where it is present, else pip.
define install
	@test -x $(BIN)/python || { command -v uv >/dev/null && uv venv --quiet --python $(PYTHON) .venv || $(PYTHON) -m venv .venv; }
	@if command -v uv >/dev/null; then uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1); \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); fi
	@touch $@
endef

.venv/.run: requirements.txt
	$(call install,$<)

.venv/.dev: requirements-dev.txt
	$(call install,$<)
	@touch .venv/.run

setup: .venv/.run ## install what runs

run: .venv/.run ## start web and worker with a demo region; PORT=8000
	@$(MANAGE) run

seed: .venv/.run ## load the demo region into the present database
	@$(MANAGE) load_demo

test: .venv/.dev ## every test this machine can run
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m "not slow" $(ARGS)

test-long: .venv/.dev ## long fault runs and full matrices
	@LONG=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadgroup --timeout 3600 $(ARGS)

check: .venv/.dev ## format, lint, types, imports, dependencies, settings, migrations
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry .
	@$(BIN)/python -m tests.deploy_check
	@DEBUG=1 $(MANAGE) makemigrations --check --dry-run

fix: .venv/.dev ## repair what can be
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/.dev ## write docs/benchmarks.md
	@$(BIN)/python -m bench

shots: .venv/.dev ## photograph every page into var/shots
	@SHOTS=1 $(BIN)/python -m pytest tests/browser/test_shots.py $(ARGS)

.PHONY: help setup run seed test test-long check fix bench shots
