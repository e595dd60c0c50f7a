# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage over time: chart, table and falls of a page, from the records of a history."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from .._common.times import DAY, rfc3339, timestamp
from . import history
from .history import Run

BUCKETS = 400
"""Columns of the chart. A column with more runs shows the lowest and the highest, so that no fall is lost."""
ROWS = 31
"""Most rows of the table of periods."""
DIGITS = (20, 13, 10, 7, 4)
"""Characters of a time that name a period: a run, an hour, a day, a month, a year."""
LISTED = 5
"""Most interruptions, and most delivery groups that fell, to list."""
USUAL_INTERVALS, SHORTEST_INTERRUPTION = 3, 3600
"""An interruption is longer than so many usual intervals between runs, and longer than so many seconds."""
WINDOW_DAYS = 30


class Point(NamedTuple):
    """A run on the chart."""

    moment: float
    percent: float | None
    """None breaks the line: no recordable session, or sessions may be missing."""
    finished_at: str


def of_document(path: str, document: dict, current: int) -> dict:
    """Return the coverage over time of a report's site and selection; current: its record id."""
    with history.opened("history", path) as file:
        # One snapshot: another report may remove old records meanwhile.
        file.execute("BEGIN")
        runs = history.runs_of(file, document)
        points = [_point(run) for run in runs]
        interruptions = _interruptions(points)
        recent = rfc3339(time.time() - WINDOW_DAYS * DAY)
        earlier = [run for run in runs if run.id < current]
        in_window = next((run for run in earlier if run.finished_at >= recent), None)
        return {
            "path": path,
            "runs": len(runs),
            "first_at": points[0].finished_at,
            "last_at": points[-1].finished_at,
            "lines": _lines(points, {number for number, _seconds in interruptions}),
            "interruptions_total": len(interruptions),
            "interruptions": [_times(points, number) for number in sorted(_longest(interruptions))],
            "periods": _periods(points),
            "fell_since_last_run": _falls(file, earlier[-1] if earlier else None, document),
            "fell_in_30_days": _falls(file, in_window, document),
        }


def _point(run: Run) -> Point:
    return Point(timestamp(run.finished_at) or 0.0, run.coverage_percent, run.finished_at)


def _interruptions(points: Sequence[Point]) -> list[tuple[int, float]]:
    """Return (number of the run after it, seconds) of each interruption."""
    intervals = [after.moment - before.moment for before, after in zip(points, points[1:])]
    usual = sorted(intervals)[(len(intervals) - 1) // 2] if intervals else 0
    longest = max(SHORTEST_INTERRUPTION, USUAL_INTERVALS * usual)
    return [(number, seconds) for number, seconds in enumerate(intervals, 1) if seconds > longest]


def _longest(interruptions: list[tuple[int, float]]) -> list[int]:
    return [number for number, _seconds in sorted(interruptions, key=lambda each: -each[1])[:LISTED]]


def _times(points: Sequence[Point], number: int) -> dict:
    return {"after": points[number - 1].finished_at, "before": points[number].finished_at}


def _lines(points: Sequence[Point], ends: set[int]) -> list[list[dict]]:
    """Return the uninterrupted lines of the chart: points with their position from 0 to 1."""
    first, span = points[0].moment, max(points[-1].moment - points[0].moment, 1)
    columns: dict[int, list[tuple[float, int]]] = {}
    lines, line = {}, 0
    for number, point in enumerate(points):
        line += number in ends or point.percent is None
        lines[number] = line
        if point.percent is not None:
            column = int((point.moment - first) / span * BUCKETS)
            columns.setdefault(column, []).append((point.percent, number))
    shown = {number for known in columns.values() for _percent, number in (min(known), max(known))}
    return [
        [_shown(points[number], first, span) for number in numbers]
        for _line, numbers in groupby(sorted(shown), key=lambda number: lines[number])
    ]


def _shown(point: Point, first: float, span: float) -> dict:
    position = round((point.moment - first) / span, 4)
    return {"at": point.finished_at, "position": position, "coverage_percent": point.percent}


def _periods(points: Sequence[Point]) -> list[dict]:
    """Return lowest, highest and last coverage by period, with periods for a short table."""
    counts = {digits: len({point.finished_at[:digits] for point in points}) for digits in DIGITS}
    digits = next((digits for digits, count in counts.items() if count <= ROWS), DIGITS[-1])
    periods = []
    for name, members in groupby(points, key=lambda point: point.finished_at[:digits]):
        of_period = list(members)
        known = [point.percent for point in of_period if point.percent is not None]
        figures = {"lowest_percent": min(known, default=None), "highest_percent": max(known, default=None)}
        last = known[-1] if known else None
        periods.append({"period": name, "runs": len(of_period), **figures, "last_percent": last})
    return periods


def _falls(file: history.Connection, before: Run | None, document: dict) -> dict | None:
    """Return the delivery groups whose coverage fell most since a run; None without such a run."""
    if before is None:
        return None
    past = {group["name"]: group["coverage_percent"] for group in history.groups_of(file, before.id)}
    falls = []
    for group in document["delivery_groups"]:
        now, then = group["coverage_percent"], past.get(group["name"])
        if now is not None and then is not None and now < then:
            falls.append({"name": group["name"], "before": then, "now": now, "points": round(then - now, 1)})
    falls.sort(key=lambda fall: -fall["points"])
    return {"since": before.finished_at, "delivery_groups": falls[:LISTED]}
