# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users: which user a name matches, which sessions belong to one user, and ambiguous names."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.search import compare
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._site.user_matcher import UserMatcher
from ansible_collections.sessionops.citrix.plugins.module_utils._site.users import (
    People,
    filters,
    names_of,
    user_of,
)
from hypothesis import example, given
from hypothesis import strategies as st

USER = {
    "Name": "LAB\\user001",
    "PrincipalName": "user001@lab.example",
    "SamName": "LAB\\user001",
    "SamAccountName": "user001",
    "Domain": "lab.example",
}
SID, OTHER_SID = "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002"


def of(**user):
    return {"Id": "1", "User": user}


class Run:
    """The sessions of a run, and the names in one option."""

    def __init__(self, names, *sessions, option="user"):
        self.people = People()
        self.matcher = UserMatcher(option, names, self.people)
        persons = [self.people.add(session) for session in sessions]
        self.matched = [self.matcher.matches(person) for person in persons]
        self.identified = [self.people.is_named(person) for person in persons]


def means(name, session):
    return Run([name], session).matched == [True]


@pytest.mark.parametrize(
    ("session", "user"),
    [
        (of(Name="LAB\\user001", PrincipalName="user001@lab.example"), "LAB\\user001"),
        (of(Name=None, PrincipalName="user001@lab.example"), "user001@lab.example"),
        (of(Name=None, SamName="LAB\\user001", PrincipalName="user001@lab.example"), "LAB\\user001"),
        (of(Name="", SamAccountName="user001"), "user001"),
        (of(Name="", PrincipalName=""), None),
        (of(DisplayName="User 001"), None),
        ({"User": None}, None),
        ({"User": "LAB\\user001"}, None),
        ({"UntrustedUserName": "LAB\\user001"}, None),
        ({"UntrustedUserName": "LAB\\user001", "User": {"Name": "LAB\\user002"}}, "LAB\\user002"),
        ({}, None),
    ],
)
def test_user_of_returns_name_verified_by_broker(session, user):
    assert user_of(session) == user


@pytest.mark.parametrize("session", [{}, {"User": None}, {"User": {}}, {"User": "LAB\\user001"}, {"User": [USER]}])
def test_matches_session_without_user_is_false(session):
    run = Run(["LAB\\user001", "user001"], session)
    assert (run.matched, run.identified) == ([False], [False])


@pytest.mark.parametrize(
    ("name", "user"),
    [
        ("LAB\\user001", USER),
        ("lab\\USER001", USER),
        ("user001", USER),
        ("User001", USER),
        ("user001@lab.example", USER),
        ("USER001@Lab.Example", USER),
        ("lab.example\\user001", USER),
        ("LAB\\o'brien 002", {"Name": "LAB\\O'Brien 002"}),
        ("lab\\ünal", {"Name": "LAB\\ÜNAL"}),
        ("lab\\straße", {"Name": "LAB\\STRASSE"}),
        ("LAB\\İpek", {"Name": "lab\\İPEK"}),
        ("LAB\\\u0131ş\u0131l", {"Name": "lab\\\u0131Ş\u0131L"}),
        ("日本", {"Name": "LAB\\日本"}),
        ("LAB\\m\u00fcller", {"Name": "lab\\Mu\u0308ller"}),
        ("mu\u0308ller@lab.example", {"PrincipalName": "M\u00fcller@lab.example"}),
        # SamName includes the domain, SamAccountName does not; a server may swap them.
        ("LAB\\anna", {"SamName": "LAB\\anna"}),
        ("anna", {"SamName": "LAB\\anna"}),
        ("anna", {"SamAccountName": "anna"}),
        ("LAB\\anna", {"SamAccountName": "anna", "Domain": "LAB"}),
        ("LAB\\anna", {"SamName": "anna", "Domain": "LAB"}),
        ("corp\\u1", {"Name": "LAB\\user001", "SamName": "CORP\\u1"}),
        # Accounts of Entra ID
        ("anna@contoso.com", {"Name": "AzureAD\\anna@contoso.com", "PrincipalName": None}),
        ("azuread\\Anna@contoso.com", {"Name": "AzureAD\\anna@contoso.com"}),
        ("AzureAD\\anna@contoso.com", {"Name": None, "PrincipalName": "anna@contoso.com"}),
        ("AzureAD\\anna@contoso.com", {"Name": "anna@contoso.com"}),
        ("anna@contoso.com", {"Name": "anna@contoso.com"}),
        ("AzureAD\\AnnaSmith", {"Name": "AzureAD\\AnnaSmith"}),
        ("annasmith", {"Name": "AzureAD\\AnnaSmith"}),
    ],
)
def test_matches_every_name_in_any_case(name, user):
    assert means(name, {"User": user})


