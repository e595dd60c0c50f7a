# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate: how near it comes to quotas that it does not know, played through without threads and without waiting."""

from __future__ import annotations

import heapq
import math
from itertools import count

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.rate import (
    ENOUGH,
    LOWEST,
    SAFETY,
    STEP_DOWN,
    Rate,
)
from hypothesis import given
from hypothesis import strategies as st

QUOTA = 10.0
"""Requests a second that the servers here let through."""
REQUESTS = 905
OVERHEAD = 0.0005
"""Seconds that a request takes at least."""


class Bucket:
    """A quota that fills steadily and holds so many seconds of it; ask() returns the seconds to wait, or None."""

    def __init__(self, seconds):
        self._size = self._left = QUOTA * seconds
        self._at = 0.0

    def ask(self, now):
        self._left = min(self._size, self._left + (now - self._at) * QUOTA)
        self._at = now
        if self._left < 1 - 1e-9:
            return (1 - self._left) / QUOTA
        self._left -= 1
        return None

    @staticmethod
    def least_time(requests, _now):
        """Return the seconds in which a client that knows everything gets so many through, from a refusal on."""
        return requests / QUOTA


class Window:
    """A quota for each of the windows that follow one another; ask() returns the seconds to wait, or None."""

    def __init__(self, seconds):
        self._seconds = seconds
        self._limit = self._left = int(QUOTA * seconds)
        self._ends = seconds

    def ask(self, now):
        while now >= self._ends - 1e-9:
            self._ends += self._seconds
            self._left = self._limit
        if not self._left:
            return self._ends - now
        self._left -= 1
        return None

    def least_time(self, requests, now):
        """Return the seconds in which a client that knows everything gets so many through, from a refusal on."""
        windows = math.ceil(requests / self._limit)
        return self._seconds - now % self._seconds + (windows - 1) * self._seconds


class Played:
    """So many requests through a quota, by workers that share a Rate and have its holds obeyed as the throttle does it.

    latency: seconds to the server and back. exact: whether hints are exact, or rounded up to whole seconds.
    """

    def __init__(self, quota, workers, latency, exact):
        self._quota, self._travel, self._exact = quota, latency / 2 + OVERHEAD, exact
        self.rate = Rate()
        self.now = self._resume_at = self._opened_at = 0.0
        self.accepted = self.refused = 0
        self.first_refusal = self.least_time_from_then = None
        self._state, self._idle, self._to_send = "open", workers, REQUESTS
        self._events, self._order = [], count()
        while self._idle < workers or self._to_send:
            wakes_at = self._send_what_may_go()
            if self._events and self._events[0][0] <= wakes_at:
                self.now, _order, event, *arguments = heapq.heappop(self._events)
                event(*arguments)
            else:
                self.now = wakes_at
            assert self.now < 10 * REQUESTS / QUOTA, "that would go on for ever"

    def _later(self, event, *arguments):
        heapq.heappush(self._events, (self.now + self._travel, next(self._order), event, *arguments))

    def _send_what_may_go(self):
        """Send, and return when the next one may go; infinity where only an answer can tell."""
        while self._idle and self._to_send and self._state != "probing":
            probe = self._state == "held"
            wait = self._resume_at - self.now if probe else self.rate.wait(self.now)
            if wait > 1e-6:
                return self.now + wait
            self._state = "probing" if probe else self._state
            self.rate.take(self.now)
            self._idle -= 1
            self._to_send -= 1
            self._later(self._arrive, self.now, probe)
        return math.inf

    def _arrive(self, sent, probe):
        self._later(self._answer, sent, probe, self._quota.ask(self.now))

    def _answer(self, sent, probe, delay):
        self._idle += 1
        if delay is None:
            self.accepted += 1
            if probe:
                self._state, self._opened_at = "open", sent
                self.rate.reopened(sent)
            self.rate.passed()
            return
        self.refused += 1
        self._to_send += 1
        if self.first_refusal is None:
            self.first_refusal = self.now
            self.least_time_from_then = self._quota.least_time(REQUESTS - self.accepted, self.now)
        if sent >= self._opened_at and (probe or self._state != "probing"):
            self.rate.refused(sent, self.now)
            self._state = "held"
            delay = max(delay if self._exact else math.ceil(delay), 0.1)
            self._resume_at = max(self._resume_at, self.now + delay)


