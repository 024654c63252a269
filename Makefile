# Everything one does with Foyer. On a fresh Debian 12: `make demo`.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
# Where that is set, each of a hundred processes would compile everything again.
unexport PYTHONDONTWRITEBYTECODE
# Tests wait now and then: one worker more than processors. Each has servers of its own.
WORKERS := $(shell cores=$$(nproc 2>/dev/null || echo 2); [ $$cores -lt 4 ] && echo $$((cores + 1)) || echo 5)
.PHONY: help setup setup-dev setup-bench demo up down status test check docs bench soak tour lock clean check-code check-core

help: ## What can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(VENV)/.runtime $(VENV)/.pages ## The virtual environment, the design system, and RabbitMQ unless FOYER_AMQP_URL names a broker
	@sh deploy/prepare.sh broker

setup-dev: $(VENV)/.dev $(VENV)/.pages-dev
	@sh deploy/prepare.sh servers

setup-bench: $(VENV)/.bench setup-dev

demo: setup ## A town hall and one busy day, on this machine; leaves it running
	@$(BIN)/foyer up
	@$(BIN)/foyer demo

up: setup ## Start the ensemble
	@$(BIN)/foyer up

down: ## Stop the ensemble
	@$(BIN)/foyer down

status: ## How the ensemble is
	@$(BIN)/foyer status

check: $(VENV)/.dev ## Lint, types, who may import whom, tests of the pure core: under 30 seconds
	@$(MAKE) --silent --no-print-directory --jobs=2 --output-sync=target check-code check-core

check-code:
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy

check-core:
	@$(BIN)/pytest --quiet --numprocesses=2 -m "not server and not store and not slow and not hypothesis"

test: setup-dev ## Everything, on SQLite and PostgreSQL, with private servers
	@$(BIN)/pytest --quiet --numprocesses=$(WORKERS) --dist=loadgroup --no-loadscope-reorder

docs: $(VENV)/.dev ## docs/events.md and docs/asyncapi.json, made of the contracts
	@$(BIN)/python -m deploy.documents

bench: setup-bench ## Measure, beside what bare libraries do
	@$(BIN)/python -m bench

tour: setup-dev ## Go through every page of the running demo in a browser, and write docs/tour.md with pictures
	@$(BIN)/python -m tests.browser.tour

soak: setup-dev ## Load the ensemble for minutes (FOYER_SOAK_MINUTES) while things break; try thousands of new examples
	@FOYER_TEST_ROUNDS=$${FOYER_TEST_ROUNDS:-10} $(BIN)/pytest --quiet --hypothesis-profile=soak \
		-m "hypothesis and not server and not slow"
	@$(BIN)/pytest --quiet tests/soak/long_logs.py tests/soak/soak.py

lock: ## Pin the newest versions, with hashes (needs uv)
	@for name in requirements requirements-dev requirements-bench requirements-npm requirements-pip; do \
		uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--no-emit-find-links --annotation-style line --custom-compile-command "make lock" \
			$$name.in --output-file $$name.txt || exit 1; \
	done

clean: ## Remove what was built and stored; stops the ensemble first
	@if [ -x $(BIN)/foyer ]; then $(BIN)/foyer down; fi
	rm -rf $(VENV) node_modules .cache .hypothesis var *.egg-info build

$(VENV)/.runtime: requirements.txt pyproject.toml
	@sh deploy/prepare.sh venv requirements.txt
	@touch $@

# What processes run with first, so that it is compiled while the rest is installed.
$(VENV)/.dev: requirements.txt requirements-dev.txt pyproject.toml
	@sh deploy/prepare.sh venv $(if $(shell find $(VENV)/.runtime -newer requirements.txt -newer pyproject.toml 2>/dev/null),,requirements.txt) \
		requirements-dev.txt
	@touch $(VENV)/.runtime $@

$(VENV)/.bench: $(VENV)/.dev requirements-bench.txt
	@sh deploy/prepare.sh venv requirements-bench.txt
	@touch $@

$(VENV)/.pages: $(VENV)/.runtime package-lock.json
	@[ $(VENV)/.pages-dev -nt package-lock.json ] || sh deploy/prepare.sh pages
	@touch $@

$(VENV)/.pages-dev: $(VENV)/.dev package-lock.json
	@sh deploy/prepare.sh pages dev
	@touch $@ $(VENV)/.pages
