# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People: who is meant by a name, who never is, and when a name means too many."""

from __future__ import annotations

import re

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.search import compare
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._common.text import folded
from ansible_collections.sessionops.citrix.plugins.module_utils._site.users import (
    absent,
    check_short_names,
    filters,
    fold,
    named,
    names_of,
    user_of,
)
from hypothesis import example, given
from hypothesis import strategies as st

USER = {"Name": "LAB\\user001", "PrincipalName": "user001@lab.example", "SamName": "user001", "Domain": "LAB"}


def of(**user):
    return {"Id": "1", "User": user}


def means(name, session):
    return named(fold([name]), session) == [name]


@pytest.mark.parametrize(
    ("session", "user"),
    [
        (of(Name="LAB\\user001", PrincipalName="user001@lab.example"), "LAB\\user001"),
        (of(Name=None, PrincipalName="user001@lab.example"), "user001@lab.example"),
        (of(Name="", PrincipalName=""), None),
        (of(DisplayName="User 001"), None),
        ({"User": None}, None),
        ({"User": "LAB\\user001"}, None),
        ({"UntrustedUserName": "LAB\\user001"}, None),
        ({"UntrustedUserName": "LAB\\user001", "User": {"Name": "LAB\\user002"}}, "LAB\\user002"),
        ({}, None),
    ],
)
def test_the_user_is_who_the_broker_vouches_for(session, user):
    assert user_of(session) == user


@pytest.mark.parametrize(
    ("user", "names"),
    [
        (USER, {"lab\\user001", "user001", "user001@lab.example"}),
        ({"Name": "LAB\\user001"}, {"lab\\user001", "user001"}),
        ({"PrincipalName": "User001@LAB.example"}, {"user001@lab.example"}),
        ({"SamName": "User001"}, {"user001"}),
        ({"SamName": "user001", "Domain": "LAB"}, {"lab\\user001", "user001"}),
        ({"Domain": "LAB"}, set()),
        ({"Name": "user001", "Domain": "LAB"}, {"user001"}),
        ({"Name": "LAB\\user001", "SamName": "u1", "Domain": "CORP"}, {"lab\\user001", "user001", "corp\\u1", "u1"}),
        ({"Name": None, "PrincipalName": None, "SamName": None, "Domain": None}, set()),
        ({"Name": "", "PrincipalName": "", "SamName": "", "Domain": ""}, set()),
        ({"Name": 17, "PrincipalName": ["a"], "SamName": {"a": "b"}, "Domain": True}, set()),
        ({"DisplayName": "LAB\\user001", "CommonName": "user001", "CanonicalName": "user001"}, set()),
    ],
)
def test_every_name_that_means_a_person(user, names):
    assert names_of({"User": user}) == names


@pytest.mark.parametrize("session", [{}, {"User": None}, {"User": {}}, {"User": "LAB\\user001"}, {"User": [USER]}])
def test_nobody_is_meant_where_the_broker_names_nobody(session):
    assert names_of(session) == set()
    assert not means("LAB\\user001", session)


@pytest.mark.parametrize(
    ("name", "user"),
    [
        ("LAB\\user001", USER),
        ("lab\\USER001", USER),
        ("user001", USER),
        ("User001", USER),
        ("user001@lab.example", USER),
        ("USER001@Lab.Example", USER),
        ("LAB\\o'brien 002", {"Name": "LAB\\O'Brien 002"}),
        ("lab\\ünal", {"Name": "LAB\\ÜNAL"}),
        ("lab\\straße", {"Name": "LAB\\STRASSE"}),
        ("LAB\\STRASSE", {"Name": "lab\\straße"}),
        ("LAB\\İpek", {"Name": "lab\\İPEK"}),
        ("LAB\\\u0131ş\u0131l", {"Name": "lab\\\u0131Ş\u0131L"}),
        ("日本", {"Name": "LAB\\日本"}),
        # An accent on its letter, and behind it.
        ("LAB\\m\u00fcller", {"Name": "lab\\Mu\u0308ller"}),
        ("mu\u0308ller@lab.example", {"PrincipalName": "M\u00fcller@lab.example"}),
        ("sub\\user001", {"Name": "LAB\\sub\\user001"}),
    ],
)
def test_a_person_is_meant_by_each_name_without_regard_to_case(name, user):
    assert means(name, {"User": user})


@pytest.mark.parametrize(
    ("name", "user"),
    [
        ("OTHER\\user001", USER),
        ("user001@other.example", USER),
        ("user001@lab", USER),
        ("user00", USER),
        ("user0011", USER),
        ("LAB\\user00*", USER),
        ("*", USER),
        ("LAB", USER),
        ("LAB\\", USER),
        ("LAB|user001", USER),
        ("user001 ", USER),
        # A dot more or less makes it another letter.
        ("LAB\\ipek", {"Name": "LAB\\İpek"}),
        ("LAB\\isil", {"Name": "LAB\\\u0131s\u0131l"}),
        ("LAB\\ayse", {"Name": "LAB\\ayşe"}),
        # The part before the @ is no name of its own.
        ("user001", {"PrincipalName": "user001@lab.example"}),
    ],
)
def test_nobody_else_is_meant(name, user):
    assert not means(name, {"User": user})


