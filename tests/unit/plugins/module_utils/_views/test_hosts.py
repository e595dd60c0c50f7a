# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines as hosts: requests, filters, host variables and host names."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._site import machines
from ansible_collections.sessionops.citrix.plugins.module_utils._views import hosts
from ansible_collections.sessionops.citrix.plugins.module_utils._views.hosts import (
    Names,
    check_prefix,
    fact_names,
    find_hosts,
)
from hypothesis import given
from hypothesis import strategies as st

SEARCH = "POST Machines/$search"


def machine(number, **fields):
    return {"Id": f"m{number}", "Name": f"LAB\\vda-{number}", "DnsName": f"vda-{number}.lab.example", **fields}


@pytest.fixture
def wanted():
    """Return a factory of the plugin's own options, with defaults."""

    def make(**given):
        own = {**dict.fromkeys(hosts.OPTIONS), "fields": [], "sessions": False, "session_fields": []}
        return {**own, **given}

    return make


@pytest.fixture
def found(fake_api, wanted):
    """Return a function that returns the numbers of the machines that options select."""

    def find(machines, **options):
        fake_api.on(SEARCH, {"Items": machines})
        return [facts["id"] for facts in find_hosts(fake_api, wanted(**options), fake_api.warnings.append)]

    return find


def groups_of(api, body):
    """Return the filters of each group of a search: (property, operator, value)."""
    _single, groups = api.conditions(body)
    return [[(each["Property"], each["Operator"], each["Value"]) for each in group] for group in groups]


def flat_of(api, body):
    single, _groups = api.conditions(body)
    return [(each["Property"], each["Operator"], each["Value"]) for each in single]


def test_hosts_without_filters_all_machines_listed(fake_api, wanted):
    fake_api.on("GET Machines", {"Items": [machine(1, SessionCount=3, OSType=None), machine(2), machine(1)]})
    facts = find_hosts(fake_api, wanted(fields=["SessionCount", "OSType"]), fake_api.warnings.append)
    assert facts == [
        {"id": "m1", "name": "LAB\\vda-1", "dns_name": "vda-1.lab.example", "session_count": 3, "os_type": None},
        {"id": "m2", "name": "LAB\\vda-2", "dns_name": "vda-2.lab.example"},
    ]
    assert [call.query["fields"] for call in fake_api.calls] == ["Id,Name,DnsName,SessionCount,OSType"]
    assert fake_api.warnings == []


def test_hosts_without_fields_have_names(fake_api, wanted):
    fake_api.on("GET Machines", {"Items": [machine(1, OSType="Windows")]})
    assert find_hosts(fake_api, wanted(), fake_api.warnings.append) == [
        {"id": "m1", "name": "LAB\\vda-1", "dns_name": "vda-1.lab.example"}
    ]


def test_hosts_each_filter_is_search_condition(fake_api, found):
    fake_api.on("GET DeliveryGroups/EU%7COffice", {"Id": "g1", "Name": "Office", "FullName": "EU\\Office"})
    fake_api.on("GET MachineCatalogs/EU%7COne", {"Id": "c1", "Name": "One", "FullName": "EU\\One"})
    fake_api.on("GET MachineCatalogs/Two", {"Id": "c2", "Name": "Two"})
    found(
        [],
        delivery_group=["EU\\Office"],
        machine_catalog=["EU\\One", "Two"],
        session_support="MultiSession",
        registration_state=["Registered", "AgentError"],
        power_state=["On"],
        name=["vda-0*", "LAB\\x?"],
        search_filters=[{"property": "Tags", "operator": "Contains", "value": "pool"}],
    )
    (body,) = fake_api.searches
    assert flat_of(fake_api, body) == [
        ("SessionSupport", "Equals", "MultiSession"),
        ("Tags", "Contains", "pool"),
        ("PowerState", "Equals", "On"),
    ]
    assert groups_of(fake_api, body) == [
        [("DeliveryGroup", "Equals", "EU\\Office"), ("DeliveryGroup", "Equals", "Office")],
        [("MachineCatalog", "Equals", name) for name in ("EU\\One", "One", "Two")],
        [("RegistrationState", "Equals", "Registered"), ("RegistrationState", "Equals", "AgentError")],
        [("MachineName", "Contains", "vda-0"), ("MachineName", "Contains", "LAB\\x")],
    ]
    assert sorted(fake_api.calls[-1].query["fields"].split(",")[3:]) == [
        "DeliveryGroup",
        "MachineCatalog",
        "PowerState",
        "RegistrationState",
        "SessionSupport",
    ]


