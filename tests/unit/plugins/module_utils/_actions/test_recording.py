# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requested recording states, their requests, and the data of an entry."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import results
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.recording import (
    ARGUMENT_SPEC,
    RecordingEntry,
    StoppingEntry,
    Wanted,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError, ResponseLost
from ansible_collections.sessionops.citrix.plugins.module_utils._site.refs import SessionRef
from ansible_collections.sessionops.citrix.plugins.module_utils._site.sessions import Ended

SPEC = {**ARGUMENT_SPEC, **results.ARGUMENT_SPEC}
OPTIONS = {"state": "started", **{name: spec.get("default") for name, spec in SPEC.items() if name != "state"}}
START, STOP = Wanted(recorded=True), Wanted(recorded=False)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (False, True, ("not recorded", "recorded")),
        (True, False, ("recorded", "not recorded")),
        (False, None, ("not recorded", "recording unknown")),
    ],
)
def test_recording_changed_is_recording_state(before, after, words):
    entry = RecordingEntry(SessionRef("1"), recorded_before=before, recorded=after)
    assert entry.difference() == words


@pytest.mark.parametrize("wait_timeout", [-1, 3601])
def test_recording_wait_timeout_out_of_range_rejected(wait_timeout):
    given = {**OPTIONS, "wait_timeout": wait_timeout}
    with pytest.raises(OptionError, match=f"^wait_timeout: must be from 0 to 3600 seconds, not {wait_timeout}"):
        Wanted.from_params(given)


@pytest.mark.parametrize(("state", "recorded", "result"), [("started", True, "started"), ("stopped", False, "stopped")])
def test_recording_wanted_read_from_options(state, recorded, result):
    wanted = Wanted.from_params({**OPTIONS, "state": state, "notify_user": False, "wait": False, "wait_timeout": 3600})
    assert wanted == Wanted(recorded, False, False, 3600)
    assert wanted.result == result


@pytest.mark.parametrize(
    ("wanted", "path", "query"),
    [
        (START, "Sessions/1/$startRecording", {"notifyUser": "true"}),
        (Wanted(recorded=True, notify_user=False), "Sessions/1/$startRecording", {"notifyUser": "false"}),
        (STOP, "Sessions/1/$stopRecording", {}),
        (Wanted(recorded=False, notify_user=True), "Sessions/1/$stopRecording", {}),
    ],
)
def test_recording_wanted_sent_as_one_write(wanted, path, query):
    call = wanted.call(RecordingEntry(SessionRef("1")))
    assert (call.method, call.path, call.query, call.write) == ("POST", path, query, True)


@pytest.mark.parametrize(
    ("wanted", "state", "expected", "remedy"),
    [
        (START, False, "still reports the session as not recorded", "Session Recording agent"),
        (STOP, True, "still reports the session as recorded", "recording policy starts it again"),
        (START, None, "does not report", "Session Recording agent"),
        (STOP, None, "does not report", "recording policy starts it again"),
    ],
)
def test_recording_unconfirmed_reported_with_remedy(wanted, state, expected, remedy):
    assert expected in wanted.not_confirmed(state) and remedy in wanted.not_confirmed(state)
    assert "30 seconds later" in wanted.not_confirmed(state)


def test_recording_unconfirmed_reason_is_error():
    assert START.not_confirmed(ResponseLost("The answer was lost.")) == "The answer was lost."


@pytest.mark.parametrize(
    ("wanted", "state", "result", "recorded"),
    [
        (START, True, "unchanged", True),
        (START, False, "", False),
        (STOP, True, "", True),
        (STOP, False, "unchanged", False),
        (START, None, "failed", None),
        (STOP, Ended(), "ended", None),
        (START, ResponseLost("The answer was lost."), "failed", None),
    ],
)
def test_recording_first_read_decides_whether_to_send(wanted, state, result, recorded):
    entry = RecordingEntry(SessionRef("1"))
    entry.observe(state, wanted)
    assert (entry.result, entry.recorded_before, entry.recorded) == (result, recorded, recorded)
    assert entry.changed is False


def test_recording_ended_session_counts_as_stopped_not_started():
    assert (RecordingEntry(SessionRef("1")).ended_is_fine, StoppingEntry(SessionRef("1")).ended_is_fine) == (
        False,
        True,
    )
