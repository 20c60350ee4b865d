# Everything runs from here; see README.md. LOCAL_DIR and PORT let two stacks run side by side.
PYTHON ?= python3
LOCAL_DIR ?= .local
PORT ?= 8000
export LOCAL_DIR PORT
# Seven processes of a stack, and more of the tests, would each compile all of us anew.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/installed
DEV_STAMP := $(VENV)/installed-dev
STACK := $(PY) -m config.stack
# The checks need settings, and no server.
CHECK_ENV := SECRET_KEY=only-for-checks-only-for-checks-only-for-checks-12 DATABASE_URL=postgres://none@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0 ENGINE_DATABASE_URL=postgres://none@127.0.0.1:1/none ENGINE_REDIS_URL=redis://127.0.0.1:1/1
PYTEST := $(PY) -m pytest -n 2 --dist loadgroup
# The engine is another Django project, so its suite is another run.
ENGINE_PYTEST := $(PY) -m pytest -c ocr_engine/pytest.ini --rootdir . ocr_engine/tests

.PHONY: install run demo test test-soak test-browser check schema bench backup restore evaluate-reading lock clean

install: $(DEV_STAMP)  ## .venv with everything, for development

run: $(STAMP)  ## start everything and serve on PORT
	@exec $(STACK) run

demo: $(STAMP)  ## the main job, start to finish, on a sample offer
	@$(STACK) demo

test: $(DEV_STAMP)  ## all tests that fit ten minutes on two cores (ARGS=--durations=60)
	$(PYTEST) -m "not soak" $(ARGS)
	$(ENGINE_PYTEST)

test-soak: $(DEV_STAMP)  ## the full counts of fault, race and random tests
	SOAK=1 $(PYTEST)
	SOAK=1 $(ENGINE_PYTEST)

test-browser: $(DEV_STAMP)  ## drives chromium
	$(PYTEST) -m browser

check: $(DEV_STAMP)  ## everything that needs no running server
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(CHECK_ENV) $(PY) -m mypy .
	$(CHECK_ENV) $(PY) -m mypy --config-file ocr_engine/mypy.ini ocr_engine
	$(CHECK_ENV) $(PY) -W ignore -m ocr_engine.manage makemigrations --check --dry-run
	$(VENV)/bin/lint-imports
	$(CHECK_ENV) $(PY) -W ignore manage.py makemigrations --check --dry-run
	$(CHECK_ENV) $(PY) manage.py check --fail-level WARNING
	$(CHECK_ENV) $(PY) manage.py spectacular --validate --fail-on-warn --file $(VENV)/openapi.yaml
	diff -u docs/openapi.yaml $(VENV)/openapi.yaml

schema: $(DEV_STAMP)  ## write docs/openapi.yaml anew
	$(CHECK_ENV) $(PY) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

bench: $(DEV_STAMP)  ## figures, each as a ratio to a limit measured in the same run
	@$(PY) -m bench $(ONLY)

backup: $(STAMP)  ## FILE=backup.tar: database and documents
	@$(STACK) backup $(or $(FILE),backup.tar)

restore: $(STAMP)  ## FILE=backup.tar: put them back (the stack must be stopped)
	@$(STACK) restore $(or $(FILE),backup.tar)

evaluate-reading: $(STAMP)  ## FILE=offer.pdf TRUTH=truth.csv: how well a price list is read
	@$(PY) -m ocr_engine.evaluate "$(FILE)" "$(TRUTH)"

lock: $(DEV_STAMP)  ## pin requirements*.txt anew from pyproject.toml
	$(VENV)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet -o requirements.txt pyproject.toml
	$(VENV)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --extra dev -c requirements.txt -o requirements-dev.txt pyproject.toml
	$(VENV)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet -c requirements.txt -o ocr_engine/requirements.lock ocr_engine/requirements.txt

$(STAMP): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer, please: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

$(DEV_STAMP): requirements-dev.txt $(STAMP)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(PY) -c 'import pathlib, site; pathlib.Path(site.getsitepackages()[0], "pharmacio.pth").write_text("$(CURDIR)")'  # plain pytest
	touch $@

clean:  ## remove what make made (LOCAL_DIR stays: it holds data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
