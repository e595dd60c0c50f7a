# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compact records of the objects of a fleet: machines, sessions, references to others."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from .directory import Identity, User

# Kinds of session by the last digit of its index in a mixed fleet. All other digits are plain sessions.
PLAIN = 0
RECORDED = 5
DISCONNECTED = 6
RDP = 7
SPARSE = 8
ANONYMOUS = 9

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sessionops.citrix:simulator")


def make_id(kind: str, key: int | str) -> str:
    """Return the id of an object by its kind and its index or path; identical in each run."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{key}"))


class Ref(NamedTuple):
    """A reference to another object."""

    id: str
    uid: int | None
    name: str


ZONE = Ref(make_id("zone", 0), None, "Primary")


class Message(NamedTuple):
    """A message to the user of a session, as requested; None for each omitted part."""

    style: str | None
    title: str | None
    text: str | None


class Machine:
    """One machine that runs sessions."""

    __slots__ = ("catalog", "dns_name", "group", "id", "index", "name", "sessions", "support")

    def __init__(self, index: int, name: str, dns_name: str, group: Ref, catalog: Ref, support: str) -> None:
        self.index = index
        self.id = make_id("machine", index)
        self.name = name
        self.dns_name = dns_name
        self.group = group
        self.catalog = catalog
        self.support = support
        self.sessions: list[Session] = []

    @property
    def uid(self) -> int:
        """Return Uid, the old integer id."""
        return self.index + 1


class Session:
    """One user session: its history here, its other properties in the subclass."""

    __slots__ = (
        "anonymous",
        "connected",
        "id",
        "index",
        "lagging",
        "machine",
        "messages",
        "notices",
        "protocol",
        "recorded",
        "starts",
        "stops",
    )

    def __init__(self, index: int, machine: Machine) -> None:
        self.index = index
        self.id = make_id("session", index)
        self.machine = machine
        self.anonymous = False
        self.connected = True
        self.protocol = "Hdx"
        self.recorded = False
        self.starts = 0
        self.stops = 0
        self.notices = 0
        self.messages: tuple[Message, ...] = ()
        # Until then (in seconds of the clock, or infinity), RecordingStatus reports this value.
        self.lagging: tuple[float, bool] | None = None

    @property
    def uid(self) -> int:
        """Return Uid, the old integer id."""
        return self.index + 1

    @property
    def state(self) -> str:
        """Return SessionState."""
        return "Active" if self.connected else "Disconnected"

    @property
    def account(self) -> str:
        """Return the account of the user, also if the API omits it; empty for an anonymous user."""
        raise NotImplementedError

    @property
    def user(self) -> User | None:
        """Return the members of the User block in the API; None for no block."""
        raise NotImplementedError

    @property
    def applications(self) -> tuple[Ref, ...]:
        """Return the published applications in use; empty for a desktop session."""
        raise NotImplementedError

    def shown(self, member: str) -> str:
        """Return a member of the User block; empty if it is not text."""
        value = (self.user or {}).get(member)
        return value if isinstance(value, str) else ""

    def reported(self, now: float) -> bool:
        """Return the value of RecordingStatus at that time, which may be behind the actual state."""
        return self.lagging[1] if self.lagging and now < self.lagging[0] else self.recorded


class GeneratedSession(Session):
    """A session of a generated fleet, computed from its index to keep large fleets small."""

    __slots__ = ("_identity", "_published", "_sparse")

    def __init__(self, index: int, machine: Machine, kind: int, identity: Identity, published: tuple[Ref, ...]) -> None:
        super().__init__(index, machine)
        self.anonymous = kind == ANONYMOUS
        self.connected = kind != DISCONNECTED
        self.protocol = "Rdp" if kind == RDP else "Hdx"
        self.recorded = kind == RECORDED
        self._sparse = kind == SPARSE
        self._identity = identity
        self._published = published

    @property
    def account(self) -> str:
        return "" if self.anonymous else self._identity.account(self.index)

    @property
    def user(self) -> User:
        if self.anonymous:
            return {"SamName": "", "Name": ""}
        return self._identity.sparse(self.index) if self._sparse else self._identity.user(self.index)

    @property
    def applications(self) -> tuple[Ref, ...]:
        at = self.index % 10
        if at == 1:
            return self._published[:1]
        return self._published[1:] if at == 4 else ()


class GivenSession(Session):
    """A session that a test describes."""

    __slots__ = ("_applications", "_user")

    def __init__(self, index: int, machine: Machine, user: User | None, applications: tuple[Ref, ...]) -> None:
        super().__init__(index, machine)
        self._user = user
        self._applications = applications

    @property
    def account(self) -> str:
        return self.shown("Name") or self.shown("SamName") or self.shown("PrincipalName")

    @property
    def user(self) -> User | None:
        return self._user

    @property
    def applications(self) -> tuple[Ref, ...]:
        return self._applications
