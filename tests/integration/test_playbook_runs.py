# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the playbooks with the switches, inventories and environments of users."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.simulator_process import COLLECTION

MACHINE = "LAB\\vda-001"
WINDOWS = {
    "ansible_connection": "ansible.builtin.winrm",
    "ansible_shell_type": "powershell",
    "ansible_shell_executable": "powershell.exe",
    "ansible_python_interpreter": "C:/python.exe",
    "ansible_become": True,
    "ansible_become_method": "ansible.builtin.runas",
    "ansible_remote_tmp": "C:\\Temp",
}
"""Group variables for all hosts, as for machines with Windows."""


@pytest.fixture
def hosts(tmp_path):
    """Return a function that writes an inventory of two machines with group variables."""

    def write(variables: dict | None = None, **more: dict) -> str:
        machines = {f"vda-00{number}": {"citrix_name": f"LAB\\vda-00{number}"} for number in (1, 2)}
        path = tmp_path / "hosts.yml"
        groups = {"all": {"hosts": {**machines, **more}, "vars": variables or {}}}
        path.write_text(json.dumps(groups), encoding="utf-8")
        return str(path)

    return write


def starts(simulator) -> list[int]:
    """Return the numbers of starts of the started sessions."""
    return [session["starts"] for session in simulator.state().values() if session["starts"]]


@pytest.mark.parametrize(
    ("switches", "strategy", "records"),
    [
        ([], "free", True),
        ([], "host_pinned", True),
        (["--skip-tags", "always"], "linear", True),
        (["--tags", "other", "--skip-tags", "citrix_check_tags"], "linear", False),
    ],
)
def test_record_by_machine_runs_once(simulator, ansible, hosts, switches, strategy, records):
    """The name of a machine may be a template."""
    expected = len(simulator.recordable_on("LAB\\vda-001")) + len(simulator.recordable_on("LAB\\vda-002"))
    inventory = hosts({"citrix_name": "LAB\\{{ inventory_hostname }}"}, **{"vda-001": {}, "vda-002": {}})
    # The count includes requests for sessions that are already recorded.
    command = ["-i", inventory, "--forks", "2", "sessionops.citrix.record_by_machine", *switches]
    done = ansible("ansible-playbook", *command, env={**simulator.environment, "ANSIBLE_STRATEGY": strategy})
    assert done.code == 0, done.output
    assert starts(simulator) == [1] * expected * records
    assert simulator.counts()["sign-in"] == records
    assert done.output.count("PLAY [Start recording") == 1


def test_record_by_machine_omits_hosts_that_failed(simulator, ansible, hosts, tmp_path):
    expected = len(simulator.recordable_on("LAB\\vda-002"))
    tasks = [{"ansible.builtin.fail": {}, "when": "inventory_hostname == 'vda-001'"}]
    before = {"hosts": "all", "gather_facts": False, "tasks": tasks}
    site = tmp_path / "site.yml"
    playbook = {"ansible.builtin.import_playbook": "sessionops.citrix.record_by_machine"}
    site.write_text(json.dumps([before, playbook]), encoding="utf-8")
    done = ansible("ansible-playbook", "-i", hosts(), str(site), env=simulator.environment)
    assert done.code == 2, done.output
    assert starts(simulator) == [1] * expected
    assert not any(session["starts"] for session in simulator.sessions_on("LAB\\vda-001"))


@pytest.mark.parametrize("localhost", [{}, {"localhost": {}}], ids=["implicit", "explicit"])
def test_playbooks_ignore_connection_variables_of_groups(simulator, ansible, hosts, tmp_path, localhost):
    inventory = hosts(WINDOWS, **localhost)
    policy = [{"name": "One", "machine": MACHINE, "state": "stopped"}]
    playbooks = [f"sessionops.citrix.{name}" for name in ("coverage", "converge", "smoke")]
    extra = json.dumps({"citrix_rules": policy, "citrix_dest": str(tmp_path)})
    done = ansible("ansible-playbook", "-i", inventory, *playbooks, "-e", extra, env=simulator.environment)
    assert done.code == 0, done.output
    playbook = "sessionops.citrix.record_by_machine"
    limit = ("--limit", "vda-*")
    done = ansible("ansible-playbook", "-i", inventory, playbook, *limit, "--become", env=simulator.environment)
    assert done.code == 0, done.output
    assert all(session["recorded"] for session in simulator.recordable_on(MACHINE))