@pytest.mark.parametrize(
    ("name", "user"),
    [
        ("OTHER\\user001", USER),
        ("user001@other.example", USER),
        ("user001@lab", USER),
        ("user00", USER),
        ("user0011", USER),
        ("LAB", USER),
        ("LAB|user001", USER),
        ("user 001", USER),
        ("user\u00a0001", {"Name": "LAB\\user 001"}),
        # The dot is the only difference between two letters.
        ("LAB\\ipek", {"Name": "LAB\\İpek"}),
        ("LAB\\isil", {"Name": "LAB\\\u0131s\u0131l"}),
        ("LAB\\ayse", {"Name": "LAB\\ayşe"}),
        # The part before the @ is not a name.
        ("user001", {"PrincipalName": "user001@lab.example"}),
        ("anna", {"Name": "AzureAD\\anna@contoso.com"}),
        ("LAB\\anna", {"Name": "AzureAD\\anna@contoso.com"}),
        ("LAB\\anna", {"SamAccountName": "anna", "Domain": "CORP"}),
        ("user001", {"Name": "LAB\\user002", "DisplayName": "user001", "CommonName": "user001", "Mail": "user001"}),
    ],
)
def test_matches_no_other_user(name, user):
    assert not means(name, {"User": user})


@pytest.mark.parametrize("wanted", ["LAB\\user001", "user001", "user001@lab.example"])
@pytest.mark.parametrize(
    "session",
    [
        {"UntrustedUserName": "LAB\\user001"},
        {"UntrustedUserName": "user001", "User": {"Name": "LAB\\user002"}},
        {"Client": {"Name": "LAB\\user001"}, "Brokering": {"UserName": "LAB\\user001"}, "User": None},
        of(Name="LAB\\user002", DisplayName="LAB\\user001", CommonName="user001@lab.example"),
    ],
)
def test_matches_ignores_names_set_by_client(session, wanted):
    assert not means(wanted, session)


# Users


@pytest.mark.parametrize(
    ("named", "other"),
    [
        (
            {"Name": "LAB\\anna", "PrincipalName": "anna@contoso.com", "Sid": SID},
            {"Name": "OLD\\a", "Sid": SID.lower()},
        ),
        ({"PrincipalName": "anna@contoso.com", "Sid": SID}, {"Name": "LAB\\anna", "PrincipalName": "", "Sid": SID}),
        ({"Name": "LAB\\anna", "PrincipalName": "anna@contoso.com"}, {"Name": "lab\\ANNA", "PrincipalName": None}),
        ({"Name": "AzureAD\\anna@contoso.com"}, {"Name": "LAB\\anna", "PrincipalName": "Anna@contoso.com"}),
        ({"PrincipalName": "anna@contoso.com", "SamName": "LAB\\anna"}, {"Name": None, "SamName": "LAB\\anna"}),
        ({"Name": "LAB\\anna", "PrincipalName": "anna@contoso.com"}, {"SamAccountName": "anna", "Domain": "LAB"}),
        ({"PrincipalName": "anna@contoso.com", "Sid": "S-1-12-1-1-2-3-4"}, {"Sid": "S-1-12-1-1-2-3-4"}),
    ],
)
def test_persons_with_common_identifier_joined(named, other):
    for sessions in ([of(**named), of(**other)], [of(**other), of(**named)]):
        run = Run(["anna@contoso.com"], *sessions)
        assert (run.matched, run.identified, run.matcher.absent) == ([True, True], [True, True], [])


