# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory files, commands and settings of the guide and of the plugin's examples."""

from __future__ import annotations

import re
import shlex

import pytest
import yaml
from ansible_collections.sessionops.citrix.plugins.inventory import citrix_machines
from support import guide_pages
from support.guide_pages import DOCSITE, Block
from support.simulator_process import COLLECTION

PAGE = DOCSITE / "rst" / "guide_inventory.rst"


def blocks(language: str) -> list[Block]:
    return [block for block in guide_pages.blocks(PAGE) if block.language == language]


FILES = {block.file: block.text for block in blocks("yaml") if block.file}
COMMANDS = [
    command
    for block in blocks("text")
    for command in block.text.replace("\\\n", " ").splitlines()
    if command.startswith("ansible")
]
EXAMPLES = list(yaml.safe_load_all(citrix_machines.EXAMPLES))


@pytest.fixture
def here(simulator, tmp_path):
    """Return a function that inserts the simulator and its credentials into a text."""
    secret = tmp_path / "secret"
    secret.write_text(simulator.facts["password"], encoding="utf-8")
    places = {
        "https://ddc01.example.com": simulator.url,
        "LAB\\auditor": simulator.facts["username"],
        "/run/secrets/citrix_password": str(secret),
    }

    def replace(text: str) -> str:
        for shown, real in places.items():
            text = text.replace(shown, real)
        return text

    return replace


def test_guide_contains_tested_examples():
    assert len(FILES) == 6 + 1
    assert len(COMMANDS) == 4
    assert len(blocks("ini")) == 1
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("name", FILES)
def test_guide_files_work(simulator, inventory, here, tmp_path, name):
    simulator.reset(machines=12, sessions=120)
    path = tmp_path / name
    path.write_text(here(FILES[name]), encoding="utf-8")
    hosts = inventory(str(path), {} if "on_premises" in FILES[name] else simulator.environment).hosts
    # The patterns of one of them match some machines.
    assert len(hosts) == {"some.citrix_machines.yml": 6}.get(name, 12)
    if name == "short.citrix_machines.yml":
        assert "vda-001" in hosts


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_plugin_examples_work(simulator, inventory, here, tmp_path, number):
    path = tmp_path / "example.citrix_machines.yml"
    path.write_text(here(yaml.safe_dump(EXAMPLES[number])), encoding="utf-8")
    made = inventory(str(path), {} if "deployment" in EXAMPLES[number] else simulator.environment)
    assert len(made.hosts) == (5, 4, 5)[number]


def test_guide_commands_and_setting_work(simulator, ansible, tmp_path):
    (tmp_path / "ansible.cfg").write_text(blocks("ini")[0].text, encoding="utf-8")
    (tmp_path / "groups.citrix_machines.yml").write_text(FILES["groups.citrix_machines.yml"], encoding="utf-8")
    for command in COMMANDS:
        name, *arguments = shlex.split(command)
        done = ansible(name, *arguments, env=simulator.environment)
        assert done.code == 0, done.output
        assert "WARNING" not in done.output or "not recordable" in done.output
    engineers = {session["starts"] for session in simulator.state().values()}
    assert engineers == {0, 1}
    # With this setting, unreadable data is an error.
    assert ansible("ansible-inventory", "-i", "groups.citrix_machines.yml", "--list").code


def test_sliced_job_has_variables_of_playbook():
    (variables,) = (yaml.safe_load(block.text) for block in blocks("yaml") if not block.file)
    playbook = (COLLECTION / "playbooks" / "record_by_machine.yml").read_text(encoding="utf-8")
    on_slices = PAGE.read_text(encoding="utf-8").partition("guide_inventory_slices:")[2]
    for name in (*variables, *re.findall(r"``(citrix_\w+)``", on_slices)):
        assert name in playbook, name
