# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""converge: read, decide, act, confirm, each result, and the prediction of check mode."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import converge as _converge
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import locks as _locks
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.converge import LEAST_READS
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.recording import RESULTS, Wanted
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import Response
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import (
    BatchLost,
    ConnectionNotMade,
    OptionError,
    ResponseLost,
    Stalled,
    api_error,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._common.guard_file import Limits
from ansible_collections.sessionops.citrix.plugins.module_utils._site.guard import Guard
from ansible_collections.sessionops.citrix.plugins.module_utils._site.selection import Target
from hypothesis import given
from hypothesis import strategies as st

ON, OFF, UNKNOWN = ({"IsSessionBeingRecorded": value} for value in (True, False, None))
LOST = ResponseLost("The answer was lost.")
STALLED = Stalled("Nothing moves.")
START, STOP = Wanted(recorded=True), Wanted(recorded=False)


def a_session(session_id="1", **fields):
    return {
        "Id": session_id,
        "State": "Active",
        "Connection": {"Protocol": "Hdx"},
        "LogoffInProgress": False,
        "Machine": {"Name": "LAB\\vda-001", "DeliveryGroup": {"Name": "Office Desktops"}},
        "User": {"Name": "LAB\\user001"},
        **fields,
    }


def a_target(session_id="1", **fields):
    return Target.from_session(session_id, a_session(session_id, **fields))


def converge(api, targets, wanted, check_mode):
    """Run converge with the same requested state for all sessions."""
    return _converge.converge(api, [(target, wanted) for target in targets], check_mode)


def status_key(session_id="1"):
    return f"GET Sessions/RecordingStatus?id={session_id}"


def write_key(session_id="1", wanted=START):
    return f"POST Sessions/{session_id}/${'start' if wanted.recorded else 'stop'}Recording"


@pytest.fixture(autouse=True)
def in_order(monkeypatch):
    """Process the sessions in their order instead of a random one."""
    monkeypatch.setattr(_converge, "shuffle", len)


@pytest.fixture
def converged(fake_api, clock):
    """Return a function that converges one session and returns its entry.

    statuses: responses to the status requests, in turn; write: response to the change; details: whether it exists.
    """

    def run(*statuses, wanted=START, write=None, details=None, check_mode=False, **fields):
        fake_api.on(status_key(), *statuses)
        fake_api.on(write_key(wanted=wanted), {} if write is None else write)
        fake_api.on("GET Sessions/1", {"Id": "1"} if details is None else details)
        (entry,) = converge(fake_api, [a_target(**fields)], wanted, check_mode)
        return entry

    return run


def outline(entry):
    return entry.result, entry.recorded, entry.changed


# Read and decide


def test_guard_limits_of_starts_do_not_apply_to_stops(converged, fake_api):
    fake_api.guard = Guard([Limits("/guard.yml", required=frozenset({"notify_user"}), max_duration=60)])
    assert converged(ON, OFF, wanted=STOP).result == "stopped"


def test_denied_session_is_not_started(converged, fake_api):
    target = a_target()._replace(denied="denied_users of the guard does not permit this user")
    (entry,) = converge(fake_api, [target], START, False)
    assert (entry.result, entry.reason) == ("denied", target.denied)
    assert fake_api.sent() == []


def test_session_of_another_run_waited_for_at_most_ten_seconds(converged, fake_api, clock, monkeypatch):
    monkeypatch.setattr(_converge.SessionLocks, "take", lambda _locks, _session_id: False)
    monkeypatch.setattr(_converge, "LOCK_PAUSE", 2.5)
    assert converged(OFF, OFF, ON).result == "started"
    assert clock.slept == [2.5] * 4
    assert len(fake_api.writes) == 1


def test_check_mode_opens_no_lock_file(converged, monkeypatch):
    opened = []
    monkeypatch.setattr(_locks, "_descriptors", {})
    monkeypatch.setattr(_locks, "_open_file", opened.append)
    assert converged(OFF, check_mode=True).result == "started"
    assert opened == []


def test_guard_limits_sessions_except_ends_that_are_due(fake_api):
    fake_api.guard = Guard([Limits("/guard.yml", max_sessions=1)])
    targets = [a_target(session_id) for session_id in ("1", "2")]
    for session_id in ("1", "2"):
        fake_api.on(status_key(session_id), ON, OFF)
        fake_api.on(write_key(session_id, STOP), {})
    with pytest.raises(OptionError, match="2 sessions are selected and 1 are allowed"):
        converge(fake_api, targets, STOP, False)
    assert fake_api.sent() == []
    due = STOP._replace(still_due=lambda session_id: session_id == "1")
    assert [entry.result for entry in converge(fake_api, targets, due, False)] == ["stopped", "unchanged"]
    assert len(fake_api.writes) == 1


def test_entry_has_user_and_machine(converged):
    entry = converged(ON)
    assert entry.to_result() == {
        "id": "1",
        "user": "LAB\\user001",
        "machine": "LAB\\vda-001",
        "delivery_group": "Office Desktops",
        "session_state": "Active",
        "recorded_before": True,
        "recorded": True,
        "changed": False,
        "result": "unchanged",
        "reason": None,
        "notify_user": None,
        "stop_at": None,
        "transaction_id": None,
    }


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(("status", "wanted"), [(ON, START), (OFF, STOP)])
def test_converge_session_in_state_gets_no_request(converged, fake_api, status, wanted, check_mode):
    entry = converged(status, wanted=wanted, check_mode=check_mode)
    assert outline(entry) == ("unchanged", wanted.recorded, False)
    assert fake_api.sent() == [status_key()]


@pytest.mark.parametrize("wanted", [START, STOP])
@pytest.mark.parametrize(
    "body", [UNKNOWN, {}, {"IsSessionBeingRecorded": "true"}, {"IsSessionBeingRecorded": 0}, {"Other": True}]
)
def test_converge_unknown_state_fails_without_request(converged, fake_api, body, wanted):
    entry = converged(body, wanted=wanted)
    assert outline(entry) == ("failed", None, False)
    assert "does not report" in entry.reason and "nothing was sent" in entry.reason
    assert fake_api.writes == []


@pytest.mark.parametrize("error", [400, 403, 404, 409, 500, 503, LOST, STALLED])
def test_converge_unreadable_state_fails_without_request(converged, fake_api, error):
    entry = converged(error)
    assert outline(entry) == ("failed", None, False)
    assert entry.reason.startswith("nothing was sent: ")
    assert fake_api.writes == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"State": "Disconnected"}, "not_active"),
        ({"State": "Connected"}, "not_active"),
        ({"Connection": {"Protocol": "Rdp"}}, "not_hdx"),
        ({"Connection": {"Protocol": "Console"}}, "not_hdx"),
        ({"LogoffInProgress": True}, "logging_off"),
    ],
)
def test_converge_unrecordable_session_not_requested(converged, fake_api, fields, reason):
    entry = converged(OFF, **fields)
    assert (entry.result, entry.reason, entry.changed) == ("not_recordable", reason, False)
    assert fake_api.calls == []