@pytest.mark.parametrize("wanted", ["LAB\\user001", "user001", "user001@lab.example"])
@pytest.mark.parametrize(
    "session",
    [
        {"UntrustedUserName": "LAB\\user001"},
        {"UntrustedUserName": "user001", "User": {"Name": "LAB\\user002"}},
        {"Client": {"Name": "LAB\\user001"}, "Brokering": {"UserName": "LAB\\user001"}, "User": None},
        of(Name="LAB\\user002", DisplayName="user001"),
        of(Name="LAB\\user002", DisplayName="LAB\\user001", CommonName="user001@lab.example"),
    ],
)
def test_a_name_of_his_own_choice_gets_nobody_into_a_selection(session, wanted):
    assert not means(wanted, session)


@pytest.mark.parametrize("untrusted", [{"UntrustedUserName": "LAB\\user002"}, {"UntrustedUserName": None}, {}])
@pytest.mark.parametrize("display", [{"DisplayName": "user002"}, {"DisplayName": None}, {}])
def test_a_name_of_his_own_choice_gets_nobody_out_of_a_selection(untrusted, display):
    assert means("LAB\\user001", {**untrusted, "User": {**USER, **display}})


# What the server is asked


@pytest.mark.parametrize(
    ("user", "conditions"),
    [
        ("LAB\\user001", [compare("UserName", "LAB\\user001")]),
        ("user001@lab.example", [compare("UserPrincipalName", "user001@lab.example")]),
        ("LAB\\user@001", [compare("UserName", "LAB\\user@001")]),
        ("user001", [compare("UserName", "\\user001", "EndsWith"), compare("UserName", "user001")]),
    ],
)
def test_each_way_to_name_a_person_has_its_condition(user, conditions):
    assert filters([user], "UserName") == conditions
    assert filters(["OTHER\\sam", user], "UserName") == [compare("UserName", "OTHER\\sam"), *conditions]


def test_nobody_named_is_no_condition():
    assert filters([], "UserName") == []


# Short names


def test_a_short_name_that_means_several_people_is_refused_and_lists_each_once():
    sessions = [
        of(Name="LAB\\sam"),
        of(Name="CORP\\sam", PrincipalName="sam@corp.example"),
        of(Name="lab\\SAM"),
        of(Name="corp\\SAM", PrincipalName="Sam@CORP.example"),
        of(PrincipalName="samuel@corp.example", SamName="Sam"),
        of(Name="LAB\\other"),
        of(),
        {"User": None},
    ]
    with pytest.raises(OptionError) as error:
        check_short_names("user", ["sam"], sessions)
    assert str(error.value) == (
        "user: 'sam' matches several users; use one of the full names: CORP\\sam, LAB\\sam, samuel@corp.example"
    )


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"SamName": "sam", "Domain": "LAB"}, {"SamName": "sam", "Domain": "CORP"}, "CORP\\sam, LAB\\sam"),
        (
            {"Name": "sam", "SamName": "sam", "Domain": "LAB", "PrincipalName": "sam@lab.example"},
            {"Name": "sam", "SamName": "sam", "Domain": "CORP", "PrincipalName": "sam@corp.example"},
            "CORP\\sam, LAB\\sam",
        ),
        ({"Name": "sam", "Domain": "LAB"}, {"Name": "sam", "Domain": "CORP"}, "CORP\\sam, LAB\\sam"),
        (
            {"SamName": "sam", "PrincipalName": "sam@lab.example"},
            {"SamName": "sam", "PrincipalName": "sam@corp.example"},
            "sam@corp.example, sam@lab.example",
        ),
        ({"Name": "LAB\\sam", "Sid": "S-1-5-21-1"}, {"Name": "OLD\\sam", "Sid": "S-1-5-21-2"}, "LAB\\sam, OLD\\sam"),
    ],
)
def test_people_of_one_short_name_are_told_apart_by_what_the_broker_gives(one, other, told):
    with pytest.raises(OptionError, match=f"; use one of the full names: {re.escape(told)}$"):
        check_short_names("user", ["sam"], [of(**one), of(**other), of(**one)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # One account may have several names: the SID is the person, else the UPN, else DOMAIN\\sam.
        ({"Name": "LAB\\sam", "Sid": "S-1-5-21-1"}, {"Name": "OLD\\sam", "Sid": "s-1-5-21-1"}),
        (
            {"Name": "LAB\\sam", "PrincipalName": "sam@lab.example"},
            {"Name": None, "SamName": "sam", "PrincipalName": "Sam@LAB.example"},
        ),
        ({"Name": "LAB\\sam"}, {"Name": None, "SamName": "SAM", "Domain": "lab"}),
        ({"Name": "LAB\\sam"}, {"Name": "sam", "Domain": "LAB"}),
        ({"Name": "LAB\\sam", "Sid": None, "PrincipalName": ""}, {"Name": "lab\\SAM", "Sid": 17}),
    ],
)
def test_one_person_whose_sessions_tell_other_names_is_one_person(one, other):
    check_short_names("user", ["sam"], [of(**one), of(**other)])


