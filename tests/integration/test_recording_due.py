# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings with an end are stopped on time, and no others, whatever happens in between."""

from __future__ import annotations

import gzip
import json
import random

import jsonschema
import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import converge, trail
from ansible_collections.sessionops.citrix.plugins.module_utils._client.auth import Authenticator
from ansible_collections.sessionops.citrix.plugins.module_utils._common import times
from support.simulator_process import COLLECTION

RECORDING = "sessionops.citrix.citrix_session_recording"
DUE = "sessionops.citrix.citrix_recording_due"
NOON = 1_796_126_400.0
NO_STOP = [{"path": r"\$(stopRecording|batch)$", "answer": {"status": 503, "body": {}}}]


class Desk:
    """A site, its audit trail, and a clock that the test sets."""

    def __init__(self, simulator, modules, path) -> None:
        self.simulator = simulator
        self.trail = path
        self.now = NOON
        self._modules = modules
        self.options = {**simulator.cloud, "audit_log": str(path), "retries": 0}

    def run(self, name: str, check_mode: bool = False, **options):
        return self._modules([{name: options, "check_mode": check_mode}], connection=self.options)

    def start(self, *ids: str, **options):
        return self.run(RECORDING, state="started", session_id=list(ids), **options)

    def stop(self, *ids: str):
        return self.run(RECORDING, state="stopped", session_id=list(ids))

    def sweep(self, **options):
        return self.run(DUE, **options)

    def recorded(self) -> set[str]:
        return {session["id"] for session in self.simulator.state().values() if session["recorded"]}

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.trail.read_bytes().splitlines()]


@pytest.fixture
def desk(simulator, modules, tmp_path, monkeypatch):
    users = [{"user": {"Name": f"LAB\\user{at}"}} for at in range(4)]
    plan = {"name": "LAB\\vda-001", "delivery_group": "Office", "sessions": users}
    simulator.fleet(delivery_groups=["Office"], machines=[plan])
    made = Desk(simulator, modules, tmp_path / "audit.jsonl")
    monkeypatch.setattr(times, "now", lambda: made.now)
    return made


@pytest.fixture
def ids(desk) -> list[str]:
    return list(desk.simulator.state())


def results(run) -> dict[str, str]:
    return {entry["id"]: entry["result"] for entry in run.result["sessions"]}


def killed(monkeypatch, act, before_request: bool = False) -> None:
    """Run a task as one that is killed at once after its request was sent, or just before."""
    with monkeypatch.context() as patched:
        if before_request:
            send = Authenticator.send

            def die(authenticator, request):
                if request.write:
                    raise SystemExit(137)
                return send(authenticator, request)

            patched.setattr(Authenticator, "send", die)
        patched.setattr(trail.Trail, "after", lambda *_arguments: None)
        try:
            act()
        except (json.JSONDecodeError, SystemExit):
            pass


def test_due_site_id_in_another_case_stopped(desk, ids):
    """The API accepts its ids in any case, so the trail of the site may have them in several."""
    for spelling, session_id in zip((str.upper, str.lower), ids):
        desk.start(session_id, stop_after=60, site_id=spelling(desk.simulator.facts["site_id"]))
    desk.now += 61
    assert results(desk.sweep()) == dict.fromkeys(ids[:2], "stopped")
    assert desk.recorded() == set()


def test_only_due_recording_stopped(desk, ids):
    first, second, third, fourth = ids
    (entry,) = desk.start(first, stop_after=60).result["sessions"]
    assert entry["stop_at"] == "2026-12-01T12:01:00Z"
    desk.start(second, stop_after=7200)
    desk.start(third)
    desk.simulator.mark()
    desk.now += 59.9
    early = desk.sweep().result
    assert (early["sessions"], early["changed"], early["pending"], early["writes_sent"]) == ([], False, 2, 0)
    assert early["next_stop_at"] == "2026-12-01T12:01:00Z"
    assert early["msg"] == "No recording is due. Not due yet: 2, the next at 2026-12-01T12:01:00Z."
    desk.now += 0.1
    preview = desk.sweep(check_mode=True)
    run = desk.sweep()
    assert results(preview) == results(run) == {first: "stopped"}
    assert run.result["sessions"][0]["user"] == "LAB\\user0"
    assert run.result["sessions"][0]["stop_at"] == "2026-12-01T12:01:00Z"
    assert desk.recorded() == {second, third}
    assert run.result["pending"] == 1
    assert run.result["msg"] == "1 session: 1 stopped. Not due yet: 1, the next at 2026-12-01T14:00:00Z."
    assert results(desk.sweep()) == {}
    assert fourth not in results(run)


