# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use citrix_session_recording in plays."""

from __future__ import annotations

import pytest

RECORDING = "sessionops.citrix.citrix_session_recording"
MACHINE = "LAB\\vda-001"
DEPLOYMENTS = ["cloud", "gov", "on_premises", "on_premises_direct"]


def recording(state="started", **options) -> dict:
    return {RECORDING: {"state": state, **({"machine": [MACHINE]} if "session_id" not in options else {}), **options}}


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_start_again_check_mode_stop_and_stop(simulator, modules, deployment):
    before = simulator.sessions_on(MACHINE)
    to_start = simulator.recordable_on(MACHINE)
    recorded = [session["id"] for session in before if session["recorded"]]
    assert len(to_start) > 1
    assert recorded
    connection = getattr(simulator, deployment)
    first = modules([recording()], connection=connection).result
    seen = simulator.state().values()
    tasks = [recording(), {**recording("stopped"), "check_mode": True}, recording("stopped"), recording("stopped")]
    run = modules(tasks, connection=connection)
    assert run.code == 0, run.output
    second, preview, stop, stop_again = run.results

    # For each session: a read, a request, and a read that confirms it, in that order.
    for session in to_start:
        own = [call for call in simulator.calls() if session["id"] in (call["path"] + call["query"].get("id", ""))]
        kinds = [call["path"].rsplit("/", 1)[-1] for call in own]
        assert kinds[:3] == ["RecordingStatus", "$startRecording", "RecordingStatus"]
        assert kinds.count("$startRecording") == kinds.count("$stopRecording") == 1
    assert simulator.counts()["$startRecording"] == len(to_start)
    started = {entry["id"] for entry in first["sessions"] if entry["result"] == "started"}
    assert started == {session["id"] for session in to_start}
    assert {session["id"] for session in seen if session["recorded"]} >= started | set(recorded)
    assert first["changed"]
    assert all(entry["recorded"] and entry["transaction_id"] for entry in first["sessions"] if entry["id"] in started)

    assert not second["changed"]
    assert second["summary"]["unchanged"] == len(to_start) + len(recorded)

    # The diff of check mode equals that of the run.
    def without_id(entry):
        return {**entry, "transaction_id": None}

    assert preview["changed"]
    assert preview["sessions"] == [without_id(entry) for entry in stop["sessions"]]
    assert simulator.counts()["$stopRecording"] == len(to_start) + len(recorded) == stop["summary"]["stopped"]
    assert not any(session["recorded"] for session in simulator.sessions_on(MACHINE))
    assert not stop_again["changed"]
    # No user was notified twice.
    assert {session["notices"] for session in simulator.state().values()} == {0, 1}


def test_play_shows_user_and_result_of_each_session(simulator, play):
    truth = {session["id"]: session for session in simulator.sessions_on(MACHINE)}
    to_start = simulator.recordable_on(MACHINE)
    tasks = [{**recording(), "check_mode": True}, recording()]
    run = play(tasks, "--diff", connection=simulator.cloud)
    assert run.code == 0, run.output
    preview, start = run.results
    who = {session["id"]: f"{session['user'] or 'no name'} on {MACHINE}" for session in to_start}
    assert preview["diff"] == start["diff"]
    assert start["diff"]["before"] == {session_id: f"{who[session_id]}: not recorded" for session_id in who}
    assert start["diff"]["after"] == {session_id: f"{who[session_id]}: recorded" for session_id in who}
    assert all(session_id in run.output for session_id in who)
    assert simulator.counts()["$startRecording"] == len(who) == start["summary"]["started"]

    entries = start["sessions"]
    assert [entry["id"] for entry in entries] == list(truth)
    for entry in entries:
        session = truth[entry["id"]]
        assert (entry["machine"], entry["session_state"]) == (MACHINE, session["state"])
        if session["state"] != "Active":
            assert (entry["result"], entry["reason"]) == ("not_recordable", "not_active")
        elif session["protocol"] != "Hdx":
            assert (entry["result"], entry["reason"]) == ("not_recordable", "not_hdx")
        else:
            assert entry["result"] in ("started", "unchanged")
            assert entry["notify_user"] is (True if entry["result"] == "started" else None)
    # One line for each kind of gap.
    warnings = start["warnings"]
    assert len(warnings) == 2
    assert all("not recordable" in warning for warning in warnings)


def test_one_named_session_six_calls_four_with_token_and_site(simulator, modules):
    session = simulator.recordable_on(MACHINE)[0]
    run = modules([recording(session_id=[session["id"]])], connection=simulator.cloud)
    assert run.result["summary"]["started"] == 1
    kinds = ["sign-in", "me", "Sessions", "status", "$startRecording", "status"]
    assert simulator.kinds() == kinds
    assert run.result["summary"]["requests"] == 6

    simulator.reset()
    token = simulator.token()
    known = {"api_url": simulator.url, "customer_id": "simulated", "access_token": token}
    run = modules([recording(session_id=[session["id"]])], connection={**known, "site_id": simulator.facts["site_id"]})
    assert run.result["summary"]["started"] == 1
    assert simulator.kinds()[1:] == kinds[2:]


