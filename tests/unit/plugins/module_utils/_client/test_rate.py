# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Learning of the rate from single refusals; tests/limiters compares it with quotas."""

from __future__ import annotations

import math
from collections import deque

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.rate import (
    BELOW,
    LONG,
    LOWEST,
    Pace,
    Rate,
    Window,
)
from hypothesis import given
from hypothesis import strategies as st


def let_through(rate, count, at=0.0, distance=0.0):
    """Send a number of accepted requests; return when the next one may be sent."""
    for number in range(count):
        rate.take(at + number * distance)
    return at + count * distance


def refuse_and_reopen(rate, at, pause):
    """Refuse a request at that time for a duration; return when the probe may be sent."""
    rate.take(at)
    rate.refused(at, probe=False)
    rate.take(at + pause)
    rate.reopened(at + pause)
    return at + pause


def sent_by(rate, start, end):
    """Return the times of requests that are sent as soon as possible."""
    at, now = [], start
    while now <= end and len(at) < 5000:
        wait = rate.wait(now)
        if wait < 1e-6:
            rate.take(now)
            at.append(now)
        now += max(wait, 1e-3)
    return at


@pytest.fixture
def paced():
    """Return a rate after 100 requests at 10 per second and a refusal for a second."""
    rate = Rate()
    now = let_through(rate, 100, distance=0.1)
    return rate, refuse_and_reopen(rate, now, 1.0)


def test_rate_before_first_refusal_has_no_limit():
    rate = Rate()
    let_through(rate, 1000)
    assert rate.wait(0.0) == 0.0


def test_rate_first_refusal_after_few_requests_sets_no_limit():
    rate = Rate()
    now = refuse_and_reopen(rate, let_through(rate, 3, distance=0.1), 5.0)
    assert rate.wait(now) == 0.0


def test_rate_short_pause_sets_distance(paced):
    rate, now = paced
    gap = rate.wait(now)
    # 100 passed in 11 seconds, and 10 per second were refused.
    assert 1 / 10 < gap < 11 / 100 * 1.02


def test_rate_approaches_refused_rate_and_exceeds_it(paced):
    rate, now = paced
    at = sent_by(rate, now, now + 200)
    paces = [1 / (later - earlier) for earlier, later in zip(at, at[1:])]
    assert all(after >= before - 0.2 for before, after in zip(paces, paces[1:]))
    assert paces[150] == pytest.approx(BELOW * 10, rel=0.02)
    assert paces[-1] > 12


def test_rate_confirmed_refusal_doubles_rest(paced):
    rate, now = paced

    def seconds_to_exceed(pace, start):
        now = start
        while rate.wait(now) > 1 / pace:
            now += rate.wait(now)
            rate.take(now)
        return now - start

    begun = now
    now += seconds_to_exceed(10.2, now)
    first = now - begun
    now = refuse_and_reopen(rate, now + 0.1, 1.0)
    assert seconds_to_exceed(10.2, now) > 1.3 * first


def test_rate_idle_time_keeps_rate(paced):
    rate, now = paced
    gap = rate.wait(now)
    rate.take(now + 10_000)
    assert rate.wait(now + 10_000) == pytest.approx(gap, rel=0.03)


def test_pace_idle_time_counts_as_two_requests():
    idle, busy = Pace(), Pace()
    for pace in (idle, busy):
        pace.learn(10.0, 100, 1.0, 11.0)
    busy.take(2 / busy.at())
    idle.take(1000.0)
    assert idle.at() == busy.at()


def test_rate_measured_on_burst_corrected_by_next(paced):
    rate = Rate()
    let_through(rate, 100, distance=0.001)
    now = refuse_and_reopen(rate, 0.1, 0.1)
    now = refuse_and_reopen(rate, now + 0.02, 0.1)
    assert rate.wait(now) > 1 / 40


def test_rate_refused_far_below_follows_down(paced):
    rate, now = paced
    for _cycle in range(12):
        now = refuse_and_reopen(rate, now + 0.2, 0.8)
    assert rate.wait(now) > 1 / 2


def test_rate_fast_quota_measured_in_part_of_second():
    rate = Rate()
    now = refuse_and_reopen(rate, let_through(rate, 200, distance=0.002), 0.1)
    # 200 passed in half a second, and 500 per second were refused.
    assert 1 / 500 < rate.wait(now) < 1 / 350


def test_rate_refusal_after_idle_time_does_not_stop_run(paced):
    rate, now = paced
    for number in range(5):
        rate.take(now + number * 1000)
    now = refuse_and_reopen(rate, now + 4000.1, 1.0)
    assert rate.wait(now) < 3


def test_rate_refused_rate_is_that_of_last_seconds():
    rate = Rate()
    now = let_through(rate, 100, distance=1.0)
    now = refuse_and_reopen(rate, let_through(rate, 5, at=now, distance=0.05), 0.2)
    at = sent_by(rate, now, now + 32)
    # Eight in the last three seconds were refused, and the five before them were slower.
    assert at[-1] - at[-2] < 1 / 2.1


def test_rate_one_early_refusal_keeps_measured_rate(paced):
    rate, now = paced
    for seconds in (2.0, 0.3):
        now = refuse_and_reopen(rate, sent_by(rate, now, now + seconds)[-1] + 0.1, 1.0)
    assert rate.wait(now) < 1 / 5


