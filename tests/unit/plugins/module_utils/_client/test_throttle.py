# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The throttle: the order and time of requests, with a fake clock and with real threads."""

from __future__ import annotations

import queue
import threading
import time
from types import SimpleNamespace

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.throttle import (
    FIRST_ROOM,
    LONGEST_WAIT,
    SHORTEST_WAIT,
    STALL_LIMIT,
    Throttle,
    backoff,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import Interrupted, Stalled
from hypothesis import given
from hypothesis import strategies as st

GRACE = 0.05
"""Seconds in which a thread with a turn would have sent its request."""
PATIENCE = 10
"""Seconds after which a thread with a turn counts as stuck."""


@pytest.fixture
def throttle(clock, settings):
    return clock.make(Throttle, settings())


@pytest.fixture
def ceiling(clock, settings):
    """Return a factory of throttles with a limit in requests per second."""
    return lambda rate: clock.make(Throttle, settings(requests_per_second=rate))


def pause(throttle, seconds, quota=False):
    """Throttle one request."""
    throttle.refused(throttle.turn("go"), seconds, quota)


def sent_at(throttle, count):
    """Return the times at which a number of accepted requests are sent."""
    turns = []
    for _count in range(count):
        turns.append(throttle.turn("go"))
        throttle.passed(turns[-1], useful=True)
    return [turn.at for turn in turns]


# Pauses after a refusal


def test_throttle_before_first_refusal_never_waits(throttle, clock):
    assert sent_at(throttle, 1000) == [1000.0] * 1000
    assert (clock.slept, throttle.counts()) == ([], {"requests": 1000, "throttled": 0, "waited_seconds": 0.0})


def test_throttle_pause_lasts_until_given_time(throttle, clock):
    pause(throttle, 30)
    clock.now += 10
    assert sent_at(throttle, 2) == [1030.0, 1030.0]
    assert throttle.counts() == {"requests": 3, "throttled": 1, "waited_seconds": 20.0}


def test_counts_waited_seconds_rounded_to_tenths(throttle):
    pause(throttle, 0.3125)
    sent_at(throttle, 1)
    assert throttle.counts()["waited_seconds"] == 0.3


@pytest.mark.parametrize(("first", "second", "until"), [(60, 1, 1060.0), (1, 60, 1060.0)])
def test_throttle_longest_retry_after_applies(throttle, first, second, until):
    one, other = throttle.turn("go"), throttle.turn("go")
    throttle.refused(one, first, quota=False)
    throttle.refused(other, second, quota=False)
    assert sent_at(throttle, 1) == [until]


@pytest.mark.parametrize("delay", [-1e12, -5.0, 0.0])
def test_throttle_zero_retry_after_pauses_briefly(throttle, delay):
    pause(throttle, delay)
    assert sent_at(throttle, 1) == [1000.0 + SHORTEST_WAIT]


@pytest.mark.parametrize("delay", [121.0, 86400.0, 1e300])
def test_throttle_retry_after_capped_at_longest_wait(throttle, delay):
    pause(throttle, delay)
    assert sent_at(throttle, 1) == [1000.0 + LONGEST_WAIT]


def test_throttle_pauses_without_hint_grow_until_success(throttle, clock):
    for _count in range(4):
        pause(throttle, None)
    sent_at(throttle, 1)
    pause(throttle, None)
    sent_at(throttle, 1)
    assert clock.slept == [0.5, 1.0, 2.0, 4.0, 0.5]
    assert [backoff(20), backoff(2)] == [30.0, 2.0]


def test_throttle_simultaneous_refusals_count_as_one(throttle, clock):
    for turn in [throttle.turn("go") for _count in range(FIRST_ROOM)]:
        throttle.refused(turn, None, quota=False)
    pause(throttle, None)
    sent_at(throttle, 1)
    assert clock.slept == [0.5, 1.0]


def test_throttle_one_probe_after_pause(throttle):
    pause(throttle, 5)
    first = throttle.turn("go")
    throttle.passed(first, useful=True)
    assert (first.probe, throttle.turn("go").probe) == (True, False)


def test_throttle_refused_probe_extends_pause(throttle):
    pause(throttle, 5)
    pause(throttle, 7)
    probe = throttle.turn("go")
    assert (probe.at, probe.probe) == (1012.0, True)


def test_throttle_lost_probe_next_thread_probes(throttle):
    pause(throttle, 5)
    throttle.lost(throttle.turn("go"))
    following = throttle.turn("go")
    assert (following.at, following.probe) == (1005.0, True)


def test_throttle_lost_response_of_non_probe_ignored(throttle):
    one, other = throttle.turn("go"), throttle.turn("go")
    throttle.lost(one)
    assert throttle.turn("go").probe is False
    throttle.refused(other, 5, quota=False)
    throttle.lost(one)
    assert throttle.turn("go").at == 1005.0


@pytest.mark.parametrize("probing", [True, False])
def test_throttle_refusal_of_request_before_pause_ignored(throttle, clock, probing):
    one, late = throttle.turn("go"), throttle.turn("go")
    throttle.refused(one, 5, quota=False)
    probe = throttle.turn("go")
    if probing:
        throttle.refused(late, 60, quota=True)
        throttle.passed(probe, useful=True)
    else:
        throttle.passed(probe, useful=True)
        throttle.refused(late, 60, quota=True)
    following = throttle.turn("go")
    assert (following.at, following.probe, clock.slept) == (1005.0, False, [5])
    clock.now += 100
    assert (throttle.counts()["throttled"], throttle.active_seconds()) == (2, 1100.0)


def test_throttle_response_to_earlier_request_keeps_pause(throttle):
    one, other = throttle.turn("go"), throttle.turn("go")
    throttle.refused(one, 5, quota=True)
    throttle.passed(other, useful=True)
    assert throttle.turn("go").at == 1005.0


def test_throttle_after_refusals_respects_quota(throttle):
    sent_at(throttle, 20)
    pause(throttle, 1.0, quota=True)
    at = sent_at(throttle, 10)
    assert at[0] == 1001.0
    assert all(1 / 45 < later - earlier < 1 / 20 for earlier, later in zip(at, at[1:]))


def test_throttle_unavailable_service_sets_no_quota(throttle):
    sent_at(throttle, 20)
    pause(throttle, 1.0, quota=False)
    assert sent_at(throttle, 60) == [1001.0] * 60


# The limit of the user


def test_throttle_requests_keep_distance(ceiling, clock):
    throttle = ceiling(2.0)
    assert sent_at(throttle, 5) == [1000.0, 1000.5, 1001.0, 1001.5, 1002.0]
    assert throttle.counts()["waited_seconds"] == 2.0


def test_throttle_unused_time_not_made_up(ceiling, clock):
    throttle = ceiling(2.0)
    sent_at(throttle, 1)
    clock.now += 60
    assert sent_at(throttle, 2) == [1060.0, 1060.5]


def test_throttle_rate_limit_applies_after_pause(ceiling, clock):
    throttle = ceiling(2.0)
    pause(throttle, 0.1)
    assert sent_at(throttle, 3) == [1000.5, 1001.0, 1001.5]


# Reports of a run


def test_throttle_stalled_run_ends_after_limit(throttle, clock):
    with pytest.raises(Stalled, match=r"^Could not read it: .* no usable response for 300 seconds; run again later"):
        for _number in range(9):
            throttle.refused(throttle.turn("read it"), 101, quota=False)
    assert (throttle.counts()["requests"], clock() - 1000.0) == (3, 202.0)
    with pytest.raises(Stalled):
        throttle.turn("read it")


@pytest.mark.parametrize("useful", [True, False])
def test_throttle_only_useful_response_resets_stall_limit(throttle, clock, useful):
    clock.now += STALL_LIMIT
    throttle.passed(throttle.turn("go"), useful)
    clock.now += 1
    if useful:
        throttle.turn("go")
    else:
        with pytest.raises(Stalled):
            throttle.turn("go")


def test_active_seconds_exclude_throttled_time(throttle, clock):
    start = throttle.active_seconds()
    clock.now += 5
    pause(throttle, 60)
    clock.now += 20
    assert throttle.active_seconds() - start == pytest.approx(5.0)
    sent_at(throttle, 1)
    assert throttle.active_seconds() - start == pytest.approx(5.0)
    clock.now += 3
    assert throttle.active_seconds() - start == pytest.approx(8.0)


def test_active_seconds_count_overlapping_pauses_once(throttle, clock):
    one, other = throttle.turn("go"), throttle.turn("go")
    start = throttle.active_seconds()
    throttle.refused(one, 30, quota=False)
    clock.now += 10
    throttle.refused(other, 40, quota=False)
    clock.now += 100
    assert throttle.active_seconds() - start == pytest.approx(60.0)


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["turn", "passed", "useless", "refused", "busy", "no hint", "lost"]),
        st.integers(0, 5),
        st.floats(-1e3, 1e3),
        st.floats(0, 20),
    ),
    max_size=60,
)


