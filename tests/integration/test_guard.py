# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of a host limits every task that writes, whatever the task asks for."""

from __future__ import annotations

import json

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common import guard_file

RECORDING = "sessionops.citrix.citrix_session_recording"
MESSAGE = "sessionops.citrix.citrix_session_message"
POLICY = "sessionops.citrix.citrix_recording_policy"
SITE_CHECK = "sessionops.citrix.citrix_site_check"
MACHINE = "LAB\\vda-001"
ANNA = {"Name": "LAB\\anna", "PrincipalName": "anna@contoso.com"}
BERT = {"Name": "LAB\\bert", "PrincipalName": "bert@contoso.com"}
SPELLINGS = ["LAB\\anna", "lab\\ANNA", "anna@contoso.com", "AzureAD\\anna@contoso.com", "anna"]
TEXT = {"title": "Maintenance", "text": "Please save your work."}
EVERYONE = {"name": "Everyone", "all_sessions": True, "state": "started"}


def start(**options) -> dict:
    return {RECORDING: {"state": "started", **options}}


def stop(**options) -> dict:
    return {RECORDING: {"state": "stopped", **options}}


def message(**options) -> dict:
    return {MESSAGE: {**TEXT, **options}}


def policy(*rules: dict, **options) -> dict:
    return {POLICY: {"rules": list(rules), **options}}


@pytest.fixture
def guarded(simulator, modules, tmp_path, monkeypatch):
    """Return a function that runs a task under a guard of the environment, and one of the host."""
    system = tmp_path / "guard-of-host.yml"
    monkeypatch.setattr(guard_file, "SYSTEM_PATH", str(system))

    def run(task: dict, named: dict | str | None = None, of_host: dict | None = None, **keywords):
        env = {}
        system.unlink(missing_ok=True)
        if named is not None:
            path = tmp_path / "guard.yml"
            path.write_text(named if isinstance(named, str) else json.dumps(named), encoding="utf-8")
            env["CITRIX_GUARD"] = str(path)
        if of_host is not None:
            system.write_text(json.dumps(of_host), encoding="utf-8")
        return modules([{**task, **keywords}], connection=simulator.cloud, env=env)

    return run


def fleet(simulator, *users: dict | None, **session) -> list[str]:
    sessions = [{"user": user, **session} for user in users]
    plan = {"name": MACHINE, "delivery_group": "Office", "sessions": sessions}
    return list(simulator.fleet(delivery_groups=["Office", "Sales"], machines=[plan]))


def started(simulator) -> list[str]:
    return [session["id"] for session in simulator.state().values() if session["starts"]]


def writes(simulator) -> int:
    kinds = simulator.counts()
    return sum(kinds[kind] for kind in ("$startRecording", "$stopRecording", "$sendMessage"))


# Users, machines and delivery groups


@pytest.mark.parametrize("denied", SPELLINGS)
@pytest.mark.parametrize(
    "task",
    [
        start(all_sessions=True),
        start(machine=MACHINE),
        start(delivery_group="Office"),
        start(user="anna@contoso.com,bert@contoso.com"),
        policy(EVERYONE),
        policy({"name": "Anna", "user": "anna", "state": "started"}, EVERYONE),
    ],
)
def test_denied_user_not_started_in_any_spelling(simulator, guarded, denied, task):
    hers, his = fleet(simulator, ANNA, BERT)
    run = guarded(task, {"denied_users": [denied]})
    results = {entry["id"]: entry["result"] for entry in run.result["sessions"]}
    assert results == {hers: "denied", his: "started"}
    assert started(simulator) == [his]
    assert run.result["summary"]["denied"] == 1
    assert any("denied_users of the guard" in text for text in [*run.result["warnings"], run.result["msg"]])


@pytest.mark.parametrize("denied", SPELLINGS)
def test_denied_user_selected_by_id_fails_task(simulator, guarded, denied):
    hers, _his = fleet(simulator, ANNA, BERT)
    run = guarded(start(session_id=hers), {"denied_users": [denied]})
    assert run.code != 0
    assert "denied_users of the guard" in run.result["msg"]
    assert writes(simulator) == 0


