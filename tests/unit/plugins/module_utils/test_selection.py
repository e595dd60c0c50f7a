# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The selection: who is meant, in which order, and when nothing may be done at all."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils import _sessions
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import ApiError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._selection import Target, select

ON_FIRST, ON_SECOND = "GET Machines/LAB%7Cvda-001/Sessions", "GET Machines/LAB%7Cvda-002/Sessions"


def wanted(**given):
    return {"session_id": None, "machine": None, "max_sessions": 1000, **given}


def page(*ids):
    return {"Items": [{"Id": session_id} for session_id in ids]}


def test_named_sessions_come_in_the_order_in_which_they_are_named(fake_api):
    for session_id in ("1", "2", "3"):
        fake_api.on(f"GET Sessions/{session_id}", {"Id": session_id})
    targets = select(fake_api, wanted(session_id=["3", "1", "2", "1"]))
    assert targets == [Target("3", {"Id": "3"}), Target("1", {"Id": "1"}), Target("2", {"Id": "2"})]
    assert sorted(fake_api.sent()) == ["GET Sessions/1", "GET Sessions/2", "GET Sessions/3"]
    assert {call.query["fields"] for call in fake_api.calls} == {",".join(_sessions.RECORDING_FIELDS)}


def test_a_session_that_is_named_in_two_spellings_is_one_session(fake_api):
    """Two targets would be two requests at once, and two notices to the user."""
    fake_api.on("GET Sessions/ab-cd", {"Id": "ab-cd"})
    fake_api.on("GET Sessions/AB-CD", {"Id": "ab-cd"})
    assert len(select(fake_api, wanted(session_id=["ab-cd", "AB-CD"]))) == 1


def test_a_named_session_that_is_no_more_stays_in_its_place(fake_api):
    fake_api.on("GET Sessions/1", 404)
    fake_api.on("GET Sessions/2", {"Id": "2"})
    assert select(fake_api, wanted(session_id=["1", "2"])) == [Target("1", None), Target("2", {"Id": "2"})]


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_named_session_that_cannot_be_read_ends_the_task(fake_api, status):
    fake_api.on("GET Sessions/1", status)
    fake_api.on("GET Sessions/2", {"Id": "2"})
    with pytest.raises(ApiError, match=f"Could not read the session 1: HTTP {status}"):
        select(fake_api, wanted(session_id=["1", "2"]))


def test_the_sessions_of_machines_come_each_once_in_the_order_found(fake_api):
    fake_api.on(ON_FIRST, page("1", "2"))
    fake_api.on(ON_SECOND, page("2", "3"))
    targets = select(fake_api, wanted(machine=["LAB\\vda-002", "LAB\\vda-001"]))
    assert [target.id for target in targets] == ["2", "3", "1"]


def test_a_session_without_an_id_is_selected_and_not_addressed(fake_api):
    fake_api.on(ON_FIRST, {"Items": [{"State": "Active"}, {"Id": None}, {"Id": 17}]})
    assert [target.id for target in select(fake_api, wanted(machine=["LAB\\vda-001"]))] == ["", "", ""]


def test_a_machine_without_sessions_selects_none(fake_api):
    fake_api.on(ON_FIRST, page())
    assert select(fake_api, wanted(machine=["LAB\\vda-001"])) == []


def test_a_machine_that_does_not_exist_ends_the_task(fake_api):
    fake_api.on(ON_FIRST, page("1"))
    fake_api.on(ON_SECOND, 404)
    with pytest.raises(OptionError, match=r"^machine: site site1 has no LAB\\vda-002;"):
        select(fake_api, wanted(machine=["LAB\\vda-001", "LAB\\vda-002"]))


@pytest.mark.parametrize("given", [{}, {"session_id": []}, {"machine": []}])
def test_a_task_must_name_something(fake_api, given):
    with pytest.raises(OptionError, match=r"^session_id, machine: one of them must name"):
        select(fake_api, wanted(**given))


@pytest.mark.parametrize("given", [{"session_id": ["1", " "]}, {"session_id": ["\t"]}, {"machine": [""]}])
def test_an_empty_name_is_refused_before_any_call(fake_api, given):
    with pytest.raises(OptionError, match=f"^{next(iter(given))}: "):
        select(fake_api, wanted(**given))
    assert fake_api.calls == []


def test_the_cap_counts_what_is_selected_and_may_be_reached(fake_api):
    fake_api.on(ON_FIRST, page("1", "2", "2", "3"))
    assert len(select(fake_api, wanted(machine=["LAB\\vda-001"], max_sessions=3))) == 3
    with pytest.raises(
        OptionError, match=r"^max_sessions: 3 sessions are selected and 2 are allowed; nothing was chang"
    ):
        select(fake_api, wanted(machine=["LAB\\vda-001"], max_sessions=2))


@pytest.mark.parametrize("cap", [0, -1])
def test_a_cap_below_one_is_refused_before_any_call(fake_api, cap):
    with pytest.raises(OptionError, match=f"^max_sessions: must be 1 or more, not {cap}"):
        select(fake_api, wanted(session_id=["1"], max_sessions=cap))
    assert fake_api.calls == []


def test_selecting_writes_nothing(fake_api):
    fake_api.on("POST Machines/$search", {"Items": [{"Id": "m1", "DnsName": "vda-001.lab.example"}]})
    fake_api.on("GET Machines/m1/Sessions", page("1"))
    select(fake_api, wanted(machine=["vda-001.lab.example"]))
    assert fake_api.writes == []
