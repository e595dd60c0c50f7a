# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pace: one brake for all, what is sent again, and what is not."""

from __future__ import annotations

import json
import threading
import time

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import AnswerLost, ConnectionNotMade, Stalled
from ansible_collections.sessionops.citrix.plugins.module_utils._options import Settings
from ansible_collections.sessionops.citrix.plugins.module_utils._pace import (
    LONGEST_WAIT,
    SHORTEST_WAIT,
    STALL_LIMIT,
    Pace,
    backoff,
    retry_delay,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._transport import Reply, Request
from hypothesis import example, given
from hypothesis import strategies as st

NOW = 1767604471.0
READ = Request("GET", "https://api.cloud.com/read", "read something")
WRITE = Request("POST", "https://api.cloud.com/write", "write something", write=True)
OK = Reply(200, {}, "{}")
DROPPED = AnswerLost("The answer was lost.")


def wait_for(seconds):
    return Reply(429, {"Retry-After": str(seconds)}, "")


class Server:
    """A transport that gives its answers in turn, the last one for ever, and notes when it was asked."""

    def __init__(self, clock, *answers):
        self._clock = clock
        self._answers = list(answers)
        self.asked_at = []

    def send(self, request):
        self.asked_at.append(self._clock())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def paced(clock, settings):
    """Return a factory of (pace, server) for a list of answers and the options given."""

    def make(*answers, **given):
        server = Server(clock, *answers)
        return Pace(server, settings(**given), clock, clock.sleep), server

    return make


@pytest.mark.parametrize("status", [200, 202, 204, 307, 400, 401, 403, 404, 409])
@pytest.mark.parametrize("request_", [READ, WRITE])
def test_an_answer_that_is_no_fault_comes_back_at_once(paced, clock, request_, status):
    pace, server = paced(Reply(status, {}, ""))
    assert pace.send(request_).status == status
    assert (len(server.asked_at), clock.slept, pace.requests, pace.throttled) == (1, [], 1, 0)


@pytest.mark.parametrize(
    "fault", [Reply(500, {}, ""), Reply(502, {}, ""), Reply(503, {}, ""), Reply(530, {}, ""), DROPPED]
)
def test_a_read_is_sent_again_after_a_fault(paced, fault):
    pace, server = paced(fault, fault, OK)
    assert pace.send(READ) is OK
    assert (len(server.asked_at), pace.requests) == (3, 3)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 530])
def test_a_write_is_not_sent_again_after_a_fault_of_the_server(paced, status):
    pace, server = paced(Reply(status, {}, ""), OK)
    assert pace.send(WRITE).status == status
    assert len(server.asked_at) == 1


@pytest.mark.parametrize("error", [DROPPED, ConnectionNotMade("No connection.")])
def test_a_write_is_not_sent_again_when_its_answer_is_lost(paced, error):
    pace, server = paced(error, OK)
    with pytest.raises(type(error)):
        pace.send(WRITE)
    assert len(server.asked_at) == 1


def test_a_connection_that_is_not_made_was_tried_often_enough_below(paced):
    pace, server = paced(ConnectionNotMade("No connection."), OK)
    with pytest.raises(ConnectionNotMade):
        pace.send(READ)
    assert len(server.asked_at) == 1


def test_a_write_is_sent_again_after_it_was_refused_for_the_rate(paced, clock):
    pace, server = paced(wait_for(7), OK)
    assert pace.send(WRITE) is OK
    assert server.asked_at == [1000.0, 1007.0]
    assert pace.throttled == 1


@pytest.mark.parametrize("retries", [0, 1, 4])
@pytest.mark.parametrize("fault", [Reply(500, {}, ""), wait_for(1)])
def test_tries_end_with_the_last_answer(paced, retries, fault):
    pace, server = paced(fault, retries=retries)
    assert pace.send(READ) is fault
    assert len(server.asked_at) == 1 + retries


def test_tries_end_with_the_last_error(paced):
    pace, server = paced(DROPPED, retries=2)
    with pytest.raises(AnswerLost):
        pace.send(READ)
    assert len(server.asked_at) == 3


def test_pauses_without_a_hint_grow(paced, clock):
    pace, _server = paced(Reply(500, {}, ""), retries=4)
    pace.send(READ)
    assert clock.slept == [0.5, 1.0, 2.0, 4.0]
    assert backoff(20) == 30.0


def test_a_status_that_is_final_for_the_caller_comes_back_at_once(paced, clock):
    pace, server = paced(Reply(500, {}, "no such session?"), OK)
    final = Request("GET", "https://api.cloud.com/status", "read the status", final=(500,))
    assert pace.send(final).status == 500
    assert (len(server.asked_at), clock.slept) == (1, [])


def test_a_final_status_does_not_make_others_final(paced):
    pace, server = paced(Reply(502, {}, ""), OK)
    assert pace.send(Request("GET", "https://api.cloud.com/status", "read the status", final=(500,))) is OK
    assert len(server.asked_at) == 2