def test_denied_only_user_of_policy_fails(simulator, guarded):
    fleet(simulator, ANNA)
    assert guarded(policy(EVERYONE), {"denied_users": ["anna"]}).code != 0
    assert writes(simulator) == 0


def test_denied_user_gets_no_message(simulator, guarded):
    hers, his = fleet(simulator, ANNA, BERT)
    run = guarded(message(all_sessions=True), {"denied_users": ["anna"]})
    assert {entry["id"]: entry["result"] for entry in run.result["sessions"]} == {hers: "denied", his: "sent"}
    assert writes(simulator) == 1


@pytest.mark.parametrize(
    "limits",
    [
        {"denied_users": ["anna"]},
        {"allowed_users": ["LAB\\bert"]},
        {"denied_machines": [MACHINE]},
        {"allowed_delivery_groups": ["Sales"]},
    ],
)
def test_denied_session_not_started_by_proof(simulator, guarded, limits):
    hers, _his = fleet(simulator, ANNA, BERT)
    run = guarded({SITE_CHECK: {"prove_session_id": hers}}, limits)
    (proof,) = (check for check in run.result["checks"] if check["id"] == "proof_session")
    assert (proof["status"], writes(simulator)) == ("failed", 0)
    assert f"{next(iter(limits))} of the guard" in proof["observed"]


@pytest.mark.parametrize(("most", "writes_sent"), [(60, 2), (59, 0)])
def test_proof_within_longest_recording(simulator, guarded, most, writes_sent):
    hers, _his = fleet(simulator, ANNA, BERT)
    run = guarded({SITE_CHECK: {"prove_session_id": hers}}, {"max_duration": most})
    assert run.result["writes_sent"] == writes(simulator) == writes_sent


def test_denied_user_stopped(simulator, guarded):
    (hers,) = fleet(simulator, ANNA, recorded=True)
    assert guarded(stop(session_id=hers), {"denied_users": ["anna"]}).outcomes == {"stopped": 1}


@pytest.mark.parametrize("user", [{}, None, {"DisplayName": "Anna"}, {"Sid": "S-1-5-21-1-2-3-1001"}])
@pytest.mark.parametrize("key", ["denied_users", "allowed_users"])
def test_unknown_user_denied(simulator, guarded, user, key):
    unknown, his = fleet(simulator, user, BERT)
    names = {"denied_users": ["LAB\\anna"], "allowed_users": ["LAB\\bert"]}[key]
    run = guarded(start(all_sessions=True, include_unidentified=True), {key: names})
    assert {entry["id"]: entry["result"] for entry in run.result["sessions"]} == {unknown: "denied", his: "started"}
    assert started(simulator) == [his]


@pytest.mark.parametrize(("key", "result"), [("denied_users", "started"), ("allowed_users", "denied")])
def test_anonymous_user_not_denied(simulator, guarded, key, result):
    fleet(simulator, None, anonymous=True)
    assert guarded(start(all_sessions=True), {key: ["LAB\\anna"]}).outcomes == {result: 1}


@pytest.mark.parametrize("allowed", ["LAB\\bert", "bert@contoso.com", "AzureAD\\BERT@contoso.com"])
def test_only_allowed_users_started(simulator, guarded, allowed):
    _hers, his = fleet(simulator, ANNA, BERT)
    guarded(start(all_sessions=True), {"allowed_users": [allowed]})
    assert started(simulator) == [his]


