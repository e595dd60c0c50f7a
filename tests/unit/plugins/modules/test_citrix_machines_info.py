# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_machines_info: from options to result, and once including HTTP requests."""

from __future__ import annotations

import json

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError, OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_machines_info as under_test

TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
GIVEN = {"customer_id": "customer1", "site_id": "site1", "access_token": TOKEN}
BASE = "https://api.cloud.com/cvad/manage"
LISTING, SEARCH = "GET Machines", "POST Machines/$search"
MACHINE = {"Id": "m1", "Name": "LAB\\vda-001", "DnsName": "vda-001.lab.example", "SessionCount": 10}


def page(*items, token=None):
    return {"Items": list(items), "ContinuationToken": token}


def of_kind(support, *machines):
    """Respond to a search that names this kind of machine."""

    def search(call):
        return page(*machines if f'"{support}"' in json.dumps(call.body) else ())

    return search


@pytest.mark.parametrize("check_mode", [False, True])
def test_all_machines_returned_with_all_fields(module, fake_api, check_mode):
    fake_api.on(LISTING, page(MACHINE, token="more"), page({"Id": "m2", "Tags": None}))
    assert under_test.run(module(check_mode), fake_api) == {
        "changed": False,
        "list_complete": True,
        "machines": [
            {"id": "m1", "name": "LAB\\vda-001", "dns_name": "vda-001.lab.example", "session_count": 10},
            {"id": "m2", "tags": None},
        ],
    }
    assert "fields" not in fake_api.calls[0].query


def test_names_requested_with_fields(module, fake_api):
    fake_api.on(LISTING, page(MACHINE))
    under_test.run(module(fields=["SessionCount", "Id"]), fake_api)
    assert fake_api.calls[0].query["fields"] == "Id,Name,DnsName,SessionCount"


@pytest.mark.parametrize("selector", [{}, {"machine": ["LAB\\vda-001"]}, {"delivery_group": ["Office"]}])
def test_only_requested_fields_returned(module, fake_api, selector):
    """The delivery group is requested too, to check the objects that the server found."""
    machine = {**MACHINE, "DeliveryGroup": {"Id": "g1", "Name": "Office"}, "Tags": []}
    fake_api.on("GET DeliveryGroups/Office", {"Id": "g1", "Name": "Office"})
    fake_api.on(LISTING, page(machine))
    fake_api.on(SEARCH, of_kind("MultiSession", machine))
    result = under_test.run(module(**selector, fields=["SessionCount"]), fake_api)
    expected = {"id": "m1", "name": "LAB\\vda-001", "dns_name": "vda-001.lab.example", "session_count": 10}
    assert result["machines"] == [expected]
    result = under_test.run(module(**selector, fields=["DeliveryGroup"]), fake_api)
    assert result["machines"][0]["delivery_group"] == {"id": "g1", "name": "Office"}


@pytest.mark.parametrize("name", ["LAB\\vda-001", "lab|VDA-001", "vda-001.lab.example"])
@pytest.mark.parametrize("support", ["MultiSession", "SingleSession"])
def test_machine_selected_by_name(module, fake_api, name, support):
    fake_api.on(SEARCH, of_kind(support, MACHINE))
    result = under_test.run(module(machine=[name], fields=["SessionCount"]), fake_api)
    assert [machine["session_count"] for machine in result["machines"]] == [10]
    assert {call.query["fields"] for call in fake_api.calls} == {"Id,Name,DnsName,SessionCount"}


def test_machines_of_delivery_group_include_both_kinds(module, fake_api):
    fake_api.on("GET DeliveryGroups/EU%7COffice", {"Id": "g1", "Name": "Office", "FullName": "EU\\Office"})
    other = {"Id": "m9", "DeliveryGroup": {"Id": "g9", "Name": "Sales"}}
    fake_api.on(SEARCH, page(MACHINE, other), page({"Id": "m2", "DeliveryGroup": {"Id": "g1"}}))
    result = under_test.run(module(delivery_group=["EU\\Office"]), fake_api)
    assert [machine["id"] for machine in result["machines"]] == ["m1", "m2"]
    singles = [fake_api.conditions(body)[0] for body in fake_api.searches]
    assert [single[0]["Value"] for single in singles] == ["MultiSession", "SingleSession"]


