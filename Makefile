# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make demo   list sessions, start and stop recordings and write a report, against the simulator
# make test   run all tests and print a summary table
# make STEP   run one step; the sentences after ## describe them, and `nox --list` shows them
#
# Everything is installed and written in .venv.

PYTHON ?= python3
# For two cores: the steps wait for a quarter of their time.
JOBS ?= 3

# Longest steps first.
TEST = integration eda targets-2.22 sanity-2.21 structure targets-3.9 faults-short contract molecule unit sanity-2.19 \
	sanity-2.20 sanity-2.22 unit-2.22 simulator browser awx tools artifact metrics coverage $(LINT)
LINT := ansible-lint docs importer mypy licenses changelog ruff yamllint workflows style
QUICK := unit-few shape ruff
DISTRIBUTED := importer artifact
CORES := 2.19 2.20 2.21 2.22
MATRIX = $(CORES:%=$(VENV)/core-%.stamp)

VENV := .venv
BIN := $(VENV)/bin
COLLECTIONS := $(VENV)/collections
DIST := $(VENV)/dist
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/$(COLLECTIONS)
SOURCES := galaxy.yml $(wildcard *.md) LICENSE \
	$(shell find changelogs docs extensions meta playbooks plugins roles -type f ! -name '*.py[co]')

PROSE := $(wildcard *.md) Makefile docs extensions playbooks plugins requirements roles tests

STEP := @$(PYTHON) tests/support/step.py
PIP := pip install -qq --disable-pip-version-check --no-compile
FLOOR := 97
PYTEST := env PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)/$(COLLECTIONS)" $(BIN)/pytest
MEASURED = env COVERAGE_FILE=$(CURDIR)/$(VENV)/coverage/$@ $(PYTEST) --cov --cov-report=
TESTED := $(VENV)/test.stamp $(VENV)/collection.stamp
LINTED := $(VENV)/lint.stamp $(VENV)/collection.stamp

.PHONY: demo test quick lint dist bench limiters faults mutants kills slices ways clean release-notes screenshots $(TEST) \
	$(QUICK)

# The simulator watches the process of the playbook, so it also ends if the playbook is interrupted.
demo: $(VENV)/collection.stamp ## List sessions, start and stop recordings and write a report, against the simulator.
	@mkdir -p $(VENV)/demo
	@exec $(BIN)/ansible-playbook sessionops.citrix.demo -e simulator_watch_pid=$$$$ -e citrix_dest=$(VENV)/demo

test: STEPS = $(TEST)
test: STANDS_ON = $(TESTED) $(LINTED) $(VENV)/awx.stamp $(VENV)/axe.stamp $(VENV)/py3.9.stamp $(MATRIX)
quick: STEPS = $(QUICK)
quick: STANDS_ON = $(TESTED)
lint: STEPS = $(LINT)
lint: STANDS_ON = $(LINTED)
dist: STEPS = $(DISTRIBUTED)
dist: STANDS_ON = $(LINTED) $(VENV)/dist.stamp
# Build shared prerequisites first; otherwise make starts with the steps that have the fewest. Most of this time is spent
# on downloads, so run it with all jobs.
test: ## Run all tests and print a summary table.
quick: ## Run the checks required before a commit.
lint: ## Run the linters only.
dist: ## Build the release of the last commit, with SBOM and SHA256SUMS, and test it: .venv/dist.
test quick lint dist:
	@rm -rf $(VENV)/steps
	@$(MAKE) --no-print-directory --keep-going --jobs $(STANDS_ON) || true
	@$(MAKE) --no-print-directory --keep-going --jobs=$(JOBS) $(STEPS) || true
	$(STEP) table $(STEPS)

bench: $(VENV)/bench.stamp $(VENV)/collection.stamp ## Measure a run; BENCH=--write updates docs/performance.md.
	@PYTHONPATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/tests" $(VENV)/bench/bin/python -m bench $(BENCH)

limiters: $(TESTED) ## Play the rate control against models of limiters; LIMITERS=--write updates docs/limiters.md.
	@PYTHONPATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/tests" $(BIN)/python -m limiters $(LIMITERS)

CAMPAIGN = env PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/tests" $(BIN)/python -m faults
faults: $(TESTED) ## Run the modules thousands of times with faults; FAULTS=--write updates docs/reliability.md.
	@$(CAMPAIGN) $(FAULTS)