def test_converge_unrecordable_session_can_be_stopped(converged):
    assert outline(converged(ON, OFF, wanted=STOP, State="Disconnected")) == ("stopped", False, True)


@pytest.mark.parametrize("session_id", ["", ".", ".."])
def test_converge_session_without_id_fails_without_request(fake_api, clock, session_id):
    (entry,) = converge(fake_api, [Target.from_session(session_id, a_session(session_id))], START, False)
    assert outline(entry) == ("failed", None, False)
    assert "no usable id for this session" in entry.reason
    assert fake_api.calls == []


@pytest.mark.parametrize("wanted", [START, STOP])
def test_ended_session_has_result_ended(fake_api, clock, wanted):
    (entry,) = converge(fake_api, [Target.from_session("1", None)], wanted, False)
    assert outline(entry) == ("ended", None, False)
    assert fake_api.calls == []


# Act and confirm


@pytest.mark.parametrize(("wanted", "before", "after"), [(START, OFF, ON), (STOP, ON, OFF)])
def test_converge_change_requested_once_and_confirmed(converged, fake_api, clock, wanted, before, after):
    entry = converged(before, after, wanted=wanted)
    assert outline(entry) == (wanted.result, wanted.recorded, True)
    assert (entry.reason, entry.transaction_id) == (None, f"transaction-of-{write_key(wanted=wanted)}")
    assert fake_api.sent() == [status_key(), write_key(wanted=wanted), status_key()]
    assert clock.slept == []


def test_converge_waits_for_late_change(converged, fake_api, clock):
    entry = converged(OFF, OFF, OFF, OFF, OFF, ON)
    assert outline(entry) == ("started", True, True)
    assert len(fake_api.writes) == 1
    assert clock.slept == [0.25, 0.5, 1.0, 2.0]


def test_converge_pauses_between_reads_grow_to_five_seconds(converged, clock):
    converged(OFF, wanted=Wanted(recorded=True, wait_timeout=60))
    assert max(clock.slept) == 5.0
    assert 60 <= sum(clock.slept) <= 65


@pytest.mark.parametrize(
    ("wanted", "state", "expected"), [(START, OFF, "recording server"), (STOP, ON, "policy starts it")]
)
def test_converge_missing_change_is_unconfirmed(converged, fake_api, clock, wanted, state, expected):
    entry = converged(state, wanted=wanted)
    assert outline(entry) == ("unconfirmed", not wanted.recorded, False)
    assert "the request was accepted, and 30 seconds later" in entry.reason and expected in entry.reason
    assert len(fake_api.writes) == 1
    assert 30 <= sum(clock.slept) <= 35


def test_converge_status_becomes_unknown_unconfirmed(converged):
    entry = converged(OFF, UNKNOWN)
    assert outline(entry) == ("unconfirmed", None, False)
    assert "does not report whether the session is recorded" in entry.reason


def test_converge_failed_status_read_repeated(converged):
    assert outline(converged(OFF, 503, 403, UNKNOWN, ON)) == ("started", True, True)


@pytest.mark.parametrize("error", [403, 503, LOST])
def test_converge_unreadable_confirmation_is_unconfirmed(converged, fake_api, error):
    entry = converged(OFF, error)
    assert outline(entry) == ("unconfirmed", None, False)
    assert entry.reason
    assert len(fake_api.writes) == 1


