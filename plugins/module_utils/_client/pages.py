# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the pages of a list in turn, within limits, and compare with the reported total."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Callable

from .._common.errors import ApiError, CitrixError
from .._common.names import id_key
from .._common.text import nested, objects
from .calls import Call

MOST_PAGES = 1000
"""Pages of one list; with 1,000 objects each, a million."""
IDLE_PAGES = 20
"""Consecutive pages without a new object after which a list counts as endless."""
SAFE_LIMIT = 250
"""Objects per page that every server accepts: the documented default."""


def read_pages(send: Callable[[Call], dict], call: Call, warn: Callable[[str], None]) -> Iterator[dict]:
    """Yield the objects of a list, each id once, until there is no token.

    A call without a limit has no token: its list has one page. Reads the list once more if its token expires or it has
    fewer objects than its TotalItems. A token that repeats before the list is complete, or pages without end, are an
    error. A value that is not an object counts as missing.

    warn: called with the reason if objects may be missing.
    """
    known: set[str] = set()
    reading = _Reading(call)
    expired = False
    try:
        yield from reading.items(send, known)
    except ApiError as error:
        expired = error.status == 400 and reading.started
        if not expired:
            raise
    if expired or reading.is_short:
        reading = _Reading(call)
        for item in reading.items(send, known):
            # An object without an id may be one of the first read.
            if nested(item, "Id"):
                yield item
    if reading.is_short:
        warn(
            f"the API reports {reading.expected} and returned {reading.found}, even when read again; check the "
            "role and scope of the account"
        )
    elif reading.is_cut:
        warn(f"the API repeated a page after {reading.found} objects, so there may be more; check proxies")


def values_of(call: Call, body: dict) -> list:
    """Return the values on a page; CitrixError if the response is not a page of a list."""
    values = body.get("Items", "")
    if not isinstance(values, (list, type(None))):
        raise CitrixError(f"Could not {call.what}: the response is not a list; check api_url and proxies.")
    return values or []


class _Reading:
    """One read of a list from its first page to its last."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.total = 0
        """Total number of objects according to the last page; 0 if it has none."""
        self.found = 0
        self._unreadable = 0
        """Number of values that are not objects."""
        self.started = False
        """Whether there was a first page."""
        self.is_cut = False
        """Whether a page with objects was repeated, as by a server or proxy that ignores the token, without a total."""

    @property
    def is_short(self) -> bool:
        return self.found < self.expected

    @property
    def expected(self) -> int:
        """The number of objects that the list should have."""
        return max(self.total, self.found + self._unreadable)

    def items(self, send: Callable[[Call], dict], known: set[str]) -> Iterator[dict]:
        """Yield the objects whose ids are new, and add these to known."""
        call, ids, tokens, idle = self._call, set(), set(), 0
        for _page in range(MOST_PAGES):
            try:
                body = send(call)
            except ApiError as error:
                if not _is_about_limit(error, call):
                    raise
                call = _with_query(call, limit=str(SAFE_LIMIT))
                body = send(call)
            self.started = True
            values = values_of(call, body)
            self.total = _number(body.get("TotalItems"), self.total)
            before = self.found
            items = objects(values)
            self._unreadable += len(values) - len(items)
            for item in items:
                object_id = id_key(nested(item, "Id") or "")
                if object_id in ids:
                    continue
                self.found += 1
                if object_id:
                    ids.add(object_id)
                if object_id not in known:
                    known.update([object_id] if object_id else ())
                    yield item
            token = str(body.get("ContinuationToken") or "")
            if not token or "limit" not in call.query:
                return
            if token in tokens:
                if self.found == before or 0 < self.total <= self.found:
                    self.is_cut = bool(values) and self.total <= 0
                    return
                raise CitrixError(f"Could not {call.what}: the API repeated a page; run again, or select fewer.")
            idle = 0 if self.found > before else idle + 1
            if idle == IDLE_PAGES:
                break
            tokens.add(token)
            call = _with_query(call, continuationToken=token)
        raise CitrixError(
            f"Could not {call.what}: the list does not end ({self.found} objects so far); check api_url and proxies, "
            "or select fewer."
        )


def _number(value: object, unknown: int) -> int:
    """Return a number of objects, which may be text."""
    number = re.fullmatch(r"\s*(-?[0-9]{1,9})(?:\.0+)?\s*", "" if isinstance(value, bool) else str(value))
    return int(number[1]) if number else unknown


def _with_query(call: Call, **query: str) -> Call:
    return call._replace(query={**call.query, **query})


def _is_about_limit(error: ApiError, call: Call) -> bool:
    named = error.status == 400 and re.search(r"\blimit\b", error.text, re.IGNORECASE)
    return bool(named) and int(call.query.get("limit", 0)) > SAFE_LIMIT
