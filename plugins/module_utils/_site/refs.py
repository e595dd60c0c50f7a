# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""References to sessions: the few facts that name a session in results, reports and events."""

from __future__ import annotations

import sys
from typing import Callable, NamedTuple

from .._common.text import nested
from .users import user_of


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
        return cls(
            session_id,
            user_of(session),
            _shared(nested(session, "Machine", "Name")),
            _shared(nested(session, "Machine", "DeliveryGroup", "Name")),
            _shared(nested(session, "State")),
        )

    def each(self, change: Callable[[str], str | None]) -> SessionRef:
        """Return the reference with each of its texts changed."""
        return SessionRef._make(fact and change(fact) for fact in self)


def _shared(text: str | None) -> str | None:
    """Return a text that many sessions share, stored once."""
    return sys.intern(text) if text else None