def test_the_option_and_the_name_are_told_as_the_task_writes_them():
    with pytest.raises(OptionError, match=r"^exclude_user: 'Sam' matches several users"):
        check_short_names("exclude_user", ["other", "Sam"], [of(Name="LAB\\sam"), of(Name="CORP\\sam")])


def test_what_is_listed_is_printable_and_on_one_line():
    with pytest.raises(OptionError) as error:
        check_short_names("user", ["sam"], [of(Name="LAB\n\x1b[31m\\sam"), of(Name="CORP\\sam")])
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    "names",
    [
        ["LAB\\sam", "CORP\\sam"],
        ["sam@lab.example"],
        ["other"],
        [],
    ],
)
def test_a_name_in_full_is_never_refused_and_a_short_one_not_for_others(names):
    sessions = [of(Name="LAB\\sam", PrincipalName="sam@lab.example"), of(Name="CORP\\sam"), of(Name="LAB\\other")]
    check_short_names("user", names, sessions)


def test_one_person_in_many_sessions_is_one_person():
    check_short_names("user", ["sam"], [of(Name="LAB\\sam"), of(Name="lab\\SAM"), of(Name="LAB\\sam")])


# Whatever there is

NAMES = st.sampled_from(
    [
        "sam",
        "SAM",
        "LAB\\sam",
        "lab\\Sam",
        "sam@lab.example",
        "CORP\\sam",
        "\\",
        "\\sam",
        "LAB\\",
        "İ",
        "\u0131",
        "ß",
        "",
    ]
) | st.text(st.characters(), max_size=4)
ALIENS = st.none() | st.booleans() | st.integers() | st.lists(NAMES, max_size=2) | st.dictionaries(NAMES, NAMES)
FIELDS = ("Name", "PrincipalName", "SamName", "Domain", "Sid", "DisplayName")
SESSIONS = st.fixed_dictionaries(
    {},
    optional={
        "User": st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, NAMES | ALIENS)) | ALIENS | NAMES,
        "UntrustedUserName": NAMES | ALIENS,
    },
)


@given(st.lists(NAMES, max_size=4), SESSIONS)
@example(["", "\\"], {"User": {"Name": "\\"}})
@example(["\ud800"], {"User": {"Name": "\ud800\\\udfff"}})
def test_whatever_the_names_only_those_that_were_asked_for_are_given_back(asked, session):
    people = fold(asked)
    assert set(people) == {folded(name) for name in asked}
    assert set(people.values()) <= set(asked)
    own = names_of(session)
    assert all(isinstance(name, str) for name in own)
    found = named(people, session)
    assert set(found) <= set(asked)
    assert {folded(name) for name in found} == own & set(people)
    assert isinstance(user_of(session), (str, type(None)))


@given(st.lists(NAMES, max_size=4), st.lists(SESSIONS, max_size=4))
def test_short_names_are_accepted_or_refused_by_name_and_nothing_else_happens(asked, sessions):
    try:
        check_short_names("user", asked, sessions)
    except OptionError as error:
        assert str(error).startswith("user: '")
        short = [name for name in asked if "\\" not in name and "@" not in name]
        assert any(sum(means(name, session) for session in sessions) > 1 for name in short)


@given(st.lists(NAMES, max_size=4))
def test_each_person_named_has_a_condition_that_holds_a_name(users):
    conditions = filters(users, "UserName")
    assert len(conditions) >= len(users)
    assert {condition["Property"] for condition in conditions} <= {"UserName", "UserPrincipalName"}
    assert [condition["Value"].lstrip("\\") for condition in conditions if condition["Operator"] == "Equals"] == [
        user.lstrip("\\") for user in users
    ]


def test_absent_users_without_a_session_as_written():
    sessions = [of(Name="LAB\\sam"), of(PrincipalName="eve@lab.example")]
    assert absent(["Sam", "lab\\SAM", "EVE@lab.example"], sessions) == []
    assert absent(["Bob", "sam", "CORP\\sam"], sessions) == ["Bob", "CORP\\sam"]
    assert absent([], sessions) == []
