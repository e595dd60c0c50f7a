# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions: their calls, reading of objects of any shape, and the recording state."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import (
    ApiError,
    CitrixError,
    OptionError,
    ResponseLost,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._site.sessions import (
    NOT_RECORDABLE,
    RECORDING_FIELDS,
    Ended,
    details,
    facts,
    is_recorded,
    not_recordable,
    read_recorded,
    recording_status,
    requested_fields,
    send_message,
    start_recording,
    stop_recording,
)
from hypothesis import given
from hypothesis import strategies as st

GUID = "313b84bb-2b66-4393-ad7b-3e08dccb4fd0"
LOST = ResponseLost("The answer was lost.")


def status_key(session_id):
    return f"GET Sessions/RecordingStatus?id={session_id}"


def status(value):
    return {"IsSessionBeingRecorded": value}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=3,
)


def objects(*names):
    """Return objects with any of these fields and any values."""
    return JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(names, JSON))


SESSIONS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("Id", "LogoffInProgress", "ApplicationsInUse", "Other"), JSON),
        "State": st.sampled_from(("Active", "Connected", "Disconnected", "Unknown", "Future")) | JSON,
        "Connection": objects("Protocol"),
        "Machine": objects("Name", "DeliveryGroup"),
        "IsSessionBeingRecorded": JSON,
    },
)


@given(SESSIONS)
def test_session_of_any_shape_read(session):
    assert is_recorded(session) in (True, False, None)
    assert not_recordable(session) in ("logging_off", "not_active", "not_hdx", None)


@pytest.mark.parametrize(
    ("body", "recorded"),
    [
        (status(True), True),
        (status(False), False),
        (status(None), None),
        (status("true"), None),
        (status("false"), None),
        (status(1), None),
        (status(0), None),
        (status({}), None),
        ({}, None),
        ({"isSessionBeingRecorded": True}, None),
    ],
)
def test_recorded_only_from_boolean(body, recorded):
    assert is_recorded(body) is recorded


ACTIVE = {"State": "Active", "Connection": {"Protocol": "Hdx"}, "LogoffInProgress": False}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"State": "Connected"}, "not_active"),
        ({"State": "Disconnected"}, "not_active"),
        ({"State": "Unknown"}, None),
        ({"State": "SomethingNew"}, None),
        ({"State": None}, None),
        ({"State": ""}, None),
        ({"State": 3}, None),
        ({"State": ["Disconnected"]}, None),
        ({"Connection": {"Protocol": "Rdp"}}, "not_hdx"),
        ({"Connection": {"Protocol": "Console"}}, "not_hdx"),
        ({"Connection": {"Protocol": "Unknown"}}, None),
        ({"Connection": {"Protocol": "SomethingNew"}}, None),
        ({"Connection": {"Protocol": None}}, None),
        ({"Connection": {"Protocol": ["Rdp"]}}, None),
        ({"Connection": {}}, None),
        ({"Connection": None}, None),
        ({"Connection": "Rdp"}, None),
        ({"LogoffInProgress": True}, "logging_off"),
        ({"State": "disconnected"}, "not_active"),
        ({"Connection": {"Protocol": "RDP"}}, "not_hdx"),
        ({"LogoffInProgress": "true"}, None),
        ({"LogoffInProgress": 1}, None),
        ({"LogoffInProgress": None}, None),
        ({"LogonInProgress": True}, None),
        ({"AppState": "PreLaunched"}, None),
        ({"IsAnonymousUser": True, "User": None}, None),
        # The first reason that applies is reported.
        ({"State": "Disconnected", "LogoffInProgress": True}, "logging_off"),
        ({"State": "Disconnected", "Connection": {"Protocol": "Rdp"}}, "not_active"),
    ],
)
def test_unrecordable_session_has_reason_others_none(fields, reason):
    assert not_recordable({**ACTIVE, **fields}) == reason
    assert reason is None or reason in NOT_RECORDABLE


@pytest.mark.parametrize("missing", [("State",), ("Connection",), ("LogoffInProgress",), tuple(ACTIVE)])
def test_missing_data_no_reason_against_recording(missing):
    assert not_recordable({name: ACTIVE[name] for name in ACTIVE if name not in missing}) is None


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (None, ()),
        ([], ()),
        (["State", "User"], ("Id", "State", "User")),
        (["State", "Id", "State"], ("Id", "State")),
        (["Id"], ("Id",)),
    ],
)
def test_fields_include_id_without_duplicates(names, fields):
    assert requested_fields(names) == fields


def test_message_is_write_with_all_options():
    call = send_message(GUID, "Title", "Text", "Critical")
    assert (call.method, call.path, call.query, call.write) == ("POST", f"Sessions/{GUID}/$sendMessage", {}, True)
    assert call.body == {"Style": "Critical", "Title": "Title", "Text": "Text"}
    assert send_message("../me", "a", "b", "c").path == "Sessions/..%2Fme/$sendMessage"


def test_recording_calls_have_documented_paths():
    read, start, stop = (
        recording_status(GUID),
        start_recording(GUID, True),
        stop_recording(GUID),
    )
    assert (read.method, read.path, read.query) == ("GET", "Sessions/RecordingStatus", {"id": GUID})
    assert (start.method, start.path, start.query) == (
        "POST",
        f"Sessions/{GUID}/$startRecording",
        {"notifyUser": "true"},
    )
    assert start_recording(GUID, False).query == {"notifyUser": "false"}
    assert (stop.method, stop.path, stop.query) == ("POST", f"Sessions/{GUID}/$stopRecording", {})
    assert details(GUID).query == {"fields": ",".join(RECORDING_FIELDS)}
    assert [call.write for call in (read, details(GUID), start, stop)] == [False, False, True, True]
    assert [call.body for call in (read, start, stop)] == [None, None, None]


