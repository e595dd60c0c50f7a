# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines: how they are named, listed and found; missing ones; and their sessions."""

from __future__ import annotations

from itertools import chain

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.search import compare
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._site.machine_names import (
    NAME_FIELDS,
    condition,
    names_of,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._site.machine_sessions import Listed, list_sessions
from ansible_collections.sessionops.citrix.plugins.module_utils._site.machines import (
    MachineQuery,
    find,
    find_machines,
    list_machines,
    requested_fields,
)
from hypothesis import given
from hypothesis import strategies as st

LISTING, SEARCH, SESSIONS = "GET Machines", "POST Machines/$search", "POST Sessions/$search"
FIRST, SECOND = "LAB\\vda-001", "LAB\\vda-002"
DNS_NAME = "vda-001.lab.example"
GUID, OTHER_GUID = "97ee5e3d-5f0c-5b1a-8a3e-6f5a2c0f5f0a", "97EE5E3D-5F0C-5B1A-8A3E-6F5A2C0F5F0B"
ON_FIRST, BY_ID = "GET Machines/LAB%7Cvda-001/Sessions", f"GET Machines/{GUID}/Sessions"
MACHINES = {
    FIRST: {"Id": GUID, "Name": FIRST, "DnsName": DNS_NAME},
    SECOND: {"Id": OTHER_GUID, "Name": SECOND, "DnsName": "vda-002.lab.example"},
}


def a_session(session_id, machine=FIRST):
    """Return a session as in the API: the machine in it has few members."""
    return {"Id": session_id, "Machine": {**MACHINES[machine], "Id": None}}


def page(*items, token=None):
    return {"Items": list(items), "ContinuationToken": token}


def outline(listed):
    return [session["Id"] for session in listed.sessions], listed.counts


def wanted(call, *names):
    """Return the values of those properties in a search, flat or in a group."""
    groups = [group["SearchFilters"] for group in call.body.get("SearchFilterGroups", [])]
    filters = [*call.body.get("SearchFilters", []), *(each for group in groups for each in group)]
    return [each["Value"] for each in filters if each["Property"] in names]


def site_with(api, support="MultiSession"):
    """Add these machines, all of one kind, to the API, by name and by DNS name."""

    def search(call):
        requested = [name.casefold() for name in wanted(call, "MachineName", "DnsName")]
        known = [
            machine for machine in MACHINES.values() if {machine["Name"].casefold(), machine["DnsName"]} & {*requested}
        ]
        return page(*known if wanted(call, "SessionSupport") == [support] else ())

    api.on(SEARCH, search)
    for machine in MACHINES.values():
        api.on(f"GET Machines/{machine['Id'].lower()}", machine)


# Lists


def test_machines_all_listed_once(fake_api):
    fake_api.on(LISTING, page({"Id": "1"}, token="more"), page({"Id": "1"}, {"Id": "2"}))
    assert list(list_machines(fake_api, ("Id", "Name"))) == [{"Id": "1"}, {"Id": "2"}]
    assert fake_api.calls[0].query == {"limit": "1000", "fields": "Id,Name"}


def test_machines_search_has_session_support(fake_api):
    fake_api.on(SEARCH, page({"Id": "1"}), page({"Id": "2"}))
    own, group = compare("RegistrationState", "Registered"), [compare("DeliveryGroup", name) for name in ("a", "b")]
    assert list(list_machines(fake_api, (), [own], [group])) == [{"Id": "1"}, {"Id": "2"}]
    assert [fake_api.conditions(body) for body in fake_api.searches] == [
        ([compare("SessionSupport", "MultiSession"), own], [group]),
        ([compare("SessionSupport", "SingleSession"), own], [group]),
    ]
    assert fake_api.writes == []


@pytest.mark.parametrize("support", ["MultiSession", "SingleSession"])
def test_machines_of_one_kind_one_search(fake_api, support):
    fake_api.on(SEARCH, page({"Id": "1"}, {"Id": "1"}))
    assert list(list_machines(fake_api, session_support=[support])) == [{"Id": "1"}]
    assert fake_api.searches == [{"SearchFilters": [compare("SessionSupport", support)]}]


# Machines by name


@pytest.mark.parametrize("support", ["MultiSession", "SingleSession"])
@pytest.mark.parametrize(
    ("name", "condition"),
    [
        (FIRST, ("MachineName", FIRST)),
        ("lab\\VDA-001", ("MachineName", "lab\\VDA-001")),
        ("LAB|vda-001", ("MachineName", FIRST)),
        (DNS_NAME, ("DnsName", DNS_NAME)),
    ],
)
def test_machine_found_by_name_among_both_kinds(fake_api, support, name, condition):
    site_with(fake_api, support)
    assert find(fake_api, "machine", [name]) == {name: [MACHINES[FIRST]]}
    single, choices = fake_api.conditions(fake_api.searches[-1])
    assert single[0] == compare("SessionSupport", "SingleSession" if condition[0] == "DnsName" else support)
    assert compare(*condition) in [*single, *chain.from_iterable(choices)]
    assert {call.query["fields"] for call in fake_api.calls} == {"Id,Name,DnsName"}


def test_machine_found_by_id(fake_api):
    site_with(fake_api)
    assert find(fake_api, "machine", [OTHER_GUID, GUID]) == {OTHER_GUID: [MACHINES[SECOND]], GUID: [MACHINES[FIRST]]}
    assert sorted(fake_api.sent()) == sorted(f"GET Machines/{guid.lower()}" for guid in (GUID, OTHER_GUID))
    assert {call.query["fields"] for call in fake_api.calls} == {"Id,Name,DnsName"}


def test_machines_returned_by_names_in_order_of_options(fake_api):
    site_with(fake_api)
    names = [SECOND, GUID, "lab|vda-001", DNS_NAME]
    assert list(find(fake_api, "machine", names).items()) == [
        (SECOND, [MACHINES[SECOND]]),
        *((name, [MACHINES[FIRST]]) for name in names[1:]),
    ]
    # Only a DNS name may match machines of both kinds.
    assert [wanted(call, "MachineName") for call in fake_api.calls if call.body] == [
        [SECOND, "lab\\vda-001", DNS_NAME],
        [DNS_NAME],
    ]


def test_machines_fields_as_requested_or_all(fake_api):
    site_with(fake_api)
    find(fake_api, "machine", [FIRST, GUID], ())
    assert not any("fields" in call.query for call in fake_api.calls)
    find(fake_api, "machine", [FIRST, GUID], (*NAME_FIELDS, "SessionCount"))
    assert {call.query["fields"] for call in fake_api.calls[2:]} == {"Id,Name,DnsName,SessionCount"}


def test_machines_more_than_one_search_found_by_several(fake_api):
    def search(call):
        return page(*({"Name": name} for name in wanted(call, "MachineName")))

    fake_api.on(SEARCH, search)
    names = [f"LAB\\vda-{number:03}" for number in range(250)]
    assert list(find(fake_api, "machine", names)) == names
    assert [len(fake_api.conditions(body)[1][0]) for body in fake_api.searches] == [100, 100, 50]


def test_machine_with_similar_name_not_selected(fake_api):
    others = [
        {"Id": "m9", "Name": "LAB\\vda-0011", "DnsName": "vda-001.lab.example.com"},
        {"Id": "m8", "Name": "OTHER\\vda-001", "DnsName": None},
        {"Id": "m7", "Name": None, "DnsName": 17},
    ]
    fake_api.on(SEARCH, page(*others))
    with pytest.raises(OptionError, match=r"has no LAB\\vda-001, vda-001.lab.example;"):
        find(fake_api, "machine", [FIRST, DNS_NAME])


@pytest.mark.parametrize("option", ["machine", "exclude_machine"])
def test_machines_missing_all_named_with_their_option(fake_api, option):
    site_with(fake_api)
    unknown = "00000000-0000-0000-0000-000000000000"
    fake_api.on(f"GET Machines/{unknown}", 404)
    with pytest.raises(OptionError) as error:
        find(fake_api, option, [FIRST, "LAB\\nowhere", unknown, "nowhere.lab.example"])
    assert str(error.value).startswith(
        f"{option}: site site1 has no LAB\\nowhere, {unknown}, nowhere.lab.example; write DOMAIN\\NAME"
    )
    assert FIRST not in str(error.value)


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_machines_other_error_reported_unchanged(fake_api, status):
    fake_api.on(f"GET Machines/{GUID}", status)
    with pytest.raises(ApiError, match=f"look up the machine {GUID}: HTTP {status}"):
        find(fake_api, "machine", [GUID])
    fake_api.on(SEARCH, status)
    with pytest.raises(ApiError, match=f"search the machines: HTTP {status}"):
        find(fake_api, "machine", [FIRST])


def test_machines_without_names_send_nothing(fake_api):
    assert find(fake_api, "machine", []) == {}
    assert fake_api.calls == []


@pytest.mark.parametrize(
    ("machine", "names"),
    [
        ({"Id": "M1", "Name": FIRST, "DnsName": "VDA-001.lab.example"}, {"m1", "lab\\vda-001", DNS_NAME}),
        ({"Id": None, "Name": FIRST}, {"lab\\vda-001"}),
        ({"Name": "LAB\\mu\u0308ller"}, {"lab\\m\u00fcller"}),
        ({"Name": "", "DnsName": 17, "HostedMachineName": "x"}, set()),
        (None, set()),
        (FIRST, set()),
        ([FIRST], set()),
    ],
)
def test_machine_names_of_every_form(machine, names):
    assert names_of(machine) == names


def test_name_with_accent_matches_both_forms(fake_api):
    fake_api.on(SEARCH, page({"Id": GUID, "Name": "LAB\\vda-\u00fc"}))
    assert list(find(fake_api, "machine", ["LAB\\vda-u\u0308"])) == ["LAB\\vda-u\u0308"]


@pytest.mark.parametrize(
    ("machine", "name", "value"),
    [
        (MACHINES[FIRST], "MachineName", FIRST),
        ({"Id": GUID, "Name": None, "DnsName": DNS_NAME}, "DnsName", DNS_NAME),
        ({"Id": GUID, "Name": "", "DnsName": DNS_NAME}, "DnsName", DNS_NAME),
    ],
)
def test_machine_and_sessions_searched_by_its_name(machine, name, value):
    assert condition(machine) == compare(name, value)


# Sessions on machines


def test_one_machine_sessions_requested_directly(fake_api):
    fake_api.on(ON_FIRST, page({"Id": "1"}, {"Id": "2"}, token="not taken here"), page({"Id": "2"}))
    listed = list_sessions(fake_api, [FIRST], ("Id", "State"))
    assert listed == Listed([{"Id": "1"}, {"Id": "2"}], {FIRST: 2})
    assert fake_api.calls[0].query == {"fields": "Id,State,Machine"}
    assert list_sessions(fake_api, [FIRST]) == Listed([{"Id": "2"}], {FIRST: 1})
    assert fake_api.calls[-1].query == {}


@pytest.mark.parametrize("name", ["LAB\\vda.001", "LAB|vda.001", "vda-001"])
def test_machine_name_with_domain_or_no_dot_used_in_path(fake_api, name):
    path = name.replace("\\", "|").replace("|", "%7C")
    fake_api.on(f"GET Machines/{path}/Sessions", page({"Id": "1"}))
    assert outline(list_sessions(fake_api, [name])) == (["1"], {name: 1})
    assert len(fake_api.calls) == 1


def test_machine_named_twice_requested_once(fake_api):
    fake_api.on(ON_FIRST, page({"Id": "1"}))
    assert outline(list_sessions(fake_api, [FIRST, FIRST])) == (["1"], {FIRST: 1})
    assert fake_api.sent() == [ON_FIRST]


@pytest.mark.parametrize("support", ["MultiSession", "SingleSession"])
def test_dns_name_looked_up_and_sessions_requested_by_id(fake_api, support):
    """The sessions of a machine may omit its DNS name."""
    site_with(fake_api, support)
    fake_api.on(BY_ID, page({"Id": "1", "Machine": {"Name": FIRST, "DnsName": None}}))
    name = DNS_NAME.upper()
    assert outline(list_sessions(fake_api, [name], ("Id",))) == (["1"], {name: 1})
    assert fake_api.sent() == [SEARCH, SEARCH, BY_ID]
    assert fake_api.conditions(fake_api.searches[-1])[1][0][:2] == [
        compare("MachineName", name),
        compare("DnsName", name),
    ]
    assert fake_api.calls[-1].query == {"fields": "Id,Machine"}


def test_session_on_machine_with_similar_name_dropped(fake_api):
    site_with(fake_api)
    fake_api.on(ON_FIRST, page(a_session("1"), {"Id": "2", "Machine": {"DnsName": "vda-001.other.example"}}))
    assert outline(list_sessions(fake_api, [FIRST], ("Id",))) == (["1"], {FIRST: 1})


def test_machine_without_id_requested_by_dns_name(fake_api):
    fake_api.on(SEARCH, page({"Id": None, "DnsName": DNS_NAME}), page())
    fake_api.on(f"GET Machines/{DNS_NAME}/Sessions", page({"Id": "1"}))
    assert outline(list_sessions(fake_api, [DNS_NAME])) == (["1"], {DNS_NAME: 1})


def test_several_machines_looked_up_sessions_in_one_search(fake_api):
    site_with(fake_api)
    fake_api.on(SESSIONS, page(a_session("1", SECOND), a_session("2"), token="more"), page(a_session("3", SECOND)))
    names = [FIRST, "vda-002.lab.example"]
    listed = list_sessions(fake_api, names, ("Id", "State"))
    assert outline(listed) == (["1", "2", "3"], {FIRST: 1, "vda-002.lab.example": 2})
    assert list(listed.counts) == names
    assert fake_api.sent() == [SEARCH, SEARCH, SESSIONS, SESSIONS]
    assert wanted(fake_api.calls[2], "MachineName", "DnsName") == [FIRST, SECOND]
    assert fake_api.calls[2].query == {"limit": "1000", "fields": "Id,State,Machine"}
    assert fake_api.writes == []


def test_machines_of_both_kinds_two_searches(fake_api):
    def search(call):
        return page(MACHINES[FIRST if wanted(call, "SessionSupport") == ["MultiSession"] else SECOND])

    fake_api.on(SEARCH, search)
    fake_api.on(SESSIONS, page(a_session("1"), a_session("2", SECOND)))
    assert outline(list_sessions(fake_api, [SECOND, DNS_NAME])) == (["1", "2"], {SECOND: 1, DNS_NAME: 1})
    assert fake_api.sent() == [SEARCH, SEARCH, SESSIONS]
    assert wanted(fake_api.calls[1], "MachineName") == [SECOND, DNS_NAME]


def test_broker_names_looked_up_only_if_no_session_has_them(fake_api):
    site_with(fake_api)
    fake_api.on(SESSIONS, page(a_session("1"), a_session("2", SECOND)))
    assert outline(list_sessions(fake_api, [SECOND, "lab|VDA-001"])) == (["1", "2"], {SECOND: 1, "lab|VDA-001": 1})
    assert fake_api.sent() == [SESSIONS]
    assert wanted(fake_api.calls[0], "MachineName") == [SECOND, "lab\\VDA-001"]
    fake_api.on(SESSIONS, page(a_session("1")))
    assert list_sessions(fake_api, [FIRST, SECOND]).counts == {FIRST: 1, SECOND: 0}
    assert fake_api.sent() == [SESSIONS, SESSIONS, SEARCH]
    assert wanted(fake_api.calls[2], "MachineName") == [SECOND]


def test_machine_missing_without_sessions_named(fake_api):
    site_with(fake_api)
    fake_api.on(SESSIONS, page(a_session("1")))
    with pytest.raises(OptionError, match=r"site1 has no LAB\\nowhere, LAB\\neither; write"):
        list_sessions(fake_api, [FIRST, "LAB\\nowhere", SECOND, "LAB\\neither"])


def test_machine_sessions_fields_include_machine_once(fake_api):
    site_with(fake_api)
    fake_api.on(SESSIONS, page(a_session("1"), a_session("2", SECOND)))
    list_sessions(fake_api, [FIRST, SECOND], ("Machine", "Id"))
    list_sessions(fake_api, [FIRST, SECOND])
    requested = [call.query.get("fields") for call in fake_api.calls if call.path.startswith("Sessions")]
    assert requested == ["Machine,Id", None]


def test_machine_id_among_several_searched_by_name(fake_api):
    site_with(fake_api)
    fake_api.on(SESSIONS, page(a_session("1"), a_session("2", SECOND)))
    assert outline(list_sessions(fake_api, [GUID, SECOND])) == (["1", "2"], {GUID: 1, SECOND: 1})
    assert wanted(fake_api.calls[-1], "MachineName") == [FIRST, SECOND]


def test_machine_without_name_searched_by_dns_name(fake_api):
    nameless = {"Id": GUID, "Name": None, "DnsName": DNS_NAME}
    fake_api.on(f"GET Machines/{GUID}", nameless)
    fake_api.on(SEARCH, page(MACHINES[SECOND]))
    fake_api.on(SESSIONS, page({"Id": "1", "Machine": {"DnsName": DNS_NAME}}))
    assert outline(list_sessions(fake_api, [GUID, SECOND])) == (["1"], {GUID: 1, SECOND: 0})
    assert (wanted(fake_api.calls[-1], "DnsName"), wanted(fake_api.calls[-1], "MachineName")) == ([DNS_NAME], [SECOND])


def test_all_names_of_one_machine_have_its_sessions(fake_api):
    site_with(fake_api)
    fake_api.on(BY_ID, page(a_session("1"), a_session("2")))
    names = [FIRST, DNS_NAME, GUID, "lab|VDA-001"]
    assert outline(list_sessions(fake_api, names)) == (["1", "2"], dict.fromkeys(names, 2))


@pytest.mark.parametrize("expected", [{"Name": "lab\\VDA-001"}, {"DnsName": DNS_NAME}, {"Id": GUID.upper()}])
def test_session_counts_by_any_name_of_its_machine(fake_api, expected):
    site_with(fake_api)
    fake_api.on(SESSIONS, page({"Id": "1", "Machine": expected}))
    assert list_sessions(fake_api, [FIRST, SECOND]).counts == {FIRST: 1, SECOND: 0}


def test_session_on_two_pages_counts_once(fake_api):
    site_with(fake_api)
    fake_api.on(SESSIONS, page(a_session("1"), token="more"), page(a_session("1"), a_session("2", SECOND)))
    assert outline(list_sessions(fake_api, [FIRST, SECOND])) == (["1", "2"], {FIRST: 1, SECOND: 1})
    fake_api.on(ON_FIRST, page({"Id": "1"}, token="more"), page({"Id": "1"}))
    assert outline(list_sessions(fake_api, [FIRST])) == (["1"], {FIRST: 1})


@pytest.mark.parametrize("fields", [{}, {"Machine": None}, {"Machine": FIRST}, {"Machine": {"Name": None}}])
def test_session_without_machine_listed_but_not_counted(fake_api, fields):
    site_with(fake_api)
    fake_api.on(SESSIONS, page({"Id": "1", **fields}, a_session("2", SECOND)))
    assert outline(list_sessions(fake_api, [FIRST, SECOND])) == (["1", "2"], {FIRST: 0, SECOND: 1})


def test_sessions_of_many_machines_several_searches(fake_api):
    def sessions(call):
        return page(*({"Id": name, "Machine": {"Name": name}} for name in wanted(call, "MachineName")))

    fake_api.on(SESSIONS, sessions)
    names = [f"LAB\\vda-{number:03}" for number in range(150)]
    assert outline(list_sessions(fake_api, names)) == (names, dict.fromkeys(names, 1))
    assert fake_api.sent() == [SESSIONS, SESSIONS]


def test_machines_without_sessions_listed_empty(fake_api):
    site_with(fake_api)
    fake_api.on(SESSIONS, page())
    fake_api.on(BY_ID, page())
    assert list_sessions(fake_api, [FIRST, SECOND]) == Listed([], {FIRST: 0, SECOND: 0})
    assert list_sessions(fake_api, [DNS_NAME]) == Listed([], {DNS_NAME: 0})


def test_machines_missing_all_named_before_any_list(fake_api):
    site_with(fake_api)
    fake_api.on(f"GET Machines/{GUID}", 404)
    with pytest.raises(OptionError) as error:
        list_sessions(fake_api, [FIRST, "LAB\\nowhere", GUID, SECOND, "nowhere.lab.example"])
    assert str(error.value).startswith(f"machine: site site1 has no LAB\\nowhere, {GUID}, nowhere.lab.example; write ")
    assert FIRST not in str(error.value) and SECOND not in str(error.value)
    assert SESSIONS not in fake_api.sent()


@pytest.mark.parametrize("machine", [FIRST, GUID, DNS_NAME])
def test_machine_missing_single_named(fake_api, machine):
    for key in (ON_FIRST, f"GET Machines/{GUID}"):
        fake_api.on(key, 404)
    fake_api.on(SEARCH, page())
    with pytest.raises(OptionError) as error:
        list_sessions(fake_api, [machine])
    assert str(error.value).startswith(f"machine: site site1 has no {machine}; write DOMAIN\\NAME")


def test_machine_removed_after_look_up_named_as_in_task(fake_api):
    site_with(fake_api)
    fake_api.on(BY_ID, 404)
    with pytest.raises(OptionError, match=f"^machine: site site1 has no {DNS_NAME};"):
        list_sessions(fake_api, [DNS_NAME])


@pytest.mark.parametrize("status", [400, 403, 500, 503])
@pytest.mark.parametrize(
    ("machines", "key"), [([FIRST], ON_FIRST), ([FIRST, SECOND], SESSIONS), ([DNS_NAME], BY_ID), ([GUID], BY_ID)]
)
def test_machine_sessions_other_error_ends_listing(fake_api, machines, key, status):
    site_with(fake_api)
    fake_api.on(key, status)
    with pytest.raises(ApiError, match=f"Could not list the sessions of machine.*: HTTP {status}"):
        list_sessions(fake_api, machines)


@pytest.mark.parametrize("machines", [[FIRST, DNS_NAME], [DNS_NAME]])
def test_machine_sessions_failed_look_up_ends_listing(fake_api, machines):
    fake_api.on(SEARCH, 403)
    with pytest.raises(ApiError, match="Could not search the machines: HTTP 403"):
        list_sessions(fake_api, machines)
    assert fake_api.sent() == [SEARCH]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([FIRST, SECOND, "lab\\VDA-001", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAME_FIELDS), inner),
    max_leaves=4,
)


