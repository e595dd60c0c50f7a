# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail matches the simulator's log for every write, also in a killed run."""

from __future__ import annotations

import gzip
import importlib
import json
import os
import random
import signal
import socket
import sys
import syslog
import threading
import time
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import yaml
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import (
    audit_lines,
    messages,
    recording,
    trail,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.audit_reader import TrailReader
from ansible_collections.sessionops.citrix.plugins.modules import citrix_audit_info
from support.simulator_process import COLLECTION

RECORDING = "sessionops.citrix.citrix_session_recording"
MESSAGE = "sessionops.citrix.citrix_session_message"
POLICY = "sessionops.citrix.citrix_recording_policy"
INFO = "sessionops.citrix.citrix_audit_info"
WRITES = {"$startRecording": "start_recording", "$stopRecording": "stop_recording", "$sendMessage": "send_message"}
MACHINE = "LAB\\vda-001"
KILLS = int(os.environ.get("AUDIT_KILLS", "8"))
"""Runs that are killed, half of them with batches; `make kills` sets more."""
SCHEMA = json.loads((COLLECTION / "docs" / "audit.schema.json").read_text(encoding="utf-8"))
RETURN = yaml.safe_load(citrix_audit_info.RETURN)

TASKS = {
    "start": {RECORDING: {"state": "started", "machine": MACHINE, "on_gap": "warn"}},
    "stop": {RECORDING: {"state": "stopped", "machine": MACHINE}},
    "message": {MESSAGE: {"machine": MACHINE, "title": "Title", "text": "Text", "on_gap": "warn"}},
    "policy": {POLICY: {"rules": [{"name": "Machine", "state": "started", "machine": MACHINE}]}},
}


def writes_of(simulator, since=0):
    """Return the writes in the simulator's log as (action, session, transaction id)."""
    return {
        (WRITES[call["path"].rpartition("/")[2]], call["path"].split("/")[-2], call["headers"]["citrix-transactionid"])
        for call in simulator.calls(since, items=True)
        if call["path"].rpartition("/")[2] in WRITES
    }


def lines_of(path, event):
    return [entry for _place, entry in TrailReader([str(path)]).entries() if entry["event"] == event]


def as_writes(lines):
    return {(line["action"], line["session_id"], line["transaction_id"]) for line in lines}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audit.jsonl"


@pytest.mark.parametrize("batch_size", [0, 4])
@pytest.mark.parametrize("name", TASKS)
def test_trail_matches_simulator_log(simulator, modules, path, name, batch_size):
    ((module, options),) = TASKS[name].items()
    connection = {**simulator.cloud, "batch_size": batch_size}
    run = modules([{module: {**options, "audit_log": str(path), "reason": "INC-7"}}], connection)
    assert run.code == 0, run.output
    requested, results = lines_of(path, "requested"), lines_of(path, "result")
    assert as_writes(requested) == writes_of(simulator) != set()
    assert {line["reason"] for line in requested} == {"INC-7"}
    entries = {entry["id"]: entry for entry in run.result["sessions"]}
    for line in results:
        entry = entries[line["session_id"]]
        assert (line["result"], line["result_reason"]) == (entry["result"], entry["reason"])
        assert (line["user"], line["machine"], line["rule"]) == (entry["user"], MACHINE, entry.get("rule"))
        assert line["notify_user"] == entry.get("notify_user")
    assert len(results) == len(requested) == len({line["session_id"] for line in results})


def test_trail_schema_matches_lines_of_all_results(simulator, modules, path):
    first, second, third, *_rest = simulator.recordable_on(MACHINE)
    simulator.fault(
        {"path": "startRecording", "session": first["id"], "answer": {"status": 409, "body": {}}},
        {"path": "startRecording", "session": second["id"], "vanish": True},
        {"path": "startRecording", "session": third["id"], "answer": {"status": 504, "body": {}}},
    )
    timed = {RECORDING: {"state": "started", "machine": MACHINE, "stop_after": 60, "wait_timeout": 0, "on_gap": "warn"}}
    unwaited = {RECORDING: {"state": "started", "machine": "LAB\\vda-002", "wait": False}}
    tasks = [{**task, "ignore_errors": True} for task in (timed, unwaited, *TASKS.values())]
    connection = {**simulator.cloud, "audit_log": str(path), "retries": 0}
    modules(tasks, connection, env={"CITRIX_AWX_JOB_ID": "7", "CITRIX_REASON": "INC-7"})
    lines = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    valid = jsonschema.Draft202012Validator(SCHEMA)
    assert [error.message for line in lines for error in valid.iter_errors(line)] == []
    results = {line["result"] for line in lines}
    assert results == {None, "started", "requested", "ended", "unconfirmed", "failed", "stopped", "sent"}
    unchained = json.loads(audit_lines.encode({name: lines[0][name] for name in audit_lines.FIELDS})[0])
    assert list(valid.iter_errors({**unchained, "hash": None})) == []
    for changes in ({"result": "started"}, {"event": "other"}, {"time": None}, {"hash": "x"}, {"more": 1}):
        assert list(valid.iter_errors({**lines[0], **changes})) != [], changes


def test_trail_schema_has_every_member():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    members = [*audit_lines.FIELDS, "line", "previous_hash", "hash"]
    assert SCHEMA["required"] == list(SCHEMA["properties"]) == members


@pytest.mark.parametrize("batch_size", [0, 4])
def test_trail_shows_refused_and_resent_requests(simulator, modules, path, batch_size):
    first, second, *_rest = simulator.recordable_on(MACHINE)
    refused = {"status": 409, "body": {"type": "urn:test", "detail": "The session is locked."}}
    simulator.fault(
        {"path": "startRecording", "session": first["id"], "answer": refused},
        {"path": "startRecording", "session": second["id"], "times": 1, "throttle": {"hint": "seconds", "value": 0}},
    )
    task = {RECORDING: {"state": "started", "session_id": [first["id"], second["id"]], "audit_log": str(path)}}
    modules([{**task, "ignore_errors": True}], {**simulator.cloud, "batch_size": batch_size})
    assert as_writes(lines_of(path, "requested")) == writes_of(simulator)
    results = {line["session_id"]: line["result"] for line in lines_of(path, "result")}
    assert results == {first["id"]: "failed", second["id"]: "started"}


def test_trail_check_mode_leaves_no_file(simulator, modules, path):
    tasks = [{**task, "check_mode": True} for task in TASKS.values()]
    run = modules(tasks, simulator.cloud, env={"CITRIX_AUDIT_LOG": str(path)})
    assert run.code == 0, run.output
    assert not path.exists() and writes_of(simulator) == set()
    assert not any("audit trail" in warning for result in run.results for warning in result["warnings"])


@pytest.mark.parametrize("fault", ["no folder", "read-only", "folder", "symlink", "full"])
@pytest.mark.parametrize("batch_size", [0, 4])
@pytest.mark.parametrize("name", TASKS)
def test_trail_unwritable_file_sends_nothing(simulator, modules, tmp_path, name, batch_size, fault):
    path = tmp_path / "audit.jsonl"
    if fault == "no folder":
        path = tmp_path / "none" / "audit.jsonl"
    elif fault == "read-only":
        path = Path("/proc/audit.jsonl")
    elif fault == "folder":
        path.mkdir()
    elif fault == "symlink":
        path.symlink_to(tmp_path / "other")
    else:
        path = Path("/dev/full")
    ((module, options),) = TASKS[name].items()
    task = {module: {**options, "audit_log": str(path)}, "ignore_errors": True}
    if fault != "read-only":
        # Of /proc, only a write shows that it takes no files.
        (planned,) = modules([{**task, "check_mode": True}], simulator.cloud).results
        assert not planned["failed"]
        assert [f"audit_log: {path} cannot be written" in each for each in planned["warnings"]].count(True) == 1
    run = modules([task], {**simulator.cloud, "batch_size": batch_size})
    assert run.result["failed"] and run.result["msg"].startswith(f"audit_log: {path} cannot be written (")
    assert run.result["writes_sent"] == 0 and writes_of(simulator) == set()
    assert not list(tmp_path.glob("*.head"))


@pytest.mark.parametrize("blank", ["", " "])
def test_trail_blank_path_sends_nothing(simulator, modules, path, blank):
    """It would replace the trail of the environment."""
    task = {RECORDING: {"state": "started", "machine": MACHINE, "audit_log": blank}, "ignore_errors": True}
    run = modules([task, {**task, "check_mode": True}], simulator.cloud, env={"CITRIX_AUDIT_LOG": str(path)})
    assert {result["msg"] for result in run.results} == {"audit_log: is empty; set it to a file"}
    assert simulator.calls() == []


def test_trail_disk_full_later_sends_nothing_more(simulator, modules, tmp_path, monkeypatch):
    path = tmp_path / "audit.jsonl"
    write, written = os.write, []

    def fill(log, data):
        if data.startswith(b'{"time"'):
            written.append(data)
            if len(written) > 3:
                return write(log, data[:10])
        return write(log, data)

    monkeypatch.setattr("os.write", fill)
    task = {RECORDING: {"state": "started", "machine": MACHINE, "audit_log": str(path)}, "ignore_errors": True}
    run = modules([task], {**simulator.cloud, "max_concurrency": 1})
    assert as_writes(lines_of(path, "requested")) == writes_of(simulator)
    assert 1 <= run.result["writes_sent"] == len(writes_of(simulator)) <= 3
    assert "No space left on device" in run.result["msg"]


@pytest.mark.parametrize("batch_size", [0, 4])
def test_trail_line_not_on_disk_sends_nothing(simulator, modules, path, monkeypatch, batch_size):
    fsync = os.fsync

    def fail(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            return fsync(descriptor)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", fail)
    task = {RECORDING: {"state": "started", "machine": MACHINE, "audit_log": str(path)}, "ignore_errors": True}
    run = modules([task], {**simulator.cloud, "batch_size": batch_size})
    assert writes_of(simulator) == set() and run.result["writes_sent"] == 0
    assert "Input/output error" in run.result["msg"]


def test_trail_warns_once_without_any(simulator, modules):
    run = modules([TASKS["start"]], simulator.cloud)
    assert [warning for warning in run.result["warnings"] if "no audit trail" in warning] == [
        "This run leaves no audit trail: the host has no system log; set audit_log."
    ]


@pytest.fixture
def system_log(tmp_path, monkeypatch):
    """Return the messages that a datagram socket receives from the functions of syslog."""
    path = str(tmp_path / "log")
    received: list[str] = []
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client,
    ):
        server.bind(path)

        def receive() -> None:
            while message := server.recv(audit_lines.LONGEST):
                received.append(message.decode())

        reader = threading.Thread(target=receive)
        reader.start()
        monkeypatch.setattr(trail, "SYSLOG_SOCKETS", (path,))
        monkeypatch.setattr(basic, "has_journal", False)
        monkeypatch.setattr(syslog, "syslog", lambda _priority, line: client.sendto(line.encode(), path))

        def messages() -> list[str]:
            client.sendto(b"", path)
            reader.join()
            return received

        yield messages
        if reader.is_alive():
            messages()


@pytest.mark.parametrize("in_file", [True, False])
@pytest.mark.parametrize("name", TASKS)
def test_trail_system_log_gets_every_line_as_json(simulator, modules, path, system_log, name, in_file):
    env = {"CITRIX_REASON": "Ticket \u00fc %s", **({"CITRIX_AUDIT_LOG": str(path)} if in_file else {})}
    run = modules([TASKS[name]], {**simulator.cloud, "batch_size": 4}, env=env)
    lines = [json.loads(message) for message in system_log() if message.startswith("{")]
    assert as_writes(lines) == writes_of(simulator) != set()
    assert Counter(line["event"] for line in lines)["result"] == len(lines) / 2
    assert {line["reason"] for line in lines} == {env["CITRIX_REASON"]}
    assert not [warning for warning in run.result["warnings"] if "no audit trail" in warning]
    if in_file:
        # Threads may log their lines in another order.
        lines.sort(key=lambda line: line["line"])
        assert lines == [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    else:
        assert {line["line"] for line in lines} == {line["hash"] for line in lines} == {None}


def test_trail_has_no_secret(simulator, modules, path):
    secret = simulator.facts["client_secret"]
    simulator.fault({"path": "startRecording", "answer": {"status": 400, "body": {"detail": f"No: {secret}"}}})
    task = {RECORDING: {"state": "started", "machine": MACHINE, "audit_log": str(path), "reason": f"key {secret}"}}
    modules([{**task, "ignore_errors": True}], simulator.cloud)
    text = path.read_text()
    assert secret not in text and json.dumps(secret)[1:-1] not in text
    assert '"reason":"key ***"' in text and "No: ***" in text


def test_audit_info_returns_documented_values(simulator, modules, path, tmp_path):
    connection = {**simulator.cloud, "audit_log": str(path)}
    modules([TASKS["start"], TASKS["stop"]], connection)
    # Of a session that the first run started; one that was recorded before is started only once.
    user = next(line["user"] for line in lines_of(path, "requested") if line["user"])
    rotated = tmp_path / "audit.jsonl.1.gz"
    rotated.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    modules([TASKS["start"]], connection)
    whole = {INFO: {"path": [str(path), str(rotated)]}}
    of_user = {INFO: {"path": f"{path}*", "user": user, "result": ["started"], "since": "2020-01-01T00:00:00Z"}}
    none = {INFO: {"path": f"{path}*", "until": "2020-01-01T00:00:00+01:00", "limit": 1}}
    all_found, found, old = modules([whole, of_user, none]).results
    assert all_found["verified"] and all_found["problems"] == []
    assert all_found["lines"] == all_found["matched"] == len(all_found["entries"])
    assert {entry["user"] for entry in found["entries"]} == {user} and found["matched"] == 2
    assert (old["matched"], old["entries"], old["lines"]) == (0, [], all_found["lines"])
    documented = set(RETURN) | {"changed", "failed", "invocation", "warnings"}
    assert set(found) <= documented and set(RETURN) <= set(found)
    assert set(found["entries"][0]) == set(RETURN["entries"]["sample"][0])
    path.write_text(path.read_text().replace("INC", "XXX").replace("Office", "0ffice"))
    broken = modules([whole]).result
    assert not broken["verified"] and set(broken["problems"][0]) == set(RETURN["problems"]["contains"])


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_trail_that_is_no_file_is_not_read(simulator, modules, path, kind):
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    given = "/dev/zero" if kind == "device" else str(path)
    due = {"sessionops.citrix.citrix_recording_due": {"audit_log": given}, "check_mode": True, "ignore_errors": True}
    found, stopped = modules([{INFO: {"path": given}}]).result, modules([due], simulator.cloud).result
    assert not found["verified"] and found["problem_counts"] == {"unreadable": 1}
    expected = f"audit_log: {given} cannot be read (it is not a regular file)"
    assert stopped["failed"] and stopped["msg"].startswith(expected)


def test_audit_info_knows_results_of_all_modules():
    assert set(audit_lines.RESULTS) == {*recording.RESULTS, *messages.RESULTS}


def test_audit_info_warns_of_names_that_no_line_has(simulator, modules, path):
    modules([TASKS["start"]], {**simulator.cloud, "audit_log": str(path)})
    line = next(line for line in lines_of(path, "requested") if line["user"])
    user, session = line["user"], line["session_id"]
    short = user.rpartition("\\")[2]
    before = "2020-01-01T00:00:00Z"
    known = {INFO: {"path": str(path), "user": [user.lower(), short], "session_id": f"{{{session}}}", "until": before}}
    other = {INFO: {"path": str(path), "user": [user, f"{short}@lab.example", "none@x.example"], "session_id": "1"}}
    found, missed = modules([known, other]).results
    assert (found["matched"], found["warnings"]) == (0, [])
    of_user, of_session = missed["warnings"]
    assert of_user.startswith(f"user: no line of the trail has {short}@lab.example, none@x.example;")
    assert of_session.startswith("session_id: no line of the trail has 1;")


def test_audit_info_warns_of_files_without_lines(modules, path):
    path.touch()
    run = modules([{INFO: {"path": str(path)}}])
    assert run.result["lines"] == 0 and run.result["warnings"][0].startswith("path: the files have no lines")


@pytest.mark.parametrize("spelled", [str.upper, lambda text: text.replace("-", "")])
def test_audit_info_finds_session_in_any_spelling(modules, path, spelled):
    session = "5f0c9a1e-7b2d-4c3e-8a4f-0b1c2d3e4f50"
    entry = {**dict.fromkeys(audit_lines.FIELDS), "session_id": spelled(session)}
    line, _digest = audit_lines.encode(entry, 1)
    path.write_bytes(line)
    run = modules([{INFO: {"path": str(path), "session_id": session}}])
    assert (run.result["matched"], run.result["warnings"]) == (1, [])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"path": "/none/audit.jsonl"}, "path: /none/audit.jsonl does not exist"),
        ({"since": "yesterday"}, "since: 'yesterday' is not a time"),
        ({"until": "2026-01-05T09:14:31"}, "until: '2026-01-05T09:14:31' is not a time"),
        ({"since": "2026-01-02T00:00:00Z", "until": "2026-01-02T01:00:00+01:00"}, "until: is not later than since"),
        ({"limit": 10_001}, "limit: must be from 0 to 10000"),
        ({"first_line": 0}, "first_line: must be from 1"),
        ({"user": 7}, "user: 7 is a number"),
        ({"user": None}, "user: is null"),
        ({"session_id": None}, "session_id: is null"),
        ({"session_id": "a b"}, "session_id: 'a b' cannot be the id"),
    ],
)
def test_audit_info_invalid_option_named(modules, path, options, expected):
    path.touch()
    run = modules([{INFO: {"path": str(path), **options}}])
    assert run.code == 1 and run.result["msg"].startswith(expected)


