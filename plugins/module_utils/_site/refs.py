# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""References to sessions: the few facts that name a session in results, reports and events."""

from __future__ import annotations

from typing import Callable, NamedTuple

from .._common.text import nested
from .users import user_of

_texts: dict[str | None, str | None] = {}
"""Texts that many sessions share, each stored once. The sys.intern of ansible takes three times as long."""


class SessionRef(NamedTuple):
    """Facts that name a session; None for those that the API omits."""

    id: str
    """As in the API; "" if it has none."""
    user: str | None = None
    machine: str | None = None
    delivery_group: str | None = None
    session_state: str | None = None

    @classmethod
    def from_session(cls, session_id: str, session: dict) -> SessionRef:
        """Read the facts of a session, which can then be released to save memory."""
        shared = _texts.setdefault
        machine, state = nested(session, "Machine", "Name"), nested(session, "State")
        group = nested(session, "Machine", "DeliveryGroup", "Name")
        return cls(session_id, user_of(session), shared(machine, machine), shared(group, group), shared(state, state))

    def each(self, change: Callable[[str], str | None]) -> SessionRef:
        """Return the reference with each of its texts changed."""
        return SessionRef._make(fact and change(fact) for fact in self)
