# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_recording_policy: from rules to result, and once including HTTP requests."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_recording_policy as under_test

ON, OFF = ({"IsSessionBeingRecorded": value} for value in (True, False))
TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
GIVEN = {"customer_id": "customer1", "site_id": "site1", "access_token": TOKEN}
BASE = "https://api.cloud.com/cvad/manage"
FREE = {"name": "Free", "user": ["LAB\\user002"], "state": "stopped"}
EVERYONE = {"name": "Everyone", "all_sessions": True, "state": "started"}


def a_session(number, **fields):
    return {
        "Id": str(number),
        "State": "Active",
        "User": {"Name": f"LAB\\user00{number}"},
        "Machine": {"Name": "LAB\\vda-001"},
        **fields,
    }


@pytest.fixture
def site(fake_api):
    """Return a site of three sessions: 1 must start, 2 must stop, 3 is in the requested state."""
    fake_api.on("GET Sessions", {"Items": [a_session(1), a_session(2), a_session(3)]})
    for number, states in ((1, (OFF, ON)), (2, (ON, OFF)), (3, (ON,))):
        fake_api.on(f"GET Sessions/RecordingStatus?id={number}", *states)
    fake_api.on("POST Sessions/1/$startRecording", {})
    fake_api.on("POST Sessions/2/$stopRecording", {})
    return fake_api


def outlines(result):
    return [(entry["id"], entry["rule"], entry["result"], entry["changed"]) for entry in result["sessions"]]


def writes(api):
    return sorted(f"{call.method} {call.path}" for call in api.writes)


def test_sessions_get_state_of_their_rule_in_one_pass(module, site):
    result = under_test.run(module(rules=[FREE, EVERYONE]), site)
    assert outlines(result) == [
        ("1", "Everyone", "started", True),
        ("2", "Free", "stopped", True),
        ("3", "Everyone", "unchanged", False),
    ]
    assert (result["changed"], "failed" in result) == (True, False)
    assert result["msg"] == "3 sessions: 1 started, 1 stopped, 1 unchanged."
    assert {name: result["summary"][name] for name in ("started", "stopped", "unchanged")} == {
        "started": 1,
        "stopped": 1,
        "unchanged": 1,
    }
    assert [(each["name"], each["sessions"], each["started"], each["stopped"]) for each in result["rules"]] == [
        ("Free", 1, 0, 1),
        ("Everyone", 2, 1, 0),
    ]
    assert sorted(result["diff"]["after"]) == ["1", "2"]
    assert site.sent().count("GET Sessions") == 1
    assert writes(site) == ["POST Sessions/1/$startRecording", "POST Sessions/2/$stopRecording"]


def test_second_run_sends_no_write(module, site):
    under_test.run(module(rules=[FREE, EVERYONE]), site)
    sent = len(site.writes)
    again = under_test.run(module(rules=[FREE, EVERYONE]), site)
    assert (again["changed"], again["summary"]["unchanged"]) == (False, 3)
    assert len(site.writes) == sent


def test_check_mode_predicts_run_and_writes_nothing(module, site):
    rehearsal = under_test.run(module(check_mode=True, rules=[FREE, EVERYONE]), site)
    assert site.writes == []
    site.on("GET Sessions/RecordingStatus?id=1", OFF, ON)
    site.on("GET Sessions/RecordingStatus?id=2", ON, OFF)
    run = under_test.run(module(rules=[FREE, EVERYONE]), site)
    assert outlines(rehearsal) == outlines(run)
    assert (rehearsal["rules"], rehearsal["diff"]) == (run["rules"], run["diff"])


@pytest.mark.parametrize("on_gap", ["warn", "fail"])
@pytest.mark.parametrize(("fields", "expected"), [({"State": "Disconnected"}, "not recordable"), ({}, "ended")])
def test_gap_fails_or_warns_after_all_sessions(module, site, on_gap, fields, expected):
    site.on("GET Sessions", {"Items": [a_session(4, **fields), a_session(1)]})
    site.on("GET Sessions/RecordingStatus?id=4", 404)
    site.on("GET Sessions/4", 404)
    mock = module(rules=[EVERYONE], on_gap=on_gap)
    result = under_test.run(mock, site)
    assert result["summary"]["started"] == 1
    assert ("failed" in result, mock.warn.called) == (on_gap == "fail", on_gap == "warn")
    assert expected in (result["msg"] if on_gap == "fail" else mock.warn.call_args.args[0])


