# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many calls: one outcome for each, in batches if requested and possible."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import (
    ACCOUNT,
    CUSTOMER,
    SITE,
    Call,
    Response,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._client.dispatch import Calls, send_all
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError


def test_dispatch_sends_calls_through_api(fake_api):
    fake_api.on("GET Machines/1", {"Id": "1"})
    fake_api.on("GET Machines/2", 404)
    calls = {number: Call("GET", f"Machines/{number}", f"read the machine {number}") for number in (1, 2)}
    outcomes = dict(send_all(fake_api, calls))
    assert outcomes[1] == Response({"Id": "1"}, "transaction-of-GET Machines/1")
    assert isinstance(outcomes[2], ApiError) and outcomes[2].status == 404


def calls_of(count, scope=SITE):
    return {
        number: Call("GET", f"Machines/{number}", f"read the machine {number}", scope=scope) for number in range(count)
    }


@pytest.mark.parametrize(
    ("batch_size", "calls", "requests"),
    [
        (2, calls_of(4), ["POST $batch", "POST $batch"]),
        (5, calls_of(2), ["POST $batch"]),
        (0, calls_of(2), ["GET Machines/0", "GET Machines/1"]),
        (1, calls_of(2), ["GET Machines/0", "GET Machines/1"]),
        (5, calls_of(1), ["GET Machines/0"]),
        (5, calls_of(2, CUSTOMER), ["GET Machines/0", "GET Machines/1"]),
        (5, calls_of(2, ACCOUNT), ["GET Machines/0", "GET Machines/1"]),
        (5, {}, []),
    ],
)
def test_dispatch_batches_if_requested_and_possible(fake_api, batch_size, calls, requests):
    fake_api.batches.size = batch_size
    fake_api.on("POST $batch", fake_api.do_batch)
    for number in calls:
        fake_api.on(f"GET Machines/{number}", {"Number": number})
    assert {key: outcome.body["Number"] for key, outcome in send_all(fake_api, calls)} == {key: key for key in calls}
    assert sorted(fake_api.sent()) == requests


@pytest.mark.parametrize("batch_size", [0, 2])
def test_dispatch_creates_calls_lazily(fake_api, batch_size):
    made = []

    def call_of(number):
        made.append(number)
        return calls_of(10)[number]

    fake_api.batches.size, fake_api.max_concurrency = batch_size, 1
    fake_api.on("POST $batch", fake_api.do_batch)
    for number in range(10):
        fake_api.on(f"GET Machines/{number}", {"Number": number})
    outcomes = send_all(fake_api, Calls(range(10), call_of))
    key, outcome = next(outcomes)
    assert (key, outcome.body) == (0, {"Number": 0})
    assert len(set(made)) <= max(batch_size, 1)
    assert sorted(key for key, _outcome in outcomes) == list(range(1, 10))
