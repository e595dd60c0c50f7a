# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries: the requests for each selector, and the checks of the responses."""

from __future__ import annotations

from itertools import chain

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.search import compare
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._site import selectors
from ansible_collections.sessionops.citrix.plugins.module_utils._site.selectors import (
    Place,
    Query,
    filters_of,
    find_sessions,
    limit_of,
)
from hypothesis import given
from hypothesis import strategies as st

LISTING, SEARCH, MACHINES = "GET Sessions", "POST Sessions/$search", "POST Machines/$search"
ON_FIRST = "GET Machines/LAB%7Cvda-001/Sessions"
FIRST, SECOND = "LAB\\vda-001", "LAB\\vda-002"
FIELDS = ("Id", "State")
OFFICE = {"Id": "g1", "Name": "Office", "FullName": "Office"}
EDITOR = {"Id": "a1", "Name": "Editor"}


def a_session(session_id="1", **fields):
    """Return a session that matches each selector in this file, unless changed by an argument."""
    return {
        "Id": session_id,
        "State": "Active",
        "Machine": {"Id": None, "Name": FIRST, "DnsName": "vda-001.lab.example", "DeliveryGroup": {"Id": "g1"}},
        "User": {"Name": "LAB\\user001", "PrincipalName": "user001@lab.example"},
        "ApplicationsInUse": [{"Id": "a1", "Name": "Editor"}],
        **fields,
    }


def page(*items, token=None):
    return {"Items": list(items), "ContinuationToken": token}


@pytest.fixture
def api(fake_api):
    """Return an API with two machines, a delivery group and an application."""
    machines = {
        name: {"Id": f"m-{name[-1]}", "Name": name, "DnsName": f"{name[4:]}.lab.example"} for name in (FIRST, SECOND)
    }

    def search(call):
        single, groups = fake_api.conditions(call.body)
        values = {each["Value"] for each in [*single, *chain.from_iterable(groups)]}
        known = [machine for machine in machines.values() if {*machine.values()} & values]
        return page(*known if "MultiSession" in values else ())

    fake_api.on(MACHINES, search)
    fake_api.on("GET DeliveryGroups/Office", OFFICE)
    fake_api.on("GET DeliveryGroups/EU%7CHR", {"Id": "g1", "Name": "HR", "FullName": "EU\\HR"})
    fake_api.on("GET Applications/Editor", EDITOR)
    return fake_api


def found(api, fields=FIELDS, **query):
    return [session["Id"] for session in find_sessions(api, Query(**query), fields)]


def first_search(api):
    """Return the flat conditions and the groups of the first search: [(property, value), ...]."""
    body = next(call.body for call in api.calls if call.path == "Sessions/$search")
    single, groups = api.conditions(body)
    return [(each["Property"], each["Value"]) for each in single], [
        [(each["Property"], each["Value"]) for each in group] for group in groups
    ]


# Options

NOTHING = dict.fromkeys(selectors.SELECTORS)


def test_query_reads_selectors_from_options():
    params = {**NOTHING, "user": ["a", "b", "a"], "machine": [FIRST], "limit": 3}
    assert Query.from_params(params) == Query(user=("a", "b"), machine=(FIRST,))
    own = (compare("ClientName", "x"),)
    assert Query.from_params(NOTHING, states=("Active",), filters=own) == Query(states=("Active",), filters=own)
    assert Query.from_params(NOTHING) == Query()


@pytest.mark.parametrize("name", selectors.SELECTORS)
@pytest.mark.parametrize("names", [[], [""], ["a", " "], ["LAB\x0bda-001"]])
def test_selector_without_name_rejected_by_option(name, names):
    with pytest.raises(OptionError, match=f"^{name}: "):
        Query.from_params({**NOTHING, name: names})


@pytest.mark.parametrize("name", selectors.SELECTORS)
def test_selector_is_alone_without_others(name):
    assert Query(**{name: ("a", "b")}).only(name)
    for other in {*selectors.SELECTORS, "states"} - {name}:
        assert not Query(**{name: ("a",), other: ("b",)}).only(name)
        assert not Query(**{other: ("b",)}).only(name)
    assert not Query(**{name: ("a",)}, filters=(compare("ClientName", "x"),)).only(name)
    assert not Query().only(name)


