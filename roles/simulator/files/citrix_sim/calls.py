# Copyright: (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of the newest calls, kept as raw bytes and decoded when it is read."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from .message import Request
from .wire import parse_head

MAX_CALLS = 200_000
MAX_BYTES = 256 * 1024 * 1024


class Entry:
    """One call. ``status`` is 0 until it is answered, and stays so where it never is."""

    __slots__ = ("at", "body", "head", "number", "status")

    def __init__(self, number: int, request: Request) -> None:
        self.number = number
        self.at = time.time()
        self.head = request.head
        self.body = request.body
        self.status = 0

    @property
    def size(self) -> int:
        """Bytes it keeps."""
        return len(self.head) + len(self.body)

    def to_json(self) -> dict[str, Any]:
        """The call as ``GET /_control/calls`` shows it."""
        request = parse_head(self.head)
        request.body = self.body
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


class CallLog:
    """Calls in the order of their arrival, numbered from 1; the oldest make room."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self.last = 0

    def open(self, request: Request) -> Entry:
        """Note a call that has arrived."""
        self.last += 1
        entry = Entry(self.last, request)
        self._entries.append(entry)
        self._bytes += entry.size
        while len(self._entries) > MAX_CALLS or self._bytes > MAX_BYTES:
            self._bytes -= self._entries.popleft().size
        return entry

    def since(self, number: int) -> list[dict[str, Any]]:
        """The calls after that number."""
        newest = []
        for entry in reversed(self._entries):
            if entry.number <= number:
                break
            newest.append(entry.to_json())
        return newest[::-1]