@pytest.mark.parametrize("prefix", ["awx", "tower"])
def test_trail_of_play_has_awx_job(simulator, play, path, prefix):
    variables = {f"{prefix}_job_id": 42, f"{prefix}_job_template_name": "Record", f"{prefix}_user_name": "alice"}
    connection = {**simulator.cloud, "site_id": simulator.facts["site_id"], "audit_log": str(path)}
    run = play([*TASKS.values()], "-e", json.dumps(variables), connection=connection)
    assert run.code == 0, run.output
    (job,) = {(line["awx_job_id"], line["awx_job_template"], line["awx_user"]) for line in lines_of(path, "requested")}
    assert job == ("42", "Record", "alice")
    assert {line["run_id"] for line in lines_of(path, "result")} == {result["run_id"] for result in run.results}
    assert len(run.results) == len(TASKS)


def run_until_killed(arguments, seconds):
    """Run a module in a child process and kill it after so many seconds; return how long it ran."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            sys.stdout = open(os.devnull, "w")
            module = importlib.import_module(
                "ansible_collections.sessionops.citrix.plugins.modules.citrix_session_recording"
            )
            with patch_module_args(arguments):
                module.main()
        finally:
            os._exit(0)
    if seconds is None:
        os.waitpid(child, 0)
        return time.monotonic() - started
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return seconds


@pytest.mark.parametrize("batch_size", [0, 20])
def test_trail_of_killed_runs_matches_log(simulator, path, batch_size):
    chance = random.Random(batch_size)
    simulator.reset(machines=10, sessions=200, mix="recordable")
    simulator.fault({"path": "Recording", "latency": 0.01})
    options = {"all_sessions": True, "audit_log": str(path), "batch_size": batch_size, "wait_timeout": 5}
    longest = run_until_killed({**simulator.cloud, **options, "state": "started"}, None)
    seen, killed = as_writes(lines_of(path, "requested")), 0
    assert seen == writes_of(simulator)
    for number in range(KILLS // 2):
        mark = simulator.mark()
        state = ("stopped", "started")[number % 2]
        run_until_killed({**simulator.cloud, **options, "state": state}, chance.uniform(0, longest))
        # The server may still work on requests of the killed run.
        time.sleep(0.1)
        sent = writes_of(simulator, mark)
        requested = as_writes(lines_of(path, "requested")) - seen
        assert sent <= requested
        # Only requests that were about to be sent may be missing in the log of the server.
        assert len(requested - sent) <= max(10, 10 * batch_size)
        seen |= requested
        killed += bool(requested)
    reader = TrailReader([str(path)])
    results = {}
    for _place, entry in reader.entries():
        if entry["event"] == "result":
            results[entry["run_id"], entry["session_id"]] = entry
    assert set(reader.counts) <= {"unfinished", "cut_off"}
    assert killed and all(line["result"] in ("started", "stopped", "unconfirmed") for line in results.values())
    assert as_writes(results.values()) <= as_writes(lines_of(path, "requested"))
