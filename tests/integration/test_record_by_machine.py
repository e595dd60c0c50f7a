# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that records by machine: with its inventory, and in slices (ansible-runner)."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording
from slices.proof import busiest_second, judge, prove
from slices.sliced_job import Slice, list_inventory, slice_of

PLAYBOOK = "sessionops.citrix.record_by_machine"
RECORDABLE = {"mix": "recordable"}


@pytest.fixture
def record(simulator, ansible, tmp_path):
    """Return a function that runs the playbook, by default on all machines of the simulator."""
    made = {
        "plugin": "sessionops.citrix.citrix_machines",
        **simulator.cloud,
        "keyed_groups": [{"key": "citrix_delivery_group.name", "prefix": "delivery_group"}],
        # As for plays that connect to the machines: none of these may redirect the task.
        "compose": {
            "ansible_connection": "'ansible.builtin.winrm'",
            "ansible_shell_type": "'powershell'",
            "ansible_python_interpreter": "'C:/python'",
            "ansible_become": "true",
        },
    }
    path = tmp_path / "site.citrix_machines.yml"
    path.write_text(json.dumps(made), encoding="utf-8")

    def run(*arguments: str, playbook=PLAYBOOK, hosts=str(path), env: dict | None = None, **variables):
        given = ["-e", json.dumps(variables)] if variables else []
        known = {**simulator.environment, **(env or {})}
        return ansible("ansible-playbook", "-i", hosts, playbook, *given, *arguments, env=known)

    return run


def starts(simulator) -> dict[str, Counter]:
    """Return the numbers of starts of the sessions of each delivery group."""
    shown: dict[str, Counter] = {}
    for session in simulator.state().values():
        shown.setdefault(session["delivery_group"], Counter())[session["starts"]] += 1
    return shown


def test_check_mode_limit_and_all_machines_in_one_task(simulator, record):
    simulator.reset(machines=30, sessions=90, **RECORDABLE)
    preview = record("--limit", "delivery_group_Engineering", "--check")
    assert preview.code == 0, preview.output
    assert "30 sessions: 30 started" in preview.output
    assert starts(simulator) == {"Office Desktops": {0: 30}, "Engineering": {0: 30}, "Contractors": {0: 30}}
    limited = record("--limit", "delivery_group_Engineering")
    assert limited.code == 0, limited.output
    assert starts(simulator) == {"Office Desktops": {0: 30}, "Engineering": {1: 30}, "Contractors": {0: 30}}
    before = simulator.mark()
    run = record(citrix_exclude_user=["LAB\\user001"])
    assert run.code == 0, run.output
    assert "89 sessions: 59 started, 30 unchanged." in run.output
    assert starts(simulator) == {"Office Desktops": {0: 1, 1: 29}, "Engineering": {1: 30}, "Contractors": {1: 30}}
    # One for the inventory, one for the task; one search finds the sessions of all machines.
    paths = [call["path"] for call in simulator.calls(before)]
    assert len([path for path in paths if path.endswith("/clients")]) == 2
    assert len([path for path in paths if path.endswith("$search")]) == 1


def test_sessions_not_in_requested_state_shown(simulator, record):
    simulator.reset()
    run = record()
    assert run.code == 0, run.output
    shown = run.output.partition("Result of each session")[2]
    assert "LAB\\\\user007" in shown
    assert "not_hdx" in shown
    assert "LAB\\\\user001" not in shown


def test_slices_share_rate(record, tmp_path):
    # As in the module, for each way to set the rate of the site.
    shares = {
        10.0: {"citrix_slices": 3},
        5.0: {"citrix_slices": 3, "citrix_requests_per_second": "15.0"},
        0.0: {"citrix_slices": 2, "citrix_requests_per_second": 0},
    }
    jobs = tmp_path / "jobs.yml"
    plays = [{"ansible.builtin.import_playbook": PLAYBOOK, "vars": variables} for variables in shares.values()]
    jobs.write_text(json.dumps(plays), encoding="utf-8")
    run = record("-vvv", "--check", playbook=str(jobs), env={"CITRIX_REQUESTS_PER_SECOND": "30"})
    assert run.code == 0, run.output
    shown = re.findall(r'"requests_per_second": ([\d.]+)', run.output)
    assert [float(rate) for rate in shown] == list(shares)


