# Parley. `make` alone lists the targets. The only prerequisite is Python 3.11 or newer (and a way to the package
# registries for the first run); everything is installed into this folder.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Targets share folders and two cores.
.NOTPARALLEL:

PYTHON ?= python3
# Processes for pytest. Tests of one file stay together, so that they can share a chain.
WORKERS ?= 2
# Further arguments for the tool that a target runs: make demo ARGS="--rounds 2"
ARGS ?=

ROOT := $(CURDIR)
export PATH := $(ROOT)/.venv/bin:$(ROOT)/node_modules/.bin:$(ROOT)/.tools/bin:$(PATH)
export OMP_NUM_THREADS ?= 1
unexport VIRTUAL_ENV PYTHONHOME

SAY = printf '\033[1m==> %s\033[0m\n'

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

.PHONY: install
install: ## Install everything into .venv, node_modules and lib; instant when up to date
	@$(PYTHON) scripts/bootstrap

.PHONY: demo
demo: install ## Train a model among untrusting parties on a chain of its own, and watch
	@$(SAY) "a federation on real data, judged, settled on chain and paid"
	@parley demo $(ARGS)

.PHONY: test
test: install ## Run all tests: contracts, then Python
	@status=0; \
	$(SAY) "contract tests"; \
	forge test || status=1; \
	$(SAY) "Kubo, built from its Go module the first time: two minutes"; \
	python scripts/get_kubo.py || status=1; \
	$(SAY) "Chromium, from the system's packages where it is missing"; \
	python scripts/get_chromium.py || status=1; \
	$(SAY) "Python tests, $(WORKERS) processes"; \
	python -m pytest -n $(WORKERS) --dist loadfile $(ARGS) || status=1; \
	exit $$status

.PHONY: check
check: install ## Check format, lint, types, documentation, traceability and lock files
	@$(MAKE) --keep-going check-python check-types check-contracts check-page check-project

.PHONY: check-python check-types check-contracts check-page check-project
check-python:
	@$(SAY) "format and lint of Python"
	@ruff format --check .
	@ruff check .

check-types:
	@$(SAY) "types"
	@mypy
	@mypy scripts/bootstrap scripts/flower-env

check-contracts:
	@$(SAY) "format, warnings and documentation of Solidity"
	@forge fmt --check
	@forge build --quiet
	@python scripts/natspec.py

check-page:
	@$(SAY) "format of the page, and what it ships of others"
	@prettier --log-level warn --check .
	@python scripts/vendor.py

check-project:
	@$(SAY) "layers, requirements and lock files"
	@python scripts/layers.py
	@python scripts/check_locks.py
	@python scripts/trace.py

.PHONY: format
format: install ## Format Python, Solidity and the page
	@ruff format .
	@prettier --log-level warn --write .
	@forge fmt
	@ruff check --fix .

.PHONY: gas
gas: install ## Measure the gas of every transaction and compare it with the targets
	@$(SAY) "gas of whole transactions"
	@python scripts/gas.py $(ARGS)

.PHONY: bench
bench: install ## Measure trees and rules beside NumPy and Flower, seconds per round, roles, an audit, the page
	@$(SAY) "benchmarks"
	@python scripts/bench.py $(ARGS)

.PHONY: incentives
incentives: install ## Measure what attackers earn against honest trainers and what the model loses; goes on if interrupted
	@$(SAY) "incentives: whole federations in memory, minutes"
	@python scripts/incentives.py $(ARGS)

.PHONY: deep
deep: install ## Fuzz for long, let workers run for an hour, and break a federation for 50 rounds: hours
	@$(SAY) "contract tests, 10,000 runs"
	@FOUNDRY_PROFILE=deep forge test
	@$(SAY) "properties, 5,000 examples"
	@HYPOTHESIS_PROFILE=deep python -m pytest -n $(WORKERS) --dist loadfile -m unit --timeout 3600 $(ARGS)
	@$(MAKE) soak ARGS=
	@$(MAKE) chaos ARGS=

.PHONY: soak
soak: install ## Let workers idle and work for an hour and see that they do not grow
	@$(SAY) "slow rounds for an hour"
	@python scripts/soak.py $(ARGS)

.PHONY: chaos
chaos: install ## Break a running federation in every way for 50 rounds: more than an hour; ARGS=--short: minutes
	@$(SAY) "a federation of processes, and a monkey"
	@python scripts/chaos.py $(ARGS)

.PHONY: mutants
mutants: install ## Put known bugs back into the contracts and require that tests fail: twenty minutes
	@$(SAY) "re-injected bugs"
	@python scripts/mutants.py $(ARGS)

.PHONY: slither
slither: install ## Analyse the contracts statically; every finding is answered in docs/threat-model.md
	@$(SAY) "Slither"
	@python scripts/slither.py $(ARGS)

.PHONY: trace
trace: install ## List every requirement (P-12) and threat (F-3) without code or without test
	@python scripts/trace.py --list $(ARGS)

.PHONY: sbom
sbom: ## Write the bill of materials of the lock files to out/sbom.cdx.json (CycloneDX)
	@mkdir -p out
	@python3 scripts/sbom.py --out out/sbom.cdx.json

.PHONY: lock
lock: install ## Resolve pyproject.toml and package.json anew into the lock files
	@$(SAY) "resolving"
	@scripts/lock

.PHONY: clean
clean: ## Remove what builds and tests leave behind; installed packages stay
	@rm -rf out cache .parley .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find workers scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +
