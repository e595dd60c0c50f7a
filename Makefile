# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make demo   the main job against the simulator: list, start, start again, rehearse a stop, stop, report
# make test   all tests: every step below, and a table of them
# make quick  what a change needs before it is committed
# make lint   the linters alone
# make docs   the documentation, checked and built: .venv/docs/html/index.html
# make dist   the release of the last commit, with SBOM and SHA256SUMS, checked and tried: .venv/dist
# make STEP   one step, such as make unit
# make faults  thousands of module runs against a simulator that goes wrong; FAULTS=--write puts their table into docs
# make bench  what a run costs beside other ways to the same end; BENCH=--write puts the figures into docs
# make limiters  rate control against models of limiters, in virtual time; LIMITERS=--write puts the table into docs
# make mutants  small changes of the code, each of which a test should catch; MUTANTS=--write puts the table into docs
# make slices one large fleet recorded in 1, 2, 4 and 8 slices of a job; SLICES=--write puts the figures into docs
# make ways   a random sample of all ways in which Ansible runs the playbooks; WAYS="--runs 1000 --seed 1" for another
# make release-notes  moves the fragments of the changelog and new modules and roles into CHANGELOG.md
# make screenshots  takes the pictures in docs/images anew
# make clean  removes what the others made
#
# Everything is made in .venv; nothing is installed or written elsewhere.

PYTHON ?= python3
JOBS ?= 2

# The longest first.
TEST = integration sanity-2.21 structure targets-2.21 targets-3.9 faults-short sanity-2.19 unit unit-2.21 simulator \
	contract eda molecule browser awx artifact $(LINT)
LINT := importer ansible-lint docs mypy licences changelog ruff
QUICK := unit shape ruff
DISTRIBUTED := importer artifact

VENV := .venv
BIN := $(VENV)/bin
COLLECTIONS := $(VENV)/collections
DIST := $(VENV)/dist
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/$(COLLECTIONS)
SOURCES := galaxy.yml $(wildcard *.md) LICENSE \
	$(shell find changelogs docs extensions meta playbooks plugins roles -type f ! -name '*.py[co]')

STEP := @$(PYTHON) tests/support/step.py
PIP := pip install -qq --disable-pip-version-check --no-compile
PYTEST := env PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)/$(COLLECTIONS)" $(BIN)/pytest
TESTED := $(VENV)/test.stamp $(VENV)/collection.stamp
LINTED := $(VENV)/lint.stamp $(VENV)/collection.stamp

.PHONY: demo test quick lint dist bench limiters faults mutants slices ways clean release-notes screenshots $(TEST) \
	$(QUICK)

# The simulator ends with the playbook, also when that is interrupted: its process is the one to watch.
demo: $(VENV)/collection.stamp
	@mkdir -p $(VENV)/demo
	@exec $(BIN)/ansible-playbook sessionops.citrix.demo -e simulator_watch_pid=$$$$ -e citrix_dest=$(VENV)/demo

test: STEPS = $(TEST)
test: STANDS_ON = $(TESTED) $(LINTED) $(VENV)/awx.stamp $(VENV)/py3.11.stamp $(VENV)/py3.13.stamp $(VENV)/py3.9.stamp
quick: STEPS = $(QUICK)
quick: STANDS_ON = $(TESTED)
lint: STEPS = $(LINT)
lint: STANDS_ON = $(LINTED)
dist: STEPS = $(DISTRIBUTED)
dist: STANDS_ON = $(LINTED) $(VENV)/dist.stamp
# What the steps stand on is made before all of them, or make would begin with those that need least. It waits for
# downloads more than it works.
test quick lint dist:
	@rm -rf $(VENV)/steps
	@$(MAKE) --no-print-directory --keep-going --jobs $(STANDS_ON) || true
	@$(MAKE) --no-print-directory --keep-going --jobs=$(JOBS) $(STEPS) || true
	$(STEP) table $(STEPS)

bench: $(VENV)/bench.stamp $(VENV)/collection.stamp
	@PYTHONPATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/tests" $(VENV)/bench/bin/python -m bench $(BENCH)

limiters: $(TESTED)
	@PYTHONPATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/tests" $(BIN)/python -m limiters $(LIMITERS)

CAMPAIGN = env PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/tests" $(BIN)/python -m faults
faults: $(TESTED)
	@$(CAMPAIGN) $(FAULTS)

