# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines and their sessions as compact records. The same sizes give the same fleet, down to the ids."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import NamedTuple, TypeVar, Union

from .names import NAMES, Names

DOMAIN = "LAB"
PARTNER = "PARTNER"
DNS_SUFFIXES = {DOMAIN: "lab.example", PARTNER: "partner.example"}
DOMAIN_SIDS = {
    DOMAIN: "S-1-5-21-1000000001-2000000002-3000000003",
    PARTNER: "S-1-5-21-1000000004-2000000005-3000000006",
}

# Kinds of session, the last digit of its index in a mixed fleet. Digits not named here are plain.
PLAIN = 0
RECORDED = 5
DISCONNECTED = 6
RDP = 7
SPARSE = 8
ANONYMOUS = 9

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sessionops.citrix:simulator")


def make_id(kind: str, key: int | str) -> str:
    """The id of an object of a kind, by its index or path: the same in each run."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{key}"))


class Ref(NamedTuple):
    """A short pointer to another object."""

    id: str
    uid: int | None
    name: str


def _refs(kind: str, names: Iterable[str]) -> tuple[Ref, ...]:
    return tuple(Ref(make_id(kind, at), at + 1, name) for at, name in enumerate(names))


CATALOGS = {
    "MultiSession": Ref(make_id("catalog", 0), 1, "Multi-session Windows"),
    "SingleSession": Ref(make_id("catalog", 1), 2, "Single-session Windows"),
}
ZONE = Ref(make_id("zone", 0), None, "Primary")


class Message(NamedTuple):
    """A message to the user of a session, as it was asked for; None for what was left out."""

    style: str | None
    title: str | None
    text: str | None


class Machine:
    """One machine that runs sessions."""

    __slots__ = ("dns_name", "fleet", "group", "id", "index", "name", "sessions", "support")

    def __init__(self, index: int, fleet: Fleet) -> None:
        self.index = index
        self.fleet = fleet
        self.id = make_id("machine", index)
        self.name = f"{DOMAIN}\\{fleet.names.host(index + 1)}"
        # DNS does not take what a name of Windows may hold.
        self.dns_name = f"vda-{index + 1:03d}.{DNS_SUFFIXES[DOMAIN]}"
        self.group = fleet.groups[index % len(fleet.groups)]
        self.support = "SingleSession" if index % 5 == 4 else "MultiSession"
        self.sessions: list[Session] = []

    @property
    def catalog(self) -> Ref:
        """The machine catalog: one for each kind of session support."""
        return CATALOGS[self.support]


class Session:
    """One user session. What does not change is worked out from the index, to keep a big fleet small."""

    __slots__ = (
        "connected",
        "held",
        "id",
        "index",
        "kind",
        "machine",
        "messages",
        "notices",
        "recorded",
        "starts",
        "stops",
    )

    def __init__(self, index: int, machine: Machine, kind: int) -> None:
        self.index = index
        self.id = make_id("session", index)
        self.machine = machine
        self.kind = kind
        self.connected = kind != DISCONNECTED
        self.recorded = kind == RECORDED
        self.starts = 0
        self.stops = 0
        self.notices = 0
        self.messages: tuple[Message, ...] = ()
        # Until that time (seconds of the clock, or infinity) RecordingStatus goes on to say this.
        self.held: tuple[float, bool] | None = None

    @property
    def state(self) -> str:
        """SessionState."""
        return "Active" if self.connected else "Disconnected"

    @property
    def protocol(self) -> str:
        """ProtocolType."""
        return "Rdp" if self.kind == RDP else "Hdx"

    @property
    def domain(self) -> str:
        """The user's domain: each 20th user is of the partner domain."""
        return PARTNER if self.index % 20 == 13 else DOMAIN

    @property
    def number(self) -> int:
        """The user's number; a partner has that of the user before."""
        return self.index + (0 if self.domain == PARTNER else 1)

    @property
    def sam(self) -> str:
        """The user's name inside the domain."""
        return self.machine.fleet.names.user(self.number)

    @property
    def account(self) -> str:
        """``DOMAIN\\user``; empty for an anonymous user."""
        return "" if self.kind == ANONYMOUS else f"{self.domain}\\{self.sam}"

    @property
    def principal(self) -> str:
        """``user@dns.domain``; empty where the session says nothing of it."""
        return "" if self.kind in (SPARSE, ANONYMOUS) else f"{self.sam}@{DNS_SUFFIXES[self.domain]}"

    @property
    def display_name(self) -> str:
        """``User 001``; empty where the session says nothing of it."""
        return "" if self.kind in (SPARSE, ANONYMOUS) else f"User {self.number:03d}"

    @property
    def sid(self) -> str:
        """The user's security identifier."""
        return f"{DOMAIN_SIDS[self.domain]}-{1001 + self.index}"

    @property
    def applications(self) -> tuple[Ref, ...]:
        """Published applications in use: none in a desktop session."""
        at, published = self.index % 10, self.machine.fleet.applications
        if at == 1:
            return published[:1]
        return published[1:] if at == 4 else ()

    def reported(self, now: float) -> bool:
        """What RecordingStatus says at that time, which may lag behind the truth."""
        return self.held[1] if self.held and now < self.held[0] else self.recorded


