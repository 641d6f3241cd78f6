# demo   the live loop on a built-in sample; nothing to set up
# test   everything that must be green: format, lint, types, tests
# lint   format, lint and types only
# bench  time greenless on this machine, stage by stage, and put tables and plot into the README
#
# Everything goes into .venv beside this file; nothing is installed outside it. Wants Python 3.11 or later with venv.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint bench clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.demo
	$(BIN)/greenless demo

test: lint
	$(BIN)/pytest -q

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.test
	$(BIN)/python benchmarks/live.py

# One rule per set of packages; a set is installed again only when what it is made from has changed.
$(VENV)/.demo: $(BIN)/python Makefile pyproject.toml constraints.txt
	@echo 'Installing greenless into $(VENV) (a few hundred MB, once)'
	$(INSTALL) --editable '.[demo]'
	@touch $@

$(VENV)/.test: $(BIN)/python Makefile pyproject.toml constraints.txt
	@echo 'Installing greenless with PyTorch, OpenVINO and the development tools into $(VENV) (once)'
	$(INSTALL) --editable '.[demo,obs,openvino,pymatting,screen,torch]' --group dev
	@touch $@ $(VENV)/.demo

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or later is missing. Install it, or name one: make PYTHON=/path/to/python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) has no venv. On Debian and Ubuntu: sudo apt install $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --upgrade pip

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
