# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ad hoc commands, playbooks by their full name, and the simulator role: what the README tells people to run."""

from __future__ import annotations

import json
import os
import re
import time

import pytest

MACHINE = "LAB\\vda-001"
RECORDING = "sessionops.citrix.citrix_session_recording"


@pytest.fixture
def environment(simulator):
    """The CITRIX_* variables of the simulator."""
    return {f"CITRIX_{name.upper()}": value for name, value in simulator.cloud.items()}


def test_ad_hoc_with_credentials_from_the_environment(simulator, ansible, environment):
    arguments = json.dumps({"state": "started", "machine": [MACHINE]})
    run = ansible("ansible", "localhost", "-m", RECORDING, "-a", arguments, env=environment)
    assert run.code == 0, run.output
    assert simulator.recordable_on(MACHINE) == []
    assert simulator.facts["client_secret"] not in run.output


def test_ad_hoc_on_premises(simulator, ansible):
    environment = {f"CITRIX_{name.upper()}": value for name, value in simulator.on_premises.items()}
    arguments = json.dumps({"state": "started", "machine": [MACHINE]})
    run = ansible("ansible", "localhost", "-m", RECORDING, "-a", arguments, env=environment)
    assert run.code == 0, run.output
    assert simulator.recordable_on(MACHINE) == []


def test_a_backslash_in_key_value_arguments_is_refused_with_the_remedy(simulator, ansible, environment):
    arguments = "state=started machine=" + MACHINE
    run = ansible("ansible", "localhost", "-m", RECORDING, "-a", arguments, env=environment)
    assert run.code != 0
    assert "control character" in run.output
    assert "pass JSON" in run.output
    assert simulator.calls() == []


def test_record_list_and_stop_by_name(simulator, ansible, environment):
    extra = json.dumps({"citrix_machine": [MACHINE]})
    record = ansible("ansible-playbook", "sessionops.citrix.record", "-e", extra, env=environment)
    assert record.code == 0, record.output
    assert simulator.recordable_on(MACHINE) == []
    listing = ansible("ansible-playbook", "sessionops.citrix.machine_sessions", "-e", extra, env=environment)
    assert listing.code == 0, listing.output
    assert len(re.findall(r"Z  recorded", listing.output)) == 8
    stop = ansible("ansible-playbook", "sessionops.citrix.stop", "-e", extra, env=environment)
    assert stop.code == 0, stop.output
    assert not any(session["recorded"] for session in simulator.sessions_on(MACHINE))


def test_a_failed_record_playbook_still_shows_what_became_of_each_session(simulator, ansible, environment):
    simulator.fault({"path": "startRecording", "lag": "never"})
    extra = json.dumps({"citrix_machine": [MACHINE], "citrix_wait_timeout": 1})
    run = ansible("ansible-playbook", "sessionops.citrix.record", "-e", extra, env=environment)
    assert run.code != 0
    assert len(re.findall(r"LAB.+user\d+ +LAB.+vda-001 +Active +unconfirmed", run.output)) == 6
    assert "Traceback" not in run.output


def test_an_extra_variable_does_not_turn_record_into_stop(simulator, ansible, environment):
    extra = json.dumps({"citrix_machine": [MACHINE], "citrix_state": "stopped", "state": "stopped"})
    run = ansible("ansible-playbook", "sessionops.citrix.record", "-e", extra, env=environment)
    assert run.code == 0, run.output
    assert simulator.recordable_on(MACHINE) == []
    assert simulator.counts()["$stopRecording"] == 0


def test_sessions_with_hardly_a_field_are_listed(simulator, ansible, environment):
    bare = {"Items": [{"Id": "x1", "User": None, "State": None, "Connection": None}]}
    simulator.fault({"path": "Machines/.*/Sessions", "answer": {"status": 200, "body": bare}})
    extra = json.dumps({"citrix_machine": [MACHINE]})
    run = ansible("ansible-playbook", "sessionops.citrix.machine_sessions", "-e", extra, env=environment)
    assert run.code == 0, run.output
    assert re.search(r"- +- +- +since - +not known", run.output)


def test_record_without_a_selector_is_refused(simulator, ansible, environment):
    run = ansible("ansible-playbook", "sessionops.citrix.record", env=environment)
    assert run.code != 0
    assert "session_id, machine" in run.output
    assert simulator.calls() == []


def test_the_demo_ends_well_whatever_the_environment_says(ansible, tmp_path):
    own = {"CITRIX_ACCESS_TOKEN": "the-token-of-a-real-site", "CITRIX_SITE_ID": "x", "CITRIX_VALIDATE_CERTS": "false"}
    run = ansible("ansible-playbook", "sessionops.citrix.demo", "-e", f"citrix_dest={tmp_path}", env=own)
    assert run.code == 0, run.output
    assert "10 sessions: 7 started, 1 unchanged, 2 not recordable." in run.output
    assert f"The report is {tmp_path}/coverage.html." in run.output
    assert (tmp_path / "coverage.html").exists()
    assert "What to try next" in run.output


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_the_simulator_role_starts_one_and_ends_it(play, arguments):
    role = "ansible.builtin.include_role"
    simulator = "sessionops.citrix.simulator"
    tasks = [
        {role: {"name": simulator}, "vars": {"simulator_sessions": 4, "simulator_watch_pid": os.getpid()}},
        {"ansible.builtin.debug": {"msg": {"pid": "{{ simulator_pid }}", "url": "{{ simulator_url }}"}}},
        {
            "sessionops.citrix.citrix_machine_sessions_info": {"machine": [MACHINE], "fields": ["Id"]},
            "module_defaults": {"group/sessionops.citrix.citrix": "{{ simulator_on_premises }}"},
        },
        {role: {"name": simulator}},
        {"ansible.builtin.debug": {"msg": "{{ simulator_pid }}"}},
        {role: {"name": simulator, "tasks_from": "stop"}},
    ]
    # An include registers nothing.
    for task in tasks:
        if role in task:
            task["register"] = "unused"
    run = play(tasks, *arguments)
    assert run.code == 0, run.output
    told, listed, second = (result for result in run.results if "msg" in result or "sessions" in result)
    assert len(listed["sessions"]) == 1
    assert second["msg"] == told["msg"]["pid"]
    assert ends_soon(told["msg"]["pid"])


def ends_soon(pid: int) -> bool:
    for _attempt in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
