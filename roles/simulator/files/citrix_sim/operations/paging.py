# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Page lists: limit, continuation token, selection of fields."""

from __future__ import annotations

import base64
import hmac
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Callable, Generic, TypeVar

from ..http.message import Reply, Request, encode, refuse, text_reply
from ..shapes.common import Fields
from ..state.state import State

DEFAULT_LIMIT = 250
MAX_LIMIT = 1000

# Continuation tokens contain every character that a client may forget to encode.
_HEAD, _TAIL = "+%2F:", "/=="

Item = TypeVar("Item")


def read_number(request: Request, name: str, default: int, low: int, high: int) -> int:
    """Return a whole number from the query; 400 if it is invalid or out of range."""
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise refuse(400, "invalid", f"{name} must be a number from {low} to {high}.", name=name, value=text)
    return int(text)


def read_flag(request: Request, name: str, default: bool) -> bool:
    """Return a boolean from the query; 400 if it is invalid."""
    text = request.query.get(name, str(default)).lower()
    if text not in ("true", "false"):
        raise refuse(400, "invalid", f"{name} must be true or false.", name=name, value=text)
    return text == "true"


def read_fields(request: Request) -> Fields:
    """Return the names in ``fields`` in lower case, None for all; unknown names have no effect."""
    text = request.query.get("fields", "").lower()
    return frozenset(name.strip() for name in text.split(",")) if text.strip() else None


def _digest(key: bytes, scope: str, position: bytes) -> bytes:
    return hmac.digest(key, scope.encode() + b"\0" + position, "sha256")[:12]


def make_token(key: bytes, scope: str, last: int) -> str:
    """Return a token that continues after the item with that index, only for the same list."""
    position = last.to_bytes(6, "big")
    return _HEAD + base64.b64encode(position + _digest(key, scope, position)).decode() + _TAIL


def read_token(key: bytes, scope: str, token: str) -> int:
    """Return the index in a token; 400 if it was not made for this list."""
    try:
        if not (token.startswith(_HEAD) and token.endswith(_TAIL)):
            raise ValueError
        raw = base64.b64decode(token[len(_HEAD) : -len(_TAIL)], validate=True)
        if not hmac.compare_digest(raw[6:], _digest(key, scope, raw[:6])):
            raise ValueError
    except ValueError:
        raise refuse(400, "invalid", "The continuation token is unknown.", name="continuationToken") from None
    return int.from_bytes(raw[:6], "big")


def page_reply(items: list[str], rest: dict[str, Any]) -> Reply:
    """Return a page of items that are JSON text."""
    return text_reply(f'{{"Items":[{",".join(items)}],{encode(rest)[1:]}')


class Listing(Generic[Item]):
    """A list to page: the indexes of its ``items``, and a function for the JSON text of an item."""

    def __init__(
        self, scope: str, items: Sequence[Item], indexes: Sequence[int], show: Callable[[Item, Fields], str]
    ) -> None:
        self.scope = scope
        self.items = items
        self.indexes = indexes
        self.show = show

    def page(
        self, state: State, request: Request, limit: int, alive: Callable[[Item], bool] = lambda item: True, **more: Any
    ) -> Reply:
        """Return one page: Items, ContinuationToken (null at the end) and additional members.

        The token names the last item of the page, not a count, so an item that ends between two pages hides no other.
        """
        token = request.query.get("continuationToken")
        start = bisect_right(self.indexes, read_token(state.page_key, self.scope, token)) if token else 0
        taken, goes_on = self._take(start, limit, alive)
        fields = read_fields(request)
        rest = {"ContinuationToken": make_token(state.page_key, self.scope, taken[-1]) if goes_on else None, **more}
        return page_reply([self.show(self.items[at], fields) for at in taken], rest)

    def _take(self, start: int, limit: int, alive: Callable[[Item], bool]) -> tuple[list[int], bool]:
        taken: list[int] = []
        for place in range(start, len(self.indexes)):
            at = self.indexes[place]
            if alive(self.items[at]):
                if len(taken) == limit:
                    return taken, True
                taken.append(at)
        return taken, False


def read_limit(request: Request) -> int:
    """Return the requested page size."""
    return read_number(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)


def read_skip(request: Request) -> int:
    """Return the number of items to skip, which only searches accept."""
    return read_number(request, "skip", 0, 0, 10**9)