def test_query_conditions_passed_unchanged():
    written = [
        {"property": "ClientName", "operator": "StartsWith", "value": "client"},
        {"property": "Tags", "operator": "Any", "value": None},
    ]
    assert filters_of({"search_filters": written}) == (
        {"Property": "ClientName", "Operator": "StartsWith", "Value": "client"},
        {"Property": "Tags", "Operator": "Any", "Value": None},
    )
    assert filters_of({"search_filters": None}) == ()


@pytest.mark.parametrize(("limit", "most"), [(0, None), (1, 1), (5000, 5000)])
def test_query_limit_0_is_unlimited(limit, most):
    assert limit_of({"limit": limit}) == most


def test_query_negative_limit_rejected():
    with pytest.raises(OptionError, match=r"^limit: must be 0, for all, or more, not -1$"):
        limit_of({"limit": -1})


# Requests


def test_query_all_sessions_is_list(api):
    api.on(LISTING, page(a_session("1"), token="more"), page(a_session("2"), a_session("1")))
    assert found(api) == ["1", "2"]
    assert api.calls[0].query == {"limit": "1000", "fields": "Id,State"}
    assert api.sent() == [LISTING, LISTING]


def test_one_machine_alone_sessions_requested_directly(api):
    api.on(ON_FIRST, page(a_session("1"), a_session("1")))
    assert found(api, machine=(FIRST,)) == ["1"]
    assert api.sent() == [ON_FIRST]


def test_dns_name_alone_looked_up_then_sessions_requested(api):
    api.on("GET Machines/m-1/Sessions", page(a_session("1", Machine={"Name": FIRST, "DnsName": None})))
    assert found(api, machine=("vda-001.lab.example",)) == ["1"]
    assert api.sent() == [MACHINES, MACHINES, "GET Machines/m-1/Sessions"]


def test_several_machines_alone_one_search(api):
    moved = a_session("2", Machine={"Name": SECOND})
    api.on(SEARCH, page(a_session("1"), moved, token="more"), page(moved, a_session("3", Machine=None)))
    assert found(api, machine=(SECOND, FIRST)) == ["1", "2", "3"]
    assert api.sent() == [SEARCH, SEARCH]
    assert api.conditions(api.searches[0])[1][0] == [
        compare("MachineName", SECOND),
        compare("MachineName", FIRST),
    ]


def test_applications_alone_sessions_requested_directly(api):
    both = [{"Id": "a1", "Name": "Editor"}, {"Id": "a2", "Name": "Paint"}]
    api.on("GET Applications/Paint", both[1])
    api.on("GET Applications/a1/Sessions", page(a_session("1"), a_session("2", ApplicationsInUse=both)))
    api.on("GET Applications/a2/Sessions", page(a_session("2", ApplicationsInUse=both), {"Id": "3"}))
    assert found(api, application=("Paint", "Editor")) == ["2", "3", "1"]
    assert len(api.calls) == 4


CONDITIONS = [
    ({"user": ("LAB\\user001",)}, [("CurrentUser", "LAB\\user001")], []),
    (
        {"user": ("user001@lab.example",)},
        [],
        [
            [
                ("UserPrincipalName", "user001@lab.example"),
                ("CurrentUser", "\\user001@lab.example"),
                ("CurrentUser", "user001@lab.example"),
            ]
        ],
    ),
    ({"user": ("user001",)}, [], [[("CurrentUser", "\\user001"), ("CurrentUser", "user001")]]),
    (
        {"user": ("LAB\\user001", "LAB\\user002")},
        [],
        [[("CurrentUser", "LAB\\user001"), ("CurrentUser", "LAB\\user002")]],
    ),
    ({"delivery_group": ("Office",)}, [("DeliveryGroup", "Office")], []),
    ({"delivery_group": ("EU\\HR",)}, [], [[("DeliveryGroup", "EU\\HR"), ("DeliveryGroup", "HR")]]),
    ({"states": ("Active",)}, [("SessionState", "Active")], []),
    ({"states": ("Active", "Unknown")}, [], [[("SessionState", "Active"), ("SessionState", "Unknown")]]),
    ({"filters": (compare("ClientName", "x"),)}, [("ClientName", "x")], []),
    (
        {"machine": ("vda-001.lab.example",), "states": ("Active",)},
        [("MachineName", FIRST), ("SessionState", "Active")],
        [],
    ),
    (
        {"machine": (FIRST,), "user": ("LAB\\user001",), "delivery_group": ("Office",), "application": ("Editor",)},
        [("CurrentUser", "LAB\\user001"), ("MachineName", FIRST), ("DeliveryGroup", "Office")],
        [],
    ),
]


