# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Match the names in options to the users of sessions.

Only names that the broker verifies count. A display name or UntrustedUserName, which the client or its machine can
set, neither selects nor excludes a session.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from operator import or_

from .._client.search import Filter, compare
from .._common.names import is_comparable
from .._common.text import clean, folded, nested
from .name_forms import ACCOUNT, ACCOUNT_SID, ENTRA, ENTRA_SID, UNUSUAL, UPN, NameForms, form_of
from .namesakes import Namesakes

ACCOUNT_SIDS = ("s-1-5-21-", "s-1-12-1-")
"""Beginnings of SIDs that belong to one account, of a domain or of Entra ID. Others are shared, such as S-1-5-7."""


def user_of(session: dict) -> str | None:
    """Return the user as DOMAIN\\name, else as UPN, else as name; None if the API returns none."""
    for field in USER_FIELDS:
        name = nested(session, "User", field)
        if name:
            return name
    return None


USER_FIELDS = ("Name", "SamName", "PrincipalName", "SamAccountName")
"""Fields of a User with the account: SamName is DOMAIN\\name, SamAccountName only the name.

https://developer-docs.citrix.com/en-us/citrix-virtual-apps-desktops-sdk/2303/broker/get-brokersession
"""


def _read(session: dict) -> tuple[list[str], list[str], list[str], int]:
    """Return a user's names, the marks of that user alone, short names, and forms of names."""
    user = session.get("User")
    if not isinstance(user, dict):
        return [], [], [], 0
    accounts: list[str] = []
    principals: list[str] = []
    # Without a domain, so other users may have them too.
    others: list[str] = []
    short_names: list[str] = []
    forms = 0
    # In a loop over all sessions of a site nested() and sets would take most of the time.
    before = None
    for field in USER_FIELDS:
        name = user.get(field)
        if name and name != before and isinstance(name, str):
            before = name
            form = compared(name)
            if not is_comparable("user", form):
                continue
            _domain, backslash, short = form.rpartition("\\")
            if backslash and short:
                accounts.append(form)
            if "@" in short:
                principals.append(short)
                short_names.append(short.partition("@")[0].strip())
                forms |= UPN
            elif bare := short.strip():
                forms |= form_of(form) if form.startswith(UNUSUAL) else ACCOUNT
                if short not in others:
                    others.append(short)
                    short_names.append(bare)
    domain, sid = user.get("Domain"), user.get("Sid")
    sid = sid.lower() if isinstance(sid, str) else ""
    # The domain of the DNS: if there is an account, two users may share this name.
    aliases = others if accounts else accounts
    if others and domain and isinstance(domain, str):
        domain = folded(domain)
        aliases += [f"{domain}\\{short}" for short in others]
    sids = []
    if sid.startswith(ACCOUNT_SIDS):
        sids = [sid]
        forms |= ACCOUNT_SID if sid[4] == "5" else ENTRA_SID
    owned = accounts + principals
    return owned + others, (owned or others) + sids, short_names, forms