def test_limit_without_localhost_fails_run(simulator, ansible, hosts):
    command = ["-e", json.dumps({"citrix_machine": [MACHINE]}), "sessionops.citrix.record"]
    done = ansible("ansible-playbook", "-i", hosts(), *command, "--limit", "vda-001", env=simulator.environment)
    assert done.code == 2, done.output
    assert "--limit excludes localhost" in done.output
    assert simulator.calls() == []
    for more, limit in (({}, "vda-001:localhost"), ({"localhost": {}}, "localhost"), ({"localhost": {}}, "!vda-002")):
        simulator.reset()
        done = ansible("ansible-playbook", "-i", hosts(**more), *command, "--limit", limit, env=simulator.environment)
        assert done.code == 0, done.output
        assert len(starts(simulator)) > 0


def test_group_localhost_fails_run(simulator, ansible, tmp_path):
    inventory = tmp_path / "hosts.ini"
    inventory.write_text("[localhost]\nweb1\nweb2\n", encoding="utf-8")
    extra = json.dumps({"citrix_machine": [MACHINE]})
    command = ["-i", str(inventory), "sessionops.citrix.record", "-e", extra]
    done = ansible("ansible-playbook", *command, env=simulator.environment)
    assert done.code == 2, done.output
    assert "The inventory has a group with the name localhost" in done.output
    assert simulator.calls() == []


def test_record_by_machine_without_hosts_fails(simulator, ansible, tmp_path):
    """Ansible continues without an inventory that it cannot read."""
    made = {"plugin": "sessionops.citrix.citrix_machines", **simulator.cloud, "api_url": "http://127.0.0.1:1"}
    inventory = tmp_path / "site.citrix_machines.yml"
    inventory.write_text(json.dumps({**made, "retries": 0}), encoding="utf-8")
    command = ["-i", str(inventory), "sessionops.citrix.record_by_machine"]
    done = ansible("ansible-playbook", *command, env=simulator.environment)
    assert done.code == 2, done.output
    assert "The inventory has no hosts" in done.output
    assert "Connection refused" in done.output


def test_tags_that_select_nothing_fail_run(simulator, ansible, tmp_path):
    extra = json.dumps({"citrix_machine": [MACHINE]})
    done = ansible(
        "ansible-playbook", "sessionops.citrix.record", "-e", extra, "--tags", "recording", env=simulator.environment
    )
    assert done.code == 2, done.output
    assert "select no task of this playbook" in done.output
    assert simulator.calls() == []
    site = tmp_path / "site.yml"
    site.write_text(
        json.dumps([{"ansible.builtin.import_playbook": "sessionops.citrix.record", "tags": ["citrix"]}]),
        encoding="utf-8",
    )
    done = ansible("ansible-playbook", str(site), "-e", extra, "--tags", "citrix", env=simulator.environment)
    assert done.code == 0, done.output
    assert len(starts(simulator)) > 0
    before = simulator.mark()
    other = ("--tags", "other", "--skip-tags", "citrix_check_tags")
    done = ansible("ansible-playbook", str(site), "-e", extra, *other, env=simulator.environment)
    assert done.code == 0, done.output
    assert simulator.calls(before) == []


def test_converge_with_summary_tag_fails(simulator, ansible):
    extra = json.dumps({"citrix_rules": [{"name": "One", "machine": MACHINE, "state": "started"}]})
    command = ("sessionops.citrix.converge", "-e", extra, "--tags", "session_recording_summary")
    done = ansible("ansible-playbook", *command, env=simulator.environment)
    assert done.code == 2, done.output
    assert "select no task of this playbook" in done.output


