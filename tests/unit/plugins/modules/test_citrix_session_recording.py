# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_session_recording: from options to result, and once including HTTP requests."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import recording
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError, OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording as under_test

ON, OFF = ({"IsSessionBeingRecorded": value} for value in (True, False))
TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
GIVEN = {"customer_id": "customer1", "site_id": "site1", "access_token": TOKEN}
BASE = "https://api.cloud.com/cvad/manage"
SESSION = {"Id": "1", "State": "Active", "User": {"Name": "LAB\\user001"}, "Machine": {"Name": "LAB\\vda-001"}}
STATUS, START, STOP = (
    "GET Sessions/RecordingStatus?id=1",
    "POST Sessions/1/$startRecording",
    "POST Sessions/1/$stopRecording",
)


def outlines(result):
    return [(entry["id"], entry["result"], entry["recorded"]) for entry in result["sessions"]]


def test_session_started_and_user_notified(module, fake_api):
    fake_api.on("GET Sessions/1", SESSION)
    fake_api.on(STATUS, OFF, ON)
    fake_api.on(START, {})
    result = under_test.run(module(state="started", session_id=["1"]), fake_api)
    assert (result["changed"], outlines(result)) == (True, [("1", "started", True)])
    assert result["msg"] == "1 session: 1 started."
    assert result["sessions"][0]["notify_user"] is True
    assert fake_api.sent() == ["GET Sessions/1", STATUS, START, STATUS]
    assert fake_api.writes[0].query == {"notifyUser": "true"}


def test_session_stopped(module, fake_api):
    fake_api.on("GET Machines/LAB%7Cvda-001/Sessions", {"Items": [SESSION]})
    fake_api.on(STATUS, ON, OFF)
    fake_api.on(STOP, {})
    result = under_test.run(module(state="stopped", machine=["LAB\\vda-001"]), fake_api)
    assert (result["changed"], outlines(result)) == (True, [("1", "stopped", False)])


def test_second_run_changes_nothing(module, fake_api):
    fake_api.on("GET Sessions/1", SESSION)
    fake_api.on(STATUS, ON)
    result = under_test.run(module(state="started", session_id=["1"]), fake_api)
    assert (result["changed"], outlines(result)) == (False, [("1", "unchanged", True)])
    assert fake_api.writes == []


def test_check_mode_writes_nothing(module, fake_api):
    fake_api.on("GET Sessions/1", SESSION)
    fake_api.on(STATUS, OFF)
    result = under_test.run(module(check_mode=True, state="started", session_id=["1"]), fake_api)
    assert (result["changed"], outlines(result)) == (True, [("1", "started", True)])
    assert list(result["diff"]["after"]) == ["1"]
    assert fake_api.writes == []


def test_failure_returned_with_result(module, fake_api):
    fake_api.on("GET Sessions/1", SESSION)
    fake_api.on(STATUS, OFF)
    fake_api.on(START, 403)
    result = under_test.run(module(state="started", session_id=["1"]), fake_api)
    assert (result["failed"], result["changed"], outlines(result)) == (True, False, [("1", "failed", False)])


def test_gap_on_machine_warns(module, fake_api):
    fake_api.on("GET Machines/LAB%7Cvda-001/Sessions", {"Items": [{**SESSION, "State": "Disconnected"}]})
    mock = module(state="started", machine=["LAB\\vda-001"])
    assert "failed" not in under_test.run(mock, fake_api)
    (warning,) = [call.args[0] for call in mock.warn.call_args_list]
    assert warning.startswith("1 not recordable (LAB\\user001 on LAB\\vda-001, Disconnected): only active sessions")


def test_named_user_without_session_fails_after_all_others(module, fake_api):
    fake_api.on("POST Sessions/$search", {"Items": [SESSION]})
    fake_api.on(STATUS, OFF, ON)
    fake_api.on(START, {})
    result = under_test.run(module(state="started", user=["LAB\\user001", "LAB\\user002"]), fake_api)
    assert (result["failed"], result["changed"], outlines(result)) == (True, True, [("1", "started", True)])
    assert "No session was found for LAB\\user002" in result["msg"]


@pytest.mark.parametrize(("state", "failed"), [("started", True), ("stopped", False)])
def test_ended_session_counts_as_stopped(module, fake_api, state, failed):
    fake_api.on("GET Sessions/1", 404)
    fake_api.on(STATUS, 404)
    mock = module(state=state, session_id=["1"])
    result = under_test.run(mock, fake_api)
    assert ("failed" in result, result["summary"]["ended"]) == (failed, 1)
    assert mock.warn.called is not failed


