# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selection: matching and excluded sessions, their order, and errors before any write."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._common.guard_file import Limits
from ansible_collections.sessionops.citrix.plugins.module_utils._site.guard import Guard
from ansible_collections.sessionops.citrix.plugins.module_utils._site.refs import SessionRef
from ansible_collections.sessionops.citrix.plugins.module_utils._site.selection import (
    ARGUMENT_SPEC,
    FIELDS,
    Selection,
    Target,
    select,
)

SEARCH, MACHINES = "POST Sessions/$search", "POST Machines/$search"
FIRST, SECOND = "LAB\\vda-001", "LAB\\vda-002"
ON_FIRST = "GET Machines/LAB%7Cvda-001/Sessions"
NOTHING = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}


def wanted(**given):
    return {**NOTHING, **given}


def a_session(session_id, user="user001", machine=FIRST):
    return {
        "Id": session_id,
        "User": {"Name": f"LAB\\{user}", "PrincipalName": f"{user}@lab.example"},
        "Machine": {"Id": None, "Name": machine, "DnsName": f"{machine[4:]}.lab.example"},
    }


def page(*items):
    return {"Items": list(items)}


def ids(selection):
    return [target.session.id for target in selection.targets]


@pytest.fixture
def selected(fake_api):
    """Return a function that returns the ids selected on the first machine with these sessions."""

    def run(*sessions, **given):
        fake_api.on(ON_FIRST, page(*sessions))
        machines = [{"Id": name[-1], "Name": name, "DnsName": f"{name[4:]}.lab.example"} for name in (FIRST, SECOND)]
        fake_api.on(MACHINES, page(*machines))
        return ids(select(fake_api, wanted(machine=[FIRST], **given)))

    return run


# By id


def test_named_sessions_in_order_of_option(fake_api):
    for session_id in ("1", "2", "3"):
        fake_api.on(f"GET Sessions/{session_id}", {"Id": session_id})
    selection = select(fake_api, wanted(session_id=["3", "1", "2", "1"]))
    assert selection == Selection(
        [
            Target.from_session("3", {"Id": "3"}),
            Target.from_session("1", {"Id": "1"}),
            Target.from_session("2", {"Id": "2"}),
        ],
        [],
        {},
        [],
    )
    assert sorted(fake_api.sent()) == ["GET Sessions/1", "GET Sessions/2", "GET Sessions/3"]
    assert {call.query["fields"] for call in fake_api.calls} == {",".join(FIELDS)}


def test_user_denied_by_guard_without_exclusions(fake_api):
    fake_api.guard = Guard([Limits("/guard.yml", names={"denied_users": ("LAB\\user002",)})])
    for number in ("1", "2"):
        fake_api.on(f"GET Sessions/{number}", a_session(number, user=f"user00{number}"))
    selection = select(fake_api, wanted(session_id=["1", "2"]))
    assert [bool(target.denied) for target in selection.targets] == [False, True]


def test_named_session_that_does_not_exist_ended(fake_api):
    fake_api.on("GET Sessions/1", 404)
    fake_api.on("GET Sessions/RecordingStatus?id=1", 404)
    fake_api.on("GET Sessions/2", a_session("2"))
    selection = select(fake_api, wanted(session_id=["1", "2"], exclude_user=["LAB\\user002"]))
    assert [(target.ended, target.unidentified) for target in selection.targets] == [(True, False), (False, False)]


def test_named_session_in_two_spellings_selected_once(fake_api):
    """Two targets would cause two requests at the same time and two notifications."""
    fake_api.on("GET Sessions/ab-cd", {"Id": "ab-cd"})
    fake_api.on("GET Sessions/AB-CD", {"Id": "ab-cd"})
    assert ids(select(fake_api, wanted(session_id=["ab-cd", "AB-CD"]))) == ["ab-cd"]


