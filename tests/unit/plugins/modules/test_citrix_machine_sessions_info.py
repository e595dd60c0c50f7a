# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_machine_sessions_info: from options to result, and once including HTTP requests."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError, OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_machine_sessions_info as under_test

TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
GIVEN = {"customer_id": "customer1", "access_token": TOKEN}
BASE = "https://api.cloud.com/cvad/manage"
FIRST, SECOND = "LAB\\vda-001", "LAB\\vda-002"
ON_FIRST, SEARCH, MACHINES = "GET Machines/LAB%7Cvda-001/Sessions", "POST Sessions/$search", "POST Machines/$search"


@pytest.mark.parametrize("check_mode", [False, True])
def test_sessions_listed_with_count_of_each_machine(module, fake_api, check_mode):
    sessions = [
        {"Id": "1", "FormattedStartTime": "2026-01-05T09:14:31Z", "Machine": {"Name": FIRST}},
        {"Id": "2", "Machine": {"Name": FIRST}},
    ]
    fake_api.on(SEARCH, {"Items": sessions})
    fake_api.on(MACHINES, {"Items": [{"Id": "m1", "Name": FIRST}, {"Id": "m2", "Name": SECOND}]})
    result = under_test.run(module(check_mode, machine=[SECOND, FIRST]), fake_api)
    assert result == {
        "changed": False,
        "list_complete": True,
        "sessions": [
            {"id": "1", "formatted_start_time": "2026-01-05T09:14:31Z", "machine": {"name": FIRST}},
            {"id": "2", "machine": {"name": FIRST}},
        ],
        "machines": {SECOND: 0, FIRST: 2},
    }
    assert fake_api.writes == []


def test_only_requested_fields_returned(module, fake_api):
    fake_api.on(SEARCH, {"Items": [{"Id": "1", "State": "Active", "Machine": {"Name": FIRST}}]})
    fake_api.on(MACHINES, {"Items": [{"Id": "m1", "Name": FIRST}, {"Id": "m2", "Name": SECOND}]})
    result = under_test.run(module(machine=[FIRST, SECOND], fields=["State"]), fake_api)
    assert result["sessions"] == [{"id": "1", "state": "Active"}]
    assert [(call.path, call.query["fields"]) for call in fake_api.calls] == [
        ("Sessions/$search", "Id,State,Machine"),
        ("Machines/$search", "Id,Name,DnsName"),
    ]


def test_fields_request_includes_id_and_machine(module, fake_api):
    fake_api.on(ON_FIRST, {"Items": [{"Id": "1"}]})
    under_test.run(module(machine=[FIRST], fields=["State", "User"]), fake_api)
    assert fake_api.calls[0].query["fields"].split(",") == ["Id", "State", "User", "Machine"]


def test_fields_request_includes_id_once(module, fake_api):
    fake_api.on(ON_FIRST, {"Items": [{"Id": "1"}]})
    under_test.run(module(machine=[FIRST], fields=["State", "Id"]), fake_api)
    assert sorted(fake_api.calls[0].query["fields"].split(",")) == ["Id", "Machine", "State"]


def test_recording_read_for_each_session(module, fake_api):
    fake_api.on(ON_FIRST, {"Items": [{"Id": "1"}, {"Id": "2"}]})
    fake_api.on("GET Sessions/RecordingStatus?id=1", {"IsSessionBeingRecorded": True})
    fake_api.on("GET Sessions/RecordingStatus?id=2", 403)
    result = under_test.run(module(machine=[FIRST], recording=True), fake_api)
    assert result["sessions"] == [{"id": "1", "recorded": True}, {"id": "2", "recorded": None}]


def test_session_of_machine_named_twice_counts_once(module, fake_api):
    machine = {"Name": FIRST, "DnsName": "vda-001.lab.example"}
    fake_api.on(MACHINES, {"Items": [{"Id": "m1", **machine}]})
    fake_api.on("GET Machines/m1/Sessions", {"Items": [{"Id": "1", "Machine": machine}]})
    result = under_test.run(module(machine=[FIRST, "vda-001.lab.example"]), fake_api)
    assert [session["id"] for session in result["sessions"]] == ["1"]
    assert result["machines"] == {FIRST: 1, "vda-001.lab.example": 1}


def test_duplicate_session_listed_and_counted_once(module, fake_api):
    fake_api.on(ON_FIRST, {"Items": [{"Id": "1"}, {"Id": "1"}]})
    result = under_test.run(module(machine=[FIRST]), fake_api)
    assert (result["sessions"], result["machines"]) == ([{"id": "1"}], {FIRST: 1})


def test_dns_name_looked_up_and_counted_as_given(module, fake_api):
    name = "vda-001.lab.example"
    fake_api.on(MACHINES, {"Items": [{"Id": "m1", "Name": FIRST, "DnsName": name}]})
    fake_api.on("GET Machines/m1/Sessions", {"Items": [{"Id": "1"}]})
    result = under_test.run(module(machine=[name]), fake_api)
    assert (result["sessions"], result["machines"]) == ([{"id": "1"}], {name: 1})


def test_missing_machine_ends_task_with_name(module, fake_api):
    fake_api.on(SEARCH, {"Items": [{"Id": "1", "Machine": {"Name": FIRST}}]})
    fake_api.on(MACHINES, {"Items": [{"Id": "m1", "Name": FIRST}]})
    with pytest.raises(OptionError, match=r"^machine: site site1 has no LAB\\vda-002;"):
        under_test.run(module(machine=[FIRST, SECOND]), fake_api)


def test_api_error_ends_task(module, fake_api):
    fake_api.on(ON_FIRST, 403)
    with pytest.raises(ApiError, match="HTTP 403"):
        under_test.run(module(machine=[FIRST]), fake_api)


# With HTTP requests


def test_module_succeeds_over_http_and_finds_site(executed, wire):
    wire.get(f"{BASE}/me", json={"Customers": [{"Id": "customer1", "Sites": [{"Id": "site7", "Name": "Cloud"}]}]})
    wire.get(f"{BASE}/Machines/LAB%7Cvda-001/Sessions", json={"Items": [{"Id": "1", "State": "Active"}]})
    code, result = executed(machine=FIRST, fields=["State"])
    assert code == 0
    assert (result["changed"], result["sessions"]) == (False, [{"id": "1", "state": "Active"}])
    assert result["machines"] == {FIRST: 1}
    assert wire.calls[-1].request.headers["Citrix-InstanceId"] == "site7"
    assert wire.calls[-1].request.params == {"fields": "Id,State,Machine"}


def test_module_fails_over_http_with_api_error(executed, wire):
    wire.get(f"{BASE}/me", status=401, json={"detail": "Token expired."}, headers={"Citrix-TransactionId": "t1"})
    code, result = executed(machine=[FIRST])
    assert code == 1
    assert result["failure"] == {"status": 401, "detail": "Token expired.", "transaction_id": "t1"}
    assert "sign in again" in result["msg"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, "machine"),
        ({"machine": []}, "machine: is empty"),
        ({"machine": [FIRST], "fields": ["Nonsense"]}, "value of fields must be one or more of"),
    ],
)
def test_invalid_arguments_rejected(executed, wire, args, expected):
    code, result = executed(**args)
    assert code == 1
    assert expected in result["msg"]
    assert len(wire.calls) == 0
