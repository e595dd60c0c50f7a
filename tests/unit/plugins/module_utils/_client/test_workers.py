# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parallel work: one outcome for each item, and no more threads than allowed."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.workers import side_by_side
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError, Interrupted
from hypothesis import given
from hypothesis import strategies as st


@contextmanager
def interrupted_by(handler, begun):
    """Call a signal handler in this thread, soon after the items at a barrier have begun."""

    def kill():
        begun.wait(10)
        # Meanwhile, this thread waits for an outcome.
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        threading.Thread(target=kill).start()
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 100))
def test_workers_each_item_has_one_outcome(fails, workers):
    def double_or_fail(number):
        if fails[number]:
            raise CitrixError(str(number))
        return number * 2

    outcomes = list(side_by_side(double_or_fail, {f"key {n}": n for n in range(len(fails))}, workers))
    assert sorted(key for key, _outcome in outcomes) == sorted(f"key {n}" for n in range(len(fails)))
    for key, outcome in outcomes:
        number = int(key.split()[1])
        assert str(outcome) == str(number if fails[number] else number * 2)
        assert isinstance(outcome, CitrixError) is fails[number]


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_workers_limit_items_in_progress(workers):
    lock, in_progress, most = threading.Lock(), 0, 0

    def count(_item):
        nonlocal in_progress, most
        with lock:
            in_progress += 1
            most = max(most, in_progress)
        time.sleep(0.002)
        with lock:
            in_progress -= 1

    assert len(list(side_by_side(count, dict.fromkeys(range(40)), workers))) == 40
    assert most <= workers


@pytest.mark.parametrize(("items", "workers"), [(1, 5), (3, 1)])
def test_workers_one_item_or_worker_uses_no_thread(items, workers):
    used = [
        thread
        for _key, thread in side_by_side(lambda _item: threading.get_ident(), dict.fromkeys(range(items)), workers)
    ]
    assert used == [threading.get_ident()] * items


@pytest.mark.parametrize("permitted", [0, 1, 3])
def test_workers_share_threads_that_host_permits(monkeypatch, permitted):
    start, started = threading.Thread.start, []

    def limited(thread):
        if len(started) == permitted:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    outcomes = dict(side_by_side(lambda number: number * 2, {n: n for n in range(30)}, 8))
    assert outcomes == {n: n * 2 for n in range(30)}
    assert not any(thread.is_alive() for thread in started)


@pytest.mark.parametrize("count", [2, 5])
def test_workers_run_concurrently(count):
    # Each waits for the others, which would never end in sequence.
    barrier = threading.Barrier(count)
    assert len(list(side_by_side(lambda _item: barrier.wait(10), dict.fromkeys(range(count)), count))) == count


def test_workers_leave_no_thread():
    # The interpreter complains about a thread that ends during its shutdown.
    before = set(threading.enumerate())
    for _each in range(50):
        assert len(list(side_by_side(str, dict.fromkeys(range(20)), 20))) == 20
        assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("items", [1, 10])
def test_bug_is_raised(items, workers):
    def broken(_item):
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        next(side_by_side(broken, dict.fromkeys(range(items)), workers))


@pytest.mark.parametrize(("workers", "most"), [(1, 1), (4, 8)])
def test_workers_start_only_requested_items(workers, most):
    done = []
    outcomes = side_by_side(done.append, {number: number for number in range(100)}, workers)
    next(outcomes)
    outcomes.close()
    assert 1 <= len(done) <= most


def test_workers_abandoned_start_no_ready_item():
    begun, closed, started = threading.Barrier(3), threading.Event(), []

    def run(number):
        started.append(number)
        if number:
            begun.wait(10)
            closed.wait(10)

    before = set(threading.enumerate())
    outcomes = side_by_side(run, dict(enumerate(range(100))), 2)
    assert next(outcomes) == (0, None)
    begun.wait(10)
    outcomes.close()
    closed.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert sorted(started) == [0, 1, 2]


def test_workers_interrupted_keep_outcomes_that_arrived():
    begun, answered, ended = threading.Barrier(3), threading.Event(), threading.Semaphore(0)
    main = threading.current_thread()

    def run(number):
        if number < 2:
            begun.wait(10)
            answered.wait(10)
        elif threading.current_thread() is main:
            raise CitrixError("not sent")
        else:
            # Its worker has delivered the outcome of the item before.
            ended.release()
            time.sleep(0.2)
        return f"done {number}"

    def interrupt(*_given):
        answered.set()
        for _each in range(2):
            ended.acquire(timeout=10)
        raise Interrupted("Gave up.", in_progress=True)

    with interrupted_by(interrupt, begun):
        outcomes = dict(side_by_side(run, dict(enumerate(range(6))), 2))
    assert {key: str(outcome) for key, outcome in outcomes.items()} == {
        0: "done 0",
        1: "done 1",
        2: "Gave up.",
        3: "Gave up.",
        4: "not sent",
        5: "not sent",
    }


@pytest.mark.parametrize(("outer", "inner"), [(2, 10), (5, 10), (10, 3), (3, 40)])
def test_workers_nested_calls_share_limit(outer, inner):
    workers, lock, in_progress, most = 10, threading.Lock(), 0, 0

    def count(_item):
        nonlocal in_progress, most
        with lock:
            in_progress += 1
            most = max(most, in_progress)
        time.sleep(0.01)
        with lock:
            in_progress -= 1

    def many(_item):
        return len(list(side_by_side(count, dict.fromkeys(range(inner)), workers)))

    outcomes = list(side_by_side(many, dict.fromkeys(range(outer)), workers))
    assert outcomes == [(key, inner) for key in sorted(range(outer), key=[key for key, _outcome in outcomes].index)]
    assert outer <= most <= workers


def test_workers_interrupted_fails_running_and_skips_rest():
    begun, never = threading.Barrier(3), threading.Event()

    def run(number):
        if number == 0:
            return "done"
        if never.is_set():
            raise CitrixError("not sent")
        begun.wait()
        never.wait()
        return "too late"

    def interrupt(*_given):
        never.set()
        raise Interrupted("Gave up.", in_progress=True)

    with interrupted_by(interrupt, begun):
        outcomes = dict(side_by_side(run, dict(enumerate(range(6))), 2))
    assert {key: str(outcome) for key, outcome in outcomes.items()} == {
        0: "done",
        1: "Gave up.",
        2: "Gave up.",
        3: "not sent",
        4: "not sent",
        5: "not sent",
    }
    assert [outcomes[key].may_have_acted for key in (1, 3)] == [True, False]
