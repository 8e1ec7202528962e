# Everything happens in .venv (or build/). Needed: make, Python with its headers and venv, a C compiler.
# `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
# Tests wait for sockets and clocks a quarter of their time.
WORKERS ?= $(shell expr $(JOBS) + 1)
SOURCES := setup.py pyproject.toml $(shell find fastsock -name '*.pyx' -o -name '*.pxd' -o -name '*.h')

# A release of somebody else's must not turn a fresh machine red: what tests and lint install is
# pinned. `make PINNED= ...` takes the newest of all, as the weekly workflow does.
PINNED ?= PIP_CONSTRAINT=$(CURDIR)/.ci/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export FASTSOCK_EXTENSIONS ?= require
# Tests and benchmarks start thousands of processes: without its cache each compiles the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

# An environment without a working pip is incomplete: make it anew.
$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { echo "fastsock: $(PYTHON) missing. Debian: apt install" \
		"python3. Fedora: dnf install python3. macOS: brew install python" >&2; exit 1; }
	@$(PYTHON) .ci/needs.py
	@[ -f $(VENV)/pyvenv.cfg ] && $(BIN)/python -m pip --version >/dev/null 2>&1 || \
		{ rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install -q --upgrade pip; }
	@touch $@

# One stamp a dependency group, one for the package itself, built in place.
$(VENV)/.group-%: pyproject.toml $(VENV)/.made
	@echo "installing what $* needs"
	@$(PINNED) $(BIN)/python -m pip install -q --group $*
	@touch $@

# The extensions lie in place already: an editable installation would compile all of them once more.
$(VENV)/.built: $(SOURCES) $(VENV)/.group-build
	@echo "building $(words $(filter %.pyx,$(SOURCES))) extensions, about a minute"
	@mkdir -p build
	@$(BIN)/python setup.py -q build_ext --inplace -j $(JOBS) >build/build.log 2>&1 || \
		{ cat build/build.log; exit 1; }
	@FASTSOCK_EXTENSIONS=off $(BIN)/python -m pip install -q --no-build-isolation --no-deps \
		--editable . >>build/build.log 2>&1 || { cat build/build.log; exit 1; }
	@touch $@

.PHONY: test
test: $(VENV)/.built $(VENV)/.group-test ## the whole suite, over both twins, on all cores
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

