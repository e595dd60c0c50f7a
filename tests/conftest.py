# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for all tests: the simulator and ansible; and a last line with the counts."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

import hypothesis
import pytest

# For the package support, which is imported later: pytest adds this folder, ansible-test does not.
sys.path.append(str(Path(__file__).parent))

# The same examples in every run; `pytest --hypothesis-profile=default` generates new ones.
hypothesis.settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    # Like the deadline, it fails on a busy machine.
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile("few", hypothesis.settings.get_profile("repeatable"), max_examples=20)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(autouse=True, scope="session")
def own_temporary_folder(tmp_path_factory):
    """Keep temporary files of the tests out of the folder that other runs use."""
    with patch.object(tempfile, "tempdir", str(tmp_path_factory.mktemp("tmp"))):
        yield


@pytest.fixture(scope="session")
def ansible_processes(tmp_path_factory):
    from support.ansible_process import AnsibleProcesses

    processes = AnsibleProcesses(tmp_path_factory.mktemp("home_of_ansible"))
    yield processes
    processes.close()


@pytest.fixture(scope="session")
def simulator_process():
    from support.simulator_process import Simulator

    simulator = Simulator()
    yield simulator
    simulator.close()


@pytest.fixture
def simulator(simulator_process):
    """Return a simulator with 5 machines of 10 sessions, after a reset."""
    simulator_process.reset()
    return simulator_process


def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        counts = {outcome: len(reporter.stats.get(outcome, [])) for outcome in ("passed", "failed", "error")}
        print(f"{counts['passed']} passed, {counts['failed'] + counts['error']} failed")
