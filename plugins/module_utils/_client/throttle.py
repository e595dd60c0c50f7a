# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throttle: decide when a request may be sent, for all threads together."""

from __future__ import annotations

import math
import threading
import time
from typing import NamedTuple

from .._common.errors import Interrupted, Stalled
from .._common.options import Settings
from .rate import Rate

LONGEST_WAIT = 120.0
"""Seconds; the longest single pause, for any hint."""
SHORTEST_WAIT = 0.1
TICK = 1e-6
"""Shortest time to sleep in seconds."""
STALL_LIMIT = 300.0
"""Seconds without a useful response after which the run ends with its results so far."""

FIRST_ROOM = 4
"""Requests in progress at first; each response makes room for one more."""

SILENCE = 1.0
"""Seconds without a request after which the number in progress restarts from its initial value."""

OPEN, PAUSED, PROBING = "open", "paused", "probing"
"""Requests are sent; wait; or one request is the probe and the others wait for its response."""


class Turn(NamedTuple):
    """The right to send one request: its time, and whether all others wait for its response."""

    at: float
    probe: bool


class Throttle:
    """Give each request its turn: in OPEN state at the accepted rate, else after the pause.

    Every turn is returned once, to passed(), refused() or lost().
    """

    def __init__(self, settings: Settings) -> None:
        self._turns = 0
        self._refused = 0
        self._waited = 0.0
        """Seconds in which a request had to wait for its turn."""
        self._interval = 1 / settings.requests_per_second if settings.requests_per_second else 0.0
        self._longest_response = STALL_LIMIT + settings.timeout
        self._clock = time.monotonic
        self._queue = threading.Lock()
        """Locked by the thread whose turn is next: it waits for the time, and the others wait for it."""
        self._gate = threading.Condition()
        self._stop = threading.Event()
        self._rate = Rate()
        self._state = OPEN
        self._opened_at = self._last_response = self._clock()
        self._next_slot = 0.0
        self._resume_at = 0.0
        self._pauses_in_a_row = 0
        self._paused = 0.0
        self._in_progress = 0
        self._room = FIRST_ROOM
        self._given_at = 0.0
        self._stopped = ""

    def turn(self, what: str) -> Turn:
        """Wait until a request may be sent.

        Raises Stalled if nothing succeeded for STALL_LIMIT seconds, and Interrupted after stop().
        """
        with self._queue, self._gate:
            began = self._clock()
            while True:
                if self._stopped:
                    raise Interrupted(f"Could not {what}: {self._stopped} before it was sent; run again.")
                now = self._clock()
                if max(now, self._resume_at) - self._last_response > STALL_LIMIT:
                    raise Stalled(
                        f"Could not {what}: the API returned no usable response for {STALL_LIMIT:.0f} seconds; "
                        "run again later, or lower requests_per_second and max_concurrency."
                    )
                wait = self._wait(now)
                if wait < TICK:
                    return self._give(now, began)
                self._gate.wait(None if wait == math.inf else wait)

    def pause(self, seconds: float) -> bool:
        """Wait for slow work of the server; return whether the run must end."""
        return self._stop.wait(seconds)

    def passed(self, turn: Turn, useful: bool) -> None:
        """Handle an accepted request; useful: its response is progress of the run."""
        with self._gate:
            self._in_progress -= 1
            self._pauses_in_a_row = 0
            self._room += 1
            if useful:
                self._last_response = self._clock()
            if turn.probe:
                self._state = OPEN
                self._opened_at = turn.at
                self._rate.reopened(turn.at)
            self._gate.notify()

    def refused(self, turn: Turn, delay: float | None, quota: bool) -> None:
        """Handle a refusal for that many seconds, or for a default time.

        quota: the request exceeded a quota, and the service is available.
        """
        with self._gate:
            self._in_progress -= 1
            self._refused += 1
            if turn.at < self._opened_at or (self._state is PROBING and not turn.probe):
                # It was sent before a pause that has ended: that wait is over.
                self._rate.forget(turn.at)
            else:
                if quota:
                    self._rate.refused(turn.at, turn.probe)
                if self._state is not PAUSED:
                    self._pauses_in_a_row += 1
                # After two consecutive hints that were too short for a quota, wait longer than the hint.
                least = backoff(self._pauses_in_a_row - (1 if delay is None else 3))
                too_short = quota and self._pauses_in_a_row > 2 and delay is not None and delay < least
                self._suspend(least if delay is None or too_short else delay)
            self._gate.notify()

    def suspend(self, delay: float | None) -> None:
        """Send nothing for that many seconds, as announced in a response that accepted its request."""
        with self._gate:
            self._suspend(backoff(0) if delay is None else delay)
            self._gate.notify()

    def lost(self, turn: Turn) -> None:
        """Handle a missing response, so that no thread waits for it."""
        with self._gate:
            self._in_progress -= 1
            if turn.probe:
                self._state = PAUSED
            self._gate.notify()

    def stop(self, why: str) -> None:
        """Give no more turns, and end all pauses. why: as in "the run was interrupted"."""
        with self._gate:
            self._stopped = why
            self._gate.notify()
        self._stop.set()

    def in_progress(self) -> bool:
        """Return whether a turn has not been returned yet."""
        return self._in_progress > 0

    def hangs(self) -> bool:
        """Return whether a response does not end: a time-out applies to its next byte only."""
        return self.in_progress() and self._clock() - self._last_response > self._longest_response

    def counts(self) -> dict[str, float]:
        """Return the requests sent, those that the API throttled, and the seconds waited for that."""
        return {"requests": self._turns, "throttled": self._refused, "waited_seconds": round(self._waited, 1)}

    def active_seconds(self) -> float:
        """Return the seconds of this run without pauses: a clock for time limits."""
        with self._gate:
            now = self._clock()
            return now - self._paused + max(0.0, self._resume_at - now)

    def _suspend(self, delay: float) -> None:
        now = self._clock()
        self._state = PAUSED
        self._room = 1
        resume_at = max(self._resume_at, now + min(max(delay, SHORTEST_WAIT), LONGEST_WAIT))
        self._paused += resume_at - max(self._resume_at, now)
        self._resume_at = resume_at

    def _wait(self, now: float) -> float:
        """Return the seconds until the next turn; infinite until a turn is returned."""
        if self._state is PAUSED:
            return max(self._resume_at, self._next_slot) - now
        if self._state is PROBING or self._in_progress >= self._room:
            return math.inf
        return max(self._rate.wait(now), self._next_slot - now)

    def _give(self, now: float, began: float) -> Turn:
        if not self._in_progress and now - self._given_at > SILENCE:
            # The accepted rate may have changed.
            self._room = FIRST_ROOM if self._resume_at == 0.0 else 1
        turn = Turn(now, self._state is PAUSED)
        if turn.probe:
            self._state = PROBING
        self._turns += 1
        self._in_progress += 1
        self._given_at = now
        self._next_slot = now + self._interval
        self._rate.take(now)
        # Only the next thread waits here, so that common waiting counts once.
        self._waited += now - began
        return turn


def backoff(tries: int) -> float:
    """Return the seconds to wait without a hint: 0.5, 1, 2, ... up to 30."""
    return min(0.5 * 2**tries, 30.0)
