# The workshop: `make` alone says what there is. Nothing here needs root.
#
# Every command is printed as it runs. Pass words on with ARGS: make test ARGS="-k items -x".

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

BIN := .venv/bin
SYNCED := .venv/.synced
REDOCLY := .tools/node_modules/.bin/redocly
DEPLOY := .tools/deploy
DEPLOYER := $(DEPLOY)/.synced
ARGS ?=

# The stamp names the folder that .venv was made for: an environment does not survive being moved.
ifneq ($(wildcard $(SYNCED)),)
ifneq ($(shell cat $(SYNCED)),$(CURDIR))
MOVED := yes
endif
endif
ifeq ($(wildcard $(BIN)/python),)
MOVED := yes
endif
# A Python named by hand is looked at again: it may be another one.
ifneq ($(MOVED)$(PYTHON),)
.PHONY: $(SYNCED)
endif

##@ Begin

.PHONY: setup
setup: $(SYNCED) ## Make .venv as uv.lock says (the other targets do it when needed)
	@echo "setup: .venv is ready ($$($(BIN)/python --version))"

.PHONY: tools
tools: $(REDOCLY) ## Fetch, with npm, what a few tests drive beside Python: Redocly's linter

.PHONY: deploy-tools
deploy-tools: $(DEPLOYER) ## Fetch what reads and checks deploy/: kubectl, checkov and others, in .tools/deploy

.PHONY: run
run: $(SYNCED) ## Serve items on http://127.0.0.1:3000, kept in data/estuary.db
	$(BIN)/estuary serve $(ARGS)

##@ Check

.PHONY: test
test: $(SYNCED) ## Run every test (ARGS="-k name" for some)
	$(BIN)/python -m pytest $(ARGS)

.PHONY: lint
lint: $(SYNCED) ## Style, format, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

.PHONY: check
check: lint test ## Lint, then test: what has to pass before a change lands

.PHONY: bench
bench: $(SYNCED) ## Measure Estuary beside others; results go to bench/results/
	$(BIN)/python -m bench $(ARGS)

##@ Change

.PHONY: format
format: $(SYNCED) ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

.PHONY: docs
docs: $(SYNCED) ## Write anew what is generated: .env.example, docs/configuration.md
	$(BIN)/python -m estuary.config.documents

.PHONY: hooks
hooks: $(SYNCED) ## Have git run the lint tools before each commit
	$(BIN)/pre-commit install

.PHONY: lock
lock: ## Bring uv.lock in line with pyproject.toml
	workshop/uv lock

.PHONY: clean
clean: ## Remove all that these targets made: .venv, .tools, caches (never data/)
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## Say what each target does
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

$(SYNCED): pyproject.toml uv.lock workshop/uv
	$(if $(MOVED),rm -rf .venv)
	workshop/uv sync --locked --all-groups --no-group deploy --all-extras
	@printf '%s' '$(CURDIR)' > $@

$(DEPLOYER): pyproject.toml uv.lock workshop/uv
	ESTUARY_VENV=$(DEPLOY) workshop/uv sync --locked --quiet --only-group deploy
	@touch $@

$(REDOCLY):
	npm install --prefix .tools --no-save --no-audit --no-fund --loglevel=error @redocly/cli@2.77.0
