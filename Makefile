# Kizuna. `make` alone prints this help. Each target installs what it needs into a virtual environment of its own.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
PEOPLE ?= 300
EVENTS ?= 100000
SEED ?= 1
EXAMPLES ?= 2000
SENDS ?= 1000000
KILLS ?= 200
VENV := .venv
INFRA := .venv-infra
E2E := .venv-e2e
MUTATION := .venv-mutation
UV := $(shell command -v uv 2>/dev/null)
export UV_PYTHON_DOWNLOADS := never
export PYTHONPATH :=
# What was compiled is kept, whatever the shell says: two thirds of the time to collect the tests is compiling them.
export PYTHONDONTWRITEBYTECODE :=
# A registry that does not answer is asked three times for a minute each, not for five.
export npm_config_fetch_timeout := 60000
# The CDK command asks nobody but the registry it comes from.
export CDK_DISABLE_CLI_TELEMETRY := true

# $(call install,FOLDER,LOCK): an environment with exactly what a lock names, by uv where there is one, else by pip.
define install
	@if [ -n "$(UV)" ]; then \
		uv venv -q --clear --python "$(PYTHON)" $(1) && \
		uv pip install -q --python $(1) --require-hashes -r $(2) && \
		uv pip install -q --python $(1) --no-deps -e . ; \
	else \
		$(PYTHON) -m venv --clear $(1) && \
		$(1)/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r $(2) && \
		$(1)/bin/python -m pip install -q --disable-pip-version-check --no-deps -e . ; \
	fi
	@$(1)/bin/python -m compileall -q $(1)/lib shared/kizuna functions >/dev/null 2>&1 || true
	@touch $(1)/.done-$(notdir $(2))
endef

# $(call part,TARGET): a target of its own, with its name before it begins and where it ends badly.
define part
	@echo "── make $(1)"
	@$(MAKE) --no-print-directory $(1) || { echo "✗ make $(1) failed" >&2; exit 1; }
endef

.PHONY: help
help: ## this help
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.done-requirements-dev.lock: requirements-dev.lock
	@echo "installing into $(VENV) …"
	$(call install,$(VENV),requirements-dev.lock)

# The demo needs less than the tests; what is there already will do.
$(VENV)/.ready: requirements-local.lock
	@if [ ! -e $(VENV)/.done-requirements-dev.lock ]; then echo "installing into $(VENV) …"; fi
	@if [ ! -e $(VENV)/.done-requirements-dev.lock ]; then $(MAKE) -s $(VENV)/.done-requirements-local.lock; fi
	@touch $@

$(VENV)/.done-requirements-local.lock: requirements-local.lock
	$(call install,$(VENV),requirements-local.lock)

$(INFRA)/.done-requirements-infra.lock: requirements-infra.lock
	@echo "installing into $(INFRA) …"
	$(call install,$(INFRA),requirements-infra.lock)

$(MUTATION)/.done-requirements-mutation.lock: requirements-mutation.lock
	@echo "installing into $(MUTATION) …"
	$(call install,$(MUTATION),requirements-mutation.lock)

.PHONY: demo
demo: $(VENV)/.ready ## a story with real purchases, played through the real functions (PEOPLE=300, or all)
	@$(VENV)/bin/kizuna demo --people $(PEOPLE)

.PHONY: serve
serve: $(VENV)/.ready ## keep the local cloud up: HTTP API, API docs, outbox in the browser
	@$(VENV)/bin/kizuna serve

.PHONY: test
test: $(VENV)/.done-requirements-dev.lock ## the tests (no node, no network, no AWS account)
	@# three on two cores: there is always one that waits for a server, a browser or a thread
	@$(VENV)/bin/python -m pytest -q -n 3 --dist loadfile -m "not slow and not node" tests --ignore tests/infra --ignore tests/e2e

.PHONY: synth
synth: $(INFRA)/.done-requirements-infra.lock ## synthesise the CDK app for STAGE (dev)
	@PATH="$(CURDIR)/$(INFRA)/bin:$$PATH" npx --yes aws-cdk@2 synth --quiet --no-notices -c stage=$${STAGE:-dev} && echo "synthesised into cdk.out"

.PHONY: lint
lint: $(VENV)/.done-requirements-dev.lock ## style, types (of the tests too), import directions
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check -q . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports --no-cache

.PHONY: infra-test
infra-test: $(INFRA)/.done-requirements-infra.lock ## the template held against the topology, cdk-nag, cfn-lint, types
	@PATH="$(CURDIR)/$(INFRA)/bin:$$PATH" $(INFRA)/bin/python -m pytest -q -m "not node" tests/infra
	@$(INFRA)/bin/mypy --config-file pyproject.toml --exclude '^$$' -p infra -p tests.infra

.PHONY: e2e
e2e: $(INFRA)/.done-requirements-infra.lock ## a real `cdk deploy` against an emulator, a story and a storm through it (ONLY=storm: just that)
	@PATH="$(CURDIR)/$(INFRA)/bin:$$PATH" $(INFRA)/bin/python -m tests.e2e.run $(ONLY)

.PHONY: check
check: test wider ## everything that CI does

.PHONY: wider
wider: $(VENV)/.done-requirements-dev.lock ## what CI does beside the tests: types, slow tests, infrastructure, demo, a deployment into an emulator
	$(call part,lint)
	$(call part,slow-test)
	$(call part,infra-test)
	$(call part,synth)
	$(call part,demo PEOPLE=120)
	$(call part,e2e)
	$(call part,locks)

.PHONY: slow-test
slow-test: $(VENV)/.done-requirements-dev.lock ## the tests that take seconds each, or node
	@$(VENV)/bin/python -m pytest -q -n 2 --dist loadfile -m "slow or node" tests --ignore tests/infra --ignore tests/e2e

.PHONY: deep
deep: $(VENV)/.done-requirements-dev.lock ## what takes long, part by part (PART="kills storm", RESUME=1, SENDS=1000000, KILLS=200, SEED=1)
	@EVENTS=$(EVENTS) SENDS=$(SENDS) KILLS=$(KILLS) SEED=$(SEED) EXAMPLES=$(EXAMPLES) RESUME=$(RESUME) \
		$(VENV)/bin/python -m tests.deep $(PART)

.PHONY: mutants
mutants: $(MUTATION)/.done-requirements-mutation.lock ## the rules of consent altered in every small way: the tests must notice
	@$(MUTATION)/bin/python -m tests.mutation

.PHONY: bench
bench: $(VENV)/.done-requirements-dev.lock ## figures as ratios, peers in the same run
	@$(VENV)/bin/python -m benchmarks

.PHONY: locks
locks: ## the committed locks equal a fresh export (needs uv, else says so)
	@if [ -z "$(UV)" ]; then echo "locks: uv is not installed, not compared"; else scripts/locks --check; fi

.PHONY: clean
clean: ## remove environments and what was built
	rm -rf $(VENV) $(INFRA) $(E2E) $(MUTATION) .local cdk.out .mypy_cache .ruff_cache .pytest_cache .hypothesis
