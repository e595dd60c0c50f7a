# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages, fields and searches."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def pages(simulator, path="/Sessions", body=None, **params):
    """Return all pages of a list or, with a body, of a search."""
    token = None
    while True:
        query = {**params, **({"continuationToken": token} if token else {})}
        reply = simulator.get(path, query) if body is None else simulator.post(path, body, query)
        assert reply.status_code == 200, reply.text
        yield reply.json()
        token = reply.json()["ContinuationToken"]
        if token is None:
            return


def page_ids(*args, **params):
    return [[item["Id"] for item in page["Items"]] for page in pages(*args, **params)]


def joined(found):
    return list(itertools.chain.from_iterable(found))


def test_list_pages(simulator):
    found = page_ids(simulator, limit=20)
    assert [len(page) for page in found] == [20, 20, 10]
    assert joined(found) == simulator.ids()
    assert [len(page) for page in page_ids(simulator, limit=25)] == [25, 25]
    assert [len(page) for page in page_ids(simulator, "/Machines", limit=2)] == [2, 2, 1]


def test_list_default_limit(simulator):
    simulator.reset(sessions=251)
    assert [len(page) for page in page_ids(simulator)] == [250, 1]


LISTS = [
    "/Sessions",
    "/Machines",
    "/DeliveryGroups",
    "/DeliveryGroups/Engineering/Machines",
    "/Applications/Drawing/Sessions",
]
SUPPORTED = {"SearchFilters": [{"Property": "SessionSupport", "Operator": "NotEquals", "Value": "None"}]}


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many", ""])
def test_list_invalid_limits(simulator, limit):
    for path in LISTS:
        assert simulator.get(path, {"limit": limit}).status_code == 400
    for path in ("/Sessions/$search", "/Machines/$search"):
        assert simulator.post(path, SUPPORTED, {"limit": limit}).status_code == 400


def test_list_maximum_limit(simulator):
    simulator.reset(sessions=1001, machines=1001)
    for path in ("/Sessions/$search", "/Machines/$search"):
        found = list(pages(simulator, path, SUPPORTED, limit=1000, fields="Id"))
        assert [len(page["Items"]) for page in found] == [1000, 1]
        assert {page["TotalItems"] for page in found} == {1001}
        # Each of these characters is lost or changed in a query unless it is encoded.
        assert set("+=:%") <= set(found[0]["ContinuationToken"])


def test_continuation_tokens_hostile_and_checked(simulator):
    token = simulator.get("/Sessions", {"limit": 1}).json()["ContinuationToken"]
    assert set("+=:%/") <= set(token)
    # Not encoded: a plus becomes a space, %2F a slash.
    assert simulator.get(f"/Sessions?limit=1&continuationToken={token}").status_code == 400
    for bad in ("x", token[:-1], token.replace(":", ":A", 1), token + "="):
        assert simulator.get("/Sessions", {"continuationToken": bad}).status_code == 400
    assert simulator.get("/Machines", {"continuationToken": token}).status_code == 400
    assert simulator.get("/Sessions", {"continuationToken": token}).status_code == 200
    simulator.reset()
    assert simulator.get("/Sessions", {"continuationToken": token}).status_code == 400


def test_total_count_in_searches_only(simulator):
    assert "TotalItems" not in simulator.get("/Sessions").json()
    assert simulator.search("Sessions").json()["TotalItems"] == 50


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(limit=st.integers(1, 1000), sessions=st.integers(0, 120), machines=st.integers(1, 7))
def test_any_paging_returns_each_session_once(simulator, limit, sessions, machines):
    simulator.reset(sessions=sessions, machines=machines)
    everything = list(simulator.state())
    assert joined(page_ids(simulator, limit=limit, fields="Id")) == everything
    searched = page_ids(simulator, "/Sessions/$search", body={}, limit=limit, fields="Id")
    assert joined(searched) == everything
    assert all(len(page) <= limit for page in searched)


def test_session_ended_between_pages_hides_no_other(simulator):
    ids = simulator.ids()
    turning = pages(simulator, limit=10)
    seen = [item["Id"] for item in next(turning)["Items"]]
    simulator.faults({"vanish": True, "times": 1})
    simulator.get(f"/Sessions/{ids[0]}")
    seen += [item["Id"] for page in turning for item in page["Items"]]
    assert seen == ids


def test_fields_exclude_other_keys(simulator):
    page = simulator.get("/Sessions", {"fields": "Id,State,User", "limit": 3}).json()
    assert [sorted(item) for item in page["Items"]] == [["Id", "State", "User"]] * 3
    machines = simulator.get("/Machines", {"fields": "Name"}).json()["Items"]
    assert machines[0] == {"Name": "LAB\\vda-001"}
    assert simulator.get("/Machines/LAB%7Cvda-001", {"fields": "Name"}).json() == {"Name": "LAB\\vda-001"}


