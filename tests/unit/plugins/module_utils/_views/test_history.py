# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage history: records, retention, damage, and several processes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._site.selectors import Query
from ansible_collections.sessionops.citrix.plugins.module_utils._views import history
from support.reports import report

DAY = 86400
NOW = int(time.time())
GROUPS = {"Contractors": (5, 1, 1, 2, 1), None: (3, 0, 0, 0, 0)}
TESTS = Path(__file__).parents[4]
READ = {"since": None, "until": None, "site_id": None, "limit": 1000}


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "history.sqlite")


def given(path, days=400):
    return {"history": path, "history_days": days}


def read(path, **options):
    return history.read({"path": path, **READ, **options})


def query(path, statement):
    with closing(sqlite3.connect(path)) as file:
        return file.execute(statement).fetchall()


def test_record_is_read_back_as_report(path):
    document = report(NOW, GROUPS, selection={"delivery_group": ["Contractors"]})
    history.record(path, document, 400)
    (run,), total = read(path)
    assert total == 1
    assert run == {name: value for name, value in document.items() if name != "tool"}
    assert (run["list_complete"], run["machines_visible"]) == (True, True)


def test_file_is_wal_private_and_alone(path, tmp_path):
    history.record(path, report(NOW, GROUPS), 400)
    assert query(path, "PRAGMA journal_mode") == [("wal",)]
    assert os.stat(path).st_mode & 0o777 == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["history.sqlite"]


def test_records_older_than_history_days_are_deleted(path):
    for age in (401, 399, 30):
        history.record(path, report(NOW - age * DAY, GROUPS), 10_000)
    history.record(path, report(NOW, GROUPS), 400)
    assert [run["finished_at"] for run in read(path)[0]] == [
        report(NOW - age * DAY, {})["finished_at"] for age in (399, 30, 0)
    ]


def test_period_site_and_limit_select_records(path):
    for day in range(4):
        history.record(path, report(day * DAY, {}, site_id=f"site{day % 2}"), 10_000_000)
    days = {f"1970-01-0{day + 1}T00:00:00Z": day for day in range(4)}
    cases = {
        (): [0, 1, 2, 3],
        (("since", "1970-01-02"),): [1, 2, 3],
        (("until", "1970-01-03T00:00:00+00:00"),): [0, 1],
        (("since", "1970-01-02T00:00:01Z"), ("until", "1970-01-04")): [2],
        (("site_id", "site1"),): [1, 3],
        (("limit", 3),): [1, 2, 3],
        (("limit", 10**18),): [0, 1, 2, 3],
    }
    for options, expected in cases.items():
        runs, total = read(path, **dict(options))
        assert [days[run["finished_at"]] for run in runs] == expected
        assert total == (4 if "limit" in dict(options) else len(expected))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"since": "2026-07-02", "until": "2026-07-02T00:00:00Z"}, "until: is not later than since"),
        ({"site_id": ""}, "site_id: may contain only"),
    ],
)
def test_search_that_finds_nothing_ever_is_rejected(path, options, expected):
    history.record(path, report(NOW, GROUPS), 400)
    with pytest.raises(OptionError, match=expected):
        read(path, **options)


def test_series_of_sites_and_selections_stay_apart(path):
    series = [
        {},
        {"site_id": "site2"},
        {"customer_id": "customer2"},
        {"selection": {"delivery_group": ["B", "a"]}},
        {"selection": {"machine": ["a"]}},
    ]
    for number, changes in enumerate(series):
        history.record(path, report(NOW + number, GROUPS, **changes), 400)
    same = report(NOW + 9, GROUPS, selection={"delivery_group": ["A", "b"]})
    history.record(path, same, 400)
    with history.opened("history", path) as file:
        counts = [len(history.runs_of(file, report(NOW, {}, **changes))) for changes in series]
        assert counts == [1, 1, 1, 2, 1]


