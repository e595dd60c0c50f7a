# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_session_message: from options to result, and once including HTTP requests."""

from __future__ import annotations

import json

import pytest
import requests
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError, OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_message as under_test

TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
GIVEN = {"customer_id": "customer1", "site_id": "site1", "access_token": TOKEN}
BASE = "https://api.cloud.com/cvad/manage"
SESSION = {"Id": "1", "State": "Active", "User": {"Name": "LAB\\user001"}, "Machine": {"Name": "LAB\\vda-001"}}
MESSAGE = {"title": "Maintenance", "text": "Please log off."}
ON_MACHINE, SEND = "GET Machines/LAB%7Cvda-001/Sessions", "POST Sessions/1/$sendMessage"


@pytest.fixture
def send(module, fake_api):
    """Return a function that sends a message with these options and returns (result, warnings)."""

    def run(check_mode=False, **given):
        mock = module(check_mode, **{"style": "information", **MESSAGE, **given})
        result = under_test.run(mock, fake_api)
        return result, [call.args[0] for call in mock.warn.call_args_list]

    return run


def outlines(result):
    return [(entry["id"], entry["result"], entry["changed"]) for entry in result["sessions"]]


def test_message_sent_to_each_selected_session(send, fake_api):
    fake_api.on(ON_MACHINE, {"Items": [SESSION, {**SESSION, "Id": "2", "State": "Disconnected"}]})
    fake_api.on(SEND, {})
    fake_api.on("POST Sessions/2/$sendMessage", {})
    result, warnings = send(machine=["LAB\\vda-001"], style="critical")
    assert (result["changed"], outlines(result)) == (True, [("1", "sent", True), ("2", "sent", True)])
    assert (result["msg"], warnings) == ("2 sessions: 2 sent.", [])
    assert fake_api.writes[0].body == {"Style": "Critical", "Title": "Maintenance", "Text": "Please log off."}
    assert result["diff"]["after"]["1"] == "LAB\\user001 on LAB\\vda-001: sent"
    assert result["summary"] == {
        "sent": 2,
        "denied": 0,
        "unidentified": 0,
        "ended": 0,
        "unconfirmed": 0,
        "failed": 0,
        "requests": 3,
        "throttled": 0,
        "waited_seconds": 0.0,
    }


def test_second_run_sends_message_again(send, fake_api):
    fake_api.on(ON_MACHINE, {"Items": [SESSION]})
    fake_api.on(SEND, {})
    assert [send(machine=["LAB\\vda-001"])[0]["changed"] for _count in range(2)] == [True, True]
    assert len(fake_api.writes) == 2


def test_check_mode_sends_nothing(send, fake_api):
    fake_api.on(ON_MACHINE, {"Items": [SESSION]})
    result, _warnings = send(check_mode=True, machine=["LAB\\vda-001"])
    assert (result["changed"], outlines(result)) == (True, [("1", "sent", True)])
    assert result["msg"] == "Check mode, nothing was sent; a run would process 1 session: 1 sent."
    assert fake_api.writes == []


@pytest.mark.parametrize(("answer", "outcome"), [(403, "failed"), (502, "unconfirmed")])
def test_message_not_accepted_fails_with_complete_result(send, fake_api, answer, outcome):
    fake_api.on(ON_MACHINE, {"Items": [SESSION]})
    fake_api.on(SEND, answer)
    result, warnings = send(machine=["LAB\\vda-001"], on_gap="warn")
    assert (result["failed"], result["changed"], outlines(result)) == (True, False, [("1", outcome, False)])
    assert f"HTTP {answer}" in result["msg"]
    assert warnings == []


def test_ended_session_is_gap(send, fake_api):
    fake_api.on("GET Sessions/1", 404)
    fake_api.on("GET Sessions/RecordingStatus?id=1", 404)
    result, warnings = send(session_id=["1"])
    assert (result["failed"], outlines(result), warnings) == (True, [("1", "ended", False)], [])
    result, warnings = send(session_id=["1"], on_gap="warn")
    assert ("failed" in result, len(warnings)) == (False, 1)


