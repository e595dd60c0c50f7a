# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage history: a SQLite file with one record for each report, and no name of a person."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from .._common.errors import OptionError
from .._common.names import check_period
from .._common.options import identifier
from .._common.text import clean, folded
from .._common.times import DAY, rfc3339, timestamp
from .._site.selectors import Query
from . import coverage, files

if TYPE_CHECKING:
    from sqlite3 import Connection

ARGUMENT_SPEC = {
    "history": {"type": "path"},
    "history_days": {"type": "int", "default": 400},
}

APPLICATION_ID = 0x43784376
"""Marks the file as a coverage history, https://www.sqlite.org/pragma.html#pragma_application_id"""
FORMAT = 1
NO_NAMES = "cannot be combined with user, because the file has no names of people; remove one"
BUSY_SECONDS = 60
"""Time to wait for another process that writes to the same file."""

FIGURES = (
    "customer_id",
    "site_id",
    "site_name",
    "selection",
    "started_at",
    "finished_at",
    "list_complete",
    "machines_visible",
    "sessions",
    "not_recordable_reasons",
    "requests",
    "throttled",
    "waited_seconds",
)
"""Parts of a report that a record has, beside the delivery groups; none of them names a person."""

SCHEMA = f"""
BEGIN;
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  customer_id TEXT NOT NULL COLLATE NOCASE,
  site_id TEXT NOT NULL COLLATE NOCASE,
  selection TEXT NOT NULL COLLATE NOCASE,
  finished_at TEXT NOT NULL,
  figures TEXT NOT NULL,
  delivery_groups TEXT NOT NULL
);
CREATE INDEX series ON runs (customer_id, site_id, selection, finished_at);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
COMMIT;
PRAGMA journal_mode = WAL;
"""
"""figures: JSON. delivery_groups: JSON, a list of the name and the number of sessions of each result for each group."""
SELECT_SERIES = """
SELECT id, finished_at, figures FROM runs WHERE customer_id = ? AND site_id = ? AND selection = ?
ORDER BY finished_at, id
"""
SELECT_PERIOD = """
SELECT figures, delivery_groups, count(*) OVER () FROM runs
WHERE finished_at >= ? AND finished_at < ? AND (? IS NULL OR site_id = ?) ORDER BY finished_at DESC, id DESC LIMIT ?
"""
ALWAYS = ("", "~")
"""Texts before and after every time."""


class Run(NamedTuple):
    """One record, reduced to the figures of a chart."""

    id: int
    finished_at: str
    coverage_percent: float | None
    """None if no session was recordable, or if sessions may be missing."""


def check(params: dict, query: Query, warn: Callable[[str], None] | None) -> None:
    """Raise OptionError unless a report can be recorded; reads the existing file in full.

    warn: takes the message if the directory does not exist, in check mode.
    """
    path = params["history"]
    if params["history_days"] < 1:
        raise OptionError("history_days", f"must be 1 or more, not {params['history_days']}")
    if path is None:
        return
    if query.user:
        raise OptionError("history", NO_NAMES)
    files.check_file("history", path, warn)
    if os.path.lexists(path):
        with opened("history", path, integrity=True):
            pass


def record(path: str, document: dict, days: int) -> int:
    """Add a report to the file, delete old records, and return the id of the new record.

    days: how long records are kept.
    """
    if not os.path.lexists(path):
        _create("history", path)
    with opened("history", path) as file:
        figures = json.dumps({name: document[name] for name in FIGURES})
        counts = [[group["name"], *(group[name] for name in coverage.RESULTS)] for group in document["delivery_groups"]]
        file.execute("BEGIN IMMEDIATE")
        run = file.execute(
            "INSERT INTO runs (customer_id, site_id, selection, finished_at, figures, delivery_groups)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [*_series(document), document["finished_at"], figures, json.dumps(counts)],
        ).lastrowid
        oldest = max(0.0, time.time() - days * DAY)
        file.execute("DELETE FROM runs WHERE finished_at < ?", [rfc3339(oldest)])
        file.execute("COMMIT")
    return run or 0


