# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each selector and each pair equals a plain filter, with few calls, for any names."""

from __future__ import annotations

from itertools import product
from unittest.mock import patch

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client import search
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._common.text import clean
from ansible_collections.sessionops.citrix.plugins.modules import citrix_machine_sessions_info as machine_sessions
from ansible_collections.sessionops.citrix.plugins.modules import citrix_machines_info as machines
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_message as message
from ansible_collections.sessionops.citrix.plugins.modules import citrix_sessions_info as sessions
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from selections import KINDS, SELECTORS, Fleet, in_case, selections
from support.simulator_process import Simulator

MESSAGE = {"title": "Recording", "text": "This session is recorded.", "on_gap": "warn"}
PAGE_SIZES = st.sampled_from([1000, 50])


@pytest.fixture(scope="module", params=["plain", "hostile"])
def fleet(request):
    """Return 300 sessions of all kinds on 12 machines, in a separate simulator."""
    simulator = Simulator()
    yield Fleet(simulator, machines=12, sessions=300, names=request.param)
    simulator.close()


@pytest.fixture(scope="module")
def ask(client):
    """Return a function that runs a module in check mode; the log then has only its calls."""

    def run(fleet, module, page_size=1000, **options):
        fleet.reset()
        with patch.object(search, "PAGE_SIZE", page_size):
            return client(module, fleet.connection, check_mode=True, **options)

    return run


def ids(found):
    return [session["id"] for session in found]


def compare(fleet, ask, options, page_size):
    """Compare a selection with the filter: sessions, duplicates, order, and number of calls."""
    ambiguity = fleet.ambiguity(options)
    try:
        result = ask(fleet, message, page_size, **MESSAGE, **options)
    except OptionError as error:
        assert ambiguity, error
        option, people = ambiguity
        assert str(error).startswith(f"{option}:")
        assert all(clean(person) in str(error) for person in people)
        return
    assert not ambiguity
    assert ids(result["sessions"]) == ids(fleet.left(options))
    assert fleet.simulator.listings() <= fleet.listings(options, page_size)
    for option, start in (
        ("user", "No session was found for "),
        ("exclude_user", "exclude_user: no selected session "),
    ):
        warned = [warning for warning in result["warnings"] if warning.startswith(start)]
        missing = fleet.without_session(option, options)
        assert len(warned) == bool(missing)
        assert all(clean(name) in warning for warning in warned for name in missing[:3])


@pytest.mark.parametrize("kinds", SELECTORS, ids="+".join)
@settings(max_examples=10)
@given(data=st.data())
def test_selection_equals_plain_filter(fleet, ask, kinds, data):
    compare(fleet, ask, data.draw(selections(fleet, kinds)), data.draw(PAGE_SIZES))


@settings(max_examples=10)
@given(data=st.data())
def test_all_sessions_selects_all_except_excluded(fleet, ask, data):
    options = data.draw(selections(fleet, ()))
    compare(fleet, ask, {"all_sessions": True, **options}, data.draw(PAGE_SIZES))


@pytest.mark.parametrize("option", ["user", "exclude_user"])
def test_ambiguous_name_without_domain_rejected(fleet, ask, option):
    one, other = fleet.namesakes[:2]
    name = one["user"].partition("\\")[2]
    assert other["user"].partition("\\")[2] == name
    selector = {} if option == "user" else {"machine": [one["machine"]]}
    with pytest.raises(OptionError) as caught:
        ask(fleet, message, **MESSAGE, **selector, **{option: [name]})
    choice = ", ".join(sorted(clean(session["user"]) for session in (one, other)))
    assert str(caught.value).startswith(f"{option}: '{clean(name)}' matches several users")
    assert str(caught.value).endswith(choice)


def test_all_pages_read_without_duplicates(fleet, ask):
    found = ask(fleet, message, page_size=50, all_sessions=True, **MESSAGE)
    assert ids(found["sessions"]) == ids(fleet.sessions)
    assert fleet.simulator.listings() == 6


def test_result_of_two_searches_without_duplicates(fleet, ask, request):
    people = [session for session in fleet.sessions if session["user_principal_name"]][:60]
    names = [session["user"] for session in people] + [session["user_principal_name"] for session in people]
    found = ask(fleet, sessions, user=names, fields=["Id"])["sessions"]
    assert sorted(ids(found)) == sorted(ids(people))
    # More than 100 conditions are two searches; hostile names have forms with separate accents.
    assert fleet.simulator.listings() == {"plain": 3, "hostile": 4}[request.node.callspec.params["fleet"]]


