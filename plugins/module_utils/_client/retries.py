# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retry policy: the only module that resends requests."""

from __future__ import annotations

import threading
import time

from .._common.errors import CitrixError, ResponseLost
from .._common.options import Settings
from .retry_after import announced_delay, retry_delay
from .throttle import Throttle, Turn, backoff
from .transport import LOST, Reply, Request, Transport

THROTTLED = (429, 503)


class Retrier:
    """Send requests at a rate that the server accepts.

    A 429 or 503 delays all threads until the time in the response. Reads are retried after a server error; a write only
    after a 429, which refuses it before any work.
    """

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self.throttle = Throttle(settings)
        self.transport = transport
        self._retries = settings.retries
        self._lock = threading.Lock()
        self.writes_sent = 0
        """Number of requests sent that change something, with any response or none yet; a batch is one."""

    def send(self, request: Request) -> Reply:
        """Send a request, resend it if that is safe and useful, and return the last reply.

        A 429 does not count as an attempt: all requests are throttled at that time, and only the stall limit ends this.
        Raises the errors of the transport, Stalled if nothing succeeds for too long, and Interrupted.
        """
        tries = 0
        while True:
            turn = self.throttle.turn(request.what)
            reply = None
            # Not after the response: a canceled run does not wait for it.
            self._count(request, 1)
            try:
                reply = self.transport.send(request)
            except CitrixError as error:
                if not error.may_have_acted:
                    self._count(request, -1)
                lost = isinstance(error, ResponseLost)
                if not lost or tries >= self._retries or not may_repeat(LOST, request.write, request.final):
                    raise
            finally:
                self._take_in(turn, request, reply)
            if reply is not None:
                if not may_repeat(reply.status, request.write, request.final):
                    return reply
                if reply.status == 429:
                    continue
                if tries >= self._retries:
                    return reply
            if reply is None or reply.status not in THROTTLED:
                self.throttle.pause(backoff(tries))
            tries += 1

    def _count(self, request: Request, number: int) -> None:
        with self._lock:
            self.writes_sent += number * request.write

    def _take_in(self, turn: Turn, request: Request, reply: Reply | None) -> None:
        if reply is None:
            self.throttle.lost(turn)
        elif reply.status in THROTTLED and reply.status not in request.final:
            delay = retry_delay(reply.headers, reply.text, time.time())
            self.throttle.refused(turn, delay, quota=reply.status == 429)
        else:
            self.throttle.passed(turn, useful=reply.status < 500 or reply.status in request.final)
            delay = announced_delay(reply.headers, time.time())
            if delay is not None:
                self.throttle.suspend(delay)


def may_repeat(status: int, write: bool, final: tuple[int, ...]) -> bool:
    """Return whether a request with this status, or LOST, is safe and useful to resend.

    final: statuses that the caller wants immediately.
    """
    if status in final:
        return False
    return status == 429 or (not write and (status in (LOST, 408) or status >= 500))
