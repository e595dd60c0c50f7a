# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A coverage report that is killed leaves whole files and a whole database."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import sys
import time

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._views import files, history
from ansible_collections.sessionops.citrix.plugins.modules import citrix_recording_coverage as coverage
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

SESSIONS = 50
KILLS = 16
SQLITE = ("connect", "Connection.execute", "Connection.executescript", "Connection.close")
OPERATIONS = {*SQLITE, "open", "replace", "link", "unlink", "chmod", "TextIOWrapper.__exit__"}
"""Functions that change a file; the process is killed before or after one of them."""


@pytest.fixture
def start(client, simulator):
    """Return a function that starts a report in a child process.

    It writes a byte to a pipe before it writes the first file, and kills itself at an operation.
    """

    def start(folder, kill_at=0):
        ready, writes = os.pipe()
        child = os.fork()
        if child:
            os.close(writes)
            return child, ready
        original, count = files.write_csv, 0

        def watch(_frame, event, function):
            nonlocal count
            if event in ("c_call", "c_return") and function.__qualname__ in OPERATIONS:
                count += 1
                if count == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        def begin(*arguments):
            os.write(writes, b"1")
            sys.setprofile(watch)
            original(*arguments)

        files.write_csv = begin
        try:
            paths = {"history": str(folder / "history.sqlite"), "metrics": str(folder / "citrix.prom")}
            client(coverage, simulator.cloud, dest=str(folder), batch_size=SESSIONS, **paths)
            sys.setprofile(None)
            os.write(writes, json.dumps(count).encode())
            os._exit(0)
        finally:
            os._exit(1)

    return start


def ended(child, ready):
    """Wait for a child; return the signal that ended it, and its number of operations."""
    _child, status = os.waitpid(child, 0)
    with os.fdopen(ready, "rb") as pipe:
        count = pipe.read()
    return (os.WTERMSIG(status), 0) if os.WIFSIGNALED(status) else (0, int(count.decode()[1:]))


def whole(folder):
    """Check each file that exists, and return the number of reports in the history."""
    known = {"coverage.csv", "coverage.json", "citrix.prom", *(f"history.sqlite{end}" for end in ("", "-wal", "-shm"))}
    visible = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    assert visible <= known
    if "coverage.csv" in visible:
        with (folder / "coverage.csv").open(encoding="utf-8-sig", newline="") as file:
            assert len(list(csv.DictReader(file))) == SESSIONS
    if "coverage.json" in visible:
        assert json.loads((folder / "coverage.json").read_text(encoding="utf-8"))["sessions"]["total"] == SESSIONS
    if "citrix.prom" in visible:
        assert list(parse((folder / "citrix.prom").read_text(encoding="utf-8")))
    if "history.sqlite" not in visible:
        return 0
    path = str(folder / "history.sqlite")
    runs, total = history.read({"path": path, "since": None, "until": None, "site_id": None, "limit": 1000})
    assert all(run["sessions"]["total"] == SESSIONS and run["delivery_groups"] for run in runs)
    return total


@pytest.mark.parametrize("fresh", [True, False], ids=["first", "later"])
def test_report_killed_at_operation_leaves_whole_files(start, tmp_path, fresh):
    folder = tmp_path / "complete"
    folder.mkdir()
    number, operations = ended(*start(folder))
    assert (number, whole(folder)) == (0, 1)
    if not fresh:
        number, operations = ended(*start(folder))
    kills = sorted(random.Random(27).sample(range(1, operations), KILLS))
    reports = []
    for kill in kills:
        if fresh:
            folder = tmp_path / str(kill)
            folder.mkdir()
        before = whole(folder)
        assert ended(*start(folder, kill))[0] == signal.SIGKILL
        reports.append(whole(folder) - before)
    # The first were killed before the record was written, the last after.
    assert reports == sorted(reports)
    assert set(reports) == {0, 1}


def test_report_killed_at_any_time_leaves_whole_files(start, tmp_path):
    before = 0
    moments = random.Random(27)
    for _kill in range(KILLS):
        child, ready = start(tmp_path)
        os.read(ready, 1)
        time.sleep(moments.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready)
        assert before <= whole(tmp_path) <= before + 1
        before = whole(tmp_path)
    assert ended(*start(tmp_path))[0] == 0
    assert whole(tmp_path) == before + 1