def test_persons_joined_over_several_sessions():
    chain = [of(Name="OLD\\a", Sid=OTHER_SID), of(PrincipalName="anna@x", Sid=SID), of(Name="LAB\\anna", Sid=SID)]
    link = of(Name="OLD\\a", PrincipalName="anna@x")
    assert Run(["LAB\\anna"], *chain).matched == [False, True, True]
    assert Run(["LAB\\anna"], *chain, link).matched == [True] * 4


@pytest.mark.parametrize("sid", ["S-1-0-0", "S-1-5-7", "S-1-5-32-544", "", None, 17])
def test_persons_sid_without_account_joins_no_users(sid):
    run = Run(["LAB\\anna"], of(Name="LAB\\anna", Sid=sid), of(Name="LAB\\bert", Sid=sid), of(Sid=sid))
    assert (run.matched, run.identified) == ([True, False, False], [True, True, False])


def test_persons_session_with_sid_alone_not_identified():
    run = Run(["LAB\\anna"], of(Sid=SID), of(Name="LAB\\bert", Sid=OTHER_SID), of(Sid=OTHER_SID))
    assert run.identified == [False, True, True]


# Ambiguous and absent names


def test_check_short_name_lists_each_user_once():
    sessions = [
        of(Name="LAB\\sam"),
        of(Name="CORP\\sam", PrincipalName="sam@corp.example"),
        of(Name="lab\\SAM"),
        of(PrincipalName="samuel@corp.example", SamAccountName="Sam"),
        of(Name="LAB\\other"),
        of(),
    ]
    with pytest.raises(OptionError) as error:
        Run(["sam"], *sessions).matcher.check()
    assert str(error.value) == (
        "user: 'sam' matches several users; use one of the full names: CORP\\sam, LAB\\sam, samuel@corp.example"
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (
            {"SamAccountName": "sam", "Domain": "LAB"},
            {"SamAccountName": "sam", "Domain": "CORP"},
            "CORP\\sam, LAB\\sam",
        ),
        ({"SamName": "LAB\\sam"}, {"SamName": "CORP\\sam"}, "CORP\\sam, LAB\\sam"),
        ({"Name": "sam", "Domain": "LAB"}, {"Name": "sam", "Domain": "CORP"}, "CORP\\sam, LAB\\sam"),
        (
            {"SamAccountName": "sam", "PrincipalName": "sam@lab.example"},
            {"SamAccountName": "sam", "PrincipalName": "sam@corp.example"},
            "sam@corp.example, sam@lab.example",
        ),
        ({"Name": "LAB\\sam", "Sid": SID}, {"Name": "OLD\\sam", "Sid": OTHER_SID}, "LAB\\sam, OLD\\sam"),
    ],
)
def test_check_names_users_by_unique_names(one, other, expected):
    with pytest.raises(OptionError) as error:
        Run(["sam"], of(**one), of(**other), of(**one)).matcher.check()
    assert str(error.value).endswith(f"; use one of the full names: {expected}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Name": "LAB\\sam", "Sid": SID}, {"Name": "OLD\\sam", "Sid": SID.lower()}),
        (
            {"Name": "LAB\\sam", "PrincipalName": "sam@lab.example"},
            {"Name": None, "SamAccountName": "sam", "PrincipalName": "Sam@LAB.example"},
        ),
        ({"Name": "LAB\\sam"}, {"Name": None, "SamAccountName": "SAM", "Domain": "lab"}),
        ({"Name": "LAB\\sam", "Sid": None, "PrincipalName": ""}, {"Name": "lab\\SAM", "Sid": 17}),
    ],
)
def test_check_several_names_of_person_not_ambiguous(one, other):
    run = Run(["sam"], of(**one), of(**other))
    run.matcher.check()
    assert run.matched == [True, True]


def test_check_counts_only_matched_persons():
    people = People()
    matcher = UserMatcher("user", ["sam"], people)
    met, _other = people.add(of(Name="LAB\\sam")), people.add(of(Name="CORP\\sam"))
    assert matcher.matches(met)
    matcher.check()