def test_converge_stalled_run_ends_wait(converged, clock):
    entry = converged(OFF, STALLED)
    assert outline(entry) == ("unconfirmed", None, False)
    assert entry.reason == "Nothing moves."
    assert clock.slept == []


@pytest.mark.parametrize("wait_timeout", [0, 1])
def test_converge_reads_status_at_least_three_times(converged, fake_api, wait_timeout):
    assert LEAST_READS == 3
    entry = converged(OFF, OFF, OFF, ON, wanted=Wanted(recorded=True, wait_timeout=wait_timeout))
    assert outline(entry) == ("started", True, True)
    assert len(fake_api.sent(status_key())) == 1 + 3


def test_converge_without_wait_reads_status_three_times(converged, fake_api):
    entry = converged(OFF, wanted=Wanted(recorded=True, wait_timeout=0))
    assert outline(entry) == ("unconfirmed", False, False)
    assert len(fake_api.sent(status_key())) == 1 + 3


def test_converge_throttled_time_does_not_count(fake_api, clock):
    throttled = 0.0

    def slow_status(_call):
        nonlocal throttled
        throttled += 100.0
        clock.now += 100.0
        return ON if len(fake_api.sent(status_key())) > 6 else OFF

    fake_api.throttle.active_seconds = lambda: clock() - throttled
    fake_api.on(status_key(), slow_status)
    fake_api.on(write_key(), {})
    (entry,) = converge(fake_api, [a_target()], Wanted(recorded=True, wait_timeout=5), False)
    assert entry.result == "started"


def test_converge_wait_timeout_starts_with_request_of_session(fake_api, clock):
    """The time limit of a session starts with its own request, also if it is processed late."""
    fake_api.max_concurrency = 1

    def slow_write(_call):
        clock.now += 20
        return {}

    def status_after(session_id, seconds):
        def read(_call):
            writes = [call for call in fake_api.writes if f"/{session_id}/" in call.path]
            return ON if writes and clock() >= 1000.0 + seconds else OFF

        return read

    for session_id, seconds in (("1", 25), ("2", 65)):
        fake_api.on(status_key(session_id), status_after(session_id, seconds))
        fake_api.on(write_key(session_id), slow_write)
    entries = converge(fake_api, [a_target("1"), a_target("2")], Wanted(recorded=True, wait_timeout=28), False)
    assert [entry.result for entry in entries] == ["started", "started"]


@pytest.mark.parametrize("wanted", [Wanted(recorded=True, wait=False), Wanted(recorded=False, wait=False)])
def test_converge_wait_false_accepted_request_is_changed_unknown(converged, fake_api, wanted):
    entry = converged(OFF if wanted.recorded else ON, wanted=wanted)
    assert outline(entry) == ("requested", None, True)
    assert entry.transaction_id is not None
    assert fake_api.sent() == [status_key(), write_key(wanted=wanted)]


@pytest.mark.parametrize("wanted", [START, STOP, Wanted(recorded=True, wait=False)])
@pytest.mark.parametrize("error", [400, 403, 429, ConnectionNotMade("No connection."), STALLED])
def test_converge_refused_request_fails_unchanged(converged, fake_api, clock, error, wanted):
    entry = converged(OFF if wanted.recorded else ON, wanted=wanted, write=error)
    assert (entry.result, entry.changed, entry.notify_user) == ("failed", False, None)
    assert entry.reason
    assert entry.transaction_id == (f"transaction-of-{write_key(wanted=wanted)}" if isinstance(error, int) else None)
    assert fake_api.sent() == [status_key(), write_key(wanted=wanted)]
    assert clock.slept == []


@pytest.mark.parametrize(("later", "recorded"), [(ON, True), (OFF, False), (403, None)])
def test_converge_conflict_fails_with_current_state(converged, fake_api, later, recorded):
    entry = converged(OFF, later, write=409)
    assert outline(entry) == ("failed", recorded, False)
    assert "state of the session" in entry.reason
    assert len(fake_api.writes) == 1


@pytest.mark.parametrize("error", [500, 502, 503, 504, LOST])
@pytest.mark.parametrize("wanted", [START, Wanted(recorded=True, wait=False)])
def test_converge_uncertain_request_with_effect_is_change(converged, fake_api, error, wanted):
    entry = converged(OFF, OFF, OFF, ON, wanted=wanted, write=error)
    assert outline(entry) == ("started", True, True)
    assert len(fake_api.writes) == 1


@pytest.mark.parametrize("notify_user", [True, False])
@pytest.mark.parametrize("error", [500, 502, 503, LOST])
def test_converge_uncertain_request_without_effect_unconfirmed(converged, fake_api, clock, error, notify_user):
    entry = converged(OFF, write=error, wanted=Wanted(recorded=True, notify_user=notify_user))
    assert outline(entry) == ("unconfirmed", False, False)
    assert entry.reason == "The answer was lost." if error is LOST else f"HTTP {error}" in entry.reason
    assert len(fake_api.writes) == 1
    assert sum(clock.slept) >= 30


