# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages to the users of sessions."""

from __future__ import annotations

import pytest
import requests

WHOLE = {"Style": "Critical", "Title": "Ende", "Text": "Bis 12:00 \u2013 danke"}


def send(simulator, session_id, body=None, **params):
    return simulator.post(f"/Sessions/{session_id}/$sendMessage", WHOLE if body is None else body, params)


def messages(simulator, session_id):
    return simulator.state()[session_id]["messages"]


def test_messages_in_state(simulator):
    first, second = simulator.ids()[:2]
    reply = send(simulator, first)
    assert reply.status_code == 200
    assert reply.json() == simulator.get(f"/Sessions/{first}").json()
    assert send(simulator, first.upper(), {"Text": "2"}).status_code == 200
    assert messages(simulator, first) == [
        {"style": "Critical", "title": "Ende", "text": "Bis 12:00 \u2013 danke"},
        {"style": None, "title": None, "text": "2"},
    ]
    assert messages(simulator, second) == []
    simulator.control("reset", {})
    assert messages(simulator, first) == []


@pytest.mark.parametrize("style", ["Unknown", "Critical", "Question", "Exclamation", "Information"])
def test_message_styles(simulator, style):
    session_id = simulator.ids()[0]
    assert send(simulator, session_id, {"Style": style}).status_code == 200
    assert messages(simulator, session_id) == [{"style": style, "title": None, "text": None}]


def test_message_members_optional(simulator):
    session_id = simulator.ids()[0]
    assert send(simulator, session_id, {}).status_code == 200
    assert send(simulator, session_id, {"Title": None, "Text": None, "More": 1}).status_code == 200
    assert messages(simulator, session_id) == [{"style": None, "title": None, "text": None}] * 2


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        {"Style": "information"},
        {"Style": "Loud"},
        {"Style": None},
        {"Style": ["Critical"]},
        {"Title": 1},
        {"Text": ["a"]},
        {"Text": False},
    ],
)
def test_invalid_messages(simulator, body):
    session_id = simulator.ids()[0]
    reply = send(simulator, session_id, body)
    assert reply.status_code == 400
    assert reply.json()["detail"]
    assert messages(simulator, session_id) == []


def test_message_requires_json_body(simulator):
    session_id = simulator.ids()[0]
    path = f"/Sessions/{session_id}/$sendMessage"
    assert simulator.post(path).status_code == 400
    url = f"{simulator.url}/cvad/manage{path}"
    for content_type, data, status in (("text/plain", b"{}", 415), ("application/json", b"{", 400)):
        headers = simulator.headers(Content_Type=content_type)
        assert simulator.http.post(url, data=data, headers=headers, timeout=10).status_code == status
    assert simulator.get(path).status_code == 405
    assert messages(simulator, session_id) == []


def test_message_with_lone_surrogate_accepted(simulator):
    session_id = simulator.ids()[0]
    assert send(simulator, session_id, {"Text": "a\udcffb"}).status_code == 200
    assert messages(simulator, session_id)[0]["text"] == "a?b"


def test_message_to_any_session(simulator):
    """The documentation does not exclude disconnected sessions."""
    ids = simulator.ids()
    for at in (6, 7, 9):
        assert send(simulator, ids[at]).status_code == 200
        assert len(messages(simulator, ids[at])) == 1
    assert send(simulator, "11111111-2222-4333-8444-555555555555").status_code == 404
    simulator.faults({"vanish": True, "times": 1})
    assert send(simulator, ids[0]).status_code == 404
    assert messages(simulator, ids[0]) == []


def test_direct_base(simulator):
    base = f"/citrix/orchestration/api/simulated/{simulator.connection['site_id']}"
    session_id = simulator.ids()[0]
    reply = simulator.post(f"/Sessions/{session_id}/$sendMessage", {"Text": "x"}, base=base, Citrix_InstanceId=None)
    assert reply.status_code == 200
    assert len(messages(simulator, session_id)) == 1


@pytest.mark.parametrize("acts", [False, True])
@pytest.mark.parametrize("effect", ["answer", "drop", "hang"])
def test_message_faults(simulator, effect, acts):
    session_id, other = simulator.ids()[:2]
    value = {"answer": {"status": 500}, "drop": {}, "hang": {"seconds": 0.1}}[effect]
    simulator.faults({"session": session_id, "path": "sendMessage", effect: {**value, "acts": acts}})
    if effect == "answer":
        assert send(simulator, session_id).status_code == 500
    else:
        with pytest.raises(requests.ConnectionError):
            send(simulator, session_id)
    assert len(messages(simulator, session_id)) == acts
    assert send(simulator, other).status_code == 200


def test_throttled_message_not_shown(simulator):
    session_id = simulator.ids()[0]
    simulator.faults({"path": "sendMessage", "times": 1, "throttle": {"hint": "seconds", "value": 1}})
    assert [send(simulator, session_id).status_code for _attempt in range(2)] == [429, 200]
    assert len(messages(simulator, session_id)) == 1