def test_pattern_without_text_requests_all(fake_api, wanted):
    fake_api.on("GET Machines", {"Items": [machine(1), machine(22)]})
    facts = find_hosts(fake_api, wanted(name=["vda-2?", "?????"]), fake_api.warnings.append)
    assert [each["id"] for each in facts] == ["m1", "m22"]
    assert find_hosts(fake_api, wanted(name=["*"]), fake_api.warnings.append) == facts
    assert fake_api.sent() == ["GET Machines", "GET Machines"]


OFFICE = {"Id": "g1", "Name": "Office"}
CATALOG = {"Id": "c1", "Name": "One"}


@pytest.mark.parametrize(
    ("options", "fit", "unfit"),
    [
        ({"delivery_group": ["Office"]}, {"DeliveryGroup": OFFICE}, {"DeliveryGroup": {"Id": "g2", "Name": "Office"}}),
        ({"machine_catalog": ["one"]}, {"MachineCatalog": CATALOG}, {"MachineCatalog": {"Id": "c2", "Name": "One"}}),
        ({"session_support": "MultiSession"}, {"SessionSupport": "MultiSession"}, {"SessionSupport": "SingleSession"}),
        ({"registration_state": ["Registered"]}, {"RegistrationState": "Registered"}, {"RegistrationState": "Unknown"}),
        ({"power_state": ["On", "Off"]}, {"PowerState": "Off"}, {"PowerState": "Suspended"}),
        ({"name": ["VDA-1*"]}, {"Name": "LAB\\vda-1"}, {"Name": "LAB\\vda-21"}),
        ({"name": ["lab\\VDA-1"]}, {"Name": "LAB\\vda-1"}, {"Name": "PARTNER\\vda-1"}),
    ],
)
def test_found_machine_checked_by_known_data(fake_api, found, options, fit, unfit):
    fake_api.on("GET DeliveryGroups/Office", OFFICE)
    fake_api.on("GET MachineCatalogs/one", CATALOG)
    silent = dict.fromkeys(fit) if "name" not in options else fit
    machines = [machine(1, **unfit), machine(2, **fit), machine(3, **silent)]
    assert found(machines, **options) == ["m2", "m3"]


def test_named_machine_without_match_reported(fake_api, found):
    assert found([machine(1), machine(2)], name=["vda-*", "vdi*"]) == ["m1", "m2"]
    assert fake_api.warnings == ["name: no machine matches vdi*; check the spelling"]


def test_find_hosts_unknown_catalogs_named(fake_api, wanted):
    fake_api.on("GET MachineCatalogs/One", CATALOG)
    for name in ("Won", "EU%7CTwo"):
        fake_api.on(f"GET MachineCatalogs/{name}", 404)
    with pytest.raises(OptionError, match=r"^machine_catalog: site site1 has no EU\\Two, Won; use the name"):
        find_hosts(fake_api, wanted(machine_catalog=["One", "Won", "EU\\Two"]), fake_api.warnings.append)


@pytest.mark.parametrize("option", ["delivery_group", "machine_catalog", "name"])
@pytest.mark.parametrize("names", [[], [""], ["a", " "], ["vda\v1"]])
def test_invalid_names_rejected(fake_api, wanted, option, names):
    with pytest.raises(OptionError, match=f"^{option}: "):
        find_hosts(fake_api, wanted(**{option: names}), fake_api.warnings.append)
    assert fake_api.calls == []


def test_hosts_missing_delivery_group_rejected(fake_api, wanted):
    fake_api.on("GET DeliveryGroups/Absent", 404)
    with pytest.raises(OptionError, match="delivery_group: site site1 has no Absent"):
        find_hosts(fake_api, wanted(delivery_group=["Absent"]), fake_api.warnings.append)


def test_hosts_api_error_raised(fake_api, wanted):
    fake_api.on("GET Machines", {"Items": [machine(1)], "ContinuationToken": "next"}, 503)
    with pytest.raises(ApiError, match="Could not list the machines: HTTP 503"):
        find_hosts(fake_api, wanted(), fake_api.warnings.append)


def test_sessions_assigned_to_their_machines(fake_api, wanted):
    fake_api.on("GET Machines", {"Items": [machine(1), machine(2), {"Id": "m3", "Name": None}]})
    sessions = [
        {"Id": "s1", "State": "Active", "Machine": {"Id": None, "Name": "lab\\VDA-1"}},
        {"Id": "s2", "State": None, "Machine": {"DnsName": "vda-2.lab.example"}, "User": {"Name": "LAB\\one"}},
        {"Id": "s3", "Machine": {"Id": "m3"}},
        {"Id": "s4", "Machine": {"Name": "LAB\\other"}},
        {"Id": "s5", "Machine": None},
    ]
    fake_api.on("GET Sessions", {"Items": sessions})
    facts = find_hosts(fake_api, wanted(sessions=True, session_fields=["State"]), fake_api.warnings.append)
    assert [each["sessions"] for each in facts] == [
        [{"id": "s1", "state": "Active"}],
        [{"id": "s2", "state": None}],
        [{"id": "s3"}],
    ]
    assert fake_api.calls[-1].query["fields"] == "Id,State,Machine"