# Accepted requests that continue as a job

ACCEPTED = Response({}, "t1", "job1")
JOB = "GET Jobs/job1"


@pytest.mark.parametrize("job", [400, 403, 404, 500, LOST, {"Status": "Canceled"}, {"Status": "NonTerminatingError"}])
@pytest.mark.parametrize("wanted", [START, STOP, Wanted(recorded=True, wait=False)])
def test_converge_unknown_job_confirmed_by_status(converged, fake_api, job, wanted):
    before, after = (OFF, ON) if wanted.recorded else (ON, OFF)
    fake_api.on(JOB, job)
    entry = converged(before, before, after, wanted=wanted, write=ACCEPTED)
    assert outline(entry) == (wanted.result, wanted.recorded, True)
    assert len(fake_api.writes) == 1


@pytest.mark.parametrize("job", [403, 404, 500, LOST])
@pytest.mark.parametrize("wanted", [START, STOP])
def test_converge_unknown_job_without_effect_unconfirmed(converged, fake_api, job, wanted):
    fake_api.on(JOB, job)
    before = OFF if wanted.recorded else ON
    entry = converged(before, wanted=wanted, write=ACCEPTED)
    assert outline(entry) == ("unconfirmed", not wanted.recorded, False)
    assert entry.transaction_id == "t1"
    assert len(fake_api.writes) == 1


def test_converge_failed_job_fails_with_its_error(converged, fake_api, clock):
    fake_api.on(JOB, {"Status": "Failed", "ErrorString": "No license."})
    entry = converged(OFF, write=ACCEPTED)
    assert outline(entry) == ("failed", False, False)
    assert "the job job1 failed (No license.)" in entry.reason
    assert clock.slept == [0.25, 0.5]


def test_converge_failed_job_with_effect_is_changed(converged, fake_api):
    fake_api.on(JOB, {"Status": "Failed"})
    assert outline(converged(OFF, ON, write=ACCEPTED)) == ("started", True, True)


def test_converge_failed_job_and_unreadable_status_unconfirmed(converged, fake_api):
    fake_api.on(JOB, {"Status": "Failed"})
    assert outline(converged(OFF, 403, write=ACCEPTED)) == ("unconfirmed", None, False)


def test_converge_accepted_without_job_confirmed_by_status(converged, fake_api):
    accepted = Response({}, "t1", "")
    assert outline(converged(OFF, ON, write=accepted)) == ("started", True, True)
    entry = converged(OFF, write=accepted, wanted=Wanted(recorded=True, wait=False))
    assert outline(entry) == ("unconfirmed", False, False)
    assert "the API named no job" in entry.reason


def test_converge_finished_job_confirmed(converged, fake_api):
    fake_api.on(JOB, {"Status": "InProgress"}, {"Status": "Complete"})
    assert outline(converged(OFF, OFF, ON, write=ACCEPTED)) == ("started", True, True)


# Sessions that end meanwhile


def test_converge_request_refused_with_404_reads_session(converged, fake_api):
    """The body does not show that the object does not exist: the session itself is read."""
    fake_api.on(write_key(), {})
    refused = api_error("start it", 404, "")
    entry = converged(OFF, 404, write=refused, details=404)
    assert outline(entry) == ("ended", None, False)
    assert outline(converged(OFF, OFF, write=refused)) == ("failed", False, False)


@pytest.mark.parametrize("answer", [400, 404, 409, 500])
def test_converge_session_ended_before_status_read(converged, fake_api, answer):
    entry = converged(answer, details=404)
    assert outline(entry) == ("ended", None, False)
    assert fake_api.writes == []


@pytest.mark.parametrize("wanted", [START, STOP])
def test_converge_session_ended_before_request(converged, wanted):
    entry = converged(OFF if wanted.recorded else ON, 404, wanted=wanted, write=404, details=404)
    assert (entry.result, entry.changed) == ("ended", False)
    assert "before the request" in entry.reason


@pytest.mark.parametrize("wanted", [START, STOP])
@pytest.mark.parametrize("later", [ON, OFF])
def test_converge_404_of_existing_session_fails(converged, wanted, later):
    """It may be about a recording server."""
    entry = converged(OFF if wanted.recorded else ON, later, wanted=wanted, write=404)
    assert outline(entry) == ("failed", later is ON, False)


@pytest.mark.parametrize("answer", [400, 404, 409, 500])
@pytest.mark.parametrize("write", [{}, 502])
def test_converge_session_ended_after_request(converged, answer, write):
    entry = converged(OFF, OFF, answer, write=write, details=404)
    assert outline(entry) == ("ended", None, False)
    assert "after the request" in entry.reason


def test_converge_ended_session_has_no_recording_state(converged):
    assert converged(OFF, 404, write=404, details=404).recorded is None


# The notification of the user


@pytest.mark.parametrize("notify_user", [True, False])
def test_converge_notification_passed_on_and_reported(converged, fake_api, notify_user):
    entry = converged(OFF, ON, wanted=Wanted(recorded=True, notify_user=notify_user))
    assert entry.notify_user is notify_user
    (write,) = fake_api.writes
    assert write.query == {"notifyUser": "true" if notify_user else "false"}


