# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watch: reports each event once and completely, after failed or incomplete polls too."""

from __future__ import annotations

import json

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError, ResponseLost
from ansible_collections.sessionops.citrix.plugins.module_utils._common.guard_file import Limits
from ansible_collections.sessionops.citrix.plugins.module_utils._site.guard import Guard
from ansible_collections.sessionops.citrix.plugins.module_utils._site.refs import SessionRef
from ansible_collections.sessionops.citrix.plugins.module_utils._views.events import (
    ARGUMENT_SPEC,
    CitrixError,
    Patience,
    Seen,
    SessionWatcher,
    differences,
    follow,
    inert,
)
from hypothesis import given, settings
from hypothesis import strategies as st

LIST = "GET Sessions"
DEFAULTS = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}
ALL = ["new", "ended", "changed", "unrecorded"]


def a_session(session_id, user="LAB\\user001", state="Active", **more):
    return {"Id": session_id, "User": {"Name": user}, "State": state, "Machine": {"Name": "LAB\\vda-001"}, **more}


class Site:
    """A site behind a fake API: the sessions in lists, and those that exist."""

    def __init__(self, api):
        self.api = api
        self.there = {}
        self.recorded = {}
        self.hidden = set()
        api.on(LIST, lambda call: {"Items": [body for key, body in self.there.items() if key not in self.hidden]})

    def put(self, body):
        key = body["Id"]
        self.there[key] = body
        self.api.on(f"GET Sessions/{key}", lambda call: self.there.get(key, 404))
        self.api.on(f"GET Sessions/RecordingStatus?id={key}", lambda call: self.status(key))

    def status(self, key):
        return {"IsSessionBeingRecorded": self.recorded.get(key, False)} if key in self.there else 404

    def remove(self, key):
        del self.there[key]


@pytest.fixture
def site(fake_api):
    return Site(fake_api)


@pytest.fixture
def clients():
    """Return the created API objects in order."""
    return []


@pytest.fixture
def watch(site, clients, clock):
    """Return a factory of watches on the site."""

    def make(**given):
        def connect():
            clients.append(site.api)
            return site.api

        return SessionWatcher({**DEFAULTS, **given}, connect, site.api.warnings.append, clock)

    return make


def reported(events):
    """Return (type, session id) of each event."""
    return [(event["type"], event["session"]["id"]) for event in events]


# Events


def test_first_poll_reports_no_new_sessions(site, watch):
    site.put(a_session("1"))
    watching = watch()
    assert not watching.begun
    assert watching.poll() == []
    assert watching.begun
    assert watching.poll() == []


def test_first_poll_reports_sessions_if_requested(site, watch):
    site.put(a_session("1"))
    watching = watch(initial=True)
    facts = {
        "id": "1",
        "user": "LAB\\user001",
        "machine": "LAB\\vda-001",
        "delivery_group": None,
        "session_state": "Active",
        "recorded": None,
    }
    assert watching.poll() == [{"type": "new", "session": facts}]
    assert watching.poll() == []


def test_session_events_reported_in_order(site, watch):
    watching = watch()
    assert watching.poll() == []
    site.put(a_session("1", state="Connected"))
    assert reported(watching.poll()) == [("new", "1")]
    site.put(a_session("1"))
    [changed] = watching.poll()
    assert changed["before"] == {"session_state": "Connected"}
    assert changed["session"]["session_state"] == "Active"
    site.remove("1")
    assert reported(watching.poll()) == [("ended", "1")]
    assert watching.poll() == []


def test_only_requested_events_reported(site, watch):
    watching = watch(events=["ended"])
    watching.poll()
    site.put(a_session("1"))
    assert watching.poll() == []
    site.remove("1")
    assert reported(watching.poll()) == [("ended", "1")]


def test_only_required_data_requested(site, watch):
    site.put(a_session("1"))
    watching = watch()
    watching.poll()
    watching.poll()
    assert site.api.sent() == [LIST, LIST]
    assert set(site.api.calls[0].query["fields"].split(",")) == {
        *("Id", "State", "Connection", "LogoffInProgress", "Machine", "User", "IsAnonymousUser")
    }
    assert site.api.writes == []


