# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches: same results with fewer requests, and no session is started twice."""

from __future__ import annotations

from collections import Counter

import pytest

RECORDING = "sessionops.citrix.citrix_session_recording"
MESSAGE = "sessionops.citrix.citrix_session_message"
MACHINES = ["LAB\\vda-001", "LAB\\vda-002"]
SIZE = 6


def recording(**options) -> dict:
    return {RECORDING: {"state": "started", "machine": MACHINES, "batch_size": SIZE, **options}}


def items(simulator) -> list[dict]:
    """Return the items of all batches since the reset as separate calls."""
    return [call for call in simulator.calls(items=True) if call["batch"]]


def item_kinds(simulator) -> Counter:
    return Counter(item["path"].rsplit("/", 1)[-1] for item in items(simulator))


def starts(simulator) -> Counter:
    """Return the numbers of starts of the sessions that were started."""
    return Counter(session["starts"] for session in simulator.state().values() if session["starts"])


@pytest.mark.parametrize("deployment", ["cloud", "on_premises_direct"])
def test_recording_converges_in_batches(simulator, modules, deployment):
    to_start = [session["id"] for machine in MACHINES for session in simulator.recordable_on(machine)]
    assert len(to_start) > SIZE
    tasks = [{**recording(), "check_mode": True}, recording(), recording()]
    run = modules(tasks, connection=getattr(simulator, deployment))
    assert run.code == 0, run.output
    preview, first, second = run.results
    assert {entry["id"] for entry in first["sessions"] if entry["result"] == "started"} == set(to_start)
    assert (first["changed"], second["changed"]) == (True, False)
    assert [{**entry, "transaction_id": None} for entry in first["sessions"]] == preview["sessions"]

    # One start each, and none outside a batch.
    assert starts(simulator) == {1: len(to_start)}
    kinds = item_kinds(simulator)
    assert kinds["$startRecording"] == len(to_start)
    assert simulator.counts()["status"] == simulator.counts()["$startRecording"] == 0
    sizes = Counter(item["batch"] for item in items(simulator))
    assert len(sizes) == simulator.counts()["$batch"] < len(items(simulator)) / 3
    assert max(sizes.values()) == SIZE
    assert first["summary"]["requests"] < len(to_start)


@pytest.mark.parametrize("state", ["started", "stopped"])
def test_batch_without_known_paths_single_calls(simulator, modules, state):
    """A stop would be reported as "ended", with success, although the session is still recorded."""
    simulator.fault({"path": "batch$", "batch": "paths_unknown"})
    before = {session["id"]: session["recorded"] for machine in MACHINES for session in simulator.sessions_on(machine)}
    run = modules([recording(state=state)], connection=simulator.cloud)
    assert run.outcomes["ended"] == 0 and run.outcomes[state] > 0
    recorded = {session["id"] for session in simulator.state().values() if session["recorded"]}
    assert recorded.isdisjoint(before) == (state == "stopped")
    assert [warning for warning in run.result["warnings"] if warning.startswith("batch_size: every call")]


def test_server_without_batches_single_calls_with_one_warning(simulator, modules):
    simulator.reset(batch_support=False)
    run = modules([recording()], connection=simulator.cloud)
    assert run.code == 0, run.output
    (warning,) = [text for text in run.result["warnings"] if "batch_size" in text]
    assert "every call was sent alone" in warning
    assert run.outcomes["started"] == simulator.counts()["$startRecording"] == starts(simulator)[1] > SIZE
    # No more than were in progress at the first refusal, and none for the starts.
    assert 1 <= simulator.counts()["$batch"] <= 3


def test_messages_in_batches_sent_to_each_session_once(simulator, play):
    message = {"machine": MACHINES, "title": "Maintenance", "text": "Save «now».\nPlease.", "batch_size": SIZE}
    run = play([{MESSAGE: message}], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert run.outcomes == {"sent": 20}
    shown = {"title": "Maintenance", "text": "Save «now».\nPlease.", "style": "Information"}
    for machine in MACHINES:
        assert [session["messages"] for session in simulator.sessions_on(machine)] == [[shown]] * 10
    assert (simulator.counts()["$sendMessage"], item_kinds(simulator)) == (0, {"$sendMessage": 20})
    assert {entry["transaction_id"] for entry in run.result["sessions"]} <= {
        call["headers"].get("citrix-transactionid") for call in simulator.calls() if call["path"].endswith("$batch")
    }


@pytest.mark.parametrize(
    "loss", [{"drop": {"acts": True}}, {"hang": {"seconds": 5, "acts": True}}], ids=["drop", "hang"]
)
def test_batch_lost_after_processing_starts_no_session_twice(simulator, modules, loss):
    # The reads use 20 / SIZE batches; the next batch starts.
    simulator.fault({"path": "batch$", "after": 3, "times": 1, **loss})
    run = modules([recording(wait_timeout=2, timeout=1)], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert run.outcomes["started"] == starts(simulator)[1] == item_kinds(simulator)["$startRecording"] > SIZE
    assert starts(simulator).keys() == {1}
    assert {session["notices"] for session in simulator.state().values()} == {0, 1}


def test_batch_lost_before_processing_starts_each_session_once(simulator, modules):
    simulator.fault({"path": "batch$", "after": 3, "times": 1, "drop": {"acts": False}})
    run = modules([recording(wait_timeout=1, notify_user=False)], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert run.outcomes["started"] == starts(simulator)[1] == item_kinds(simulator)["$startRecording"] > SIZE
    assert starts(simulator).keys() == {1}


@pytest.mark.parametrize("twist", ["item_missing", "item_twice", "unknown_reference", "item_accepted"])
def test_batch_with_any_fault_starts_each_session_once(simulator, modules, twist):
    simulator.fault({"path": "batch$", "batch": twist})
    run = modules([recording(wait_timeout=2)], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert run.outcomes["started"] == starts(simulator)[1] > SIZE
    assert starts(simulator).keys() == {1}