def test_sessions_of_delivery_groups_searched(fake_api, wanted):
    fake_api.on("GET DeliveryGroups/Office", OFFICE)
    fake_api.on(SEARCH, {"Items": [machine(1)]}, {"Items": []})
    fake_api.on("POST Sessions/$search", {"Items": []})
    facts = find_hosts(fake_api, wanted(sessions=True, delivery_group=["Office"]), fake_api.warnings.append)
    assert [each["sessions"] for each in facts] == [[]]
    assert flat_of(fake_api, fake_api.searches[-1]) == [("DeliveryGroup", "Equals", "Office")]


@given(st.text(alphabet="ab*?[]\\-", min_size=1), st.text(alphabet="ab[]\\-"))
def test_pattern_match_contains_longest_part(pattern, name):
    if fnmatchcase(name, pattern):
        assert machines._longest_piece(pattern) in name


def test_facts_named_before_request():
    assert fact_names(["OSType", "IPAddress", "Name"]) == ["dns_name", "name", "id", "os_type", "ip_address"]
    assert fact_names([]) == ["dns_name", "name", "id"]
    with pytest.raises(OptionError, match=r"^fields: 'No\.Field' is not a field"):
        fact_names(["No.Field"])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("name", "A"),
        ("zone.name", "Z"),
        ("zone.none", ""),
        # The value is a template.
        ("zone.values", None),
        ("zone.a-b", None),
        ("zone", None),
        ("zone.missing", None),
        ("name.upper", None),
        ("number", None),
        ("(name)", None),
        (None, None),
        (["name"], None),
    ],
)
def test_path_of_text_returns_text(path, text):
    zone = {"name": "Z", "none": "", "values": "x", "a-b": "x"}
    assert hosts.text_at({"name": "A", "zone": zone, "number": 1}, path) == text


@pytest.mark.parametrize("prefix", ["", "_", "citrix_", "Vda2"])
def test_prefix_valid_accepted(prefix):
    check_prefix(prefix)


@pytest.mark.parametrize("prefix", ["2a", "a-", "ä", " ", "a\n"])
def test_prefix_invalid_rejected(prefix):
    with pytest.raises(OptionError, match=r"^hostvars_prefix: "):
        check_prefix(prefix)


ONE, TWO = {"id": "m1", "name": "LAB\\vda-1"}, {"id": "m2", "name": "LAB\\vda-2"}


UNUSABLE = [
    None,
    "",
    " ",
    "localhost",
    "LocalHost",
    "127.0.0.1",
    "::1",
    "all",
    "a\nb",
    "a\x00",
    "a\u200b",
    "a\u3164",
    "\u202eb",
]


@pytest.mark.parametrize("unusable", UNUSABLE)
def test_hostname_first_usable_name(unusable):
    assert Names({"all"}).first(ONE, [unusable, " vda-1 ", "other"]) == "vda-1"
    with pytest.raises(OptionError, match=r"^hostnames: no entry results in a usable name for LAB\\vda-1"):
        Names({"all"}).first(ONE, [unusable])


def test_hostname_number_accepted():
    assert Names(()).first(ONE, [0]) == "0"


def test_hostname_never_name_of_later_group():
    groups: dict = {}
    names = Names(groups)
    groups["vda-1"] = object()
    assert names.first(ONE, ["vda-1", "m1"]) == "m1"


def test_hostname_shared_by_two_machines_rejected():
    names = Names(())
    assert names.first(ONE, ["vda"]) == "vda"
    assert names.first(ONE, ["vda"]) == "vda"
    with pytest.raises(OptionError, match=r"LAB\\vda-1 and LAB\\vda-2 would both have the host name vda"):
        names.first(TWO, ["vda"])
    # The same name in two domains is the same text for two machines.
    with pytest.raises(OptionError, match="would both have the host name vda"):
        names.first({"id": "m3", "name": "LAB\\vda-1"}, ["vda"])


def test_hostname_evaluates_only_required_preferences():
    def choices():
        yield "vda-1"
        pytest.fail("the first was good")

    assert Names(()).first(ONE, choices()) == "vda-1"