@pytest.mark.parametrize("content", [b"", b"text\n" * 1000, "other", "newer", "cut", "torn"])
def test_file_that_is_no_whole_history_is_named(path, content):
    if isinstance(content, bytes):
        Path(path).write_bytes(content)
    else:
        for number in range(300):
            history.record(path, report(NOW + number, GROUPS), 400)
        whole = Path(path).read_bytes()
        torn = whole[: len(whole) // 2] + b"\xff" * 8192 + whole[len(whole) // 2 + 8192 :]
        changes = {"cut": whole[: len(whole) // 2], "torn": torn}
        Path(path).write_bytes(changes.get(content, whole))
        if content in ("other", "newer"):
            pragma = "application_id = 7" if content == "other" else "user_version = 2"
            query(path, f"PRAGMA {pragma}")
    before = Path(path).read_bytes()
    expected = {
        "newer": "was written by a newer version",
        "other": "is not a coverage history",
        b"": "is not a coverage",
    }
    with pytest.raises(OptionError, match=rf"^history: {path} {expected.get(content, 'is damaged')}"):
        history.check(given(path), Query(), None)
    with pytest.raises(OptionError, match=rf"^path: {path} "):
        read(path)
    assert Path(path).read_bytes() == before


def test_user_selector_is_rejected(path):
    with pytest.raises(OptionError, match=r"^history: cannot be combined with user.* remove one"):
        history.check(given(path), Query(user=("LAB\\user001",)), None)
    history.check(given(None), Query(user=("LAB\\user001",)), None)


def test_python_without_sqlite_is_named_if_used(path, monkeypatch):
    history.record(path, report(NOW, GROUPS), 400)
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    history.check(given(None), Query(), None)
    with pytest.raises(OptionError, match=r"^history: this Python has no sqlite3 module"):
        history.check(given(path), Query(), None)


def test_import_of_history_leaves_sqlite_alone():
    code = f"import sys; import {history.__name__}; sys.exit('sqlite3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_locked_file_is_named(path, monkeypatch):
    history.record(path, report(NOW, GROUPS), 400)
    monkeypatch.setattr(history, "BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OptionError, match=r"^history: .* cannot be used \(database is locked\)"):
            history.record(path, report(NOW + 1, GROUPS), 400)
    assert read(path)[1] == 1


WRITER = """
import sys
from support.reports import report
from ansible_collections.sessionops.citrix.plugins.module_utils._views import history
number, count = map(int, sys.argv[2:])
groups = {f"group {name}": (number, 1, 1, 1, 1) for name in range(50)}
for each in range(count):
    history.record(sys.argv[1], report(2_000_000_000 + each, groups, site_id=f"site{number}"), 400)
    print(each, flush=True)
"""


def writer(path, number, count):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    command = [sys.executable, "-c", WRITER, path, str(number), str(count)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_processes_that_start_together_lose_no_record(path):
    writers = [writer(path, number, 20) for number in range(6)]
    outputs = [each.communicate(timeout=120) for each in writers]
    assert [each.returncode for each in writers] == [0] * 6, outputs
    assert query(path, "SELECT site_id, count(*) FROM runs GROUP BY site_id") == [(f"site{n}", 20) for n in range(6)]
    assert query(path, "PRAGMA integrity_check") == [("ok",)]


def test_killed_writer_leaves_whole_records(path):
    """Kill a writer at random times: reported records exist, and no partial ones."""
    known = 0
    for number in range(6):
        process = writer(path, 1, 100_000)
        process.stdout.readline()
        time.sleep(0.023 * number)
        process.send_signal(signal.SIGKILL)
        reported = 1 + len(process.communicate()[0].splitlines())
        history.check(given(path), Query(), None)
        runs = query(path, "SELECT count(*) FROM runs")[0][0]
        assert known + reported <= runs <= known + reported + 1
        assert query(path, "SELECT DISTINCT json_array_length(delivery_groups) FROM runs") == [(50,)]
        known = runs