def test_rejected_policy_shows_no_earlier_outcome(simulator, ansible, tmp_path):
    rules = [{"name": "One", "machine": MACHINE, "state": "started"}]
    playbook = {"ansible.builtin.import_playbook": "sessionops.citrix.converge"}
    plays = [{**playbook, "vars": {"citrix_rules": rules, **more}} for more in ({}, {"citrix_on_gap": "never"})]
    site = tmp_path / "site.yml"
    site.write_text(json.dumps(plays), encoding="utf-8")
    done = ansible("ansible-playbook", str(site), env=simulator.environment)
    assert done.code == 2, done.output
    first, rejected = done.output.split("Validation of arguments failed")[:2]
    assert "7 started" in first
    assert "7 started" not in rejected


def test_role_rejected_after_success_replaces_result(simulator, ansible, tmp_path):
    role = {"ansible.builtin.include_role": {"name": "sessionops.citrix.session_recording"}}
    rules = [{"name": "One", "machine": MACHINE, "state": "started"}]
    shown = [{"ansible.builtin.debug": {"var": "session_recording_result.msg"}}]
    tasks = [
        {**role, "vars": {"session_recording_rules": rules}},
        {
            "block": [{**role, "vars": {"session_recording_rules": rules, "session_recording_waits": 1}}],
            "rescue": shown,
        },
    ]
    site = tmp_path / "site.yml"
    site.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    done = ansible("ansible-playbook", str(site), env={**simulator.environment, "ANSIBLE_SHOW_CUSTOM_STATS": "true"})
    assert re.search(r"session_recording_result.msg.: .session_recording_waits: unknown variable", done.output)
    assert re.search(r"session_recording_writes_sent.?: 0", done.output)


@pytest.mark.parametrize("tags", ["session_recording", "session_recording_converge"])
def test_converge_with_tags_of_role_keeps_policy(simulator, ansible, tags):
    extra = json.dumps({"citrix_rules": [{"name": "One", "machine": MACHINE, "state": "started"}]})
    done = ansible(
        "ansible-playbook", "sessionops.citrix.converge", "-e", extra, "--tags", tags, env=simulator.environment
    )
    assert done.code == 0, done.output
    assert simulator.recordable_on(MACHINE) == []


def test_coverage_with_diff_prints_no_names(simulator, ansible, tmp_path):
    page = tmp_path / "coverage.html"
    page.write_text("old", encoding="utf-8")
    for arguments in (["--check", "--diff"], ["--diff"]):
        extra = ["-e", f"citrix_dest={tmp_path}", *arguments]
        done = ansible("ansible-playbook", "sessionops.citrix.coverage", *extra, env=simulator.environment)
        assert done.code == 0, done.output
        assert "user0" not in done.output
        assert "vda-0" not in done.output
        assert ("user0" in page.read_text(encoding="utf-8")) is ("--check" not in arguments)


def test_coverage_in_check_mode_needs_no_directory(simulator, play, tmp_path):
    folder = tmp_path / "reports"
    tasks = [
        {"ansible.builtin.file": {"path": str(folder), "state": "directory", "mode": "0750"}},
        {
            "ansible.builtin.include_role": {"name": "sessionops.citrix.recording_coverage"},
            "vars": {"recording_coverage_dest": str(folder), "recording_coverage_minimum": 1},
        },
    ]
    preview = play(tasks, "--check", connection=simulator.cloud)
    assert preview.code == 0, preview.output
    assert re.search(r"\[WARNING\]: dest: directory .* does not exist", preview.output)
    assert not folder.exists()
    done = play(tasks, connection=simulator.cloud)
    assert done.code == 0, done.output
    assert {path.name for path in folder.iterdir()} == {"coverage.html", "coverage.csv", "coverage.json"}
    # The checks of an existing directory and of a real run are unchanged.
    missing = tmp_path / "none"
    tasks[1]["vars"]["recording_coverage_dest"] = str(missing)
    assert play(tasks[1:], connection=simulator.cloud).code == 2


