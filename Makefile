# Two commands do everything on a machine with Python 3.11, pip and make: `make run` and `make test`.
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)
ifeq ($(UV),)
UV := .tools/uv/bin/uv
endif
RUN := $(UV) run --frozen
WORKERS ?= auto

.PHONY: run test test-postgresql lint format catalogues benchmark clean
run: .setup
	$(RUN) lantu up

test: .setup
	$(RUN) pytest -n $(WORKERS)

# The site once more, on a PostgreSQL that is started for it.
test-postgresql: .setup
	LANTU_TEST_DATABASE=postgresql $(RUN) pytest -n $(WORKERS) tests/site \
		--ignore tests/site/test_behaviour.py --ignore tests/site/test_operate.py \
		--ignore tests/site/test_full_disk.py

lint: .setup
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) lint-imports

format: .setup
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

catalogues: .setup
	$(RUN) python -m lantu.cli.catalogues docs

benchmark: .setup
	$(RUN) python -m benchmarks

clean:
	rm -rf .venv .tools .setup

.setup: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen
	@touch .setup

.tools/uv/bin/uv:
	$(PYTHON) -m pip install --quiet --target .tools/uv uv