.PHONY: lint
lint: $(VENV)/.group-lint $(VENV)/.group-test ## ruff, cython-lint, strict mypy, schemas and an audit of workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/cython-lint fastsock benchmarks
	$(BIN)/mypy
	$(BIN)/python .ci/ran.py --check
	$(BIN)/check-jsonschema -q --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema -q --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema -q --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/check-jsonschema -q --builtin-schema vendor.github-issue-forms \
		$(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(BIN)/check-jsonschema -q --builtin-schema vendor.readthedocs .readthedocs.yaml
	$(BIN)/zizmor -q --offline .

# sdist and platform wheel as anyone gets them, the portable wheel on Linux, and the pure one.
.PHONY: wheel
wheel: $(VENV)/.group-build $(VENV)/.group-dist ## sdist, platform wheel, portable (repaired) wheel, pure wheel
	rm -rf build/lib.* build/bdist.* build/temp.* dist wheelhouse
	$(BIN)/python -m build --outdir dist
	FASTSOCK_EXTENSIONS=off $(BIN)/python -m build --wheel --outdir dist
	if [ "$$(uname -s)" = Linux ]; then \
		PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/auditwheel repair --strip --wheel-dir wheelhouse dist/*-cp*.whl; \
	fi
	$(BIN)/twine check --strict dist/* wheelhouse/*
	$(BIN)/python .ci/check_dist.py

.PHONY: docs
docs: $(VENV)/.built $(VENV)/.group-docs $(VENV)/.group-test ## HTML in build/docs, and every example run
	$(BIN)/python -m pytest tests/whole/test_docs.py
	FASTSOCK_BACKEND=py $(BIN)/sphinx-build --fail-on-warning --keep-going -q docs build/docs
	FASTSOCK_BACKEND=py $(BIN)/python .ci/check_reference.py build/docs/objects.inv

# Benchmarks. RESULTS is named after the environment, so that two Pythons keep two results:
# make bench-check VENV=.venvdeb PYTHON=/usr/bin/python3.11
# BENCH is what is measured: make bench-check BENCH=benchmarks/datagram
BENCH ?= benchmarks
RESULTS ?= benchmarks/results/$(patsubst .%,%,$(VENV))

$(VENV)/.floor: $(wildcard benchmarks/harness/floor/*.py*) $(VENV)/.group-build
	cd benchmarks/harness && $(abspath $(BIN))/python floor/setup.py -q build_ext --force --inplace \
		--build-temp $(abspath build/floor)
	@touch $@

.PHONY: bench bench-once bench-check bench-peers bench-against bench-glibc bench-report instr kernels
bench: $(VENV)/.built $(VENV)/.group-bench ## a call or two of each part, beside what people use today
	@$(BIN)/python -m fastsock bench --seconds 10

bench-once: $(VENV)/.built $(VENV)/.floor $(VENV)/.group-bench-check ## every row once, checked and not timed
	$(BIN)/python -m pytest --rootdir=$(CURDIR) $(BENCH) --benchmark-disable --turns 1 $(ARGS)

bench-check: $(VENV)/.built $(VENV)/.floor $(VENV)/.group-bench-check ## every row, and the targets
	@mkdir -p $(dir $(RESULTS))
	$(BIN)/python -m pytest --rootdir=$(CURDIR) $(BENCH) --benchmark-json=$(RESULTS).json $(ARGS)
	@$(BIN)/python -m benchmarks.harness.report $(RESULTS).json

bench-peers: ## the same beside other libraries, in an environment of its own
	$(MAKE) VENV=.venv-bench .venv-bench/.group-peers
	$(MAKE) VENV=.venv-bench bench-check

bench-against: $(VENV)/.built ## rows before and after, in one run: make bench-against WHEEL=dist/old.whl
	@$(BIN)/python benchmarks/against.py $(WHEEL) $(ARGS)

# One run of one commit fills README.md, docs/benchmarks.md and the charts.
bench-report: $(VENV)/.built $(VENV)/.floor $(VENV)/.group-bench-check ## measure, then write README, docs and charts
	@mkdir -p $(dir $(RESULTS))
	$(BIN)/python -m fastsock bench --seconds 10 --json >$(RESULTS)-headlines.json
	$(BIN)/python -m pytest --rootdir=$(CURDIR) benchmarks --turns 1 \
		--networks 50000 --benchmark-json=$(RESULTS).json $(ARGS)
	@$(BIN)/python -m benchmarks.harness.report $(RESULTS).json --headlines $(RESULTS)-headlines.json --write

bench-glibc: $(VENV)/.built $(VENV)/.floor ## scalar calls on this glibc and on Debian sid's, into docs/benchmarks.md
	$(BIN)/python -m benchmarks.harness.glibc --write \
		--tree "$$(.ci/interpreters 3.14 | cut -d ' ' -f 2)"

kernels: ## the kernels alone, in C
	@mkdir -p build
	$(CC) -I. -O3 -Wall -Wextra benchmarks/address/kernels.c -o build/address_kernels
	build/address_kernels
	$(CC) -I. -O3 -Wall -Wextra benchmarks/packet/kernels.c -o build/packet_kernels
	$(PYTHON) -m benchmarks.harness.traffic 100000 build/kernels.pcap
	build/packet_kernels build/kernels.pcap; status=$$?; rm build/kernels.pcap; exit $$status

instr: $(VENV)/.built $(VENV)/.floor ## instructions a call, by callgrind: exact where times are not
	$(BIN)/python -m benchmarks.harness.instructions

.PHONY: asan cov
asan: $(VENV)/.group-build $(VENV)/.group-test ## the suite over the compiled twin under ASan and UBSan
	BIN=$(BIN) .ci/flavour asan $(ARGS)

cov: $(VENV)/.group-build $(VENV)/.group-test $(VENV)/.group-cov ## lines of .pyx and .py that the tests reach
	BIN=$(BIN) .ci/flavour cov $(ARGS)

.PHONY: attack-asan
attack-asan: $(VENV)/.group-build $(VENV)/.group-test ## hostile objects against every public callable, under ASan and UBSan
	BIN=$(BIN) .ci/flavour attack

MUTANTS ?= 20
SEED ?= 0
.PHONY: mutants
mutants: $(VENV)/.built $(VENV)/.group-test ## break PART= in MUTANTS=20 small ways, and see which its tests don't notice
	$(BIN)/python tests/mutants.py $(PART) --mutants $(MUTANTS) --seed $(SEED) \
		$(if $(FILES),--files $(FILES)) $(if $(TESTS),--tests $(TESTS))

.PHONY: fuzz
fuzz: $(VENV)/.built ## fuzz the kernels and both twins, FUZZ_SECONDS=20 a target
	@$(BIN)/python -m pip install -q --group fuzz || echo "atheris can't be installed for this Python"
	$(BIN)/python fuzz/run.py

.PHONY: clean
clean: ## all that was built; the environments stay
	rm -rf build dist wheelhouse *.egg-info $(VENV)/.built
	find fastsock -name '*.so' -delete
	for source in $$(find fastsock -name '*.pyx'); do rm -f "$${source%.pyx}.c"; done
