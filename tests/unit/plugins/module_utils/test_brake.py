# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The brake: who may go when, alone with a clock that nobody waits for, and with threads in real time."""

from __future__ import annotations

import queue
import threading
import time

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._brake import (
    LONGEST_WAIT,
    SHORTEST_WAIT,
    STALL_LIMIT,
    Brake,
    backoff,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import Interrupted, Stalled
from hypothesis import given
from hypothesis import strategies as st

GRACE = 0.05
"""Seconds in which a thread that may not go would have gone."""
PATIENCE = 10
"""Seconds after which a thread that may go is taken for stuck."""


@pytest.fixture
def brake(clock):
    return Brake(0.0, clock, clock.sleep)


def hold(brake, seconds, quota=False):
    """Have one request refused."""
    brake.held(brake.turn("go"), seconds, quota)


def gone_at(brake, count):
    """Return when so many requests go, each of which is let through."""
    turns = []
    for _count in range(count):
        turns.append(brake.turn("go"))
        brake.passed(turns[-1], useful=True)
    return [turn.at for turn in turns]


# Holds


def test_nothing_waits_before_the_first_refusal(brake, clock):
    assert gone_at(brake, 1000) == [1000.0] * 1000
    assert (clock.slept, brake.waited, brake.turns, brake.answers, brake.holds) == ([], 0.0, 1000, 1000, 0)


def test_a_hold_lasts_until_the_moment_that_was_named_whenever_one_comes(brake, clock):
    hold(brake, 30)
    clock.now += 10
    assert gone_at(brake, 2) == [1030.0, 1030.0]
    assert (brake.holds, brake.waited) == (1, 20.0)


@pytest.mark.parametrize(("first", "second", "until"), [(60, 1, 1060.0), (1, 60, 1060.0)])
def test_the_longest_of_several_hints_holds(brake, first, second, until):
    one, other = brake.turn("go"), brake.turn("go")
    brake.held(one, first, quota=False)
    brake.held(other, second, quota=False)
    assert gone_at(brake, 1) == [until]


@pytest.mark.parametrize("delay", [-1e12, -5.0, 0.0])
def test_a_hint_for_no_time_at_all_holds_a_little(brake, delay):
    hold(brake, delay)
    assert gone_at(brake, 1) == [1000.0 + SHORTEST_WAIT]


@pytest.mark.parametrize("delay", [121.0, 86400.0, 1e300])
def test_no_hint_holds_the_run_longer_than_the_longest_wait(brake, delay):
    hold(brake, delay)
    assert gone_at(brake, 1) == [1000.0 + LONGEST_WAIT]


def test_holds_without_a_hint_grow_until_something_gets_through(brake, clock):
    for _count in range(4):
        hold(brake, None)
    gone_at(brake, 1)
    hold(brake, None)
    gone_at(brake, 1)
    assert clock.slept == [0.5, 1.0, 2.0, 4.0, 0.5]
    assert [backoff(20), backoff(2)] == [30.0, 2.0]


def test_refusals_of_one_moment_are_one_hold_for_the_pauses_without_a_hint(brake, clock):
    for turn in [brake.turn("go") for _count in range(10)]:
        brake.held(turn, None, quota=False)
    hold(brake, None)
    gone_at(brake, 1)
    assert clock.slept == [0.5, 1.0]


def test_after_a_hold_one_goes_ahead(brake):
    hold(brake, 5)
    first = brake.turn("go")
    brake.passed(first, useful=True)
    assert (first.scout, brake.turn("go").scout) == (True, False)


def test_a_refusal_of_the_one_that_went_ahead_holds_all_on(brake):
    hold(brake, 5)
    hold(brake, 7)
    scout = brake.turn("go")
    assert (scout.at, scout.scout) == (1012.0, True)


def test_where_the_answer_of_the_one_that_went_ahead_is_lost_the_next_one_does(brake):
    hold(brake, 5)
    brake.lost(brake.turn("go"))
    following = brake.turn("go")
    assert (following.at, following.scout) == (1005.0, True)


def test_a_lost_answer_of_any_other_changes_nothing(brake):
    one, other = brake.turn("go"), brake.turn("go")
    brake.lost(one)
    assert brake.turn("go").scout is False
    brake.held(other, 5, quota=False)
    brake.lost(one)
    assert brake.turn("go").at == 1005.0


@pytest.mark.parametrize("scouting", [True, False])
def test_a_refusal_from_before_a_hold_that_is_over_changes_nothing(brake, clock, scouting):
    one, late = brake.turn("go"), brake.turn("go")
    brake.held(one, 5, quota=True)
    scout = brake.turn("go")
    if scouting:
        brake.held(late, 60, quota=True)
        brake.passed(scout, useful=True)
    else:
        brake.passed(scout, useful=True)
        brake.held(late, 60, quota=True)
    following = brake.turn("go")
    assert (following.at, following.scout, clock.slept) == (1005.0, False, [5])
    clock.now += 100
    assert (brake.holds, brake.active_seconds()) == (2, 1100.0)


def test_an_answer_to_one_sent_before_the_hold_does_not_end_it(brake):
    one, other = brake.turn("go"), brake.turn("go")
    brake.held(one, 5, quota=True)
    brake.passed(other, useful=True)
    assert brake.turn("go").at == 1005.0


def test_the_quota_that_refusals_show_is_kept_from_then_on(brake):
    gone_at(brake, 20)
    hold(brake, 1.0, quota=True)
    at = gone_at(brake, 60)
    # 20 in each second were let through: the next 20 may follow at once, the others come at that rate.
    assert at[0] == at[18] == 1001.0
    assert at[-1] == pytest.approx(1001.0 + 40 / 20, abs=0.2)


def test_a_service_that_was_away_teaches_no_quota(brake):
    gone_at(brake, 20)
    hold(brake, 1.0, quota=False)
    assert gone_at(brake, 60) == [1001.0] * 60


# The ceiling


def ceiling(clock, requests_per_second):
    return Brake(requests_per_second, clock, clock.sleep)


def test_requests_keep_their_distance(clock):
    brake = ceiling(clock, 2.0)
    assert gone_at(brake, 5) == [1000.0, 1000.5, 1001.0, 1001.5, 1002.0]
    assert brake.waited == 2.0


def test_time_that_passed_unused_is_not_made_up_for(clock):
    brake = ceiling(clock, 2.0)
    gone_at(brake, 1)
    clock.now += 60
    assert gone_at(brake, 2) == [1060.0, 1060.5]


def test_the_ceiling_holds_also_after_a_hold(clock):
    brake = ceiling(clock, 2.0)
    hold(brake, 0.1)
    assert gone_at(brake, 3) == [1000.5, 1001.0, 1001.5]


# What is told of a run


def test_a_run_in_which_nothing_moves_ends_after_the_stall_limit(brake, clock):
    with pytest.raises(Stalled, match=r"^Could not read it: .* no useful answer for 300 seconds; run again later"):
        for _number in range(9):
            brake.held(brake.turn("read it"), 101, quota=False)
    assert (brake.turns, clock() - 1000.0) == (3, 202.0)
    with pytest.raises(Stalled):
        brake.turn("read it")


@pytest.mark.parametrize("useful", [True, False])
def test_only_a_useful_answer_starts_the_stall_limit_anew(brake, clock, useful):
    clock.now += STALL_LIMIT
    brake.passed(brake.turn("go"), useful)
    clock.now += 1
    if useful:
        assert brake.turn("go").answers == 1
    else:
        with pytest.raises(Stalled):
            brake.turn("go")


def test_active_seconds_leave_out_the_time_of_the_brake(brake, clock):
    start = brake.active_seconds()
    clock.now += 5
    hold(brake, 60)
    clock.now += 20
    assert brake.active_seconds() - start == pytest.approx(5.0)
    gone_at(brake, 1)
    assert brake.active_seconds() - start == pytest.approx(5.0)
    clock.now += 3
    assert brake.active_seconds() - start == pytest.approx(8.0)


def test_overlapping_holds_are_counted_once(brake, clock):
    one, other = brake.turn("go"), brake.turn("go")
    start = brake.active_seconds()
    brake.held(one, 30, quota=False)
    clock.now += 10
    brake.held(other, 40, quota=False)
    clock.now += 100
    assert brake.active_seconds() - start == pytest.approx(60.0)


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["turn", "passed", "useless", "held", "busy", "no hint", "lost"]),
        st.integers(0, 5),
        st.floats(-1e3, 1e3),
        st.floats(0, 20),
    ),
    max_size=60,
)