def test_converge_stop_has_no_notification(converged, fake_api):
    entry = converged(ON, OFF, wanted=Wanted(recorded=False, notify_user=True))
    assert entry.notify_user is None
    assert fake_api.writes[0].query == {}


@pytest.mark.parametrize("write", [502, LOST])
def test_converge_start_may_have_acted_notification_reported(converged, write):
    assert converged(OFF, write=write).notify_user is True
    assert converged(OFF, write=404).notify_user is None


@pytest.mark.parametrize("statuses", [[ON], [UNKNOWN], [403]])
def test_converge_no_start_sent_no_notification_reported(converged, statuses):
    assert converged(*statuses).notify_user is None
    assert converged(OFF, State="Disconnected").notify_user is None


# Many sessions


def live_site(fake_api):
    """Add sessions of every kind, whose recordings follow the requests; return targets."""
    recorded = {"new": False, "running": True, "disconnected": False, "rdp": True, "leaving": False}

    def read(call):
        return {"IsSessionBeingRecorded": recorded[call.query["id"]]}

    def write(call):
        recorded[call.path.split("/")[1]] = call.path.endswith("$startRecording")
        return {}

    for session_id in recorded:
        fake_api.on(status_key(session_id), read)
        fake_api.on(write_key(session_id, START), write)
        fake_api.on(write_key(session_id, STOP), write)
    fake_api.on(status_key("unknown"), UNKNOWN)
    fake_api.on(status_key("forbidden"), 403)
    fake_api.on(status_key("vanished"), 404)
    fake_api.on("GET Sessions/vanished", 404)
    return [
        a_target("new"),
        a_target("unknown"),
        a_target("running", User=None),
        Target.from_session("ended", None),
        a_target("disconnected", State="Disconnected"),
        a_target("rdp", Connection={"Protocol": "Rdp"}),
        a_target("forbidden"),
        a_target("leaving", LogoffInProgress=True),
        Target.from_session("", a_session(None)),
        a_target("vanished"),
    ]


@pytest.mark.parametrize("notify_user", [True, False])
@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("recorded", [True, False])
def test_converge_check_mode_predicts_run_and_sends_nothing(new_fake_api, recorded, wait, notify_user):
    wanted = Wanted(recorded, notify_user, wait)
    outcomes = {}
    for check_mode in (True, False):
        api = new_fake_api()
        entries = converge(api, live_site(api), wanted, check_mode)
        assert bool(api.writes) is not check_mode
        outcomes[check_mode] = [{**entry.to_result(), "transaction_id": None} for entry in entries]
    assert outcomes[True] == outcomes[False]
    assert {entry["result"] for entry in outcomes[True]} >= {
        "unchanged",
        "failed",
        "ended",
        wanted.result if wait else "requested",
    }


def test_converge_entries_keep_order_of_targets(fake_api, clock):
    targets = live_site(fake_api)
    entries = converge(fake_api, targets, START, False)
    assert [entry.id for entry in entries] == [target.session.id for target in targets]
    assert [entry.result for entry in entries] == [
        "started",
        "failed",
        "unchanged",
        "ended",
        "not_recordable",
        "not_recordable",
        "failed",
        "not_recordable",
        "failed",
        "ended",
    ]


def test_converge_second_run_changes_nothing(fake_api, clock):
    targets = live_site(fake_api)
    converge(fake_api, targets, START, False)
    sent = len(fake_api.writes)
    entries = converge(fake_api, targets, START, False)
    assert len(fake_api.writes) == sent
    assert not any(entry.changed for entry in entries)


def test_failed_session_does_not_affect_others(fake_api, clock):
    targets = [a_target(str(number)) for number in range(10)]
    for number in range(10):
        fake_api.on(status_key(str(number)), OFF, ON)
        fake_api.on(write_key(str(number)), 403 if number == 4 else {})
    entries = converge(fake_api, targets, START, False)
    assert [entry.result for entry in entries] == ["failed" if number == 4 else "started" for number in range(10)]


@pytest.mark.parametrize("batch_size", [0, 2])
def test_converge_reads_status_right_before_change(fake_api, clock, batch_size):
    fake_api.batches.size, fake_api.max_concurrency = batch_size, 1
    fake_api.on("POST $batch", fake_api.do_batch)
    for number in range(4):
        fake_api.on(status_key(number), OFF, ON)
        fake_api.on(write_key(number), {})
    converge(fake_api, [a_target(str(number)) for number in range(4)], START, False)
    kinds = "".join("w" if call.write else "r" for call in fake_api.calls)
    assert kinds == ("rwrw" + "rr" if batch_size else "rw" * 4 + "r" * 4)


def test_converge_no_sessions_does_nothing(fake_api, clock):
    assert converge(fake_api, [], START, False) == []
    assert fake_api.calls == []


# Batches


