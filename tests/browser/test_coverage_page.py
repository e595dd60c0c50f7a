# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the coverage report in a browser: safe, correct, readable and sortable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import EVIL, violations

ROWS = (
    "[...document.querySelector('table.gaps').tBodies[0].rows].map(row => [...row.cells].map(cell => cell.innerText))"
)
COUNTS = ("recorded", "not_recorded", "unknown", "ended")
COLUMNS = ("recorded", "not_recorded", "unknown", "not_recordable")

LOW_CONTRAST = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const luminance = color => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(part => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const paper = getComputedStyle(document.body).backgroundColor;
  const texts = [...document.querySelectorAll("body *:not(script, svg, svg *)")].filter(element =>
    [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
  const bars = [...document.querySelectorAll("svg rect:not(.empty)")];
  const low = [
    ...texts.filter(text => ratio(getComputedStyle(text).color, paper) < 4.5),
    ...bars.filter(bar => ratio(getComputedStyle(bar).fill, paper) < 3),
  ];
  return {paper: luminance(paper), texts: texts.length, low: low.map(element => element.outerHTML)};
})()
"""


def number(text: str) -> int:
    """Read a number from the page."""
    return int(text.replace("\u202f", ""))


def test_page_loads_executes_and_reports_nothing(page, report):
    page.open(report.page)
    assert page.complaints() == []
    assert page.requested() == [report.page.as_uri()]
    assert page.run("document.title").startswith("Recording coverage of ")
    assert page.run("document.querySelectorAll('script').length") == 1
    assert page.run("document.querySelectorAll('img, base, iframe, object, svg:not(.bar, .chart)').length") == 0
    assert (
        page.run("[...document.querySelectorAll('*')].some(e => e.getAttributeNames().some(a => a.startsWith('on')))")
        is False
    )


def test_page_policy_blocks_injected_content(page, hostile, tmp_path):
    spoilt = tmp_path / "spoilt.html"
    attack = f'<script>{EVIL}</script><img src="x" onerror="{EVIL}">'
    spoilt.write_text(hostile.page.read_text(encoding="utf-8").replace("<main>", f"<main>{attack}"), encoding="utf-8")
    page.open(spoilt)
    assert page.run("document.title") != "owned"
    # This also shows that violations would be seen.
    assert len(page.complaints()) >= 2


def test_page_figures_equal_json(page, report):
    page.open(report.page)
    sessions, reasons = report.figures["sessions"], report.figures["not_recordable_reasons"]
    wanted = {**{name: sessions[name] for name in COUNTS}, **reasons}
    assert {name: number(page.run(f"document.getElementById('count-{name}').innerText")) for name in wanted} == wanted
    percent = "\u2013" if sessions["coverage_percent"] is None else f"{sessions['coverage_percent']}\u00a0%"
    assert page.run("document.getElementById('coverage').innerText") == percent
    assert number(page.run("document.getElementById('requests').innerText")) == report.figures["requests"]
    for part in ("delivery_groups", "machines"):
        heading = {"delivery_groups": "groups"}.get(part, part)
        rows = page.run(
            f"[...document.querySelectorAll('[aria-labelledby={heading}] tbody tr')]"
            ".map(row => [...row.cells].map(cell => cell.innerText.trim()))"
        )
        shown = report.figures[part][:20]
        assert [[name, *map(number, counts)] for name, _share, *counts in rows] == [
            [each["name"], *(each[name] for name in COLUMNS)] for each in shown
        ]
        for row, each in zip(rows, shown):
            share = each["coverage_percent"]
            assert row[1] == ("none recordable" if share is None else f"{share}\u00a0%")


def test_page_lists_every_gap_with_its_name(page, hostile):
    page.open(hostile.page)
    gaps = hostile.figures["gaps"]
    assert len(gaps) == hostile.figures["gaps_total"] > 100
    rows = page.run(ROWS)
    assert [row[:5] for row in rows] == [
        [
            gap["user"] or "(no name)",
            gap["machine"],
            gap["delivery_group"],
            "; ".join(gap["applications"]),
            gap["since"],
        ]
        for gap in gaps
    ]
    words = {"not_recorded": "Not recorded", "unknown": "Unknown: "}
    assert all(row[5].startswith(words[gap["result"]]) for row, gap in zip(rows, gaps))
    assert sum(row[5].startswith("Unknown") for row in rows) == 2


@pytest.mark.parametrize("column", range(6))
def test_table_sorted_by_click_reversed_by_second_click(page, hostile, column):
    page.open(hostile.page)
    before = page.run(ROWS)
    states = []
    for _click in range(2):
        page.run(f"document.querySelectorAll('.gaps thead th button')[{column}].click()")
        rows = page.run(ROWS)
        assert sorted(rows) == sorted(before)
        texts = f"({ROWS}).map(row => row[{column}])"
        order = "new Intl.Collator(undefined, {numeric: true}).compare"
        ascending = page.run(f"{texts}.every((text, at, all) => !at || ({order})(all[at - 1], text) <= 0)")
        descending = page.run(f"{texts}.every((text, at, all) => !at || ({order})(all[at - 1], text) >= 0)")
        marks = page.run("[...document.querySelectorAll('.gaps thead th')].map(head => head.getAttribute('aria-sort'))")
        states.append((ascending, descending, [mark for mark in enumerate(marks) if mark[1]]))
    assert states == [(True, False, [(column, "ascending")]), (False, True, [(column, "descending")])]
    assert page.complaints() == []


def test_page_without_script_shows_everything(page, hostile):
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(hostile.page)
        html = page.call("DOM.getOuterHTML", nodeId=page.call("DOM.getDocument")["root"]["nodeId"])["outerHTML"]
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
    gaps = html.partition('<table class="gaps"')[2].partition("</table>")[0]
    assert "<button" not in gaps
    assert gaps.count("<tr") == 1 + hostile.figures["gaps_total"]


@pytest.mark.parametrize("width", [320, 400, 720, 1400])
def test_page_fits_window(page, report, width):
    page.open(report.page, width)
    assert page.run("innerWidth") == width
    wide = "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
    assert page.run(f"{wide}.map(e => e.outerHTML.slice(0, 200))") == []
    assert page.run("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("scheme", "media"), [("light", ""), ("dark", ""), ("dark", "print")])
def test_page_contrast_of_text_and_bars(page, report, scheme, media):
    page.open(report.page, scheme=scheme)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.call("Emulation.setEmulatedMedia", media=media, features=features)
    seen = page.run(LOW_CONTRAST)
    assert seen["low"] == []
    assert seen["texts"] > 30
    assert (seen["paper"] < 0.1) is (scheme == "dark" and not media)


def test_page_visible_data_accessible(page, report):
    page.open(report.page)
    for what, wrong in {
        "a language": "document.documentElement.lang !== 'en'",
        "a caption for each table": "[...document.querySelectorAll('table')].some(t => !t.caption?.innerText.trim())",
        "a scope for each heading": "[...document.querySelectorAll('th')].some(h => !h.scope)",
        "a text for each picture": (
            "[...document.querySelectorAll('svg')].some(p => p.getAttribute('role') !== 'img' || "
            "!p.querySelector('title').textContent.trim())"
        ),
        "one main heading": "document.querySelectorAll('h1').length !== 1",
        "names for sections": "[...document.querySelectorAll('section')].some(s => !s.ariaLabel && "
        "!document.getElementById(s.getAttribute('aria-labelledby')))",
    }.items():
        assert page.run(wrong) is False, what


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1400, "light")])
def test_axe_finds_no_violation(page, report, width, scheme):
    page.open(report.page, width, scheme=scheme)
    assert violations(page) == []


def test_page_prints(page, report):
    page.open(report.page)
    pdf = page.call("Page.printToPDF", printBackground=False)["data"]
    assert pdf.startswith("JVBERi0")


def take_screenshots(page, playbook, tmp_path):
    """Write the images of the documentation; only `make screenshots` collects this function."""
    playbook("sessionops.citrix.demo", citrix_dest=str(tmp_path))
    folder = Path(os.environ["SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    for name, width, height in (("wide", 1400, 1560), ("narrow", 400, 1400)):
        page.open(tmp_path / "coverage.html", width, height)
        (folder / f"coverage-{name}.png").write_bytes(page.screenshot())
