# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the job templates of extensions/awx as AWX does: credential, survey, project."""

from __future__ import annotations

import json
import os
import re
from functools import partial
from pathlib import Path

import pytest
import yaml
from support.awx_kit import JOB_TEMPLATES, KIT, injected, run_job

RECORD = "Citrix - record users"
SILENT = "Citrix - record users without notification"
STOP = "Citrix - stop recording"
POLICY = "Citrix - keep the policy"
COVERAGE = "Citrix - coverage report"
MACHINE = "LAB\\vda-001"
WRITES = ("startRecording", "stopRecording")


@pytest.fixture
def job(simulator, tmp_path, monkeypatch):
    """Return a function that runs a job template, by default with the credential of the cloud."""
    for name in [name for name in os.environ if name.startswith(("CITRIX_", "ANSIBLE_")) or "CA_BUNDLE" in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))

    def run(template: str, answers: dict | None = None, credential=None, **more):
        filled = credential or ("Citrix Cloud", {**simulator.cloud, "deployment": "cloud"})
        folder = tmp_path / f"job{len(list(tmp_path.glob('job*')))}"
        folder.mkdir()
        done = run_job(folder, template, answers or {}, filled, **more)
        secrets = [value for name, value in filled[1].items() if name in ("client_secret", "password")]
        for path, text in done.files.items():
            assert not [secret for secret in secrets if secret in text], path
        return done

    return run


@pytest.fixture
def variant(job, ansible_processes):
    """Return a function that runs a job template like job(), without ansible-runner."""
    return partial(job, processes=ansible_processes)


def users(simulator, recorded: bool) -> set[str]:
    """Return the users with a recorded session, and those with a recordable one only."""
    state = simulator.state().values()
    able = [session for session in state if session["state"] == "Active" and session["protocol"] == "Hdx"]
    return {session["user"] for session in able if session["recorded"] is recorded}


def two_users(simulator) -> list[str]:
    """Return two users without a recorded session and with a recordable one."""
    named = users(simulator, recorded=False) - users(simulator, recorded=True) - {""}
    return sorted(named)[:2]


def writes(simulator) -> list[dict]:
    return [call for call in simulator.calls() if call["path"].rpartition("$")[2] in WRITES]


def test_survey_users_recorded_and_notified(simulator, job):
    first, second = two_users(simulator)
    before = users(simulator, recorded=True)
    done = job(RECORD, {"survey_users": f"{first}\n  {second} \n\n"})
    assert done.status == "successful", done.output
    assert users(simulator, recorded=True) == {*before, first, second}
    assert {call["query"]["notifyUser"] for call in writes(simulator)} == {"true"}


def test_job_silent_template_notifies_no_user(simulator, job):
    """With the credential of the government cloud."""
    done = job(SILENT, {"survey_users": two_users(simulator)[0]}, ("Citrix Cloud", simulator.gov))
    assert done.status == "successful", done.output
    assert {call["query"]["notifyUser"] for call in writes(simulator)} == {"false"}
    assert any(call["path"].startswith("/citrix/orchestration/api") for call in simulator.calls())


@pytest.mark.parametrize("given", ["LAB\\absent\n{{ lookup('ansible.builtin.pipe', 'touch made') }}", " \n"])
def test_survey_answer_never_evaluated(simulator, variant, tmp_path, given):
    made = tmp_path / "made"
    done = variant(RECORD, {"survey_users": given.replace("touch made", f"touch {made}")})
    assert done.status == "failed", done.output
    assert not made.exists()
    assert writes(simulator) == []


def report_files(folder) -> dict[str, str]:
    """Return the extra variables that replace the paths of the template."""
    return {"citrix_dest": str(folder), "citrix_history": str(folder / "history.sqlite")}


def blank_answers(template: str, blank: str | None) -> dict:
    return {question["variable"]: blank for question in JOB_TEMPLATES[template]["survey"]}


