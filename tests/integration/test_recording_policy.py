# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use citrix_recording_policy and the role session_recording in plays."""

from __future__ import annotations

import json
import re

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common import times
from ansible_collections.sessionops.citrix.plugins.modules import citrix_recording_policy as recording_policy
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording as recording

POLICY = "sessionops.citrix.citrix_recording_policy"
ROLE = "sessionops.citrix.session_recording"
PLAY = "sessionops.citrix.converge"
MACHINE = "LAB\\vda-001"
WRITES = ("$startRecording", "$stopRecording")
COUNCIL = {"name": "Council", "user": ["LAB\\user006", "LAB\\user003"], "state": "stopped"}
FIRST = {"name": "First machine", "machine": [MACHINE], "state": "started", "notify_user": False}
CONTRACTORS = {
    "name": "Contractors",
    "delivery_group": ["Contractors"],
    "exclude_user": ["LAB\\user022"],
    "state": "started",
}
RULES = [COUNCIL, FIRST, CONTRACTORS]
WRONG = {"name": "Night shift", "users": ["LAB\\user004"], "state": "started"}


def policy(*rules, **options) -> dict:
    return {POLICY: {"rules": list(rules or RULES), **options}}


def in_role(*shown_task: str, **variables) -> list[dict]:
    """Return tasks that run the role and then show these expressions."""
    given = {f"session_recording_{name}": value for name, value in variables.items()}
    include = {"ansible.builtin.include_role": {"name": ROLE}, "vars": given, "register": "unused"}
    return [include, *({"ansible.builtin.debug": {"msg": f"{{{{ {each} }}}}"}} for each in shown_task)]


def by_rule(result: dict) -> dict[str, dict[str, str]]:
    """Return {rule: {user or id: result}} of a task's sessions."""
    shown: dict[str, dict[str, str]] = {}
    for entry in result["sessions"]:
        shown.setdefault(entry["rule"], {})[entry["user"] or entry["id"]] = entry["result"]
    return shown


def writes(simulator) -> int:
    counts = simulator.counts()
    return sum(counts[kind] for kind in WRITES)


# A policy on a small site


def test_sessions_get_state_of_first_matching_rule(simulator, modules):
    before = simulator.state()
    run = modules([policy()], connection=simulator.cloud)
    assert run.code == 0, run.output
    shown = by_rule(run.result)
    assert shown["Council"] == {"LAB\\user003": "unchanged", "LAB\\user006": "stopped"}
    assert set(shown["First machine"].values()) == {"started", "not_recordable"}
    assert "LAB\\user022" not in shown["Contractors"]
    assert [rule["name"] for rule in run.result["rules"]] == [rule["name"] for rule in RULES]
    for entry in run.result["rules"]:
        assert entry["sessions"] == len(shown[entry["name"]])
    # One sign-in, one site, one list; and the requests for a machine and a delivery group in a rule.
    kinds = simulator.counts()
    assert (kinds["sign-in"], kinds["me"], kinds["Sessions"]) == (1, 1, 1)
    # Exactly the recordable sessions that match a rule.
    after = simulator.state()
    for session_id, session in after.items():
        old = before[session_id]
        if session["user"] in COUNCIL["user"]:
            expected = False
        elif session["user"] == "LAB\\user022" or (
            session["machine"] != MACHINE and session["delivery_group"] != "Contractors"
        ):
            expected = old["recorded"]
        else:
            expected = old["recorded"] or (session["state"] == "Active" and session["protocol"] == "Hdx")
        assert session["recorded"] is expected, session
        quiet = session["machine"] == MACHINE
        assert session["notices"] == (0 if quiet else session["starts"])
        assert session["starts"] + session["stops"] <= 1


