# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The retrier: one throttle for all; which requests it resends."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.retries import Retrier, may_repeat
from ansible_collections.sessionops.citrix.plugins.module_utils._client.throttle import LONGEST_WAIT, SHORTEST_WAIT
from ansible_collections.sessionops.citrix.plugins.module_utils._client.transport import LOST, Reply, Request
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import (
    CitrixError,
    ConnectionNotMade,
    Interrupted,
    ResponseLost,
    ResponseTooLarge,
    Stalled,
)

READ = Request("GET", "https://api.cloud.com/read", "read something")
WRITE = Request("POST", "https://api.cloud.com/write", "write something", write=True)
OK = Reply(200, {}, "{}")
DROPPED = ResponseLost("The answer was lost.")
LONG = 5
"""Seconds that no test must wait."""


def wait_for(seconds):
    return Reply(429, {"Retry-After": str(seconds)}, "")


class Server:
    """A transport that returns these responses in turn, repeats the last, and records the times."""

    def __init__(self, clock, *answers):
        self._clock = clock
        self._answers = list(answers)
        self.sent_at = []

    def send(self, request):
        self.sent_at.append(self._clock())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def retrying(clock, settings):
    """Return a factory of (retrier, server) for a list of responses and options."""

    def make(*answers, **given):
        server = Server(clock, *answers)
        return clock.make(Retrier, server, settings(**given)), server

    return make


def counted(retrier):
    """Return the number of requests sent, and of those throttled."""
    counts = retrier.throttle.counts()
    return counts["requests"], counts["throttled"]


@pytest.mark.parametrize("status", [200, 202, 204, 307, 400, 401, 403, 404, 409])
@pytest.mark.parametrize("request_", [READ, WRITE])
def test_retrier_success_returned_immediately(retrying, clock, request_, status):
    retrier, server = retrying(Reply(status, {}, ""))
    assert retrier.send(request_).status == status
    assert (len(server.sent_at), clock.slept, counted(retrier)) == (1, [], (1, 0))


@pytest.mark.parametrize(
    "fault",
    [Reply(408, {}, ""), Reply(500, {}, ""), Reply(502, {}, ""), Reply(503, {}, ""), Reply(530, {}, ""), DROPPED],
)
def test_retrier_read_resent_after_fault(retrying, fault):
    retrier, server = retrying(fault, fault, OK)
    assert retrier.send(READ) is OK
    assert (len(server.sent_at), counted(retrier)[0]) == (3, 3)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 530])
def test_retrier_write_not_resent_after_server_error(retrying, status):
    retrier, server = retrying(Reply(status, {}, ""), OK)
    assert retrier.send(WRITE).status == status
    assert len(server.sent_at) == 1


@pytest.mark.parametrize("error", [DROPPED, ConnectionNotMade("No connection.")])
def test_retrier_write_with_lost_response_not_resent(retrying, error):
    retrier, server = retrying(error, OK)
    with pytest.raises(type(error)):
        retrier.send(WRITE)
    assert len(server.sent_at) == 1


def test_connection_failure_not_retried_above_transport(retrying):
    retrier, server = retrying(ConnectionNotMade("No connection."), OK)
    with pytest.raises(ConnectionNotMade):
        retrier.send(READ)
    assert len(server.sent_at) == 1


def test_retrier_throttled_write_resent(retrying, clock):
    retrier, server = retrying(wait_for(7), OK)
    assert retrier.send(WRITE) is OK
    assert server.sent_at == [1000.0, 1007.0]
    assert counted(retrier) == (2, 1)


@pytest.mark.parametrize("retries", [0, 1, 4])
@pytest.mark.parametrize("status", [500, 503])
def test_retrier_last_response_returned(retrying, retries, status):
    retrier, server = retrying(Reply(status, {}, ""), retries=retries)
    assert retrier.send(READ).status == status
    assert len(server.sent_at) == 1 + retries


@pytest.mark.parametrize("request_", [READ, WRITE])
def test_retrier_429_does_not_count_as_retry(retrying, request_):
    retrier, _server = retrying(*[wait_for(1)] * 10, OK, retries=0)
    assert retrier.send(request_) is OK
    assert counted(retrier) == (11, 10)