@pytest.mark.parametrize("latency", [0.0, 0.05])
@pytest.mark.parametrize("workers", [10, 20])
@pytest.mark.parametrize("exact", [True, False], ids=["exact", "whole seconds"])
@pytest.mark.parametrize("quota", [Bucket, Window])
@pytest.mark.parametrize("seconds", [1, 10, 60])
def test_a_quota_is_nearly_used_up_with_few_refusals(quota, seconds, exact, workers, latency):
    run = Played(quota(seconds), workers, latency, exact)
    assert run.accepted == REQUESTS
    assert run.refused / (run.accepted + run.refused) <= (0.05 if workers == 10 else 0.06)
    assert run.now - run.first_refusal <= run.least_time_from_then / 0.85


# What is learned, and from what


def refuse_and_reopen(rate, at, hold):
    """Refuse a request sent at that moment, for so long; return when the next one was let through."""
    rate.refused(at, at)
    rate.take(at + hold)
    rate.reopened(at + hold)
    rate.passed()
    return at + hold


def let_through(rate, number, at):
    for _count in range(number):
        rate.take(at)
        rate.passed()


def test_there_is_no_limit_before_the_first_refusal():
    rate = Rate()
    let_through(rate, 100_000, 0.0)
    assert (rate.wait(0.0), rate.at(1e9), rate.limit) == (0.0, math.inf, math.inf)


def test_what_was_let_through_until_the_server_opened_again_is_the_rate():
    rate = Rate()
    let_through(rate, 50, 100.0)
    refuse_and_reopen(rate, 102.0, 8.0)
    assert rate.limit == pytest.approx(SAFETY * 50 / 10.0)


def test_a_burst_fills_what_the_hold_left_open_and_then_requests_keep_their_distance():
    rate = Rate()
    let_through(rate, 50, 100.0)
    now = refuse_and_reopen(rate, 100.0, 10.0)
    sent = 0
    while rate.wait(now) == 0:
        rate.take(now)
        sent += 1
    assert sent == pytest.approx(10.0 * rate.limit, abs=1.5)
    now += rate.wait(now)
    rate.take(now)
    assert rate.wait(now) == pytest.approx(1 / rate.limit, rel=0.3)


@pytest.mark.parametrize("passed", [0, 1, ENOUGH - 1])
def test_few_requests_before_a_refusal_are_believed_the_second_time_only(passed):
    rate = Rate()
    let_through(rate, passed, 0.0)
    now = refuse_and_reopen(rate, 0.0, 1.0)
    assert (rate.limit, rate.wait(now)) == (math.inf, 0.0)
    refuse_and_reopen(rate, now, 1.0)
    assert rate.limit < math.inf


def test_enough_requests_in_between_make_few_ones_believed_the_second_time_again():
    rate = Rate()
    now = refuse_and_reopen(rate, 0.0, 1.0)
    let_through(rate, 1000, now)
    now = refuse_and_reopen(rate, now, 1.0)
    learned = rate.limit
    refuse_and_reopen(rate, now + 5.0, 1.0)
    assert learned < math.inf
    assert rate.limit == learned


def test_the_request_that_was_let_through_first_after_a_refusal_has_had_its_turn():
    rate = Rate()
    let_through(rate, 10, 0.0)
    refuse_and_reopen(rate, 0.0, 1.0)
    now = refuse_and_reopen(rate, 1.0, 0.1)
    now = refuse_and_reopen(rate, now, 0.1)
    # Where hints are exact, the quota had room for that one alone.
    assert rate.wait(now) >= 0.4 / rate.limit


def test_enough_requests_are_believed_at_once():
    rate = Rate()
    let_through(rate, ENOUGH, 0.0)
    refuse_and_reopen(rate, 0.0, 1.0)
    assert rate.limit == pytest.approx(SAFETY * ENOUGH)


def test_a_refusal_near_the_rate_that_is_kept_takes_a_little_of_it():
    rate = Rate()
    let_through(rate, 100, 0.0)
    now = refuse_and_reopen(rate, 0.0, 10.0)
    kept = rate.limit
    let_through(rate, 99, now)
    refuse_and_reopen(rate, now + 11.0, 1.0)
    assert rate.limit == pytest.approx(STEP_DOWN * kept, rel=0.02)