def test_plays_against_simulator_ignore_environment(ansible, tmp_path):
    """Variables of a user for the real site, and for other tools that use requests."""
    strange = {
        "CITRIX_CA_PATH": "/no/such/file.pem",
        "CITRIX_BATCH_SIZE": "40",
        "CITRIX_REQUESTS_PER_SECOND": "0.01",
        "CITRIX_TIMEOUT": "9999",
        "CITRIX_RETRIES": "99",
        "CITRIX_MAX_CONCURRENCY": "0",
        "CITRIX_VALIDATE_CERTS": "false",
        "CITRIX_ACCESS_TOKEN": "other",
        "CITRIX_DEPLOYMENT": "gov",
        "CITRIX_USERNAME": "LAB\\admin",
        "CITRIX_PASSWORD": "other",
        "REQUESTS_CA_BUNDLE": "/no/such/file.pem",
        "CURL_CA_BUNDLE": "/no/such/file.pem",
        **dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:1"),
        "PYTHONSAFEPATH": "1",
        "LC_ALL": "",
        "LANG": "C",
        "ANSIBLE_STRATEGY": "free",
        "ANSIBLE_BECOME": "true",
        "ANSIBLE_TRANSPORT": "winrm",
        "ANSIBLE_HASH_BEHAVIOUR": "merge",
    }
    playbooks = ("sessionops.citrix.smoke", "sessionops.citrix.demo")
    done = ansible("ansible-playbook", *playbooks, "-e", f"citrix_dest={tmp_path}", env=strange)
    assert done.code == 0, done.output


def test_playbooks_show_whether_writes_were_sent(simulator, ansible):
    shown = {**simulator.environment, "ANSIBLE_SHOW_CUSTOM_STATS": "true"}

    def run(name: str, **variables) -> tuple[int, int]:
        """Return the exit code and the number of writes of a run."""
        command = (f"sessionops.citrix.{name}", "-e", json.dumps(variables))
        done = ansible("ansible-playbook", *command, env=shown)
        (text,) = re.findall(r'session_recording_writes_sent"?: (\d+)', done.output)
        return done.code, int(text)

    named = {"citrix_machine": [MACHINE]}
    assert run("record", citrix_machine=["LAB\\none"]) == (2, 0)
    assert run("stop", citrix_user=[]) == (2, 0)
    expected = len(simulator.recordable_on(MACHINE))
    simulator.fault({"path": "startRecording", "after": 2, "answer": {"status": 500}})
    assert run("record", **named) == (2, expected)
    simulator.fault()
    assert run("converge", citrix_rules=[{"name": "One", "machine": MACHINE, "state": "stopped"}]) == (0, 3)
    assert run("converge", citrix_rules=[{"name": "One", "machine": "LAB\\none", "state": "stopped"}]) == (2, 0)


ODD_PATH = "a blank and \u00fc"


def test_playbooks_run_in_path_with_blank_and_umlaut(ansible, tmp_path):
    place = tmp_path / ODD_PATH / "ansible_collections" / "sessionops" / "citrix"
    shutil.copytree(COLLECTION, place)
    odd = {"ANSIBLE_COLLECTIONS_PATH": str(place.parents[2]), "LC_ALL": "", "LANG": "C", "PYTHONSAFEPATH": "1"}
    done = ansible("ansible-playbook", "sessionops.citrix.smoke", env=odd)
    assert done.code == 0, done.output


def test_make_demo_in_path_with_blank_passes_whole_arguments(tmp_path):
    clone = tmp_path / ODD_PATH
    bin_folder = clone / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    shutil.copy(Path(__file__).parents[2] / "Makefile", clone)
    (bin_folder / "ansible-playbook").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    (bin_folder / "ansible-playbook").chmod(0o700)
    command = ["make", "-o", ".venv/collection.stamp", "demo"]
    path = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, cwd=clone, env=path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    name, _e, watched, _e, dest = done.stdout.splitlines()[-5:]
    assert (name, watched.partition("=")[0]) == ("sessionops.citrix.demo", "simulator_watch_pid")
    assert (clone / dest.removeprefix("citrix_dest=")).is_dir()