@pytest.mark.parametrize("blank", [None, "", "absent"])
def test_job_blank_answers_count_as_unset(simulator, variant, tmp_path, blank):
    def answers(template: str, **given) -> dict:
        return given if blank == "absent" else {**blank_answers(template, blank), **given}

    done = variant(COVERAGE, answers(COVERAGE), extra_vars=report_files(tmp_path))
    assert done.status == "successful", done.output
    assert len((tmp_path / "coverage.csv").read_text(encoding="utf-8").splitlines()) == 51
    recorded = [session for session in simulator.state().values() if session["recorded"]]
    done = variant(STOP, answers(STOP, survey_machines=MACHINE))
    assert done.status == "successful", done.output
    state = simulator.state()
    left = [session for session in recorded if state[session["id"]]["recorded"]]
    assert left == [session for session in recorded if session["machine"] != MACHINE]
    done = variant(POLICY, answers(POLICY), job_type="check")
    assert done.status == "successful", done.output


@pytest.mark.parametrize(("template", "blank"), [(STOP, None), (STOP, " \n "), (RECORD, ""), (SILENT, "")])
def test_job_with_blank_selectors_fails(simulator, variant, template, blank):
    done = variant(template, blank_answers(template, blank))
    assert done.status == "failed", done.output
    assert "session_id, machine" in done.output
    assert simulator.calls() == []


def test_survey_minutes_become_seconds(ansible, tmp_path):
    """A part of a minute is an end, too; the module rejects a negative one."""
    seconds = {0: None, "0": None, " ": None, 5: 300, " 5 ": 300, "0.5": 30, "0.001": 1, "soon": -60}
    seconds.update(dict.fromkeys(["nan", "inf", "-0.01", "1e999", True], -60))
    (play,) = yaml.safe_load((KIT / "project" / "record.yml").read_text(encoding="utf-8"))
    # Ansible drops an omitted element.
    show = {"ansible.builtin.debug": {"msg": ["SECONDS", "{{ citrix_stop_after }}"]}}
    tasks = [{**show, "vars": {**play["vars"], "survey_minutes": minutes}} for minutes in seconds]
    site = tmp_path / "site.yml"
    site.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    done = ansible("ansible-playbook", str(site))
    assert done.code == 0, done.output
    shown = re.findall(r'"SECONDS"(?:,\s+(-?\d+))?\s+\]', done.output)
    assert shown == ["" if value is None else str(value) for value in seconds.values()]


@pytest.mark.parametrize(
    ("template", "answers"),
    [
        (STOP, {"survey_machines": MACHINE, "survey_users": ["LAB\\user001"]}),
        (COVERAGE, {"survey_delivery_groups": ["Contractors"]}),
    ],
)
def test_job_with_list_for_text_fails(simulator, variant, tmp_path, template, answers):
    done = variant(template, answers, **({"extra_vars": report_files(tmp_path)} if template == COVERAGE else {}))
    assert done.status == "failed", done.output
    assert re.search(r"citrix_(user|delivery_group): could not template", done.output)
    assert simulator.calls() == []


def test_job_with_tags_keeps_policy(simulator, variant):
    done = variant(POLICY, tags="session_recording")
    assert done.status == "successful", done.output
    assert len(writes(simulator)) > 0


def test_policy_of_project_check_mode_then_converge(simulator, job):
    preview = job(POLICY, job_type="check")
    assert preview.status == "successful", preview.output
    assert writes(simulator) == []
    done = job(POLICY)
    assert done.status == "successful", done.output
    contractors = [session for session in simulator.state().values() if session["delivery_group"] == "Contractors"]
    assert any(session["recorded"] for session in contractors)
    assert len(writes(simulator)) > 0


