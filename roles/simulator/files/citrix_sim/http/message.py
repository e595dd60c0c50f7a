# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define a request, a reply, and the refusal that any part may raise."""

from __future__ import annotations

import json
from typing import Any, Callable
from urllib.parse import parse_qsl, unquote

JSON_TYPE = "application/json; charset=utf-8"
ERROR_TYPES = "https://errors-api.cloud.com/common/"

Headers = tuple[tuple[str, str], ...]


class Request:
    """One HTTP request: the raw parts as received, decoded on first use."""

    __slots__ = ("_query", "body", "head", "headers", "method", "path", "query_text", "version")

    def __init__(self, method: str, target: str, version: str, headers: dict[str, str], head: bytes) -> None:
        self.method = method
        self.path, _mark, self.query_text = target.partition("?")
        self.version = version
        self.headers = headers
        self.head = head
        self.body = b""
        self._query: dict[str, str] | None = None

    @property
    def query(self) -> dict[str, str]:
        """Return the query as a dict; ``+`` is a space, the last of several equal names wins."""
        if self._query is None:
            self._query = dict(parse_qsl(self.query_text, keep_blank_values=True))
        return self._query

    @property
    def segments(self) -> list[str]:
        """Return the segments of the path, split at slashes and then percent-decoded."""
        pieces = self.path.split("/")[1:]
        return [unquote(piece) for piece in pieces] if "%" in self.path else pieces

    @property
    def text(self) -> str:
        """Return the body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")


class Reply:
    """One HTTP response, not serialized; ``clock_offset``: seconds that its Date is ahead."""

    __slots__ = ("body", "clock_offset", "content_type", "headers", "status")

    def __init__(self, status: int, body: bytes = b"", content_type: str | None = None, headers: Headers = ()) -> None:
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers = headers
        self.clock_offset = 0.0


class LateReply(Reply):
    """A reply that ``make`` returns after a delay; the work continues if the client disconnects."""

    __slots__ = ("make", "seconds")

    def __init__(self, seconds: float, make: Callable[[], Reply]) -> None:
        super().__init__(0)
        self.seconds = seconds
        self.make = make


# Return a value as compact JSON text.
encode: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def to_bytes(text: str) -> bytes:
    """Return JSON text as UTF-8; a lone surrogate from a client becomes a question mark."""
    return text.encode("utf-8", "replace")


def text_reply(text: str) -> Reply:
    """Return a reply with JSON text."""
    return Reply(200, to_bytes(text), JSON_TYPE)


def json_reply(value: Any, status: int = 200, headers: Headers = ()) -> Reply:
    """Return a reply with a value as JSON."""
    return Reply(status, to_bytes(encode(value)), JSON_TYPE, headers)


def error_body(kind: str, detail: str, parameters: Any) -> dict[str, Any]:
    """Return an ErrorResponse; ``parameters`` is a list, in some services an object.

    https://developer-docs.citrix.com/en-us/citrix-cloud/citrix-cloud-api-overview/common-citrix-cloud-api-error-codes
    """
    return {"type": ERROR_TYPES + kind, "detail": detail, "parameters": parameters}


class Refusal(Reply):
    """A refusal as ErrorResponse; ``kind`` and ``detail`` are for its other forms."""

    __slots__ = ("detail", "kind")

    def __init__(self, status: int, kind: str, detail: str, parameters: Any) -> None:
        super().__init__(status, to_bytes(encode(error_body(kind, detail, parameters))), JSON_TYPE)
        self.kind = kind
        self.detail = detail


class RefusedError(Exception):
    """Raised below ``application`` to end the work; carries the reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refuse(status: int, kind: str, detail: str, **parameters: str) -> RefusedError:
    """Return a refusal: ``raise refuse(404, "notFound", "No such session.", id=...)``."""
    return RefusedError(
        Refusal(status, kind, detail, [{"name": name, "value": value} for name, value in parameters.items()])
    )
