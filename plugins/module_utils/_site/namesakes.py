# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognize users who may be those of an option, but whom the API names in another form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Callable, NamedTuple

from .name_forms import ENTRA


class Namesake(NamedTuple):
    """A session of a user with a sought short name."""

    person: int
    forms: frozenset[str]
    marks: frozenset[int]
    """Hashes of the names and the SID of that user alone."""


class Namesakes:
    """The sessions whose user has the short name of a name in an option.

    Names in one form, such as two accounts of domains, distinguish two users. LAB\\anna and anna@lab.example do not.
    """

    def __init__(self) -> None:
        self._by_short_name: dict[str, list[Namesake]] = {}
        self.short_names = self._by_short_name.keys()
        """Those that are sought; add() has no effect for others."""
        self._persons: set[int] = set()

    def look_for(self, name: str) -> None:
        """Keep the sessions of the users with the short name of a folded name."""
        self._by_short_name.setdefault(_short(name), [])

    def add(self, person: int, short_names: Iterable[str], identity: Iterable[str], marks: Iterable[int]) -> None:
        """Keep a session if its user has a sought short name.

        identity: folded names and SIDs of the user.
        """
        for short in self.short_names & short_names:
            forms = frozenset(filter(None, map(_form, identity)))
            self._by_short_name[short].append(Namesake(person, forms, frozenset(marks)))
            self._persons.add(person)

    def __contains__(self, person: int) -> bool:
        return person in self._persons

    def possible(self, name: str, persons: Collection[int], root: Callable[[int], int]) -> Iterator[Namesake]:
        """Yield the sessions whose user may have a folded name although it is none of its persons.

        root: returns the number that all sessions of one person share.
        """
        sessions = self._by_short_name[_short(name)]
        known = {_form(name)}.union(*(session.forms for session in sessions if root(session.person) in persons))
        forms_of = _forms_by_mark(sessions)
        for session in sessions:
            forms = session.forms.union(*(forms_of[mark] for mark in session.marks))
            if known.isdisjoint(forms) and root(session.person) not in persons:
                yield session


def _forms_by_mark(sessions: Iterable[Namesake]) -> dict[int, set[str]]:
    """Return the forms in which the API names the user with each mark, in any of the sessions."""
    forms_of: dict[int, set[str]] = {mark: set() for session in sessions for mark in session.marks}
    grows = True
    while grows:
        before = sum(map(len, forms_of.values()))
        for session in sessions:
            forms = session.forms.union(*(forms_of[mark] for mark in session.marks))
            for mark in session.marks:
                forms_of[mark] |= forms
        grows = sum(map(len, forms_of.values())) > before
    return forms_of


def _short(name: str) -> str:
    return name.rpartition("\\")[2].partition("@")[0]


def _form(name: str) -> str | None:
    """Return the form of a name or SID, of which each user has one; None for all other names."""
    if name != name.strip():
        return None
    domain, backslash, short = name.rpartition("\\")
    if "@" in short:
        return "UPN"
    if backslash:
        return ENTRA if name.startswith(ENTRA) else "DNS domain" if "." in domain else "domain"
    return "-".join(name.split("-")[:4]) if name.startswith("s-1-") else None
