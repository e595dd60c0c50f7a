# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate and find the machines and sessions of a site; equal sizes give equal fleets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Generic, TypeVar, Union

from .directory import Identity, make_directory
from .names import NAMES
from .objects import PLAIN, RECORDED, GeneratedSession, Machine, Ref, Session, make_id
from .settings import Settings

SUPPORTS = ("MultiSession", "SingleSession")

Named = TypeVar("Named", bound=Union[Machine, Ref])


def refs(kind: str, names: Iterable[str]) -> tuple[Ref, ...]:
    """Return a reference for each name."""
    return tuple(Ref(make_id(kind, at), at + 1, name) for at, name in enumerate(names))


class Index(Generic[Named]):
    """Find objects by id, Uid, or name with ``|`` for the backslash, without regard to case.

    Of two objects with the same key, the first is found. With ``wildcards``, ``*`` in a name matches any text.
    """

    def __init__(self, items: Iterable[Named], wildcards: bool) -> None:
        self._names: dict[str, Named] = {}
        self._ids: dict[str, Named] = {}
        self._wildcards = wildcards
        for item in items:
            self._names.setdefault(item.name.replace("\\", "|").lower(), item)
            self._ids[item.id] = self._ids[str(item.uid)] = item

    def find(self, key: str) -> Named | None:
        """Return the object of a key, or None."""
        key = key.lower()
        known = self._names.get(key) or self._ids.get(key)
        if known is None and self._wildcards and "*" in key:
            pattern = key.replace("[", "[[]").replace("?", "[?]")
            return next((item for name, item in self._names.items() if fnmatchcase(name, pattern)), None)
        return known


class Fleet:
    """All machines and sessions of a site. ``identity`` names the users who log on later.

    ``version`` grows with each change that affects search results.
    """

    def __init__(
        self,
        identity: Identity,
        wildcards: bool,
        groups: tuple[Ref, ...] = (),
        applications: tuple[Ref, ...] = (),
        catalogs: tuple[Ref, ...] = (),
        machines: Sequence[Machine] = (),
        sessions: Iterable[Session] = (),
    ) -> None:
        self.groups = groups
        self.applications = applications
        self.machines = machines
        self.sessions: list[Session] = []
        self.version = 0
        self._identity = identity
        self._live: dict[str, Session] = {}
        self._machines = Index(machines, wildcards)
        self._groups = Index(groups, wildcards)
        self._applications = Index(applications, wildcards)
        self._catalogs = Index(catalogs, wildcards)
        for session in sessions:
            self._add(session)

    def machine(self, key: str) -> Machine | None:
        """Return a machine by a segment of a path."""
        return self._machines.find(key)

    def group(self, key: str) -> Ref | None:
        """Return a delivery group by a segment of a path; its name includes its folders."""
        return self._groups.find(key)

    def application(self, key: str) -> Ref | None:
        """Return an application by a segment of a path; its name includes its folders."""
        return self._applications.find(key)

    def catalog(self, key: str) -> Ref | None:
        """Return a machine catalog by a segment of a path; its name includes its folders."""
        return self._catalogs.find(key)

    def session(self, key: str) -> Session | None:
        """Return a session that has not ended, by its id or Uid."""
        known = self._live.get(key.lower())
        if known is None and key.isascii() and key.isdigit() and 0 < int(key) <= len(self.sessions):
            session = self.sessions[int(key) - 1]
            return session if self.is_live(session) else None
        return known

    def is_live(self, session: Session) -> bool:
        """Return whether the session has not ended."""
        return session.id in self._live

    def _add(self, session: Session) -> None:
        session.machine.sessions.append(session)
        self.sessions.append(session)
        self._live[session.id] = session

    def begin(self, machine: Machine) -> Session:
        """Log on a new user, with an active HDX session that is not recorded."""
        session = GeneratedSession(len(self.sessions), machine, PLAIN, self._identity, self.applications)
        self._add(session)
        self.version += 1
        return session

    def connect(self, session: Session, connected: bool) -> None:
        """Connect or disconnect the user of the session."""
        session.connected = connected
        self.version += 1

    def end(self, session: Session) -> None:
        """Log off the user, which ends the session and its recording."""
        del self._live[session.id]
        session.machine.sessions.remove(session)
        session.recorded = False
        self.version += 1

    @property
    def size(self) -> int:
        """Return the number of sessions that have not ended."""
        return len(self._live)


def generate(settings: Settings) -> Fleet:
    """Return the fleet that the settings describe."""
    names = NAMES[settings.names]
    identity = make_directory(settings.directory, names)
    groups, applications = refs("group", names.groups), refs("application", names.applications)
    catalogs = refs("catalog", names.catalogs)
    machines = []
    for at in range(settings.machines):
        single = at % 5 == 4
        group = groups[at % len(groups)]
        machines.append(Machine(at, *identity.machine(at), group, catalogs[single], SUPPORTS[single]))
    sessions = (
        GeneratedSession(
            at,
            machines[at * settings.machines // settings.sessions],
            at % 10 if settings.mix == "mixed" and at % 10 >= RECORDED else PLAIN,
            identity,
            applications,
        )
        for at in range(settings.sessions)
    )
    return Fleet(identity, settings.wildcards, groups, applications, catalogs, machines, sessions)


def empty(settings: Settings) -> Fleet:
    """Return a fleet without machines, sessions and published applications."""
    return Fleet(make_directory(settings.directory, NAMES[settings.names]), settings.wildcards)
