# `make demo` and `make test` do all the set-up themselves and are quick the second time; see README.md.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-test demo test lint checks lock audit erd bench train screenshots clean

PORT ?= 3000
# Frames the simulated device sends: a folder of images. Without one it draws its own.
IMAGES ?= $(or $(CTI_DEMO_IMAGES),$(firstword $(wildcard data/bmode ../*/data/bmode)))
PYTHON_FILES := .
# Where `make train` keeps phantoms, weights and its report, and how long it trains.
TRAINING := .training
SECONDS ?= 3600
RUN := .venv/bin/

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: ## Install what running needs: system packages, .venv, the built pages
	@deploy/setup.sh system
	@deploy/setup.sh python
	@deploy/setup.sh frontend

setup-test:
	@deploy/setup.sh system test
	@deploy/setup.sh python test
	@deploy/setup.sh frontend

demo: setup ## Run the platform with a demo organisation and a simulated device (PORT=, IMAGES=)
	@exec $(RUN)cti demo --port $(PORT) $(if $(IMAGES),--images "$(IMAGES)")

test: setup-test checks ## Run the checks and every test
	@$(RUN)python -m pytest -q -n auto --dist loadfile --cov --cov-report= --cov-report=term:skip-covered

lint: ## Check style, types, who imports whom, and that no secret is kept here
	@deploy/setup.sh python test
	@$(MAKE) --no-print-directory checks

checks:
	@$(RUN)ruff check --quiet $(PYTHON_FILES)
	@$(RUN)ruff format --quiet --check $(PYTHON_FILES)
	@$(RUN)lint-imports >.make/imports.log || { cat .make/imports.log; exit 1; }
	@$(RUN)mypy --no-error-summary
	@git ls-files -z | grep -zv '\.lock$$' | xargs -0 $(RUN)detect-secrets-hook --disable-plugin KeywordDetector \
		--exclude-lines 'image_sha256|user:password@' --exclude-files '^models/[^/]+/metadata\.json$$'

lock: ## Resolve both locks anew from pyproject.toml (asks the registry)
	@deploy/lock.sh

audit: ## Look for known weaknesses in the dependencies (asks the registries)
	@deploy/setup.sh python test
	$(RUN)pip-audit --require-hashes --disable-pip -r requirements.lock

erd: ## Draw docs/ERD.dbml from the models
	@$(RUN)python -c 'from backend.core.erd import render; from backend.models import metadata; print(render(metadata), end="")' \
		>docs/ERD.dbml.new && mv docs/ERD.dbml.new docs/ERD.dbml

bench: setup-test ## Measure the speed table of docs/performance.md
	@$(RUN)python -m tests.load.bench

train: ## Make the shipped model anew: phantoms, training, measurement, export (SECONDS=, IMAGES=)
	@deploy/setup.sh python
	@deploy/setup.sh train
	@mkdir -p $(TRAINING)
	@.venv-train/bin/python -m training.dataset $(TRAINING)/data
	@.venv-train/bin/python -m training.train $(TRAINING)/data $(TRAINING)/run --seconds $(SECONDS)
	@.venv-train/bin/python -m training.export $(TRAINING)/run
	@$(RUN)python -m training.evaluate --out $(TRAINING)/report.json $(if $(IMAGES),--frames "$(IMAGES)")
	@.venv-train/bin/python -m training.export $(TRAINING)/run --report $(TRAINING)/report.json

screenshots: setup-test ## Draw every page: desktop, phone, dark
	@$(RUN)python -m tests.e2e.screenshots

clean: ## Remove what was built and installed here; data in .cti and .training stays
	rm -rf .venv .venv-train .web .make .states .pytest_cache .mypy_cache .ruff_cache .hypothesis htmlcov screenshots test-results *.egg-info