@pytest.mark.parametrize("own_id", ["3FCAB8CA-9651-5900-9DC2-BA3B489FE4CF", "{3fcab8ca-9651-5900-9dc2-ba3b489fe4cf}"])
def test_named_session_api_returns_two_spellings_selected_once(fake_api, own_id):
    plain = "3fcab8ca-9651-5900-9dc2-ba3b489fe4cf"
    fake_api.on("GET Sessions/1", {"Id": own_id})
    fake_api.on(f"GET Sessions/{plain}", {"Id": plain})
    assert ids(select(fake_api, wanted(session_id=["1", plain]))) == [own_id]


def test_named_ended_session_keeps_position(fake_api):
    fake_api.on("GET Sessions/1", 404)
    fake_api.on("GET Sessions/RecordingStatus?id=1", {"IsSessionBeingRecorded": False})
    fake_api.on("GET Sessions/2", {"Id": "2"})
    selection = select(fake_api, wanted(session_id=["1", "2"]))
    assert selection.targets == [Target.from_session("1", None), Target.from_session("2", {"Id": "2"})]


@pytest.mark.parametrize("status", [400, 403, 500])
def test_named_unreadable_session_ends_task(fake_api, status):
    fake_api.on("GET Sessions/1", status)
    fake_api.on("GET Sessions/2", {"Id": "2"})
    with pytest.raises(ApiError, match=f"Could not read the session 1: HTTP {status}"):
        select(fake_api, wanted(session_id=["1", "2"]))


# By selectors


def test_sessions_of_machines_once_in_order_of_api(fake_api):
    sessions = [a_session(*each) for each in (("2", "a"), ("3", "b", SECOND), ("2", "a"), ("1", "c"))]
    fake_api.on(SEARCH, page(*sessions))
    fake_api.on(MACHINES, page(*({"Id": name[-1], "Name": name} for name in (FIRST, SECOND))))
    assert ids(select(fake_api, wanted(machine=[SECOND, FIRST]))) == ["2", "3", "1"]


def test_selection_matches_all_selectors(fake_api):
    fake_api.on("GET DeliveryGroups/Office", {"Id": "g1", "Name": "Office"})
    fake_api.on(SEARCH, page(a_session("1"), a_session("2", "user002")))
    assert ids(select(fake_api, wanted(user=["user001"], delivery_group=["Office"]))) == ["1"]


def test_sessions_of_application_that_run_it(fake_api):
    fake_api.on("GET Applications/Editor", {"Id": "a1", "Name": "Editor"})
    fake_api.on("GET Applications/a1/Sessions", page(a_session("1"), a_session("2")))
    assert ids(select(fake_api, wanted(application=["Editor"]))) == ["1", "2"]


def test_all_sessions_selects_whole_site(fake_api):
    fake_api.on("GET Sessions", page(a_session("1"), a_session("2", "user002", SECOND)))
    assert ids(select(fake_api, wanted(all_sessions=True))) == ["1", "2"]
    requested = fake_api.calls[0].query["fields"].split(",")
    assert sorted(requested) == sorted(FIELDS)


def test_session_without_id_selected_without_request(selected):
    assert selected({"State": "Active"}, {"Id": None}, {"Id": 17}) == ["", "", ""]


def test_machine_without_sessions_selects_none(selected):
    assert selected() == []


@pytest.mark.parametrize("option", ["machine", "exclude_machine"])
def test_missing_machine_ends_task(fake_api, option):
    fake_api.on(SEARCH, page(a_session("1")))
    fake_api.on("GET Sessions", page(a_session("1")))
    fake_api.on(MACHINES, page())
    given = {"all_sessions": True} if option == "exclude_machine" else {}
    with pytest.raises(OptionError, match=rf"^{option}: site site1 has no LAB\\vda-008, LAB\\vda-009;"):
        select(fake_api, wanted(**given, **{option: ["LAB\\vda-008", "LAB\\vda-009"]}))


# People


def test_users_without_session_absent_in_order_of_task(fake_api):
    fake_api.on(SEARCH, page(a_session("1")))
    users = ["LAB\\User002", "lab\\USER001", "user003", "user001@lab.example", "user002@lab.example"]
    selection = select(fake_api, wanted(user=users))
    assert ids(selection) == ["1"]
    assert selection.absent == ["LAB\\User002", "user003", "user002@lab.example"]


