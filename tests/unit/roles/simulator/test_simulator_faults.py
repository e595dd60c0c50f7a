# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault rules: how they match, and their effects."""

from __future__ import annotations

import email.utils
import time
from datetime import datetime

import pytest
import requests


def status(simulator, path="/Sessions", **params):
    return simulator.get(path, {"limit": 1, **params}).status_code


def test_latency_adds_up_and_precedes_other_faults(simulator, timed):
    simulator.faults(
        {"latency": 0.15, "path": "/me$"},
        {"latency": 0.15, "path": "/me$"},
        {"path": "/me$", "answer": {"status": 418}},
        {"path": "/me$", "latency": 5},
    )
    assert timed(0.3, 0.45, lambda: status(simulator, "/me")) == 418
    assert timed(0, 0.15, lambda: status(simulator, "/Sessions")) == 200


def test_latency_of_concurrent_requests(simulator):
    simulator.faults({"latency": 60, "path": "/me$", "times": 1})
    slow = requests.Request("GET", f"{simulator.url}/cvad/manage/me").prepare()
    with requests.Session() as other:
        other.trust_env = False
        with pytest.raises(requests.ReadTimeout):
            other.send(slow, timeout=0.05)
    assert simulator.get("/me").status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type", "seen_type", "text"),
    [
        ("<html>Bad gateway</html>", "text/html", "text/html", "<html>Bad gateway</html>"),
        ('{"Items": [', "application/json", "application/json", '{"Items": ['),
        ({"ErrorMessage": "No."}, None, "application/json; charset=utf-8", '{"ErrorMessage":"No."}'),
        (None, None, "application/json; charset=utf-8", "null"),
        ("plain", None, "text/plain; charset=utf-8", "plain"),
    ],
)
def test_answer_fault(simulator, body, content_type, seen_type, text):
    answer = {"status": 502, "body": body, "headers": {"X-Extra": "1"}}
    if content_type:
        answer["content_type"] = content_type
    simulator.faults({"answer": answer})
    reply = simulator.get("/Sessions")
    assert (reply.status_code, reply.headers["Content-Type"], reply.text) == (502, seen_type, text)
    assert reply.headers["X-Extra"] == "1"
    assert reply.headers["Citrix-TransactionId"]


@pytest.mark.parametrize("acts", [False, True])
def test_answer_fault_instead_of_or_after_work(simulator, acts):
    session_id = simulator.ids()[0]
    simulator.faults({"path": "startRecording", "answer": {"status": 500, "acts": acts}})
    assert simulator.post(f"/Sessions/{session_id}/$startRecording").status_code == 500
    assert simulator.recorded(session_id) is acts


def test_fault_selectors(simulator):
    first, second = simulator.ids()[:2]
    effect = {"answer": {"status": 503}}
    simulator.faults({"session": first.upper(), **effect})
    assert status(simulator, f"/Sessions/{first}") == 503
    assert status(simulator, "/Sessions/RecordingStatus", id=first) == 503
    assert status(simulator, "/Sessions/RecordingStatus", id=second) == 200
    simulator.faults({"method": "post", **effect})
    assert status(simulator) == 200
    assert simulator.search("Sessions").status_code == 503
    simulator.faults({"path": "%7C", **effect})
    assert status(simulator, "/Machines/LAB%7Cvda-001") == 503
    assert status(simulator, "/Machines") == 200
    simulator.faults({"path": "limit", **effect})
    assert status(simulator) == 200


def test_fault_after_and_times(simulator):
    simulator.faults({"after": 1, "times": 2, "answer": {"status": 503}})
    assert [status(simulator) for _attempt in range(5)] == [200, 503, 503, 200, 200]


def test_fault_first_matching_rule_applies(simulator):
    simulator.faults({"times": 1, "answer": {"status": 501}}, {"times": 1, "answer": {"status": 502}})
    assert [status(simulator) for _attempt in range(3)] == [501, 502, 200]
    simulator.faults({"answer": {"status": 501}})
    simulator.faults()
    assert status(simulator) == 200


def test_fault_on_sign_in(simulator):
    simulator.faults({"path": "tokens/clients$", "throttle": {"hint": "none"}})
    assert simulator.sign_in_cloud().status_code == 429
    simulator.faults({"path": "/Tokens$", "answer": {"status": 503}})
    assert simulator.sign_in_on_premises().status_code == 503


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize(
    "hint", ["retry_delay_list", "retry_delay_dict", "seconds", "gateway", "http_date", "rfc3339", "none"]
)
def test_throttle_fault(simulator, hint, code):
    session_id = simulator.ids()[0]
    simulator.faults({"throttle": {"hint": hint, "value": 4, "status": code}})
    reply = simulator.post(f"/Sessions/{session_id}/$startRecording")
    assert reply.status_code == code
    header, body = reply.headers.get("Retry-After"), reply.json()
    simulator.faults()
    assert simulator.recorded(session_id) is False
    listed = {"retry_delay_list": [{"name": "retryDelay", "value": "4"}], "retry_delay_dict": {"retryDelay": "4"}}
    if hint == "gateway":
        assert (header, body["statusCode"]) == ("4", code)
        assert "4 seconds" in body["message"]
        return
    kind = {429: "rateLimitExceeded", 503: "serviceUnavailable"}[code]
    assert body["type"].rpartition("/")[2] == kind
    assert body["parameters"] == listed.get(hint, [])
    if hint == "seconds":
        assert header == "4"
    elif hint in ("http_date", "rfc3339"):
        parse = email.utils.parsedate_to_datetime if hint == "http_date" else from_rfc3339
        assert 3 <= parse(header).timestamp() - time.time() <= 5
    else:
        assert header is None
    assert any(letter.isdigit() for letter in body["detail"]) is (hint in listed)


