# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search the sessions of users by properties that are not documented for sessions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Callable

from .._client.search import Filter
from .._common.errors import ApiError
from .._common.text import nested
from .users import UserMatcher, compared, filters, names_of

ACCOUNT_PROPERTIES = ("CurrentUser", "UserName")
"""Properties that may have the account of a session: the published search uses the first, the enumeration has both."""
BAD_REQUEST = 400


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
    found: dict[str, tuple[dict, int | None]] = {}

    def read(conditions: list[Filter]) -> Iterator[dict]:
        for session in search(conditions):
            session_id = nested(session, "Id") or f"number {len(found)}"
            if session_id not in found:
                found[session_id] = session, matcher.people.add(session)
            yield session

    account_property = _find_property(users, read, matcher)
    searched = {compared(name) for name in users}
    for _search_number in range(MORE_SEARCHES):
        own = {name for session, person in found.values() if matcher.matches(person) for name in names_of(session)}
        names = sorted(name for name in own if compared(name) not in searched)
        if not account_property or not names:
            break
        searched.update(map(compared, names))
        for _session in read(filters(names, account_property)):
            pass
    matcher.note_unidentified(found.values())
    return [session for session, person in found.values() if matcher.matches(person)]


def _find_property(
    users: Sequence[str], read: Callable[[list[Filter]], Iterable[dict]], matcher: UserMatcher
) -> str | None:
    """Search users, and return the supported property; reads all sessions if none is certain.

    A property that found one of its users is supported, so its other users are absent.
    """
    for account_property in ACCOUNT_PROPERTIES:
        try:
            present = {user for session in read(filters(users, account_property)) for user in matcher.names_of(session)}
        except ApiError as error:
            if error.status != BAD_REQUEST:
                raise
            continue
        working = {_by_account(user) for user in present}
        if all(user in present or _by_account(user) in working for user in users):
            return account_property
    for _session in read([]):
        pass
    return None


def _by_account(user: str) -> bool:
    """Return whether a user is searched by account, and not by UPN."""
    return "\\" in user or "@" not in user