def test_filters_of_task_sent_to_server(module, fake_api):
    fake_api.on(SEARCH, of_kind("SingleSession", MACHINE))
    written = {"property": "RegistrationState", "operator": "NotEquals", "value": "Registered"}
    result = under_test.run(module(search_filters=[written], session_support="SingleSession"), fake_api)
    assert len(result["machines"]) == 1
    assert [tuple(each.values()) for each in fake_api.conditions(fake_api.searches[0])[0]] == [
        ("SessionSupport", "Equals", "SingleSession"),
        ("RegistrationState", "NotEquals", "Registered"),
    ]


@pytest.mark.parametrize(("limit", "count", "pages"), [(0, 3, 2), (1, 1, 1), (2, 2, 1), (3, 3, 2), (10**18, 3, 2)])
def test_limit_applies_to_result_and_reading(module, fake_api, limit, count, pages):
    fake_api.on(LISTING, page({"Id": "1"}, {"Id": "2"}, token="more"), page({"Id": "3"}))
    assert len(under_test.run(module(limit=limit), fake_api)["machines"]) == count
    assert len(fake_api.calls) == pages


@pytest.mark.parametrize(
    ("machines", "fields", "warned"),
    [
        ([MACHINE, {"Id": "m2", "Zone": None}], ["Zone", "SessionCount"], []),
        ([MACHINE], ["SessionCount", "sessionCount", "Zones"], ["Zones, sessionCount"]),
        ([], ["Zones"], []),
        ([MACHINE], None, []),
    ],
)
def test_fields_that_no_machine_has_are_reported(module, fake_api, machines, fields, warned):
    fake_api.on(LISTING, page(*machines))
    task = module(fields=fields)
    under_test.run(task, fake_api)
    expected = [f"fields: the API returned {names} for no machine; check the spelling." for names in warned]
    assert [call.args[0] for call in task.warn.call_args_list] == expected


@pytest.mark.parametrize(
    "given",
    [{"limit": -1}, {"machine": []}, {"delivery_group": [" "]}, {"fields": ["No field"]}, {"machine": ["a\x0b"]}],
)
def test_invalid_options_rejected_before_any_call(module, fake_api, given):
    with pytest.raises(OptionError, match=f"^{next(iter(given))}: "):
        under_test.run(module(**given), fake_api)
    assert fake_api.calls == []


def test_missing_machine_ends_task_with_name(module, fake_api):
    fake_api.on(SEARCH, of_kind("MultiSession", MACHINE))
    with pytest.raises(OptionError, match=r"^machine: site site1 has no LAB\\vda-002;"):
        under_test.run(module(machine=["LAB\\vda-001", "LAB\\vda-002"]), fake_api)


def test_api_error_ends_task(module, fake_api):
    fake_api.on(LISTING, page(MACHINE, token="more"), 403)
    with pytest.raises(ApiError, match="list the machines: HTTP 403"):
        under_test.run(module(), fake_api)


# With HTTP requests


def test_module_succeeds_over_http(executed, wire):
    wire.post(f"{BASE}/Machines/$search", json=page(MACHINE))
    code, result = executed(session_support="MultiSession", fields="SessionCount")
    assert code == 0
    assert (result["changed"], [machine["name"] for machine in result["machines"]]) == (False, ["LAB\\vda-001"])
    (request,) = [call.request for call in wire.calls]
    assert request.params == {"limit": "1000", "fields": "Id,Name,DnsName,SessionCount,SessionSupport"}
    assert json.loads(request.body) == {
        "SearchFilters": [{"Property": "SessionSupport", "Operator": "Equals", "Value": "MultiSession"}]
    }


def test_module_fails_over_http_with_api_error(executed, wire):
    wire.get(f"{BASE}/Machines", status=403, json={"detail": "Denied."}, headers={"Citrix-TransactionId": "t1"})
    code, result = executed()
    assert code == 1
    assert result["failure"] == {"status": 403, "detail": "Denied.", "transaction_id": "t1"}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"session_support": "Nonsense"}, "value of session_support must be one of"),
        ({"search_filters": [{"value": "x"}]}, "property"),
        ({"fields": ["Session Count"]}, "fields: 'Session Count' is not a field"),
    ],
)
def test_invalid_arguments_rejected(executed, wire, args, expected):
    code, result = executed(**args)
    assert code == 1
    assert expected in result["msg"]
    assert len(wire.calls) == 0
