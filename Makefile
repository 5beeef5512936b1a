# The workshop: `make` alone says what there is. Nothing here needs root.
#
# Every command is printed as it runs. Pass words on with ARGS: make test ARGS="-k items -x".

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

BIN := .venv/bin
SYNCED := .venv/.synced
SERVES := .venv/.serves
READERS := .tools/node_modules/.bin/pyright
CLIENTS := .tools/clients/bin/openapi-python-client
CONVEX := tests/support/convex/node_modules/.package-lock.json
ISSUER := tests/support/oidc/node_modules/.package-lock.json
DEPLOY := .tools/deploy
DEPLOYER := $(DEPLOY)/.synced
BUILDING := .tools/build
BUILDER := $(BUILDING)/.synced
BUILDABLE := .tools/.buildable
COMPILED := .tools/compiled/.stamp
UNCOMPILED = $(shell $(BIN)/python workshop/compile.py --missing)
SAY_SO = echo "executable: of the source, not compiled, which is slower: there is no $(UNCOMPILED)" >&2
HAS_NPM = command -v npm >/dev/null || { echo "tools: this machine lacks npm (Debian: apt install nodejs npm)" >&2; exit 1; }
EXECUTABLE := dist/estuary/estuary
SOURCES := $(shell find src convex workshop/executable -type f -not -path '*/__pycache__/*')
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"$$/\1/p' src/estuary/__init__.py)
PREFIX ?= /opt/estuary
BINDIR ?= /usr/local/bin
ENGINE ?= docker
# Tests wait for servers more than they compute. A file's tests stay together, for they share what they start,
# and files keep their order: those that take longest come early.
JOBS ?= 2
SIDE_BY_SIDE := -n $(JOBS) --dist loadfile --no-loadscope-reorder
ARGS ?=

# A stamp names the folder that .venv was made for: an environment does not survive being moved.
STAMPS := $(wildcard $(SYNCED) $(SERVES))
ifneq ($(STAMPS),)
ifneq ($(shell cat $(firstword $(STAMPS))),$(CURDIR))
MOVED := yes
endif
endif
ifeq ($(wildcard $(BIN)/python),)
MOVED := yes
endif
# A Python named by hand is looked at again: it may be another one.
ifneq ($(MOVED)$(PYTHON),)
.PHONY: $(SYNCED) $(SERVES)
endif
# What runs is in what tests, too: an environment that has all stays whole.
RUNS := $(if $(wildcard $(SYNCED)),$(SYNCED),$(SERVES))

##@ Begin

.PHONY: setup
setup: $(SYNCED) ## Make .venv as uv.lock says (the other targets do it when needed)
	@echo "setup: .venv is ready ($$($(BIN)/python --version))"

.PHONY: tools
tools: $(READERS) $(CLIENTS) $(CONVEX) $(ISSUER) ## Fetch what a few tests drive: Redocly's linter, generators of clients, pyright, axe, Convex's test double, an issuer of OpenID Connect

.PHONY: deploy-tools
deploy-tools: $(DEPLOYER) ## Fetch what reads and checks deploy/: kubectl, checkov and others, in .tools/deploy

.PHONY: run
run: $(RUNS) ## Serve items on port 3000 of all addresses (HOST=127.0.0.1: of this machine alone), kept in data/estuary.db
	exec $(BIN)/estuary serve $(ARGS)

##@ Check

.PHONY: test
test: $(SYNCED) ## Run every test but the long ones (ARGS="-k name" for some, JOBS=1 for one after the other)
	exec $(BIN)/python -m tests $(SIDE_BY_SIDE) $(ARGS)

.PHONY: lint
lint: $(SYNCED) ## Style, format, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

.PHONY: check
check: lint ## Lint, then run every test: what has to pass before a change lands
	exec env ESTUARY_TEST_LONG=1 $(BIN)/python -m tests $(SIDE_BY_SIDE) $(ARGS)

.PHONY: audit
audit: $(SYNCED) ## Look for known flaws: in the code, the libraries, the workflows
	$(BIN)/python workshop/audit.py $(ARGS)

