# Every target makes the environment it needs first; with .venv up to date that costs nothing.
PYTHON ?= python3
DIR ?=
# As it was written, and handed on in the environment: no dollar or quote in a name means anything.
override DIR := $(value DIR)
export DIR
ONLY ?=
# Every process that a target starts would compile all modules once more.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
EXTRAS := all demo gateway scanner processor inferencer captioner upserter ml dashboard tracing docs
COMPILE := build/uv/bin/uv pip compile --quiet --universal --generate-hashes --no-header

.PHONY: help setup demo run docs test test-all chaos soak bench check check-deploy format requirements sbom clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup:  ## Make .venv with everything, and get the embedded broker
	@$(PYTHON) scripts/bootstrap.py dev

demo:  ## Ingest sample photos and show the result; DIR=folder for your own
	@$(PYTHON) scripts/bootstrap.py demo
	@exec $(BIN)/python -m cli demo $${DIR:+-- "$$DIR"}

run:  ## Run everything until Ctrl-C; PORT, HOST and DATA_DIR as wanted
	@$(PYTHON) scripts/bootstrap.py all
	@exec $(BIN)/python -m cli run

docs: setup  ## Build the documents as a site into build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

test: setup  ## Run the tests
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

test-all: setup  ## Run the slow tests too
	$(BIN)/pytest

chaos: setup  ## Lose nothing under kills and faults; CHAOS_SECONDS, CHAOS_FILES, CHAOS_SEED
	$(BIN)/python -m tests.chaos

soak: setup  ## An hour of work: nothing may grow; SOAK_SECONDS, SOAK_FILES
	$(BIN)/python -m tests.chaos.soak

bench: setup  ## Measure next to the floors of this machine; ONLY=row for one
	$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

check: setup  ## Lint, check the types and the layering
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-deploy: setup  ## Check manifests, compose files, Dockerfile and alert rules
	$(BIN)/python -m scripts.check_deploy

format: setup  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

sbom:  ## Write a bill of materials (CycloneDX) for each set of pins into build/sbom
	$(PYTHON) -m scripts.sbom build/sbom

requirements:  ## Pin the requirements anew, from pyproject.toml
	$(PYTHON) -m venv build/uv
	build/uv/bin/pip --disable-pip-version-check install --quiet uv
	sed -n '/^requires = /s/.*"\(.*\)".*/\1/p' pyproject.toml | $(COMPILE) - -o requirements/build.txt
	echo uv | $(COMPILE) - -o requirements/uv.txt
	$(COMPILE) --extra dev pyproject.toml -o requirements/dev.txt
	for extra in $(EXTRAS); do \
		$(COMPILE) --extra $$extra -c requirements/dev.txt pyproject.toml -o requirements/$$extra.txt || exit 1; \
	done

clean:  ## Remove .venv, what was built and the demo's data
	rm -rf .venv build data/demo
