# The two commands a newcomer needs are `make run` and `make test`; `make help` lists the rest.
# Needs only Python >= 3.11 (with venv and pip) and make.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info < (3, 15)))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help run quick test suite every soak ui check lint types bench wheel lock audit fuzz clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null || cat $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "portfolio snapshots needs Python 3.11, 3.12, 3.13 or 3.14 on the PATH (or make PYTHON=/path/to/python3.12 ...)"; exit 2; }
	@echo "setting up $(VENV) with $$($(PYTHON) --version), once; this takes a minute or two"
	@$(PYTHON) -m venv $(VENV) || { echo "the module venv is missing: on Debian and Ubuntu, apt install python3-venv"; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check
	@touch $@

run: $(READY) ## take the simulated history through Dagster and look at it
	@$(BIN)/python -m dagster_project.orchestration run

ui: $(READY) ## Dagster's UI with the schedule, on http://127.0.0.1:3000
	@$(BIN)/python -m dagster_project.orchestration ui

PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal
BEGUN := $(shell date +%s)
TOOK = @echo "make $@: $$(( $$(date +%s) - $(BEGUN) )) seconds in all"

quick: $(READY) lint types ## lint, types, and the tests that need nothing but the code; a minute
	@$(PYTEST) -m "not slow" tests/imports tests/normalise tests/repository tests/settings
	$(TOOK)

test: $(READY) ## every test that is not marked slow; seven minutes on two cores
	@$(PYTEST) -m "not slow"
	$(TOOK)

suite: $(READY)
	@$(PYTEST) -m "not every"

every: $(READY) ## every test with every case; more than an hour on two cores
	@$(PYTEST)
	$(TOOK)

SOAK_COUNT ?= 500
SOAK_SEED ?= 1
soak: $(READY) ## snapshots under seeded faults and kills, held against a fault-free history (SOAK_COUNT, SOAK_SEED)
	@$(BIN)/python -m tests.soak --count $(SOAK_COUNT) --seed $(SOAK_SEED)

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

check: lint types suite ## what CI runs: lint, types, every test that is not marked every; half an hour on two cores
	$(TOOK)

bench: $(READY) ## figures as ratios, side by side with what a user would pick instead
	@$(BIN)/python -m benchmarks

wheel: $(READY) ## one file in dist/ that `uv tool install` or pipx installs anywhere; it needs no checkout
	@rm -rf dist
	@$(BIN)/uv build --quiet --wheel --no-build-isolation --python $(BIN)/python --out-dir dist .
	@sed -n '/^[a-z0-9]/s/ *\\$$//p' requirements.lock > dist/constraints.txt
	@ls dist

lock: ## resolve the dependencies again (needs a package registry)
	@test -x $(BIN)/uv || { echo "run make .venv/.ready first: uv comes with the locked environment"; exit 2; }
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--group dev --custom-compile-command "make lock" pyproject.toml --output-file requirements.lock

audit: $(READY) ## look up what is locked and what is installed among known vulnerabilities (needs the network)
	@VENV=$(VENV) .ci/audit

SECONDS ?= 60
fuzz: $(READY) ## let coverage guide bytes into the normalisers, SECONDS=60 (needs a package registry and Linux)
	@test -d .venv-fuzz || $(BIN)/uv pip install --quiet --target .venv-fuzz atheris \
		|| { echo "atheris has no wheel for this Python and machine; make test has the fuzzing that needs none"; exit 2; }
	@PYTHONPATH=.venv-fuzz $(BIN)/python -m tests.guided -max_total_time=$(SECONDS) -max_len=20000 -rss_limit_mb=4096

clean: ## remove the environment; your data stays
	rm -rf $(VENV)