.PHONY: bench
bench: $(COMPILED) ## Measure Estuary, compiled, beside others; results go to bench/results/
	$(BIN)/python -m bench $(ARGS)

.PHONY: compile
compile: $(COMPILED) ## Compile what is on a request's way, with a C compiler, into .tools/compiled

# Caches are not compiled; a document that is the same makes the same clients.
COMPILED_TESTS := not convex and not postgres and not sqlite- and not cached and not generated_clients and not redocly

.PHONY: compiled-test
compiled-test: $(COMPILED) ## Run the tests of what is compiled on the compiled modules
	exec env PYTHONPATH=$(CURDIR)/$(dir $(COMPILED)) $(BIN)/python -m tests $(SIDE_BY_SIDE) tests/http tests/unit/http tests/unit/core \
		tests/process/test_start.py tests/process/test_wire.py tests/process/test_stop.py \
		tests/process/test_smuggling.py tests/process/test_slow_clients.py \
		tests/process/test_heads.py tests/process/test_endless_messages.py tests/process/test_cors.py \
		tests/process/test_descriptors.py \
		tests/process/test_sqlite_durability.py -k "$(COMPILED_TESTS)" $(ARGS)

.PHONY: soak
soak: $(SYNCED) ## Run for minutes what tests show in seconds: sieges, outages of 10 s, 50 crashes, 15 rollouts
	exec env ESTUARY_TEST_SOAK=1 $(BIN)/python -m tests -s -o faulthandler_timeout=3600 \
		tests/contract/test_random_migrations.py tests/process/test_slow_clients.py tests/process/test_endless_messages.py \
		tests/process/test_batch_durability.py tests/process/test_rate_limit.py tests/process/test_postgres.py tests/process/test_costly_requests.py \
		tests/browser/test_console_forms.py tests/process/test_durability.py tests/deploy/test_rollouts.py tests/deploy/test_compiled_wheel.py tests/contract/test_queries.py \
		tests/contract/test_page_costs.py tests/contract/test_random_values.py tests/contract/test_model.py tests/http/test_random_requests.py tests/process/test_endless_scans.py \
		tests/process/test_mutated_queries.py tests/process/test_schemathesis.py tests/http/test_access.py tests/http/test_access_references.py tests/process/test_client.py $(ARGS)

##@ Ship

.PHONY: build
build: executable packages ## Make all of dist/: the executable, the wheel, the source archive

.PHONY: executable
executable: $(EXECUTABLE) ## Make dist/estuary/estuary and dist/estuary-onefile, which need no Python

.PHONY: packages
packages: ## Make the wheel and the source archive in dist/ (ESTUARY_COMPILE=1 for a compiled wheel)
	workshop/uv build --out-dir dist
	@ls dist/estuary_service-$(VERSION)*

.PHONY: install
install: $(EXECUTABLE) ## Lay out the executable, .env, data/, systemd's units in PREFIX=/opt/estuary
	PREFIX=$(PREFIX) BINDIR=$(BINDIR) DESTDIR=$(DESTDIR) workshop/install

.PHONY: container
container: ## Build the image estuary:VERSION (ENGINE=podman or buildah instead of docker)
	$(ENGINE) build --tag estuary:$(VERSION) \
		--build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) $(ARGS) .

.PHONY: sbom
sbom: $(SYNCED) ## Write what is in the image and the executable to dist/, as CycloneDX
	$(BIN)/python workshop/sbom.py

.PHONY: container-test
container-test: $(SYNCED) ## Build the image with buildah and try it with podman (as root)
	exec $(BIN)/python -m tests tests/deploy/test_container.py -o faulthandler_timeout=900 $(ARGS)

.PHONY: systemd-test
systemd-test: $(SYNCED) ## Boot a systemd in a container and try the units there (as root)
	exec $(BIN)/python -m tests tests/deploy/test_booted.py -o faulthandler_timeout=900 $(ARGS)

##@ Change

.PHONY: format
format: $(SYNCED) ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

.PHONY: docs
docs: $(SYNCED) ## Regenerate .env.example and docs/configuration.md
	$(BIN)/python -m estuary.config.documentation

