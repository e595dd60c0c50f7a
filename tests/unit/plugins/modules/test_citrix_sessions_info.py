# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_sessions_info: from options to result, and once including HTTP requests."""

from __future__ import annotations

import json

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.search import compare
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError, OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_sessions_info as under_test

TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
GIVEN = {"customer_id": "customer1", "site_id": "site1", "access_token": TOKEN}
BASE = "https://api.cloud.com/cvad/manage"
LISTING, SEARCH = "GET Sessions", "POST Sessions/$search"
SESSION = {"Id": "1", "State": "Active", "User": {"Name": "LAB\\user001"}, "Machine": {"Name": "LAB\\vda-001"}}


def page(*items, token=None):
    return {"Items": list(items), "ContinuationToken": token}


@pytest.mark.parametrize("check_mode", [False, True])
def test_all_sessions_returned_with_all_fields(module, fake_api, check_mode):
    fake_api.on(LISTING, page(SESSION, token="more"), page({"Id": "2"}))
    assert under_test.run(module(check_mode), fake_api) == {
        "changed": False,
        "list_complete": True,
        "sessions": [
            {"id": "1", "state": "Active", "user": {"name": "LAB\\user001"}, "machine": {"name": "LAB\\vda-001"}},
            {"id": "2"},
        ],
    }
    assert fake_api.sent() == [LISTING, LISTING]


def test_selectors_states_and_conditions_sent_to_server(module, fake_api):
    fake_api.on(SEARCH, page(SESSION))
    written = {"property": "ClientName", "operator": "StartsWith", "value": "client"}
    given = {"user": ["LAB\\user001"], "session_state": ["Active"], "search_filters": [written]}
    assert len(under_test.run(module(**given), fake_api)["sessions"]) == 1
    (body,) = fake_api.searches
    single, _choices = fake_api.conditions(body)
    assert [tuple(each.values()) for each in single] == [
        ("ClientName", "StartsWith", "client"),
        ("CurrentUser", "Equals", "LAB\\user001"),
        ("SessionState", "Equals", "Active"),
    ]


def test_only_requested_fields_returned(module, fake_api):
    fake_api.on(SEARCH, page(SESSION))
    result = under_test.run(module(session_state=["Active"], user=["user001"], fields=["Machine"]), fake_api)
    assert result["sessions"] == [{"id": "1", "machine": {"name": "LAB\\vda-001"}}]
    assert fake_api.calls[0].query["fields"] == "Id,Machine,State,User,IsAnonymousUser"


def test_recording_read_for_each_session(module, fake_api):
    fake_api.on(LISTING, page({"Id": "1"}, {"Id": "2"}))
    fake_api.on("GET Sessions/RecordingStatus?id=1", {"IsSessionBeingRecorded": True})
    fake_api.on("GET Sessions/RecordingStatus?id=2", 403)
    mock = module(recording=True)
    assert under_test.run(mock, fake_api)["sessions"] == [{"id": "1", "recorded": True}, {"id": "2", "recorded": None}]
    mock.warn.assert_called_once()


@pytest.mark.parametrize(("limit", "count", "pages"), [(0, 3, 2), (1, 1, 1), (2, 2, 1), (3, 3, 2), (10**18, 3, 2)])
def test_limit_applies_to_result_and_reading(module, fake_api, limit, count, pages):
    fake_api.on(LISTING, page({"Id": "1"}, {"Id": "2"}, token="more"), page({"Id": "3"}))
    for number in range(1, 4):
        fake_api.on(f"GET Sessions/RecordingStatus?id={number}", {"IsSessionBeingRecorded": False})
    assert len(under_test.run(module(limit=limit, recording=True), fake_api)["sessions"]) == count
    assert len([key for key in fake_api.sent() if key == LISTING]) == pages
    assert len(fake_api.sent("GET Sessions/RecordingStatus")) == count


def test_user_without_session_returns_empty_list(module, fake_api):
    fake_api.on(SEARCH, page())
    fake_api.on("GET Sessions", page())
    mock = module(user=["user001", "user002"])
    assert under_test.run(mock, fake_api) == {"changed": False, "sessions": [], "list_complete": True}
    mock.warn.assert_called_once_with(
        "user: no session belongs to user001, user002; check the names if they are connected."
    )


@pytest.mark.parametrize("given", [{"limit": -1}, {"user": []}, {"machine": ["LAB\x0bda-001"]}, {"application": [" "]}])
def test_invalid_options_rejected_before_any_call(module, fake_api, given):
    with pytest.raises(OptionError, match=f"^{next(iter(given))}: "):
        under_test.run(module(**given), fake_api)
    assert fake_api.calls == []


def test_api_error_ends_task(module, fake_api):
    fake_api.on(LISTING, page({"Id": "1"}, token="more"), 403)
    with pytest.raises(ApiError, match="list the sessions: HTTP 403"):
        under_test.run(module(), fake_api)


# With HTTP requests


def test_module_succeeds_over_http(executed, wire):
    wire.post(f"{BASE}/Sessions/$search", json=page(SESSION))
    code, result = executed(user="user001", session_state="Active", fields=["State"])
    assert code == 0
    assert (result["changed"], result["sessions"]) == (False, [{"id": "1", "state": "Active"}])
    # The names of the user who was found are searched for too.
    first, _second = [call.request for call in wire.calls]
    assert first.params == {"limit": "1000", "fields": "Id,State,User,IsAnonymousUser"}
    assert {"SearchFilterGroupType": "And", "SearchFilters": [compare("SessionState", "Active")]} in json.loads(
        first.body
    )["SearchFilterGroups"]


def test_search_in_check_mode_is_retried_read(executed, wire):
    wire.post(f"{BASE}/Sessions/$search", status=503, headers={"Retry-After": "0"})
    wire.post(f"{BASE}/Sessions/$search", json=page(SESSION))
    code, result = executed(user="LAB\\user001", _ansible_check_mode=True)
    assert (code, len(result["sessions"]), len(wire.calls)) == (0, 1, 2)


def test_module_fails_over_http_with_api_error(executed, wire):
    wire.get(f"{BASE}/Sessions", status=403, json={"detail": "Denied."}, headers={"Citrix-TransactionId": "t1"})
    code, result = executed()
    assert code == 1
    assert result["failure"] == {"status": 403, "detail": "Denied.", "transaction_id": "t1"}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"session_state": "Nonsense"}, "value of session_state must be one or more of"),
        ({"fields": ["Nonsense"]}, "value of fields must be one or more of"),
        ({"search_filters": [{"operator": "Equals"}]}, "property"),
        ({"limit": -1}, "limit: must be 0, for all, or more"),
        ({"session_id": "1"}, "Unsupported parameters"),
    ],
)
def test_invalid_arguments_rejected(executed, wire, args, expected):
    code, result = executed(**args)
    assert code == 1
    assert expected in result["msg"]
    assert len(wire.calls) == 0
