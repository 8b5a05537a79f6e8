# The workflow, executable. `make demo` and `make test` need python3 (3.11+), pip and make, and nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# pip writes into the environment from outside: some systems ship python3 without ensurepip
PIP := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check --quiet
RUNTIME := $(VENV)/.runtime-ready
DEV := $(VENV)/.dev-ready
COMPILED := $(VENV)/.tests-compiled
# uv installs in seconds what takes pip a minute; its version and hashes are in the lock file like all others
UV := $(BIN)/uv
# two more than there are processors: many tests wait for a clock, a disk or a process
WORKERS ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 2)")
# Some images switch the cache of compiled modules off; every process that a test starts would compile all of them anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo contract real test lint bench bench-matching soak e2e coverage lock outdated advisories format screenshots look image test-image test-wheel clean

help:
	@echo "make demo      see it work: demo servers, then refresh, scan, match, download, import (ONCE=1 ends after the report)"
	@echo "make test      the whole suite          make lint      ruff and mypy --strict"
	@echo "make bench     measure speed            make soak      the long runs: faults, kills, a provider's day"
	@echo "make bench-matching CORPUS=dir          score a labelled playlist"
	@echo "make contract RADARR=url,key[,version] SONARR=...   ask real programs whether they keep to what the tests say of them"
	@echo "make real PROGRAMS=folder   walk through the real Radarr and Sonarr, pinned, under Mono (never in CI)"
	@echo "make screenshots  the pictures of docs/ui.md"
	@echo "make look      every page in every state, width and theme: pictures under artifacts/look, faults named (STATES=, WIDTHS=)"
	@echo "make image     the container image (STAND_IN=1: on a base of Debian's packages)   make test-image  walk through it"
	@echo "make test-wheel  install the wheel with pipx and uv tool, walk the demo (PYTHONS=); wheels of every locked package"
	@echo "make coverage  the suite with coverage  make lock      write the lock files again (UPGRADE=1 takes newer versions)"
	@echo "make outdated  newer versions on offer  make advisories  known weaknesses of the locked versions (needs uvx)"

$(VENV)/bin/python:
	@echo "Creating $(VENV) ..."
	@$(PYTHON) -m venv --without-pip $(VENV)

# not every machine has a uv; pip does it there, and where only pip is told of an index
$(UV): | $(VENV)/bin/python
	@sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock > $(VENV)/uv.lock
	@$(PIP) install --no-compile --only-binary :all: --require-hashes -r $(VENV)/uv.lock 2>/dev/null || true

define install
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $(1) 2>/dev/null \
		|| $(PIP) install --require-hashes -r $(1)
endef

$(RUNTIME): requirements.lock pyproject.toml | $(UV)
	@echo "Installing what Stalkeer runs on (pinned, with hashes) ..."
	$(call install,requirements.lock)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing what the tests need (pinned, with hashes) ..."
	$(call install,requirements-dev.lock)
	@touch $@

# once for all workers, each of which would compile every module anew
$(COMPILED): | $(DEV)
	@echo "Compiling the tests ..."
	@$(BIN)/python -m pytest --collect-only -qq >/dev/null || true
	@touch $@

demo: $(RUNTIME)
	@$(BIN)/stalkeer demo $(if $(ONCE),--once) $(if $(JSON),--json)

test: $(DEV) | $(COMPILED)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not soak"

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# reads, and gives harmless commands; nothing of a real library is changed
contract: $(DEV)
	$(if $(RADARR),STALKEER_REAL_RADARR="$(RADARR)") $(if $(SONARR),STALKEER_REAL_SONARR="$(SONARR)") \
		$(BIN)/python -m pytest -ra tests/contract

# walks through real programs of a pinned version, under Mono: PROGRAMS=folder with Radarr and Sonarr in it; never in CI
real: $(DEV)
	STALKEER_REAL_PROGRAMS="$(PROGRAMS)" $(BIN)/python -m pytest -ra tests/real

bench: $(DEV)
	$(BIN)/python -m bench

bench-matching: $(DEV)
	$(BIN)/python -m bench matching-corpus --corpus "$(CORPUS)"

soak: $(DEV)
	$(BIN)/python -m pytest -m soak -s --timeout 0

screenshots: $(DEV)
	$(BIN)/python scripts/make_screenshots.py

look: $(DEV)
	$(BIN)/python scripts/look.py $(if $(STATES),--states $(STATES)) $(if $(WIDTHS),--widths $(WIDTHS)) $(if $(JOBS),--jobs $(JOBS))

e2e: $(DEV)
	$(BIN)/python -m pytest tests/e2e tests/faces/web

# with Docker, or as root with Debian's buildah, podman, runc and mmdebstrap
image:
	$(PYTHON) scripts/image.py build $(if $(STAND_IN),--stand-in)

# walks through the image that `make image` built; never in CI
test-image: $(DEV)
	STALKEER_TEST_IMAGE=1 $(BIN)/python -m pytest -ra tests/e2e/test_image.py --timeout 600

# installs the wheel with pipx and uv tool for each Python on this machine, walks the demo; asks for wheels; never in CI
test-wheel: $(DEV)
	$(BIN)/python scripts/check_wheels.py
	$(BIN)/python scripts/walk_wheel.py $(PYTHONS)

coverage: $(DEV)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist worksteal -m "not soak"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lock: | $(VENV)/bin/python
	$(BIN)/uv pip compile $(if $(UPGRADE),--upgrade) pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet -o requirements.lock
	$(BIN)/uv pip compile $(if $(UPGRADE),--upgrade) pyproject.toml --group build --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet -o requirements-dev.lock
	$(BIN)/uv pip compile $(if $(UPGRADE),--upgrade) pyproject.toml --group build --all-extras --constraint requirements-dev.lock --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet -o packaging/requirements.lock

outdated: $(DEV)
	$(PIP) list --outdated

# exit 1: an advisory; exit 2: versions that no database was asked about
advisories: $(DEV)
	$(BIN)/python scripts/advisories.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis artifacts demo-data