class BatchedSite:
    """Unrecorded sessions behind an API that accepts batches and loses some responses to writes.

    losses: for each writing batch, in turn, the ids of the sessions that it changes before it is lost.
    """

    def __init__(self, api, *losses):
        self._api, self._losses = api, list(losses)
        self.recorded = dict.fromkeys(("1", "2", "3"), False)
        self.starts = Counter()
        self.started_at = []
        api.batches.size = 3
        api.on("POST $batch", self._answer)
        for session_id in self.recorded:
            api.on(status_key(session_id), lambda _asked, one=session_id: self._read(one))
            api.on(write_key(session_id), lambda _asked, one=session_id: self._start(one))
        self.targets = [a_target(session_id) for session_id in self.recorded]

    def _read(self, session_id):
        return {"IsSessionBeingRecorded": self.recorded[session_id]}

    def _start(self, session_id):
        self.recorded[session_id] = True
        return {"Id": session_id}

    def _answer(self, call):
        if call.write:
            self.started_at.append(self._api.clock())
            self.starts.update(item["RelativeUrl"].split("/")[2] for item in call.body["Items"])
            if self._losses:
                for session_id in self._losses.pop(0):
                    self._start(session_id)
                raise LOST
        return self._api.do_batch(call)


SHORT = Wanted(recorded=True, notify_user=False, wait_timeout=5)


def test_converge_batch_starts_each_session_once(fake_api, clock):
    site = BatchedSite(fake_api)
    entries = converge(fake_api, site.targets, START, False)
    assert [outline(entry) for entry in entries] == [("started", True, True)] * 3
    assert site.starts == {"1": 1, "2": 1, "3": 1}
    assert fake_api.sent() == ["POST $batch"] * 3
    assert [call.write for call in fake_api.calls] == [False, True, False]


def test_converge_check_mode_batches_only_read(fake_api, clock):
    site = BatchedSite(fake_api)
    entries = converge(fake_api, site.targets, START, True)
    assert [entry.result for entry in entries] == ["started"] * 3
    assert (fake_api.sent(), fake_api.writes) == (["POST $batch"], [])


def test_converge_lost_batch_unchanged_resent_once_after_wait(fake_api, clock):
    site = BatchedSite(fake_api, ["2"])
    entries = converge(fake_api, site.targets, SHORT, False)
    assert [outline(entry) for entry in entries] == [("started", True, True)] * 3
    assert site.starts == {"1": 2, "2": 1, "3": 2}
    first, second = site.started_at
    assert 5.0 <= second - first <= 10.0
    assert all(entry.reason is None and entry.notify_user is False for entry in entries)


def test_converge_lost_start_with_notification_not_resent(fake_api, clock):
    site = BatchedSite(fake_api, ["2"])
    wanted = Wanted(recorded=True, wait_timeout=5)
    entries = converge(fake_api, site.targets, wanted, False)
    assert [entry.result for entry in entries] == ["unconfirmed", "started", "unconfirmed"]
    assert set(site.starts.values()) == {1}


def test_converge_lost_batch_with_effect_not_resent(fake_api, clock):
    site = BatchedSite(fake_api, ["1", "2", "3"])
    entries = converge(fake_api, site.targets, SHORT, False)
    assert [outline(entry) for entry in entries] == [("started", True, True)] * 3
    assert set(site.starts.values()) == {1}


def test_converge_resend_only_after_three_status_reads(fake_api, clock):
    site = BatchedSite(fake_api, [])
    converge(fake_api, site.targets, Wanted(recorded=True, notify_user=False, wait_timeout=0), False)
    kinds = "".join("w" if call.write else "r" for call in fake_api.calls)
    assert kinds == "r" + "w" + "r" * LEAST_READS + "w" + "r"


def test_converge_lost_twice_unconfirmed_without_third_request(fake_api, clock):
    site = BatchedSite(fake_api, [], ["3"], [])
    entries = converge(fake_api, site.targets, SHORT, False)
    assert [entry.result for entry in entries] == ["unconfirmed", "unconfirmed", "started"]
    assert [entry.reason for entry in entries] == [str(LOST), str(LOST), None]
    assert set(site.starts.values()) == {2}


@pytest.mark.parametrize("state", [UNKNOWN, 403])
def test_converge_lost_and_status_unknown_not_resent(fake_api, clock, state):
    site = BatchedSite(fake_api, [])
    fake_api.on(status_key("1"), OFF, state)
    entries = converge(fake_api, site.targets, SHORT, False)
    assert [outline(entry) for entry in entries] == [("unconfirmed", None, False), *[("started", True, True)] * 2]
    assert site.starts == {"1": 1, "2": 2, "3": 2}


def test_converge_stall_after_loss_resends_nothing(converged, fake_api):
    entry = converged(OFF, STALLED, write=BatchLost("The answer was lost."))
    assert outline(entry) == ("unconfirmed", None, False)
    assert len(fake_api.writes) == 1


def test_converge_session_ended_after_loss_has_ended(fake_api, clock):
    site = BatchedSite(fake_api, [])
    fake_api.on(status_key("1"), OFF, OFF, 404)
    fake_api.on("GET Sessions/1", 404)
    entries = converge(fake_api, site.targets, SHORT, False)
    assert [entry.result for entry in entries] == ["ended", "started", "started"]
    assert site.starts["1"] == 1


