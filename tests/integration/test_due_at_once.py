# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several processes work on the same sessions at once: each gets exactly one request."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.audit_reader import TrailReader
from support.simulator_process import COLLECTION

RECORDING = "sessionops.citrix.citrix_session_recording"
MODULES = "ansible_collections.sessionops.citrix.plugins.modules"
USERS = 8
STOP = r"\$(stopRecording|batch)$"


@pytest.fixture
def due(simulator, modules, tmp_path):
    """Return the options of a sweep, and the sessions that are due and that are not."""
    users = [{"user": {"Name": f"LAB\\user{at}"}} for at in range(2 * USERS)]
    plan = {"name": "LAB\\vda-001", "delivery_group": "Office", "sessions": users}
    ids = list(simulator.fleet(delivery_groups=["Office"], machines=[plan]))
    options = {**simulator.cloud, "audit_log": str(tmp_path / "audit.jsonl")}
    starts = {"stop_after": 1, "session_id": ids[:USERS]}, {"session_id": ids[USERS:]}
    run = modules([{RECORDING: {"state": "started", **start}} for start in starts], connection=options)
    assert run.code == 0, run.output
    time.sleep(1.1)
    return options, set(ids[:USERS]), set(ids[USERS:])


def begin(module: str, options: dict, folder: Path) -> subprocess.Popen:
    """Run a module in a process of its own, with a temporary directory of its own in the folder."""
    temporary = tempfile.mkdtemp(dir=folder)
    environment = {"PYTHONPATH": str(COLLECTION.parents[2]), "TMPDIR": temporary}
    process = subprocess.Popen(
        [sys.executable, "-m", f"{MODULES}.{module}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
    process.stdin.close()
    return process


def wait_for(simulator, operation: str, since: int) -> None:
    end = time.monotonic() + 30
    while not any(operation in call["path"] for call in simulator.calls(since, items=True)):
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("slow", "batch_sizes", "staggered"),
    [
        ("RecordingStatus", (0, 0), False),
        ("RecordingStatus", (5, 5, 0), True),
        (STOP, (0, 5), True),
        ("clients", (5, 5, 0), False),
    ],
)
def test_sweepers_at_once_send_one_stop_each(simulator, due, tmp_path, slow, batch_sizes, staggered):
    options, ended, unlimited = due
    simulator.fault({"path": slow, "latency": 0.15})
    mark = simulator.mark()
    processes = []
    for batch_size in batch_sizes:
        given = {**options, "batch_size": batch_size, "max_concurrency": 3}
        processes.append(begin("citrix_recording_due", given, tmp_path))
        if staggered and len(processes) == 1:
            wait_for(simulator, "stopRecording", mark)
    outputs = [process.stdout.read() for process in processes]
    assert [process.wait() for process in processes] == [0] * len(processes), outputs
    results = Counter((entry["id"], entry["result"]) for output in outputs for entry in json.loads(output)["sessions"])
    state = simulator.state()
    assert {state[each]["stops"] for each in ended} == {1}
    assert {(state[each]["stops"], state[each]["recorded"]) for each in unlimited} == {(0, True)}
    assert {each: results[each, "stopped"] for each in ended} == dict.fromkeys(ended, 1)
    assert {result for _id, result in results} <= {"stopped", "unchanged"}
    reader = TrailReader([options["audit_log"]])
    lines = [line for _place, line in reader.entries() if line["action"] == "stop_recording"]
    requested = Counter(line["session_id"] for line in lines if line["event"] == "requested")
    assert (reader.problems, requested) == ([], dict.fromkeys(ended, 1))


def test_run_at_another_address_of_site_waits(simulator, modules, tmp_path):
    """A site has several controllers, and ids in any case."""
    mark, task = simulator.mark(), {"state": "started", "session_id": simulator.recordable_on("LAB\\vda-001")[0]["id"]}
    simulator.fault({"path": "startRecording", "times": 1, "latency": 1.5})
    first = begin("citrix_session_recording", {**simulator.on_premises, **task}, tmp_path)
    wait_for(simulator, "startRecording", mark)
    other = {**simulator.on_premises_direct, "site_id": simulator.facts["site_id"].upper()}
    second = modules([{RECORDING: task}], connection=other)
    output = first.stdout.read()
    assert first.wait() == 0, output
    assert (second.result["summary"]["unchanged"], simulator.counts()["$startRecording"]) == (1, 1)
