# `make` alone lists the targets. Each works alone, from a fresh clone, without root.

VENV  := .venv
BIN   := $(VENV)/bin
STAMP := $(VENV)/installed.stamp

# Python 3.11, or a newer python3. Asked by running it: a name on the path may be an empty shim.
PYTHON := $(shell for python in python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; \
	done)

# A bare machine has no locale; our files and messages are Chinese.
export PYTHONUTF8 := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# What is tried a second time, on a real PostgreSQL: everything that asks a database, and a short
# round of random lives; `soak` has the other properties.
ON_BOTH := $(addprefix tests/,services accounts moves resettle reports shapes spec concurrency plans api cli) \
	tests/properties/test_life_machine.py

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test serve check bench soak install clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## The whole month on a synthetic city: workbooks in demo/out/
	$(BIN)/gongji demo

test: $(STAMP) ## Every test but the long campaigns
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not slow"
	GONGJI_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n auto --dist loadgroup \
		-m "not slow" $(ON_BOTH)

serve: $(STAMP) demo/gongji.db ## The API on the demo's data
	$(BIN)/gongji serve --db sqlite:///demo/gongji.db

check: $(STAMP) ## Lint, format, types, migrations, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m ledger.storage.migrate check
	$(BIN)/python -m pytest -q tests/architecture

bench: $(STAMP) ## Speed beside a reference in the same run: docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks.run

soak: $(STAMP) ## The long campaigns
	$(BIN)/python -m pytest -m slow
	GONGJI_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n auto --dist loadgroup tests/properties

install: $(STAMP) ## Only install, into .venv

clean: ## Remove .venv, the demo and every cache
	rm -rf $(VENV) demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find ledger api importers exports tests -name __pycache__ -type d -prune -exec rm -rf {} +

demo/gongji.db: | $(STAMP)
	$(BIN)/gongji demo

$(STAMP): pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "Gongji needs Python 3.11 or newer; found: $$(python3 --version 2>&1 || echo none)." >&2; \
		echo "On Debian 12: apt-get install python3 python3-venv python3-pip" >&2; exit 1; fi
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV) || { \
		echo "Could not make $(VENV): on Debian the module venv is in the package python3-venv." >&2; exit 1; }
	@echo "Installing into $(VENV): a few minutes the first time."
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@
