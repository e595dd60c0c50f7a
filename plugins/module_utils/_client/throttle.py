# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throttle: decide when a request may be sent, for all threads together."""

from __future__ import annotations

import threading
from typing import Callable, NamedTuple

from .._common.errors import Interrupted, Stalled
from .rate import Rate

LONGEST_WAIT = 120.0
"""Seconds; no hint, however large, holds the run longer than this at a time."""
SHORTEST_WAIT = 0.1
TICK = 1e-6
"""Seconds too few to sleep for."""
STALL_LIMIT = 300.0
"""Seconds without a single useful answer after which the run ends with what was done."""

OPEN, HELD, PROBING = "open", "held", "probing"
"""Requests go; wait; or one request has gone ahead and the others wait for its response."""


class Turn(NamedTuple):
    """The right to send one request: when it was given, and how many useful answers there were by then."""

    at: float
    probe: bool
    answers: int


class Throttle:
    """Gives each request its turn: in OPEN state at the rate that the server takes, else after the hold it asked for.

    Every turn that turn() gives is handed back once, to passed(), held() or lost().
    """

    def __init__(
        self, requests_per_second: float, clock: Callable[[], float], sleep: Callable[[float], object]
    ) -> None:
        self.turns = 0
        self.holds = 0
        """Requests that the server refused for now."""
        self.answers = 0
        """Answers that the run got on with."""
        self.waited = 0.0
        """Seconds in which a request was ready and had to wait for its turn."""
        self._interval = 1 / requests_per_second if requests_per_second else 0.0
        self._clock = clock
        self._sleep = sleep
        self._gate = threading.Condition()
        self._rate = Rate()
        self._state = OPEN
        self._opened_at = self._last_answer = clock()
        self._next_slot = 0.0
        self._resume_at = 0.0
        self._holds_in_a_row = 0
        self._held = 0.0
        self._waited_until = 0.0
        self._under_way = 0
        self._stopped = ""

    def turn(self, what: str) -> Turn:
        """Wait until a request may go.

        Raises Stalled once nothing has moved for STALL_LIMIT seconds, and Interrupted from stop() on.
        """
        began = None
        while True:
            with self._gate:
                while self._state is PROBING and not self._stopped:
                    began = began or self._clock()
                    self._gate.wait()
                if self._stopped:
                    raise Interrupted(f"Could not {what}: {self._stopped} before it was sent; run again.")
                now = self._clock()
                if max(now, self._resume_at) - self._last_answer > STALL_LIMIT:
                    raise Stalled(
                        f"Could not {what}: the API returned no usable response for {STALL_LIMIT:.0f} seconds; "
                        "run again later, or lower requests_per_second and max_concurrency."
                    )
                wait = max(
                    self._resume_at - now if self._state is HELD else self._rate.wait(now), self._next_slot - now
                )
                if wait < TICK:
                    return self._give(now, began or now)
            began = began or now
            self._sleep(wait)

    def passed(self, turn: Turn, useful: bool) -> None:
        """Take in that the server let a request through; useful: with an answer that the run gets on with."""
        with self._gate:
            self._under_way -= 1
            self._holds_in_a_row = 0
            if useful:
                self.answers += 1
                self._last_answer = self._clock()
            if turn.probe:
                self._state = OPEN
                self._opened_at = turn.at
                self._gate.notify_all()
                self._rate.reopened(turn.at)
            self._rate.passed()

    def held(self, turn: Turn, delay: float | None, quota: bool) -> None:
        """Take in that the server refused a request for so many seconds, or for as long as seems good to us.

        quota: it was one request too many, rather than the whole service that was away.
        """
        with self._gate:
            self._under_way -= 1
            self.holds += 1
            now = self._clock()
            if turn.at < self._opened_at or (self._state is PROBING and not turn.probe):
                # It was sent before a hold that is over by now: that has been waited for.
                return
            if self._state is not HELD:
                self._holds_in_a_row += 1
            if delay is None:
                delay = backoff(self._holds_in_a_row - 1)
            if quota:
                self._rate.refused(turn.at, now)
            self._state = HELD
            resume_at = max(self._resume_at, now + min(max(delay, SHORTEST_WAIT), LONGEST_WAIT))
            self._held += resume_at - max(self._resume_at, now)
            self._resume_at = resume_at
            self._gate.notify_all()

    def lost(self, turn: Turn) -> None:
        """Take in that there is no answer, so that nobody waits for it."""
        with self._gate:
            self._under_way -= 1
            if turn.probe:
                self._state = HELD
                self._gate.notify_all()

    def stop(self, why: str) -> None:
        """Give no turn any more. why: as in "the run was interrupted"."""
        with self._gate:
            self._stopped = why
            self._gate.notify_all()

    def under_way(self) -> bool:
        """Tell whether a turn is not handed back yet."""
        return self._under_way > 0

    def silence(self) -> float:
        """Return the seconds since the last useful answer."""
        return self._clock() - self._last_answer

    def active_seconds(self) -> float:
        """Return the seconds of this run so far in which there was no hold: a clock for time limits."""
        with self._gate:
            now = self._clock()
            return now - self._held + max(0.0, self._resume_at - now)

    def _give(self, now: float, began: float) -> Turn:
        turn = Turn(now, self._state is HELD, self.answers)
        if turn.probe:
            self._state = PROBING
        self.turns += 1
        self._under_way += 1
        self._next_slot = now + self._interval
        self._rate.take(now)
        # Turns are given one after the other, so this counts what several waited for together once.
        self.waited += max(0.0, now - max(began, self._waited_until))
        self._waited_until = now
        return turn


def backoff(tries: int) -> float:
    """Return the seconds to wait where the server gave no hint: 0.5, 1, 2, ... up to 30."""
    return min(0.5 * 2**tries, 30.0)
