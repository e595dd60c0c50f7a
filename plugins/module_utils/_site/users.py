# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Match the names in options to the users of sessions.

Only names that the broker verifies count. A display name or UntrustedUserName, which the client or its machine can
set, neither selects nor excludes a session.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from typing import NamedTuple

from .._client.search import Filter, compare
from .._common.errors import OptionError
from .._common.names import is_confusable, visible
from .._common.text import clean, folded, nested

ENTRA = "azuread\\"
"""Domain of accounts that are named by their UPN: AzureAD\\name@domain."""
ACCOUNT_SIDS = ("s-1-5-21-", "s-1-12-1-")
"""Beginnings of SIDs that belong to one account, of a domain or of Entra ID. Others are shared, such as S-1-5-7."""


def user_of(session: dict) -> str | None:
    """Return the user as DOMAIN\\name, else as UPN, else as name; None if anonymous or unknown."""
    user = session.get("User")
    return next((name for name in (nested(user, field) for field in USER_FIELDS) if name), None)


USER_FIELDS = ("Name", "SamName", "PrincipalName", "SamAccountName")
"""Fields of a User with the account: SamName is DOMAIN\\name, SamAccountName only the name.

https://developer-docs.citrix.com/en-us/citrix-virtual-apps-desktops-sdk/2303/broker/get-brokersession
"""


class _User(NamedTuple):
    """The names of a session's user for comparisons."""

    accounts: set[str]
    """DOMAIN\\name."""
    principals: set[str]
    others: set[str]
    """Names without a domain, which other users may have too."""
    sid: str | None


def _read(session: dict) -> _User:
    user = session.get("User")
    accounts: set[str] = set()
    principals: set[str] = set()
    others: set[str] = set()
    # In a loop over all sessions of a site, nested() would take most of the time.
    given = user if isinstance(user, dict) else {}
    for name in {name for field in USER_FIELDS if isinstance(name := given.get(field), str)}:
        own = compared(name)
        _domain, backslash, short = own.rpartition("\\")
        if backslash:
            accounts.add(own)
        if "@" in short:
            principals.add(short)
        elif short:
            others.add(short)
    domain, sid = given.get("Domain"), given.get("Sid")
    if domain and isinstance(domain, str):
        # The DNS domain: if there is an account, this name does not identify a user.
        (others if accounts else accounts).update([compared(f"{domain}\\{short}") for short in others])
    return _User(accounts, principals, others, sid.lower() if isinstance(sid, str) else None)


def compared(name: str) -> str:
    """Return a name for comparisons: folded, and a UPN instead of AzureAD\\UPN."""
    name = folded(name)
    return name[len(ENTRA) :] if name.startswith(ENTRA) and "@" in name else name


def names_of(session: dict) -> set[str]:
    """Return the names of a session's user that are unique: accounts with a domain, and UPNs."""
    names = {nested(session, "User", field) for field in USER_FIELDS}
    return {name for name in names if name and ("\\" in name or "@" in name)}


def filters(names: Iterable[str], account_property: str) -> list[Filter]:
    """Return search conditions: each session of these users matches one, and few others do.

    account_property: the search property for DOMAIN\\name.
    """
    conditions: dict[tuple[str, str], Filter] = {}
    for name in names:
        # A server may store an accent apart from its letter.
        for form in dict.fromkeys([name, unicodedata.normalize("NFD", name)]):
            for condition in _conditions(form, account_property):
                conditions[condition["Property"], condition["Value"]] = condition
    return list(conditions.values())


def _conditions(name: str, account_property: str) -> Iterable[Filter]:
    short = name.rpartition("\\")[2]
    if "@" in short:
        yield compare("UserPrincipalName", short)
    if short == name or folded(name).startswith(ENTRA):
        yield compare(account_property, f"\\{short}", "EndsWith")
        yield compare(account_property, short)
    else:
        yield compare(account_property, name)


