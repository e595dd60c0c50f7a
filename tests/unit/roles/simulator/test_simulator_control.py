# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reset, call log, state, and valid HTTP requests."""

from __future__ import annotations

import socket
import sys
import time
from types import SimpleNamespace

import pytest
import requests


def test_reset(simulator):
    session_id = simulator.ids()[0]
    simulator.post(f"/Sessions/{session_id}/$startRecording")
    simulator.faults({"answer": {"status": 503}})
    settings = simulator.control("reset", {"sessions": 7, "machines": 2, "mix": "recordable"})
    assert (settings["sessions"], settings["machines"], settings["mix"]) == (7, 2, "recordable")
    assert simulator.control("calls") == {"next": 0, "calls": []}
    simulator.token = simulator.sign_in_cloud().json()["access_token"]
    assert len(simulator.ids()) == 7
    assert simulator.recorded(simulator.ids()[0]) is False
    # Settings without a value get their initial value.
    assert simulator.control("reset", {})["sessions"] == 50
    assert simulator.raw_control("POST", "reset").status_code == 200


@pytest.mark.parametrize(
    "settings",
    [
        [],
        {"shoes": 2},
        {"machines": 0},
        {"sessions": -1},
        {"sessions": 1.5},
        {"sessions": True},
        {"mix": "none"},
        {"names": "odd"},
        {"unknown_session_status": 418},
        {"gov_reply": "short"},
    ],
)
def test_invalid_settings(simulator, settings):
    reply = simulator.raw_control("POST", "reset", json=settings)
    assert reply.status_code == 400
    assert reply.json()["error"]


CONTROLS = {
    "reset": "POST",
    "fleet": "POST",
    "faults": "POST",
    "calls": "GET",
    "state": "GET",
    "log_on": "POST",
    "disconnect": "POST",
    "reconnect": "POST",
    "log_off": "POST",
    "quota": "GET",
    "shutdown": "POST",
}


def test_control_paths_all_listed(simulator):
    shown = simulator.raw_control("GET", "nothing").json()["error"]
    assert shown.endswith(f": {', '.join(CONTROLS)}.")


@pytest.mark.parametrize("path", CONTROLS)
@pytest.mark.parametrize(
    ("status", "change"),
    [
        (401, {"Authorization": None}),
        (401, {"Authorization": "Bearer wrong"}),
        (401, {"Authorization": "Basic {token}"}),
        (401, {"Authorization": "Bearer \u00fc"}),
        (403, {"Origin": "https://page.example"}),
        (403, {"Origin": "null"}),
        (403, {"Host": "page.example"}),
        (403, {"Host": "127.0.0.1.page.example:80"}),
        (403, {"Host": "192.0.2.1"}),
        (403, {"Host": "["}),
    ],
)
def test_control_path_requires_token(simulator, path, status, change):
    token = simulator.connection["control_token"]
    headers = {"Authorization": f"Bearer {token}", **change}
    headers = {name: value and value.format(token=token).encode() for name, value in headers.items()}
    reply = simulator.raw_control(CONTROLS[path], path, headers=headers)
    assert reply.status_code == status
    assert reply.json()["error"]
    assert simulator.search("Sessions").json()["TotalItems"] == 50


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.1:1", "LOCALHOST:80", "[::1]:80"])
def test_control_path_accepts_each_loopback_host(simulator, host):
    headers = {"Authorization": f"Bearer {simulator.connection['control_token']}", "Host": host}
    assert simulator.raw_control("GET", "quota", headers=headers).status_code == 200


def test_control_token_new_with_each_start(simulator, start):
    assert start().connection["control_token"] != simulator.connection["control_token"]


def test_control_paths(simulator):
    assert simulator.raw_control("GET", "reset").status_code == 405
    unknown = simulator.raw_control("GET", "nothing")
    assert unknown.status_code == 404
    assert "faults" in unknown.json()["error"]
    assert simulator.raw_control("POST", "faults", data=b"[").status_code == 400