@pytest.mark.parametrize(
    ("name", "operator", "value", "count"),
    [
        ("UserName", "Equals", "lab\\USER001", 1),
        ("UserName", "NotEquals", "LAB\\user001", 49),
        ("UserName", "Like", "*\\user01*", 9),
        ("UserName", "NotLike", "*\\user01*", 41),
        ("UserName", "StartsWith", "PARTNER\\", 2),
        ("UserName", "EndsWith", "\\user013", 2),
        ("UserName", "NotEndsWith", "\\user013", 48),
        ("UserName", "Contains", "user00", 9),
        ("UserName", "NotContains", "user", 5),
        ("UserName", "In", "LAB\\user001, LAB\\user002", 2),
        ("UserName", "NotIn", "LAB\\user001,LAB\\user002", 48),
        ("UserName", "Equals", None, 5),
        ("CurrentUser", "Equals", "LAB\\user002", 1),
        ("UserPrincipalName", "Equals", "user001@lab.example", 1),
        ("SessionState", "Equals", "Disconnected", 5),
        ("ConnectionProtocol", "Equals", "Rdp", 5),
        ("AppsInUse", "Equals", "Drawing", 5),
        ("AppsInUse", "NotContains", "e", 45 - 5),
        ("DeliveryGroup", "Equals", "office desktops", 20),
        ("MachineName", "Equals", "LAB\\vda-002", 10),
        ("DnsName", "Equals", "VDA-002.lab.example", 10),
        ("MachineCatalog", "StartsWith", "Single", 10),
        ("ZoneName", "Equals", "Primary", 50),
        ("SessionSupport", "Equals", "SingleSession", 10),
        ("RegistrationState", "Equals", "Registered", 50),
        ("PowerState", "Equals", "Unmanaged", 50),
        ("SessionCount", "Equals", "10", 50),
    ],
)
def test_session_filters(simulator, name, operator, value, count):
    assert simulator.search("Sessions", (name, operator, value)).json()["TotalItems"] == count


def test_delivery_group_by_id(simulator):
    group = simulator.get("/Machines").json()["Items"][0]["DeliveryGroup"]
    assert simulator.search("Sessions", ("DeliveryGroup", "Equals", group["Id"])).json()["TotalItems"] == 20


def test_search_filters_joined_by_and(simulator):
    both = simulator.search("Sessions", ("UserName", "EndsWith", "user013"), ("UserName", "StartsWith", "LAB"))
    assert [item["User"]["Name"] for item in both.json()["Items"]] == ["LAB\\user013"]


def condition(name, value, operator="Equals"):
    return {"Property": name, "Operator": operator, "Value": value}


def test_search_groups(simulator):
    users = {
        "SearchFilterGroupType": "Or",
        "SearchFilters": [condition("UserName", "LAB\\user001"), condition("UserName", "LAB\\user011")],
    }
    rdp = {"SearchFilters": [condition("ConnectionProtocol", "Rdp"), condition("MachineName", "LAB\\vda-002")]}

    def total(**body):
        return simulator.post("/Sessions/$search", body).json()["TotalItems"]

    assert total(SearchFilterGroups=[users]) == 2
    assert total(SearchFilterGroups=[users, rdp]) == 0
    assert total(SearchFilterGroups=[users, rdp], SearchFilterGroupsType="Or") == 3
    nested = {"SearchFilterGroupsType": "Or", "SearchFilterGroups": [users, rdp]}
    both = {"SearchFilterGroups": [nested], "SearchFilters": [condition("MachineName", "LAB\\vda-001")]}
    assert total(**both) == 3
    simulator.reset(group_search="together")
    assert total(**both) == 1
    assert total(BasicSearchString="USER001") == 1


def either(*filters, **joined):
    return {"SearchFilterGroupType": "Or", "SearchFilters": [condition(*entry) for entry in filters], **joined}


def test_search_filters_and_groups_all_match(simulator):
    """Flat filters are joined by And with each other and with the joined groups."""
    simulator.reset(group_search="together")
    state = simulator.state()
    users = either(("UserName", "LAB\\user002"), ("UserPrincipalName", "user005@lab.example"), ("UserName", ""))
    places = either(("DnsName", "vda-001.lab.example"), ("DeliveryGroup", "Engineering"))
    flat = [condition("SessionState", "Active"), condition("ConnectionProtocol", "Hdx")]

    def expected(test):
        return [
            entry["id"]
            for entry in state.values()
            if (entry["state"], entry["protocol"]) == ("Active", "Hdx") and test(entry)
        ]

    def by_user(entry):
        return entry["user"] in ("LAB\\user002", "") or entry["user_principal_name"] == "user005@lab.example"

    def by_place(entry):
        return entry["dns_name"] == "vda-001.lab.example" or entry["delivery_group"] == "Engineering"

    def found(**body):
        return simulator.found("Sessions", SearchFilters=flat, **body)

    both, any_of = [users, places], {"SearchFilterGroupsType": "Or"}
    counted = [len(expected(test)) for test in (by_user, by_place)]
    assert counted == [7, 24]
    assert found(SearchFilterGroups=both) == expected(lambda entry: by_user(entry) and by_place(entry))
    assert found(SearchFilterGroups=both, **any_of) == expected(lambda entry: by_user(entry) or by_place(entry))
    apps = either(("AppsInUse", "Drawing"), ("AppsInUse", "Text Editor"))
    inner = {**any_of, "SearchFilterGroups": [{**any_of, "SearchFilterGroups": both}, apps]}
    assert found(SearchFilterGroups=[inner, places]) == expected(
        lambda entry: (by_user(entry) or by_place(entry) or entry["applications"]) and by_place(entry)
    )