@pytest.mark.parametrize(
    ("limits", "machines"),
    [
        ({"denied_machines": ["LAB\\vda-001"]}, {"LAB\\vda-002"}),
        ({"denied_machines": ["lab|VDA-001", "LAB\\none"]}, {"LAB\\vda-002"}),
        ({"denied_machines": ["vda-001.lab.example"]}, {"LAB\\vda-002"}),
        ({"allowed_machines": ["LAB\\vda-002"]}, {"LAB\\vda-002"}),
        ({"allowed_machines": ["vda-002.lab.example", "LAB\\none"]}, {"LAB\\vda-002"}),
        ({"allowed_machines": ["LAB\\none"]}, set()),
        ({"denied_delivery_groups": ["Office desktops", "None"]}, {"LAB\\vda-003"}),
        ({"allowed_delivery_groups": ["Contractors", "None"]}, {"LAB\\vda-003"}),
        ({"allowed_delivery_groups": ["None"]}, set()),
    ],
)
def test_machines_and_groups_limit_starts(simulator, guarded, limits, machines):
    selection = (
        ["LAB\\vda-002", "LAB\\vda-001"] if "machines" in next(iter(limits)) else ["LAB\\vda-001", "LAB\\vda-003"]
    )
    guarded(start(machine=selection), limits)
    assert {simulator.state()[key]["machine"] for key in started(simulator)} == machines


JOSE = "Jos\u00e9"
SAME = {"Name": f"LAB\\{JOSE}", "PrincipalName": f"{JOSE}@contoso.com"}
NFD = "Jose\u0301"


@pytest.mark.parametrize(
    ("key", "name", "result"),
    [
        *(("denied_users", name, "denied") for name in (f"lab\\{NFD}", NFD.upper(), f"{NFD}@CONTOSO.COM")),
        *(("allowed_users", name, "started") for name in (f"LAB\\{NFD}", f"{NFD}@contoso.com")),
        *(("denied_delivery_groups", name, "denied") for name in ("CAFE\u0301", " caf\u00e9 ", "{GROUP}")),
        ("allowed_delivery_groups", "Cafe\u0301", "started"),
        *(
            ("denied_machines", name, "denied")
            for name in ("VDA-001", "lab|VDA-001", "{MACHINE}", "VDA-001.Lab.Example")
        ),
        ("denied_machines", "VDA-0", "started"),
        ("allowed_machines", "vda-001", "denied"),
        ("allowed_machines", "lab\\VDA-001", "started"),
    ],
)
@pytest.mark.parametrize("task", [start(all_sessions=True), policy(EVERYONE)])
def test_names_limit_in_every_spelling(simulator, guarded, task, key, name, result):
    plan = {
        "name": MACHINE,
        "dns_name": "vda-001.lab.example",
        "delivery_group": "Caf\u00e9",
        "sessions": [{"user": SAME}],
    }
    simulator.fleet(delivery_groups=["Caf\u00e9"], machines=[plan])
    (machine,) = simulator.get("Machines")["Items"]
    name = name.replace("MACHINE", machine["Id"]).replace("GROUP", machine["DeliveryGroup"]["Id"].upper())
    run = guarded(task, {key: [name]})
    assert run.outcomes == {result: 1}
    assert len(started(simulator)) == (result == "started")


@pytest.mark.parametrize("key", ["denied_machines", "denied_delivery_groups"])
def test_guard_name_refused_by_site_sends_nothing(simulator, guarded, key):
    simulator.fault({"path": "DeliveryGroups/|Machines/", "answer": {"status": 403, "body": {}}})
    run = guarded(start(all_sessions=True), {key: ["LAB\\vda-001"]})
    assert (run.code != 0, writes(simulator)) == (True, 0)


# Limits of a task