def test_user_on_other_machine_absent_from_machine(fake_api):
    fake_api.on(SEARCH, page(a_session("1")))
    fake_api.on(MACHINES, page({"Id": "m1", "Name": FIRST}))
    selection = select(fake_api, wanted(user=["user001", "user002"], machine=[FIRST]))
    assert (ids(selection), selection.absent) == (["1"], ["user002"])


@pytest.mark.parametrize("given", [{"machine": [FIRST]}, {"all_sessions": True}])
def test_absent_empty_without_named_users(fake_api, given):
    fake_api.on(ON_FIRST, page())
    fake_api.on(MACHINES, page({"Id": "1", "Name": FIRST}))
    fake_api.on("GET Sessions", page())
    assert select(fake_api, wanted(**given)).absent == []


def test_excluded_user_not_absent(fake_api):
    fake_api.on(SEARCH, page(a_session("1"), a_session("2", "user002")))
    selection = select(fake_api, wanted(user=["user001", "user002"], exclude_user=["user002"]))
    assert (ids(selection), selection.absent) == (["1"], [])


def test_ambiguous_user_name_fails_and_lists_users(fake_api):
    other = {**a_session("2"), "User": {"Name": "CORP\\user001"}}
    fake_api.on(SEARCH, page(a_session("1"), other))
    with pytest.raises(OptionError, match=r"^user: 'user001' matches several users; .*: CORP\\user001, LAB\\us"):
        select(fake_api, wanted(user=["user001"]))


# Exclusions


@pytest.mark.parametrize("name", ["LAB\\user002", "lab\\USER002", "user002", "USER002@lab.example"])
def test_excluded_user_matches_by_each_name(selected, name):
    assert selected(a_session("1"), a_session("2", "user002"), a_session("3"), exclude_user=[name]) == ["1", "3"]


@pytest.mark.parametrize("name", ["user00", "LAB\\user0021", "OTHER\\user002", "user002@other.example"])
def test_exclusion_does_not_affect_other_users(selected, name):
    assert selected(a_session("1"), a_session("2", "user002"), exclude_user=[name]) == ["1", "2"]


def test_display_name_does_not_affect_exclusion(selected):
    session = {**a_session("1"), "UntrustedUserName": "LAB\\user002"}
    session["User"]["DisplayName"] = "user002"
    assert selected(session, exclude_user=["user002", "LAB\\user002"]) == ["1"]


def test_ambiguous_excluded_name_rejected(selected):
    other = {**a_session("2"), "User": {"Name": "CORP\\user001"}}
    with pytest.raises(OptionError, match=r"^exclude_user: 'user001' matches several users"):
        selected(a_session("1"), other, exclude_user=["user001"])
    assert selected(a_session("1"), other, exclude_user=["CORP\\user001"]) == ["1"]


@pytest.mark.parametrize("name", [SECOND, "lab|VDA-002", "vda-002.lab.example"])
@pytest.mark.parametrize(
    "machine",
    [
        {"Name": SECOND},
        {"Name": "lab\\VDA-002", "DnsName": None},
        {"Name": None, "DnsName": "VDA-002.lab.example"},
    ],
)
def test_excluded_machine_matches_by_any_of_its_names(selected, name, machine):
    there = {**a_session("2"), "Machine": machine}
    assert selected(a_session("1"), there, exclude_machine=[name]) == ["1"]


def test_excluded_machine_matches_by_id(selected, fake_api):
    guid = "97ee5e3d-5f0c-5b1a-8a3e-6f5a2c0f5f0a"
    fake_api.on(f"GET Machines/{guid}", {"Id": guid, "Name": SECOND})
    assert selected(a_session("1"), a_session("2", machine=SECOND), exclude_machine=[guid]) == ["1"]