def test_session_id_quoted_in_path():
    assert start_recording("../Machines/x?y=", True).path == "Sessions/..%2FMachines%2Fx%3Fy%3D/$startRecording"


# Reading the recording state


def test_states_read_for_each_session(fake_api):
    for session_id, value in {"1": True, "2": False, "3": None, "4": "true"}.items():
        fake_api.on(status_key(session_id), status(value))
    assert read_recorded(fake_api, ["1", "2", "3", "4"]) == {"1": True, "2": False, "3": None, "4": None}
    assert len(fake_api.calls) == 4


def test_states_without_sessions_send_nothing(fake_api):
    assert read_recorded(fake_api, []) == {}
    assert fake_api.calls == []


@pytest.mark.parametrize("answer", [400, 404, 409, 500])
def test_ended_session_is_ended_after_any_status_error(fake_api, answer):
    fake_api.on(status_key("1"), answer)
    fake_api.on("GET Sessions/1", 404)
    assert isinstance(read_recorded(fake_api, ["1"])["1"], Ended)


@pytest.mark.parametrize("answer", [400, 404, 409])
def test_existing_session_has_error_of_status_read(fake_api, answer):
    fake_api.on(status_key("1"), answer)
    fake_api.on("GET Sessions/1", {"Id": "1"})
    state = read_recorded(fake_api, ["1"])["1"]
    assert isinstance(state, ApiError) and state.status == answer


def test_server_error_of_status_retried_if_session_exists(fake_api):
    fake_api.on(status_key("1"), 500, status(True))
    fake_api.on("GET Sessions/1", {"Id": "1"})
    assert read_recorded(fake_api, ["1"]) == {"1": True}
    first, _details, second = fake_api.calls
    assert (first.final, second.final) == ((500,), ())


@pytest.mark.parametrize("answer", [403, 503, LOST])
def test_states_other_error_returned_without_more_calls(fake_api, answer):
    fake_api.on(status_key("1"), answer)
    assert isinstance(read_recorded(fake_api, ["1"])["1"], CitrixError)
    assert len(fake_api.calls) == 1


@pytest.mark.parametrize("answer", [403, 500, LOST])
def test_unreadable_session_not_reported_ended(fake_api, answer):
    fake_api.on(status_key("1"), 404)
    fake_api.on("GET Sessions/1", answer)
    assert isinstance(read_recorded(fake_api, ["1"])["1"], CitrixError)


def test_states_error_does_not_affect_others(fake_api):
    fake_api.on(status_key("1"), 404)
    fake_api.on("GET Sessions/1", 404)
    fake_api.on(status_key("2"), status(False))
    states = read_recorded(fake_api, ["1", "2"])
    assert isinstance(states["1"], Ended)
    assert states["2"] is False


def test_facts_have_known_recording_state(fake_api):
    fake_api.on(status_key("1"), status(True))
    fake_api.on(status_key("2"), status(None))
    fake_api.on(status_key("3"), 403)
    fake_api.on(status_key("4"), 404)
    fake_api.on("GET Sessions/4", 404)
    sessions = [{"Id": "1"}, {"Id": "2"}, {"Id": "3"}, {"Id": "4"}, {"State": "Active"}]
    warnings = []
    recorded = [fact["recorded"] for fact in facts(fake_api, sessions, (), True, warnings.append)]
    assert recorded == [True, None, None, None, None]
    assert len(warnings) == 1
    assert "1 of 4 sessions" in warnings[0] and "HTTP 403" in warnings[0]


def test_facts_all_unreadable_is_error_not_unknown(fake_api):
    fake_api.on(status_key("1"), 403)
    fake_api.on(status_key("2"), 403)
    with pytest.raises(ApiError, match="HTTP 403"):
        facts(fake_api, [{"Id": "1"}, {"Id": "2"}], (), True, pytest.fail)


def test_facts_without_recording_send_nothing(fake_api):
    assert facts(fake_api, [{"Id": "1"}], (), False, pytest.fail) == [{"id": "1"}]
    assert fake_api.calls == []


def test_facts_have_recording_beside_requested_fields(fake_api):
    fake_api.on(status_key("1"), status(False))
    session = {"Id": "1", "State": "Active", "Machine": {"Name": "LAB\\vda-001"}}
    (fact,) = facts(fake_api, [session], ("Id", "State"), True, pytest.fail)
    assert fact == {"id": "1", "state": "Active", "recorded": False}


@pytest.mark.parametrize("alien", [None, 17, "", ["1"], {"Value": "1"}])
def test_facts_session_with_invalid_id_recording_unknown(fake_api, alien):
    (fact,) = facts(fake_api, [{"Id": alien}], (), True, pytest.fail)
    assert fact["recorded"] is None
    assert fake_api.calls == []


def test_states_option_error_returned(fake_api):
    fake_api.on(status_key("1"), OptionError("site_id", "the account has several sites"))
    assert isinstance(read_recorded(fake_api, ["1"])["1"], OptionError)