def test_session_denied_by_guard_not_reported_unrecorded(site, watch):
    site.api.guard = Guard([Limits("/guard.yml", names={"denied_users": ("lab\\USER001",)})])
    site.put(a_session("1"))
    assert [event["type"] for event in watch(initial=True, events=["new", "unrecorded"]).poll()] == ["new"]
    assert site.api.sent() == [LIST]


@pytest.mark.parametrize(
    ("key", "name"),
    [("denied_users", "lab\\USER001"), ("denied_machines", "LAB\\vda-001"), ("allowed_users", "LAB\\b")],
)
def test_denied_session_read_by_id_is_not_unrecorded(site, watch, key, name):
    site.api.on("POST Machines/$search", {"Items": []})
    site.api.guard = Guard([Limits("/guard.yml", names={key: (name,)})])
    site.put(a_session("1"))
    watching = watch(events=["unrecorded"])
    watching.poll()
    site.hidden.add("1")
    assert watching.poll() == []
    assert "GET Sessions/1" in site.api.sent()
    assert not any("RecordingStatus" in call for call in site.api.sent())


def test_user_denied_by_name_of_session_read_by_id(site, watch):
    site.api.guard = Guard([Limits("/guard.yml", names={"denied_users": ("anna@contoso.com",)})])
    site.put(a_session("1", "LAB\\anna"))
    site.put({**a_session("2"), "User": {"Name": "LAB\\anna", "PrincipalName": "anna@contoso.com"}})
    watching = watch(events=["unrecorded"])
    assert watching.poll() == []
    site.hidden.add("2")
    assert watching.poll() == []


def test_session_without_id_skipped(site, watch):
    site.there = {"x": {**a_session("x"), "Id": None}}
    assert watch(initial=True).poll() == []


# Unrecorded


def test_unrecorded_session_reported_once_after_delay(site, watch, clock):
    site.put(a_session("1"))
    watching = watch(events=ALL, unrecorded_after=100)
    assert watching.poll() == []
    clock.now += 99
    assert watching.poll() == []
    clock.now += 2
    [event] = watching.poll()
    assert (event["type"], event["unrecorded_seconds"], event["session"]["recorded"]) == ("unrecorded", 101, False)
    clock.now += 1000
    assert watching.poll() == []


def test_unrecorded_time_reset_by_recording(site, watch, clock):
    site.put(a_session("1"))
    watching = watch(events=["unrecorded"], unrecorded_after=10)
    watching.poll()
    clock.now += 9
    site.recorded["1"] = True
    watching.poll()
    site.recorded["1"] = False
    clock.now += 9
    assert watching.poll() == []
    clock.now += 9
    assert watching.poll() == []
    clock.now += 1
    assert reported(watching.poll()) == [("unrecorded", "1")]
    site.recorded["1"] = True
    watching.poll()
    site.recorded["1"] = False
    watching.poll()
    clock.now += 10
    assert reported(watching.poll()) == [("unrecorded", "1")]


@pytest.mark.parametrize("state", [None, "true", 500, ResponseLost("Nothing came back.")])
def test_unrecorded_time_unchanged_by_unknown_state(site, watch, clock, state):
    for key in ("1", "2"):
        site.put(a_session(key))
    watching = watch(events=["unrecorded"], unrecorded_after=10)
    watching.poll()
    key = "GET Sessions/RecordingStatus?id=1"
    site.api.on(key, {"IsSessionBeingRecorded": state} if state is None or state == "true" else state)
    clock.now += 20
    # It was due, and its status is unknown.
    assert reported(watching.poll()) == [("unrecorded", "2")]
    site.api.on(key, {"IsSessionBeingRecorded": False})
    assert reported(watching.poll()) == [("unrecorded", "1")]
    site.put(a_session("3"))
    site.api.on("GET Sessions/RecordingStatus?id=3", {"IsSessionBeingRecorded": None})
    watching.poll()
    clock.now += 20
    site.api.on("GET Sessions/RecordingStatus?id=3", {"IsSessionBeingRecorded": False})
    assert watching.poll() == []


