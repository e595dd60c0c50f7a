# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quotas: a task that needs more than the server allows succeeds, and reports its waits."""

from __future__ import annotations

import time

import pytest

RECORDING = "sessionops.citrix.citrix_session_recording"
RATE = 20.0


def recording(**options) -> dict:
    return {RECORDING: {"state": "started", "all_sessions": True, **options}}


@pytest.mark.parametrize(("kind", "hint"), [("window", "seconds"), ("token_bucket", "retry_delay_dict")])
def test_quota_slows_task_without_failure(simulator, modules, kind, hint):
    simulator.reset(sessions=40, mix="recordable", quota=kind, quota_rate=RATE, quota_hint=hint)
    run = modules([recording()], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert run.outcomes == {"started": 40}
    assert {(session["starts"], session["notices"]) for session in simulator.state().values()} == {(1, 1)}

    summary, let_in = run.result["summary"], simulator.quota()
    refused = [call for call in simulator.calls() if call["status"] == 429]
    assert summary["throttled"] == let_in["refused"] == len(refused) >= 1
    assert summary["requests"] == let_in["accepted"] + let_in["refused"] + let_in["sign_ins"]
    # 40 reads, starts and confirmations, and few refused requests.
    assert let_in["accepted"] >= 120
    assert len(refused) <= 30
    # More requests than the bucket or the first window accepts take time, which is reported.
    assert summary["waited_seconds"] >= (let_in["accepted"] - 2 * RATE) / RATE * 0.5
    calls = simulator.calls()
    assert summary["waited_seconds"] <= calls[-1]["at"] - calls[0]["at"] + 0.1


def test_rate_limit_below_quota_never_refused(simulator, modules):
    simulator.reset(sessions=8, mix="recordable", quota="window", quota_rate=RATE)
    began = time.monotonic()
    run = modules([recording(requests_per_second=RATE / 2)], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert (run.outcomes, run.result["summary"]["throttled"], simulator.quota()["refused"]) == ({"started": 8}, 0, 0)
    assert 0 < run.result["summary"]["waited_seconds"] < time.monotonic() - began


@pytest.mark.parametrize("counted", ["request", "items"])
def test_quota_throttles_batches(simulator, modules, counted):
    settings = {"quota": "window", "quota_rate": RATE, "quota_batch": counted}
    simulator.reset(sessions=40, mix="recordable", **settings)
    run = modules([recording(batch_size=10)], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert run.outcomes == {"started": 40}
    assert {session["starts"] for session in simulator.state().values()} == {1}
    assert run.result["summary"]["throttled"] == simulator.quota()["refused"]
    assert (simulator.quota()["refused"] > 0) is (counted == "items")