def test_exclusions_apply_to_named_sessions(fake_api):
    for session_id, user in (("1", "user001"), ("2", "user002")):
        fake_api.on(f"GET Sessions/{session_id}", a_session(session_id, user))
    fake_api.on("GET Sessions/3", 404)
    fake_api.on("GET Sessions/RecordingStatus?id=3", 400)
    selection = select(fake_api, wanted(session_id=["1", "2", "3"], exclude_user=["user002"]))
    assert ids(selection) == ["1", "3"]


def test_session_without_user_may_be_of_excluded_one(fake_api):
    fake_api.on("GET Sessions", page(a_session("1"), {**a_session("2"), "User": None}))
    selection = select(fake_api, wanted(all_sessions=True, exclude_user=["user002"]))
    assert [(target.session.id, target.unidentified) for target in selection.targets] == [("1", False), ("2", True)]


def test_session_without_machine_may_be_on_excluded_one(fake_api):
    fake_api.on(ON_FIRST, page({**a_session("1"), "Machine": None}))
    fake_api.on(MACHINES, page(*({"Id": name[-1], "Name": name} for name in (FIRST, SECOND))))
    (target,) = select(fake_api, wanted(machine=[FIRST], exclude_machine=[SECOND])).targets
    assert target.unidentified


@pytest.mark.parametrize("given", [{}, {"exclude_user": [], "exclude_machine": []}])
def test_empty_exclusion_without_call(selected, fake_api, given):
    assert selected(a_session("1"), **given) == ["1"]
    assert fake_api.sent() == [ON_FIRST]


def test_excluded_user_without_session_reported(fake_api):
    nameless = {**a_session("3"), "User": {"Name": "LAB\\user003", "PrincipalName": None}}
    fake_api.on("GET Sessions", page(a_session("1"), a_session("2", "user002"), nameless, {"Id": "4", "User": None}))
    # The first is a typo; the last is unknown, because the API omits the user's UPN.
    excluded = ["LAB\\Usr002", "user002", "LAB\\USER002", "user003@lab.example"]
    selection = select(fake_api, wanted(all_sessions=True, exclude_user=excluded))
    assert ids(selection) == ["1", "3", "4"]
    assert selection.unused == {"exclude_user": ["LAB\\Usr002", "user003@lab.example"]}
    assert selection.absent == []


@pytest.mark.parametrize("given", [{}, {"exclude_user": []}, {"exclude_user": ["user001"]}])
def test_exclusion_with_match_not_reported(fake_api, given):
    fake_api.on("GET Sessions", page(a_session("1")))
    assert select(fake_api, wanted(all_sessions=True, **given)).unused == {}


def test_exclusion_on_excluded_machine_counts_as_match(fake_api):
    fake_api.on("GET Sessions", page(a_session("1"), a_session("2", "user002", SECOND)))
    fake_api.on(MACHINES, page({"Id": "m2", "Name": SECOND}))
    selection = select(fake_api, wanted(all_sessions=True, exclude_user=["user002"], exclude_machine=[SECOND]))
    assert (ids(selection), selection.unused) == (["1"], {})


@pytest.mark.parametrize(("name", "user"), [("LAB\\mu\u0308ller", "m\u00fcller"), ("LAB\\M\u00dcLLER", "mu\u0308ller")])
def test_name_with_accent_matches_both_forms(selected, name, user):
    assert selected(a_session("1"), a_session("2", user), exclude_user=[name]) == ["1"]


# Sessions one by one


def test_target_has_required_data_of_session():
    session = {**a_session("1"), "State": "Disconnected", "Connection": {"Protocol": "Hdx"}}
    session["Machine"] = {"Name": FIRST, "DeliveryGroup": {"Id": "g1", "Name": "Office"}}
    known = SessionRef("1", "LAB\\user001", FIRST, "Office", "Disconnected")
    assert Target.from_session("1", session) == Target(known, "not_active")
    assert Target.from_session("1", None) == Target(SessionRef("1"), ended=True)
    assert Target.from_session("", {"Machine": 17}) == Target(SessionRef(""))


# Invalid options