@pytest.mark.parametrize(("query", "flat", "groups"), CONDITIONS)
def test_search_uses_supported_properties(api, query, flat, groups):
    api.on(SEARCH, page(a_session("1")))
    assert found(api, **query) == ["1"]
    assert first_search(api) == (flat, groups)
    assert api.writes == []


def test_search_combines_conditions_and_selectors(api):
    api.on(SEARCH, page(a_session("1")))
    own = compare("ClientName", "client", "StartsWith")
    assert found(api, user=("LAB\\user001",), filters=(own,)) == ["1"]
    assert first_search(api)[0] == [("ClientName", "client"), ("CurrentUser", "LAB\\user001")]


def test_search_state_in_any_case_matches(api):
    api.on(SEARCH, page(a_session("1", State="ACTIVE"), a_session("2", State="disconnected")))
    assert found(api, states=("Active",)) == ["1"]


def test_application_with_other_selector_checked_by_client(api):
    api.on(SEARCH, page(a_session("1"), a_session("2", ApplicationsInUse=[])))
    assert found(api, application=("Editor",), states=("Active",)) == ["1"]
    assert api.sent() == ["GET Applications/Editor", SEARCH]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"states": ("Active",)}, "User,Id,State"),
        ({"user": ("LAB\\user001",)}, "User,Id,State,IsAnonymousUser"),
        ({"machine": (FIRST,), "states": ("Active",)}, "User,Id,State,Machine"),
        ({"delivery_group": ("Office",)}, "User,Id,State,Machine"),
        ({"application": ("Editor",), "user": ("user001",)}, "User,Id,State,IsAnonymousUser,ApplicationsInUse"),
    ],
)
def test_search_requests_fields_of_checks(api, query, fields):
    api.on(SEARCH, page(a_session("1")))
    assert found(api, fields=("User",), **query) == ["1"]
    assert api.calls[-1].query["fields"] == fields
    found(api, fields=(), **query)
    assert "fields" not in api.calls[-1].query


def test_search_many_users_several_searches(api):
    users = tuple(f"LAB\\user{number:03}" for number in range(150))

    def search(call):
        _single, (group,) = api.conditions(call.body)
        return page(*(a_session(each["Value"], User={"Name": each["Value"]}) for each in group))

    api.on(SEARCH, search)
    assert found(api, user=users) == list(users)
    assert len(api.searches) == 2


def test_search_limit_reads_only_required_pages(api):
    api.on(LISTING, page(a_session("1"), a_session("2"), token="more"))
    assert next(iter(find_sessions(api, Query(), FIELDS)))["Id"] == "1"
    assert len(api.calls) == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"machine": (FIRST, "LAB\\nowhere"), "states": ("Active",)}, r"^machine: site site1 has no LAB\\nowhere;"),
        ({"delivery_group": ("Office", "Sales")}, r"^delivery_group: site site1 has no Sales;"),
        ({"application": ("Editor", "Chess"), "states": ("Active",)}, r"^application: site site1 has no Chess;"),
    ],
)
def test_missing_objects_rejected_by_name_before_search(api, query, expected):
    api.on("GET DeliveryGroups/Sales", 404)
    api.on("GET Applications/Chess", 404)
    with pytest.raises(OptionError, match=expected):
        found(api, **query)
    assert SEARCH not in api.sent()