.PHONY: artefacts
artefacts: $(SYNCED) $(DEPLOYER) ## Regenerate the dashboards and manifests in deploy/
	$(BIN)/python -m workshop.grafana
	$(BIN)/python -m workshop.kubernetes

.PHONY: pictures
pictures: $(SYNCED) ## Take the pictures of the console in docs/pictures/ again: needs chromium
	exec env ESTUARY_PICTURES=1 $(BIN)/python -m tests tests/browser/test_console_pictures.py $(ARGS)

.PHONY: hooks
hooks: $(SYNCED) ## Have git run the lint tools before each commit
	$(BIN)/pre-commit install

.PHONY: lock
lock: ## Bring uv.lock, and what `make run` takes of it, in line with pyproject.toml
	workshop/uv lock
	workshop/uv export --quiet --locked --no-dev --extra migrate --no-emit-project --no-header \
		--output-file workshop/requirements.txt

.PHONY: clean
clean: ## Remove all that these targets made: .venv, .tools, caches (never data/)
	rm -rf .venv .tools tests/support/convex/node_modules tests/support/oidc/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## Say what each target does
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

$(SYNCED): pyproject.toml uv.lock workshop/uv
	$(if $(MOVED),rm -rf .venv)
	workshop/uv sync --locked --all-groups --no-group build --no-group deploy --all-extras
	@printf '%s' '$(CURDIR)' > $@

$(SERVES): pyproject.toml uv.lock workshop/runtime workshop/requirements.txt
	$(if $(MOVED),rm -rf .venv)
	workshop/runtime
	@printf '%s' '$(CURDIR)' > $@

$(COMPILED): $(SYNCED) $(SOURCES) workshop/compile.py
	$(BIN)/python workshop/compile.py $(dir $@)
	@touch $@

$(DEPLOYER): pyproject.toml uv.lock workshop/uv
	ESTUARY_VENV=$(DEPLOY) workshop/uv sync --locked --quiet --only-group deploy
	@touch $@

# Asked before anything is fetched or compiled.
$(BUILDABLE): workshop/executable/needs.py
	@"$$(workshop/python)" $<
	@mkdir -p $(@D) && touch $@

$(BUILDER): $(BUILDABLE) $(SYNCED) pyproject.toml uv.lock workshop/uv
	ESTUARY_VENV=$(BUILDING) workshop/uv sync --locked --quiet --no-dev --group build --all-extras --no-install-project
	@touch $@

# Compiled, or, where nothing can do that, from the source. The commit's time and a fixed hash seed: the same
# sources give the same bytes.
$(EXECUTABLE): $(BUILDER) $(SOURCES) workshop/compile.py
	$(if $(UNCOMPILED),@$(SAY_SO),+@$(MAKE) --no-print-directory compile)
	PYTHONHASHSEED=1 SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || echo 0) PYTHONPATH=src \
		$(BUILDING)/bin/pyinstaller --noconfirm --log-level ERROR --distpath dist --workpath $(BUILDING)/work \
		workshop/executable/estuary.spec $(if $(UNCOMPILED),,-- $(dir $(COMPILED)))
	@touch $@

$(CONVEX) $(ISSUER): tests/support/%/node_modules/.package-lock.json: tests/support/%/package.json tests/support/%/package-lock.json
	@$(HAS_NPM)
	npm ci --prefix $(dir $<) --no-audit --no-fund --loglevel=error --ignore-scripts
	@touch $@

# What reads the OpenAPI document, and what looks whether pages can be used by everyone; all in one command, for npm
# removes what the last one does not name.
$(READERS):
	@$(HAS_NPM)
	npm install --prefix .tools --no-save --no-audit --no-fund --loglevel=error @redocly/cli@2.77.0 \
		openapi-typescript@7.13.0 typescript@5.9.3 axe-core@4.14.1 openapi-fetch@0.17.0 \
		pyright@1.1.414

$(CLIENTS):
	workshop/uv venv --quiet --clear .tools/clients
	workshop/uv pip install --quiet --python .tools/clients/bin/python openapi-python-client==0.29.1