def test_unrecorded_time_adds_up_over_disconnections(site, watch, clock):
    site.put(a_session("1"))
    watching = watch(events=["unrecorded"], unrecorded_after=12)
    found = []
    for _round in range(8):
        for state, seconds in (("Active", 3), ("Disconnected", 2)):
            site.put(a_session("1", state=state))
            found += watching.poll()
            clock.now += seconds
    [event] = found
    assert event["unrecorded_seconds"] == 12


def test_unrecorded_session_reported_again_with_back_off(site, watch, clock):
    site.put(a_session("1"))
    watching = watch(events=["unrecorded"], unrecorded_repeat=10)
    found = []
    for _poll in range(1500):
        found += watching.poll()
        clock.now += 10
    found = [event["unrecorded_seconds"] for event in found]
    assert found[:6] == [0, 10, 30, 70, 150, 310]
    assert found[-1] - found[-2] == 3600
    site.recorded["1"] = True
    watching.poll()
    site.recorded["1"] = False
    assert reported(watching.poll()) == [("unrecorded", "1")]


def test_stopped_session_reported_unless_stops_respected(site, watch):
    for respected in (False, True):
        site.put(a_session("1"))
        site.recorded["1"] = True
        watching = watch(events=["unrecorded"], unrecorded_stopped=not respected)
        watching.poll()
        site.recorded["1"] = False
        assert reported(watching.poll()) == ([] if respected else [("unrecorded", "1")])
        # A recording that ends with the connection was not stopped by a user.
        site.recorded["1"] = True
        watching.poll()
        site.put(a_session("1", state="Disconnected"))
        site.recorded["1"] = False
        watching.poll()
        site.put(a_session("1"))
        assert reported(watching.poll()) == [("unrecorded", "1")]


def test_unrecordable_session_not_reported_unrecorded(site, watch, clock):
    site.put(a_session("1", state="Disconnected"))
    site.put(a_session("2", Connection={"Protocol": "Rdp"}))
    watching = watch(events=["unrecorded"])
    assert watching.poll() == []
    assert site.api.sent("GET Sessions/RecordingStatus") == []
    site.put(a_session("1"))
    assert reported(watching.poll()) == [("unrecorded", "1")]


def test_recording_start_or_end_reported_as_change(site, watch):
    site.put(a_session("1"))
    watching = watch(events=ALL)
    watching.poll()
    site.recorded["1"] = True
    assert [event["before"] for event in watching.poll()] == [{"recorded": False}]
    site.recorded["1"] = None
    assert watching.poll() == []
    site.recorded["1"] = False
    assert reported(watching.poll()) == [("changed", "1"), ("unrecorded", "1")]


def test_other_events_reported_if_recording_unreadable(site, watch):
    watching = watch(events=ALL)
    watching.poll()
    site.put(a_session("1"))
    site.api.on("GET Sessions/RecordingStatus?id=1", 503)
    assert reported(watching.poll()) == [("new", "1")]
    assert "The recording status of all sessions is unknown." in site.api.warnings[0]


# Failed polls


def test_failed_poll_reports_nothing_and_keeps_state(site, watch, clients):
    for key in ("1", "2"):
        site.put(a_session(key))
    watching = watch()
    watching.poll()
    site.remove("1")
    site.put(a_session("3"))
    listing = site.api._answers[LIST]
    site.api.on(LIST, ResponseLost("Nothing came back."))
    for _attempt in range(2):
        with pytest.raises(ResponseLost):
            watching.poll()
    site.api._answers[LIST] = listing
    assert reported(watching.poll()) == [("ended", "1"), ("new", "3")]
    assert watching.poll() == []
    # Each failure closes the client.
    assert len(clients) == 3


def test_truncated_list_is_failed_poll(site, watch):
    for key in ("1", "2"):
        site.put(a_session(key))
    watching = watch()
    watching.poll()
    site.api.on(LIST, {"Items": [a_session("1")], "ContinuationToken": "x"}, 503)
    with pytest.raises(CitrixError):
        watching.poll()
    site.api.on(LIST, {"Items": list(site.there.values())})
    assert watching.poll() == []


