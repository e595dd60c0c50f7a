# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search the sessions of users by properties of which no document says that they work for sessions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable

from .._client.search import Filter
from .._common.errors import ApiError
from .users import filters

ACCOUNT_PROPERTIES = ("CurrentUser", "UserName")
"""Properties that may hold the account of a session: the published search has the first, the enumeration has both."""
BAD_REQUEST = 400


def search_users(
    users: Iterable[str], search: Callable[[list[Filter]], Iterable[dict]], matches: Callable[[dict], Iterable[str]]
) -> list[dict]:
    """Return the sessions of users; all sessions are read before a user is reported absent for the name of a property.

    search: reads the sessions that meet one of these conditions, or all of them without any. matches: returns the users
    whom a session belongs to. A property that found one of its users works, so its other users are absent.
    """
    for account_property in ACCOUNT_PROPERTIES:
        try:
            sessions = list(search(filters(users, account_property)))
        except ApiError as error:
            if error.status != BAD_REQUEST:
                raise
            continue
        present = {user for session in sessions for user in matches(session)}
        working = {_by_account(user) for user in present}
        if all(user in present or _by_account(user) in working for user in users):
            return sessions
    return list(search([]))


def _by_account(user: str) -> bool:
    """Return whether a user is searched by account, and not by UPN."""
    return "\\" in user or "@" not in user