@given(st.lists(st.fixed_dictionaries({}, optional={"Id": JSON, "Machine": JSON}), max_size=4))
def test_sessions_of_any_shape_counted_on_requested_machines(new_fake_api, sessions):
    api = new_fake_api()
    site_with(api)
    api.on(SESSIONS, page(*sessions))
    listed = list_sessions(api, [FIRST, SECOND])
    assert list(listed.counts) == [FIRST, SECOND]
    expected = [session.get("Machine") for session in listed.sessions]
    names = [str(machine.get("Name")).casefold() for machine in expected if isinstance(machine, dict)]
    assert listed.counts == {name: names.count(name.casefold()) for name in (FIRST, SECOND)}


# Selected machines


def machines(api, fields=("Id", "State"), filters=(), **given):
    query = MachineQuery.from_params({"session_support": None, **given}, tuple(filters))
    return [machine.get("Name") for machine in find_machines(api, query, fields)]


OFFICE = {"Id": "g1", "Name": "Office", "FullName": "Office"}


@pytest.fixture
def site(fake_api):
    site_with(fake_api)
    fake_api.on("GET DeliveryGroups/Office", OFFICE)
    return fake_api


def test_find_machines_without_selectors_lists_all(site):
    one, other = {"Id": "m-1", "Name": FIRST}, {"Id": "m-2", "Name": SECOND}
    site.on("GET Machines", page(one, other, token="more"), page(other))
    assert machines(site) == [FIRST, SECOND]
    assert site.calls[0].query["fields"] == "Id,State"
    machines(site, fields=())
    assert "fields" not in site.calls[-1].query


