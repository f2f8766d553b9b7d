# Set up, plan the city, test. Needs Python 3.11 or newer with its venv module.

PYTHON ?= python3
SCENARIO ?= seeds/yancheng
OUT ?= out

BIN := .venv/bin
READY := .venv/ready

.PHONY: plan test bench lint lock clean

plan: $(READY)
	$(BIN)/patrol plan $(SCENARIO) -o $(OUT)

test: $(READY)
	$(BIN)/python -m pytest -q -m "not slow" -ra

bench: $(READY)
	$(BIN)/python -m pytest -q -m slow -ra tests
	$(BIN)/python tests/bench/commands.py
	$(BIN)/python tests/bench/yancheng.py

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Nothing is installed that the lock does not name by hash; the build tool is in it.
# Bytecode without the libraries' tests takes seconds here, and a second or two off every
# start where Python is told to write none. The search is compiled here too: about a
# minute that the first plan would take otherwise.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q -j 0 -x '/tests?/' .venv/lib planner maps
	$(BIN)/python -c 'from planner.planning import compiling; compiling.compile_all("portfolio")'
	touch $@

# The newest versions that pyproject.toml allows, for every Python from 3.11 on.
lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	echo "setuptools>=77" | .venv-lock/bin/uv pip compile - pyproject.toml \
		--group pyproject.toml:dev --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url \
		--upgrade --quiet --output-file requirements.lock

clean:
	rm -rf .venv .venv-lock out