MUTATION = env PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/tests" $(BIN)/python -m mutants
mutants: $(TESTED)
	@$(MUTATION) --folder $(VENV)/mutants $(MUTANTS)

slices: $(TESTED)
	@PYTHONPATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/tests" $(BIN)/python -m slices $(SLICES)

ways: $(TESTED)
	@PYTHONPATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/tests" $(BIN)/python -m ways $(WAYS)

clean:
	rm -rf $(VENV) .ansible .nox .hypothesis .mypy_cache .pytest_cache .ruff_cache

unit: $(TESTED)
	$(STEP) run $@ $(PYTEST) -n 2 tests/unit/plugins tests/unit/extensions tests/bench tests/faults tests/limiters \
		tests/mutants
simulator: $(TESTED)
	$(STEP) run $@ $(PYTEST) tests/unit/roles
structure: $(TESTED)
	$(STEP) run $@ $(PYTEST) tests/structure
shape: $(TESTED)
	$(STEP) run $@ $(PYTEST) tests/structure/test_layers.py tests/structure/test_simulator_layers.py \
		tests/structure/test_documentation.py
contract: $(TESTED)
	$(STEP) run $@ $(PYTEST) -n 2 tests/contract tests/published
# The real modules, one way of each through real ansible-playbook.
integration: $(TESTED)
	$(STEP) run $@ $(PYTEST) -n 3 tests/integration

# Each fault a few times, always the same runs; most of the time they wait.
faults-short: $(TESTED)
	$(STEP) run $@ $(CAMPAIGN) --runs 220 --jobs 3
# The playbook that sets AWX up, with the real modules of awx.awx, against a fake of AWX.
awx: $(TESTED) $(VENV)/awx.stamp
	$(STEP) run $@ env ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/$(VENV)/awx" $(PYTEST) -n 2 tests/awx

# The pages of the reports, in whatever Chromium there is.
# Each role as its users have it: applied, applied again, and its effect asked of the simulator.
molecule: $(LINTED)
	@mkdir -p $(VENV)/molecule
	$(LINT_STEP) HOME="$(CURDIR)/$(VENV)/molecule" molecule test --all
browser: $(TESTED)
	$(STEP) run --needs Chromium $@ $(PYTEST) tests/browser
screenshots: $(TESTED)
	SCREENSHOTS="$(CURDIR)/docs/images" $(PYTEST) tests/browser -k screenshot

# The rulebooks in a real ansible-rulebook, whose rule engine needs Java.
eda: $(TESTED)
	$(STEP) run --needs Java $@ $(PYTEST) -n 2 tests/eda

# The matrix: ansible-core 2.19 on Python 3.11 and 2.21 on 3.13; with 2.19 also modules on Python 3.9, with the lowest
# versions of what they import.
# A Python that this machine does not have is told of in the table.
sanity-2.19 targets-3.9: PY := 3.11
sanity-2.21 targets-2.21 unit-2.21: PY := 3.13
sanity-2.19 targets-3.9: $(VENV)/py3.11.stamp
sanity-2.21 targets-2.21 unit-2.21: $(VENV)/py3.13.stamp
targets-3.9: $(VENV)/py3.9.stamp

ANSIBLE_TEST = tests/support/ansible_test.sh $@ $(VENV)/py$(PY)
# All of the tree with the newest; what an older one says of tests, mostly by pylint, is of no use to anybody.
sanity-2.19: EXCEPT := --exclude tests/
sanity-2.19 sanity-2.21:
	$(STEP) run --needs $(PY) $@ $(ANSIBLE_TEST) sanity --python $(PY) $(EXCEPT)
targets-2.21:
	$(STEP) run --needs $(PY) $@ $(ANSIBLE_TEST) integration --python $(PY)
targets-3.9:
	$(STEP) run --needs $(PY) --needs 3.9 $@ $(ANSIBLE_TEST) integration \
		--controller origin:python=$(PY) --target "controller:python=3.9@$(CURDIR)/$(VENV)/py3.9/bin/python" 'citrix_.*'
# Of the examples of properties only some: they would be the same again.
unit-2.21: $(VENV)/collection.stamp
	$(STEP) run --needs $(PY) $@ sh -c '$(VENV)/py$(PY)/bin/$(PIP) -c requirements/test.txt -r tests/unit/requirements.txt pytest && \
		PYTHONPATH="$(CURDIR)/$(COLLECTIONS)" $(VENV)/py$(PY)/bin/pytest --hypothesis-profile=few tests/unit/plugins'