def test_second_run_sends_only_reads(simulator, modules):
    first, second = modules([policy(), policy()], connection=simulator.cloud).results
    assert (first["changed"], second["changed"]) == (True, False)
    assert writes(simulator) == first["summary"]["started"] + first["summary"]["stopped"]
    assert {entry["result"] for entry in second["sessions"]} == {"unchanged", "not_recordable"}
    assert simulator.counts()["Sessions"] == simulator.counts()["sign-in"] == 2


def test_check_mode_predicts_run(simulator, play):
    run = play([{**policy(), "check_mode": True}, policy()], "--diff", connection=simulator.cloud)
    assert run.code == 0, run.output
    preview, done = run.results
    assert preview["rules"] == done["rules"]
    assert preview["diff"] == done["diff"]
    assert preview["sessions"] == [{**entry, "transaction_id": None} for entry in done["sessions"]]
    assert writes(simulator) == done["summary"]["started"] + done["summary"]["stopped"] > 0


def test_excluded_session_matches_next_rule(simulator, modules):
    rest = {"name": "Rest", "delivery_group": "Contractors", "state": "started", "notify_user": False}
    run = modules([policy(CONTRACTORS, rest)], connection=simulator.cloud)
    shown = by_rule(run.result)
    assert shown["Rest"] == {"LAB\\user022": "started"}
    (excluded,) = [session for session in simulator.state().values() if session["user"] == "LAB\\user022"]
    assert (excluded["starts"], excluded["notices"]) == (1, 0)


def test_invalid_rule_rejected_by_name_before_any_request(simulator, modules):
    run = modules([policy(COUNCIL, WRONG)], connection=simulator.cloud)
    assert run.code != 0
    assert "rules[Night shift]: unknown option users; use name, machine, user," in run.result["msg"]
    assert simulator.calls() == []


# A policy with periods

START, END = "2026-12-01T08:00:00+01:00", "2026-12-01T18:00:00+01:00"
TIMED = {"name": "Audit", "user": ["LAB\\user001"], "state": "started", "from": START, "until": END}


def test_policy_period_starts_and_stops_on_time(simulator, modules, monkeypatch):
    (audited,) = [key for key, session in simulator.state().items() if session["user"] == "LAB\\user001"]
    seen = []
    for hour in (6, 7, 16, 17, 18):
        monkeypatch.setattr(times, "now", lambda hour=hour: times.instant(f"2026-12-01T{hour:02}:00:00Z"))
        run = modules([policy(TIMED)], connection=simulator.cloud)
        assert run.code == 0, run.output
        (rule,) = run.result["rules"]
        assert run.result["at"] == f"2026-12-01T{hour:02}:00:00Z"
        seen.append((rule["state"], rule["applied"], rule["sessions"], simulator.state()[audited]["recorded"]))
    assert seen == [
        (None, False, 0, False),
        ("started", True, 1, True),
        ("started", True, 1, True),
        ("stopped", True, 1, False),
        ("stopped", True, 1, False),
    ]
    assert writes(simulator) == 2


def test_policy_at_in_check_mode_predicts_run(simulator, modules, monkeypatch):
    for moment, expected in ((START, "started"), (END, "stopped")):
        preview = modules([{**policy(TIMED, at=moment), "check_mode": True}], connection=simulator.cloud).result
        monkeypatch.setattr(times, "now", lambda moment=moment: times.instant(moment))
        done = modules([policy(TIMED)], connection=simulator.cloud).result
        monkeypatch.undo()
        assert preview["summary"][expected] == done["summary"][expected] == 1
        assert (preview["rules"], preview["at"]) == (done["rules"], done["at"])
    assert writes(simulator) == 2


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (policy(TIMED, at=START), "at: is valid only in check mode"),
        (policy({**TIMED, "from": "2026-12-01 08:00"}), "rules[Audit]: from: '2026-12-01 08:00' is not a time"),
        (policy({**TIMED, "until": START}), "rules[Audit]: until: is not later than from"),
    ],
)
def test_policy_invalid_time_fails_before_any_request(simulator, modules, given, shown):
    run = modules([given], connection=simulator.cloud)
    assert run.code != 0
    assert shown in run.result["msg"]
    assert simulator.calls() == []


