# Copyright: (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make demo   the main job against the simulator: list, start, start again, rehearse a stop, stop
# make test   all tests
# make clean  removes what the others made
#
# Both make their own virtual environment in .venv; nothing is installed elsewhere.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COLLECTIONS := $(VENV)/collections
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/$(COLLECTIONS)
SOURCES := galaxy.yml README.md LICENSE \
	$(shell find changelogs meta playbooks plugins roles -type f ! -name '*.py[co]')

.PHONY: demo test clean

# The simulator ends with the playbook, also when that is interrupted: its process is the one to watch.
demo: $(VENV)/collection.stamp
	@exec $(BIN)/ansible-playbook sessionops.citrix.demo -e simulator_watch_pid=$$$$

test: $(VENV)/test.stamp $(VENV)/collection.stamp
	@PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)/$(COLLECTIONS)" $(BIN)/pytest -n auto

clean:
	rm -rf $(VENV) .hypothesis .pytest_cache

$(VENV)/run.stamp: requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Tests and demo run the collection as a user has it: built and installed, not the files of the clone.
$(VENV)/collection.stamp: $(SOURCES) $(VENV)/run.stamp
	$(BIN)/ansible-galaxy collection install --force --offline -p $(COLLECTIONS) . > $(VENV)/collection.log \
		|| { cat $(VENV)/collection.log; exit 1; }
	@touch $@