def test_call_log(simulator):
    before = time.time()
    first = simulator.control("calls")["next"]
    simulator.search("Sessions", ("UserName", "Equals", "x"), SearchFilterGroups=None)
    simulator.get("/Machines/LAB%7Cvda-001", {"fields": "Id,Name"}, X_Mark="\xe4")
    log = simulator.control(f"calls?since={first}")
    assert [call["n"] for call in log["calls"]] == [first + 1, first + 2]
    assert log["next"] == first + 2
    search, get = log["calls"]
    assert sorted(search) == ["at", "body", "headers", "method", "n", "path", "query", "status"]
    assert before <= search["at"] <= get["at"] <= time.time()
    assert (search["method"], search["path"], search["status"]) == ("POST", "/cvad/manage/Sessions/$search", 200)
    assert '"Property"' in search["body"]
    assert search["headers"]["content-type"] == "application/json"
    assert search["headers"]["citrix-customerid"] == "simulated"
    assert (get["path"], get["query"], get["body"]) == (
        "/cvad/manage/Machines/LAB%7Cvda-001",
        {"fields": "Id,Name"},
        "",
    )
    # Calls of control paths are not logged.
    assert simulator.control("calls")["next"] == first + 2
    assert simulator.raw_control("GET", "calls?since=x").status_code == 400


def test_call_log_has_refusals_and_drops(simulator):
    simulator.faults({"path": "/me$", "drop": {}}, {"path": "/Sites/", "hang": {"seconds": 5}})
    with pytest.raises(requests.ConnectionError):
        simulator.get("/me")
    with pytest.raises(requests.ReadTimeout):
        simulator.http.get(f"{simulator.url}/cvad/manage/Sites/x", headers=simulator.headers(), timeout=0.1)
    simulator.get("/nowhere")
    statuses = [(call["path"].rpartition("/")[2], call["status"]) for call in simulator.control("calls")["calls"]]
    assert statuses == [("clients", 200), ("me", 0), ("x", 0), ("nowhere", 404)]


def answers(simulator, since=0):
    return [call["answer"] for call in simulator.control(f"calls?since={since}&answers=true")["calls"]]


def test_call_log_keeps_responses(simulator):
    first = simulator.control("calls")["next"]
    replies = [simulator.get("/Sessions", {"limit": 2}), simulator.get("/nowhere"), simulator.sign_in_cloud()]
    plain, full = simulator.control(f"calls?since={first}"), simulator.control(f"calls?since={first}&answers=true")
    assert simulator.control(f"calls?since={first}&answers=false") == plain
    kept = [call.pop("answer") for call in full["calls"]]
    assert full == plain
    for reply, answer in zip(replies, kept):
        assert answer["headers"] == {name.lower(): value for name, value in reply.headers.items()}
        assert answer["body"] == reply.text
    assert kept[0]["headers"]["citrix-transactionid"]
    for wrong in ("yes", "1", "True", ""):
        assert simulator.raw_control("GET", f"calls?answers={wrong}").status_code == 400


def test_call_log_shows_missing_responses(simulator):
    simulator.faults({"path": "/me$", "drop": {}}, {"path": "/Sites/", "latency": 0.3})
    first = simulator.control("calls")["next"]
    with pytest.raises(requests.ConnectionError):
        simulator.get("/me")
    with pytest.raises(requests.ReadTimeout):
        simulator.http.get(f"{simulator.url}/cvad/manage/Sites/x", headers=simulator.headers(), timeout=0.1)
    assert answers(simulator, first) == [None, None]
    time.sleep(0.3)
    # The client of the second call has disconnected before its response.
    assert answers(simulator, first) == [None, None]
    simulator.get("/nowhere")
    assert answers(simulator, first)[2]["body"].startswith('{"type":')


def test_call_log_keeps_responses_of_faults(simulator):
    headers = {"X-Mark": "\xe4", "Set-Cookie": "a=1", "set-cookie": "b=2"}
    answer = {"status": 502, "body": "<h1>\u65e5</h1>", "content_type": "text/html", "headers": headers}
    simulator.faults({"answer": answer})
    simulator.get("/me")
    kept = answers(simulator)[-1]
    assert kept["body"] == "<h1>\u65e5</h1>"
    assert (kept["headers"]["content-type"], kept["headers"]["x-mark"]) == ("text/html", "\xe4")
    assert kept["headers"]["set-cookie"] == "a=1, b=2"


