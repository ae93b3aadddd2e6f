PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# More than the cores of a small machine: many tests that take time wait for a process.
WORKERS ?= 3
# Or each of the many servers that tests start would compile all of its sources anew.
export PYTHONDONTWRITEBYTECODE =
PYTEST = pytest -q -n $(WORKERS) --dist worksteal

.PHONY: demo test coverage check chaos bench format clean

demo: $(VENV)/.installed  ## one of everything through the real MCP server, against the built-in sandbox
	@$(BIN)/atlascloud-mcp demo --output demo-pictures

test: $(VENV)/.test-tools  ## every test but the slow ones
	$(BIN)/python -m $(PYTEST)

coverage: $(VENV)/.test-tools  ## the same tests, measured: it takes half as long again
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m $(PYTEST)
	@$(BIN)/coverage combine -q
	$(BIN)/coverage report

check: $(VENV)/.dev-tools coverage  ## all that CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/pytest -q -m slow -n $(WORKERS)
	$(BIN)/python tests/wheel_check.py

chaos: $(VENV)/.test-tools  ## five hundred bad days, each from its own number
	$(BIN)/pytest -q -m chaos -n $(WORKERS)

bench: $(VENV)/.dev-tools  ## the figures of README and docs, printed
	$(BIN)/python bench/run.py

format: $(VENV)/.dev-tools
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) demo-pictures build dist .coverage* .pytest_cache .ruff_cache .hypothesis

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml
	@echo "Installing atlascloud-mcp into $(VENV) (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test-tools: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group test
	@touch $@

$(VENV)/.dev-tools: $(VENV)/.test-tools
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@
