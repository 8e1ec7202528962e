# Everything happens in .venv (or build/): nothing is needed but Python and a C compiler.
# `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := setup.py pyproject.toml $(wildcard fastsock/_c/*.pyx fastsock/_c/*.pxd fastsock/_c/*.h fastsock/_c/kernels/*.h)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export FASTSOCK_EXTENSIONS ?= require

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --upgrade pip

# One stamp a dependency group, one for the package itself, built in place.
$(VENV)/.group-%: pyproject.toml | $(BIN)/python
	$(BIN)/pip install -q --group $*
	@touch $@

$(VENV)/.built: $(SOURCES) $(VENV)/.group-build
	$(BIN)/pip install -q --no-build-isolation --editable .
	@touch $@

.PHONY: test
test: $(VENV)/.built $(VENV)/.group-test ## the whole suite, over both twins
	$(BIN)/python -m pytest $(ARGS)

.PHONY: lint
lint: $(VENV)/.group-lint $(VENV)/.group-test ## ruff, cython-lint, strict mypy on the package and on its users' view
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/cython-lint fastsock benchmarks
	$(BIN)/mypy
