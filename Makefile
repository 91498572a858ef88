# What a newcomer and the continuous integration call. Python packages go into .venv, from the locks, by hash.
#
#   make demo    a small company's three months in a minute (ARGS=--exit: and leave)
#   make test    every test, with the programs they speak to (ARGS=tests/rules: only some)
#   make check   format, lint, types, floors, tests
#   make bench   how fast it is
#   make lock    write the locks anew from pyproject.toml (ARGS=--upgrade: with newer versions)
#   make clean   forget .venv and every cache

PY := .venv/bin/python
LOCK := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --annotation-style line --no-emit-index-url --no-emit-find-links

.PHONY: help demo test check bench lock clean runtime dev programs

help:
	@sed -n 's/^#  //p' Makefile

demo: runtime
	@.venv/bin/relanced demo $(ARGS)

test: dev programs
	$(PY) -m pytest $(ARGS)

check: dev programs
	$(PY) -m ruff format --check
	$(PY) -m ruff check
	$(PY) -m mypy
	.venv/bin/lint-imports --no-logo
	$(PY) -m pytest

bench: dev
	$(PY) -m bench.run $(ARGS)

lock: dev
	$(LOCK) pyproject.toml --extra postgres --group build $(ARGS) --output-file requirements.lock
	$(LOCK) pyproject.toml --all-extras --group build --constraints requirements.lock $(ARGS) --output-file requirements-dev.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
	find . -name __pycache__ -prune -exec rm -rf {} +

runtime:
	@sh tools/venv.sh requirements.lock

dev:
	@sh tools/venv.sh requirements-dev.lock

programs:
	@sh tools/programs.sh
