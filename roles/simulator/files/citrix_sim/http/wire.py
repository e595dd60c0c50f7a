# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read requests and write replies of HTTP/1.1, kept small for speed."""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from .message import Reply, Request

MAX_HEAD = 64 * 1024
MAX_BODY = 8 * 1024 * 1024

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_date = (0, "")


class MalformedError(Exception):
    """Raised for bytes that are not a valid request; the connection is closed after the reply."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.reply = Reply(status, text.encode(), "text/plain")


@lru_cache(maxsize=64)
def _parse_headers(lines: bytes) -> dict[str, str]:
    """Return the header fields, cached because clients repeat them: do not change the result."""
    headers: dict[str, str] = {}
    for line in lines.decode("latin-1").split("\r\n") if lines else ():
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise MalformedError(400, "A header line is malformed.")
        name = name.lower()
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    return headers


def parse_head(head: bytes) -> Request:
    """Read the request line and the header lines, without the blank line at their end."""
    first, _end, lines = head.partition(b"\r\n")
    parts = first.decode("latin-1").split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise MalformedError(400, "The request line is not HTTP/1.x.")
    headers = _parse_headers(lines)
    target = parts[1]
    if not target.startswith("/"):
        scheme, mark, rest = target.partition("://")
        if not mark or scheme.lower() not in ("http", "https"):
            raise MalformedError(400, "The request target is neither a path nor an http(s) URL.")
        target = "/" + rest.partition("/")[2]
    return Request(parts[0], target, parts[2], headers, head)


class RequestReader:
    """Collect bytes and return complete requests."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._request: Request | None = None
        self._continued = False

    def feed(self, data: bytes) -> None:
        """Add received bytes."""
        self._buffer += data

    @property
    def wants_continue(self) -> bool:
        """Return, once for each request, whether the client waits for "100 Continue"."""
        request = self._request
        if request is None or self._continued or request.headers.get("expect", "").lower() != "100-continue":
            return False
        self._continued = True
        return True

    def next(self) -> Request | None:
        """Return the next complete request; None while bytes are missing."""
        if self._request is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > MAX_HEAD:
                    raise MalformedError(431, "The request head is too long.")
                return None
            self._continued = False
            self._request = parse_head(bytes(self._buffer[:end]))
            del self._buffer[: end + 4]
        request = self._request
        if "chunked" in request.headers.get("transfer-encoding", "").lower():
            body = self._take_chunks()
        else:
            body = self._take_counted(request.headers.get("content-length", "0"))
        if body is None:
            return None
        request.body = body
        self._request = None
        return request

    def _take_counted(self, length: str) -> bytes | None:
        if not (length.isascii() and length.isdigit()):
            raise MalformedError(400, "Content-Length is not a number.")
        wanted = int(length)
        if wanted > MAX_BODY:
            raise MalformedError(413, "The request body is too long.")
        if len(self._buffer) < wanted:
            return None
        body = bytes(self._buffer[:wanted])
        del self._buffer[:wanted]
        return body

    def _take_chunks(self) -> bytes | None:
        """Return the decoded body after the last chunk arrived; trailers are ignored."""
        body = bytearray()
        at = 0
        while True:
            end = self._buffer.find(b"\r\n", at)
            if end < 0:
                return None
            try:
                size = int(bytes(self._buffer[at:end]).partition(b";")[0], 16)
            except ValueError:
                raise MalformedError(400, "A chunk size is not a number.") from None
            at = end + 2
            if size == 0:
                break
            if size < 0 or len(body) + size > MAX_BODY:
                raise MalformedError(413, "The request body is too long.")
            if len(self._buffer) < at + size + 2:
                return None
            body += self._buffer[at : at + size]
            at += size + 2
        end = self._buffer.find(b"\r\n", at)
        while end > at:
            at = end + 2
            end = self._buffer.find(b"\r\n", at)
        if end < 0:
            return None
        del self._buffer[: end + 2]
        return bytes(body)


def _http_date(offset: float) -> str:
    """Return the time for a Date header, ``offset`` seconds from now, formatted once a second."""
    global _date
    now = int(time.time() + offset)
    if _date[0] != now:
        _date = (now, formatdate(now, usegmt=True))
    return _date[1]


def keeps_alive(request: Request) -> bool:
    """Return whether the connection stays open after this request."""
    connection = request.headers.get("connection", "").lower()
    return connection == "keep-alive" if request.version == "HTTP/1.0" else connection != "close"


def render(reply: Reply, keep_alive: bool) -> bytes:
    """Return the bytes of a reply."""
    date = _http_date(reply.clock_offset)
    lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Unknown')}\r\nDate: {date}"]
    if reply.content_type:
        lines.append(f"Content-Type: {reply.content_type}")
    lines += [f"{name}: {value}" for name, value in reply.headers]
    # A 204 has no body and no Content-Length.
    if reply.status != 204:
        lines.append(f"Content-Length: {len(reply.body)}")
    lines.append(f"Connection: {'keep-alive' if keep_alive else 'close'}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + reply.body
