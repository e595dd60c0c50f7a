# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search the sessions of users by properties that are not documented for sessions."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Callable

from .._client.search import Filter
from .._common.errors import ApiError
from .._common.text import nested
from .user_matcher import UserMatcher
from .users import compared, filters, names_of

ACCOUNT_PROPERTIES = ("CurrentUser", "UserName")
"""Properties that may have the account of a session: the published search uses the first, the enumeration has both."""
MORE_SEARCHES = 2
"""Maximum number of further searches for the other names of the users who were found."""


def search_users(
    users: Sequence[str], search: Callable[[list[Filter]], Iterable[dict]], matcher: UserMatcher
) -> list[dict]:
    """Return the sessions of users, each once.

    A session may have another name of its user than the task: all names of the users found are searched too. search:
    reads the sessions that match one of these conditions, or all sessions without any. Raises OptionError if the API
    returns the user of no session.
    """
    people = matcher.people
    found: dict[str, tuple[dict, int]] = {}
    met: dict[str, str] = {}
    unidentified: dict[str, int] = {}

    def receive(conditions: list[Filter]) -> bool:
        """Keep the sessions of the users; return whether a dropped one is now known as theirs."""
        dropped = array("I")
        for session in search(conditions):
            session_id = nested(session, "Id") or repr(session)
            if session_id in found:
                continue
            person = people.add(session)
            if people.is_sought(person):
                found[session_id] = session, person
                met.update((compared(name), name) for name in names_of(session))
            else:
                dropped.append(person)
            may_match = person in people.namesakes or not people.has_name(person)
            if session.get("IsAnonymousUser") is not True and may_match:
                unidentified[session_id] = person
        return any(matcher.matches(person) for person in dropped)

    def read(conditions: list[Filter]) -> None:
        # A session may be listed before the one that joins its user to a name. Keeping the sessions of all users would
        # fill the memory, so they are read again.
        if receive(conditions):
            receive(conditions)

    account_property = _find_property(users, read, matcher)
    searched = {compared(name) for name in users}
    for _search_number in range(MORE_SEARCHES):
        names = sorted(name for key, name in met.items() if key not in searched)
        if not account_property or not names:
            break
        searched.update(met)
        read(filters(names, account_property))
    matcher.note_unidentified(unidentified.values())
    return [session for session, person in found.values() if matcher.matches(person)]


def _find_property(users: Sequence[str], read: Callable[[list[Filter]], None], matcher: UserMatcher) -> str | None:
    """Search users, and return the supported property; reads all sessions if none is certain.

    A property that found one of its users is supported, so its other users are absent.
    """
    for account_property in ACCOUNT_PROPERTIES:
        try:
            read(filters(users, account_property))
        except ApiError as error:
            if error.status != 400:
                raise
            continue
        present = matcher.present
        working = {_by_account(user) for user in present}
        if all(user in present or _by_account(user) in working for user in users):
            return account_property
    read([])
    return None


def _by_account(user: str) -> bool:
    """Return whether a user is searched by account, and not by UPN."""
    return "\\" in user or "@" not in user