def test_retrier_last_error_raised(retrying):
    retrier, server = retrying(DROPPED, retries=2)
    with pytest.raises(ResponseLost):
        retrier.send(READ)
    assert len(server.sent_at) == 3


@pytest.mark.parametrize(
    ("request_", "answers", "sent"),
    [
        (WRITE, [OK], 1),
        (WRITE, [Reply(500, {}, "")], 1),
        (WRITE, [wait_for(1), wait_for(1), OK], 3),
        (WRITE, [DROPPED], 1),
        (WRITE, [ResponseTooLarge("Too large.")], 1),
        (WRITE, [Interrupted("Canceled.", in_progress=True)], 1),
        (WRITE, [CitrixError("Refused in check mode.")], 0),
        (WRITE, [ConnectionNotMade("No connection.")], 0),
        (READ, [Reply(500, {}, ""), OK], 0),
    ],
)
def test_retrier_writes_sent_counted(retrying, request_, answers, sent):
    retrier, _server = retrying(*answers)
    with suppress(CitrixError):
        retrier.send(request_)
    assert retrier.writes_sent == sent


def test_retrier_write_in_progress_counted(retrying):
    retrier, _server = retrying(lambda _request: Reply(200, {}, str(retrier.writes_sent)))
    assert retrier.send(WRITE).text == "1"


def test_retrier_pauses_after_faults_grow(retrying, clock):
    retrier, _server = retrying(Reply(500, {}, ""), retries=4)
    retrier.send(READ)
    assert clock.slept == [0.5, 1.0, 2.0, 4.0]


def test_status_final_for_caller_returned_immediately(retrying, clock):
    retrier, server = retrying(Reply(500, {}, "no such session?"), OK)
    final = Request("GET", "https://api.cloud.com/status", "read the status", final=(500,))
    assert retrier.send(final).status == 500
    assert (len(server.sent_at), clock.slept) == (1, [])


def test_retrier_other_statuses_still_retried(retrying):
    retrier, server = retrying(Reply(502, {}, ""), OK)
    assert retrier.send(Request("GET", "https://api.cloud.com/status", "read the status", final=(500,))) is OK
    assert len(server.sent_at) == 2


def test_retrier_stalled_run_ends_with_remaining_work(retrying):
    retrier, server = retrying(wait_for(101), retries=20)
    with pytest.raises(Stalled, match=r"Could not write something: .* for 300 seconds; run again later"):
        retrier.send(WRITE)
    assert len(server.sent_at) == 3
    with pytest.raises(Stalled, match="Could not read something"):
        retrier.send(READ)
    assert len(server.sent_at) == 3


@pytest.mark.parametrize(
    ("useless", "final"),
    [
        (Reply(500, {}, ""), ()),
        (Reply(530, {}, ""), ()),
        (DROPPED, ()),
        (Reply(500, {}, ""), (500,)),
    ],
)
def test_progress_of_run(retrying, clock, useless, final):
    retrier, _server = retrying(useless, retries=0)
    clock.now += 200
    try:
        retrier.send(replace(READ, final=final))
    except ResponseLost:
        pass
    clock.now += 200
    if final:
        retrier.send(replace(READ, final=final))
    else:
        with pytest.raises(Stalled):
            retrier.send(READ)


def test_retrier_refusal_with_time_delays_all_requests(retrying, clock):
    def go_on(_request):
        clock.now += 10
        return wait_for(20)

    retrier, server = retrying(wait_for(30), go_on, OK)
    assert retrier.send(WRITE) is OK
    assert server.sent_at == [1000.0, 1030.0, 1060.0]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "body", "waited"),
    [
        ({"Retry-After": "7"}, "", 7.0),
        ({}, '{"parameters": {"retryDelay": "12"}}', 12.0),
        ({}, "", 0.5),
        ({"Retry-After": "0"}, "", SHORTEST_WAIT),
        ({"Retry-After": "86400"}, "", LONGEST_WAIT),
    ],
)
def test_retrier_retry_after_delays_next_request(retrying, clock, status, headers, body, waited):
    retrier, _server = retrying(Reply(status, headers, body), OK)
    assert retrier.send(READ) is OK
    assert clock.slept == [pytest.approx(waited)]
    assert retrier.throttle.counts() == {"requests": 2, "throttled": 1, "waited_seconds": waited}