def test_find_machines_named_looked_up_once(site):
    assert machines(site, machine=[SECOND, "vda-002.lab.example", FIRST]) == [SECOND, FIRST]
    assert {call.path for call in site.calls} == {"Machines/$search"}


@pytest.mark.parametrize(
    ("given", "conditions"),
    [
        ({"session_support": "SingleSession"}, []),
        ({"delivery_group": ["Office"]}, ["Office"]),
        ({"filters": [compare("Tags", "x", "Any")]}, ["x"]),
        ({"machine": [FIRST], "session_support": "SingleSession"}, [FIRST]),
        ({"machine": ["vda-001.lab.example"], "delivery_group": ["Office"]}, ["Office", FIRST]),
    ],
)
def test_find_machines_searched_by_kind(site, given, conditions):
    machines(site, **given)
    kinds = [given["session_support"]] if "session_support" in given else ["MultiSession", "SingleSession"]
    bodies = [site.conditions(body) for body in site.searches[-len(kinds) :]]
    assert [[each["Value"] for each in single] for single, _choices in bodies] == [
        [kind, *conditions] for kind in kinds
    ]
    assert site.writes == []


OTHERS = {"Id": "m-9", "Name": "LAB\\vda-0011", "DnsName": None, "DeliveryGroup": {"Id": "g9", "Name": "Office"}}
FITS = {"Id": "m-1", "Name": FIRST, "DeliveryGroup": {"Id": "g1", "Name": "renamed"}}
OF_ONE_KIND = {"session_support": "MultiSession"}