@pytest.mark.parametrize("status", [400, 403, 500])
def test_search_failed_ends_task(api, status):
    api.on(SEARCH, page(a_session("1"), token="more"), status)
    with pytest.raises(ApiError, match=f"Could not search the sessions: HTTP {status}"):
        found(api, states=("Active",))


# Checks of the response

QUERIES = {
    "machine": {"machine": (FIRST,), "states": ("Active",)},
    "delivery group": {"delivery_group": ("Office",)},
    "state": {"states": ("Active", "Connected")},
    "user": {"user": ("user001",)},
    "application": {"application": ("Editor",), "states": ("Active",)},
}
TOO_MUCH = [
    ("machine", {"Machine": {"Name": "LAB\\vda-0011"}}),
    ("machine", {"Machine": {"Id": "m9", "Name": SECOND, "DnsName": None}}),
    ("delivery group", {"Machine": {"Name": FIRST, "DeliveryGroup": {"Id": "g9", "Name": "Office"}}}),
    ("delivery group", {"Machine": {"Name": FIRST, "DeliveryGroup": {"Id": None, "Name": "Office Desktops"}}}),
    ("state", {"State": "Disconnected"}),
    ("state", {"State": "Future"}),
    ("user", {"User": {"Name": "LAB\\user0011"}}),
    ("user", {"User": {"Name": "LAB\\user002", "DisplayName": "user001"}, "UntrustedUserName": "LAB\\user001"}),
    ("application", {"ApplicationsInUse": [{"Id": "a9", "Name": "Editor"}]}),
    ("application", {"ApplicationsInUse": []}),
]


@pytest.mark.parametrize(("query", "fields"), TOO_MUCH)
def test_search_extra_results_dropped(api, query, fields):
    api.on(SEARCH, page(a_session("1", **fields), a_session("2")))
    assert found(api, **QUERIES[query]) == ["2"]


LEFT_OUT = [
    ("machine", {"Machine": None}),
    ("machine", {"Machine": {"Id": None, "Name": None, "DnsName": ""}}),
    *((name, {"Machine": alien}) for name in ("machine", "delivery group") for alien in (FIRST, 17, ["x"])),
    ("delivery group", {"Machine": None}),
    ("delivery group", {"Machine": {"Name": FIRST, "DeliveryGroup": None}}),
    ("delivery group", {"Machine": {"Name": FIRST, "DeliveryGroup": "Office"}}),
    ("delivery group", {"Machine": {"Name": FIRST, "DeliveryGroup": {"Id": None, "Name": None}}}),
    ("delivery group", {"Machine": {"Name": FIRST, "DeliveryGroup": {}}}),
    ("state", {"State": None}),
    ("state", {"State": 17}),
]


@pytest.mark.parametrize(("query", "fields"), LEFT_OUT)
def test_search_result_with_missing_data_accepted(api, query, fields):
    api.on(SEARCH, page(a_session("1", **fields)))
    assert found(api, **QUERIES[query]) == ["1"]
    api.on(SEARCH, page({name: value for name, value in a_session("1").items() if name not in fields}))
    assert found(api, **QUERIES[query]) == ["1"]


@pytest.mark.parametrize(
    ("group", "pointer"),
    [
        ({"Id": "G1", "Name": "Office"}, {"Id": "g1", "Name": "renamed"}),
        ({"Name": "Office"}, {"Id": "g1", "Name": "office"}),
        ({"Id": "g1", "Name": "Office"}, {"Id": None, "Name": "OFFICE"}),
    ],
)
def test_group_matches_by_id_else_by_name(api, group, pointer):
    api.on("GET DeliveryGroups/Office", group)
    fits = a_session("1", Machine={"Name": FIRST, "DeliveryGroup": pointer})
    other = a_session("2", Machine={"Name": FIRST, "DeliveryGroup": {"Id": "g2", "Name": "Sales"}})
    api.on(SEARCH, page(fits, other))
    assert found(api, delivery_group=("Office",)) == ["1"]


