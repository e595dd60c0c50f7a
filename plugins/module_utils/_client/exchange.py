# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define one HTTP request and its response for all layers above the transport."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._common.text import nested, read_json

VERSION = "1.0.0"
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "User-Agent": f"sessionops.citrix/{VERSION}",
}
"""Headers of every request."""
LOST = 0
"""Among the statuses of Request.final, a lost response."""


@dataclass(frozen=True)
class Request:
    """One HTTP request. `auth` is always set: otherwise, a .netrc entry would be used."""

    method: str
    url: str
    what: str
    """Purpose, as in "read the session X": the subject of every message about it."""
    auth: Any = field(repr=False, default=None)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    write: bool = False
    """Whether it changes something: then it is resent only if refused before any work."""
    final: tuple[int, ...] = ()
    """Statuses to return immediately, although they could be retried; LOST is one of them."""


@dataclass(frozen=True)
class Reply:
    """One HTTP response: status, headers (names without regard to case), decoded text."""

    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)

    @property
    def transaction_id(self) -> str | None:
        """Return the id under which Citrix finds the request: of API, trust service or gateway."""
        named = self.headers.get("Citrix-TransactionId") or self.headers.get("X-Cws-TransactionId")
        return named or (nested(read_json(self.text), "activityId") if self.status >= 400 else None)