class People:
    """The users of a run's sessions. Sessions with an equal SID, account or UPN have one user.

    A person is a number while sessions are added; root() maps all numbers of one person to one.
    """

    def __init__(self) -> None:
        self._owners: dict[str, int] = {}
        self._parents: list[int] = []
        self._named = bytearray()
        self._accounts: dict[int, str] = {}
        self.hits: dict[str, set[int]] = {}
        """Persons by each name that a UserMatcher looks for."""
        self.added = 0

    def add(self, session: dict) -> int | None:
        """Return the person of a session; None if the API omits the user."""
        if not self.hits:
            return None
        user = _read(session)
        marks = user.accounts | user.principals or set(user.others)
        if user.sid and user.sid.startswith(ACCOUNT_SIDS):
            marks.add(user.sid)
        if not marks:
            return None
        self.added += 1
        person = self._join(marks)
        if user.others or user.principals:
            self._named[person] = True
            self._note_hits(person, user, session)
        return person

    def _join(self, marks: set[str]) -> int:
        owners = self._owners
        known = {self.root(owners[mark]) for mark in marks if mark in owners}
        if not known:
            person = len(self._parents)
            self._parents.append(person)
            self._named.append(False)
        else:
            person = min(known)
            for other in known:
                self._parents[other] = person
                self._named[person] |= self._named[other]
        for mark in marks:
            owners[mark] = person
        return person

    def _note_hits(self, person: int, user: _User, session: dict) -> None:
        for names in user[:3]:
            if not self.hits.keys().isdisjoint(names):
                for name in names & self.hits.keys():
                    self.hits[name].add(person)
                account = _account(session)
                if "\\" not in self._accounts.setdefault(person, account):
                    self._accounts[person] = account

    def root(self, person: int) -> int:
        """Return the number that all sessions of this person share."""
        parents = self._parents
        while parents[person] != person:
            parents[person] = parents[parents[person]]
            person = parents[person]
        return person

    def is_named(self, person: int | None) -> bool:
        """Return whether the API names the user, also in another session with the same SID."""
        return person is not None and bool(self._named[self.root(person)])

    def accounts(self, name: str, persons: set[int]) -> Iterable[str]:
        """Return the names of the persons with this name, for messages."""
        found = {self.root(person): self._accounts[person] for person in sorted(self.hits[name], reverse=True)}
        return [clean(account) for person, account in found.items() if person in persons]


def _account(session: dict) -> str:
    """Return a name that distinguishes this user from others with its short name, if possible."""
    name, domain = user_of(session) or "", nested(session, "User", "Domain")
    if "\\" not in name and domain:
        return f"{domain}\\{nested(session, 'User', 'SamAccountName') or name}"
    return nested(session, "User", "PrincipalName") or name if "\\" not in name else name


class UserMatcher:
    """Match persons to the names in one option; first, add all sessions to people."""

    def __init__(self, option: str, names: Collection[str] | None, people: People, waits: bool = False) -> None:
        """Prepare the comparison; waits: whether users may log on later, so none needs a session."""
        self._option = option
        self._waits = waits
        self._names = {compared(name): name for name in names or ()}
        self.people = people
        self._by_person: dict[int, list[str]] = {}
        self._known = 0
        self._met: dict[str, set[int]] = {key: set() for key in self._names}
        self.unidentified = 0
        """Sessions that may be theirs: the API does not return the user."""
        for key in self._names:
            people.hits.setdefault(key, set())

    def __bool__(self) -> bool:
        return bool(self._names)

    def matches(self, person: int | None) -> bool:
        """Return whether one of the names matches this person, and mark it as used."""
        if person is None or not self._names:
            return False
        if self._known != self.people.added:
            self._find_persons()
        root = self.people.root(person)
        keys = self._by_person.get(root, ())
        for key in keys:
            self._met[key].add(root)
        return bool(keys)

    def names_of(self, session: dict) -> list[str]:
        """Return the names that match the user of this session, as written in the task."""
        return [self._names[key] for names in _read(session)[:3] for key in names & self._names.keys()]

    def _find_persons(self) -> None:
        self._known = self.people.added
        self._by_person = {}
        for key in self._names:
            for root in {self.people.root(person) for person in self.people.hits[key]}:
                self._by_person.setdefault(root, []).append(key)

    def note_unidentified(self, sessions: Iterable[tuple[dict, int | None]]) -> None:
        """Count sessions whose user the API omits although the broker does not call it anonymous.

        sessions: with their persons. Raises OptionError if the API gives the user of none.
        """
        named = 0
        for session, person in sessions:
            if self.people.is_named(person):
                named += 1
            elif session.get("IsAnonymousUser") is not True:
                self.unidentified += 1
        if self.unidentified and not named and not self._waits:
            raise OptionError(
                self._option,
                f"the API does not return the user of any of {self.unidentified} sessions; check the role of the "
                "account, or use other selectors",
            )

    def check(self) -> None:
        """Raise OptionError for an ambiguous name, or one with hidden characters and no match."""
        for key, name in self._names.items():
            persons = self._met[key]
            if len(persons) > 1 and "\\" not in name and "@" not in name:
                choice = ", ".join(sorted(self.people.accounts(key, persons)))
                raise OptionError(
                    self._option,
                    f"'{visible(name)}' matches several users; use one of the full names: {choice}",
                )
            if not persons and is_confusable(name) and not self._waits:
                raise OptionError(
                    self._option,
                    f"'{visible(name)}' has no session and contains invisible characters; type the name by hand",
                )

    @property
    def absent(self) -> list[str]:
        """Return the names without a matching person, as written in the task."""
        return [name for key, name in self._names.items() if not self._met[key]]

    @property
    def absence(self) -> list[str]:
        """The warning of names without a session; empty if there are none."""
        if not self.absent:
            return []
        absent = ", ".join(map(visible, self.absent))
        return [f"user: no session belongs to {absent}; check the names if they are connected."]

    @property
    def doubts(self) -> list[str]:
        """The warning of sessions that may be theirs; empty if there are none."""
        if not self.unidentified:
            return []
        return [
            f"user: the API does not return the users of {self.unidentified} sessions, which may match; "
            "check the role of the account."
        ]