def test_machine_without_name_searched_by_dns_name(api):
    api.on(MACHINES, page({"Id": "m-1", "Name": None, "DnsName": "vda-001.lab.example"}))
    api.on(SEARCH, page(a_session("1")))
    assert found(api, machine=("vda-001.lab.example",), states=("Active",)) == ["1"]
    assert first_search(api)[0][0] == ("DnsName", "vda-001.lab.example")


@pytest.mark.parametrize("user", [None, {}, {"Name": None}, {"Name": 17}, "LAB\\user001", {"DisplayName": "user001"}])
def test_search_user_must_be_verified_by_broker(api, user):
    for key in (SEARCH, "GET Sessions"):
        api.on(key, page(a_session("1", User=user), {"Id": "2"}, a_session("3", User={"Name": "LAB\\user003"})))
    assert found(api, user=("user001", "LAB\\user001")) == []


@pytest.mark.parametrize("applications", [None, "Editor", [None], {"Id": "a1"}])
def test_search_application_must_be_in_use(api, applications):
    api.on(SEARCH, page(a_session("1", ApplicationsInUse=applications), {"Id": "2", "State": "Active"}))
    assert found(api, **QUERIES["application"]) == []


@pytest.mark.parametrize("name", ["user001", "USER001", "LAB\\user001", "lab\\USER001", "user001@LAB.example"])
def test_search_user_matches_each_name_in_any_case(api, name):
    api.on(SEARCH, page(a_session("1")))
    assert found(api, user=(name,)) == ["1"]


def test_search_ambiguous_short_name_rejected(api):
    one, other = page(a_session("1"), token="more"), page(a_session("2", User={"Name": "CORP\\user001"}))
    api.on(SEARCH, one, other)
    with pytest.raises(OptionError, match=r"^user: 'user001' matches several users; .*: CORP\\user001, LAB\\us"):
        found(api, user=("user001",))
    api.on(SEARCH, one, other)
    assert found(api, user=("LAB\\user001", "CORP\\user001")) == ["1", "2"]


# Sessions that no search returned

SELECTORS = {"machine": (FIRST,), "delivery_group": ("Office",), "application": ("Editor",)}


def test_query_objects_looked_up_once_for_all_sessions(api):
    place = Place(api, Query(**SELECTORS), searched=False)
    assert place.has(a_session())
    first_calls = sorted(api.sent())
    assert first_calls == ["GET Applications/Editor", "GET DeliveryGroups/Office", MACHINES]
    assert not place.has(a_session(ApplicationsInUse=[]))
    assert sorted(api.sent()) == first_calls


@pytest.mark.parametrize("name", SELECTORS)
def test_unsearched_session_must_match_each_selector(api, name):
    place = Place(api, Query(**{name: SELECTORS[name]}), searched=False)
    assert place.has(a_session())
    other = {
        "machine": {"Machine": {"Name": SECOND}},
        "delivery_group": {"Machine": {"Name": FIRST, "DeliveryGroup": {"Id": "g9", "Name": "Sales"}}},
        "application": {"ApplicationsInUse": []},
    }
    assert not place.has(a_session(**other[name]))


@pytest.mark.parametrize(("query", "fields"), [each for each in LEFT_OUT if each[0] != "state"])
def test_unsearched_session_with_missing_data_rejected(api, query, fields):
    """A rule about a machine must not match a session without a machine."""
    session = a_session("1", **fields)
    assert Place(api, Query(**QUERIES[query])).has(session)
    assert not Place(api, Query(**QUERIES[query]), searched=False).has(session)
    left_out = {name: value for name, value in a_session().items() if name not in fields}
    assert not Place(api, Query(**QUERIES[query]), searched=False).has(left_out)


def test_query_without_selectors_matches_every_session(api):
    place = Place(api, Query(), searched=False)
    assert place.has(a_session()) and place.has({})
    assert (any(place.conditions()), api.calls) == (False, [])


def test_query_missing_object_rejected_before_sessions(api):
    api.on("GET DeliveryGroups/Sales", 404)
    with pytest.raises(OptionError, match=r"^delivery_group: site site1 has no Sales;"):
        Place(api, Query(delivery_group=("Sales",)), searched=False)


# Any selectors, with a site that searches correctly