def test_short_list_ends_no_session(site, watch):
    for key in ("1", "2"):
        site.put(a_session(key))
    watching = watch()
    watching.poll()
    site.hidden = {"1", "2"}
    site.there["2"] = a_session("2", state="Disconnected")
    assert reported(watching.poll()) == [("changed", "2")]
    site.hidden = set()
    assert watching.poll() == []


@pytest.mark.parametrize("outcome", [500, 403, ResponseLost("Nothing came back.")])
def test_unreadable_session_kept(site, watch, outcome):
    site.put(a_session("1"))
    watching = watch()
    watching.poll()
    site.remove("1")
    site.api.on("GET Sessions/1", outcome)
    assert watching.poll() == []
    assert "It is unknown whether 1 sessions have ended." in site.api.warnings[0]
    site.api.on("GET Sessions/1", 404)
    assert reported(watching.poll()) == [("ended", "1")]


# The client


def test_client_reused_unless_idle_for_long(site, watch, clients):
    for interval, count in ((120, 1), (121, 3)):
        clients.clear()
        watching = watch(interval=interval)
        for _poll in range(3):
            watching.poll()
        assert len(clients) == count


# Options


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"interval": 0}, "interval: must be from 1 to 86400, not 0"),
        ({"interval": 86401}, "interval: must be from 1 to 86400, not 86401"),
        ({"events": ALL, "unrecorded_after": -1}, "unrecorded_after: must be from 0 to 86400, not -1"),
        ({"initial": True, "events": ["ended"]}, "initial: requires the event new; add it to events"),
        ({"unrecorded_after": 5}, "unrecorded_after: requires the event unrecorded; add it to events"),
        ({"unrecorded_repeat": 5}, "unrecorded_repeat: requires the event unrecorded; add it to events"),
        ({"events": []}, "events: is empty; set at least one value"),
        ({"user": []}, "user: is empty; set at least one value"),
        ({"machine": ["LAB\vda-001"]}, "machine: 'LAB<U+000B>da-001' contains a control character"),
    ],
)
def test_invalid_options_rejected_before_any_request(site, watch, clients, given, message):
    with pytest.raises(OptionError) as failure:
        watch(**given)
    assert str(failure.value).startswith(message)
    assert clients == []


# Text


@given(st.text(alphabet="{}%# a"))
def test_inert_template_markers_escaped(text):
    harmless = inert(text)
    assert not {"{{", "{%", "{#"} & {harmless[at : at + 2] for at in range(len(harmless))}
    assert harmless.replace(" ", "") == text.replace(" ", "")
    if not {"{{", "{%", "{#"} & {text[at : at + 2] for at in range(len(text))}:
        assert harmless == text


@pytest.mark.parametrize("text", ["a\u200bb", "a\u202eb", "a\nb", "{\u2066{"])
def test_inert_hidden_characters_escaped(text):
    assert inert(text) == text.encode("unicode_escape").decode()


def test_inert_every_text_of_event_escaped(site, watch):
    bad = "{{ 7*7 }}"
    site.put({"Id": "1", "User": {"Name": bad}, "State": bad, "Machine": {"Name": bad, "DeliveryGroup": {"Name": bad}}})
    [event] = watch(initial=True).poll()
    assert "{{" not in json.dumps(event)
    assert list(event["session"].values()).count("{ { 7*7 }}") == 4


# Properties

FACT = st.one_of(st.none(), st.sampled_from(["a", "b"]))
STATE = st.sampled_from([None, True, False])
KEYS = st.sampled_from(["1", "2", "3", "4"])
SEEN = st.builds(
    lambda user, state, recorded: Seen(SessionRef("x", user, None, None, state), recorded), FACT, FACT, STATE
)
WORLDS = st.dictionaries(KEYS, SEEN).map(
    lambda snapshot: {key: seen._replace(session=seen.session._replace(id=key)) for key, seen in snapshot.items()}
)