def test_named_user_without_session_fails_after_all_messages(send, fake_api):
    fake_api.on("POST Sessions/$search", {"Items": [SESSION]})
    fake_api.on(SEND, {})
    result, _warnings = send(user=["user001", "user002"])
    assert (result["failed"], result["changed"], outlines(result)) == (True, True, [("1", "sent", True)])
    assert "No session was found for user002" in result["msg"]


def test_exclusion_without_match_reported_all_get_message(send, fake_api):
    fake_api.on(ON_MACHINE, {"Items": [SESSION]})
    fake_api.on(SEND, {})
    result, warnings = send(machine=["LAB\\vda-001"], exclude_user=["LAB\\usr001"], on_gap="fail")
    assert ("failed" in result, outlines(result)) == (False, [("1", "sent", True)])
    assert warnings == ["exclude_user: no selected session belongs to LAB\\usr001; check the names."]


def test_empty_exclusions_exclude_no_user(send, fake_api):
    fake_api.on(ON_MACHINE, {"Items": [SESSION]})
    fake_api.on(SEND, {})
    result, warnings = send(machine=["LAB\\vda-001"], exclude_user=[], exclude_machine=[])
    assert (outlines(result), warnings) == ([("1", "sent", True)], [])


@pytest.mark.parametrize("given", [{"title": " "}, {"text": ""}, {"max_sessions": 0}, {"machine": ["LAB\x0bda-001"]}])
def test_invalid_options_rejected_before_any_call(send, fake_api, given):
    with pytest.raises(OptionError, match=f"^{next(iter(given))}: "):
        send(**{"machine": ["LAB\\vda-001"], **given})
    assert fake_api.calls == []


def test_no_selector_rejected_before_any_call(send, fake_api):
    with pytest.raises(CitrixError, match="no selector is set; set at least one"):
        send()
    assert fake_api.calls == []


# With HTTP requests


def test_module_succeeds_over_http(executed, wire):
    wire.get(f"{BASE}/Sessions/1", json=SESSION)
    wire.post(f"{BASE}/Sessions/1/$sendMessage", json=SESSION, headers={"Citrix-TransactionId": "t1"})
    code, result = executed(**MESSAGE, session_id="1")
    assert (code, result["changed"], outlines(result)) == (0, True, [("1", "sent", True)])
    assert result["sessions"][0]["transaction_id"] == "t1"
    assert json.loads(wire.calls[1].request.body) == {
        "Style": "Information",
        "Title": "Maintenance",
        "Text": "Please log off.",
    }


@pytest.mark.parametrize("fault", [{"status": 502}, {"status": 503}, {"body": requests.exceptions.ReadTimeout("slow")}])
def test_message_with_lost_response_not_resent_over_http(executed, wire, fault):
    wire.get(f"{BASE}/Sessions/1", json=SESSION)
    wire.post(f"{BASE}/Sessions/1/$sendMessage", **fault)
    code, result = executed(**MESSAGE, session_id="1")
    assert (code, outlines(result)) == (1, [("1", "unconfirmed", False)])
    assert [call.request.method for call in wire.calls] == ["GET", "POST"]


def test_check_mode_sends_no_write_over_http(executed, wire):
    wire.get(f"{BASE}/Sessions/1", json=SESSION)
    code, result = executed(**MESSAGE, session_id="1", _ansible_check_mode=True)
    assert (code, result["changed"], outlines(result)) == (0, True, [("1", "sent", True)])
    assert [call.request.method for call in wire.calls] == ["GET"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"session_id": "1", "text": "x"}, "title"),
        ({"session_id": "1", "title": "x"}, "text"),
        ({"session_id": "1", **MESSAGE, "style": "Nonsense"}, "value of style must be one of"),
        ({"session_id": "1", **MESSAGE, "text": "  "}, "text: is empty"),
        (MESSAGE, "no selector is set; set at least one"),
    ],
)
def test_invalid_arguments_rejected(executed, wire, args, expected):
    code, result = executed(**args)
    assert code == 1
    assert expected in result["msg"]
    assert len(wire.calls) == 0