@pytest.mark.parametrize("on_gap", ["warn", "fail"])
def test_run_no_session_one_warning(module, fake_api, on_gap):
    fake_api.on("GET Sessions", {"Items": []})
    mock = module(rules=[FREE, EVERYONE], on_gap=on_gap)
    result = under_test.run(mock, fake_api)
    assert ("failed" in result, result["changed"], mock.warn.call_count) == (False, False, 1)


def test_failure_returned_with_rule_and_other_results(module, site):
    site.on("POST Sessions/1/$startRecording", 403)
    result = under_test.run(module(rules=[FREE, EVERYONE]), site)
    assert (result["failed"], result["changed"]) == (True, True)
    assert outlines(result)[:2] == [("1", "Everyone", "failed", False), ("2", "Free", "stopped", True)]
    assert [each["failed"] for each in result["rules"]] == [0, 1]


def test_notification_set_by_each_rule(module, site):
    quiet = {"name": "Quiet", "user": ["user001"], "state": "started", "notify_user": False}
    result = under_test.run(module(rules=[quiet, FREE, EVERYONE]), site)
    assert [entry["notify_user"] for entry in result["sessions"]] == [False, None, None]
    assert next(call.query for call in site.writes if "start" in call.path) == {"notifyUser": "false"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"rules": []}, r"^rules: is empty"),
        ({"rules": [{**FREE, "user": []}]}, r"^rules\[Free\]: user: is empty"),
        ({"rules": [FREE, FREE]}, r"^rules: 'Free' is the name of 2 rules"),
        ({"rules": [FREE], "wait_timeout": 3601}, r"^wait_timeout: "),
    ],
)
def test_invalid_policy_rejected_before_any_call(module, fake_api, given, expected):
    with pytest.raises(OptionError, match=expected):
        under_test.run(module(**given), fake_api)
    assert fake_api.calls == []


# With HTTP requests


def test_module_succeeds_over_http(executed, wire):
    wire.get(f"{BASE}/Sessions", json={"Items": [a_session(1)]})
    wire.get(f"{BASE}/Sessions/RecordingStatus", json=OFF)
    wire.get(f"{BASE}/Sessions/RecordingStatus", json=ON)
    wire.post(f"{BASE}/Sessions/1/$startRecording", json={}, headers={"Citrix-TransactionId": "t1"})
    code, result = executed(rules=[{**EVERYONE, "exclude_user": "user009"}])
    assert (code, outlines(result)) == (0, [("1", "Everyone", "started", True)])
    assert [call.request.method for call in wire.calls] == ["GET", "GET", "POST", "GET"]
    assert result["sessions"][0]["transaction_id"] == "t1"


def test_check_mode_sends_no_write_over_http(executed, wire):
    wire.get(f"{BASE}/Sessions", json={"Items": [a_session(1)]})
    wire.get(f"{BASE}/Sessions/RecordingStatus", json=OFF)
    code, result = executed(rules=[EVERYONE], _ansible_check_mode=True)
    assert (code, outlines(result)) == (0, [("1", "Everyone", "started", True)])
    assert [call.request.method for call in wire.calls] == ["GET", "GET"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, "missing required arguments: rules"),
        ({"rules": [{**FREE, "state": "paused"}]}, "rules[Free]: value of state must be one of"),
        ({"rules": [{**FREE, "users": ["a"]}]}, "rules[Free]: unknown option users"),
        ({"rules": [{"name": "Free", "user": ["a"]}]}, "rules[Free]: missing required arguments: state"),
        ({"rules": [FREE], "on_gap": "ignore"}, "value of on_gap must be one of"),
        ({"rules": ["a"]}, "rules"),
    ],
)
def test_invalid_arguments_rejected(executed, wire, args, expected):
    code, result = executed(**args)
    assert code == 1
    assert expected in result["msg"]
    assert len(wire.calls) == 0