@given(ACTIONS, st.sampled_from([0.0, 0.5, 50.0]))
def test_throttle_any_results_one_probe_and_time_advances(new_fake_api, actions, requests_per_second):
    clock = new_fake_api().clock
    throttle = clock.make(Throttle, SimpleNamespace(requests_per_second=requests_per_second, timeout=30))
    in_progress, turns, paused, active = [], 0, False, throttle.active_seconds()
    for action, which, seconds, passing in actions:
        clock.now += passing
        probes = [turn for turn in in_progress if turn.probe]
        assert len(probes) <= 1
        # Otherwise, it would wait for the response to one of these.
        if action == "turn" and not probes and len(in_progress) < (1 if paused else FIRST_ROOM):
            try:
                in_progress.append(throttle.turn("go"))
            except Stalled:
                break
            turns += 1
        elif in_progress:
            turn = in_progress.pop(which % len(in_progress))
            if action in ("passed", "useless", "turn"):
                throttle.passed(turn, useful=action != "useless")
            elif action == "lost":
                throttle.lost(turn)
            else:
                paused = True
                throttle.refused(turn, None if action == "no hint" else seconds, quota=action == "refused")
        assert throttle.active_seconds() >= active - 1e-6
        active = throttle.active_seconds()
        assert 0 <= throttle.counts()["waited_seconds"] <= clock() - 1000.0 + 0.1
    assert throttle.counts()["requests"] == turns