def compared(name: str) -> str:
    """Return a name for comparisons: folded, and a UPN instead of AzureAD\\UPN."""
    # As folded() does, without a call for each name of each session.
    name = name.lower() if name.isascii() else folded(name)
    return name[len(ENTRA) :] if "@" in name and name.startswith(ENTRA) else name


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

    A person is the number of a session, 0 if the API omits its user; roots() maps all numbers of one person to one.
    Only the hashes of the marks of each session are kept: most sessions are of users whom no option names.
    """

    def __init__(self) -> None:
        self.hits: dict[str, list[int]] = {}
        """Persons by each name that a UserMatcher looks for."""
        self.namesakes = Namesakes()
        self._forms = NameForms()
        self.added = 0
        self._marks = array("q")
        self._owners = array("I")
        self._sought_marks: set[int] = set()
        self._sought: set[int] = set()
        self._accounts: dict[int, str] = {}
        self.sids_alone: dict[int, int] = {}
        """Persons that the API does not name in their session, each with the hash of the SID."""
        self._named_marks: set[int] = set()
        self._roots: dict[int, int] = {}
        self._joined = 0

    def look_for(self, name: str) -> None:
        """Keep the persons with this folded name, and those with its short name."""
        self.hits.setdefault(name, [])
        self.namesakes.look_for(name)

    def add(self, session: dict) -> int:
        """Return the person of a session."""
        if not self.hits:
            return 0
        names, identifiers, short_names, forms = _read(session)
        if not identifiers:
            return 0
        self._forms.add(forms)
        marks = list(map(hash, identifiers))
        self.added += 1
        person = self.added
        self._marks.fromlist(marks)
        self._owners.fromlist([person] * len(marks))
        if not names:
            self.sids_alone[person] = marks[0]
        elif not self.hits.keys().isdisjoint(names):
            for name in self.hits.keys() & names:
                self.hits[name].append(person)
            self._accounts[person] = _account(session)
            self._sought_marks.update(marks)
        if not self._sought_marks.isdisjoint(marks):
            self._sought_marks.update(marks)
            self._sought.add(person)
        if not self.namesakes.short_names.isdisjoint(short_names):
            self.namesakes.add(person, short_names, identifiers, marks)
        return person

    def is_sought(self, person: int) -> bool:
        """Return whether a name that a matcher looks for leads to this person, as known so far."""
        return person in self._sought

    def has_name(self, person: int) -> bool:
        """Return whether the API names the user in this session."""
        return bool(person) and person not in self.sids_alone

    @property
    def any_named(self) -> bool:
        """Whether the API names the user of any session."""
        return self.added > len(self.sids_alone)

    def _join(self) -> None:
        """Find the persons of the names, and the SIDs of users named in another session."""
        self._joined = self.added
        owners, marks = self._owners, self._marks
        while True:
            self._sought = {owner for owner, mark in zip(owners, marks) if mark in self._sought_marks}
            found = {mark for owner, mark in zip(owners, marks) if owner in self._sought}
            if len(found) == len(self._sought_marks):
                break
            self._sought_marks = found
        roots = {person: person for person in self._sought}

        def root(person: int) -> int:
            while roots[person] != person:
                person = roots[person]
            return person

        first: dict[int, int] = {}
        for owner, mark in zip(owners, marks):
            if owner in self._sought:
                roots[root(owner)] = root(first.setdefault(mark, owner))
        self._roots = {person: root(person) for person in roots}
        alone, sids = self.sids_alone, set(self.sids_alone.values())
        self._named_marks = {mark for owner, mark in zip(owners, marks) if mark in sids and owner not in alone}

    def roots(self) -> dict[int, int]:
        """Return the persons with a sought name, each with the number that all its sessions share."""
        if self._joined != self.added:
            self._join()
        return self._roots

    def incomparable(self, persons_by_name: Mapping[str, Collection[int]]) -> set[int]:
        """Return the persons who have no name in a form in common with one of these names.

        persons_by_name: the persons with each folded name, as in roots().
        """
        roots, forms = self.roots(), self._forms
        of_root: dict[int, int] = {}
        for person, root in roots.items():
            of_root[root] = of_root.get(root, 0) | forms.of(person)
        known = {
            form_of(name) | reduce(or_, (of_root[root] for root in found), 0) for name, found in persons_by_name.items()
        }
        return set().union(*(forms.incomparable(each, self._owners, self._marks) for each in known))

    def is_named(self, person: int) -> bool:
        """Return whether the API names the user, also in another session with the same SID."""
        if person not in self.sids_alone:
            return bool(person)
        if self._joined != self.added:
            self._join()
        return self.sids_alone[person] in self._named_marks

    def accounts(self, name: str, persons: Collection[int]) -> Iterable[str]:
        """Return the names of the persons with this name, for messages."""
        found: dict[int, str] = {}
        roots = self.roots()
        for person in self.hits[name]:
            root, account = roots[person], self._accounts[person]
            if root in persons and "\\" not in found.setdefault(root, account):
                found[root] = account
        return map(clean, found.values())


def _account(session: dict) -> str:
    """Return a name that distinguishes this user from others with its short name, if possible."""
    name, domain = user_of(session) or "", nested(session, "User", "Domain")
    if "\\" not in name and domain:
        return f"{domain}\\{nested(session, 'User', 'SamAccountName') or name}"
    return nested(session, "User", "PrincipalName") or name if "\\" not in name else name