def test_while_others_get_through_a_429_uses_up_no_try(paced):
    left = 10

    def busy(request):
        nonlocal left
        if request is WRITE:
            return OK
        left -= 1
        # Another request gets its answer while this one is under way.
        pace.send(WRITE)
        return OK if left == 0 else wait_for(1)

    pace, _server = paced(busy, retries=1)
    assert pace.send(READ) is OK
    assert left == 0


@pytest.mark.parametrize("fault", [Reply(500, {}, ""), Reply(503, {}, ""), AnswerLost("no answer")])
def test_a_fault_of_one_request_uses_up_its_tries_though_others_get_through(paced, fault):
    tried = []

    def poisoned(request):
        if request is WRITE:
            return OK
        tried.append(request)
        pace.send(WRITE)
        assert len(tried) <= 3, "that would go on for as long as there are others"
        if isinstance(fault, AnswerLost):
            raise fault
        return fault

    pace, _server = paced(poisoned, retries=2)
    try:
        outcome = pace.send(READ)
    except AnswerLost as error:
        outcome = error
    assert outcome is fault
    assert len(tried) == 3


@pytest.mark.parametrize("request_", [READ, WRITE])
def test_a_run_in_which_nothing_moves_ends_after_the_stall_limit(paced, clock, request_):
    pace, server = paced(wait_for(101), retries=20)
    with pytest.raises(Stalled, match=r"Could not (read|write) something: .* for 300 seconds; run again later"):
        pace.send(request_)
    assert clock() - 1000.0 <= STALL_LIMIT
    assert len(server.asked_at) == 3
    with pytest.raises(Stalled):
        pace.send(READ)
    assert len(server.asked_at) == 3


def test_a_useful_answer_starts_the_stall_limit_anew(paced, clock):
    pace, server = paced(wait_for(100), wait_for(100), OK, wait_for(100), wait_for(100), OK)
    assert pace.send(READ) is OK
    assert pace.send(READ) is OK
    assert clock() - 1000.0 == 400.0
    assert len(server.asked_at) == 6


def test_the_brake_holds_every_request_until_the_moment_that_was_named(paced, clock):
    pace, server = paced(wait_for(30), OK, retries=0)
    assert pace.send(READ).status == 429
    clock.now += 10
    assert pace.send(WRITE) is OK
    assert server.asked_at == [1000.0, 1030.0]


def test_a_shorter_hint_does_not_loosen_the_brake(paced):
    pace, server = paced(
        lambda _request: (pace.send(WRITE), wait_for(1))[1],
        wait_for(60),
        OK,
        retries=0,
    )
    pace.send(READ)
    pace.send(READ)
    assert server.asked_at == [1000.0, 1000.0, 1060.0]


def test_the_brake_holds_a_request_that_waits_for_its_turn_too(settings, clock):
    """A request that already has its turn must not go out once the server has asked all to wait."""
    waiting, braked = threading.Event(), threading.Event()

    def sleep(seconds):
        waiting.set()
        assert braked.wait(10)
        clock.sleep(seconds)

    def refuse_while_the_other_waits(_request):
        other.start()
        assert waiting.wait(10)
        return wait_for(60)

    server = Server(clock, refuse_while_the_other_waits, OK)
    pace = Pace(server, settings(requests_per_second=1.0, retries=0), clock, sleep)
    other = threading.Thread(target=pace.send, args=(READ,))
    assert pace.send(READ).status == 429
    braked.set()
    other.join()
    assert server.asked_at[0] == 1000.0
    assert server.asked_at[1] >= 1060.0


def test_requests_keep_their_distance(paced):
    pace, server = paced(OK, requests_per_second=2.0)
    for _count in range(5):
        pace.send(READ)
    assert server.asked_at == [1000.0, 1000.5, 1001.0, 1001.5, 1002.0]


def test_time_that_passed_unused_is_not_made_up_for(paced, clock):
    pace, server = paced(OK, requests_per_second=2.0)
    pace.send(READ)
    clock.now += 60
    pace.send(READ)
    pace.send(READ)
    assert server.asked_at == [1000.0, 1060.0, 1060.5]


