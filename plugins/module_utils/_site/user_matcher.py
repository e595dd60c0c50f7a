# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Match the names in one option to users; report names that match none or several."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .._common.errors import OptionError
from .._common.names import is_confusable, visible
from .users import People, compared


class UserMatcher:
    """Match persons to the names in one option; first, add all sessions to people."""

    def __init__(self, option: str, names: Collection[str] | None, people: People, waits: bool = False) -> None:
        """Prepare the comparison; waits: whether users may log on later, so none needs a session."""
        self._option = option
        self._waits = waits
        self._names = {compared(name): name for name in names or ()}
        self.people = people
        self._by_person: dict[int, list[str]] = {}
        self._possible: set[int] = set()
        self._resembling: set[int] = set()
        self._known = -1
        self._met: dict[str, set[int]] = {key: set() for key in self._names}
        self.unidentified = 0
        """Sessions that may be theirs: the API does not return the user."""
        for key in self._names:
            people.look_for(key)

    def __bool__(self) -> bool:
        return bool(self._names)

    def matches(self, person: int) -> bool:
        """Return whether one of the names is a name of this person, who then counts as met."""
        if self._known != self.people.added:
            self._find_persons()
        keys = self._by_person.get(person, ())
        for key in keys:
            self._met[key].add(self.people.roots()[person])
        return bool(keys)

    def may_match(self, person: int) -> bool:
        """Return whether a person may have one of the names although none matches.

        The API omits the user, or names it in another form only, as anna.smith@lab.example instead of LAB\\asmith.
        """
        if self._known != self.people.added:
            self._find_persons()
        return person in self._possible

    def resembles(self, person: int) -> bool:
        """Return whether a person may match who has no name, or the short name in another form."""
        if self._known != self.people.added:
            self._find_persons()
        return person in self._resembling

    def _find_persons(self) -> None:
        self._known = self.people.added
        if not self._names:
            return
        possible: set[int] = {0}
        marks: set[int] = set()
        roots = self.people.roots()
        by_root: dict[int, list[str]] = {}
        persons = {key: {roots[person] for person in self.people.hits[key]} for key in self._names}
        for key, matched in persons.items():
            for root in matched:
                by_root.setdefault(root, []).append(key)
            for namesake in self.people.namesakes.possible(key, matched, lambda person: roots.get(person, person)):
                possible.add(namesake.person)
                marks.update(namesake.marks)
        sids = self.people.sids_alone
        possible.update(person for person, sid in sids.items() if sid in marks or not self.people.is_named(person))
        self._by_person = {person: by_root[root] for person, root in roots.items() if root in by_root}
        self._resembling = possible - self._by_person.keys()
        self._possible = self._resembling | (self.people.incomparable(persons) - self._by_person.keys())

    def note_unidentified(self, persons: Iterable[int]) -> None:
        """Count the sessions, other than anonymous ones, whose user may match.

        persons: of the sessions to count. Raises OptionError if the API names the user of none.
        """
        self.unidentified = sum(map(self.resembles, persons))
        if self.unidentified and not self.people.any_named and not self._waits:
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
    def present(self) -> set[str]:
        """The names that match the user of a session, as written in the task."""
        return {name for key, name in self._names.items() if self.people.hits[key]}

    @property
    def absence(self) -> list[str]:
        """The warning of names without a session; empty if there are none."""
        if not self.absent:
            return []
        absent = ", ".join(map(visible, self.absent))
        return [f"user: no session belongs to {absent}; check the names if they are connected."]

    @property
    def unidentified_warnings(self) -> list[str]:
        """The warning of sessions that may be theirs; empty if there are none."""
        if not self.unidentified:
            return []
        return [
            f"user: the API does not return the users of {self.unidentified} sessions, or only in another form, so "
            "they may match; check the role of the account, and the form of the names."
        ]