@given(ACTIONS, st.sampled_from([0.0, 0.5, 50.0]))
def test_whatever_becomes_of_requests_one_goes_ahead_and_time_goes_forward(new_fake_api, actions, requests_per_second):
    clock = new_fake_api().clock
    brake = Brake(requests_per_second, clock, clock.sleep)
    under_way, turns, active = [], 0, brake.active_seconds()
    for action, which, seconds, passing in actions:
        clock.now += passing
        scouts = [turn for turn in under_way if turn.scout]
        assert len(scouts) <= 1
        if action == "turn" and not scouts:
            try:
                under_way.append(brake.turn("go"))
            except Stalled:
                break
            turns += 1
        elif under_way:
            turn = under_way.pop(which % len(under_way))
            if action in ("passed", "useless", "turn"):
                brake.passed(turn, useful=action != "useless")
            elif action == "lost":
                brake.lost(turn)
            else:
                brake.held(turn, None if action == "no hint" else seconds, quota=action == "held")
        assert brake.active_seconds() >= active - 1e-6
        active = brake.active_seconds()
        assert 0 <= brake.waited <= clock() - 1000.0 + 1e-6
    assert brake.turns == turns


# Threads


@pytest.fixture
def crowd():
    """Return a function that has so many threads ask a brake for a turn, and returns the queue of those given."""
    threads = []

    def ask(brake, count):
        given_turns, together = queue.Queue(), threading.Barrier(count)

        def go():
            together.wait(PATIENCE)
            given_turns.put(brake.turn("go"))

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
def held_crowd(crowd):
    """A brake after a hold, the turns of eight threads at it, and the one of them that went ahead."""
    brake = Brake(0.0, time.monotonic, time.sleep)
    hold(brake, SHORTEST_WAIT)
    turns = crowd(brake, 8)
    scout = turns.get(timeout=PATIENCE)
    assert scout.scout
    nobody_goes(turns)
    return brake, turns, scout