def test_contradictory_variables_rejected(simulator, record):
    for variables, shown in (
        ({"citrix_slices": 2}, "citrix_slices must be a number from 1 to 999"),
        ({"citrix_slices": "two", "citrix_requests_per_second": 5}, "citrix_slices must be a number from 1 to 999"),
        ({"citrix_requests_per_second": "fast"}, "citrix_slices must be a number from 1 to 999"),
        ({"citrix_user": ["LAB\\user001"]}, "citrix_user: this playbook does not take it."),
    ):
        run = record(hosts="vda-001,", **variables)
        assert run.code == 2
        assert shown in " ".join(run.output.split())
    assert simulator.calls() == []


def test_retry_on_failed_hosts_rejected(simulator, record, tmp_path):
    """Only the host that acted for all of them counts as failed."""
    saving = {"ANSIBLE_RETRY_FILES_ENABLED": "1", "ANSIBLE_RETRY_FILES_SAVE_PATH": str(tmp_path)}
    assert record(citrix_max_sessions=1, env=saving).code == 2
    (saved,) = tmp_path.glob("*.retry")
    (failed,) = saved.read_text(encoding="utf-8").split()
    relaunch = ("-e", "awx_job_launch_type=relaunch")
    for retry in (("--limit", f"@{saved}"), ("--limit", failed, *relaunch)):
        done = record(*retry)
        assert done.code == 2, done.output
        assert "would omit the others. Run the playbook again" in " ".join(done.output.split())
    assert simulator.counts()["$startRecording"] == 0
    done = record("--check", *relaunch)
    assert done.code == 0, done.output


def test_hosts_other_than_citrix_machines_rejected(simulator, record, tmp_path):
    other = tmp_path / "other.ini"
    other.write_text("strange-[01:11].example\n", encoding="utf-8")
    run = record("-i", str(other))
    assert run.code == 2
    assert "citrix_name, which the inventory plugin" in run.output
    assert "strange-09.example, strange-10.example (11 of 16 hosts); exclude them" in " ".join(run.output.split())
    assert simulator.counts()["$search"] == 0
    assert {session["starts"] for session in simulator.state().values()} == {0}


def test_slices_share_fleet_without_overlap(simulator, tmp_path):
    fleet = {"machines": 61, "sessions": 180, **RECORDABLE}
    simulator.reset(**fleet)
    document = list_inventory(simulator, tmp_path, fields=["SessionCount"])
    simulator.reset(**fleet, quota="token_bucket", quota_rate=40.0)
    variables = {"citrix_slices": 3, "citrix_requests_per_second": 20, "citrix_batch_size": 50}
    proof = prove(simulator, tmp_path, document, 3, 2, variables)
    assert proof.faults(61, 180) == []
    assert proof.refused == 0
    assert sorted(proof.hosts) == [20, 20, 21]


def test_overlap_or_gap_of_slices_reported(simulator, client):
    machines = [f"LAB\\vda-00{number}" for number in range(1, 9)]
    document = {"_meta": {"hostvars": {name: {} for name in machines}}, "ungrouped": {"hosts": machines}}
    parts = [slice_of(document, number, 3) for number in range(3)]
    assert sorted(host for part in parts for host in part["_meta"]["hostvars"]) == machines
    assert [len(part["ungrouped"]["hosts"]) for part in parts] == [3, 3, 2]
    simulator.reset(machines=8, sessions=24, **RECORDABLE)
    for state, chosen in (("started", machines[1:]), ("stopped", machines[1:2]), ("started", machines[1:2])):
        client(citrix_session_recording, simulator.cloud, state=state, machine=chosen)
    done = [Slice(hosts=7, code=0, seconds=1.0, peak_mb=1.0, output="")]
    shown = " ".join(judge(done, 1.0, simulator.calls(), list(simulator.state().values())).faults(8, 24))
    assert "7 machines were in slices, not 8" in shown
    assert re.search(r"sessions by number of starts: {(?=.*0: 3)(?=.*1: 18)(?=.*2: 3)", shown)
    assert "3 sign-ins" in shown
    assert busiest_second([0.0, 0.5, 0.99, 1.0, 1.2, 3.0]) == 4


def test_machine_names_of_lists_and_unknown_hosts(play):
    def found(*terms):
        query = ", ".join(["'sessionops.citrix.machine_names'", *terms])
        return {"ansible.builtin.debug": {"msg": f"{{{{ query({query}) }}}}"}}

    name = {"ansible.builtin.set_fact": {"citrix_name": "LAB\\vda-001"}}
    done = play([name, found("['localhost']", "'localhost'"), found("'localhost'", "'LAB'", "'vda-001'")])
    assert done.results[1]["msg"] == ["LAB\\vda-001"]
    assert "the inventory has no hosts LAB, vda-001 (2 of 3 names); pass names of hosts" in done.output
