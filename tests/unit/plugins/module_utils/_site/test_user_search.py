# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user is never reported absent because the server does not support a search property."""

from __future__ import annotations

import weakref

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.search import compare
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError
from ansible_collections.sessionops.citrix.plugins.module_utils._site.user_matcher import UserMatcher
from ansible_collections.sessionops.citrix.plugins.module_utils._site.user_search import search_users
from ansible_collections.sessionops.citrix.plugins.module_utils._site.users import People

ONE, TWO, UPN = "LAB\\user001", "LAB\\user002", "user003@lab.example"
BY_CURRENT_USER = [compare("CurrentUser", ONE)]
BY_USER_NAME = [compare("UserName", ONE)]


class Server:
    """Return sessions by the supported properties; others find nothing or are refused."""

    def __init__(self, working, *present, refuses=None):
        self._working, self._present, self._refuses = working, present, refuses
        self.searches = []

    def search(self, conditions):
        self.searches.append(conditions)
        names = {condition["Property"] for condition in conditions}
        if self._refuses and names - set(self._working):
            raise ApiError("refused", self._refuses, "", None)
        values = {each["Value"] for each in conditions if each["Property"] in self._working}
        return [{"Id": user, "User": {"Name": user}} for user in self._present if not conditions or user in values]

    def find(self, *users):
        sessions = search_users(users, self.search, UserMatcher("user", users, People()))
        return [session["User"]["Name"] for session in sessions]


def test_search_users_published_property_first():
    server = Server(["CurrentUser"], ONE)
    assert server.find(ONE) == [ONE]
    assert server.searches == [BY_CURRENT_USER]


@pytest.mark.parametrize("refuses", [None, 400])
def test_search_users_other_property_next(refuses):
    server = Server(["UserName"], ONE, refuses=refuses)
    assert server.find(ONE) == [ONE]
    assert server.searches == [BY_CURRENT_USER, BY_USER_NAME]


@pytest.mark.parametrize("refuses", [None, 400])
def test_search_users_all_sessions_last(refuses):
    server = Server([], ONE, TWO, refuses=refuses)
    assert server.find(ONE) == [ONE]
    assert server.searches == [BY_CURRENT_USER, BY_USER_NAME, []]


def test_search_users_working_property_searched_once():
    server = Server(["CurrentUser"], ONE)
    assert server.find(ONE, TWO) == [ONE]
    assert len(server.searches) == 1


def test_search_users_upn_is_separate_property():
    server = Server(["CurrentUser"], ONE, TWO)
    assert server.find(ONE, UPN) == [ONE]
    assert server.searches[-1] == []
    server = Server(["CurrentUser", "UserPrincipalName"], ONE, UPN)
    assert server.find(ONE, UPN) == [ONE, UPN]
    assert len(server.searches) == 1


def test_search_users_absent_user_listed_as_absent():
    server = Server(["CurrentUser", "UserName"], TWO)
    assert ONE not in server.find(ONE)
    assert server.searches[-1] == []


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_search_users_other_errors_raised(status):
    server = Server([], ONE, refuses=status)
    with pytest.raises(ApiError):
        server.find(ONE)
    assert len(server.searches) == 1


SID = "S-1-5-21-1-2-3-1001"


class Session(dict):
    """A session that a weak reference can follow."""


def listed(*users):
    """Return a search that finds nothing by property, and lists a session of each user."""
    pages = []

    def search(conditions):
        pages.append(conditions)
        for number, user in enumerate(users if not conditions else ()):
            yield Session(Id=str(number), User=user)

    return search, pages


def test_search_users_finds_session_before_its_link():
    search, pages = listed({"Name": "OLD\\anna", "Sid": SID}, {"Name": TWO}, {"Name": ONE, "Sid": SID})
    sessions = search_users([ONE], search, UserMatcher("user", [ONE], People()))
    assert sorted(session["Id"] for session in sessions) == ["0", "2"]
    assert pages.count([]) == 2


def test_search_users_linked_sessions_in_order_listed_once():
    search, pages = listed({"Name": ONE, "Sid": SID}, {"Name": TWO}, {"Name": "OLD\\anna", "Sid": SID})
    sessions = search_users([ONE], search, UserMatcher("user", [ONE], People()))
    assert [session["Id"] for session in sessions] == ["0", "2"]
    assert pages.count([]) == 1


def test_search_users_keeps_no_sessions_of_others():
    alive = []

    def search(conditions):
        for number in range(50 if not conditions else 0):
            session = Session(Id=str(number), User={"Name": f"LAB\\other{number}"})
            alive.append(weakref.ref(session))
            yield session
            del session
            assert sum(reference() is not None for reference in alive) <= 1

    assert search_users([ONE], search, UserMatcher("user", [ONE], People())) == []
    assert len(alive) == 50


def test_search_users_session_without_id_once():
    session = {"User": {"Name": ONE, "PrincipalName": UPN}}
    assert search_users([ONE], lambda _conditions: [dict(session)], UserMatcher("user", [ONE], People())) == [session]