MUTATION = env PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/tests" $(BIN)/python -m mutants
mutants: $(TESTED) ## Make small changes that tests should detect; MUTANTS=--write updates docs/reliability.md.
	@$(MUTATION) --folder $(VENV)/mutants $(MUTANTS)

kills: $(TESTED) ## Kill 200 runs and compare the audit trail with the log of the simulator.
	@AUDIT_KILLS=200 $(PYTEST) -n 2 tests/integration/test_audit_trail.py -k killed_runs

slices: $(TESTED) ## Record a large fleet in 1, 2 and 4 job slices; SLICES=--write updates docs/scaling.md.
	@PYTHONPATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/tests" $(BIN)/python -m slices $(SLICES)

ways: $(TESTED) ## Run the playbooks in a random sample of all ways; WAYS="--runs 1000 --seed 1" selects another.
	@PYTHONPATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/tests" $(BIN)/python -m ways $(WAYS)

clean: ## Delete all generated files.
	rm -rf $(VENV) .ansible .nox .hypothesis .mypy_cache .pytest_cache .ruff_cache

unit: $(TESTED) ## Test each file of the collection alone.
	$(STEP) run $@ $(MEASURED) -n 2 tests/unit/plugins tests/unit/extensions
tools: $(TESTED) ## Test the tools of bench, faults, limiters and mutants.
	$(STEP) run $@ $(PYTEST) tests/bench tests/faults tests/limiters tests/mutants
unit-few: $(TESTED) ## Test each file of the plugins with a few property examples.
	$(STEP) run $@ $(PYTEST) -n 2 --hypothesis-profile=few tests/unit/plugins
simulator: $(TESTED) ## Test over HTTP that the simulator behaves as documented.
	$(STEP) run $@ $(PYTEST) tests/unit/roles
structure: $(TESTED) ## Check layers, sizes and documentation; run examples, READMEs and guides.
	$(STEP) run $@ $(PYTEST) tests/structure
shape: $(TESTED) ## Check layers, documentation of options and style.
	$(STEP) run $@ $(PYTEST) tests/structure/test_layers.py tests/structure/test_simulator_layers.py \
		tests/structure/test_documentation.py tests/structure/test_style.py
contract: $(TESTED) ## Compare requests, simulator and published samples with the OpenAPI file.
	$(STEP) run $@ $(PYTEST) tests/contract tests/published
integration: $(TESTED) ## Run the real modules against the simulator and check its log and state.
	$(STEP) run $@ $(MEASURED) -n 3 --dist loadgroup tests/integration
# Modules in processes of their own, as in plays, are not measured.
coverage: unit integration ## Report the lines and branches that the steps unit and integration run.
	$(STEP) run $@ env COVERAGE_FILE=$(CURDIR)/$(VENV)/coverage/all sh -c '\
		$(BIN)/coverage combine --keep --quiet $(VENV)/coverage/unit $(VENV)/coverage/integration && \
		$(BIN)/coverage report --fail-under=$(FLOOR) && \
		echo "$$($(BIN)/coverage report --format=total) % of lines and branches"'

# The runs mostly wait.
faults-short: $(TESTED) ## Run the modules with each injected fault a few times.
	$(STEP) run $@ $(CAMPAIGN) --runs 232 --jobs 3
awx: $(TESTED) $(VENV)/awx.stamp ## Run the AWX setup with the modules of awx.awx against a fake AWX API.
	$(STEP) run $@ env ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/$(COLLECTIONS):$(CURDIR)/$(VENV)/awx" $(PYTEST) -n 2 tests/awx

molecule: $(LINTED) ## Apply each role twice and check its effect on the simulator.
	@mkdir -p $(VENV)/molecule
	$(LINT_STEP) HOME="$(CURDIR)/$(VENV)/molecule" molecule test --all
browser: $(TESTED) $(VENV)/axe.stamp ## Test the report pages in Chromium, with axe-core from npm.
	$(STEP) run --needs Chromium --needs npm $@ $(PYTEST) tests/browser
metrics: $(TESTED) ## Check metrics, alerts and dashboard with promtool of Prometheus.
	$(STEP) run --needs promtool $@ $(PYTEST) tests/metrics
