# demo   the live loop on a built-in sample; nothing to set up
# check  the quick lane: format, lint, types, and the tests that are not slow
# test   everything that must be green: format, lint, types, all tests, in parallel
# lint   format, lint and types only
# bench  time greenless on this machine, and write tables and plot into docs/ and figures into the README
# docs   write docs/reference.md from the code
# bundle a folder that runs without the user's Python, and deb a package for Debian and Ubuntu; both into dist/
#
# Everything goes into .venv beside this file; nothing is installed outside it. Needs Python 3.11 or later with venv.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PYTEST := $(BIN)/pytest -q -n auto --dist worksteal
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Containers often forbid Python to keep what it compiles. Every process of the tests would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo check test lint bench docs bundle deb clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.demo
	$(BIN)/greenless demo

check: lint
	$(PYTEST) -m 'not slow'

test: lint
	$(PYTEST)

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --num-workers auto

bench: $(VENV)/.test
	$(BIN)/python benchmarks/live.py

docs: $(VENV)/.test
	$(BIN)/python docs/make_reference.py

bundle deb:
	installers/build $@

# One rule per set of packages; a set is installed again only when what it is made from has changed.
$(VENV)/.demo: $(BIN)/python Makefile pyproject.toml constraints.txt
	@echo 'Installing greenless into $(VENV) (a few hundred MB, once)'
	$(INSTALL) --editable '.[demo]'
	@touch $@

$(VENV)/.test: $(BIN)/python Makefile pyproject.toml constraints.txt
	@echo 'Installing greenless with PyTorch, OpenVINO and the development tools into $(VENV) (once)'
	$(INSTALL) --editable '.[app,demo,heif,openvino,pymatting,ray,screen,torch,whip]' --group dev
	@touch $@ $(VENV)/.demo

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or later is missing. Install it, or name one: make PYTHON=/path/to/python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) has no venv. On Debian and Ubuntu: sudo apt install $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --upgrade pip

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