def test_final_503_delays_no_request(retrying, clock):
    retrier, _server = retrying(Reply(503, {"Retry-After": "60"}, ""), OK)
    assert retrier.send(replace(WRITE, final=(503,))).status == 503
    retrier.send(READ)
    assert (clock.slept, counted(retrier)) == ([], (2, 0))


def test_lost_response_final_for_caller_is_immediate_error(retrying):
    retrier, server = retrying(DROPPED, OK)
    with pytest.raises(ResponseLost):
        retrier.send(replace(READ, final=(LOST,)))
    assert len(server.sent_at) == 1


@pytest.mark.parametrize("error", [DROPPED, ConnectionNotMade("No connection."), KeyError("a bug")])
def test_probe_with_any_result_releases_waiting_threads(retrying, clock, error):
    retrier, server = retrying(Reply(503, {"Retry-After": "5"}, ""), error, OK, retries=0)
    retrier.send(READ)
    with pytest.raises(type(error)):
        retrier.send(READ)
    assert retrier.send(READ) is OK
    assert server.sent_at == [1000.0, 1005.0, 1005.0]


def test_retrier_only_429_sets_quota(retrying, clock):
    for status, kept in ((429, True), (503, False)):
        retrier, server = retrying(*[OK] * 20, Reply(status, {"Retry-After": "1"}, ""), OK)
        for _count in range(81):
            retrier.send(READ)
        assert (server.sent_at[-1] - server.sent_at[20] > 2) is kept


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "9"}, [9.0]),
        ({"RateLimit-Remaining": "1", "RateLimit-Reset": "9"}, []),
        ({"Retry-After": "9"}, []),
    ],
)
def test_retrier_used_up_quota_pauses_without_refusal(retrying, clock, headers, waited):
    retrier, _server = retrying(Reply(200, headers, ""), OK)
    retrier.send(READ)
    retrier.send(READ)
    assert (clock.slept, counted(retrier)) == (waited, (2, 0))


def test_slow_server_waited_for(retrying, clock):
    retrier, _server = retrying(OK)
    retrier.throttle.pause(2.5)
    assert clock.slept == [2.5]
    assert retrier.throttle.active_seconds() == clock()


@pytest.mark.parametrize(
    ("status", "reads", "writes"),
    [(429, True, True), (LOST, True, False), (500, True, False), (503, True, False), (504, True, False)]
    + [(status, False, False) for status in (200, 202, 307, 400, 401, 403, 404, 409, 413)],
)
def test_resend_only_safe_requests(status, reads, writes):
    assert (may_repeat(status, False, ()), may_repeat(status, True, ())) == (reads, writes)
    assert not may_repeat(status, False, (status,))
    assert not may_repeat(status, True, (status,))


@pytest.mark.parametrize("answer", [wait_for(LONG), Reply(500, {}, "")])
def test_interruption_wakes_waiting_threads(clock, settings, answer):
    began = time.monotonic()
    retrier = Retrier(Server(clock, answer), settings(retries=20))
    threading.Timer(0.1, retrier.throttle.stop, ["the run was interrupted"]).start()
    with pytest.raises(Interrupted, match="Could not read something: the run was interrupted before it was sent"):
        retrier.send(READ)
    assert retrier.throttle.pause(LONG) is True
    assert time.monotonic() - began < LONG


def test_pause_without_interruption_returns_false(clock, settings):
    assert Retrier(Server(clock), settings()).throttle.pause(0.001) is False


def test_request_in_progress_without_progress_counts_as_hanging(retrying, clock):
    found = []

    def silent(seconds):
        def answer(_request):
            clock.now += seconds
            found.append(retrier.throttle.hangs())
            return OK

        return answer

    retrier, _server = retrying(silent(330), silent(331), silent(330), timeout=30)
    for _number in range(3):
        retrier.send(READ)
    assert found == [False, True, False]
    clock.now += 1000
    assert not retrier.throttle.hangs()
