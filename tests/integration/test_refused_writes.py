# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A 404 of a write: the session itself shows whether it has ended."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_message as message
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording as recording

MACHINE = "LAB\\vda-001"
BODIES = [
    {"ErrorMessage": "The recording server was not found.", "SdkErrorId": "Citrix.XDPowerShell.Status.NotFound"},
    {"type": "https://errors-api.cloud.com/common/notFound", "detail": "There is no agent on this machine."},
    {"SdkErrorId": "SessionRecordingServerNotFound"},
    {"statusCode": 404, "message": "Resource not found"},
    {},
]


@pytest.mark.parametrize("state", ["started", "stopped"])
@pytest.mark.parametrize("size", [0, 10])
@pytest.mark.parametrize("body", BODIES)
def test_404_of_existing_session_is_failure(simulator, client, state, size, body):
    simulator.reset(mix="recordable")
    connection = {**simulator.cloud, "batch_size": size}
    if state == "stopped":
        client(recording, connection, machine=[MACHINE], state="started")
    simulator.fault({"path": "\\$(start|stop)Recording$", "answer": {"status": 404, "body": body}})
    result = client(recording, connection, machine=[MACHINE], state=state)
    assert result["failed"] and {entry["result"] for entry in result["sessions"]} == {"failed"}
    assert {entry["recorded"] for entry in result["sessions"]} == {state == "stopped"}
    assert not result["changed"]


@pytest.mark.parametrize("size", [0, 10])
@pytest.mark.parametrize("body", BODIES)
def test_404_of_message_to_existing_session_is_failure(simulator, client, size, body):
    simulator.fault({"path": "\\$sendMessage$", "answer": {"status": 404, "body": body}})
    connection = {**simulator.cloud, "batch_size": size}
    result = client(message, connection, machine=[MACHINE], title="Recording", text="Hello")
    assert result["failed"] and {entry["result"] for entry in result["sessions"]} == {"failed"}


@pytest.mark.parametrize("form", ["error_response", "error_data", "error_data_minimal", "message", "gateway"])
@pytest.mark.parametrize("size", [0, 10])
def test_404_of_ended_session_is_end(simulator, client, form, size):
    simulator.reset(mix="recordable", error_form=form)
    first = simulator.sessions_on(MACHINE)[0]["id"]
    simulator.fault({"path": "startRecording", "session": first, "vanish": True})
    connection = {**simulator.cloud, "batch_size": size}
    result = client(recording, connection, machine=[MACHINE], state="started")
    results = {entry["id"]: entry["result"] for entry in result["sessions"]}
    assert results.pop(first) == "ended" and set(results.values()) == {"started"}


@pytest.mark.parametrize(
    "body",
    [
        {"ErrorMessage": "The controller is busy.", "SdkErrorId": "Citrix.Busy"},
        {"SdkErrorId": "Citrix.Busy", "IsSessionBeingRecorded": False, "Items": [], "Id": "1"},
        {"type": "https://errors-api.cloud.com/common/busy", "detail": "The controller is busy."},
    ],
)
@pytest.mark.parametrize("path", ["/me$", "/Sessions$", "RecordingStatus$", "\\$startRecording$"])
def test_200_with_error_is_failure(simulator, client, path, body):
    simulator.fault({"path": path, "answer": {"status": 200, "body": body}})
    options = {"all_sessions": True, "state": "started", "wait": False, "wait_timeout": 0}
    try:
        result = client(recording, simulator.cloud, **options)
    except CitrixError as error:
        result = {"failed": True, "changed": False, "msg": str(error)}
    assert result["failed"] and not result["changed"]
    assert "HTTP 200 (" in result["msg"] and "not a response of the Citrix API" not in result["msg"]