@pytest.mark.parametrize(
    ("task", "limits", "shown"),
    [
        (start(machine=MACHINE, notify_user=False), {"notify_user": "required"}, "users must be notified"),
        (policy({**EVERYONE, "notify_user": False}), {"notify_user": "required"}, "users must be notified"),
        (start(machine=MACHINE), {"reason": "required"}, "reason is required; set reason"),
        (start(machine=MACHINE, reason=" "), {"reason": "required"}, "reason is required; set reason"),
        (start(machine=MACHINE, reason="\u00a0\u200b-"), {"reason": "required"}, "reason is required; set reason"),
        (stop(machine=MACHINE), {"reason": "required"}, "reason is required"),
        (message(machine=MACHINE), {"reason": "required"}, "reason is required"),
        (policy(EVERYONE), {"reason": "required"}, "reason is required"),
        (
            start(machine=MACHINE, reason="INC1 please"),
            {"reason": "required", "reason_pattern": "INC[0-9]+"},
            "reason must match INC[0-9]+",
        ),
        (start(machine=MACHINE), {"audit_log": "required"}, "audit_log is required"),
        (message(machine=MACHINE), {"audit_log": "required"}, "audit_log is required"),
        (start(machine=MACHINE), {"max_sessions": 9}, "10 sessions are selected and 9 are allowed"),
        (stop(machine=MACHINE), {"max_sessions": 9}, "10 sessions are selected and 9 are allowed"),
        (message(machine=MACHINE), {"max_sessions": 9}, "10 sessions are selected and 9 are allowed"),
        (policy(EVERYONE), {"max_sessions": 9}, "50 sessions are selected and 9 are allowed"),
        (start(machine=MACHINE), {"max_duration": 60}, "a recording may last at most 60 seconds"),
        (
            start(machine=MACHINE, stop_after=61, audit_log="audit.jsonl"),
            {"max_duration": 60},
            "a recording may last at most 60 seconds",
        ),
        (policy(EVERYONE), {"max_duration": 60}, "a recording may last at most 60 seconds"),
        (policy({**EVERYONE, "until": "2999-01-01T00:00:00Z"}), {"max_duration": 60}, "a recording may last"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_task_beyond_limit_fails_before_any_write(guarded, simulator, tmp_path, task, limits, shown, check_mode):
    ((name, options),) = task.items()
    if "audit_log" in options:
        options = {**options, "audit_log": str(tmp_path / options["audit_log"])}
    run = guarded({name: options}, limits, check_mode=check_mode)
    assert run.code != 0
    assert run.result["msg"].startswith("guard /")
    assert shown in run.result["msg"]
    assert (run.result["writes_sent"], writes(simulator)) == (0, 0)


def test_task_within_all_limits_succeeds(guarded, simulator, tmp_path):
    limits = {
        "notify_user": "required",
        "reason": "required",
        "reason_pattern": "INC[0-9]+",
        "audit_log": "required",
        "max_sessions": 10,
        "max_duration": 60,
        "denied_users": ["LAB\\nobody"],
        "allowed_machines": [MACHINE],
    }
    options = {"machine": MACHINE, "reason": "INC7", "audit_log": str(tmp_path / "audit.jsonl")}
    run = guarded(start(**options, stop_after=60), limits, limits)
    assert run.code == 0, run.output
    assert run.outcomes["started"] == writes(simulator) == 7


@pytest.mark.parametrize(("until", "code"), [("2999-01-01T00:01:00Z", 0), ("2999-01-01T00:01:01Z", 1)])
def test_duration_counts_from_time_of_policy(guarded, until, code):
    rule = {**EVERYONE, "from": "2999-01-01T00:00:00Z", "until": until}
    run = guarded(policy(rule, at="2999-01-01T00:00:00Z"), {"max_duration": 60}, check_mode=True)
    assert (run.code, "a recording may last at most 60 seconds" in run.result["msg"]) == (code, bool(code))


def test_stop_ignores_notification_and_end_limits(guarded):
    run = guarded(stop(machine=MACHINE, notify_user=False), {"notify_user": "required", "max_duration": 60})
    assert run.code == 0, run.output


@pytest.mark.parametrize(("named", "of_host"), [(5, 50), (50, 5)])
def test_stricter_of_two_guards_applies(guarded, simulator, named, of_host):
    run = guarded(start(machine=MACHINE), {"max_sessions": named}, {"max_sessions": of_host})
    assert "10 sessions are selected and 5 are allowed" in run.result["msg"]
    assert writes(simulator) == 0


def test_two_guards_deny_users_of_both(guarded, simulator):
    fleet(simulator, ANNA, BERT)
    guarded(start(all_sessions=True), {"denied_users": ["anna"]}, {"denied_users": ["bert"]})
    assert writes(simulator) == 0


@pytest.mark.parametrize(
    "task", [start(machine=MACHINE), stop(machine=MACHINE), message(machine=MACHINE), policy(EVERYONE)]
)
@pytest.mark.parametrize("text", ["", "max_sessions: [", "max_session: 5", "denied_users:\n  - [LAB]"])
def test_invalid_guard_stops_every_write_before_any_request(guarded, simulator, task, text):
    run = guarded(task, text)
    assert run.code != 0
    assert "Nothing was sent" in run.result["msg"]
    assert (simulator.calls(), run.result["writes_sent"]) == ([], 0)


# As users run it


def test_play_with_guard_records_no_denied_user(simulator, play, tmp_path):
    hers, his = fleet(simulator, ANNA, BERT)
    guard = tmp_path / "guard.yml"
    guard.write_text("denied_users:\n  - LAB\\anna  # works council\nreason: required\n", encoding="utf-8")
    env = {"CITRIX_GUARD": str(guard)}
    refused = play([start(all_sessions=True)], connection=simulator.cloud, env=env)
    assert refused.code != 0
    assert "reason is required; set reason" in refused.output
    assert writes(simulator) == 0
    run = play([start(all_sessions=True)], connection=simulator.cloud, env={**env, "CITRIX_REASON": "INC7"})
    assert run.code == 0, run.output
    assert {entry["id"]: entry["result"] for entry in run.result["sessions"]} == {hers: "denied", his: "started"}
    assert started(simulator) == [his]


@pytest.mark.parametrize(
    ("keywords", "variable", "shown"),
    [
        ({"become": True}, "CITRIX_GUARD", "reason is required"),
        ({"become": True}, "CITRIX_GUARDS", "rename it to CITRIX_GUARD"),
        ({"environment": {"CITRIX_GUARD": ""}}, "CITRIX_GUARD", ""),
    ],
)
def test_play_with_become_keeps_guard(simulator, play, tmp_path, keywords, variable, shown):
    """A login shell, as of su with "-", starts with an empty environment, as sudo does."""
    guard = tmp_path / "guard.yml"
    guard.write_text("reason: required", encoding="utf-8")
    task = {**start(machine=MACHINE), "become_method": "ansible.builtin.su", "become_flags": "-", **keywords}
    env = {variable: str(guard), "ANSIBLE_BECOME_ALLOW_SAME_USER": "true"}
    run = play([task], connection=simulator.cloud, env=env)
    assert shown in run.output, run.output
    assert (run.code != 0, writes(simulator) == 0) == (bool(shown),) * 2, run.output


def test_delegated_task_limited_by_host_of_module(simulator, play, tmp_path):
    guard = tmp_path / "guard.yml"
    guard.write_text("reason: required", encoding="utf-8")
    host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    task = {**start(machine=MACHINE), "delegate_to": "other", "vars": host}
    run = play([task], connection=simulator.cloud, env={"CITRIX_GUARD": str(guard)})
    assert "reason is required" in run.output
    assert (run.code != 0, writes(simulator)) == (True, 0)


def test_role_with_guard_fails_with_its_message(simulator, play, tmp_path):
    hers, his = fleet(simulator, ANNA, BERT)
    guard = tmp_path / "guard.yml"
    guard.write_text("denied_users: [anna]\nmax_sessions: 2\nnotify_user: required", encoding="utf-8")
    role = {"ansible.builtin.include_role": {"name": "sessionops.citrix.session_recording"}}
    env = {"CITRIX_GUARD": str(guard)}

    def converge(*arguments, **rule):
        variables = {"session_recording_rules": [{**EVERYONE, **rule}]}
        return play([{**role, "vars": variables}], *arguments, connection=simulator.cloud, env=env)

    silent = converge(notify_user=False)
    assert "users must be notified; set notify_user to true" in silent.output
    assert (silent.code != 0, writes(simulator)) == (True, 0)
    preview, run = converge("--check"), converge()
    for each in (preview, run):
        assert each.code == 0, each.output
        assert "denied_users of the guard" in each.output
    assert started(simulator) == [his]
    assert hers != his