def test_search_many_values_of_one_property(simulator):
    state = simulator.state()
    wanted = {entry["user"] for entry in list(state.values())[:12]}
    # Null is not text; an anonymous user has no name.
    choice = either(*(("UserName", name.swapcase() or None) for name in sorted(wanted)), ("UserName", "unknown"))
    assert "" in wanted
    assert simulator.found("Sessions", SearchFilterGroups=[choice]) == [
        session_id for session_id, entry in state.items() if entry["user"] in wanted
    ]
    wrong = {**choice, "SearchFilters": [*choice["SearchFilters"], {"Property": "UserName", "Operator": "Same"}]}
    assert simulator.post("/Sessions/$search", {"SearchFilterGroups": [wrong]}).status_code == 400


def test_machine_search_with_groups(simulator):
    simulator.reset(group_search="together")
    support = condition("SessionSupport", "MultiSession")
    named = either(("MachineName", "LAB\\vda-002"), ("MachineName", "LAB\\vda-005"), ("DeliveryGroup", "Contractors"))
    search = {"SearchFilters": [support], "SearchFilterGroups": [named]}
    reply = simulator.post("/Machines/$search", search, {"fields": "Name"})
    assert reply.json() == {
        "Items": [{"Name": "LAB\\vda-002"}, {"Name": "LAB\\vda-003"}],
        "ContinuationToken": None,
        "TotalItems": 2,
    }
    # Any position in the text matches.
    deep = {"SearchFilterGroups": [{"SearchFilterGroups": [{"SearchFilters": [support]}]}]}
    assert simulator.post("/Machines/$search", deep).json()["TotalItems"] == 4
    assert simulator.post("/Machines/$search", {"SearchFilterGroups": [named]}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"SearchFilters": {}},
        {"SearchFilters": ["text"]},
        {"SearchFilters": [{"Property": "UserName"}]},
        {"SearchFilters": [condition("Shoe", "42")]},
        {"SearchFilters": [condition("UserName", "x", "Resembles")]},
        {"SearchFilters": [condition("UserName", 1)]},
        {"SearchFilterGroups": [{}]},
        {"SearchFilterGroups": [{"SearchFilters": [condition("UserName", "x")], "SearchFilterGroupType": "Xor"}]},
        {"SearchFilterGroups": [{"SearchFilters": [condition("UserName", "x")], "SearchFilterGroups": [{}]}]},
        {"SortCriteria": {"Property": "UserName", "SortDirection": "Ascending"}},
        {"SortCriteriaItems": [{"Property": "UserName", "SortDirection": "Ascending"}]},
    ],
)
def test_invalid_searches(simulator, body):
    reply = simulator.post("/Sessions/$search", body)
    assert reply.status_code == 400
    assert reply.json()["detail"]


def test_search_pages_and_skip(simulator):
    body = {"SearchFilters": [condition("SessionState", "Active")]}
    found = list(pages(simulator, "/Sessions/$search", body=body, limit=20, skip=3))
    assert [len(page["Items"]) for page in found] == [20, 20, 2]
    assert {page["TotalItems"] for page in found} == {45}
    assert simulator.post("/Sessions/$search", body, {"skip": "-1"}).status_code == 400
    # The token of one search is unknown to another.
    token = found[0]["ContinuationToken"]
    other = {"limit": 20, "skip": 4, "continuationToken": token}
    assert simulator.post("/Sessions/$search", body, other).status_code == 400


def test_search_does_not_find_ended_sessions(simulator):
    ids = simulator.ids()
    assert simulator.search("Sessions").json()["TotalItems"] == 50
    simulator.faults({"vanish": True, "times": 1})
    simulator.get(f"/Sessions/{ids[7]}")
    assert simulator.search("Sessions").json()["TotalItems"] == 49


def test_machine_search_needs_session_support(simulator):
    support = condition("SessionSupport", "MultiSession")
    assert simulator.search("Machines", ("DnsName", "Equals", "vda-001.lab.example")).status_code == 400
    found = simulator.search(
        "Machines", ("SessionSupport", "Equals", "MultiSession"), ("DnsName", "EndsWith", "example")
    )
    assert [item["Name"][-1] for item in found.json()["Items"]] == list("1234")
    grouped = simulator.search("Machines", SearchFilterGroups=[{"SearchFilters": [support]}]).json()
    assert grouped["TotalItems"] == 4
    # A machine is found by its users.
    by_user = simulator.search("Machines", ("SessionSupport", "Like", "*"), ("UserName", "Equals", "LAB\\user011"))
    assert [item["Name"] for item in by_user.json()["Items"]] == ["LAB\\vda-002"]


def test_list_async_rejected(simulator):
    assert simulator.get("/Sessions", {"async": "true"}).status_code == 400
    assert simulator.get("/Sessions", {"async": "false"}).status_code == 200