def runs_of(file: Connection, document: dict) -> list[Run]:
    """Return the records of the site and selection of a report, oldest first."""
    runs = []
    for number, finished_at, text in file.execute(SELECT_SERIES, _series(document)):
        figures = json.loads(text)
        complete = figures["list_complete"] and figures["machines_visible"]
        runs.append(Run(number, finished_at, figures["sessions"]["coverage_percent"] if complete else None))
    return runs


def groups_of(file: Connection, run: int) -> list[dict]:
    """Return the figures of each delivery group in a record, in the order of the report."""
    (text,) = file.execute("SELECT delivery_groups FROM runs WHERE id = ?", [run]).fetchone()
    return _groups(text)


def read(params: dict) -> tuple[list[dict], int]:
    """Return the newest selected records, oldest first, and the number of all selected ones."""
    path, limit, site_id = params["path"], params["limit"], params["site_id"]
    if limit < 1:
        raise OptionError("limit", f"must be 1 or more, not {limit}")
    since, until = (_moment(params, option) or default for option, default in zip(("since", "until"), ALWAYS))
    check_period("since", since, until)
    site_id = site_id if site_id is None else identifier("site_id", site_id)
    if not os.path.isfile(path):
        raise OptionError("path", f"{clean(path)} is not a file; name the file of the option history of the reports")
    with opened("path", path, integrity=True) as file:
        found = file.execute(SELECT_PERIOD, [since, until, site_id, site_id, limit]).fetchall()
    runs = [{**json.loads(figures), "delivery_groups": _groups(groups)} for figures, groups, _total in reversed(found)]
    return runs, found[0][-1] if found else 0


@contextmanager
def opened(option: str, path: str, integrity: bool = False) -> Iterator[Connection]:
    """Open a file and check that it is a history; integrity: and that it is undamaged."""
    with _errors(option, path) as sqlite3:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as file:
            marks = [file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
            if marks[0] != APPLICATION_ID:
                raise OptionError(option, f"{clean(path)} is not a coverage history; name another file")
            if marks[1] > FORMAT:
                raise OptionError(option, f"{clean(path)} was written by a newer version of this collection; update it")
            if integrity and file.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("integrity check")
            yield file


@contextmanager
def _errors(option: str, path: str) -> Iterator[Any]:
    """Import sqlite3, which only a history requires, and convert its errors to OptionError."""
    try:
        import sqlite3
    except ImportError:
        raise OptionError(option, "this Python has no sqlite3 module; install it or remove the option") from None
    try:
        yield sqlite3
    except (sqlite3.OperationalError, OSError) as error:
        problem = f"{clean(path)} cannot be used ({clean(error)}); check owner, mode and free space, and run again"
        raise OptionError(option, problem) from None
    except sqlite3.DatabaseError:
        problem = (
            f"{clean(path)} is damaged or not an SQLite file; move it away to begin a new history, or restore a backup"
        )
        raise OptionError(option, problem) from None


def _create(option: str, path: str) -> None:
    """Create an empty history as a whole; keeps the file of a process that was faster."""
    with _errors(option, path) as sqlite3:
        handle, made = tempfile.mkstemp(prefix=".", dir=os.path.dirname(os.path.abspath(path)))
        os.close(handle)
        try:
            with closing(sqlite3.connect(made)) as file:
                file.executescript(SCHEMA)
            os.chmod(made, files.MODE)
            with suppress(FileExistsError):
                os.link(made, path)
        finally:
            os.unlink(made)


def _series(document: dict) -> list[str]:
    """Return customer, site and selection of a report; equal selections have the same text."""
    selection = {name: sorted(values, key=folded) for name, values in document["selection"].items()}
    return [document["customer_id"], document["site_id"], json.dumps(selection, sort_keys=True)]


def _groups(text: str) -> list[dict]:
    return [
        {"name": name, **coverage.figures(Counter(dict(zip(coverage.RESULTS, counts))))}
        for name, *counts in json.loads(text)
    ]


def _moment(params: dict, option: str) -> str | None:
    text = params[option]
    if text is None:
        return None
    moment = timestamp(text)
    if moment is None:
        problem = f"must be a date or a time, as in 2026-07-01 or 2026-07-01T08:30:00Z, not {clean(text)}"
        raise OptionError(option, problem)
    return rfc3339(moment)