# From the tarball alone, as on a machine that never saw the clone: the demo with nothing but what the metadata ask for.
artifact: $(VENV)/dist.stamp
	$(STEP) run $@ tests/support/artifact.sh $(DIST)

LINT_STEP = $(STEP) run $@ env PATH="$(CURDIR)/$(VENV)/lint/bin:$$PATH"
ruff: $(LINTED)
	$(LINT_STEP) sh -c 'ruff check . && ruff format --check .'
mypy: $(LINTED)
	$(LINT_STEP) MYPYPATH=$(COLLECTIONS) mypy -p ansible_collections.sessionops.citrix.plugins
ansible-lint: $(LINTED)
	$(LINT_STEP) ansible-lint
# It needs no network: what the pages refer to elsewhere is known to docs/site/conf.py.
docs: $(LINTED)
	$(LINT_STEP) sh -c 'antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self . && \
		docs/site/build.sh $(VENV)/docs'
changelog: $(LINTED)
	$(LINT_STEP) antsibull-changelog lint
release-notes: $(LINTED)
	env PATH="$(CURDIR)/$(VENV)/lint/bin:$$PATH" antsibull-changelog release --update-existing --reload-plugins
licences: $(LINTED)
	$(LINT_STEP) reuse lint
# Its findings do not change its exit code.
importer: $(LINTED) $(VENV)/dist.stamp
	$(LINT_STEP) sh -c 'cd $(DIST) && python -m galaxy_importer.main *.tar.gz 2>&1 | tee importer.log; \
		! grep -E "^(ERROR|WARNING)" importer.log'

$(VENV)/run.stamp: requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/$(PIP) -r $<
	@touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/run.stamp
	$(BIN)/$(PIP) -r $<
	@touch $@

$(VENV)/lint.stamp: requirements/lint.txt
	$(PYTHON) -m venv $(VENV)/lint
	$(VENV)/lint/bin/$(PIP) -r $<
	@touch $@

# Of the package ansible only that one collection is taken: the rest is many times the size, and runs with what is here.
$(VENV)/awx.stamp: requirements/awx.txt $(VENV)/run.stamp
	@rm -rf $(VENV)/awx
	$(BIN)/pip download -qq --disable-pip-version-check --no-deps --only-binary :all: --python-version 3.13 \
		-d $(VENV)/awx -r $<
	@$(PYTHON) tests/support/unpack.py $(VENV)/awx ansible_collections/awx/
	@touch $@

$(VENV)/bench.stamp: requirements/bench.txt requirements/run.txt
	$(PYTHON) -m venv $(VENV)/bench
	$(VENV)/bench/bin/$(PIP) -r $<
	@touch $@

# Python 3.9 is for modules only, without an ansible-core: with the lowest versions that the metadata allow.
$(VENV)/py3.9.stamp: meta/ee-requirements.txt
	@mkdir -p $(VENV)
	@sed 's/>=/==/' $< > $(VENV)/lowest.txt
	@$(call venv,3.9,$(VENV)/lowest.txt)
	@touch $@

$(VENV)/py%.stamp: requirements/matrix.txt
	@mkdir -p $(VENV)
	@$(call venv,$*,$<)
	@touch $@

venv = py=$$($(PYTHON) tests/support/step.py python $(1)) || exit 0; \
	echo "virtual environment of Python $(1)"; "$$py" -m venv $(VENV)/py$(1) && $(VENV)/py$(1)/bin/$(PIP) -r $(2)

# Tests and demo run the collection as a user has it: built and installed, not the files of the clone.
$(VENV)/collection.stamp: $(SOURCES) $(VENV)/run.stamp
	@$(BIN)/ansible-galaxy collection install --force --offline -p $(COLLECTIONS) . > $(VENV)/collection.log \
		|| { cat $(VENV)/collection.log; exit 1; }
	@touch $@

# Each time: it is the last commit that counts, and not the time of a file.
.PHONY: $(VENV)/dist.stamp
$(VENV)/dist.stamp: $(VENV)/run.stamp
	@rm -rf $(DIST)
	@$(BIN)/python tests/support/release.py $(DIST)