# Threads


@pytest.fixture
def crowd():
    """Return a function that starts waiting threads and returns the queue of their turns."""
    threads = []

    def ask(throttle, count):
        given_turns, together = queue.Queue(), threading.Barrier(count)

        def go():
            together.wait(PATIENCE)
            turn = throttle.turn("go")
            if not turn.probe:
                throttle.passed(turn, useful=True)
            given_turns.put(turn)

        asking = [threading.Thread(target=go, daemon=True) for _count in range(count)]
        for thread in asking:
            thread.start()
        threads.extend(asking)
        return given_turns

    yield ask
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture
def paused_crowd(crowd, settings):
    """Return a throttle in a pause, the turns of eight threads, and the one with the probe."""
    throttle = Throttle(settings())
    pause(throttle, SHORTEST_WAIT)
    turns = crowd(throttle, 8)
    probe = turns.get(timeout=PATIENCE)
    assert probe.probe
    assert_no_turn(turns)
    return throttle, turns, probe


def assert_no_turn(turns):
    with pytest.raises(queue.Empty):
        turns.get(timeout=GRACE)


def all_go(throttle, turns, probe, count):
    throttle.passed(probe, useful=True)
    assert not any(turns.get(timeout=PATIENCE).probe for _count in range(count))


def test_throttle_all_threads_wait_for_probe(paused_crowd):
    all_go(*paused_crowd, count=7)


def test_throttle_lost_probe_replaced_by_one_thread(paused_crowd):
    throttle, turns, probe = paused_crowd
    throttle.lost(probe)
    following = turns.get(timeout=PATIENCE)
    assert following.probe
    assert_no_turn(turns)
    all_go(throttle, turns, following, 6)


def test_throttle_refused_probe_one_probe_after_next_pause(paused_crowd):
    throttle, turns, probe = paused_crowd
    throttle.refused(probe, 2 * GRACE + SHORTEST_WAIT, quota=True)
    assert_no_turn(turns)
    following = turns.get(timeout=PATIENCE)
    assert following.probe
    assert following.at - probe.at >= 2 * GRACE + SHORTEST_WAIT
    assert_no_turn(turns)
    all_go(throttle, turns, following, 6)


def test_wait_of_many_threads_counted_once(crowd, settings):
    throttle = Throttle(settings())
    began = time.monotonic()
    pause(throttle, 0.3)
    turns = crowd(throttle, 8)
    all_go(throttle, turns, turns.get(timeout=PATIENCE), 7)
    assert 0 < throttle.counts()["waited_seconds"] <= time.monotonic() - began


@pytest.mark.parametrize("refused", [True, False])
def test_throttle_threads_share_rate_limit(crowd, settings, refused):
    throttle = Throttle(settings(requests_per_second=500.0))
    if refused:
        pause(throttle, SHORTEST_WAIT)
        throttle.passed(throttle.turn("go"), useful=True)
    turns = crowd(throttle, 20)
    at = sorted(turns.get(timeout=PATIENCE).at for _count in range(20))
    assert all(later - earlier >= 1 / 500 - 1e-5 for earlier, later in zip(at, at[1:]))