def test_throttle_fault_default_error_response(simulator):
    simulator.faults({"throttle": {}})
    reply = simulator.get("/me")
    assert (reply.status_code, reply.headers.get("Retry-After")) == (429, None)
    assert reply.json()["parameters"] == [{"name": "retryDelay", "value": "1"}]


def from_rfc3339(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.mark.parametrize("shape", ["error_response", "dict_parameters", "cws_exception"])
def test_expire_tokens(simulator, shape):
    simulator.faults({"expire_tokens": shape, "times": 1, "after": 1})
    assert status(simulator) == 200
    for _attempt in range(2):
        reply = simulator.get("/Sessions")
        assert reply.status_code == 401
        body = reply.json()
        if shape == "cws_exception":
            assert body["Error"]["Type"] == "CWSAuthException"
            assert body["Error"]["Message"]
        elif shape == "dict_parameters":
            assert body["parameters"] == {"reason": "invalid"}
        else:
            assert body["parameters"] == [{"name": "reason", "value": "invalid"}]
    simulator.token = simulator.sign_in_cloud().json()["access_token"]
    assert status(simulator) == 200


def test_vanish_fault(simulator):
    ids = simulator.ids()
    simulator.faults({"vanish": True, "method": "POST", "times": 1}, {"vanish": True, "path": "RecordingStatus"})
    assert simulator.post(f"/Sessions/{ids[5]}/$stopRecording").status_code == 404
    assert simulator.get("/Sessions/RecordingStatus", {"id": ids[1]}).status_code == 400
    assert simulator.get(f"/Sessions/{ids[5]}").status_code == 404
    assert simulator.ids() == [session_id for session_id in ids if session_id not in (ids[1], ids[5])]
    on_machine = simulator.get("/Machines/LAB%7Cvda-001/Sessions").json()["Items"]
    assert len(on_machine) == 8
    assert simulator.get("/Machines/LAB%7Cvda-001").json()["SessionCount"] == 8
    entry = simulator.state()[ids[5]]
    assert (entry["state"], entry["recorded"], entry["reported"], entry["stops"]) == ("Ended", False, None, 0)


@pytest.mark.parametrize("acts", [False, True])
def test_drop_fault(simulator, acts):
    session_id = simulator.ids()[0]
    simulator.faults({"path": "startRecording", "drop": {"acts": acts}})
    with pytest.raises(requests.ConnectionError):
        simulator.post(f"/Sessions/{session_id}/$startRecording")
    assert simulator.recorded(session_id) is acts


@pytest.mark.parametrize("acts", [False, True])
def test_hang_fault(simulator, timed, acts):
    session_id = simulator.ids()[0]
    simulator.faults({"path": "startRecording", "hang": {"seconds": 0.3, "acts": acts}})

    def hang():
        with pytest.raises(requests.ConnectionError):
            simulator.post(f"/Sessions/{session_id}/$startRecording")

    timed(0.3, 2, hang)
    assert simulator.recorded(session_id) is acts


def test_redirect_fault(simulator):
    simulator.faults({"redirect": {"location": "https://other.example/cvad/manage/me"}})
    reply = simulator.get("/me")
    assert reply.status_code == 307
    assert reply.headers["Location"] == "https://other.example/cvad/manage/me"
    simulator.faults({"redirect": {"status": 302, "location": "/me"}})
    assert status(simulator) == 302


@pytest.mark.parametrize(
    ("rules", "word"),
    [
        ({}, "list"),
        (["text"], "object"),
        ([{}], "exactly one of these effects"),
        ([{"path": "x"}], "exactly one of these effects"),
        ([{"latency": 1, "drop": {}}], "exactly one of these effects"),
        ([{"latency": 1}, {"explode": 1}], "Rule 1 has unknown members: explode"),
        ([{"latency": -1}], "latency"),
        ([{"latency": True}], "latency"),
        ([{"latency": 1, "path": "("}], "path"),
        ([{"latency": 1, "after": 0.5}], "after"),
        ([{"latency": 1, "times": -1}], "times"),
        ([{"answer": {}}], "requires members: status"),
        ([{"answer": {"status": 99}}], "status"),
        ([{"answer": {"status": 500, "bodyy": ""}}], "bodyy"),
        ([{"answer": {"status": 500, "headers": {"X": "a\r\nb"}}}], "headers"),
        ([{"throttle": {"hint": "perhaps"}}], "hint"),
        ([{"throttle": {"hint": "none", "status": 500}}], "status"),
        ([{"expire_tokens": "loudly"}], "expire_tokens"),
        ([{"vanish": False}], "vanish"),
        ([{"vanish": 1}], "vanish"),
        ([{"lag": "forever"}], "lag"),
        ([{"drop": {"acts": 1}}], "acts"),
        ([{"hang": {}}], "seconds"),
        ([{"redirect": {"status": 200, "location": "/"}}], "status"),
    ],
)
def test_invalid_fault_rules_rejected_without_effect(simulator, rules, word):
    simulator.faults({"answer": {"status": 418}})
    reply = simulator.raw_control("POST", "faults", json=rules)
    assert reply.status_code == 400
    assert word in reply.json()["error"]
    assert status(simulator) == 418