Named = TypeVar("Named", bound=Union[Machine, Ref])


def _by_name_or_id(items: Iterable[Named]) -> dict[str, Named]:
    """By both keys that a path may hold, in lower case; a name has ``|`` for the backslash there."""
    items = tuple(items)
    names = {item.name.replace("\\", "|").lower(): item for item in items}
    return {**names, **{item.id: item for item in items}}


class Fleet:
    """All machines and sessions of a site; none, and nothing published, for no machines.

    ``version`` grows with each change to what a search finds.
    """

    def __init__(self, machines: int, sessions: int, mix: str, names: str) -> None:
        self.names: Names = NAMES[names]
        self.groups = _refs("group", self.names.groups) if machines else ()
        self.applications = _refs("application", self.names.applications) if machines else ()
        self.machines = [Machine(at, self) for at in range(machines)]
        self.sessions: list[Session] = []
        for at in range(sessions):
            machine = self.machines[at * machines // sessions]
            session = Session(at, machine, at % 10 if mix == "mixed" and at % 10 >= RECORDED else PLAIN)
            machine.sessions.append(session)
            self.sessions.append(session)
        self.version = 0
        self._live = {session.id: session for session in self.sessions}
        self._machines = _by_name_or_id(self.machines)
        self._groups = _by_name_or_id(self.groups)
        self._applications = _by_name_or_id(self.applications)

    def machine(self, name_or_id: str) -> Machine | None:
        """By id, or by name with ``|`` for the backslash, without regard to case."""
        return self._machines.get(name_or_id.lower())

    def group(self, name_or_id: str) -> Ref | None:
        """A delivery group, as a machine; its name has its folders."""
        return self._groups.get(name_or_id.lower())

    def application(self, name_or_id: str) -> Ref | None:
        """An application, as a delivery group."""
        return self._applications.get(name_or_id.lower())

    def session(self, session_id: str) -> Session | None:
        """A session that has not ended."""
        return self._live.get(session_id.lower())

    def is_live(self, session: Session) -> bool:
        """Whether the session has not ended."""
        return session.id in self._live

    def begin(self, machine: Machine) -> Session:
        """A user who was not there before logs on: an active HDX session that nobody records."""
        session = Session(len(self.sessions), machine, PLAIN)
        machine.sessions.append(session)
        self.sessions.append(session)
        self._live[session.id] = session
        self.version += 1
        return session

    def connect(self, session: Session, connected: bool) -> None:
        """The user comes back to the session, or leaves it running."""
        session.connected = connected
        self.version += 1

    def end(self, session: Session) -> None:
        """The user logs off: the session, and its recording, are gone from now on."""
        del self._live[session.id]
        session.machine.sessions.remove(session)
        session.recorded = False
        self.version += 1

    @property
    def size(self) -> int:
        """How many sessions have not ended."""
        return len(self._live)
