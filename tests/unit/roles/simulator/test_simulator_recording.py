# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start, stop and status of a recording."""

from __future__ import annotations

import time

import pytest

UNKNOWN = "11111111-2222-4333-8444-555555555555"


def start(simulator, session_id, **params):
    return simulator.post(f"/Sessions/{session_id}/$startRecording", params=params)


def stop(simulator, session_id):
    return simulator.post(f"/Sessions/{session_id}/$stopRecording")


def counts(simulator, session_id):
    entry = simulator.state()[session_id]
    return entry["starts"], entry["stops"], entry["notices"]


def test_start_and_stop(simulator):
    session_id = simulator.ids()[0]
    assert simulator.recorded(session_id) is False
    reply = start(simulator, session_id)
    assert reply.status_code == 200
    assert reply.json() == simulator.get(f"/Sessions/{session_id}").json()
    assert simulator.recorded(session_id) is True
    assert counts(simulator, session_id) == (1, 0, 1)
    assert stop(simulator, session_id).status_code == 200
    assert simulator.recorded(session_id) is False
    assert counts(simulator, session_id) == (1, 1, 1)


def test_recording_notifications(simulator):
    quiet, recorded = simulator.ids()[0], simulator.ids()[5]
    start(simulator, quiet, notifyUser="false")
    assert counts(simulator, quiet) == (1, 0, 0)
    start(simulator, quiet, notifyUser="true")
    assert counts(simulator, quiet) == (2, 0, 1)
    # A session that is recorded already: the user is bothered again.
    assert simulator.recorded(recorded) is True
    start(simulator, recorded)
    assert counts(simulator, recorded) == (1, 0, 1)
    assert start(simulator, quiet, notifyUser="maybe").status_code == 400


def test_stop_of_unrecorded_session(simulator):
    session_id = simulator.ids()[0]
    assert stop(simulator, session_id).status_code == 200
    assert simulator.recorded(session_id) is False
    assert counts(simulator, session_id) == (0, 1, 0)


@pytest.mark.parametrize(("at", "word"), [(6, "Disconnected"), (7, "Rdp")])
def test_start_of_unrecordable_session(simulator, at, word):
    session_id = simulator.ids()[at]
    reply = start(simulator, session_id)
    assert reply.status_code == 400
    assert word in reply.json()["detail"]
    assert counts(simulator, session_id) == (0, 0, 0)
    assert simulator.recorded(session_id) is False


def test_unknown_sessions(simulator):
    assert start(simulator, UNKNOWN).status_code == 404
    assert stop(simulator, UNKNOWN).status_code == 404
    assert simulator.get("/Sessions/RecordingStatus").status_code == 400
    assert simulator.get("/Sessions/RecordingStatus", {"id": UNKNOWN}).status_code == 400


@pytest.mark.parametrize("status", [400, 404, 500])
def test_status_of_ended_session_by_setting(simulator, status):
    simulator.reset(unknown_session_status=status)
    reply = simulator.get("/Sessions/RecordingStatus", {"id": UNKNOWN})
    assert reply.status_code == status
    assert reply.json()["detail"]


def test_status_lags(simulator, timed):
    session_id = simulator.ids()[0]

    def start_late():
        simulator.reset()
        simulator.faults({"method": "POST", "path": "startRecording", "lag": 0.4})
        start(simulator, session_id)
        entry = simulator.state()[session_id]
        return entry["recorded"], entry["reported"], simulator.recorded(session_id)

    assert timed(0, 0.4, start_late) == (True, False, False)
    time.sleep(0.45)
    assert simulator.recorded(session_id) is True


def test_status_never_changes(simulator):
    session_id = simulator.ids()[5]
    simulator.faults({"path": "stopRecording", "lag": "never", "times": 1})
    stop(simulator, session_id)
    assert simulator.recorded(session_id) is True
    assert simulator.state()[session_id]["recorded"] is False
    # A later change without the fault shows at once.
    start(simulator, session_id)
    stop(simulator, session_id)
    assert simulator.recorded(session_id) is False


def test_direct_base(simulator):
    base = f"/citrix/orchestration/api/simulated/{simulator.connection['site_id']}"
    session_id = simulator.ids()[0]
    assert simulator.post(f"/Sessions/{session_id}/$startRecording", base=base).status_code == 200
    assert simulator.get("/Sessions/RecordingStatus", {"id": session_id}, base=base).json() == {
        "IsSessionBeingRecorded": True
    }


def test_percent_encoded_dollar_is_same_path(simulator):
    session_id = simulator.ids()[0]
    assert simulator.post(f"/Sessions/{session_id}/%24startRecording").status_code == 200
