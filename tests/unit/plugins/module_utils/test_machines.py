# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines: how they are addressed, and what is told about those that do not exist."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import ApiError, CitrixError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._machines import (
    list_sessions,
    sessions_of,
    with_dns_name,
)

SEARCH = "POST Machines/$search"
FIRST, SECOND = "LAB\\vda-001", "LAB\\vda-002"
ON_FIRST, ON_SECOND = "GET Machines/LAB%7Cvda-001/Sessions", "GET Machines/LAB%7Cvda-002/Sessions"
DNS_NAME = "vda-001.lab.example"


def sessions(*ids, token=None):
    return {"Items": [{"Id": session_id} for session_id in ids], "ContinuationToken": token}


def ids(listed):
    return {name: [session["Id"] for session in found] for name, found in listed.items()}


def test_only_the_fields_that_are_wanted_are_asked_for():
    call = sessions_of(FIRST, ("Id", "State"))
    assert (call.method, call.path, call.query) == ("GET", "Machines/LAB%7Cvda-001/Sessions", {"fields": "Id,State"})
    assert sessions_of(FIRST, ()).query == {}


def test_a_search_by_dns_name_reads_and_names_the_session_support_it_must():
    call = with_dns_name(DNS_NAME, "MultiSession")
    assert (call.method, call.path, call.write) == ("POST", "Machines/$search", False)
    assert call.body == {
        "SearchFilters": [
            {"Property": "SessionSupport", "Operator": "Equals", "Value": "MultiSession"},
            {"Property": "DnsName", "Operator": "Equals", "Value": DNS_NAME},
        ]
    }


def test_sessions_come_under_the_names_and_in_the_order_asked_for(fake_api):
    fake_api.on(ON_FIRST, sessions("1", "2"))
    fake_api.on(ON_SECOND, sessions())
    listed = list_sessions(fake_api, [SECOND, FIRST])
    assert list(listed) == [SECOND, FIRST]
    assert ids(listed) == {FIRST: ["1", "2"], SECOND: []}


def test_a_machine_that_is_named_twice_is_asked_once(fake_api):
    fake_api.on(ON_FIRST, sessions("1"))
    assert ids(list_sessions(fake_api, [FIRST, FIRST])) == {FIRST: ["1"]}
    assert fake_api.sent() == [ON_FIRST]


def test_all_pages_are_read(fake_api):
    fake_api.on(ON_FIRST, sessions("1", token="more"), sessions(token="still more"), sessions("2"))
    assert ids(list_sessions(fake_api, [FIRST])) == {FIRST: ["1", "2"]}


@pytest.mark.parametrize("support", ["MultiSession", "SingleSession"])
def test_a_dns_name_is_looked_up_among_both_kinds_of_machines(fake_api, support):
    def search(call):
        kind = call.body["SearchFilters"][0]["Value"]
        return {"Items": [{"Id": "m1", "DnsName": DNS_NAME.upper()}] if kind == support else []}

    fake_api.on(SEARCH, search)
    fake_api.on("GET Machines/m1/Sessions", sessions("1"))
    assert ids(list_sessions(fake_api, [DNS_NAME])) == {DNS_NAME: ["1"]}


def test_a_machine_that_only_looks_like_the_one_looked_up_is_not_taken(fake_api):
    fake_api.on(SEARCH, {"Items": [{"Id": "m9", "DnsName": "other.lab.example"}, {"Id": "m8", "DnsName": None}]})
    with pytest.raises(OptionError, match=f"has no {DNS_NAME}"):
        list_sessions(fake_api, [DNS_NAME])


@pytest.mark.parametrize("alien_id", [None, "", 17, {}])
def test_a_machine_that_is_found_without_an_id_is_addressed_by_its_name(fake_api, alien_id):
    fake_api.on(SEARCH, {"Items": [{"Id": alien_id, "Name": FIRST, "DnsName": DNS_NAME}]})
    fake_api.on(ON_FIRST, sessions("1"))
    assert ids(list_sessions(fake_api, [DNS_NAME])) == {DNS_NAME: ["1"]}


@pytest.mark.parametrize("name", ["LAB\\vda.001", "LAB|vda.001", "vda-001"])
def test_a_name_with_a_domain_or_without_a_dot_is_not_looked_up(fake_api, name):
    path = name.replace("\\", "|").replace("|", "%7C")
    fake_api.on(f"GET Machines/{path}/Sessions", sessions("1"))
    assert ids(list_sessions(fake_api, [name])) == {name: ["1"]}


def test_every_machine_that_does_not_exist_is_named(fake_api):
    fake_api.on(ON_FIRST, sessions("1"))
    fake_api.on(ON_SECOND, 404)
    fake_api.on("GET Machines/LAB%7Cvda-003/Sessions", 404)
    fake_api.on(SEARCH, {"Items": []})
    with pytest.raises(OptionError) as error:
        list_sessions(fake_api, [FIRST, SECOND, "LAB\\vda-003", DNS_NAME])
    assert str(error.value).startswith(f"machine: site site1 has no {SECOND}, LAB\\vda-003, {DNS_NAME}; write ")
    assert FIRST not in str(error.value)


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_any_other_error_ends_the_listing(fake_api, status):
    fake_api.on(ON_FIRST, sessions("1"))
    fake_api.on(ON_SECOND, status)
    with pytest.raises(ApiError, match=f"machine LAB.vda-002: HTTP {status}"):
        list_sessions(fake_api, [FIRST, SECOND])


def test_a_page_that_repeats_ends_the_listing(fake_api):
    fake_api.on(ON_FIRST, sessions("1", token="again"))
    with pytest.raises(CitrixError, match="repeats a page"):
        list_sessions(fake_api, [FIRST])


@pytest.mark.parametrize("machines", [[], [""], ["LAB\x0bda-001"]])
def test_names_that_cannot_be_meant_are_refused_before_any_call(fake_api, machines):
    with pytest.raises(OptionError, match=r"^machine: "):
        list_sessions(fake_api, machines)
    assert fake_api.calls == []