def test_start_never_confirmed_fails_with_complete_result(simulator, play):
    stuck = simulator.recordable_on(MACHINE)[0]["id"]
    simulator.fault({"method": "POST", "session": stuck, "lag": "never"})
    run = play([recording(wait_timeout=1)], connection=simulator.cloud)
    assert run.code != 0
    entries = {entry["id"]: entry for entry in run.result["sessions"]}
    assert len(entries) == 10
    assert (entries[stuck]["result"], entries[stuck]["changed"]) == ("unconfirmed", False)
    assert entries[stuck]["recorded"] is False
    assert "Session Recording agent" in run.result["msg"]
    assert run.outcomes["started"] == simulator.counts()["$startRecording"] - 1
    assert "Traceback" not in run.output


def test_lagging_status_awaited(simulator, modules):
    simulator.fault({"path": "startRecording", "lag": 1.5})
    run = modules([recording()], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert run.outcomes["started"] == simulator.counts()["$startRecording"] > 1
    assert run.result["changed"]


@pytest.mark.parametrize("when", ["RecordingStatus", "startRecording"])
@pytest.mark.parametrize("unknown_session_status", [400, 404, 500])
def test_session_ended_between_list_and_start(simulator, modules, when, unknown_session_status):
    simulator.reset(unknown_session_status=unknown_session_status)
    leaving = simulator.recordable_on(MACHINE)[0]["id"]
    simulator.fault({"path": when, "session": leaving, "vanish": True})
    run = modules([recording()], connection=simulator.cloud)
    assert run.code == 0, run.output
    entry = next(entry for entry in run.result["sessions"] if entry["id"] == leaving)
    assert (entry["result"], entry["changed"], entry["recorded"]) == ("ended", False, None)
    assert any("1 ended" in warning for warning in run.result["warnings"])


def test_ended_session_counts_as_stopped(simulator, modules):
    modules([recording()], connection=simulator.cloud)
    leaving = simulator.sessions_on(MACHINE)[0]["id"]
    simulator.fault({"path": "stopRecording", "session": leaving, "vanish": True})
    run = modules([recording("stopped", on_gap="fail")], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert run.outcomes["ended"] == 1


@pytest.mark.parametrize("session_id", [["00000000-0000-0000-0000-000000000000"], "0", 0])
def test_ended_named_session_fails_unless_on_gap_warn(simulator, modules, session_id):
    missing = {"session_id": session_id}
    tasks = [{**recording(**missing), "ignore_errors": True}, recording(on_gap="warn", **missing)]
    run = modules(tasks, connection=simulator.cloud)
    strict, lenient = run.results
    assert strict["failed"]
    assert "no session with this id" in strict["msg"]
    assert not lenient["failed"]
    assert simulator.counts()["$startRecording"] == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("tokens/clients", {"type": "x", "detail": "No such thing."}),
        ("me", {"type": "x", "detail": "No such thing."}),
        ("Sessions/", "<html>Not Found</html>"),
    ],
)
def test_foreign_404_not_read_as_ended_session(simulator, modules, path, body):
    simulator.fault({"path": path, "answer": {"status": 404, "body": body}})
    session = simulator.sessions_on(MACHINE)[0]["id"]
    run = modules([recording("stopped", session_id=[session])], connection=simulator.cloud)
    assert run.code != 0
    assert "HTTP 404" in run.result["msg"]
    assert "sessions" not in run.result


@pytest.mark.parametrize("loss", [{"drop": {}}, {"hang": {"seconds": 5}}], ids=["drop", "hang"])
@pytest.mark.parametrize("acted", [True, False])
def test_start_with_lost_response_not_resent(simulator, modules, acted, loss):
    session = simulator.recordable_on(MACHINE)[0]["id"]
    effect = {name: {**value, "acts": acted} for name, value in loss.items()}
    simulator.fault({"path": "startRecording", **effect})
    run = modules([recording(session_id=[session], wait_timeout=1, timeout=1)], connection=simulator.cloud)
    assert simulator.counts()["$startRecording"] == 1
    truth = simulator.state()[session]
    assert truth["recorded"] is acted
    assert truth["notices"] == int(acted)
    entry = run.result["sessions"][0]
    if acted:
        assert (run.code, entry["result"], entry["changed"]) == (0, "started", True)
    else:
        assert run.code != 0
        assert (entry["result"], entry["changed"], entry["recorded"]) == ("unconfirmed", False, False)
    # The transaction id is reported, although there was no response.
    assert entry["transaction_id"] in {call["headers"].get("citrix-transactionid") for call in simulator.calls()}


