# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks by their full name, as in the README."""

from __future__ import annotations

import json
import re

MACHINE = "LAB\\vda-001"


def test_record_list_and_stop_by_name(simulator, ansible):
    # Other variables do not turn a start into a stop.
    extra = json.dumps({"citrix_machine": [MACHINE], "citrix_state": "stopped", "state": "stopped"})
    able = {session["id"] for session in simulator.recordable_on(MACHINE)}
    playbooks = [f"sessionops.citrix.{name}" for name in ("record", "machine_sessions", "stop")]
    run = ansible("ansible-playbook", *playbooks, "-e", extra, env=simulator.environment)
    assert run.code == 0, run.output
    started = [call["path"].split("/")[-2] for call in simulator.calls() if call["path"].endswith("$startRecording")]
    assert set(started) == able
    assert len(re.findall(r"Z  recorded", run.output)) == 8
    assert not any(session["recorded"] for session in simulator.sessions_on(MACHINE))


def test_option_set_twice_in_text_rejected(simulator, ansible, play):
    module, twice = "sessionops.citrix.citrix_session_recording", "exclude_user: the arguments set it several times"
    given = r"state=started machine=LAB\\vda-001 exclude_user=LAB\\user001 exclude_user=LAB\\user002"
    tasks = [{module: given}, {"action": f"{module} {given}"}, {"local_action": f"{module} {given}"}]
    run = play([{**task, "ignore_errors": True} for task in tasks], env=simulator.environment)
    assert [twice in result["msg"] for result in run.results] == [True] * 3, run.output
    options = (
        f'{{"state": "started", "machine": {json.dumps(MACHINE)}, "exclude_user": "LAB/a", "exclude_user": "LAB/b"}}'
    )
    for arguments in (given, options):
        run = ansible("ansible", "localhost", "-m", module, "-a", arguments, env=simulator.environment)
        assert run.code != 0
        assert twice in run.output
    assert simulator.calls() == []


def test_failed_record_playbook_shows_result_of_each_session(simulator, ansible):
    simulator.fault({"path": "startRecording", "lag": "never"})
    extra = json.dumps({"citrix_machine": [MACHINE], "citrix_wait_timeout": 1})
    run = ansible("ansible-playbook", "sessionops.citrix.record", "-e", extra, env=simulator.environment)
    assert run.code != 0
    assert len(re.findall(r"LAB.+user\d+ +LAB.+vda-001 +Active +unconfirmed", run.output)) == 6
    assert "Traceback" not in run.output


def test_sessions_with_few_fields_listed(simulator, ansible):
    bare = {"Items": [{"Id": "x1", "User": None, "State": None, "Connection": None}]}
    simulator.fault({"path": "Machines/.*/Sessions", "answer": {"status": 200, "body": bare}})
    extra = json.dumps({"citrix_machine": [MACHINE]})
    run = ansible("ansible-playbook", "sessionops.citrix.machine_sessions", "-e", extra, env=simulator.environment)
    assert run.code == 0, run.output
    assert re.search(r"- +- +- +- +since - +unknown", run.output)


def test_listed_sessions_show_machine_and_any_name(simulator, ansible):
    names = {"Name": "LAB\\anna", "PrincipalName": "bert@lab.example", "SamName": "LAB\\carl"}
    users = {f"vda0{number}": {field: name} for number, (field, name) in enumerate(names.items())}
    machines = [
        {"name": f"LAB\\{name}", "delivery_group": "Office", "sessions": [{"user": user}]}
        for name, user in users.items()
    ]
    simulator.fleet(delivery_groups=["Office"], machines=machines)
    extra = json.dumps({"citrix_machine": [machine["name"] for machine in machines]})
    run = ansible("ansible-playbook", "sessionops.citrix.machine_sessions", "-e", extra, env=simulator.environment)
    assert run.code == 0, run.output
    for machine, user in users.items():
        (shown,) = (name.replace("\\", r"\\+") for name in user.values())
        assert re.search(rf'"{shown} +LAB\\+{machine} +Active +Hdx', run.output), run.output


def test_record_without_selector_rejected(simulator, ansible):
    run = ansible("ansible-playbook", "sessionops.citrix.record", env=simulator.environment)
    assert run.code != 0
    assert "session_id, machine" in run.output
    assert simulator.calls() == []