# The end of a run


def test_throttle_no_turn_after_stop(throttle):
    turn = throttle.turn("go")
    throttle.stop("the run was interrupted")
    with pytest.raises(
        Interrupted, match=r"^Could not read it: the run was interrupted before it was sent; run again"
    ) as caught:
        throttle.turn("read it")
    assert not caught.value.may_have_acted
    throttle.passed(turn, useful=True)
    assert throttle.counts()["requests"] == 1


@pytest.mark.parametrize("paused", [True, False])
def test_stop_reported_to_waiting_threads(paused, settings):
    """Both for threads that wait for the probe and for those that wait for the end of a pause."""
    expected = queue.SimpleQueue()
    throttle = Throttle(settings())

    def go():
        try:
            expected.put(throttle.turn("go"))
        except Interrupted as error:
            expected.put(error)

    pause(throttle, 60 if paused else SHORTEST_WAIT)
    if not paused:
        probe = throttle.turn("look")
    threads = [threading.Thread(target=go, daemon=True) for _number in range(3)]
    for thread in threads:
        thread.start()
    with pytest.raises(queue.Empty):
        expected.get(timeout=GRACE)
    throttle.stop("the run was interrupted")
    assert {type(expected.get(timeout=PATIENCE)) for _thread in threads} == {Interrupted}
    if not paused:
        throttle.lost(probe)


def test_turn_in_progress_until_returned(throttle, clock):
    assert not throttle.in_progress()
    turns = [throttle.turn("go") for _number in range(3)]
    throttle.passed(turns[0], useful=True)
    throttle.lost(turns[1])
    assert throttle.in_progress()
    throttle.refused(turns[2], 1, quota=False)
    assert not throttle.in_progress()


# Requests in progress


def test_throttle_room_grows_by_one_per_response(throttle):
    turns = [throttle.turn("go") for _number in range(FIRST_ROOM)]
    with pytest.raises(AssertionError, match="waits for another thread"):
        throttle.turn("go")
    throttle.passed(turns.pop(), useful=True)
    turns += [throttle.turn("go"), throttle.turn("go")]
    with pytest.raises(AssertionError, match="waits for another thread"):
        throttle.turn("go")


def test_throttle_room_after_pause_grows_from_probe(throttle):
    sent_at(throttle, 50)
    pause(throttle, 0.5)
    sent_at(throttle, 1)
    for _number in range(2):
        throttle.turn("go")
    with pytest.raises(AssertionError, match="waits for another thread"):
        throttle.turn("go")


@pytest.mark.parametrize("paused_before", [True, False])
def test_throttle_room_resets_after_silence(throttle, clock, paused_before):
    if paused_before:
        pause(throttle, 5)
    sent_at(throttle, 50)
    clock.now += 2
    room = 1 if paused_before else FIRST_ROOM
    for _number in range(room):
        throttle.turn("go")
    with pytest.raises(AssertionError, match="waits for another thread"):
        throttle.turn("go")


@pytest.mark.parametrize(("delay", "until"), [(9.0, 1009.0), (None, 1000.5), (1e9, 1000.0 + LONGEST_WAIT)])
def test_throttle_refused_batch_item_pauses_all(throttle, delay, until):
    sent_at(throttle, 1)
    throttle.suspend(delay)
    assert sent_at(throttle, 2) == [until, until]
    assert throttle.counts()["throttled"] == 0


def test_throttle_too_short_retry_after_lengthened(throttle, clock):
    for _count in range(6):
        pause(throttle, 0.1, quota=True)
    sent_at(throttle, 1)
    assert clock.slept == [pytest.approx(seconds) for seconds in (0.1, 0.1, 0.5, 1.0, 2.0, 4.0)]


def test_throttle_wakes_only_next_thread(crowd, settings, monkeypatch):
    """Other threads wait in the queue, and not for the condition that each response notifies."""
    throttle = Throttle(settings())
    waiting = []
    wait = throttle._gate.wait

    def counted(timeout=None):
        waiting.append(threading.get_ident())
        return wait(timeout)

    monkeypatch.setattr(throttle._gate, "wait", counted)
    pause(throttle, SHORTEST_WAIT)
    turns = crowd(throttle, 8)
    probe = turns.get(timeout=PATIENCE)
    assert_no_turn(turns)
    assert len(set(waiting)) == 2
    all_go(throttle, turns, probe, 7)
