# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run setup.yml of extensions/awx with the real modules of awx.awx against a fake AWX."""

from __future__ import annotations

import os
import subprocess

import pytest
from fake_awx import TOKEN, FakeAwx
from support.awx_kit import KIT


@pytest.fixture
def awx():
    """Return a fake AWX with one organization."""
    fake = FakeAwx(KIT / "project")
    yield fake
    fake.close()


@pytest.fixture
def setup(ansible_processes, awx, tmp_path):
    """Return a function that runs setup.yml against it."""

    def run(site: dict, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run setup.yml; site: the CITRIX_* variables of the user who sets up AWX."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "CONTROLLER_HOST": awx.url,
            "CONTROLLER_OAUTH_TOKEN": TOKEN,
            **site,
        }
        return ansible_processes.run(
            "ansible-playbook", str(KIT / "setup.yml"), *arguments, env=environment, cwd=tmp_path
        )

    return run