def test_start_of_recorded_session_sets_no_end(desk, ids):
    desk.start(ids[0])
    (entry,) = desk.start(ids[0], stop_after=1).result["sessions"]
    assert (entry["result"], entry["stop_at"]) == ("unchanged", None)
    desk.now += 10
    assert results(desk.sweep()) == {}
    assert desk.recorded() == {ids[0]}


def test_restarted_recording_not_due(desk, ids):
    desk.start(*ids, stop_after=60)
    desk.stop(ids[0], ids[1])
    desk.start(ids[0])
    desk.start(ids[1], stop_after=600)
    desk.now += 60
    assert set(results(desk.sweep())) == {ids[2], ids[3]}
    assert desk.recorded() == {ids[0], ids[1]}
    desk.now += 600
    assert results(desk.sweep()) == {ids[1]: "stopped"}


def test_clock_set_back_keeps_trail_order(desk, ids):
    desk.start(ids[0], stop_after=60)
    desk.now -= 3600
    desk.stop(ids[0])
    desk.start(ids[0])
    desk.now += 7200
    assert results(desk.sweep()) == {}
    assert desk.recorded() == {ids[0]}


@pytest.mark.parametrize("before_request", [False, True])
def test_start_of_killed_run_due(desk, ids, monkeypatch, before_request):
    killed(monkeypatch, lambda: desk.start(ids[0], stop_after=60), before_request)
    assert [line["event"] for line in desk.lines()] == ["requested"]
    desk.now += 60
    assert results(desk.sweep()) == {ids[0]: "unchanged" if before_request else "stopped"}
    assert desk.recorded() == set()


@pytest.mark.parametrize("before_request", [False, True])
def test_stop_of_killed_run_repeated(desk, ids, monkeypatch, before_request):
    desk.start(ids[0], stop_after=60)
    desk.now += 60
    killed(monkeypatch, desk.sweep, before_request)
    assert results(desk.sweep()) == {ids[0]: "stopped" if before_request else "unchanged"}
    assert desk.recorded() == set()


@pytest.mark.parametrize("batch_size", [0, 10])
def test_stop_refused_by_server_stays_due(desk, ids, batch_size):
    desk.options["batch_size"] = batch_size
    desk.start(ids[0], ids[1], stop_after=60)
    desk.start(ids[2])
    desk.now += 60
    desk.simulator.fault(*NO_STOP)
    failed = desk.sweep(wait_timeout=0)
    assert failed.code != 0
    assert desk.recorded() == {*ids[:3]}
    desk.simulator.fault()
    assert results(desk.sweep()) == {ids[0]: "stopped", ids[1]: "stopped"}
    assert desk.recorded() == {ids[2]}


def test_unreadable_session_does_not_block_others(desk, ids):
    desk.start(ids[0], ids[1], stop_after=60)
    desk.now += 60
    desk.simulator.fault({"path": "RecordingStatus$", "session": ids[0], "answer": {"status": 503, "body": {}}})
    run = desk.sweep()
    assert (run.code != 0, results(run)) == (True, {ids[0]: "failed", ids[1]: "stopped"})
    desk.simulator.fault()
    assert results(desk.sweep()) == {ids[0]: "stopped"}


def test_ended_session_closed_in_trail(desk, ids):
    desk.start(ids[0], stop_after=60)
    desk.simulator.log_off(ids[0])
    desk.now += 60
    run = desk.sweep()
    assert (run.code, results(run), run.result["warnings"]) == (0, {ids[0]: "ended"}, [])
    assert (desk.lines()[-1]["action"], desk.lines()[-1]["result"]) == ("stop_recording", "ended")
    assert results(desk.sweep()) == {}


def test_failed_start_keeps_earlier_end(desk, ids):
    desk.start(ids[0], stop_after=60)
    desk.simulator.stop_recording(ids[0])
    desk.simulator.fault({"path": r"\$startRecording$", "answer": {"status": 403, "body": {}}})
    desk.start(ids[0])
    desk.simulator.fault()
    desk.now += 60
    assert results(desk.sweep()) == {ids[0]: "unchanged"}