def test_rate_long_pause_replays_window():
    rate = Rate()
    now = let_through(rate, 100, distance=0.05)
    now = refuse_and_reopen(rate, now, 5.0)
    at = [now, *sent_by(rate, now, now + 9.5)]
    # The probe is the first of the next hundred, which follow at the same intervals 10 seconds later.
    assert len(at) == 100
    assert rate.wait(at[-1]) == pytest.approx(5.0, abs=0.2)


def test_rate_one_request_in_each_window():
    rate = Rate()
    rate.take(0.0)
    now = 0.0
    for _refusal in range(3):
        now = refuse_and_reopen(rate, now + 0.1, 9.9)
    assert rate.wait(now) == pytest.approx(10.0, abs=0.1)


def test_rate_window_without_refusal_grows():
    rate = Rate()
    now = refuse_and_reopen(rate, let_through(rate, 100, distance=0.05), 5.0)
    at = sent_by(rate, now, now + 99)
    assert 1001 <= len(at) < 1500


def test_rate_window_grows_after_one_period():
    rate = Rate()
    now = refuse_and_reopen(rate, let_through(rate, 100, distance=0.05), 5.0)
    # The probe is not counted here; the second, third and fourth period have more.
    assert 400 < len(sent_by(rate, now, now + 39.9)) < 420


def test_rate_first_refused_of_period_lengthens_it():
    rate = Rate()
    now = refuse_and_reopen(rate, let_through(rate, 100, distance=0.05), 5.0)
    at = sent_by(rate, now, now + 9.5)
    due = at[-1] + rate.wait(at[-1])
    reopened = refuse_and_reopen(rate, due, 2.0)
    sent_by(rate, reopened, reopened + 6.0)
    assert rate.wait(reopened + 6.0) + reopened + 6.0 == pytest.approx(reopened + 12.0, abs=0.5)


def refuse_with_probes(rate, *probes):
    """Refuse requests at these times, of which the last one is accepted; return that time."""
    for at in probes[:-1]:
        rate.take(at)
        rate.refused(at, probe=at != probes[0])
    rate.take(probes[-1])
    rate.reopened(probes[-1])
    return probes[-1]


def begins_of_windows(at):
    """Return the times of requests after a long pause."""
    return [later for earlier, later in zip(at, at[1:]) if later - earlier > LONG]


@pytest.fixture
def halved():
    """Return a rate whose window of 10 seconds has an end between two probes, and its requests."""
    rate = Rate()
    now = refuse_with_probes(rate, let_through(rate, 100, distance=0.01), 7.5, 15.5)
    return rate, [now, *sent_by(rate, now, now + 27.5)]


def test_rate_probe_refused_in_pause_shortens_window(halved):
    _rate, at = halved
    begins = begins_of_windows(at)
    assert begins[0] == pytest.approx(31.0, abs=0.1)
    # Halfway between the refused probe and the accepted one.
    assert begins[1] - begins[0] == pytest.approx((7.5 + 15.5) / 2, abs=0.2)


def test_rate_number_of_window_constant_while_halved(halved):
    _rate, at = halved
    assert len(at) == 300


def test_rate_time_lost_in_refusal_delays_next_increase(halved):
    rate, at = halved
    now = refuse_with_probes(rate, at[-1] + 0.1, at[-1] + 7.5, at[-1] + 15.5)
    # Seven seconds were lost, which may be a thirtieth of the time.
    at = [now, *sent_by(rate, now, now + 100)]
    begins = begins_of_windows(at)
    assert [sum(begin <= each < end for each in at) for begin, end in zip(begins, begins[1:])][:7] == [100] * 7


def test_window_known_period_outlasts_late_refusal():
    window = Window()
    window.learn(100, LONG + 1, None, 10.0)
    # The second window ended between a probe refused after 9 seconds and one accepted after 16.
    window.learn(200, LONG + 1, 19.0, 26.0)
    assert (window.count, window.period) == (100, 10.0)


def test_window_constant_if_no_request_waits_for_it():
    window, sent = Window(), deque(number / 20 for number in range(100))
    window.learn(100, LONG + 1, None, 10.0)
    for now in range(10, 210):
        window.take(sent, len(sent), float(now))
        sent.append(float(now))
    assert window.count == 100


def test_rate_stale_refusal_is_not_counted_as_passed():
    counted, forgotten = Rate(), Rate()
    for rate in (counted, forgotten):
        now = let_through(rate, 100, distance=0.05)
        rate.take(now)
        if rate is forgotten:
            rate.forget(now)
        refuse_and_reopen(rate, now + 0.05, 5.0)
    later = now + 6.0
    assert len(sent_by(forgotten, later, later + 8)) + 1 == len(sent_by(counted, later, later + 8))


STEPS = st.lists(
    st.tuples(st.sampled_from(["take", "refused", "probe", "stale", "reopened"]), st.floats(0, 500)), max_size=80
)


@given(STEPS)
def test_rate_any_order_waits_bounded_time(steps):
    rate, now, longest, taken = Rate(), 0.0, 0.0, [0.0]
    rate.take(now)
    for step, seconds in steps:
        now += seconds
        longest += seconds
        if step == "take":
            rate.take(now)
            taken.append(now)
        elif step == "stale":
            rate.forget(taken[-1])
        elif step == "reopened":
            rate.take(now)
            rate.reopened(now)
        else:
            rate.take(now)
            rate.refused(now, step == "probe")
        assert 0 <= rate.wait(now) <= max(1 / LOWEST, longest) * 1.01
        assert not math.isnan(rate.wait(now))