@pytest.mark.parametrize("option", ["user", "exclude_user"])
@pytest.mark.parametrize(("char", "shown"), [("\u00a0", "<U+00A0>"), ("\u200d", "<U+200D>"), ("\u3164", "<U+3164>")])
def test_check_absent_name_with_hidden_character_rejected(option, char, shown):
    name = f"LAB\\a{char}b"
    with pytest.raises(OptionError) as error:
        Run([name], of(Name="LAB\\a b"), option=option).matcher.check()
    assert str(error.value).startswith(f"{option}: 'LAB\\a{shown}b' has no session")
    run = Run([name], of(Name=name), option=option)
    run.matcher.check()
    assert run.matched == [True]


def test_absent_names_as_written_in_task():
    run = Run(["LAB\\Sam", "Other", "other@x"], of(Name="lab\\SAM"))
    assert run.matcher.absent == ["Other", "other@x"]
    run.matcher.check()


def test_accounts_in_messages_are_printable():
    with pytest.raises(OptionError) as error:
        Run(["sam"], of(Name="LA\u200dB\\sam"), of(Name="CORP\\sam")).matcher.check()
    assert str(error.value).isprintable()


# Search conditions


def upn(name):
    return [compare("UserPrincipalName", name), *short(name)]


def short(name):
    return [compare("CurrentUser", f"\\{name}", "EndsWith"), compare("CurrentUser", name)]


def full(name):
    return [compare("CurrentUser", name)]


@pytest.mark.parametrize(
    ("user", "conditions"),
    [
        ("LAB\\user001", full("LAB\\user001")),
        ("user001@lab.example", upn("user001@lab.example")),
        ("AzureAD\\anna@contoso.com", upn("anna@contoso.com")),
        ("LAB\\user@001", [compare("UserPrincipalName", "user@001"), *full("LAB\\user@001")]),
        ("user001", short("user001")),
        ("m\u00fcller", [*short("m\u00fcller"), *short("mu\u0308ller")]),
    ],
)
def test_filters_have_every_form_of_name(user, conditions):
    assert filters([user], "CurrentUser") == conditions
    assert filters(["OTHER\\sam", user], "CurrentUser") == [*full("OTHER\\sam"), *conditions]


def test_filters_without_name_are_empty():
    assert filters([], "CurrentUser") == []


def test_names_of_returns_names_of_one_user():
    assert names_of({"User": USER}) == {"LAB\\user001", "user001@lab.example"}
    assert names_of(of(SamAccountName="anna")) == names_of({"User": None}) == set()


# Any names

NAMES = st.sampled_from(
    ["sam", "SAM", "LAB\\sam", "lab\\Sam", "sam@lab.example", "CORP\\sam", "\\", "LAB\\", "İ", "ß", ""]
)
TEXTS = NAMES | st.text(st.characters(), max_size=4)
ALIENS = st.none() | st.booleans() | st.integers() | st.lists(NAMES, max_size=2) | st.dictionaries(NAMES, NAMES)
FIELDS = ("Name", "PrincipalName", "SamName", "SamAccountName", "Domain", "Sid", "DisplayName")
SESSIONS = st.fixed_dictionaries(
    {}, optional={"User": st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, TEXTS | ALIENS)) | ALIENS | TEXTS}
)


@given(st.lists(TEXTS, max_size=4), st.lists(SESSIONS, max_size=4))
@example(["", "\\"], [{"User": {"Name": "\\"}}])
@example(["\ud800"], [{"User": {"Name": "\ud800\\\udfff"}}])
def test_any_names_and_sessions_are_matched_or_rejected(names, sessions):
    run = Run(names, *sessions)
    assert set(run.matcher.absent) <= set(names)
    assert any(run.matched) == (len(run.matcher.absent) < len(UserMatcher("user", names, People()).absent))
    assert not any(matched and not identified for matched, identified in zip(run.matched, run.identified))
    try:
        run.matcher.check()
    except OptionError as error:
        assert str(error).startswith("user: '")