@pytest.mark.parametrize("given", [{"machine": [FIRST]}, {"delivery_group": ["Office"]}])
def test_find_machines_extra_results_dropped(site, given):
    site.on(SEARCH, page(OTHERS, FITS, FITS))
    assert machines(site, **given, **OF_ONE_KIND) == [FIRST]


@pytest.mark.parametrize("fields", [{}, {"DeliveryGroup": None}, {"DeliveryGroup": {}}, {"DeliveryGroup": "Office"}])
def test_machine_without_group_accepted_from_search(site, fields):
    site.on(SEARCH, page({"Id": "m-1", "Name": FIRST, **fields}))
    assert machines(site, delivery_group=["Office"], **OF_ONE_KIND) == [FIRST]


@pytest.mark.parametrize("state", ["Registered", "registered", "REGISTERED", 3, None])
def test_machine_state_in_any_case_accepted_from_search(site, state):
    other = {"Id": "m-2", "Name": SECOND, "RegistrationState": "unregistered"}
    site.on(SEARCH, page({"Id": "m-1", "Name": FIRST, "RegistrationState": state}, other))
    assert machines(site, registration_state=["Registered"], **OF_ONE_KIND) == [FIRST]


def test_machine_filters_of_task_accepted_from_search(site):
    site.on(SEARCH, page(OTHERS))
    assert machines(site, filters=[compare("Tags", "x", "Any")], **OF_ONE_KIND) == [OTHERS["Name"]]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"machine": []}, r"^machine: is empty"),
        ({"delivery_group": [" "]}, r"^delivery_group: contains an empty name"),
        ({"machine": ["LAB\x0bda-001"]}, r"^machine: .* control character"),
    ],
)
def test_invalid_names_rejected_before_any_call(site, given, expected):
    with pytest.raises(OptionError, match=expected):
        machines(site, **given)
    assert site.calls == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"machine": [FIRST, "LAB\\nowhere"]}, r"^machine: site site1 has no LAB\\nowhere;"),
        (
            {"machine": ["LAB\\nowhere"], "session_support": "SingleSession"},
            r"^machine: site site1 has no LAB\\nowhere;",
        ),
        ({"delivery_group": ["Sales"]}, r"^delivery_group: site site1 has no Sales;"),
    ],
)
def test_missing_machines_and_groups_rejected_by_name(site, given, expected):
    site.on("GET DeliveryGroups/Sales", 404)
    with pytest.raises(OptionError, match=expected):
        machines(site, **given)


# Facts


@pytest.mark.parametrize("names", [None, []])
def test_facts_all_fields_unless_some_requested(names):
    assert requested_fields(names) == ()


def test_facts_fields_include_names_without_duplicates():
    assert requested_fields(["SessionCount", "Name", "SessionCount"]) == ("Id", "Name", "DnsName", "SessionCount")


@pytest.mark.parametrize("name", ["", "Session Count", "Session,Count", "State&limit=1", "Größe", "A\n"])
def test_facts_invalid_field_rejected_by_name(name):
    with pytest.raises(OptionError, match=r"^fields: '.*' is not a field; spell it as in the API"):
        requested_fields(["SessionCount", name])