def test_session_restarted_during_run_not_stopped(desk, ids, monkeypatch):
    """After the trail is read, another sweeper stops the recording and a run starts it again."""
    desk.start(ids[0], stop_after=60)
    desk.now += 60
    take, done = converge.SessionLocks.take, []

    def late(locks, session_id):
        if not done:
            done.append(session_id)
            assert results(desk.sweep()) == {ids[0]: "stopped"}
            assert results(desk.start(ids[0])) == {ids[0]: "started"}
        return take(locks, session_id)

    monkeypatch.setattr(converge.SessionLocks, "take", late)
    assert results(desk.sweep()) == {ids[0]: "unchanged"}
    assert desk.recorded() == {ids[0]}


@pytest.mark.parametrize("suffix", [".1", ".1.gz", "-20261201.gz"])
def test_rotated_trail_read(desk, ids, suffix):
    desk.start(ids[0], stop_after=60)
    rotated = desk.trail.with_name(desk.trail.name + suffix)
    text = desk.trail.read_bytes()
    rotated.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    desk.trail.unlink()
    desk.start(ids[1])
    desk.now += 60
    run = desk.sweep()
    assert (run.code, results(run)) == (0, {ids[0]: "stopped"})


@pytest.mark.parametrize("name", ["audit-20261201.jsonl.gz", "audit.1.jsonl", "audit.jsonl_old"])
def test_rotated_trail_with_other_name_fails(desk, ids, name):
    desk.start(ids[0], stop_after=60)
    text = desk.trail.read_bytes()
    desk.trail.with_name(name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    desk.trail.unlink()
    desk.start(ids[1], stop_after=60)
    desk.now += 60
    run = desk.sweep()
    assert "The audit trail is damaged (missing: 1)" in run.result["msg"]
    assert (run.code != 0, results(run)) == (True, {ids[1]: "stopped"})


def test_removed_old_trail_files_accepted(desk, ids):
    desk.start(ids[0])
    desk.trail.rename(desk.trail.with_name("other.jsonl"))
    desk.trail.with_name("audit-site2.jsonl").write_text("{}\n", encoding="utf-8")
    desk.start(ids[1], stop_after=60)
    desk.now += 60
    run = desk.sweep()
    assert (run.code, results(run)) == (0, {ids[1]: "stopped"})


def test_damaged_trail_fails_after_known_stops(desk, ids):
    desk.start(ids[0], stop_after=60)
    desk.start(ids[1], stop_after=60)
    lines = desk.trail.read_bytes().splitlines(keepends=True)
    lines[0] = lines[0].replace(b"user0", b"user9")
    desk.trail.write_bytes(b"".join(lines))
    desk.now += 60
    run = desk.sweep()
    assert run.code != 0
    assert "The audit trail is damaged (changed: 1)" in run.result["msg"]
    assert results(run) == {ids[1]: "stopped"}


def test_other_site_not_changed(desk, ids):
    desk.start(ids[0], stop_after=60)
    desk.now += 60
    lines = desk.trail.read_text(encoding="utf-8")
    site = desk.lines()[0]["site_id"]
    run = desk._modules([{DUE: {}}], connection={**desk.options, "site_id": "11111111-1111-1111-1111-111111111111"})
    assert (run.result["sessions"], site in lines) == ([], True)
    assert desk.recorded() == {ids[0]}


@pytest.mark.parametrize(
    ("options", "notified"),
    [
        ({"state": "stopped", "stop_after": 5}, "stop_after: is valid only with state started"),
        ({"state": "started", "stop_after": 0}, "stop_after: must be from 1 to"),
        ({"state": "started", "stop_after": 10**9}, "stop_after: must be from 1 to"),
        ({"state": "started", "stop_after": 5, "audit_log": None}, "stop_after: requires audit_log"),
    ],
)
def test_invalid_end_fails_before_any_write(desk, ids, options, notified):
    run = desk.run(RECORDING, session_id=ids[0], **options)
    assert run.code != 0
    assert notified in run.result["msg"]
    assert desk.recorded() == set()


def test_due_without_trail_names_option(desk, modules, tmp_path):
    run = modules([{DUE: {}}], connection=desk.simulator.cloud)
    assert "audit_log: is required" in run.result["msg"]
    missing = {**desk.simulator.cloud, "audit_log": str(tmp_path / "none.jsonl")}
    assert "cannot be read" in modules([{DUE: {}, "check_mode": True}], connection=missing).result["msg"]
    empty = modules([{DUE: {}}], connection=missing)
    assert (empty.code, ["has no lines" in text for text in empty.result["warnings"]]) == (0, [True])


def test_foreign_stop_ends_plan(desk, ids):
    desk.start(ids[0], ids[1], stop_after=60)
    desk.simulator.stop_recording(ids[0])
    desk.now += 60
    assert results(desk.sweep()) == {ids[0]: "unchanged", ids[1]: "stopped"}
    line = desk.lines()[-1]
    assert (line["event"], line["session_id"], line["result"]) == ("result", ids[0], "unchanged")
    schema = json.loads((COLLECTION / "docs" / "audit.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(line)
    desk.simulator.start_recording(ids[0])
    assert results(desk.sweep()) == {}
    assert desk.recorded() == {ids[0]}


@pytest.mark.parametrize(("late", "closed"), [(60, False), (3600, True)])
def test_late_effect_of_killed_start(desk, ids, monkeypatch, late, closed):
    """The API may act on a request without a result after a sweep has read the status."""
    killed(monkeypatch, lambda: desk.start(ids[0], stop_after=60), before_request=True)
    desk.now += 60 + late
    assert results(desk.sweep()) == {ids[0]: "unchanged"}
    desk.simulator.start_recording(ids[0])
    assert results(desk.sweep()) == ({} if closed else {ids[0]: "stopped"})


def test_closing_line_keeps_newer_end(desk, ids, monkeypatch):
    """Another run starts the recording between the status reading of a sweep and its line."""
    desk.start(ids[0], stop_after=60)
    desk.simulator.stop_recording(ids[0])
    desk.now += 60
    note = trail.Trail.note

    def late(self, subjects):
        with monkeypatch.context() as patched:
            patched.setattr(trail.Trail, "note", note)
            desk.start(ids[0], stop_after=60)
        note(self, subjects)

    with monkeypatch.context() as patched:
        patched.setattr(trail.Trail, "note", late)
        assert results(desk.sweep()) == {ids[0]: "unchanged"}
    desk.now += 60
    assert results(desk.sweep()) == {ids[0]: "stopped"}


@pytest.mark.parametrize("seed", range(12))
def test_random_events_stop_exactly_due_recordings(desk, ids, monkeypatch, seed):
    """Starts and stops, also foreign ones, killed runs, clock changes, refused stops and sweeps."""
    dice = random.Random(seed)
    desk.options["batch_size"] = 0
    plans: dict[str, tuple[float, bool]] = {}
    """By session, the end that a run has set, and whether its start was confirmed."""
    for _step in range(30):
        one = dice.choice(ids)
        event = dice.choice(["start", "timed", "timed", "killed", "stop", "other", "clock", "clock", "fail", "sweep"])
        recorded = one in desk.recorded()
        if event == "start":
            desk.start(one)
            if not recorded:
                plans.pop(one, None)
        elif event == "timed":
            seconds = dice.randint(1, 100)
            desk.start(one, stop_after=seconds)
            if not recorded:
                plans[one] = desk.now + seconds, True
        elif event == "killed" and not recorded:
            killed(monkeypatch, lambda one=one: desk.start(one, stop_after=30), dice.random() < 0.3)
            plans[one] = desk.now + 30, False
        elif event == "stop":
            desk.stop(one)
            if recorded:
                plans.pop(one, None)
        elif event == "other":
            (desk.simulator.stop_recording if recorded else desk.simulator.start_recording)(one)
        elif event == "clock":
            desk.now += dice.choice([-50, 10, 40, 90])
        elif event in ("fail", "sweep"):
            before = desk.recorded()
            due = {name for name, (end, _confirmed) in plans.items() if end <= desk.now}
            if event == "fail":
                desk.simulator.fault(*NO_STOP)
                desk.sweep(wait_timeout=0)
                desk.simulator.fault()
                assert desk.recorded() == before
                due -= before
            else:
                desk.sweep()
                assert desk.recorded() == before - due
            for name in due:
                end, confirmed = plans[name]
                if name in before or confirmed or desk.now >= end + 3600:
                    del plans[name]
    desk.now += 10_000
    before = desk.recorded()
    desk.sweep()
    assert desk.recorded() == before - set(plans)
    for one in ids:
        if one not in desk.recorded():
            desk.simulator.start_recording(one)
    assert results(desk.sweep()) == {}
