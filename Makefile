# One word each. Every target makes its own environment: Python 3.11 to 3.13 and make are enough,
# but for `lock`, which needs uv.
PYTHON ?= python3
QUARTER ?= 2025-26-Q2
HOME_DIR ?= $(if $(LIIA_HOME),$(LIIA_HOME),.liia)
LANDING ?= $(LIIA_LANDING)

BIN := .venv/bin
READY := .venv/.ready
# No network but the package index; nothing is reported to anybody.
export DO_NOT_TRACK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup run test check ui bench docs lock
help:
	@echo "make run    the quarter $(QUARTER), from the landing zone to outputs (synthetic if none is given)"
	@echo "make test   all tests"
	@echo "make check  linters, types, import rules, dbt conventions, dbt and Dagster definitions"
	@echo "make ui     the Dagster UI on 127.0.0.1:3000"
	@echo "make docs   the data dictionary, and dbt docs of the last run as one page"
	@echo "make bench  how fast, as ratios within one run, to docs/benchmarks.md"
	@echo "make lock   resolve the pins of pyproject.toml anew into requirements.txt"

setup: $(READY)

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v <= (3, 13) and f"Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}; try: make PYTHON=python3.11 setup")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

run: $(READY)
	@if [ -z "$(LANDING)" ] && [ ! -d "$(HOME_DIR)/landing" ]; then $(BIN)/liia demo --dest "$(HOME_DIR)/landing"; fi
	@$(BIN)/liia run --quarter $(QUARTER) --home "$(HOME_DIR)" $(if $(LANDING),--landing "$(LANDING)")

test: $(READY)
	$(BIN)/pytest --numprocesses auto --dist loadscope --no-loadscope-reorder

# Linting has a dbt target folder of its own: the manifest that Dagster reads speaks of the
# warehouse, not of memory.
LINT := DBT_TARGET_PATH=target/lint

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd dbt_project && $(LINT) ../$(BIN)/dbt --quiet --warn-error parse --show-all-deprecations --no-partial-parse --target lint --profiles-dir .
	COLUMNS=160 $(BIN)/dbt-bouncer run --config-file dbt_project/dbt-bouncer.yml --show-all-failures
	$(LINT) $(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models
	$(BIN)/sqlfluff lint --disable-progress-bar --templater raw dbt_project/analyst_views
	$(BIN)/dagster definitions validate -w workspace.yaml
	$(BIN)/python -m orchestration.dictionary --check

ui: $(READY)
	$(BIN)/liia ui --home "$(HOME_DIR)" $(if $(LANDING),--landing "$(LANDING)")

bench: $(READY)
	$(BIN)/python -m tests.bench_all

docs: $(READY)
	$(BIN)/python -m orchestration.dictionary
	@LIIA_HOME="$(HOME_DIR)" $(BIN)/python -m orchestration.dbt_docs

lock:
	uv pip compile --universal --python-version 3.11 --extra platform --extra s3 --extra server --extra dev \
	  --generate-hashes --no-emit-index-url --no-strip-extras --custom-compile-command "make lock" pyproject.toml -o requirements.txt
