# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of event sources match their documentation, which no tool of Ansible reads."""

from __future__ import annotations

import ast
import re

import pytest
import yaml
from ansible_collections.sessionops.citrix.plugins.module_utils._common import options
from ansible_collections.sessionops.citrix.plugins.module_utils._views import events
from collection_tree import COLLECTION, NAME, code, load, rows
from test_documentation import facets

EDA = COLLECTION / "extensions" / "eda"
SOURCES = {path.stem: path for path in sorted((EDA / "plugins" / "event_source").glob("*.py"))}
RULEBOOKS = {path.stem: path for path in sorted((EDA / "rulebooks").glob("*.yml"))}


def document(name: str) -> dict:
    """Return DOCUMENTATION of a source."""
    for node in ast.parse(SOURCES[name].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "DOCUMENTATION":
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{name} has no DOCUMENTATION.")


def test_source_options_match_documentation():
    documented = document("citrix_sessions")["options"]
    spec = {**options.OPTIONS, **events.ARGUMENT_SPEC}
    assert {name: facets(option) for name, option in documented.items()} == {
        name: facets(option) for name, option in spec.items()
    }
    variables = {name: re.findall(r"E\((\w+)\)", str(option["description"])) for name, option in documented.items()}
    assert variables == {
        name: [options.environment_name(name)] if name in options.OPTIONS else [] for name in documented
    }


def test_source_ranges_match_documentation():
    documented = document("citrix_sessions")["options"]
    for name, (low, high) in events.RANGES.items():
        assert f"from {low} to {high}" in str(documented[name]["description"]), name


@pytest.mark.parametrize("name", RULEBOOKS)
def test_rulebook_names_existing_objects(name):
    text = RULEBOOKS[name].read_text(encoding="utf-8")
    assert f"--rulebook {NAME}.{name} " in text
    for source in re.findall(rf"^ +{re.escape(NAME)}\.(\w+):", text, re.MULTILINE):
        assert source in SOURCES
    for playbook in re.findall(rf"name: {re.escape(NAME)}\.(\w+)", text):
        assert (COLLECTION / "playbooks" / f"{playbook}.yml").exists()


@pytest.mark.parametrize("name", RULEBOOKS)
def test_rulebooks_notify_users(name):
    for ruleset in load(RULEBOOKS[name]):
        for rule in ruleset["rules"]:
            given = (rule["action"].get("run_playbook") or {}).get("extra_vars", {})
            assert "citrix_notify_user" not in given
            assert "citrix_all_sessions" not in given


def test_readme_names_sources_and_rulebooks():
    cells = [row[0] for row in rows((COLLECTION / "README.md").read_text(encoding="utf-8"))]
    for kind, there in (("event source", SOURCES), ("rulebook", RULEBOOKS)):
        named = [name for cell in cells if re.match(rf"{kind}s? `", cell) for name in code(cell)]
        assert sorted(named) == sorted(there)