def test_machine_found_by_two_searches_counts_once(fleet, ask):
    both = sorted({session["machine"] for session in fleet.sessions[:50]})
    names = [name for machine in both for name in cases(machine)]
    assert len(names) == 128
    found = ask(fleet, machine_sessions, machine=names, fields=["Id"])
    assert ids(found["sessions"]) == ids(fleet.sessions[:50])
    assert found["machines"] == dict.fromkeys(names, 25)
    assert fleet.simulator.listings() == 2
    found = ask(fleet, machines, machine=names, fields=["Id"])
    assert [machine["name"] for machine in found["machines"]] == both


def cases(name):
    """Return the 64 spellings of DOM\abc... with upper or lower case of its first six letters."""
    return ["".join(letters) + name[7:] for letters in product(*(sorted({c.lower(), c.upper()}) for c in name[:7]))]


@settings(max_examples=15)
@given(data=st.data())
def test_session_list_equals_plain_filter(fleet, ask, data):
    kinds = data.draw(st.sampled_from([(), *SELECTORS]))
    options = {name: values for name, values in data.draw(selections(fleet, kinds)).items() if name in kinds}
    assume(not fleet.ambiguity(options))
    states = data.draw(st.none() | st.lists(st.sampled_from(["Active", "Disconnected", "Unknown"]), min_size=1))
    fields = data.draw(st.lists(st.sampled_from(["Machine", "State", "User"]), min_size=1, unique=True))
    limit = data.draw(st.sampled_from([0, 0, 1, 60]))
    picked = fleet.selected(options)
    if states:
        # No list has states, so a search is sent, which keeps the order of the site.
        picked = [session for session in fleet.sessions if session in picked and session["state"] in states]
    found = ask(fleet, sessions, data.draw(PAGE_SIZES), **options, session_state=states, fields=fields, limit=limit)
    assert ids(found["sessions"]) == ids(picked)[: limit or None]
    assert all(set(session) == {"id", *map(str.lower, fields)} for session in found["sessions"])


@settings(max_examples=15)
@given(data=st.data())
def test_machine_list_equals_plain_filter(fleet, ask, data):
    kinds = data.draw(st.sampled_from([(), ("machine",), ("delivery_group",), ("machine", "delivery_group")]))
    options = {name: values for name, values in data.draw(selections(fleet, kinds)).items() if name in kinds}
    support = data.draw(st.sampled_from([None, "MultiSession", "SingleSession"]))
    picked = {session["machine"] for session in fleet.selected(options)}
    expected = {name for name in picked if support in (None, fleet.machines[name]["SessionSupport"])}
    found = ask(fleet, machines, **options, session_support=support, fields=["Id"])["machines"]
    assert sorted(machine["name"] for machine in found) == sorted(expected)


@pytest.mark.parametrize("fleet", ["hostile"], indirect=True)
def test_message_sent_to_selected_sessions(fleet, client):
    fleet.reset()
    one, other = fleet.sessions[31], fleet.sessions[190]
    machine, user, group, application = ([fleet.forms(kind, each) for each in (one, other)] for kind in KINDS)
    selections = [
        {"machine": [in_case(machine[0][0], str.swapcase), machine[1][1]]},
        {"user": [in_case(user[0][0], str.upper), *user[1]], "exclude_machine": [machine[1][0]]},
        {"delivery_group": [group[0][0]], "exclude_user": user[0]},
        {"application": application[0]},
        {"machine": [machine[0][2]], "user": [one["user"].partition("\\")[2]]},
        {"delivery_group": [group[0][1]], "application": [in_case(application[0][0], str.upper)]},
        {"machine": [machine[0][1], machine[1][0]], "delivery_group": [in_case(group[0][0], str.lower)]},
        {"all_sessions": True, "exclude_machine": machine[0], "exclude_user": user[1]},
    ]
    for at, options in enumerate(selections):
        result = client(message, fleet.connection, **{**MESSAGE, "title": str(at)}, **options)
        expected = ids(fleet.left(options))
        assert expected
        assert ids(result["sessions"]) == expected
        state = fleet.simulator.state().values()
        reached = [each["id"] for each in state for shown in each["messages"] if shown["title"] == str(at)]
        assert sorted(reached) == sorted(expected)
