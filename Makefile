# The front door. `make help` lists what it does.

SHELL := /bin/bash
.DEFAULT_GOAL := help
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
# Set in many containers; tests start hundreds of processes, and each would compile all of our code anew.
unexport PYTHONDONTWRITEBYTECODE

# The first Python that is new enough and has venv whole, the system's before others: distributions optimise theirs, and
# by one that pyenv had built tests took 1.1 to 1.2 times as long. `make PYTHON=/path/to/python3.12 setup` to choose.
PYTHON ?= $(shell for candidate in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$candidate" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$candidate" && break; done)
BIN := .venv/bin
READY := .venv/.ready
ARGS ?=
WORKERS ?= 3

##@ Start here

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## Make .venv with everything locked in requirements-dev.txt (quick the second time)

##@ Run

.PHONY: demo
demo: $(READY) ## Play an example portfolio on the embedded platform, show what came out, keep serving (ARGS=--once)
	@$(BIN)/gatehouse demo $(ARGS)

.PHONY: up
up: $(READY) ## Serve the embedded platform on http://127.0.0.1:8080
	@$(BIN)/gatehouse up $(ARGS)

.PHONY: platform
platform: $(READY) parts ## Serve it as in production: PostgreSQL, Kafka, Temporal, a process per role (ARGS=--split)
	@$(BIN)/python -m deploy.local.platform $(ARGS)

##@ Check

# Tests make and drop a thousand databases. In memory, where the machine has plenty, they spare the kernel half its work;
# what is killed there finds its files again as on a disk.
SCRATCH = $(if $(TMPDIR),,$(shell test -k /dev/shm && ! findmnt -n -o OPTIONS /dev/shm | grep -q noexec && \
	test "$$(df -k --output=avail /dev/shm | tail -1)" -gt 8000000 && \
	awk '/^MemAvailable/ { exit $$2 < 12000000 }' /proc/meminfo && echo TMPDIR=/dev/shm))

.PHONY: test
test: ## Set up, install missing engines where allowed, check everything
	@$(MAKE) --no-print-directory --output-sync -j2 parts lint walls
	@$(BIN)/mypy & types=$$!; \
	$(SCRATCH) $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS); tests=$$?; \
	wait $$types || { echo "The types are not right: mypy's words are above." >&2; exit 1; }; exit $$tests

.PHONY: faults
faults: $(READY) parts ## The long fault runs: one table, JSON, docs/reliability.md (ARGS="--row 9" for one)
	$(BIN)/python -m tests.faults $(or $(ARGS),--write --json .local/faults.json)

.PHONY: bench
bench: $(READY) parts ## Figures against bare parts: a table, JSON, docs/performance.md (ARGS=--quick: a minute, no page)
	$(BIN)/python -m tests.bench $(or $(ARGS),--write --json .local/bench.json)

.PHONY: growth
growth: $(READY) ## What a log of a million events costs, into docs/performance.md (ARGS="--events 100000" for less)
	@mkdir -p .local
	$(BIN)/gatehouse bench growth --json $(ARGS) > .local/growth.json
	$(BIN)/python -m tests.bench --growth .local/growth.json

.PHONY: figures
figures: $(READY) parts ## What a release is published with, after faults and bench, into docs/reliability.md (ARGS=--strangers: their table)
	$(BIN)/python -m tests.figures $(ARGS)

.PHONY: fmt
fmt: $(READY) ## Format, and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lint
lint: $(READY) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(READY) ## mypy, strict
	$(BIN)/mypy

.PHONY: walls
walls: $(READY) ## import-linter: who may import whom
	$(BIN)/lint-imports --no-cache --no-logo

##@ Maintain

.PHONY: parts
parts: ## Install engines and the tools of others where absent (root only; else name them)
	@deploy/local/install_parts.sh

.PHONY: lock
lock: $(READY) ## Lock the dependencies of pyproject.toml again, with hashes and without addresses
	$(LOCK) -o requirements.txt
	$(LOCK) --extra dev -c requirements.txt -o requirements-dev.txt

LOCK = $(UV) pip compile pyproject.toml --no-header --generate-hashes --no-emit-index-url --python-version 3.11

# Seconds, where pip takes a minute. But uv reads none of pip's settings: where pip was told of an index, or uv does not
# get through, pip installs.
PIP = $(BIN)/python -m pip
UV = $(BIN)/uv -q
UV_OPTIONS = --python $(BIN)/python --require-hashes --system-certs --compile-bytecode

$(READY): requirements-dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Gatehouse needs Python 3.11 or later with its venv module, and none was found" \
		"(Debian: apt-get install python3-venv)." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
	@echo "Installing what requirements-dev.txt locks" >&2
	@sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.txt > .venv/uv.txt
	@$(PIP) install -q --require-hashes -r .venv/uv.txt
	@{ ! $(PIP) config list | grep -q index && $(UV) pip install $(UV_OPTIONS) -r requirements-dev.txt; } || \
		{ echo "By pip: this takes a minute" >&2; $(PIP) install -q --require-hashes -r requirements-dev.txt; }
	@PYTHONWARNINGS=ignore $(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@