def test_a_refusal_right_after_a_burst_takes_nothing_of_the_rate():
    rate = Rate()
    let_through(rate, 100, 0.0)
    now = refuse_and_reopen(rate, 0.0, 10.0)
    kept = rate.limit
    let_through(rate, 99, now)
    refuse_and_reopen(rate, now + 9.0, 1.0)
    assert rate.limit == pytest.approx(kept, rel=0.02)


def test_a_refusal_far_below_the_rate_that_is_kept_replaces_it():
    rate = Rate()
    let_through(rate, 100, 0.0)
    now = refuse_and_reopen(rate, 0.0, 10.0)
    let_through(rate, 19, now)
    refuse_and_reopen(rate, now + 9.0, 1.0)
    assert rate.limit == pytest.approx(SAFETY * 20 / 10.0)


def test_only_the_first_refusal_of_a_hold_counts():
    alone, many = Rate(), Rate()
    for rate in (alone, many):
        let_through(rate, 50, 0.0)
        rate.refused(0.0, 0.0)
    for number in range(1, 5):
        many.refused(0.0, number)
    for rate in (alone, many):
        rate.reopened(10.0)
    assert many.limit == alone.limit


def test_what_was_not_refused_is_not_reopened():
    rate = Rate()
    let_through(rate, 50, 0.0)
    rate.reopened(10.0)
    assert rate.limit == math.inf


@pytest.mark.parametrize(("hold", "sooner"), [(10.0, False), (0.2, True)])
def test_a_rate_is_tried_higher_with_time_and_sooner_where_little_is_known(hold, sooner):
    rate = Rate()
    let_through(rate, 300 if not sooner else ENOUGH, 0.0)
    now = refuse_and_reopen(rate, 0.0, hold)
    assert rate.at(now) == rate.limit
    assert (rate.at(now + 14.0) > 1.05 * rate.limit) is sooner
    assert rate.at(now + 14.0) >= 1.019 * rate.limit
    assert rate.at(now + 200.0) > 10 * rate.limit
    assert rate.at(now + 1e9) < math.inf


def test_where_a_burst_is_refused_the_next_one_is_a_quarter_as_long():
    rate = Rate()
    bursts = []
    now = 0.0
    for _count in range(4):
        let_through(rate, 50, now)
        now = refuse_and_reopen(rate, now, 10.0)
        sent = 0
        while rate.wait(now) == 0:
            rate.take(now)
            sent += 1
        bursts.append(sent / rate.limit)
    assert bursts == [pytest.approx(expected, abs=0.5) for expected in (10.0, 2.5, 0.6, 0.2)]


def test_where_a_burst_was_taken_the_next_one_is_as_long():
    rate = Rate()
    let_through(rate, 100, 0.0)
    now = refuse_and_reopen(rate, 0.0, 10.0)
    let_through(rate, 300, now)
    now = refuse_and_reopen(rate, now + 20.0, 10.0)
    sent = 0
    while rate.wait(now) == 0:
        rate.take(now)
        sent += 1
    assert sent / rate.limit == pytest.approx(10.0, abs=0.5)


def test_no_measurement_brings_everything_to_a_halt():
    rate = Rate()
    now = 0.0
    for _count in range(100):
        now = refuse_and_reopen(rate, now, 120.0)
        rate.refused(now, now)
        now += 120.0
        rate.reopened(now)
    assert rate.limit >= LOWEST
    assert rate.wait(now) <= 1 / LOWEST


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "passed", "refused", "reopened", "wait"]),
        st.floats(0, 1e4) | st.just(0.0),
        st.floats(0, 100),
    ),
    max_size=80,
)


@given(STEPS)
def test_whatever_the_order_a_wait_is_a_number_of_seconds_and_no_limit_comes_from_nothing(steps):
    rate, now, refused = Rate(), 0.0, False
    for step, passing, ago in steps:
        now += passing
        if step == "take":
            rate.take(now)
        elif step == "passed":
            rate.passed()
        elif step == "refused":
            refused = True
            rate.refused(max(0.0, now - ago), now)
        elif step == "reopened":
            rate.reopened(max(0.0, now - ago))
        assert 0 <= rate.wait(now) < math.inf
        assert rate.limit > 0
        assert rate.at(now) > 0
        assert refused or rate.limit == math.inf
