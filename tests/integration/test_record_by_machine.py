# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that records by machine: over an inventory of its own, and in slices as ansible-runner jobs."""

from __future__ import annotations

import json

import pytest
from slices.proof import busiest_second, prove
from slices.sliced_job import list_inventory, slice_of

PLAYBOOK = "sessionops.citrix.record_by_machine"
RECORDABLE = {"mix": "recordable"}


@pytest.fixture
def record(simulator, ansible, tmp_path):
    """Return a function that runs the playbook over all machines of the simulator."""
    made = {
        "plugin": "sessionops.citrix.citrix_machines",
        **simulator.cloud,
        "keyed_groups": [{"key": "citrix_delivery_group.name", "prefix": "delivery_group"}],
        # As for plays that reach the machines themselves: nothing of it may lead the task there.
        "compose": {
            "ansible_connection": "'ansible.builtin.winrm'",
            "ansible_shell_type": "'powershell'",
            "ansible_python_interpreter": "'C:/python'",
            "ansible_become": "true",
        },
    }
    path = tmp_path / "site.citrix_machines.yml"
    path.write_text(json.dumps(made), encoding="utf-8")
    environment = {f"CITRIX_{name.upper()}": value for name, value in simulator.cloud.items()}

    def run(*arguments: str, env: dict | None = None, **variables):
        given = ["-e", json.dumps(variables)] if variables else []
        known = {**environment, **(env or {})}
        return ansible("ansible-playbook", "-i", str(path), PLAYBOOK, *given, *arguments, env=known)

    return run


def starts(simulator) -> dict[str, set[int]]:
    """Return how often the sessions of each delivery group were started."""
    told: dict[str, set[int]] = {}
    for session in simulator.state().values():
        told.setdefault(session["delivery_group"], set()).add(session["starts"])
    return told


def test_all_machines_in_one_task(simulator, record):
    simulator.reset(machines=30, sessions=90, **RECORDABLE)
    run = record(citrix_exclude_user=["LAB\\user001"])
    assert run.code == 0, run.output
    assert "89 sessions: 89 started." in run.output
    state = simulator.state().values()
    assert sum(session["starts"] for session in state) == sum(session["recorded"] for session in state) == 89
    counts = simulator.counts()
    # Once for the inventory, once for the one task; the sessions of all machines are found by one search.
    assert (counts["sign-in"], counts["$search"]) == (2, 1)
    again = record(citrix_exclude_user=["LAB\\user001"])
    assert "89 sessions: 89 unchanged." in again.output
    assert sum(session["starts"] for session in simulator.state().values()) == 89


def test_a_limit_and_check_mode(simulator, record):
    simulator.reset(machines=6, sessions=12, **RECORDABLE)
    rehearsed = record("--limit", "delivery_group_Engineering", "--check")
    assert rehearsed.code == 0, rehearsed.output
    assert "4 sessions: 4 started" in rehearsed.output
    assert starts(simulator) == {"Office Desktops": {0}, "Engineering": {0}, "Contractors": {0}}
    run = record("--limit", "delivery_group_Engineering")
    assert run.code == 0, run.output
    assert starts(simulator) == {"Office Desktops": {0}, "Engineering": {1}, "Contractors": {0}}


def test_what_is_not_as_wanted_is_shown(simulator, record):
    simulator.reset()
    run = record()
    assert run.code == 0, run.output
    shown = run.output.partition("What became of the sessions")[2]
    assert "LAB\\\\user007" in shown
    assert "not_hdx" in shown
    assert "LAB\\\\user001" not in shown


def test_the_rate_is_shared_by_the_slices(simulator, record):
    # A third of 30: as the module is told, in whatever way the rate of the site is given.
    for variables, env in (
        ({"citrix_requests_per_second": "30.0"}, {"CITRIX_REQUESTS_PER_SECOND": "99"}),
        ({}, {"CITRIX_REQUESTS_PER_SECOND": "30"}),
    ):
        run = record("-vvv", "--check", citrix_slices=3, env=env, **variables)
        assert run.code == 0, run.output
        assert '"requests_per_second": 10.0' in run.output
    for variables, env, told in (
        ({"citrix_slices": 2, "citrix_requests_per_second": 0}, {"CITRIX_REQUESTS_PER_SECOND": "99"}, "0.0"),
        ({}, {}, "0.0"),
    ):
        run = record("-vvv", "--check", env=env, **variables)
        assert f'"requests_per_second": {told}' in run.output, run.output


def test_what_contradicts_itself_is_refused(simulator, record):
    for variables, told in (
        ({"citrix_slices": 2}, "citrix_slices must be a number from 1 to 999"),
        ({"citrix_slices": "two", "citrix_requests_per_second": 5}, "citrix_slices must be a number from 1 to 999"),
        ({"citrix_requests_per_second": "fast"}, "citrix_slices must be a number from 1 to 999"),
        ({"citrix_user": ["LAB\\user001"]}, "Leave citrix_machine, citrix_user and other selectors out"),
    ):
        simulator.reset()
        run = record(**variables)
        assert run.code == 2
        assert told in " ".join(run.output.split())
        # The inventory alone was read.
        assert simulator.kinds() == ["sign-in", "me", "Machines"]


def test_hosts_that_are_no_citrix_machines_are_refused(simulator, record, tmp_path):
    other = tmp_path / "other.ini"
    other.write_text("strange.example\n", encoding="utf-8")
    run = record("-i", str(other))
    assert run.code == 2
    assert "No citrix_name" in run.output
    assert "at strange.example (1 of 6 hosts)" in " ".join(run.output.split())
    assert simulator.counts()["$search"] == 0
    assert {session["starts"] for session in simulator.state().values()} == {0}


def test_slices_share_a_fleet_without_overlap(simulator, tmp_path):
    fleet = {"machines": 301, "sessions": 900, **RECORDABLE}
    simulator.reset(**fleet)
    document = list_inventory(simulator, tmp_path, fields=["SessionCount"])
    variables = {"citrix_requests_per_second": 20, "citrix_batch_size": 50, "citrix_max_sessions": 900}
    for count in (1, 4):
        simulator.reset(**fleet, quota="token_bucket", quota_rate=40.0)
        proof = prove(simulator, tmp_path, document, count, 2, {**variables, "citrix_slices": count})
        assert proof.faults(301, 900) == []
        assert proof.refused == 0
        assert max(proof.hosts) - min(proof.hosts) <= 1


def test_an_overlap_or_a_gap_would_be_told(simulator, tmp_path):
    fleet = {"machines": 8, "sessions": 24, **RECORDABLE}
    simulator.reset(**fleet)
    document = list_inventory(simulator, tmp_path, fields=["SessionCount"])
    parts = [slice_of(document, number, 3) for number in range(3)]
    hosts = [host for part in parts for host in part["_meta"]["hostvars"]]
    assert sorted(hosts) == sorted(document["_meta"]["hostvars"])
    assert [len(part["ungrouped"]["hosts"]) for part in parts] == [3, 3, 2]
    first = sorted(hosts)[0]
    del document["_meta"]["hostvars"][first]
    document["ungrouped"]["hosts"].remove(first)
    simulator.reset(**fleet)
    told = " ".join(prove(simulator, tmp_path, document, 1, 1, {}).faults(8, 24))
    assert "7 machines were in slices, not 8" in told
    assert "sessions by how often they were started" in told
    assert busiest_second([0.0, 0.5, 0.99, 1.0, 1.2, 3.0]) == 4
