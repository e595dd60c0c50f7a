# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""If a recording status cannot be read, one read of the session decides."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording as recording

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