GROUPS = {"g1": "Office", "g2": "Sales"}
APPLICATIONS = {"a1": "Editor", "a2": "Chess"}
PEOPLE = ("LAB\\ada", "LAB\\bob", "CORP\\eve")
SITE = st.lists(
    st.tuples(
        st.sampled_from((FIRST, SECOND)),
        st.sampled_from(PEOPLE),
        st.sampled_from(tuple(GROUPS)),
        st.sets(st.sampled_from(tuple(APPLICATIONS))),
        st.sampled_from(("Active", "Disconnected")),
    ),
    max_size=8,
)
SELECTED = st.fixed_dictionaries(
    {},
    optional={
        "machine": st.lists(st.sampled_from((FIRST, SECOND)), min_size=1, max_size=2, unique=True),
        "user": st.lists(st.sampled_from((*PEOPLE, "ada", "EVE")), min_size=1, max_size=3, unique=True),
        "delivery_group": st.lists(st.sampled_from(("Office", "Sales")), min_size=1, max_size=2, unique=True),
        "application": st.lists(st.sampled_from(("Editor", "Chess")), min_size=1, max_size=2, unique=True),
        "states": st.lists(st.sampled_from(("Active", "Disconnected")), min_size=1, max_size=2, unique=True),
    },
)


def searchable(session):
    """Return the values of a session that a search can compare, in lower case."""
    values = {
        "MachineName": session["Machine"]["Name"],
        "CurrentUser": session["User"]["Name"],
        "UserName": session["User"]["Name"],
        "DeliveryGroup": session["Machine"]["DeliveryGroup"]["Name"],
        "SessionState": session["State"],
    }
    return {name: value.lower() for name, value in values.items()}


def holds(condition, session):
    value, wanted = searchable(session)[condition["Property"]], condition["Value"].lower()
    return value.endswith(wanted) if condition["Operator"] == "EndsWith" else value == wanted


def site_of(api, sessions):
    """Return the sessions of the API."""

    def search(call):
        flat, groups = api.conditions(call.body)
        fits = [
            session
            for session in sessions
            if all(holds(each, session) for each in flat)
            and all(any(holds(each, session) for each in group) for group in groups)
        ]
        return page(*fits)

    api.on(SEARCH, search)
    api.on(LISTING, page(*sessions))
    api.on(MACHINES, page(*({"Id": name, "Name": name} for name in (FIRST, SECOND))))
    for name in (FIRST, SECOND):
        on_machine = [session for session in sessions if session["Machine"]["Name"] == name]
        api.on(f"GET Machines/{name.replace(chr(92), '%7C')}/Sessions", page(*on_machine))
    for group, name in GROUPS.items():
        api.on(f"GET DeliveryGroups/{name}", {"Id": group, "Name": name})
    for application, name in APPLICATIONS.items():
        running = [session for session in sessions if {"Id": application} in session["ApplicationsInUse"]]
        api.on(f"GET Applications/{name}", {"Id": application, "Name": name})
        api.on(f"GET Applications/{application}/Sessions", page(*running))


@given(SITE, SELECTED)
def test_selectors_select_sessions_that_match_all(new_fake_api, site, selected):
    sessions, expected = [], []
    for number, (machine, user, group, applications, state) in enumerate(site):
        place = {"Name": machine, "DeliveryGroup": {"Id": group, "Name": GROUPS[group]}}
        running = [{"Id": application} for application in sorted(applications)]
        session = a_session(str(number), Machine=place, User={"Name": user}, ApplicationsInUse=running, State=state)
        sessions.append(session)
        names = {
            "machine": {machine},
            "user": {user.lower(), user.lower().split("\\")[1]},
            "delivery_group": {GROUPS[group]},
            "application": {APPLICATIONS[application] for application in applications},
            "states": {state},
        }
        wanted = {**selected, "user": [name.lower() for name in selected.get("user", [])]}
        if all(names[selector].intersection(wanted[selector]) for selector in selected):
            expected.append(session["Id"])
    api = new_fake_api()
    site_of(api, sessions)
    query = {selector: tuple(values) for selector, values in selected.items()}
    assert sorted(found(api, **query)) == expected