def nobody_goes(turns):
    with pytest.raises(queue.Empty):
        turns.get(timeout=GRACE)


def all_go(brake, turns, scout, count):
    brake.passed(scout, useful=True)
    assert not any(turns.get(timeout=PATIENCE).scout for _count in range(count))


def test_all_wait_for_the_one_that_goes_ahead_and_then_go_together(held_crowd):
    all_go(*held_crowd, count=7)


def test_when_the_one_ahead_is_lost_one_other_goes_ahead(held_crowd):
    brake, turns, scout = held_crowd
    brake.lost(scout)
    following = turns.get(timeout=PATIENCE)
    assert following.scout
    nobody_goes(turns)
    all_go(brake, turns, following, 6)


def test_when_the_one_ahead_is_refused_one_other_goes_ahead_after_the_new_hold(held_crowd):
    brake, turns, scout = held_crowd
    brake.held(scout, 2 * GRACE + SHORTEST_WAIT, quota=True)
    nobody_goes(turns)
    following = turns.get(timeout=PATIENCE)
    assert following.scout
    assert following.at - scout.at >= 2 * GRACE + SHORTEST_WAIT
    nobody_goes(turns)
    all_go(brake, turns, following, 6)


def test_what_many_wait_for_together_is_counted_once(crowd):
    brake = Brake(0.0, time.monotonic, time.sleep)
    began = time.monotonic()
    hold(brake, 0.3)
    turns = crowd(brake, 8)
    all_go(brake, turns, turns.get(timeout=PATIENCE), 7)
    assert 0.25 <= brake.waited <= time.monotonic() - began


@pytest.mark.parametrize("refused", [True, False])
def test_requests_of_many_threads_share_one_ceiling(crowd, refused):
    brake = Brake(500.0, time.monotonic, time.sleep)
    if refused:
        hold(brake, SHORTEST_WAIT)
        brake.passed(brake.turn("go"), useful=True)
    turns = crowd(brake, 20)
    at = sorted(turns.get(timeout=PATIENCE).at for _count in range(20))
    assert all(later - earlier >= 1 / 500 - 1e-5 for earlier, later in zip(at, at[1:]))


# The end of a run


def test_after_a_stop_nobody_gets_a_turn(brake):
    turn = brake.turn("go")
    brake.stop("the run was interrupted")
    with pytest.raises(
        Interrupted, match=r"^Could not read it: the run was interrupted before it was sent; run again"
    ) as caught:
        brake.turn("read it")
    assert not caught.value.may_have_acted
    brake.passed(turn, useful=True)
    assert brake.turns == 1


@pytest.mark.parametrize("held", [True, False])
def test_a_stop_is_told_to_those_who_wait(held):
    """For the scout, or for the end of a hold."""
    told = queue.SimpleQueue()
    stopped = threading.Event()
    brake = Brake(0.0, time.monotonic, stopped.wait)

    def go():
        try:
            told.put(brake.turn("go"))
        except Interrupted as error:
            told.put(error)

    hold(brake, 60 if held else SHORTEST_WAIT)
    if not held:
        scout = brake.turn("look")
    threads = [threading.Thread(target=go, daemon=True) for _number in range(3)]
    for thread in threads:
        thread.start()
    with pytest.raises(queue.Empty):
        told.get(timeout=GRACE)
    brake.stop("the run was interrupted")
    stopped.set()
    assert {type(told.get(timeout=PATIENCE)) for _thread in threads} == {Interrupted}
    if not held:
        brake.lost(scout)


def test_a_turn_is_under_way_until_it_is_handed_back(brake, clock):
    assert not brake.under_way()
    turns = [brake.turn("go") for _number in range(3)]
    brake.passed(turns[0], useful=True)
    clock.now += 7
    brake.lost(turns[1])
    assert (brake.under_way(), brake.silence()) == (True, 7.0)
    brake.held(turns[2], 1, quota=False)
    assert (brake.under_way(), brake.silence()) == (False, 7.0)
