# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quotas: which requests are accepted, the hint for the others, and the counts."""

from __future__ import annotations

import email.utils
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

RETRY_AFTER = ["seconds", "gateway", "http_date", "rfc3339"]
HINTS = ["retry_delay_list", "retry_delay_dict", *RETRY_AFTER, "none"]
KINDS = ["token_bucket", "window", "sliding_log", "sliding_counter"]


@pytest.fixture(scope="module")
def make_meter(script):
    """Return a factory of functions that take (now, cost) from a meter and return the wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.syspath_prepend(str(script.parent))
        from citrix_sim.state.meters import METERS

    def make(kind, rate, seconds):
        meter = METERS[kind](rate, seconds)

        def take(now, cost):
            wait = meter.wait(now, cost)
            if wait == 0:
                meter.spend(now, cost)
            return wait

        return take

    return make


def statuses(simulator, count, path="/me"):
    return [simulator.get(path).status_code for _request in range(count)]


def test_quota_bucket_full_at_start_and_refilled(make_meter):
    take = make_meter("token_bucket", 10, 0.5)
    assert [take(7.0, 1) for _request in range(5)] == [0.0] * 5
    assert take(7.0, 1) == pytest.approx(0.1)
    assert take(7.05, 1) == pytest.approx(0.05)
    assert take(7.1, 1) == 0.0
    assert [take(99.0, 1) for _request in range(6)] == [0.0] * 5 + [pytest.approx(0.1)]


def test_quota_window_begins_with_first_request(make_meter):
    take = make_meter("window", 2, 2)
    assert [take(7.5, 1) for _request in range(4)] == [0.0] * 4
    assert take(7.5, 1) == pytest.approx(2.0)
    assert take(9.25, 1) == pytest.approx(0.25)
    assert [take(9.5, 1) for _request in range(5)] == [0.0] * 4 + [pytest.approx(2.0)]
    # Windows continue without requests.
    assert take(20.0, 1) == 0.0
    assert [take(21.4, 1) for _request in range(4)] == [0.0] * 3 + [pytest.approx(0.1)]


def test_quota_sliding_log_counts_requests_until_old(make_meter):
    take = make_meter("sliding_log", 2, 2)
    assert [take(now, 1) for now in (7.0, 7.5, 8.0, 8.5)] == [0.0] * 4
    assert take(8.9, 1) == pytest.approx(0.1)
    assert take(9.0, 1) == 0.0
    # Another window would accept four here.
    assert take(9.0, 1) == pytest.approx(0.5)
    assert take(9.25, 2) == pytest.approx(0.75)
    assert take(10.0, 2) == 0.0


def test_quota_sliding_counter_weighs_previous_window(make_meter):
    take = make_meter("sliding_counter", 2, 2)
    assert [take(7.0, 1) for _request in range(4)] == [0.0] * 4
    assert take(7.0, 1) == pytest.approx(2.5)
    assert take(9.0, 1) == pytest.approx(0.5)
    assert take(9.5, 1) == 0.0
    assert take(9.5, 1) == pytest.approx(0.5)
    assert take(10.0, 1) == 0.0
    # Two were accepted by then, and the next window counts them in full at its start.
    assert [take(11.0, 1), take(11.0, 1), take(11.0, 1)] == [0.0, 0.0, pytest.approx(1.0)]


EXPECTED = {"token_bucket": 2.6, "window": 3.0, "sliding_log": 1.0, "sliding_counter": 2 - 9 / 35}


@pytest.mark.parametrize("kind", KINDS)
def test_quota_cost_above_capacity_waits_for_all(make_meter, kind):
    take, expected = make_meter(kind, 10, 1), EXPECTED[kind]
    assert take(0.0, 35) == 0.0
    assert take(0.0, 1) == pytest.approx(expected)
    assert take(expected - 0.01, 1) > 0
    assert take(expected + 1e-9, 1) == 0.0
    take = make_meter(kind, 10, 1)
    assert take(0.0, 1) == 0.0
    assert take(0.0, 35) == pytest.approx({"token_bucket": 0.1, "sliding_counter": 2.0}.get(kind, 1.0))


@pytest.mark.parametrize("kind", KINDS)
@given(
    capacity=st.integers(4, 60),
    seconds=st.floats(0.1, 60),
    steps=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 4)), max_size=60),
)
def test_quota_never_exceeded_and_wait_exact(make_meter, kind, capacity, seconds, steps):
    rate = capacity / seconds
    take, now, taken = make_meter(kind, rate, seconds), 100.0, []
    for pause, cost in steps:
        now += pause
        wait = take(now, cost)
        if wait:
            assert take(now + wait * 0.9, cost) == pytest.approx(wait * 0.1, abs=1e-6)
            now += wait + 1e-6
            assert take(now, cost) == 0.0
        taken.append((now, cost))
    for at, (begin, _cost) in enumerate(taken):
        used = 0
        for last, cost in taken[at:]:
            used += cost
            # The small addend allows for rounded times.
            assert used <= _most(kind, capacity, seconds, last - begin + 1e-9) + 1e-3


def _most(kind, capacity, seconds, span):
    """Return the maximum that a limit accepts during a span of time."""
    if kind == "token_bucket":
        return capacity + capacity / seconds * span
    if kind == "sliding_log":
        return capacity * (span // seconds + 1)
    # A span touches at most one window more than its length.
    return capacity * (span // seconds + 2)


@pytest.mark.parametrize("quota", KINDS)
def test_quota_exceeded_requests_refused_without_work(simulator, quota):
    simulator.reset(quota=quota, quota_rate=0.04, quota_seconds=100)
    session_id = next(iter(simulator.state()))
    path = f"/Sessions/{session_id}/$startRecording"
    replies = [simulator.post(path) for _request in range(6)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 200, 429, 429]
    assert replies[-1].json()["type"] == "https://errors-api.cloud.com/common/rateLimitExceeded"
    assert replies[-1].headers["Citrix-TransactionId"]
    assert simulator.state()[session_id]["starts"] == 4
    assert [call["status"] for call in simulator.control("calls")["calls"]] == [200, 200, 200, 200, 200, 429, 429]


def test_quota_counts(simulator, timed):
    before = time.time()
    nothing = {"accepted": 0, "refused": 0, "first_refused": None, "used": 0, "used_since": 0, "sign_ins": 3}

    def two_windows():
        simulator.reset(quota="window", quota_rate=2, quota_seconds=0.5)
        simulator.sign_in_cloud()
        simulator.sign_in_on_premises()
        assert simulator.control("quota") == nothing
        first = statuses(simulator, 4)
        time.sleep(0.5)
        return first, statuses(simulator, 2), simulator.control("quota")

    # One in a window of half a second.
    first, second, counts = timed(0.5, 1, two_windows)
    assert (first, second) == ([200, 429, 429, 429], [200, 429])
    assert before <= counts.pop("first_refused") <= time.time() - 0.5
    assert counts == {"accepted": 2, "refused": 4, "used": 2, "used_since": 1, "sign_ins": 3}
    simulator.reset()
    assert statuses(simulator, 30) == [200] * 30
    assert simulator.control("quota") == {**nothing, "accepted": 30, "used": 30, "sign_ins": 1}


VALUES = {"exact": (22, 25), "rounded_up": (23, 25), "constant": (7, 7), "too_short": (11, 12.5), "too_long": (44, 50)}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("hint", HINTS)
def test_quota_hints(simulator, hint, value):
    settings = {"quota_hint": hint, "quota_hint_value": value, "quota_hint_seconds": 7}
    simulator.reset(quota="window", quota_rate=0.04, quota_seconds=25, **settings)
    simulator.get("/me")
    reply, now = simulator.get("/me"), time.time()
    assert reply.status_code == 429
    header, body = reply.headers.get("Retry-After"), reply.json()
    least, most = VALUES[value]
    if hint in ("seconds", "gateway"):
        shown = float(header)
    elif hint.startswith("retry_delay"):
        shown = float(body["parameters"]["retryDelay"] if hint.endswith("dict") else body["parameters"][0]["value"])
    elif hint == "none":
        assert (header, body["parameters"]) == (None, [])
        return
    else:
        parse = email.utils.parsedate_to_datetime if hint == "http_date" else from_rfc3339
        shown, least, most = parse(header).timestamp() - now, least - 1, most + 2
    assert least <= shown <= most
    assert value not in ("rounded_up", "constant") or shown == int(shown) or hint in ("http_date", "rfc3339")
    # All forms except the gateway's are an ErrorResponse.
    assert set(body) == ({"statusCode", "message"} if hint == "gateway" else {"type", "detail", "parameters"})
    assert (header is None) is hint.startswith("retry_delay")


def from_rfc3339(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_quota_hint_exact(simulator):
    simulator.reset(quota="token_bucket", quota_rate=5, quota_seconds=0.2, quota_hint_value="exact")
    for _round in range(4):
        while (reply := simulator.get("/me")).status_code == 200:
            pass
        time.sleep(float(reply.json()["parameters"][0]["value"]))
        assert simulator.get("/me").status_code == 200


@pytest.mark.parametrize(("counted", "expected"), [("request", [200, 200, 200, 200]), ("items", [200, 200, 429, 429])])
def test_quota_batch_cost(simulator, counted, expected):
    simulator.reset(quota="window", quota_rate=0.2, quota_seconds=50, quota_batch=counted)
    items = [{"Reference": str(at), "RelativeUrl": "/Machines?fields=Id"} for at in range(5)]
    assert [simulator.batch(*items).status_code for _batch in range(4)] == expected
    assert simulator.control("quota")["used"] == (4 if counted == "request" else 10)
    # Invalid batches count too.
    simulator.reset(quota="window", quota_rate=0.2, quota_seconds=10, quota_batch=counted)
    assert [simulator.post("/$batch", {}).status_code for _batch in range(3)] == [400, 400, 429]


def test_quota_two_limits_apply_together(simulator):
    second = {"quota_also": "sliding_log", "quota_also_rate": 0.05, "quota_also_seconds": 60}
    simulator.reset(quota="window", quota_rate=0.05, quota_seconds=100, **second)
    assert statuses(simulator, 4) == [200, 200, 200, 429]
    assert float(simulator.get("/me").json()["parameters"][0]["value"]) <= 60
    simulator.reset(quota="window", quota_rate=0.02, quota_seconds=100, **second)
    assert statuses(simulator, 3) == [200, 200, 429]
    assert float(simulator.get("/me").json()["parameters"][0]["value"]) > 60


def test_quota_concurrent_requests_limited(simulator):
    simulator.reset(quota_concurrency=2)
    simulator.faults({"latency": 3, "path": "/Machines$"})
    with ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(simulator.get, "/Machines") for _request in range(2)]
        while len(simulator.control("calls")["calls"]) < 3:
            pass
        assert statuses(simulator, 2) == [429, 429]
    assert [reply.result().status_code for reply in slow] == [200, 200]
    # Each request that has ended makes room, with any result.
    simulator.faults({"path": "/me$", "times": 5, "drop": {}})
    for _request in range(5):
        with pytest.raises(requests.ConnectionError):
            simulator.get("/me")
    assert statuses(simulator, 5) == [200] * 5


def test_quota_limit_shared_by_nodes(simulator):
    simulator.reset(quota="window", quota_rate=0.2, quota_seconds=100, quota_nodes=4)
    codes = statuses(simulator, 40)
    # Five for each node, and a request is assigned to any node.
    assert codes.count(200) == 20
    first = codes.index(429)
    assert 5 < first < 20
    assert 200 in codes[first:]


def test_quota_used_by_other_traffic(simulator):
    simulator.reset(quota="window", quota_rate=0.5, quota_seconds=100, quota_shared=100)
    assert statuses(simulator, 1) == [200]
    time.sleep(0.6)
    assert statuses(simulator, 1) == [429]
    counts = simulator.control("quota")
    assert (counts["accepted"], counts["refused"]) == (1, 1)


def test_quota_refusal_precedes_fault_rules(simulator):
    simulator.reset(quota="window", quota_rate=0.02, quota_seconds=100)
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
        {"quota_hint_value": "perhaps"},
        {"quota_also": "some"},
        {"quota_nodes": 0},
        {"quota_nodes": 1.5},
        {"quota_concurrency": -1},
        {"quota_shared": -1},
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
def test_invalid_settings_of_batches_and_quotas(simulator, settings):
    reply = simulator.raw_control("POST", "reset", json=settings)
    assert reply.status_code == 400
    assert next(iter(settings)) in reply.json()["error"]