@pytest.fixture
def log(script, monkeypatch):
    """Return an empty call log of at most 5 calls and 100 bytes, and a call of 20 bytes for it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(script.parent))
    from citrix_sim import call_log
    from citrix_sim.http import message

    monkeypatch.setattr(call_log, "MAX_CALLS", 5)
    monkeypatch.setattr(call_log, "MAX_BYTES", 100)
    request = message.Request("GET", "/", "HTTP/1.1", {}, b"GET / HTTP/1.1")
    request.body = b"x" * (20 - len(request.head))
    return SimpleNamespace(calls=call_log.CallLog(), request=request)


def numbers(log):
    """Return the numbers of the calls in the log, negative for those without a response."""
    return [call["n"] if call["answer"] else -call["n"] for call in log.calls.since(0, True)]


def test_call_log_full_drops_responses_before_calls(log):
    for _call in range(3):
        log.calls.answer(log.calls.open(log.request), b"x" * 20)
    assert numbers(log) == [-1, 2, 3]
    for _call in range(2):
        log.calls.open(log.request)
    assert numbers(log) == [-1, -2, -3, -4, -5]
    log.calls.open(log.request)
    assert numbers(log) == [-2, -3, -4, -5, -6]


def test_call_log_full_drops_calls_after_responses(log):
    log.calls.answer(log.calls.open(log.request), b"x" * 20)
    log.request.body = b"x" * 70
    log.calls.open(log.request)
    assert numbers(log) == [-2]


def test_call_log_late_response_of_dropped_call(log):
    log.request.body = b""
    calls = [log.calls.open(log.request) for _call in range(7)]
    for entry in reversed(calls):
        log.calls.answer(entry, b"x" * 6)
    # Seven responses are 42 bytes, and five calls 70: the first two responses were removed.
    assert numbers(log) == [3, 4, 5, -6, -7]


def test_call_log_full_removes_call_with_response(log):
    log.request.body = b""
    for _call in range(20):
        log.calls.answer(log.calls.open(log.request), b"x" * 4)
    assert numbers(log) == [16, 17, 18, 19, 20]
    assert log.calls.size == 5 * (14 + 4)


def test_state(simulator):
    entries = simulator.control("state")["sessions"]
    assert len(entries) == 50
    assert entries[5] == {
        "id": simulator.ids()[5],
        "user": "LAB\\user006",
        "user_principal_name": "user006@lab.example",
        "anonymous": False,
        "machine": "LAB\\vda-001",
        "dns_name": "vda-001.lab.example",
        "delivery_group": "Office Desktops",
        "state": "Active",
        "protocol": "Hdx",
        "applications": [],
        "recorded": True,
        "reported": True,
        "starts": 0,
        "stops": 0,
        "notices": 0,
        "messages": [],
    }
    assert entries[4]["applications"] == ["Spreadsheet", "Drawing"]
    assert [entry["anonymous"] for entry in entries[:10]] == [False] * 9 + [True]
    assert [entry["user_principal_name"] for entry in entries[8:10]] == ["", ""]
    some = simulator.control("state?machine=lab%5Cvda-002")["sessions"]
    assert {entry["machine"] for entry in some} == {"LAB\\vda-002"}
    assert len(some) == 10


def test_user_actions(simulator):
    started = simulator.control("log_on", {"machine": "lab\\vda-002"})
    assert (started["user"], started["machine"]) == ("LAB\\user051", "LAB\\vda-002")
    assert (started["state"], started["protocol"], started["recorded"]) == ("Active", "Hdx", False)
    session_id = started["id"]

    def found(state: str) -> bool:
        """Return whether searches, lists and the session itself agree about this state."""
        searched = session_id in simulator.found("Sessions", ("SessionState", "Equals", state))
        read = simulator.get(f"/Sessions/{session_id}", {"fields": "State"}).json().get("State")
        return searched and session_id in simulator.ids(limit=1000) and read == state

    assert found("Active")
    assert not found("Disconnected")
    assert simulator.control("disconnect", {"session": session_id})["state"] == "Disconnected"
    assert found("Disconnected")
    assert simulator.post(f"/Sessions/{session_id}/$startRecording").status_code == 400
    assert simulator.control("reconnect", {"session": session_id})["state"] == "Active"
    assert found("Active")
    assert simulator.control("log_off", {"session": session_id})["state"] == "Ended"
    assert simulator.get(f"/Sessions/{session_id}").status_code == 404
    assert session_id not in simulator.ids(limit=1000)
    assert len(simulator.control("state")["sessions"]) == 51


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("log_on", None),
        ("log_on", {"machine": "LAB\\vda-999"}),
        ("log_on", {"session": "x"}),
        ("log_off", {"session": "x"}),
        ("disconnect", {"session": 1}),
        ("reconnect", {}),
    ],
)
def test_user_actions_of_unknown_users(simulator, path, body):
    reply = simulator.raw_control("POST", path, json=body)
    assert reply.status_code == 400
    assert reply.json()["error"]


def raw(simulator, *pieces):
    """Send bytes piece by piece; return all received bytes after the server closes."""
    host, _colon, port = simulator.url.partition("//")[2].partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.02)
        answer = b""
        while True:
            data = connection.recv(65536)
            if not data:
                return answer.decode()
            answer += data


def head(simulator, line, *extra):
    headers = {**simulator.headers(), "Content-Type": "application/json", "Connection": "close"}
    lines = [line, *(f"{name}: {value}" for name, value in headers.items()), *extra, "", ""]
    return "\r\n".join(lines).encode()


SEARCH = "POST /cvad/manage/Sessions/$search?limit=1&fields=Id HTTP/1.1"
BODY = b'{"SearchFilters": []}'


def test_chunked_body(simulator):
    chunked = head(simulator, SEARCH, "Transfer-Encoding: chunked")
    answer = raw(
        simulator, chunked, b"5;x=y\r\n" + BODY[:5] + b"\r\n10\r\n", BODY[5:] + b"\r\n", b"0\r\nX: y\r\n", b"\r\n"
    )
    assert answer.startswith("HTTP/1.1 200 OK\r\n")
    assert '"TotalItems":50' in answer
    assert simulator.control("calls")["calls"][-1]["body"] == BODY.decode()
    assert raw(simulator, chunked, b"zz\r\n").startswith("HTTP/1.1 400 ")


def test_body_in_pieces_after_continue(simulator):
    counted = head(simulator, SEARCH, f"Content-Length: {len(BODY)}", "Expect: 100-continue")
    answer = raw(simulator, counted[:40], counted[40:], BODY[:7], BODY[7:])
    assert answer.startswith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("line", "extra", "status"),
    [
        ("GET /cvad/manage/me HTTP/1.1", (), 200),
        ("GET http://simulator.example/cvad/manage/me HTTP/1.1", (), 200),
        ("GET cvad/manage/me HTTP/1.1", (), 400),
        ("GET /cvad/manage/me", (), 400),
        ("GET /cvad/manage/me HTTP/1.1", ("no header",), 400),
        ("GET /cvad/manage/me HTTP/1.1", ("Content-Length: x",), 400),
        ("GET /cvad/manage/me HTTP/1.1", ("Content-Length: 99999999",), 413),
        ("GET /cvad/manage/me HTTP/1.1", ("X: " + "x" * 70_000,), 200),
    ],
)
def test_request_heads(simulator, line, extra, status):
    assert raw(simulator, head(simulator, line, *extra)).startswith(f"HTTP/1.1 {status} ")


def test_endless_request_head_rejected(simulator):
    assert raw(simulator, b"GET / HTTP/1.1\r\nX: ", b"x" * 70_000).startswith("HTTP/1.1 431 ")


def test_http_1_0_closes(simulator):
    lines = ["GET /cvad/manage/nowhere HTTP/1.0", "", ""]
    assert "Connection: close\r\n" in raw(simulator, "\r\n".join(lines).encode())


def test_keep_alive(simulator):
    host, _colon, port = simulator.url.partition("//")[2].partition(":")
    request = f"GET /_control/calls HTTP/1.1\r\nHost: {host}\r\n"
    request = f"{request}Authorization: Bearer {simulator.connection['control_token']}\r\n\r\n".encode()
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        for _attempt in range(3):
            connection.sendall(request)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
