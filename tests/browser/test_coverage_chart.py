# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The coverage over time on the page of the report, compared with the database."""

from __future__ import annotations

import re
from itertools import groupby

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.times import timestamp
from conftest import MINIMUM, violations

TABLE = (
    "[...document.querySelectorAll('[aria-labelledby=periods] tbody tr')]"
    ".map(row => [...row.cells].map(cell => cell.innerText.trim()))"
)
PATHS = "[...document.querySelectorAll('.chart path.line')].map(path => path.getAttribute('d'))"
FALLS = "[...document.querySelectorAll('#{} li')].map(item => item.innerText)"


def drawn(page):
    """Return the lines of the chart as lists of (x, y)."""
    return [[tuple(map(float, pair)) for pair in re.findall(r"([\d.]+) ([\d.]+)", line)] for line in page.run(PATHS)]


def test_chart_draws_runs_of_database(page, charted):
    report, runs = charted
    page.open(report.page)
    moments = [timestamp(at) for at, _percent in runs]
    span = moments[-1] - moments[0]
    known = {
        (round((moment - moments[0]) / span, 4) * 1000, percent)
        for moment, (_at, percent) in zip(moments, runs)
        if percent is not None
    }
    lines = drawn(page)
    points = [(x, round(100 - y, 1)) for line in lines for x, y in line]
    rounded = {(round(x, 1), percent) for x, percent in known}
    assert set(points) <= rounded
    assert {max(points, key=lambda point: point[1])[1], min(points, key=lambda point: point[1])[1]} == {
        max(percent for _x, percent in known),
        min(percent for _x, percent in known),
    }
    if len(runs) < 100:
        assert set(points) == rounded
    # The gap of three days and the run without coverage interrupt the line.
    assert len(lines) == 3
    middle = next(number for number, (one, other) in enumerate(zip(moments, moments[1:])) if other - one > 2 * 86400)
    before, after = ((moments[at] - moments[0]) / span * 1000 for at in (middle, middle + 1))
    assert not any(line[0][0] < before - 0.1 and line[-1][0] > after + 0.1 for line in lines)


def test_table_has_figures_of_database(page, charted):
    report, runs = charted
    page.open(report.page)
    rows = page.run(TABLE)
    digits = len(rows[0][0])
    expected = []
    for name, members in groupby(runs, key=lambda run: run[0].rstrip("Z").replace("T", " ")[:digits]):
        known = [percent for _at, percent in members]
        shown = [percent for percent in known if percent is not None]
        figures = [f"{value}\u00a0%" for value in (min(shown), max(shown), shown[-1])] if shown else ["unknown"] * 3
        expected.append([name, str(len(known)), *figures])
    assert [[name, count.replace("\u202f", ""), *figures] for name, count, *figures in rows] == expected
    percents = [percent for _at, percent in runs if percent is not None]
    text = page.run("document.querySelector('.chart title').textContent")
    assert f"lowest {min(percents)} %, highest {max(percents)} %" in text
    caption = page.run("document.querySelector('.trend figcaption').innerText").replace("\u202f", "")
    assert caption.startswith(f"{len(runs)} reports, lowest {min(percents)}\u00a0%, highest {max(percents)}\u00a0%.")
    (interruption,) = page.run("[...document.querySelectorAll('#interruptions li')].map(item => item.innerText)")
    ends = [at[:-1].replace("T", " ") for at, _percent in runs]
    assert interruption in {f"{one} to {other} UTC" for one, other in zip(ends, ends[1:])}


def test_minimum_is_line_on_chart(page, charted, hostile):
    page.open(charted[0].page)
    assert page.run("document.querySelector('.chart .minimum').getAttribute('d')") == f"M0 {100 - MINIMUM}H1000"
    assert page.run("document.getElementById('minimum').innerText") == f"{MINIMUM}\u00a0%"
    page.open(hostile.page)
    assert page.run("document.querySelectorAll('.chart, .minimum, #periods').length") == 0


def test_falls_name_group_and_link_to_it(page, charted):
    report, _runs = charted
    page.open(report.page)
    now = {group["name"]: group["coverage_percent"] for group in report.figures["delivery_groups"]}["Contractors"]
    (fell,) = page.run(FALLS.format("fell-last"))
    assert fell == f"Contractors: from 20.0\u00a0% to {now}\u00a0%, {round(20 - now, 1)} points lower"
    assert page.run("document.querySelector('#fell-last a').getAttribute('href')") == page.run(
        "'#' + [...document.querySelectorAll('[aria-labelledby=groups] tbody tr')]"
        ".find(row => row.cells[0].innerText === 'Contractors').id"
    )
    assert len(page.run(FALLS.format("fell-month"))) == 1


def test_page_with_chart_is_small_and_silent(page, charted):
    assert charted[0].page.stat().st_size < 1_000_000
    page.open(charted[0].page)
    assert page.complaints() == []
    assert page.requested() == [charted[0].page.as_uri()]


@pytest.mark.parametrize("media", ["", "print"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_chart_fits_window_and_stands_out(page, charted, width, scheme, media):
    page.open(charted[0].page, width, scheme=scheme)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.call("Emulation.setEmulatedMedia", media=media, features=features)
    assert page.run("document.documentElement.scrollWidth") <= width
    box = page.run(
        "(box => [box.left, box.right, box.height])(document.querySelector('.chart').getBoundingClientRect())"
    )
    assert box[0] >= 0
    assert box[1] <= width
    assert box[2] > 100
    strokes = page.run(
        "['.line', '.minimum', 'body'].map(name => document.querySelector(name === 'body' ? name : '.chart ' + name))"
        ".map((e, at) => getComputedStyle(e)[at < 2 ? 'stroke' : 'backgroundColor'].match(/\\d+/g).map(Number))"
    )
    light = [luminance(color) for color in strokes]
    for stroke in light[:2]:
        low, high = sorted((stroke, light[2]))
        assert (high + 0.05) / (low + 0.05) >= 3


def test_axe_finds_no_violation_with_chart(page, charted):
    page.open(charted[0].page, 400, scheme="dark")
    assert violations(page) == []


def luminance(color):
    """Return the relative luminance of a color, as WCAG 2.2 defines it."""
    parts = [value / 255 for value in color[:3]]
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_groups_and_gaps_link_to_each_other(page, hostile):
    page.open(hostile.page)
    links = page.run(
        "[...document.querySelectorAll('[aria-labelledby=groups] tbody tr')].map(row => "
        "[row.id, row.cells[0].innerText, row.querySelector('a')?.getAttribute('href')?.slice(1)])"
    )
    firsts = {}
    for gap in hostile.figures["gaps"]:
        firsts.setdefault(gap["delivery_group"], gap)
    assert {name for _id, name, target in links if target} == set(firsts)
    for row, name, target in links:
        if not target:
            continue
        linked = page.run(f"[...document.getElementById('{target}').cells].slice(1, 3).map(cell => cell.innerText)")
        assert linked == [firsts[name]["machine"], name]
        back = page.run(f"document.querySelector('#{target} td a').getAttribute('href')")
        assert back == f"#{row}"