def test_excluded_user_gets_no_request(module, fake_api):
    other = {**SESSION, "Id": "2", "User": {"Name": "LAB\\user002"}}
    fake_api.on("GET Machines/LAB%7Cvda-001/Sessions", {"Items": [SESSION, other]})
    fake_api.on(STATUS, OFF, ON)
    fake_api.on(START, {})
    result = under_test.run(module(state="started", machine=["LAB\\vda-001"], exclude_user=["user002"]), fake_api)
    assert outlines(result) == [("1", "started", True)]


def test_result_counts_have_all_possible_keys(module, fake_api):
    fake_api.on("GET Sessions", {"Items": []})
    result = under_test.run(module(state="started", all_sessions=True), fake_api)
    assert result["summary"] == {
        **dict.fromkeys(recording.RESULTS, 0),
        "requests": 1,
        "throttled": 0,
        "waited_seconds": 0.0,
    }


def test_more_sessions_than_max_fail_before_any_write(module, fake_api):
    fake_api.on("GET Machines/LAB%7Cvda-001/Sessions", {"Items": [SESSION, {"Id": "2"}]})
    with pytest.raises(OptionError, match=r"^max_sessions: "):
        under_test.run(module(state="started", machine=["LAB\\vda-001"], max_sessions=1), fake_api)
    assert fake_api.sent() == ["GET Machines/LAB%7Cvda-001/Sessions"]


@pytest.mark.parametrize("given", [{"session_id": ["1"], "wait_timeout": -1}, {}, {"machine": ["LAB\x0bda-001"]}])
def test_invalid_options_rejected_before_any_call(module, fake_api, given):
    with pytest.raises(CitrixError):
        under_test.run(module(**{"state": "started", **given}), fake_api)
    assert fake_api.calls == []


# With HTTP requests


def test_module_succeeds_over_http(executed, wire):
    wire.get(f"{BASE}/Sessions/1", json=SESSION)
    wire.get(f"{BASE}/Sessions/RecordingStatus", json=OFF)
    wire.get(f"{BASE}/Sessions/RecordingStatus", json=ON)
    wire.post(f"{BASE}/Sessions/1/$startRecording", json={}, headers={"Citrix-TransactionId": "t1"})
    code, result = executed(state="started", session_id="1", notify_user=False)
    assert code == 0
    assert (result["changed"], outlines(result)) == (True, [("1", "started", True)])
    assert result["sessions"][0]["transaction_id"] == "t1"
    assert result["sessions"][0]["notify_user"] is False
    assert (result["summary"]["started"], result["summary"]["requests"]) == (1, 4)
    assert [call.request.method for call in wire.calls] == ["GET", "GET", "POST", "GET"]
    assert wire.calls[2].request.params == {"notifyUser": "false"}
    assert wire.calls[2].request.body is None


def test_module_fails_over_http_with_complete_result(executed, wire):
    wire.get(f"{BASE}/Sessions/1", json=SESSION)
    wire.get(f"{BASE}/Sessions/RecordingStatus", json=OFF)
    wire.post(f"{BASE}/Sessions/1/$startRecording", status=403, json={"detail": f"Denied: {TOKEN}"})
    code, result = executed(state="started", session_id=["1"])
    assert code == 1
    assert (result["failed"], result["changed"], outlines(result)) == (True, False, [("1", "failed", False)])
    assert "HTTP 403 (Denied: ***)" in result["msg"]
    assert result["summary"]["failed"] == 1


def test_module_fails_over_http_if_nothing_is_readable(executed, wire):
    wire.get(f"{BASE}/Sessions/1", status=403, json={"detail": "Denied."}, headers={"Citrix-TransactionId": "t1"})
    code, result = executed(state="started", session_id=["1"])
    assert code == 1
    assert result["failure"] == {"status": 403, "detail": "Denied.", "transaction_id": "t1"}


def test_check_mode_sends_no_write_over_http(executed, wire):
    wire.get(f"{BASE}/Sessions/1", json=SESSION)
    wire.get(f"{BASE}/Sessions/RecordingStatus", json=OFF)
    code, result = executed(state="started", session_id=["1"], _ansible_check_mode=True)
    assert (code, result["changed"], outlines(result)) == (0, True, [("1", "started", True)])
    assert [call.request.method for call in wire.calls] == ["GET", "GET"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"session_id": ["1"]}, "state"),
        ({"state": "paused", "session_id": ["1"]}, "value of state must be one of"),
        ({"state": "started", "session_id": ["1"], "machine": ["a"]}, "session_id: cannot be combined"),
        ({"state": "started", "session_id": ["1"], "on_gap": "ignore"}, "value of on_gap must be one of"),
        ({"state": "started", "all_sessions": True, "user": "a"}, "all_sessions: selects every session"),
        ({"state": "started"}, "no selector is set; set at least one"),
    ],
)
def test_invalid_arguments_rejected(executed, wire, args, expected):
    code, result = executed(**args)
    assert code == 1
    assert expected in result["msg"]
    assert len(wire.calls) == 0
