# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log the newest calls and their responses as raw bytes, decoded when the log is read."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from typing import Any

from .http.message import Request
from .http.wire import parse_head

MAX_CALLS = 500_000
MAX_BYTES = 256 * 1024 * 1024


class Entry:
    """One call; ``status`` is 0 until there is a response."""

    __slots__ = ("at", "body", "head", "number", "status")

    def __init__(self, number: int, request: Request) -> None:
        self.number = number
        self.at = time.time()
        self.head = request.head
        self.body = request.body
        self.status = 0

    @property
    def size(self) -> int:
        """Return the number of bytes that the entry uses."""
        return len(self.head) + len(self.body)

    def to_json(self) -> dict[str, Any]:
        """Return the call in the form of ``GET /_control/calls``."""
        request = parse_head(self.head)
        request.body = self.body
        return self._shown(request)

    def _shown(self, request: Request) -> dict[str, Any]:
        return {
            "n": self.number,
            "at": self.at,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": request.headers,
            "body": request.text,
            "status": self.status,
        }


class ItemEntry(Entry):
    """One item of a batch: method, URL and the number of the batch; other data are shared."""

    __slots__ = ("batch", "headers")

    def __init__(self, number: int, request: Request, batch: int) -> None:
        super().__init__(number, request)
        self.headers = request.headers
        self.batch = batch

    def to_json(self) -> dict[str, Any]:
        """Return the item in the form of the request that it represents."""
        method, _blank, target = self.head.decode("utf-8").partition(" ")
        request = Request(method, target, "", self.headers, self.head)
        request.body = self.body
        return self._shown(request)


def answer_json(raw: bytes | None) -> dict[str, Any] | None:
    """Return a response as sent, ``{"headers", "body"}`` with lower-case header names, or None."""
    if raw is None:
        return None
    head, _blank, body = raw.partition(b"\r\n\r\n")
    headers: dict[str, str] = {}
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _colon, value = line.partition(":")
        name = name.lower()
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    return {"headers": headers, "body": body.decode("utf-8", "replace")}


class CallLog:
    """Calls in the order of arrival, numbered from 1; removes old responses, then old calls.

    ``last`` is the number of the newest call, ``size`` the number of bytes in use.
    """

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        # By the number of the call. Responses are much larger than calls and must not displace calls from the log.
        self._answers: OrderedDict[int, bytes] = OrderedDict()
        self.size = 0
        self.last = 0

    def open(self, request: Request) -> Entry:
        """Log a call that has arrived."""
        return self._add(Entry(self.last + 1, request))

    def open_item(self, request: Request, batch: Entry) -> Entry:
        """Log an item of a batch when it is processed."""
        return self._add(ItemEntry(self.last + 1, request, batch.number))

    def _add(self, entry: Entry) -> Entry:
        self.last = entry.number
        self._entries.append(entry)
        self.size += entry.size
        self._make_room()
        return entry

    def answer(self, entry: Entry, raw: bytes) -> None:
        """Log the response to a call, unless the call has been removed from the log."""
        self._answers[entry.number] = raw
        self.size += len(raw)
        self._make_room()

    def _make_room(self) -> None:
        if len(self._entries) > MAX_CALLS:
            self._forget_oldest()
        while self.size > MAX_BYTES and self._answers:
            self.size -= len(self._answers.popitem(last=False)[1])
        while self.size > MAX_BYTES:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        oldest = self._entries.popleft()
        self.size -= oldest.size + len(self._answers.pop(oldest.number, b""))

    def since(self, number: int, answers: bool, items: bool = False) -> list[dict[str, Any]]:
        """Return the calls after a number, on request with responses and with the items of batches."""
        newest = []
        for entry in reversed(self._entries):
            if entry.number <= number:
                break
            batch = entry.batch if isinstance(entry, ItemEntry) else None
            if batch and not items:
                continue
            call = entry.to_json()
            if items:
                call["batch"] = batch
            if answers:
                call["answer"] = answer_json(self._answers.get(entry.number))
            newest.append(call)
        return newest[::-1]