def test_converge_lost_batch_followed_up_without_wait(fake_api, clock):
    site = BatchedSite(fake_api, ["1"])
    wanted = Wanted(recorded=True, notify_user=False, wait=False, wait_timeout=5)
    entries = converge(fake_api, site.targets, wanted, False)
    assert [outline(entry) for entry in entries] == [
        ("started", True, True),
        ("requested", None, True),
        ("requested", None, True),
    ]
    assert site.starts == {"1": 1, "2": 2, "3": 2}


READINGS = st.sampled_from([ON, OFF, UNKNOWN, {}, 400, 403, 404, 500, 503, LOST, STALLED])
WRITES = st.sampled_from([{}, 400, 403, 404, 409, 429, 500, 502, LOST, STALLED, ConnectionNotMade("No connection.")])
CASES = st.tuples(
    st.lists(READINGS, min_size=1, max_size=6), WRITES, st.sampled_from([{"Id": "x"}, 404, 403]), st.booleans()
)


@given(st.lists(CASES, max_size=6), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 30))
def test_converge_any_responses_one_correct_entry_each(new_fake_api, cases, recorded, wait, check_mode, timeout):
    api, wanted = new_fake_api(), Wanted(recorded, True, wait, timeout)
    targets = []
    for number, (readings, write, details, active) in enumerate(cases):
        session_id = str(number)
        api.on(status_key(session_id), *readings)
        api.on(write_key(session_id, wanted), write)
        api.on(f"GET Sessions/{session_id}", details)
        targets.append(a_target(session_id, State="Active" if active else "Disconnected"))
    entries = converge(api, targets, wanted, check_mode)

    assert [entry.id for entry in entries] == [target.session.id for target in targets]
    assert not (check_mode and api.writes)
    for entry, (readings, _write, _details, _active) in zip(entries, cases):
        assert entry.result in RESULTS
        assert entry.changed is (entry.result in ("started", "stopped", "requested"))
        assert len([call for call in api.writes if call.path.split("/")[1] == entry.id]) <= 1
        assert bool(entry.reason) is (entry.result not in ("started", "stopped", "requested", "unchanged"))
        if entry.result in ("started", "stopped") and not check_mode:
            assert (ON if recorded else OFF) in readings
            assert entry.recorded is recorded
        if entry.transaction_id:
            assert entry.id in [call.path.split("/")[1] for call in api.writes]
        if entry.notify_user is not None:
            assert recorded and entry.result not in ("failed", "unchanged", "not_recordable")


def test_converge_policy_requests_state_of_each_session(fake_api, clock):
    """The targets of a policy: one list for all, and one request for each session that differs."""
    wanted = {
        "1": Wanted(recorded=True, notify_user=False),
        "2": STOP,
        "3": START,
        "4": Wanted(recorded=True, wait=False),
        "5": STOP,
    }
    for session_id, each in wanted.items():
        before, after = (OFF, ON) if each.recorded else (ON, OFF)
        fake_api.on(status_key(session_id), before, after)
        fake_api.on(write_key(session_id, each), {})
    fake_api.on(write_key("5", STOP), 404)
    fake_api.on("GET Sessions/5", 404)
    targets = [(a_target(session_id), each) for session_id, each in wanted.items()]
    entries = _converge.converge(fake_api, targets, False)
    assert [outline(entry) for entry in entries] == [
        ("started", True, True),
        ("stopped", False, True),
        ("started", True, True),
        ("requested", None, True),
        ("ended", None, False),
    ]
    assert [entry.notify_user for entry in entries] == [False, None, True, True, None]
    assert [entry.ended_is_fine for entry in entries] == [False, True, False, False, True]
    assert len(fake_api.writes) == 5


# Two runs at the same time


class OtherRun:
    """Replace the locks: another run has the locks of these sessions for a number of attempts."""

    def __init__(self, monkeypatch, *locked, attempts=10**6):
        self.locked = dict.fromkeys(locked, attempts)
        self.taken, self.released = [], []
        monkeypatch.setattr(_converge, "SessionLocks", lambda site, warn: self)

    def take(self, session_id):
        if self.locked.get(session_id, 0):
            self.locked[session_id] -= 1
            return False
        self.taken.append(session_id)
        return True

    def release(self, session_id):
        self.released.append(session_id)


def at_the_site(fake_api, **statuses):
    """Return targets for sessions with these status responses and successful starts."""
    for session_id, answers in statuses.items():
        fake_api.on(status_key(session_id[1:]), *answers)
        fake_api.on(write_key(session_id[1:]), {})
    return [a_target(session_id[1:]) for session_id in statuses]


def test_converge_session_of_another_run_waited_for(fake_api, clock, monkeypatch):
    other = OtherRun(monkeypatch, "1", attempts=5)
    targets = at_the_site(fake_api, s1=[OFF, OFF, ON], s2=[OFF, ON])
    first, second = converge(fake_api, targets, START, False)
    assert (outline(first), outline(second)) == (("started", True, True),) * 2
    assert fake_api.sent("POST")[-1] == write_key("1")
    assert set(other.released) == {"1", "2"}


