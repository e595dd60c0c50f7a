# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks, roles and the AWX kit use all variables of a user, and protect their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common import options
from collection_tree import COLLECTION, INVENTORIES, MODULES, PLAYBOOKS, ROLES, load
from support.awx_kit import KIT

FILES = [*(COLLECTION / "playbooks").rglob("*.yml"), *(COLLECTION / "roles").glob("*/tasks/*.yml"), *KIT.rglob("*.yml")]
SWALLOWED = re.compile(
    r"default\(omit|\b(citrix|survey|awx|recording_coverage|session_recording|simulator)_\w+\s*\|\s*(d|default)\b"
)
"""Forms that treat a variable with an invalid template as not set."""
INTERNAL = re.compile(r"__(citrix|session_recording|recording_coverage|simulator|survey)_\w+")
PUBLIC = re.compile(r"ansible_\w+|(session_recording|recording_coverage|simulator|citrix|survey)_\w+")
"""Variables of Ansible, and those that roles and playbooks read or set."""

NO_VARIABLES = {"citrix_name", "citrix_sites", *MODULES, *INVENTORIES}
"""Names in playbooks that no user sets."""

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3:]))


def nodes(tree: object) -> Iterator[dict]:
    """Yield every mapping of a YAML document."""
    children = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    if isinstance(tree, dict):
        yield tree
    for child in children:
        yield from nodes(child)


@each_file
def test_broken_variable_not_treated_as_unset(path):
    found = [match[0] for match in SWALLOWED.finditer(path.read_text(encoding="utf-8"))]
    assert not found, f"write lookup('ansible.builtin.vars', NAME, default=...) for {found}."


@each_file
def test_internal_variable_names_have_prefix(path):
    found = list(nodes(load(path)))
    registered = {node["register"] for node in found if "register" in node}
    others = {name for node in found if isinstance(node.get("vars"), dict) for name in node["vars"]}
    strange = {name for name in registered | others if not INTERNAL.fullmatch(name)}
    strange -= {name for name in others if PUBLIC.fullmatch(name)}
    assert not strange, "Begin them with __."


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_playbook_declares_variables_it_uses(playbook):
    path = COLLECTION / "playbooks" / f"{playbook}.yml"
    found = [node["vars"] for node in nodes(load(path)) if isinstance(node.get("vars"), dict)]
    known = [name for variables in found for name in variables.get("__citrix_variables", ())]
    used = set(
        re.findall(r"\W(citrix_\w+)", re.sub(r"(?m)^ *(#|- citrix_|fail_msg).*$", "", path.read_text(encoding="utf-8")))
    )
    if playbook in ("demo", "smoke"):
        assert not known, "They run against the simulator, whatever is set."
    else:
        assert known, "Import tasks/check_run.yml."
        assert set(known) == {name for name in used if name.removeprefix("citrix_") not in connection()} - NO_VARIABLES


STARTS_ONLY = {"notify_user", "stop_after"}
OTHER_SELECTORS = {"session_id", "user", "delivery_group", "application", "all_sessions", "exclude_machine"}


@pytest.mark.parametrize(
    ("playbook", "runs", "left_out"),
    [
        ("record", "citrix_session_recording", set()),
        ("stop", "citrix_session_recording", STARTS_ONLY),
        ("record_by_machine", "citrix_session_recording", OTHER_SELECTORS),
        ("stop_due", "citrix_recording_due", set()),
        ("site_check", "citrix_site_check", set()),
        ("machine_sessions", "citrix_machine_sessions_info", set()),
        ("converge", "session_recording", set()),
        ("coverage", "recording_coverage", {"recording_coverage_template"}),
    ],
)
def test_playbook_passes_all_options(documentation, playbook, runs, left_out):
    """The comment of a playbook promises the options of its module or role."""
    found = list(nodes(load(COLLECTION / "playbooks" / f"{playbook}.yml")))
    if runs in ROLES:
        specs = load(COLLECTION / "roles" / runs / "meta" / "argument_specs.yml")["argument_specs"]
        expected = specs["main"]["options"]
        passed = {name for node in found if isinstance(node.get("vars"), dict) for name in node["vars"]}
        passed = {name for name in passed if name.startswith(runs)}
    else:
        expected = documentation[runs]["doc"]["options"]
        passed = {name for node in found for name in node.get(f"sessionops.citrix.{runs}") or {}}
    assert passed - set(options.OPTIONS) == set(expected) - set(options.OPTIONS) - left_out


def connection() -> dict:
    return load(COLLECTION / "playbooks" / "vars" / "common.yml")["__citrix_connection"]


def test_check_accepts_connection_variables():
    common = load(COLLECTION / "playbooks" / "vars" / "common.yml")
    assert common["__citrix_of_connection"] == [f"citrix_{name}" for name in connection()]
    assert set(connection()) <= set(options.OPTIONS)


@pytest.mark.parametrize("role", ROLES)
def test_role_checks_variables_it_reads(role):
    text = (COLLECTION / "roles" / role / "tasks" / "main.yml").read_text(encoding="utf-8")
    query = re.search(r"query\('sessionops.citrix.variable_problems',(.*?)\)", text, re.DOTALL)
    taken = load(COLLECTION / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    assert role == "simulator" or re.findall(r"'(\w+)'", query[1]) == list(taken)


def test_simulator_role_sets_all_shared_options():
    for node in nodes(load(COLLECTION / "roles" / "simulator" / "tasks" / "main.yml")):
        made = node.get("vars") or {}
        if "__simulator_options" in made:
            for name in ("__simulator_cloud", "__simulator_on_premises"):
                assert {*made["__simulator_options"], *made[name]} == set(options.OPTIONS)
            return
    pytest.fail("The role sets no options.")