screenshots: $(TESTED) ## Update the pictures in docs/images.
	SCREENSHOTS="$(CURDIR)/docs/images" $(PYTEST) tests/browser -o python_functions=take_screenshots

eda: $(TESTED) ## Run the rulebooks in a real ansible-rulebook, which requires Java.
	$(STEP) run --needs Java $@ $(PYTEST) -n 2 tests/eda

# The matrix: each ansible-core that is alive, on a Python that can run it; with 2.19 also modules on
# Python 3.9, with the lowest versions of their requirements. The summary table lists missing Python versions.
sanity-2.19 targets-3.9: CORE := 2.19
sanity-2.20: CORE := 2.20
sanity-2.21: CORE := 2.21
sanity-2.22 targets-2.22 unit-2.22: CORE := 2.22
PY = $(PYTHON_OF_$(CORE))
PYTHON_OF_2.19 := 3.11
PYTHON_OF_2.20 := 3.12
PYTHON_OF_2.21 := 3.13
PYTHON_OF_2.22 := 3.13
sanity-2.19: $(VENV)/core-2.19.stamp ## Run the sanity tests that depend on ansible-core 2.19.
sanity-2.20: $(VENV)/core-2.20.stamp ## Run the sanity tests that depend on ansible-core 2.20.
sanity-2.21: $(VENV)/core-2.21.stamp ## Run all sanity tests of ansible-core 2.21, with pylint of all files except tests.
sanity-2.22: $(VENV)/core-2.22.stamp ## Run the sanity tests that depend on ansible-core 2.22.
unit-2.22: $(VENV)/core-2.22.stamp ## Run the unit tests of the plugins on ansible-core 2.22.
targets-2.22: $(VENV)/core-2.22.stamp ## Run the integration targets on ansible-core 2.22.
targets-3.9: $(VENV)/core-2.19.stamp $(VENV)/py3.9.stamp ## Run the targets of modules on Python 3.9 with ansible-core 2.19.

ANSIBLE_TEST = tests/support/ansible_test.sh $@ $(VENV)/core-$(CORE)
# The other tests read the files only, so one version runs them. It also runs pylint: the older ones report false positives
# in tests, and the release candidate requires a package from a source host.
OF_CORE := ansible-doc compile import runtime-metadata validate-modules
sanity-2.19 sanity-2.20 sanity-2.22: ONLY := $(OF_CORE:%=--test %)
sanity-2.19 sanity-2.20 sanity-2.22:
	$(STEP) run --needs $(PY) $@ $(ANSIBLE_TEST) sanity --python $(PY) $(ONLY)
# Without pylint of the tests, which takes as long as all others: ruff checks them, and CI runs it on devel.
sanity-2.21:
	$(STEP) run --needs $(PY) $@ sh -c '\
		$(ANSIBLE_TEST) sanity --python $(PY) --skip-test pylint && \
		$(ANSIBLE_TEST) sanity --python $(PY) --test pylint --exclude tests/'
targets-2.22:
	$(STEP) run --needs $(PY) $@ $(ANSIBLE_TEST) integration --python $(PY)
targets-3.9:
	$(STEP) run --needs $(PY) --needs 3.9 $@ $(ANSIBLE_TEST) integration \
		--controller origin:python=$(PY) --target controller:python=3.9@$(CURDIR)/$(VENV)/py3.9/bin/python 'citrix_.*'
# Fewer property examples, because the unit step already runs all of them.
unit-2.22: $(VENV)/collection.stamp
	$(STEP) run --needs $(PY) $@ env PYTHONPATH="$(CURDIR)/$(COLLECTIONS)" $(VENV)/core-$(CORE)/bin/pytest \
		--hypothesis-profile=few tests/unit/plugins

artifact: $(VENV)/dist.stamp ## Run the demo from the tarball, with only the requirements in its metadata.
	$(STEP) run $@ tests/support/artifact.sh $(DIST)

LINT_STEP = $(STEP) run $@ env PATH="$(CURDIR)/$(VENV)/lint/bin:$$PATH"
ruff: $(LINTED) ## Check the code and its format.
	$(LINT_STEP) sh -c 'ruff check . && ruff format --check .'
mypy: $(LINTED) ## Check the types of the plugins.
	$(LINT_STEP) MYPYPATH=$(COLLECTIONS) mypy -p ansible_collections.sessionops.citrix.plugins
