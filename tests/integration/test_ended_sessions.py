# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""If a recording status cannot be read, one read of the session decides."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording as recording

MISSING = {"type": "https://errors-api.cloud.com/common/notFound", "detail": "There is no such session."}
FORMS = ["error_response", "error_data", "error_data_minimal"]


def results(simulator, client, way, **rule):
    """Start a recording with a fault rule for its status; return the result and its calls."""
    session_id = simulator.recordable_on("LAB\\vda-001")[0]["id"]
    simulator.fault({"path": "RecordingStatus", "session": session_id, **rule})
    connection = {**simulator.cloud, "batch_size": 10 if way == "batch" else 0}
    shown = client(recording, connection, state="started", session_id=[session_id], on_gap="warn")
    calls = [call["path"] for call in simulator.calls(items=True) if session_id in f"{call['path']}{call['query']}"]
    return shown["sessions"][0]["result"], [path.rpartition("/")[2] for path in calls], session_id


@pytest.mark.parametrize("way", ["direct", "batch"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [400, 404])
def test_ended_session_reported_as_ended(simulator, client, way, form, status):
    simulator.reset(unknown_session_status=status, error_form=form)
    result, calls, session_id = results(simulator, client, way, vanish=True, times=1)
    assert result == "ended"
    assert calls.count(session_id) >= 1
    assert "$startRecording" not in calls


@pytest.mark.parametrize("way", ["direct", "batch"])
@pytest.mark.parametrize("status", [400, 404])
def test_existing_session_has_error_of_status_read(simulator, client, way, status):
    result, calls, session_id = results(simulator, client, way, answer={"status": status, "body": ""})
    assert result == "failed"
    assert calls[-1] == session_id
    assert "$startRecording" not in calls


@pytest.mark.parametrize("size", [0, 10])
@pytest.mark.parametrize("form", FORMS)
def test_missing_session_that_is_recorded_is_stopped(simulator, client, size, form):
    """An account may read no session outside its scope."""
    simulator.reset(mix="recordable", error_form=form)
    first, second = (entry["id"] for entry in simulator.sessions_on("LAB\\vda-001")[:2])
    simulator.start_recording(first)
    simulator.fault({"method": "GET", "path": f"/({first}|{second})$", "answer": {"status": 404, "body": MISSING}})
    connection = {**simulator.cloud, "batch_size": size}
    result = client(recording, connection, state="stopped", session_id=[first, second])
    assert {entry["id"]: entry["result"] for entry in result["sessions"]} == {first: "stopped", second: "ended"}
    assert [entry["recorded"] for entry in simulator.sessions_on("LAB\\vda-001")[:2]] == [False, False]


@pytest.mark.parametrize("size", [0, 10])
def test_refused_stop_of_recorded_session_is_failure(simulator, client, size):
    simulator.reset(mix="recordable")
    session_id = simulator.sessions_on("LAB\\vda-001")[0]["id"]
    simulator.start_recording(session_id)
    simulator.fault({"path": f"/{session_id}(/.stopRecording)?$", "answer": {"status": 404, "body": MISSING}})
    connection = {**simulator.cloud, "batch_size": size}
    result = client(recording, connection, state="stopped", machine=["LAB\\vda-001"])
    assert result["failed"]
    assert [entry["result"] for entry in result["sessions"] if entry["recorded"]] == ["failed"]


@pytest.mark.parametrize("option", [{"exclude_user": ["LAB\\user099"]}, {"exclude_machine": ["LAB\\vda-002"]}])
def test_missing_session_that_is_recorded_is_unidentified(simulator, client, option):
    simulator.reset(mix="recordable")
    session_id = simulator.sessions_on("LAB\\vda-001")[0]["id"]
    simulator.start_recording(session_id)
    simulator.fault({"method": "GET", "path": f"/{session_id}$", "answer": {"status": 404, "body": MISSING}})
    result = client(recording, simulator.cloud, state="stopped", session_id=[session_id], **option)
    assert [entry["result"] for entry in result["sessions"]] == ["unidentified"]
