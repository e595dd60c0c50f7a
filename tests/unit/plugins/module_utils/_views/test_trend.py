# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage over time: lines, interruptions, periods and falls, compared with the records."""

from __future__ import annotations

import json
import time

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._views import history, trend
from hypothesis import given
from hypothesis import strategies as st
from support.reports import report

HOUR, DAY = 3600, 86400
NOW = int(time.time())


@pytest.fixture
def record(tmp_path):
    """Return a function that records reports (age in seconds, groups, changes); returns a trend."""
    path = str(tmp_path / "history.sqlite")

    def add(*reports):
        for age, groups, *changes in reports:
            document = report(NOW - age, groups, **dict(*changes))
            current = history.record(path, document, 400)
        return trend.of_document(path, document, current)

    return add


def of_percent(percent):
    """Return the groups of a site with this coverage."""
    return {"All": (percent, 100 - percent, 0, 0, 0)}


def percents(lines):
    return [[point["coverage_percent"] for point in line] for line in lines]


def test_one_run_is_one_point_without_falls(record):
    found = record((0, of_percent(40)))
    assert percents(found["lines"]) == [[40.0]]
    assert (found["runs"], found["interruptions_total"], found["interruptions"]) == (1, 0, [])
    assert (found["fell_since_last_run"], found["fell_in_30_days"]) == (None, None)


def test_run_removed_by_another_report_meanwhile_is_compared(tmp_path, record, monkeypatch):
    runs_of = history.runs_of

    def then_removed(file, document):
        runs = runs_of(file, document)
        history.record(str(tmp_path / "history.sqlite"), report(NOW, of_percent(1)), days=1)
        return runs

    monkeypatch.setattr(history, "runs_of", then_removed)
    found = record((2 * DAY, of_percent(40)), (0, of_percent(30)))
    assert [fall["points"] for fall in found["fell_since_last_run"]["delivery_groups"]] == [10.0]


def test_line_breaks_at_interruption_and_unknown_coverage(record):
    nothing, short = {"All": (0, 0, 0, 5, 0)}, {"list_complete": False}
    blind = {"machines_visible": False}
    found = record(
        (20 * HOUR, of_percent(1)),
        (19 * HOUR, of_percent(2)),
        (18 * HOUR, nothing),
        (17 * HOUR, of_percent(3)),
        (16 * HOUR, of_percent(4), short),
        (15 * HOUR, of_percent(5)),
        (14 * HOUR, of_percent(6), blind),
        (13 * HOUR, of_percent(7)),
        (3 * HOUR, of_percent(8)),
        (2 * HOUR, of_percent(9)),
    )
    assert percents(found["lines"]) == [[1.0, 2.0], [3.0], [5.0], [7.0], [8.0, 9.0]]
    ends = [report(NOW - age * HOUR, {})["finished_at"] for age in (13, 3)]
    assert found["interruptions"] == [{"after": ends[0], "before": ends[1]}]
    assert found["interruptions_total"] == 1


@pytest.mark.parametrize(
    ("ages", "interruptions"),
    [
        ([0, 5, 3000], 0),
        ([0, 5, 3700], 1),
        ([0, DAY, 2 * DAY, 5 * DAY], 0),
        ([0, DAY, 2 * DAY, 5 * DAY + 2], 1),
        ([0, 90 * DAY], 0),
    ],
)
def test_interruption_longer_than_three_usual_intervals(record, ages, interruptions):
    found = record(*((age, of_percent(50)) for age in reversed(ages)))
    assert (found["interruptions_total"], len(found["lines"])) == (interruptions, interruptions + 1)


def test_position_is_share_of_time(record):
    found = record((4 * HOUR, of_percent(1)), (3 * HOUR, of_percent(2)), (0, of_percent(3)))
    assert [point["position"] for line in found["lines"] for point in line] == [0.0, 0.25, 1.0]


@given(st.lists(st.tuples(st.integers(0, 40 * DAY), st.integers(-1, 100)), min_size=1, max_size=60), st.integers(1, 9))
def test_column_keeps_lowest_and_highest(runs, buckets):
    points = [trend.Point(moment, None if percent < 0 else percent, str(moment)) for moment, percent in sorted(runs)]
    first, span = points[0].moment, max(points[-1].moment - points[0].moment, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trend, "BUCKETS", buckets)
        lines = trend._lines(points, {number for number, _seconds in trend._interruptions(points)})
    shown = [point for line in lines for point in line]
    assert [point["position"] for point in shown] == sorted(point["position"] for point in shown)
    assert len(shown) <= 2 * (buckets + 1) + 2
    columns = {}
    for point in points:
        if point.percent is not None:
            columns.setdefault(int((point.moment - first) / span * buckets), []).append(point.percent)
    for column, known in columns.items():
        drawn = [
            point["coverage_percent"] for point in shown if int((int(point["at"]) - first) / span * buckets) == column
        ]
        assert {min(known), max(known)} <= set(drawn)