def test_requests_of_many_threads_share_one_ceiling(settings):
    pace = Pace(Server(time.monotonic, OK), settings(requests_per_second=500.0))
    threads = [threading.Thread(target=pace.send, args=(READ,)) for _count in range(20)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began >= 19 / 500
    assert pace.requests == 20


def test_without_a_limit_nothing_waits(paced, clock):
    pace, _server = paced(OK, requests_per_second=0.0)
    for _count in range(5):
        pace.send(READ)
    assert clock.slept == []


def test_active_seconds_leave_out_the_time_of_the_brake(paced, clock):
    pace, _server = paced(wait_for(60), OK)
    start = pace.active_seconds()
    clock.now += 5
    pace.send(READ)
    assert clock() == 1065.0
    assert pace.active_seconds() - start == pytest.approx(5.0)
    clock.now += 3
    assert pace.active_seconds() - start == pytest.approx(8.0)


def test_active_seconds_stand_still_while_the_brake_is_on(paced, clock):
    pace, _server = paced(wait_for(60), retries=0)
    start = pace.active_seconds()
    pace.send(READ)
    clock.now += 20
    assert pace.active_seconds() == pytest.approx(start)
    pace.send(READ)
    assert pace.active_seconds() == pytest.approx(start)


def test_overlapping_brakes_are_counted_once(paced, clock):
    pace, _server = paced(lambda _request: (pace.send(WRITE), wait_for(30))[1], wait_for(20), OK, retries=0)
    start = pace.active_seconds()
    pace.send(READ)
    clock.now += 100
    assert pace.active_seconds() - start == pytest.approx(70.0)


IN_A_MINUTE = {"Retry-After": "Mon, 05 Jan 2026 09:15:31 GMT"}


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, "", 7.0),
        ({"Retry-After": " 7.5 "}, "", 7.5),
        ({"Retry-After": "0"}, "", 0.0),
        ({"Retry-After": "-3"}, "", -3.0),
        ({"Retry-After": "999999999"}, "", 999999999.0),
        (IN_A_MINUTE, "", 60.0),
        ({"Retry-After": "2026-01-05T09:15:31.0000000Z"}, "", 60.0),
        ({"Retry-After": "Mon, 05 Jan 2026 09:13:31 GMT"}, "", -60.0),
        ({}, {"parameters": [{"name": "retryDelay", "value": "12"}]}, 12.0),
        ({}, {"parameters": [{"name": "other", "value": "1"}, {"name": "retryDelay", "value": 12}]}, 12.0),
        ({}, {"parameters": {"retryDelay": "12"}}, 12.0),
        ({}, {"parameters": {"retryDelay": "2026-01-05T09:15:31Z"}}, 60.0),
        ({}, {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 12 seconds."}, 12.0),
        ({}, "Try again in 1 second.", 1.0),
        ({"Retry-After": "7"}, {"parameters": {"retryDelay": "12"}}, 7.0),
        ({"Retry-After": "soon"}, {"parameters": {"retryDelay": "12"}}, 12.0),
        ({"Retry-After": "nan"}, "", None),
        ({"Retry-After": "inf"}, "", None),
        ({"Retry-After": ""}, "", None),
        ({}, {"parameters": {"retryDelay": None}}, None),
        ({}, {"parameters": None}, None),
        ({}, {"parameters": [None, 3, "retryDelay"]}, None),
        ({}, "[]", None),
        ({}, "<html>busy</html>", None),
        ({}, "", None),
    ],
)
def test_a_hint_is_found_in_every_form_that_is_met(headers, body, seconds):
    text = body if isinstance(body, str) else json.dumps(body)
    assert retry_delay(headers, text, NOW) == seconds


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(("parameters", "name", "value", "retryDelay")), inner)
    ),
    max_leaves=10,
)
PARAMETERS = st.lists(st.fixed_dictionaries({}, optional={"name": JSON, "value": JSON}) | JSON)
BODIES = (JSON | st.fixed_dictionaries({"parameters": PARAMETERS | JSON})).map(json.dumps) | st.text(st.characters())
HINTS = st.none() | st.text(st.characters()) | st.integers().map(str) | st.floats().map(str) | st.datetimes().map(str)


def waits_of_the_brake(headers, body):
    """Return the seconds for which a 429 with this hint holds the next request."""
    now, waits = [0.0], []

    def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds

    server = Server(lambda: now[0], Reply(429, headers, body), OK)
    pace = Pace(server, Settings("given", "", "", "customer1", "site1", False), lambda: now[0], sleep)
    assert pace.send(READ) is OK
    return waits


@given(HINTS, BODIES)
@example(None, '{"parameters": [{"name": ["retryDelay"], "value": 1}]}')
@example(None, '{"parameters": [{"name": {}, "value": 1}]}')
@example("1e400", "")
@example("-999999999999", "")
def test_no_hint_makes_it_raise_and_no_hint_holds_the_run_too_long(hint, body):
    headers = {} if hint is None else {"Retry-After": hint}
    told = retry_delay(headers, body, NOW)
    assert told is None or isinstance(told, float)
    (waited,) = waits_of_the_brake(headers, body)
    assert SHORTEST_WAIT <= waited <= LONGEST_WAIT


@pytest.mark.parametrize(("hint", "waited"), [("0", SHORTEST_WAIT), ("-5", SHORTEST_WAIT), ("86400", LONGEST_WAIT)])
def test_a_hint_out_of_all_proportion_is_cut(hint, waited):
    assert waits_of_the_brake({"Retry-After": hint}, "") == [waited]


def test_a_body_that_is_nested_beyond_all_measure_holds_no_hint():
    assert retry_delay({}, "[" * 100_000, NOW) is None
