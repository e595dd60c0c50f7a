# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries: what is known of a selected session, and which sessions are done with before anything is sent."""

from __future__ import annotations

import copy
from dataclasses import asdict

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._entries import Entry
from ansible_collections.sessionops.citrix.plugins.module_utils._selection import Target
from hypothesis import given
from hypothesis import strategies as st

SESSION = {
    "Id": "1",
    "State": "Active",
    "Machine": {"Name": "LAB\\vda-001", "DeliveryGroup": {"Id": "g1", "Name": "Office Desktops"}},
    "User": {"Name": "LAB\\user001", "DisplayName": "User 001"},
    "UntrustedUserName": "LAB\\somebody",
}


def test_an_entry_tells_who_and_where():
    assert asdict(Entry.of(Target.of("1", SESSION))) == {
        "id": "1",
        "user": "LAB\\user001",
        "machine": "LAB\\vda-001",
        "delivery_group": "Office Desktops",
        "session_state": "Active",
        "changed": False,
        "result": "",
        "reason": None,
        "transaction_id": None,
    }


def test_an_entry_has_the_id_by_which_its_session_was_named():
    assert Entry.of(Target.of("ABC", {**SESSION, "Id": "abc"})).id == "ABC"


def test_a_session_that_is_no_more_has_ended():
    entry = Entry.of(Target.of("1", None))
    assert (entry.id, entry.result, entry.changed) == ("1", "ended", False)
    assert entry.reason == "there is no session with this id"
    assert (entry.user, entry.machine, entry.delivery_group, entry.session_state) == (None, None, None, None)


@pytest.mark.parametrize("session_id", ["", ".", "..", "\ud800"])
def test_a_session_without_an_id_by_which_to_address_it_fails_with_what_is_known_of_it(session_id):
    entry = Entry.of(Target.of(session_id, {**SESSION, "Id": session_id}))
    assert (entry.id, entry.result, entry.changed, entry.user) == (session_id, "failed", False, "LAB\\user001")
    assert entry.reason == "the API gives no id for this session by which it could be addressed; run again"


@pytest.mark.parametrize("session_id", ["", "."])
def test_a_session_that_is_no_more_has_ended_whatever_its_id(session_id):
    assert Entry.of(Target.of(session_id, None)).result == "ended"


def test_an_entry_is_of_the_class_that_is_asked():
    class Special(Entry):
        pass

    assert isinstance(Special.of(Target.of("1", SESSION)), Special)


@pytest.mark.parametrize("changed", [True, False])
def test_an_end_is_a_result_with_its_reason(changed):
    entry = Entry.of(Target.of("1", SESSION))
    entry.end("sent", "a reason", changed)
    assert (entry.result, entry.reason, entry.changed) == ("sent", "a reason", changed)


def test_what_changed_is_the_result():
    entry = Entry.of(Target.of("1", SESSION))
    entry.end("sent", changed=True)
    assert entry.difference() == ("not sent", "sent")
    assert entry.reason is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
ALIENS = st.fixed_dictionaries(
    {},
    optional={
        "Machine": JSON | st.fixed_dictionaries({}, optional={"Name": JSON, "DeliveryGroup": JSON}),
        **dict.fromkeys(("Id", "State", "User", "Other"), JSON),
    },
)


@given(ALIENS)
def test_an_entry_starts_from_a_session_of_any_shape(session):
    before = copy.deepcopy(session)
    entry = asdict(Entry.of(Target.of("1", session)))
    assert session == before
    for name in ("user", "machine", "delivery_group", "session_state"):
        assert entry[name] is None or (isinstance(entry[name], str) and entry[name])
