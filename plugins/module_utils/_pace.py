# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pace of a run: one brake for all threads, and the only place where a request is sent again."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Mapping
from typing import Callable

from ansible_collections.sessionops.citrix.plugins.module_utils._errors import AnswerLost, Stalled
from ansible_collections.sessionops.citrix.plugins.module_utils._options import Settings
from ansible_collections.sessionops.citrix.plugins.module_utils._text import objects, read_json
from ansible_collections.sessionops.citrix.plugins.module_utils._times import timestamp
from ansible_collections.sessionops.citrix.plugins.module_utils._transport import Reply, Request, Transport

THROTTLED = (429, 503)
LONGEST_WAIT = 120.0
"""Seconds; no hint, however large, holds the run longer than this at a time."""
SHORTEST_WAIT = 0.1
TICK = 1e-6
"""Seconds too few to sleep for."""
STALL_LIMIT = 300.0
"""Seconds without a single useful answer after which the run ends with what was done."""


class Pace:
    """Sends requests at a rate that the server accepts.

    A 429 or 503 holds all threads until the moment that the answer named. Reads are tried again after a fault;
    a write only after a 429, which refuses it before any work.
    """

    def __init__(
        self,
        transport: Transport,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.requests = 0
        self.throttled = 0
        self._transport = transport
        self._retries = settings.retries
        self._interval = 1 / settings.requests_per_second if settings.requests_per_second else 0.0
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._resume_at = 0.0
        self._next_slot = 0.0
        self._held = 0.0
        self._answers = 0
        self._last_answer = clock()

    def send(self, request: Request) -> Reply:
        """Send a request, again where that is safe and useful, and return the last reply.

        Raises what the transport raises, and Stalled once nothing has moved for STALL_LIMIT seconds.
        """
        tries = 0
        while True:
            self._await_turn(request)
            answers_before = self._answers
            try:
                reply = self._transport.send(request)
            except AnswerLost:
                if request.write or tries >= self._retries:
                    raise
                self._sleep(backoff(tries))
                tries += 1
                continue
            if reply.status in request.final or (reply.status < 500 and reply.status != 429):
                self._note_answer()
                return reply
            if reply.status in THROTTLED:
                self._brake(retry_delay(reply.headers, reply.text, time.time()), tries)
            if tries >= self._retries or (request.write and reply.status != 429):
                return reply
            if reply.status not in THROTTLED:
                self._sleep(backoff(tries))
            # While others get through, the quota is shared and not lost: such a try does not count.
            if reply.status != 429 or self._answers == answers_before:
                tries += 1

    def active_seconds(self) -> float:
        """Return the seconds of this run so far in which the brake was off: a clock for time limits."""
        with self._lock:
            now = self._clock()
            return now - self._held + max(0.0, self._resume_at - now)

    def _await_turn(self, request: Request) -> None:
        while True:
            with self._lock:
                now = self._clock()
                if max(now, self._resume_at) - self._last_answer > STALL_LIMIT:
                    raise Stalled(
                        f"Could not {request.what}: the API has given no useful answer for {STALL_LIMIT:.0f} seconds; "
                        "run again later, or lower requests_per_second and max_concurrency."
                    )
                wait = max(self._resume_at, self._next_slot) - now
                if wait < TICK:
                    self._next_slot = now + self._interval
                    self.requests += 1
                    return
            self._sleep(wait)

    def _brake(self, delay: float | None, tries: int) -> None:
        delay = backoff(tries) if delay is None else min(max(delay, SHORTEST_WAIT), LONGEST_WAIT)
        with self._lock:
            now = self._clock()
            resume_at = max(self._resume_at, now + delay)
            self._held += resume_at - max(self._resume_at, now)
            self._resume_at = resume_at
            self.throttled += 1

    def _note_answer(self) -> None:
        with self._lock:
            self._answers += 1
            self._last_answer = self._clock()


def backoff(tries: int) -> float:
    """Return the seconds to wait where the server gave no hint: 0.5, 1, 2, ... up to 30."""
    return min(0.5 * 2**tries, 30.0)


def retry_delay(headers: Mapping[str, str], text: str, now: float) -> float | None:
    """Return the seconds that an answer asks to wait, or None where it does not say; may be negative or huge.

    Forms met (API error pages, gateway, sister services): Retry-After in seconds, as HTTP date or as RFC 3339 date;
    the parameter retryDelay in the body, as a list of name and value or as an object; "try again in N seconds".
    """
    for hint in (headers.get("Retry-After"), _body_hint(text)):
        if hint is None:
            continue
        seconds = _number(hint)
        if seconds is None:
            moment = timestamp(str(hint))
            seconds = None if moment is None else moment - now
        if seconds is not None:
            return seconds
    return None


def _body_hint(text: str) -> object:
    body = read_json(text)
    parameters = body.get("parameters") if isinstance(body, dict) else None
    named = [item.get("value") for item in objects(parameters) if item.get("name") == "retryDelay"]
    if isinstance(parameters, dict):
        named = [parameters.get("retryDelay")]
    if named and named[0] is not None:
        return named[0]
    told = re.search(r"again in (\d+(?:\.\d+)?) second", text)
    return told.group(1) if told else None


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