def test_job_coverage_report_written_and_minimum_fails(simulator, job, tmp_path):
    assert set(JOB_TEMPLATES[COVERAGE]["extra_vars"]) == set(report_files(tmp_path))
    done = job(COVERAGE, extra_vars=report_files(tmp_path))
    assert done.status == "successful", done.output
    assert "user001" in (tmp_path / "coverage.csv").read_text(encoding="utf-8")
    assert (tmp_path / "coverage.html").exists()
    some = {"survey_minimum": 100, "survey_delivery_groups": "Contractors"}
    failed = job(COVERAGE, some, extra_vars=report_files(tmp_path))
    assert failed.status == "failed", failed.output
    assert "less than" in failed.output
    assert writes(simulator) == []


def test_job_slices_share_machines_of_source(simulator, job, ansible, tmp_path):
    """Update the inventory as AWX does, then run each slice of the sorted hosts as a job."""
    template = JOB_TEMPLATES["Citrix - record by machine"]
    (tmp_path / "env").mkdir()
    environment = injected("Citrix Cloud", {**simulator.cloud, "deployment": "cloud"}, tmp_path)
    source = KIT / "project" / "inventory" / "site.citrix_machines.yml"
    update = ansible("ansible-inventory", "-i", str(source), "--list", "--export", env=environment)
    assert update.code == 0, update.output
    hosts = json.loads(update.output)["_meta"]["hostvars"]
    assert len(hosts) > 2
    machines = {session["machine"] for session in simulator.state().values()}
    expected = {session["id"] for machine in machines for session in simulator.recordable_on(machine)}
    answers = {"survey_slices": 2, "survey_requests_per_second": 100}
    for number in range(2):
        mine = {name: hosts[name] for name in sorted(hosts)[number::2]}
        done = job(template["name"], answers, hosts=mine)
        assert done.status == "successful", done.output
    started = [call["path"].split("/")[-2] for call in writes(simulator)]
    assert sorted(started) == sorted(expected)
    assert {call["query"]["notifyUser"] for call in writes(simulator)} == {"true"}


def on_premises(controller, **more) -> tuple[str, dict]:
    facts = {name: value for name, value in controller.on_premises.items() if name != "deployment"}
    return "Citrix on premises", {**facts, **more}


def test_stop_with_all_survey_answers(secure, job):
    """With the credential of an on-premises site, which includes the certificates to trust."""
    controller, bundle = secure()
    trusted = Path(bundle).read_text(encoding="utf-8")
    recorded = [session for session in controller.state().values() if session["recorded"]]
    assert {session["machine"] for session in recorded} > {MACHINE}
    credential = on_premises(controller, ca_certificate=trusted, validate_certs="true")
    done = job(STOP, {"survey_machines": MACHINE}, credential)
    assert done.status == "successful", done.output
    state = controller.state()
    left = [session for session in recorded if state[session["id"]]["recorded"]]
    assert left == [session for session in recorded if session["machine"] != MACHINE]


def test_certificate_verified_if_form_field_is_empty(secure, variant):
    controller, _bundle = secure()
    credential = on_premises(controller, validate_certs="", ca_certificate="")
    done = variant(RECORD, {"survey_users": two_users(controller)[0]}, credential)
    assert done.status == "failed", done.output
    assert "is not trusted" in done.output
    assert controller.calls() == []


def test_job_with_minutes_requires_audit_log(simulator, variant, tmp_path):
    answers = {"survey_users": two_users(simulator)[0], "survey_minutes": 60}
    done = variant(RECORD, answers)
    assert done.status == "failed", done.output
    assert "requires audit_log" in done.output and "citrix_audit_log of the playbook" in done.output
    assert simulator.calls() == []
    trail = tmp_path / "audit.jsonl"
    done = variant(RECORD, answers, extra_vars={"citrix_audit_log": str(trail)})
    assert done.status == "successful", done.output
    ends = {json.loads(line)["stop_at"] for line in trail.read_text(encoding="utf-8").splitlines()}
    assert len(ends) == 1 and None not in ends
