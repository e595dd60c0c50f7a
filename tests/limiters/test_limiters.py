# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fixed part of the table of `make limiters`, and the models themselves."""

from __future__ import annotations

import random

import pytest

from limiters.clients import CLIENTS, OWN
from limiters.models import Bucket, Concurrency, SlidingCounter, SlidingLog, Window
from limiters.rows import ROWS
from limiters.runs import Setting, least_seconds, play
from limiters.virtual import VirtualTime

SHORT = [row for row in ROWS if not row.beyond][::4]
LEAST_GOOD = 30
"""Targets for these rows; the whole table has all rows."""


@pytest.fixture(scope="module")
def outcomes():
    return {row.name: row.play(CLIENTS[OWN]) for row in SHORT}


def test_collection_rows_mostly_good(outcomes):
    assert len(SHORT) >= 30
    missed = {name: outcome for name, outcome in outcomes.items() if not outcome.good}
    assert len(SHORT) - len(missed) >= LEAST_GOOD, missed


def test_collection_no_call_fails(outcomes):
    assert [name for name, outcome in outcomes.items() if outcome.failed] == []


def test_collection_few_refusals_anywhere(outcomes):
    assert max(outcome.refused for outcome in outcomes.values()) <= 0.07


def test_collection_uses_most_of_every_quota(outcomes):
    assert min(outcome.used for outcome in outcomes.values()) >= 0.88


def test_collection_beats_every_other_policy(outcomes):
    for client in set(CLIENTS) - {OWN}:
        others = [row.play(CLIENTS[client]) for row in SHORT[::4]]
        own = [outcomes[row.name] for row in SHORT[::4]]
        assert sum(each.good for each in own) > sum(each.good for each in others), client


def test_play_same_seed_same_outcome():
    row = SHORT[0]
    assert row.play(CLIENTS[OWN]) == row.play(CLIENTS[OWN])


@pytest.mark.parametrize(
    ("limiter", "at", "waits"),
    [
        (Bucket(10, 2), [0, 0, 0, 0.1], [0, 0, 0.1, 0]),
        (Window(2, 10, phase=4), [0, 0, 1, 6], [0, 0, 5, 0]),
        (SlidingLog(2, 10), [0, 4, 5, 10, 11], [0, 0, 5, 0, 3]),
        (SlidingCounter(2, 10), [0, 0, 9, 12, 15], [0, 0, 6, 3, 0]),
    ],
)
def test_limiter_refuses_until_its_hint(limiter, at, waits):
    assert [limiter.take(float(now)) for now in at] == [pytest.approx(wait, abs=1e-6) for wait in waits]


def test_concurrency_limit_frees_ended_requests():
    limiter = Concurrency(1)
    assert (limiter.take(0.0), limiter.take(0.0) > 0) == (0.0, True)
    limiter.done(1.0)
    assert limiter.take(1.0) == 0.0


def test_least_seconds_of_window():
    # 100 immediately, 100 after ten seconds, and half of the latency for the response.
    assert least_seconds(Window(100, 10.0), Setting(0.1, 100, 200)) == pytest.approx(10.05, abs=0.01)


def test_known_rate_nearly_optimal():
    outcome = play(lambda chance: Bucket(10, 10), "exact", Setting(0.05, 10, 1000), CLIENTS["known rate"], "seed")
    assert (outcome.used > 0.98, outcome.refused) == (True, 0.0)


def test_virtual_clock_jumps_to_next_event():
    time, seen = VirtualTime(), []

    def sleeper(seconds):
        def sleep():
            time.sleep(seconds)
            seen.append((seconds, time.now))

        return sleep

    time.run(*[sleeper(seconds) for seconds in random.Random(1).sample(range(1000), 20)])
    assert seen == sorted(seen)
    assert all(seconds == now for seconds, now in seen)


def test_virtual_clock_with_only_waiting_threads_raises():
    time = VirtualTime()
    with pytest.raises(RuntimeError, match="waits for another"):
        time.run(lambda: time.block(time.baton()))
