# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quotas: how much is let in, what the others are told, and what is counted."""

from __future__ import annotations

import email.utils
import sys
import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

HINTS = ["seconds", "http_date", "rfc3339", "retry_delay_list", "retry_delay_dict", "none"]


@pytest.fixture(scope="module")
def make_meter(script):
    """The function that makes meters, out of the code itself: they are given the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.syspath_prepend(str(script.parent))
        from citrix_sim.world.meters import make_meter as function
    return function


def statuses(simulator, count, path="/me"):
    return [simulator.get(path).status_code for _request in range(count)]


def test_a_bucket_is_full_at_first_and_fills_again(make_meter):
    bucket = make_meter("token_bucket", 10, 0.5)
    assert [bucket.take(7.0, 1) for _request in range(5)] == [0.0] * 5
    assert bucket.take(7.0, 1) == pytest.approx(0.1)
    assert bucket.take(7.05, 1) == pytest.approx(0.05)
    assert bucket.take(7.1, 1) == 0.0
    assert [bucket.take(99.0, 1) for _request in range(6)] == [0.0] * 5 + [pytest.approx(0.1)]


def test_a_window_begins_with_the_first_request(make_meter):
    window = make_meter("window", 2, 2)
    assert [window.take(7.5, 1) for _request in range(4)] == [0.0] * 4
    assert window.take(7.5, 1) == pytest.approx(2.0)
    assert window.take(9.25, 1) == pytest.approx(0.25)
    assert [window.take(9.5, 1) for _request in range(5)] == [0.0] * 4 + [pytest.approx(2.0)]
    # The windows go on where nothing is asked for.
    assert window.take(20.0, 1) == 0.0
    assert [window.take(21.4, 1) for _request in range(4)] == [0.0] * 3 + [pytest.approx(0.1)]


@pytest.mark.parametrize(("kind", "expected"), [("token_bucket", 2.6), ("window", 3.0)])
def test_what_costs_more_than_there_ever_is_is_paid_later(make_meter, kind, expected):
    meter = make_meter(kind, 10, 1)
    assert meter.take(0.0, 35) == 0.0
    assert meter.take(0.0, 1) == pytest.approx(expected)
    assert meter.take(expected - 0.01, 1) > 0
    assert meter.take(expected, 1) == 0.0
    full = make_meter(kind, 10, 1)
    assert full.take(0.0, 1) == 0.0
    # Even more than there ever is waits until all of it is there.
    assert full.take(0.0, 35) == pytest.approx(0.1 if kind == "token_bucket" else 1.0)


@pytest.mark.parametrize("kind", ["token_bucket", "window"])
@given(
    capacity=st.integers(4, 60),
    seconds=st.floats(0.1, 60),
    steps=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 4)), max_size=60),
)
def test_no_more_than_the_quota_and_the_wait_is_right(make_meter, kind, capacity, seconds, steps):
    rate = capacity / seconds
    meter, now, taken = make_meter(kind, rate, seconds), 100.0, []
    for pause, cost in steps:
        now += pause
        wait = meter.take(now, cost)
        if wait:
            assert meter.take(now + wait * 0.9, cost) == pytest.approx(wait * 0.1, abs=1e-6)
            now += wait + 1e-6
            assert meter.take(now, cost) == 0.0
        taken.append((now, cost))
    for at, (begin, _cost) in enumerate(taken):
        used = 0
        for last, cost in taken[at:]:
            used += cost
            # Any time touches at most one window more than it is long.
            windows = (last - begin) // seconds + 2
            assert used <= (capacity * windows if kind == "window" else capacity + rate * (last - begin)) + 1e-3


@pytest.mark.parametrize("quota", ["token_bucket", "window"])
def test_requests_beyond_the_quota_are_refused_without_work(simulator, quota):
    simulator.reset(quota=quota, quota_rate=4, quota_seconds=1)
    session_id = next(iter(simulator.state()))
    path = f"/Sessions/{session_id}/$startRecording"
    replies = [simulator.post(path) for _request in range(6)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 200, 429, 429]
    assert replies[-1].headers["Retry-After"] == "1"
    assert replies[-1].headers["Citrix-TransactionId"]
    assert simulator.state()[session_id]["starts"] == 4
    assert [call["status"] for call in simulator.control("calls")["calls"]] == [200, 200, 200, 200, 200, 429, 429]
    time.sleep(1.05)
    assert statuses(simulator, 5) == [200, 200, 200, 200, 429]


def test_counts(simulator):
    before = time.time()
    simulator.reset(quota="window", quota_rate=2, quota_seconds=0.5)
    simulator.sign_in_cloud()
    simulator.sign_in_on_premises()
    nothing = {"accepted": 0, "refused": 0, "first_refused": None, "used": 0, "used_since": 0, "sign_ins": 3}
    assert simulator.control("quota") == nothing
    # One in a window of half a second.
    assert statuses(simulator, 4) == [200, 429, 429, 429]
    time.sleep(0.5)
    assert statuses(simulator, 2) == [200, 429]
    told = simulator.control("quota")
    assert before <= told.pop("first_refused") <= time.time() - 0.5
    assert told == {"accepted": 2, "refused": 4, "used": 2, "used_since": 1, "sign_ins": 3}
    simulator.reset()
    assert statuses(simulator, 30) == [200] * 30
    assert simulator.control("quota") == {**nothing, "accepted": 30, "used": 30, "sign_ins": 1}


@pytest.mark.parametrize("hint", HINTS)
def test_hints(simulator, hint):
    simulator.reset(quota="window", quota_rate=0.4, quota_seconds=2.5, quota_hint=hint)
    simulator.get("/me")
    reply, now = simulator.get("/me"), time.time()
    assert reply.status_code == 429
    header, body = reply.headers.get("Retry-After"), reply.json()
    if hint == "seconds":
        assert header == "3"
    elif hint == "none":
        assert header is None
    elif hint.startswith("retry_delay"):
        delay = body["parameters"]["retryDelay"] if hint.endswith("dict") else body["parameters"][0]["value"]
        assert 2 <= float(delay) <= 2.5
    else:
        parse = email.utils.parsedate_to_datetime if hint == "http_date" else from_rfc3339
        assert 2.3 <= parse(header).timestamp() - now <= 3.6


def from_rfc3339(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_the_hint_is_right(simulator):
    simulator.reset(quota="token_bucket", quota_rate=5, quota_seconds=0.2, quota_hint="retry_delay_dict")
    for _round in range(4):
        while (reply := simulator.get("/me")).status_code == 200:
            pass
        time.sleep(float(reply.json()["parameters"]["retryDelay"]))
        assert simulator.get("/me").status_code == 200


@pytest.mark.parametrize(("counted", "expected"), [("request", [200, 200, 200, 200]), ("items", [200, 200, 429, 429])])
def test_what_a_batch_counts_as(simulator, counted, expected):
    simulator.reset(quota="window", quota_rate=0.2, quota_seconds=50, quota_batch=counted)
    items = [{"Reference": str(at), "RelativeUrl": "/Machines?fields=Id"} for at in range(5)]
    assert [simulator.batch(*items).status_code for _batch in range(4)] == expected
    assert simulator.control("quota")["used"] == (4 if counted == "request" else 10)
    # What makes no sense counts as well.
    simulator.reset(quota="window", quota_rate=0.2, quota_seconds=10, quota_batch=counted)
    assert [simulator.post("/$batch", {}).status_code for _batch in range(3)] == [400, 400, 429]


def test_a_refusal_comes_before_fault_rules(simulator):
    simulator.reset(quota="window", quota_rate=2, quota_seconds=1)
    simulator.faults({"path": "/me", "after": 1, "times": 1, "answer": {"status": 418}})
    assert statuses(simulator, 3) == [200, 418, 429]
    simulator.faults({"path": "/me", "answer": {"status": 418}})
    assert statuses(simulator, 1) == [429]


@pytest.mark.parametrize(
    "settings",
    [
        {"quota": "some"},
        {"quota_rate": 0},
        {"quota_rate": "10"},
        {"quota_seconds": 0},
        {"quota_hint": "perhaps"},
        {"quota_batch": "calls"},
        {"batch_parallelism": 0},
        {"batch_parallelism": 1.5},
        {"batch_item_seconds": -1},
        {"batch_limit": -1},
        {"batch_support": 1},
        {"batch_support": "yes"},
        {"job_seconds": -1},
    ],
)
def test_senseless_settings_of_batches_and_quotas(simulator, settings):
    reply = simulator.raw_control("POST", "reset", json=settings)
    assert reply.status_code == 400
    assert next(iter(settings)) in reply.json()["error"]
