# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use citrix_session_message in plays."""

from __future__ import annotations

import pytest

MESSAGE = "sessionops.citrix.citrix_session_message"
MACHINE = "LAB\\vda-001"
TEXT = "This machine restarts in ten minutes.\nPlease save your work: «ok»?"


def message(**options) -> dict:
    return {MESSAGE: {"machine": [MACHINE], "title": "Maintenance", "text": TEXT, "style": "exclamation", **options}}


def sent_to(simulator) -> dict[str, int]:
    """Return how many messages were requested by session, with any result."""
    calls = [call["path"].split("/")[-2] for call in simulator.calls() if call["path"].endswith("$sendMessage")]
    return {session: calls.count(session) for session in calls}


def test_check_mode_sends_nothing_each_run_sends_once(simulator, play):
    picked = {"exclude_user": ["LAB\\user001", "user002@lab.example"]}
    tasks = [{**message(**picked), "check_mode": True}, message(**picked), message(**picked, style="question")]
    run = play(tasks, "--diff", connection=simulator.on_premises_direct)
    assert run.code == 0, run.output
    preview, first, second = run.results
    truth = {session["id"]: session for session in simulator.sessions_on(MACHINE)[2:]}
    sent = {"title": "Maintenance", "text": TEXT}
    for session in simulator.state().values():
        expected = [{**sent, "style": style} for style in ("Exclamation", "Question")] if session["id"] in truth else []
        assert session["messages"] == expected
    assert sent_to(simulator) == dict.fromkeys(truth, 2)

    assert [entry["id"] for entry in first["sessions"]] == list(truth)
    for entry in first["sessions"]:
        session = truth[entry["id"]]
        assert (entry["user"] or "", entry["machine"]) == (session["user"], MACHINE)
        assert (entry["delivery_group"], entry["session_state"]) == (session["delivery_group"], session["state"])
        assert (entry["result"], entry["changed"], entry["reason"]) == ("sent", True, None)
    assert preview["sessions"] == [{**entry, "transaction_id": None} for entry in first["sessions"]]
    assert all(entry["transaction_id"] for entry in first["sessions"] + second["sessions"])
    assert preview["changed"] and first["changed"] and second["changed"]

    # Check mode sends a sign-in, a request for the site and a list; each message is one more call.
    assert (preview["summary"]["requests"], first["summary"]["requests"]) == (3, 3 + len(truth))
    assert first["summary"]["sent"] == len(truth)
    for result in (preview, first):
        assert set(result["diff"]["before"]) == set(result["diff"]["after"]) == set(truth)
        assert {line.rpartition(": ")[2] for line in result["diff"]["before"].values()} == {"not sent"}
        assert {line.rpartition(": ")[2] for line in result["diff"]["after"].values()} == {"sent"}
    assert all(session_id in run.output for session_id in truth)


def test_message_results_returned_by_failed_task(simulator, modules):
    lost, drowned, broken, refused, ended, throttled = (each["id"] for each in simulator.sessions_on(MACHINE)[:6])
    body = {"type": "https://errors-api.cloud.com/x", "detail": "The session is locked.", "parameters": []}
    rules = [
        {"session": lost, "drop": {"acts": True}},
        {"session": drowned, "hang": {"seconds": 5, "acts": True}},
        {"session": broken, "answer": {"status": 502, "body": "<html><title>502 Bad Gateway</title></html>"}},
        {"session": refused, "answer": {"status": 409, "body": body}},
        {"session": ended, "vanish": True},
        {"session": throttled, "times": 2, "throttle": {"hint": "seconds", "value": 0.1, "status": 429}},
    ]
    simulator.fault(*({"path": "sendMessage", **rule} for rule in rules))
    run = modules([message(timeout=1)], connection=simulator.cloud)
    assert run.code != 0
    assert "Traceback" not in run.output
    entries = {entry["id"]: entry for entry in run.result["sessions"]}
    assert len(entries) == 10
    assert [entries[each]["result"] for each in (lost, drowned, broken, refused, ended, throttled)] == [
        *["unconfirmed"] * 3,
        "failed",
        "ended",
        "sent",
    ]
    assert run.outcomes == {"sent": 5, "unconfirmed": 3, "failed": 1, "ended": 1}
    assert {entry["result"] for entry in entries.values() if entry["changed"]} == {"sent"}
    assert run.result["changed"]

    # Only requests that were refused before any work were resent; no user got two messages.
    assert sent_to(simulator) == {**dict.fromkeys(entries, 1), throttled: 3}
    got = {session["id"]: len(session["messages"]) for session in simulator.sessions_on(MACHINE)}
    assert got == {**dict.fromkeys(entries, 1), broken: 0, refused: 0, ended: 0}

    assert "The session is locked." in entries[refused]["reason"]
    assert all("so it was not resent" in entries[each]["reason"] for each in (lost, drowned, broken))
    assert all(kind in run.result["msg"] for kind in ("5 sent", "unconfirmed", "The session is locked"))
    assert run.result["summary"]["throttled"] == 2
    sent = {call["headers"].get("citrix-transactionid") for call in simulator.calls()}
    assert {entries[each]["transaction_id"] for each in (lost, drowned)} <= sent


@pytest.mark.parametrize("batch_size", [0, 100])
def test_empty_success_is_unconfirmed_message(simulator, modules, batch_size):
    simulator.fault({"path": "sendMessage", "answer": {"status": 200, "body": ""}})
    run = modules([message(batch_size=batch_size)], connection=simulator.cloud)
    assert run.code != 0
    assert run.outcomes == {"unconfirmed": 10}
    assert not run.result["changed"]
    assert "check api_url and proxies" in run.result["msg"]
    sent = [call["path"] for call in simulator.calls(items=True) if call["path"].endswith("$sendMessage")]
    assert len(sent) == len(set(sent)) == 10


def test_invalid_options_rejected_before_any_request(simulator, modules):
    wrong = {
        "value of style must be one of: information, exclamation": message(style="loud"),
        "missing required arguments: text": {MESSAGE: {"machine": [MACHINE], "title": "Maintenance"}},
        "text: is empty; write the text for the user": message(text=""),
    }
    run = modules([{**task, "ignore_errors": True} for task in wrong.values()], connection=simulator.cloud)
    assert len(run.results) == len(wrong)
    for named, result in zip(wrong, run.results):
        assert result["failed"]
        assert named in result["msg"]
    assert "Traceback" not in run.output
    assert simulator.calls() == []
