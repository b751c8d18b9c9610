# Two commands on a fresh machine: `make run` and `make test`. `make` alone lists the others.

PYTHON ?= python3
PORT ?= 8080
LMS_PORT ?= 8081
# FRESH=1 starts the demo over; without it, it goes on with what is in var/demo.
FRESH ?=
# Options for the gate, for example GATE=--require-all.
GATE ?=
# UPGRADE=1 lets `make lock` take newer versions.
UPGRADE ?=
VENV := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test test-long lint format screenshots bench conformance lock translations dev

help: ## List what one can ask for
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Set up and run the demo on this machine (PORT=8080 LMS_PORT=8081 FRESH=1 to start over)
	@$(PYTHON) tools/preflight.py $(PORT) $(LMS_PORT)
	@$(PYTHON) -m tools.environment run
	@exec $(VENV)/lti-tool demo --port $(PORT) --lms-port $(LMS_PORT) $(if $(FRESH),--fresh)

test: dev ## Set up and run the gate: every suite, counted (GATE=--require-all lets nothing be left out)
	@$(VENV)/python -m tools.gate $(GATE)

test-long: dev ## Run the suites that take minutes
	@$(VENV)/python -m tools.gate --long $(GATE)

lint: dev ## Style, format and the rules of who may import whom
	@$(VENV)/python -m tools.gate --only lint

format: dev ## Put the code into the project's format
	@$(VENV)/ruff check --fix --quiet . ; $(VENV)/ruff format .

screenshots: dev ## Take the documentation's pictures of the real pages
	@$(VENV)/python -m tools.screenshots

bench: dev ## Measure: counts and ratios of CPU time
	@$(VENV)/python -m benchmarks

conformance: dev ## Run the certification checklist and write docs/conformance.md from its results
	@$(VENV)/python -m tools.conformance

translations: dev ## Collect the texts, bring the French file up to date, compile it
	@$(VENV)/python -m tools.translations

lock: ## Write requirements/*.txt anew (UPGRADE=1 for newer versions); needs uv
	@$(PYTHON) tools/lock.py $(if $(UPGRADE),--upgrade)

dev:
	@$(PYTHON) tools/preflight.py
	@$(PYTHON) -m tools.environment dev