def test_start_with_gateway_error_followed_up_not_resent(simulator, modules):
    answer = {"status": 502, "body": "<html><title>502 Bad Gateway</title></html>", "acts": True}
    simulator.fault({"path": "startRecording", "answer": answer})
    run = modules([recording()], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert run.outcomes["started"] == simulator.counts()["$startRecording"] > 1


def test_refused_start_fails_its_session_only(simulator, modules):
    refused = simulator.recordable_on(MACHINE)[0]["id"]
    body = {"type": "https://errors-api.cloud.com/x", "detail": "The session is locked.", "parameters": []}
    simulator.fault({"path": "startRecording", "session": refused, "answer": {"status": 409, "body": body}})
    run = modules([recording()], connection=simulator.cloud)
    assert run.code != 0
    entries = {entry["id"]: entry for entry in run.result["sessions"]}
    assert entries[refused]["result"] == "failed"
    assert "The session is locked." in entries[refused]["reason"]
    assert entries[refused]["recorded"] is False
    assert run.outcomes["started"] == simulator.counts()["$startRecording"] - 1
    assert run.result["changed"]


@pytest.mark.parametrize("value", [{}, {"IsSessionBeingRecorded": None}, {"IsSessionBeingRecorded": "true"}])
def test_status_without_value_unknown_and_nothing_sent(simulator, modules, value):
    simulator.fault({"path": "RecordingStatus", "answer": {"status": 200, "body": value}})
    run = modules([recording()], connection=simulator.cloud)
    assert run.code != 0
    assert simulator.counts()["$startRecording"] == 0
    assert {entry["recorded"] for entry in run.result["sessions"]} == {None}
    assert run.outcomes["failed"] == 8


@pytest.mark.parametrize("hint", ["seconds", "http_date", "rfc3339", "retry_delay_list", "retry_delay_dict", "none"])
def test_throttled_run_starts_each_session_once(simulator, modules, hint):
    rules = [
        {"path": path, "after": 1, "times": 2, "throttle": {"hint": hint, "value": 1, "status": 429}}
        for path in ("startRecording", "RecordingStatus")
    ]
    simulator.fault(*rules)
    run = modules([recording()], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert run.result["summary"]["throttled"] == 4
    truth = simulator.state()
    started = [entry["id"] for entry in run.result["sessions"] if entry["result"] == "started"]
    assert len(started) == 7
    assert all((truth[session_id]["starts"], truth[session_id]["notices"]) == (1, 1) for session_id in started)


@pytest.mark.parametrize("shape", ["error_response", "dict_parameters", "cws_exception"])
def test_token_expired_in_run_renewed_once_for_all_threads(simulator, modules, shape):
    simulator.fault({"path": "startRecording", "after": 3, "times": 1, "expire_tokens": shape})
    run = modules([recording(max_concurrency=20)], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert simulator.counts()["sign-in"] == 2
    assert {session["starts"] for session in simulator.state().values()} <= {0, 1}
    assert run.outcomes["started"] == 7


def test_notify_user_false_notifies_no_user_and_is_reported(simulator, modules):
    run = modules([recording(notify_user=False)], connection=simulator.cloud)
    assert {entry["notify_user"] for entry in run.result["sessions"]} == {False, None}
    assert not any(session["notices"] for session in simulator.state().values())
    assert {call["query"]["notifyUser"] for call in simulator.calls() if "startRecording" in call["path"]} == {"false"}


def test_start_without_wait_is_requested_unconfirmed(simulator, modules):
    run = modules([recording(wait=False)], connection=simulator.cloud)
    assert run.outcomes["requested"] == simulator.counts()["$startRecording"] == 7
    assert simulator.counts()["status"] == 8
    assert run.result["changed"]


def test_more_sessions_than_max_rejected_before_first_write(simulator, modules):
    run = modules([recording(machine=[MACHINE, "vda-002.lab.example"], max_sessions=19)], connection=simulator.cloud)
    assert run.code != 0
    assert "20 sessions are selected" in run.result["msg"]
    assert "max_sessions to 20" in run.result["msg"]
    assert not any(kind in simulator.counts() for kind in ("$startRecording", "status"))


def test_gap_fails_after_all_sessions_with_on_gap_fail(simulator, modules):
    run = modules([recording(on_gap="fail")], connection=simulator.cloud)
    assert run.code != 0
    assert run.outcomes["started"] == 7
    assert not simulator.recordable_on(MACHINE)
    assert "not_hdx" in run.result["msg"] or "HDX" in run.result["msg"]


def test_machine_without_sessions_is_gap(simulator, modules):
    simulator.reset(machines=3, sessions=0)
    run = modules([recording(), recording(on_gap="fail")], connection=simulator.cloud)
    warned, failed = run.results
    assert "No session" in warned["warnings"][0]
    assert failed["failed"]
    assert warned["sessions"] == failed["sessions"] == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "session_id, machine, user, delivery_group, application"),
        ({"session_id": ["a"], "machine": ["b"]}, "session_id: cannot be combined; remove it or machine"),
        ({"session_id": [".."]}, "'..'"),
        ({"session_id": ["../me"]}, "'../me' cannot be the id of a session"),
    ],
)
def test_invalid_options_rejected_before_any_change(simulator, modules, options, named):
    run = modules([{RECORDING: {"state": "started", **options}}], connection=simulator.cloud)
    assert run.code != 0
    assert named in run.result["msg"]
    assert "$startRecording" not in simulator.counts()
    assert "Traceback" not in run.output