ansible-lint: $(LINTED) ## Check playbooks, roles and metadata with the profile production.
	$(LINT_STEP) ansible-lint
# No network required: docs/site/conf.py lists the targets of external references.
docs: $(LINTED) ## Check and build the documentation site: .venv/docs/html/index.html.
	$(LINT_STEP) sh -c 'antsibull-docs lint-collection-docs --plugin-docs --check-extra-docs-refs \
		--validate-collection-refs self . && \
		docs/site/build.sh $(VENV)/docs'
yamllint: $(LINTED) ## Check the format of YAML files.
	$(LINT_STEP) sh -c 'git ls-files -z "*.yml" "*.yaml" | xargs -0 yamllint --strict'
workflows: $(LINTED) ## Check the workflows of the repository.
	$(LINT_STEP) zizmor --offline --quiet --persona pedantic .github
changelog: $(LINTED) ## Check the changelog.
	$(LINT_STEP) antsibull-changelog lint
release-notes: $(LINTED) ## Move changelog fragments, new modules and new roles to CHANGELOG.md.
	env PATH="$(CURDIR)/$(VENV)/lint/bin:$$PATH" antsibull-changelog release --update-existing --reload-plugins
licenses: $(LINTED) ## Check that each file names its copyright and license.
	$(LINT_STEP) reuse lint
# The word list and its settings: tests/style/words.txt and pyproject.toml.
style: $(LINTED) ## Check the prose against the word list.
	$(LINT_STEP) codespell $(PROSE)
# galaxy-importer exits with 0 even if it reports findings. Its ansible-lint checks less than the step ansible-lint, and
# fails on a busy machine, because it has a time limit.
importer: $(LINTED) $(VENV)/dist.stamp ## Check the tarball with galaxy-importer.
	$(LINT_STEP) GALAXY_IMPORTER_RUN_ANSIBLE_LINT=false sh -c 'cd $(DIST) && python -m galaxy_importer.main *.tar.gz 2>&1 | tee importer.log; \
		! grep -E "^(ERROR|WARNING)" importer.log'

$(VENV)/run.stamp: requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is required: make PYTHON=...")'
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

$(VENV)/axe.stamp:
	@# With files of its own: npm makes a shared standard input non-blocking, which Ansible refuses.
	@command -v npm > /dev/null || exit 0; mkdir -p $(VENV); npm install --no-audit --no-fund --ignore-scripts \
		--prefix $(VENV)/axe axe-core@4.14.1 < /dev/null > $(VENV)/axe.log 2>&1 || { cat $(VENV)/axe.log; exit 1; }
	@touch $@

# Only awx.awx is unpacked from the package ansible, because the rest is many times larger and not used.
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

# Python 3.9 runs only modules, without ansible-core, with the lowest versions that the metadata allow.
$(VENV)/py3.9.stamp: meta/ee-requirements.txt
	@mkdir -p $(VENV)
	@sed 's/>=/==/' $< > $(VENV)/lowest.txt
	@$(call venv,3.9,py3.9,$(VENV)/lowest.txt)
	@touch $@

$(VENV)/core-%.stamp: requirements/ansible-%.txt
	@mkdir -p $(VENV)
	@$(call venv,$(PYTHON_OF_$*),core-$*,$<)
	@touch $@

venv = py=$$($(PYTHON) tests/support/step.py python $(1)) || exit 0; \
	echo "virtual environment $(2), Python $(1)"; "$$py" -m venv $(VENV)/$(2) && $(VENV)/$(2)/bin/$(PIP) -r $(3)

$(VENV)/nox.stamp: requirements/nox.txt
	$(PYTHON) -m venv $(VENV)/nox
	$(VENV)/nox/bin/$(PIP) -r $<
	@touch $@

# Tests and demo use the built and installed collection, not the files of the clone.
$(VENV)/collection.stamp: $(SOURCES) $(VENV)/run.stamp
	@$(BIN)/ansible-galaxy collection install --force --offline -p $(COLLECTIONS) . > $(VENV)/collection.log \
		|| { cat $(VENV)/collection.log; exit 1; }
	@touch $@

# Always rebuilt, because it depends on the last commit and not on file times.
.PHONY: $(VENV)/dist.stamp
$(VENV)/dist.stamp: $(VENV)/run.stamp
	@rm -rf $(DIST)
	@$(BIN)/python tests/support/release.py $(DIST)
