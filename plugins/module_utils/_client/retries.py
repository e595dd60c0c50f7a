# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retry policy: the only module that resends requests."""

from __future__ import annotations

import threading
import time
from typing import Callable

from .._common.errors import AnswerLost
from .._common.options import Settings
from .retry_after import retry_delay
from .throttle import STALL_LIMIT, Throttle, Turn, backoff
from .transport import LOST, Reply, Request, Transport

THROTTLED = (429, 503)


class Retrier:
    """Sends requests at a rate that the server accepts.

    A 429 or 503 holds all threads until the moment that the answer named. Reads are tried again after a fault;
    a write only after a 429, which refuses it before any work.
    """

    def __init__(
        self,
        transport: Transport,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._transport = transport
        self._retries = settings.retries
        self._timeout = settings.timeout
        self._interrupted = threading.Event()
        # Nobody sleeps on when the run is to end.
        self._sleep = sleep or self._interrupted.wait
        self._throttle = Throttle(settings.requests_per_second, clock, self._sleep)
        self._lock = threading.Lock()
        self.writes_sent = 0
        """Requests that change something and were sent, whatever the answer; a batch is one."""

    def send(self, request: Request) -> Reply:
        """Send a request, again where that is safe and useful, and return the last reply.

        Raises what the transport raises, Stalled once nothing has moved for too long, and Interrupted.
        """
        tries = 0
        while True:
            turn = self._throttle.turn(request.what)
            reply = None
            try:
                reply = self._transport.send(request)
                self._count(request)
            except AnswerLost:
                self._count(request)
                if tries >= self._retries or not may_repeat(LOST, request.write, request.final):
                    raise
            finally:
                self._take_in(turn, request, reply)
            if reply is not None and (
                tries >= self._retries or not may_repeat(reply.status, request.write, request.final)
            ):
                return reply
            if reply is None or reply.status not in THROTTLED:
                self._sleep(backoff(tries))
            # While others get through, the quota is shared and not lost: such a try does not count.
            if reply is None or reply.status != 429 or self._throttle.answers == turn.answers:
                tries += 1

    def _count(self, request: Request) -> None:
        with self._lock:
            self.writes_sent += request.write

    def pause(self, seconds: float) -> bool:
        """Wait for something that takes its time at the server; returns whether the run is to end."""
        return bool(self._sleep(seconds))

    def interrupt(self, why: str) -> None:
        """Send nothing more, and wait for nothing. why: as in "the run was interrupted"."""
        self._throttle.stop(why)
        self._interrupted.set()

    def under_way(self) -> bool:
        """Tell whether a request has been sent and not been answered yet."""
        return self._throttle.under_way()

    def hangs(self) -> bool:
        """Tell whether an answer does not get done: a time-out is for its next byte, and not for the whole of it."""
        return self.under_way() and self._throttle.silence() > STALL_LIMIT + self._timeout

    def active_seconds(self) -> float:
        """Return the seconds of this run so far in which nothing was held back: a clock for time limits."""
        return self._throttle.active_seconds()

    def counts(self) -> dict[str, float]:
        """Return, so far: the requests sent, how many the API asked to come later, and the seconds waited for that."""
        throttle = self._throttle
        return {
            "requests": throttle.turns,
            "throttled": throttle.holds,
            "waited_seconds": round(throttle.waited, 1),
        }

    def _take_in(self, turn: Turn, request: Request, reply: Reply | None) -> None:
        if reply is None:
            self._throttle.lost(turn)
        elif reply.status in THROTTLED and reply.status not in request.final:
            delay = retry_delay(reply.headers, reply.text, time.time())
            self._throttle.held(turn, delay, quota=reply.status == 429)
        else:
            self._throttle.passed(turn, useful=reply.status < 500 or reply.status in request.final)


def may_repeat(status: int, write: bool, final: tuple[int, ...]) -> bool:
    """Tell whether what ended with a status, or LOST without one, is safe and useful to send again.

    final: statuses of which its sender wants to be told at once.
    """
    if status in final:
        return False
    return status == 429 or (not write and (status in (LOST, 408) or status >= 500))