# The role alone and in its playbook


@pytest.fixture
def converge(simulator, ansible):
    """Return a function that runs the play with these variables."""
    environment = {**simulator.environment, "ANSIBLE_SHOW_CUSTOM_STATS": "true"}

    def run(*arguments: str, **variables):
        return ansible("ansible-playbook", PLAY, "-e", json.dumps(variables), *arguments, env=environment)

    return run


def stats(output: str) -> dict:
    """Return the custom statistics of a run."""
    text = output[output.index("CUSTOM STATS") :]
    return json.JSONDecoder().raw_decode(text, text.index("{"))[0]


def test_play_converges_and_shows_result_of_each_rule(simulator, converge):
    audit = converge("--check", citrix_rules=RULES)
    assert audit.code == 0, audit.output
    assert "Check mode, nothing was sent; a run would process" in audit.output
    assert stats(audit.output)["session_recording_summary"]["check_mode"] is True
    assert writes(simulator) == 0

    run = converge(citrix_rules=RULES, citrix_wait_timeout=5)
    assert run.code == 0, run.output
    assert re.search(r"Council +2 sessions: 1 stopped, 1 unchanged", run.output), run.output
    assert re.search(r"Contractors +LAB.+user027 +LAB.+vda-003 +Disconnected +not_recordable", run.output)
    # A gap is a warning.
    assert "only active sessions can be recorded" in run.output
    shown = stats(run.output)
    assert shown["session_recording_summary"]["check_mode"] is False
    counts = {rule["name"]: rule for rule in shown["session_recording_by_rule"]}
    assert list(counts) == [rule["name"] for rule in RULES]
    assert counts["Council"]["stopped"] == 1
    assert shown["session_recording_summary"]["started"] == writes(simulator) - 1 == 12


def test_rule_without_sessions_left_is_reported(simulator, modules):
    rules = [{"name": "All", "all_sessions": True, "state": "started"}, COUNCIL]
    shown = [modules([policy(*order)], simulator.cloud).result["warnings"] for order in (rules, rules[::-1])]
    expected = "rules[All]: selects all sessions, so no session is left to Council; move it below them."
    assert [expected in warnings for warnings in shown] == [True, False]


def test_gap_fails_after_all_sessions_and_job_shows_counts(simulator, converge):
    run = converge(citrix_rules=RULES, citrix_on_gap="fail")
    assert run.code != 0
    assert "only active sessions can be recorded" in run.output
    shown = stats(run.output)["session_recording_summary"]
    assert shown["not_recordable"] == 4
    assert shown["started"] + shown["stopped"] == writes(simulator) == 13


def test_policy_unknown_object_applies_rules_above_it(simulator, converge):
    renamed = {"name": "Renamed group", "delivery_group": ["Renamed"], "state": "stopped"}
    rest = {"name": "Rest", "all_sessions": True, "state": "started"}
    before = simulator.state()
    run = converge(citrix_rules=[COUNCIL, renamed, rest])
    assert run.code != 0
    assert "rules[Renamed group]: delivery_group: site" in run.output
    assert "These rules were not applied: Renamed group, Rest." in run.output
    changed = [session for key, session in simulator.state().items() if session["recorded"] != before[key]["recorded"]]
    assert {session["user"] for session in changed} == {"LAB\\user006"}
    assert writes(simulator) == 1
    applied = {rule["name"]: rule["applied"] for rule in stats(run.output)["session_recording_by_rule"]}
    assert applied == {"Council": True, "Renamed group": False, "Rest": False}


def test_tags_select_tasks_of_role(simulator, converge):
    run = converge("--skip-tags", "session_recording_summary", citrix_rules=RULES)
    assert run.code == 0, run.output
    assert "CUSTOM STATS" not in run.output
    assert writes(simulator) == 13
    run = converge("--skip-tags", "session_recording", citrix_rules=RULES)
    assert run.code == 0, run.output
    assert simulator.counts()["sign-in"] == 1