def test_selection_without_selector_rejected(fake_api):
    with pytest.raises(OptionError) as error:
        select(fake_api, wanted())
    assert str(error.value) == (
        "session_id, machine, user, delivery_group, application: no selector is set; "
        "set at least one, or set all_sessions to true"
    )
    assert fake_api.calls == []


@pytest.mark.parametrize("given", [{"exclude_user": ["a"]}, {"exclude_machine": [FIRST]}])
def test_selection_with_exclusions_only_rejected(fake_api, given):
    with pytest.raises(OptionError, match="no selector is set; set at least one"):
        select(fake_api, wanted(**given))
    assert fake_api.calls == []


LISTS = [name for name, spec in ARGUMENT_SPEC.items() if spec["type"] == "raw"]


@pytest.mark.parametrize("name", [name for name in LISTS if not name.startswith("exclude_")])
def test_empty_selector_rejected_by_name_before_any_call(fake_api, name):
    with pytest.raises(OptionError, match=f"^{name}: is empty"):
        select(fake_api, wanted(**{name: []}))
    assert fake_api.calls == []


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("names", [[""], ["1", " "], ["\t"], ["LAB\x0bda-001"]])
def test_list_without_names_rejected_by_name_before_any_call(fake_api, name, names):
    given = {"all_sessions": True} if name.startswith("exclude_") else {}
    with pytest.raises(OptionError, match=f"^{name}: "):
        select(fake_api, wanted(**given, **{name: names}))
    assert fake_api.calls == []


@pytest.mark.parametrize("other", ["machine", "user", "delivery_group", "application"])
def test_session_id_with_other_selector_rejected(fake_api, other):
    with pytest.raises(OptionError, match=f"^session_id: cannot be combined; remove it or {other}$"):
        select(fake_api, wanted(session_id=["1"], **{other: ["a"]}))
    assert fake_api.calls == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"session_id": ["1"]}, "session_id"),
        ({"user": ["a"]}, "user"),
        ({"machine": [FIRST], "application": ["Editor"]}, "machine and application"),
        ({"user": []}, "user"),
    ],
)
def test_all_sessions_replaces_selectors(fake_api, given, expected):
    with pytest.raises(
        OptionError, match=f"^all_sessions: selects every session of the site; remove it or {expected}$"
    ):
        select(fake_api, wanted(all_sessions=True, **given))
    assert fake_api.calls == []


# The maximum


def test_max_sessions_counts_selected_sessions_inclusive(selected):
    sessions = [a_session(session_id) for session_id in ("1", "2", "2", "3")]
    assert len(selected(*sessions, max_sessions=3)) == 3
    with pytest.raises(
        OptionError, match=r"^max_sessions: 3 sessions are selected and 2 are allowed; nothing was changed.* 3 or more"
    ):
        selected(*sessions, max_sessions=2)


def test_max_sessions_counts_after_exclusions(selected):
    sessions = [a_session("1"), a_session("2", "user002"), a_session("3", "user003")]
    assert selected(*sessions, exclude_user=["user002"], max_sessions=2) == ["1", "3"]
    with pytest.raises(OptionError, match=r"^max_sessions: 2 sessions are selected and 1 are allowed"):
        selected(*sessions, exclude_user=["user002"], max_sessions=1)


@pytest.mark.parametrize("cap", [0, -1])
def test_max_sessions_below_one_rejected_before_any_call(fake_api, cap):
    with pytest.raises(OptionError, match=f"^max_sessions: must be 1 or more, not {cap}"):
        select(fake_api, wanted(session_id=["1"], max_sessions=cap))
    assert fake_api.calls == []


def test_selection_writes_nothing(selected, fake_api):
    fake_api.on("GET DeliveryGroups/Office", {"Id": "g1", "Name": "Office"})
    fake_api.on(SEARCH, page(a_session("1")))
    selected(a_session("1"), delivery_group=["Office"], user=["user001"], exclude_machine=[SECOND])
    assert len(fake_api.calls) > 3
    assert fake_api.writes == []
