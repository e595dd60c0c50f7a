# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes with a 404, a success of another server, or a job that failed in part."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client import jobs
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


FOREIGN = [
    {"error": {"code": "ServerBusy", "message": "Busy."}},
    {"Message": "An error has occurred."},
    {"statusCode": 500, "message": "Internal server error"},
    {"status": 500, "title": "Busy", "detail": "Busy."},
    {},
    "",
]
JOB = {"Id": "7", "Type": "StartSessionRecording", "OverallProgressPercent": 100, "Status": "Complete"}
FAILED_PARTS = [{"ErrorString": "No agent."}, {"SubJobs": [{**JOB, "Status": "Failed", "ErrorString": "No agent."}]}]


@pytest.mark.parametrize("size", [0, 10])
@pytest.mark.parametrize("body", FOREIGN)
@pytest.mark.parametrize("acts", [False, True])
def test_200_of_another_server_without_wait_is_read(simulator, client, size, body, acts):
    simulator.reset(mix="recordable")
    simulator.fault({"path": "startRecording", "answer": {"status": 200, "body": body, "acts": acts}})
    connection = {**simulator.cloud, "batch_size": size}
    result = client(recording, connection, machine=[MACHINE], state="started", wait=False, wait_timeout=0)
    expected = "started" if acts else "unconfirmed"
    assert {entry["result"] for entry in result["sessions"]} == {expected}
    assert result["changed"] is acts and result.get("failed", False) is not acts
    assert {entry["starts"] for entry in simulator.sessions_on(MACHINE)} == {int(acts)}


@pytest.mark.parametrize("size", [0, 10])
@pytest.mark.parametrize("part", FAILED_PARTS)
def test_job_with_failed_part_is_not_success(simulator, client, size, part):
    simulator.fault(
        {"path": "\\$(sendMessage|startRecording)$", "answer": {"status": 202, "headers": {"Location": "/Jobs/7"}}},
        {"path": "/Jobs/7$", "answer": {"status": 200, "body": {**JOB, **part}}},
    )
    connection = {**simulator.cloud, "batch_size": size}
    sent = client(message, connection, machine=[MACHINE], title="Recording", text="Hello")
    started = client(recording, connection, machine=[MACHINE], state="started", wait=False, wait_timeout=0)
    for result in (sent, started):
        assert result["failed"] and not result["changed"]
        assert "No agent." in result["msg"]


@pytest.mark.parametrize("size", [0, 10])
@pytest.mark.parametrize(("end", "result"), [("Complete", "sent"), ("Failed", "failed")])
def test_job_in_response_with_status_200_is_followed(simulator, client, size, end, result):
    simulator.fault(
        {"path": "sendMessage", "answer": {"status": 200, "body": {**JOB, "Status": "NotStarted"}}},
        {"path": "/Jobs/7$", "answer": {"status": 200, "body": {**JOB, "Status": end}}},
    )
    connection = {**simulator.cloud, "batch_size": size}
    sent = client(message, connection, machine=[MACHINE], title="Recording", text="Hello")
    assert {entry["result"] for entry in sent["sessions"]} == {result}


def test_answer_that_is_no_job_is_not_polled(simulator, client, monkeypatch):
    monkeypatch.setattr(jobs, "LIMIT", 0.2)
    simulator.fault(
        {"path": "sendMessage", "answer": {"status": 202, "headers": {"Location": "/Jobs/7"}}},
        {"path": "/Jobs/7$", "answer": {"status": 200, "body": {"message": "Hello"}}},
    )
    result = client(message, simulator.cloud, machine=[MACHINE], title="Recording", text="Hello")
    assert {entry["result"] for entry in result["sessions"]} == {"unconfirmed"}
    assert len([call for call in simulator.calls() if call["path"].endswith("/Jobs/7")]) == len(result["sessions"])


@pytest.mark.parametrize("path", ["/Sessions$", "RecordingStatus$", "\\$startRecording$"])
@pytest.mark.parametrize("status", [205, 206, 207, 226])
def test_part_of_a_response_is_not_success(simulator, client, path, status):
    simulator.reset(mix="recordable")
    body = {"Items": [], "IsSessionBeingRecorded": True, "Id": "1"}
    simulator.fault({"path": path, "times": 30, "answer": {"status": status, "body": body}})
    try:
        result = client(recording, simulator.cloud, all_sessions=True, state="started", wait=False, wait_timeout=0)
    except CitrixError as error:
        result = {"failed": True, "msg": str(error)}
    assert result["failed"] and f"HTTP {status}" in result["msg"]