@pytest.mark.parametrize(
    ("step", "count", "digits"), [(60, 31, 20), (600, 60, 13), (HOUR, 200, 10), (DAY, 200, 7), (40 * DAY, 9, 20)]
)
def test_periods_are_shortest_that_make_short_table(record, step, count, digits):
    found = record(*((step * (count - number), of_percent(number % 100)) for number in range(count)))
    periods = found["periods"]
    assert {len(period["period"]) for period in periods} == {digits}
    assert len(periods) <= trend.ROWS
    assert sum(period["runs"] for period in periods) == count


def test_period_has_lowest_highest_and_last():
    known = [("01", 50.0), ("02", 20.0), ("02", 70.0), ("02", 60.0), ("02", None), ("03", None)]
    times = [f"2026-{month}-{number:02}T08:00:00Z" for number, (month, _percent) in enumerate(known * 9, 1)]
    points = [trend.Point(0, percent, at) for at, (_month, percent) in zip(sorted(times), sorted(known * 9, key=str))]
    by_month = {period["period"]: period for period in trend._periods(points)}
    assert by_month["2026-02"] == {
        "period": "2026-02",
        "runs": 36,
        "lowest_percent": 20.0,
        "highest_percent": 70.0,
        "last_percent": 70.0,
    }
    assert by_month["2026-03"] == {
        "period": "2026-03",
        "runs": 9,
        "lowest_percent": None,
        "highest_percent": None,
        "last_percent": None,
    }


def test_falls_are_sorted_and_compared_with_right_run(record):
    before = {f"G{number}": (90, 10, 0, 0, 0) for number in range(8)}
    now = {f"G{number}": (90 - 10 * number, 10 + 10 * number, 0, 0, 0) for number in range(8)}
    found = record(
        (31 * DAY, {"G7": (100, 0, 0, 0, 0)}),
        (29 * DAY, {**before, "G1": (100, 0, 0, 0, 0), "Gone": (9, 0, 0, 0, 0)}),
        (HOUR, before),
        (0, {**now, "New": (0, 9, 0, 0, 0), None: (0, 0, 0, 3, 0)}),
    )
    last, month = found["fell_since_last_run"], found["fell_in_30_days"]
    assert [fall["name"] for fall in last["delivery_groups"]] == ["G7", "G6", "G5", "G4", "G3"]
    assert last["delivery_groups"][0] == {"name": "G7", "before": 90.0, "now": 20.0, "points": 70.0}
    assert last["since"] == report(NOW - HOUR, {})["finished_at"]
    assert month["since"] == report(NOW - 29 * DAY, {})["finished_at"]
    assert [fall["points"] for fall in month["delivery_groups"]] == [70.0, 60.0, 50.0, 40.0, 30.0]


def test_month_without_other_run_has_no_comparison(record):
    found = record((31 * DAY, of_percent(90)), (0, of_percent(10)))
    assert found["fell_in_30_days"] is None
    assert found["fell_since_last_run"]["delivery_groups"][0]["points"] == 80.0


def test_ten_thousand_runs_stay_small(tmp_path):
    path = str(tmp_path / "history.sqlite")
    groups = {f"Group {number}": (number, 1, 0, 0, 0) for number in range(20)}
    document = report(NOW, groups)
    history.record(path, document, 400)
    with history.opened("history", path) as file:
        file.execute("BEGIN")
        for number in range(1, 10_000):
            at = report(NOW - number * HOUR // (1 + number % 2), {})["finished_at"]
            file.execute(
                "INSERT INTO runs (customer_id, site_id, selection, finished_at, figures, delivery_groups)"
                " SELECT customer_id, site_id, selection, ?, figures, delivery_groups FROM runs WHERE id = 1",
                [at],
            )
        file.execute("COMMIT")
    began = time.process_time()
    found = trend.of_document(path, document, 20_000)
    assert time.process_time() - began < 5
    assert found["runs"] == 10_000
    assert len(json.dumps(found)) < 150_000