def test_converge_other_run_finishes_session_unchanged(fake_api, clock, monkeypatch):
    OtherRun(monkeypatch, "1", attempts=5)
    (entry,) = converge(fake_api, at_the_site(fake_api, s1=[OFF, ON]), START, False)
    assert outline(entry) == ("unchanged", True, False)
    assert fake_api.writes == []


def test_converge_other_run_session_in_state_not_waited_for(fake_api, clock, monkeypatch):
    OtherRun(monkeypatch, "1")
    (entry,) = converge(fake_api, at_the_site(fake_api, s1=[ON]), START, False)
    assert outline(entry) == ("unchanged", True, False)
    assert clock.slept == []


def test_converge_session_locked_too_long_changed(fake_api, clock, monkeypatch):
    OtherRun(monkeypatch, "1")
    began = clock()
    (entry,) = converge(fake_api, at_the_site(fake_api, s1=[OFF, OFF, ON]), START, False)
    assert outline(entry) == ("started", True, True)
    assert _converge.LONGEST_LOCK_WAIT <= clock() - began < _converge.LONGEST_LOCK_WAIT + 1
    # Its lock is requested, and its status is not read, until the time has passed.
    assert fake_api.sent("GET") == [status_key("1")] * 3


def test_converge_interrupted_while_waiting_ends_at_once(fake_api, clock, monkeypatch):
    OtherRun(monkeypatch, "1")
    fake_api.throttle.pause = lambda seconds: True
    (entry,) = converge(fake_api, at_the_site(fake_api, s1=[OFF, STALLED]), START, False)
    assert outline(entry) == ("failed", None, False)
    assert fake_api.writes == []


def test_converge_lock_held_until_result_is_known(fake_api, clock, monkeypatch):
    other = OtherRun(monkeypatch)
    released = []
    fake_api.on(status_key("1"), OFF, OFF, lambda call: released.extend(other.released) or ON)
    fake_api.on(write_key("1"), {})
    converge(fake_api, [a_target("1")], START, False)
    assert (released, other.released) == ([], ["1"])


@pytest.mark.parametrize(("statuses", "wanted"), [([ON], START), ([UNKNOWN], START), ([404], START), ([OFF], STOP)])
def test_converge_lock_of_unchanged_session_released(fake_api, clock, monkeypatch, statuses, wanted):
    other = OtherRun(monkeypatch)
    fake_api.on("GET Sessions/1", 404)
    converge(fake_api, at_the_site(fake_api, s1=statuses), wanted, False)
    assert (other.taken, other.released) == (["1"], ["1"])


def test_converge_lock_released_after_failed_read(fake_api, clock, monkeypatch):
    other = OtherRun(monkeypatch)

    def fail(_api, ids):
        if ids:
            raise STALLED
        return {}

    monkeypatch.setattr(_converge.sessions, "read_recorded", fail)
    (entry,) = converge(fake_api, [a_target()], START, False)
    assert (entry.result, other.taken, other.released) == ("failed", ["1"], ["1"])


def test_converge_without_wait_lock_released_at_request(fake_api, clock, monkeypatch):
    other = OtherRun(monkeypatch)
    converge(fake_api, at_the_site(fake_api, s1=[OFF]), Wanted(recorded=True, wait=False), False)
    assert other.released == ["1"]


def test_converge_check_mode_without_lock(fake_api, clock, monkeypatch):
    other = OtherRun(monkeypatch, "1")
    (entry,) = converge(fake_api, at_the_site(fake_api, s1=[OFF]), START, True)
    assert (entry.result, other.taken) == ("started", [])


def test_converge_batch_with_locked_session_changes_others(fake_api, clock, monkeypatch):
    OtherRun(monkeypatch, "1", attempts=3)
    fake_api.batch_size = 10
    fake_api.on("POST $batch", fake_api.do_batch)
    targets = at_the_site(fake_api, s1=[OFF, OFF, ON], s2=[OFF, ON], s3=[ON])
    entries = converge(fake_api, targets, START, False)
    assert [entry.result for entry in entries] == ["started", "started", "unchanged"]
    assert (
        len([item for item in fake_api.items_of_batches if "start" in item["RelativeUrl"]]) + len(fake_api.writes) >= 2
    )


def test_converge_sessions_in_shuffled_order_results_in_theirs(fake_api, clock, monkeypatch):
    monkeypatch.setattr(_converge, "shuffle", random.shuffle)
    statuses = {f"s{number}": [OFF, ON] for number in range(30)}
    fake_api.max_concurrency = 1
    orders = set()
    for _run in range(3):
        entries = converge(fake_api, at_the_site(fake_api, **statuses), START, False)
        assert [entry.id for entry in entries] == [str(number) for number in range(30)]
        orders.add(tuple(fake_api.sent("POST")))
        fake_api.calls.clear()
    assert len(orders) == 3
    assert len({frozenset(order) for order in orders}) == 1


def test_converge_status_read_right_before_each_start(fake_api, clock):
    fake_api.max_concurrency = 1
    converge(fake_api, at_the_site(fake_api, **{f"s{number}": [OFF, ON] for number in range(9)}), START, False)
    sent = fake_api.sent()
    for number in range(9):
        assert sent[sent.index(write_key(str(number))) - 1] == status_key(str(number))
