# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People: how a task names them, and whose session is meant.

They are known by what the broker vouches for. What a client or its machine could choose, the display name and
UntrustedUserName, is never looked at: nobody slips into a selection, or out of one, by a name of his own choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .._client.search import Filter, compare
from .._common.errors import OptionError
from .._common.text import clean, folded, nested


def user_of(session: dict) -> str | None:
    """Return the user as DOMAIN\\name, else as UPN; None for an anonymous one."""
    return nested(session, "User", "Name") or nested(session, "User", "PrincipalName")


def _account(session: dict) -> str:
    """Return the name that tells this person from others of the same short name, as far as the broker gives one."""
    sam, domain = nested(session, "User", "SamName"), nested(session, "User", "Domain")
    name = user_of(session) or sam or ""
    return name if "\\" in name or not domain else f"{domain}\\{sam or name}"


def names_of(session: dict) -> set[str]:
    """Return every name that means the user of a session, folded: DOMAIN\\sam, sam, UPN; none for an anonymous one."""
    names = {nested(session, "User", "Name"), nested(session, "User", "PrincipalName")}
    sam, domain = nested(session, "User", "SamName"), nested(session, "User", "Domain")
    names.update({sam, f"{domain}\\{sam}" if sam and domain else None})
    own = {folded(name) for name in names if name}
    return own | {name.partition("\\")[2] for name in own if "\\" in name}


def filters(users: Iterable[str], account_property: str) -> list[Filter]:
    """Return search conditions: each session of these users meets at least one, and few others do.

    account_property: the search property that holds DOMAIN\\name.
    """
    conditions = []
    for user in users:
        if "\\" in user:
            conditions.append(compare(account_property, user))
        elif "@" in user:
            conditions.append(compare("UserPrincipalName", user))
        else:
            conditions += [compare(account_property, f"\\{user}", "EndsWith"), compare(account_property, user)]
    return conditions


def fold(users: Iterable[str]) -> dict[str, str]:
    """Return the users as a task writes them, by what they are compared as."""
    return {folded(user): user for user in users}


def named(people: Mapping[str, str], session: dict) -> list[str]:
    """Return those of the users, as from fold(), who are the user of a session; as the task writes them."""
    return [people[name] for name in names_of(session) if name in people] if people else []


def absent(users: Iterable[str], sessions: Iterable[dict]) -> list[str]:
    """Return the users of whom there is no session, as the task writes them."""
    people = fold(users)
    present = {user for session in sessions for user in named(people, session)}
    return [user for user in people.values() if user not in present]


def check_short_names(option: str, users: Iterable[str], sessions: Iterable[dict]) -> None:
    """Refuse a name without a domain that means several people; raises OptionError, which lists them."""
    short = fold(user for user in users if "\\" not in user and "@" not in user)
    people: dict[str, list[tuple[set[str], str]]] = {user: [] for user in short.values()}
    for session in sessions if short else ():
        for user in named(short, session):
            marks = _marks(session)
            known = next((known for known, _name in people[user] if not known.isdisjoint(marks)), None)
            if known is None:
                people[user].append((marks, _account(session)))
            else:
                known |= marks
    for user, candidates in people.items():
        if len(candidates) > 1:
            choice = ", ".join(sorted(clean(account) for _known, account in candidates))
            raise OptionError(option, f"'{user}' matches several users; use one of the full names: {choice}")


def _marks(session: dict) -> set[str]:
    """Return what tells a person from all others, as far as the broker gives it: account, UPN, SID."""
    account = _account(session)
    told = {nested(session, "User", "Sid"), nested(session, "User", "PrincipalName")} - {None}
    return {folded(mark) for mark in told | ({account} if "\\" in account or not told else set()) if mark}