def replay(facts, events):
    """Return the state after these events, starting with these facts; check each event."""
    facts = dict(facts)
    for event in events:
        session_id = event["session"]["id"]
        if event["type"] == "ended":
            assert facts.pop(session_id) == event["session"]
        elif event["type"] == "new":
            assert session_id not in facts
            facts[session_id] = event["session"]
        elif event["type"] == "changed":
            assert event["before"]
            assert {**event["session"], **event["before"]} == facts[session_id]
            facts[session_id] = event["session"]
            assert all(event["session"][name] != value for name, value in event["before"].items())
    return facts


def facts_of(snapshot):
    return {key: seen.facts() for key, seen in snapshot.items()}


@given(WORLDS, WORLDS)
def test_events_equal_difference_of_polls(before, after):
    events = list(differences(before, after))
    assert replay(facts_of(before), events) == facts_of(after)
    assert len(reported(events)) == len({event["session"]["id"] for event in events})


@given(WORLDS)
def test_unchanged_session_not_reported(snapshot):
    assert list(differences(snapshot, snapshot)) == []


@given(
    st.lists(st.tuples(SEEN, st.booleans(), st.integers(0, 20)), min_size=1),
    st.builds(Patience, st.integers(0, 30), st.integers(0, 5), st.booleans()),
)
def test_follow_adds_unrecorded_time_and_reports_when_due(polls, patience):
    known, now, seconds, counting, reports, due = None, 0, 0, False, 0, patience.after
    for found, recordable, passed in polls:
        now += passed
        before, known = known, follow(known, found, recordable, now, patience)
        earlier = before.facts() if before else {}
        for name, value in found.facts().items():
            assert known.facts()[name] == (earlier.get(name) if value is None else value)
        seconds += passed * counting
        if found.recorded:
            seconds, counting, reports, due = 0, False, 0, patience.after
        elif not recordable or found.recorded is False:
            counting = recordable
        assert known.unrecorded_seconds == seconds
        if known.reports > reports:
            assert found.recorded is False
            assert recordable
            assert seconds >= due
            assert patience.repeat or not reports
            assert patience.stopped or not known.stopped
            due += patience.repeat * 2**reports
        elif found.recorded is False and recordable and (patience.repeat or not reports):
            assert seconds < due or (known.stopped and not patience.stopped)
        reports = known.reports


@settings(max_examples=60)
@given(st.lists(st.tuples(st.dictionaries(KEYS, FACT), st.sets(KEYS), st.booleans()), max_size=6))
def test_events_give_state_of_site_after_each_poll(new_fake_api, steps):
    site = Site(new_fake_api())
    watching = SessionWatcher({**DEFAULTS, "initial": True}, lambda: site.api, site.api.warnings.append)
    listing, known = site.api._answers[LIST], {}
    for users, hidden, fails in steps:
        for key in set(site.there) - set(users):
            site.remove(key)
        for key, user in users.items():
            site.put(a_session(key, user=user or "LAB\\unknown"))
        # A list may omit known sessions; a new session that it omits cannot be missed.
        site.hidden = hidden & set(known)
        if fails:
            site.api._answers[LIST] = [ResponseLost("Nothing came back.")]
            with pytest.raises(ResponseLost):
                watching.poll()
            site.api._answers[LIST] = listing
        else:
            known = replay(known, watching.poll())
            assert {key: facts["user"] for key, facts in known.items()} == {
                key: body["User"]["Name"] for key, body in site.there.items()
            }


def test_interrupted_poll_ignored(site, watch):
    watcher = watch(initial=True)
    interrupted = []
    site.api.throttle.hangs = lambda: True
    site.api.throttle.stop = interrupted.append
    assert not watcher.hangs()

    def respond_late(call):
        assert watcher.hangs()
        watcher.stop("It hangs.")
        return {"Items": [a_session("1")]}

    site.api.on(LIST, respond_late, {"Items": [a_session("1")]})
    with pytest.raises(CitrixError, match="The poll was canceled"):
        watcher.poll()
    assert interrupted == ["It hangs."]
    assert not watcher.begun and not watcher.hangs()
    watcher.stop("Once more.")
    assert interrupted == ["It hangs."]
    assert [event["type"] for event in watcher.poll()] == ["new"]