def test_converge_reads_yaml_timestamps(simulator, converge, tmp_path):
    # YAML reads an unquoted time as a timestamp, and not as text.
    (tmp_path / "policy.yml").write_text(
        f"citrix_rules:\n  - {{name: Audit, user: user001, state: started, from: {START}, until: {END}}}\n"
        "  - {name: Later, user: user002, state: started, from: 2027-01-01T00:00:00Z}\n"
        f"citrix_at: {END}\n",
        encoding="utf-8",
    )
    run = converge("--check", "-e", "@policy.yml")
    assert run.code == 0, run.output
    rule, later = stats(run.output)["session_recording_by_rule"]
    assert (rule["state"], rule["sessions"], rule["applied"]) == ("stopped", 1, True)
    assert (later["state"], later["sessions"], later["applied"]) == (None, 0, False)
    assert "does not apply at 2026-12-01T17:00:00Z" in run.output
    run = converge("-e", "@policy.yml")
    assert run.code != 0
    assert "at: is valid only in check mode" in run.output
    assert writes(simulator) == 0


@pytest.mark.parametrize(
    ("given", "shown"), [({}, "rules: is empty"), ({"citrix_rules": "all"}, "session_recording_rules")]
)
def test_play_without_rules_rejected(simulator, converge, given, shown):
    run = converge(**given)
    assert run.code != 0
    assert shown in run.output
    assert simulator.calls() == []


# A policy on a large site


def test_policy_5000_sessions_converge_then_only_changes_written(simulator, play, client):
    simulator.reset(machines=50, sessions=5000)
    rules = [
        {"name": "Free", "user": [f"LAB\\user{number:03}" for number in range(6, 400, 10)], "state": "stopped"},
        {"name": "Contractors", "delivery_group": "Contractors", "state": "started", "max_sessions": 5000},
        {
            "name": "Rest",
            "all_sessions": True,
            "exclude_machine": MACHINE,
            "state": "started",
            "notify_user": False,
            "max_sessions": 5000,
        },
    ]
    connection = {**simulator.cloud, "batch_size": 100}
    run = play(in_role("session_recording_result.summary", rules=rules), connection=connection)
    assert run.code == 0, run.output
    first = run.result["msg"]
    done = simulator.state()
    assert sum(session["starts"] for session in done.values()) == first["started"] > 3000
    assert sum(session["stops"] for session in done.values()) == first["stopped"] > 10
    assert max(session["starts"] + session["stops"] for session in done.values()) == 1
    # One sign-in, one list of five pages, and 100 calls in a request.
    assert (simulator.counts()["sign-in"], simulator.counts()["Sessions"]) == (1, 5)
    assert first["requests"] < 250

    second = client(recording_policy, connection, rules=rules)["summary"]
    assert (second["started"], second["stopped"]) == (0, 0)
    assert simulator.state() == done

    wanted = {entry["id"]: entry["recorded"] for entry in done.values() if entry["starts"] + entry["stops"]}
    strayed = {
        "stopped": [session_id for session_id in wanted if wanted[session_id]][::80][:40],
        "started": [session_id for session_id in wanted if not wanted[session_id]][:10],
    }
    for state, ids in strayed.items():
        client(recording, connection, state=state, session_id=ids)
    before = simulator.state()
    third = client(recording_policy, connection, rules=rules)["summary"]
    assert (third["started"], third["stopped"]) == (len(strayed["stopped"]), len(strayed["started"]))
    assert third["started"] + third["stopped"] == 50
    after = simulator.state()
    repaired = {session_id for session_id in after if after[session_id] != before[session_id]}
    assert repaired == {*strayed["stopped"], *strayed["started"]}
    assert {session_id: after[session_id]["recorded"] for session_id in wanted} == wanted
