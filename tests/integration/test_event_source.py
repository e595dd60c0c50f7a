# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source with the real client against the simulator, poll by poll."""

from __future__ import annotations

import json
import logging
import runpy

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError, OptionError
from support.simulator_process import COLLECTION

SOURCE = COLLECTION / "extensions" / "eda" / "plugins" / "event_source" / "citrix_sessions.py"
MACHINE = "LAB\\vda-001"
ALL = ["new", "ended", "changed", "unrecorded"]


@pytest.fixture(scope="module")
def prepare():
    """Return the function of the source that makes a watch from its options."""
    return runpy.run_path(str(SOURCE))["prepare"]


@pytest.fixture
def watch(simulator, prepare):
    """Return a factory of watches on the simulator."""
    return lambda **given: prepare({**simulator.cloud, "retries": 0, **given})


def reported(events):
    """Return (type, user) of each event."""
    return [(event["type"], event["session"]["user"]) for event in events]


def test_session_from_first_poll_to_last(simulator, watch):
    watching = watch(machine=[MACHINE], events=ALL)
    recordable = {session["id"] for session in simulator.recordable_on(MACHINE)}
    first = watching.poll()
    assert {event["session"]["id"] for event in first} == recordable
    assert {event["type"] for event in first} == {"unrecorded"}
    assert watching.poll() == []
    started = simulator.log_on(MACHINE)
    events = watching.poll()
    assert reported(events) == [("new", "LAB\\user051"), ("unrecorded", "LAB\\user051")]
    assert events[0]["session"] == {
        "id": started["id"],
        "user": "LAB\\user051",
        "machine": MACHINE,
        "delivery_group": "Office Desktops",
        "session_state": "Active",
        "recorded": False,
    }
    simulator.disconnect(started["id"])
    assert [event["before"] for event in watching.poll()] == [{"session_state": "Active"}]
    simulator.log_on("LAB\\vda-002")
    simulator.log_off(started["id"])
    assert reported(watching.poll()) == [("ended", "LAB\\user051")]
    assert watching.poll() == []
    counts = simulator.counts()
    assert (counts["sign-in"], counts["me"]) == (1, 1)
    assert counts["$startRecording"] == 0


@pytest.mark.parametrize(
    ("selector", "value", "machine"),
    [
        ("user", ["lab\\USER051"], MACHINE),
        ("user", ["user051@lab.example"], MACHINE),
        ("delivery_group", ["Engineering"], "LAB\\vda-002"),
        ("machine", ["vda-002.lab.example"], "LAB\\vda-002"),
    ],
)
def test_only_selected_sessions_reported(simulator, watch, selector, value, machine):
    watching = watch(**{selector: value})
    watching.poll()
    simulator.log_on(machine)
    simulator.log_on("LAB\\vda-003")
    assert reported(watching.poll()) == [("new", "LAB\\user051")]


def test_event_source_on_premises(simulator, prepare):
    watching = prepare(simulator.on_premises)
    watching.poll()
    simulator.log_on(MACHINE)
    assert reported(watching.poll()) == [("new", "LAB\\user051")]


def test_token_expiring_between_polls_one_sign_in(simulator, watch):
    watching = watch()
    watching.poll()
    simulator.log_on(MACHINE)
    simulator.fault({"expire_tokens": "error_response", "times": 1})
    assert reported(watching.poll()) == [("new", "LAB\\user051")]
    assert simulator.counts()["sign-in"] == 2


FAULTS = [
    {"path": "Sessions", "answer": {"status": 503, "body": "<html>Away</html>", "content_type": "text/html"}},
    {"path": "Sessions", "drop": {}},
    {"path": "Sessions", "answer": {"status": 200, "body": '{"Items": [{"Id": "', "content_type": "application/json"}},
    {"path": "Sessions", "after": 1, "answer": {"status": 500}},
    {"answer": {"status": 401}},
    {"path": "Sessions", "answer": {"status": 403}},
    {"path": "Sessions", "redirect": {"location": "https://elsewhere.example.com/"}},
]


@pytest.mark.parametrize("fault", FAULTS, ids=json.dumps)
def test_failed_poll_is_compensated_by_next(simulator, watch, fault):
    """The site has 1,200 sessions, so that a list has two pages."""
    simulator.reset(sessions=1200)
    watching = watch()
    watching.poll()
    leaver = next(iter(simulator.state()))
    simulator.log_off(leaver)
    simulator.log_on(MACHINE)
    simulator.fault(fault)
    for _attempt in range(2):
        with pytest.raises(CitrixError):
            watching.poll()
    simulator.fault()
    assert reported(watching.poll()) == [("ended", "LAB\\user001"), ("new", "LAB\\user1201")]
    assert watching.poll() == []


@pytest.mark.parametrize("body", [{"Items": []}, {"Items": None}])
def test_wrongly_empty_list_ends_no_session(simulator, watch, body):
    simulator.reset(sessions=20)
    watching = watch()
    watching.poll()
    # Only the list, not the single session.
    simulator.fault({"path": "/Sessions$", "times": 1, "answer": {"status": 200, "body": body}})
    assert watching.poll() == []
    assert watching.poll() == []


def test_refused_secret_not_shown_and_retried(simulator, prepare, caplog):
    caplog.set_level(logging.DEBUG)
    watching = prepare({**simulator.cloud, "client_secret": "a-wrong-secret-0123456789"})
    for _attempt in range(2):
        with pytest.raises(CitrixError) as failure:
            watching.poll()
        assert "check customer_id, client_id and client_secret" in str(failure.value)
        assert "a-wrong-secret" not in str(failure.value)
    assert simulator.counts()["sign-in"] == 2
    assert "a-wrong-secret" not in caplog.text


def test_event_has_neither_token_nor_secret(simulator, watch):
    reported_for_all = json.dumps(watch(initial=True, events=ALL).poll())
    tokens = [
        call["headers"]["authorization"].rpartition("=")[2]
        for call in simulator.calls()
        if "authorization" in call["headers"]
    ]
    assert len(reported_for_all) > 5000
    assert tokens
    assert all(text not in reported_for_all for text in [*tokens, simulator.facts["client_secret"]])


def test_missing_machine_named(simulator, watch):
    with pytest.raises(OptionError, match="vda-999"):
        watch(machine=["LAB\\vda-999"]).poll()


def test_states_of_many_sessions_in_one_batch(simulator, watch):
    simulator.reset(sessions=300, mix="recordable")
    watching = watch(events=["unrecorded"], batch_size=100)
    assert len(watching.poll()) == 300
    assert simulator.counts()["$batch"] == 3
    assert simulator.counts()["status"] == 0
