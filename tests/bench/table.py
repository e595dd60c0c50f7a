# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of figures: Markdown, which also reads well on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.report import Report, Verdict
from bench.rounds import Row

BEGIN = "<!-- figures: begin (written by make bench) -->"
END = "<!-- figures: end -->"

FIGURES = ("Scenario", "Way", "Seconds", "Least - most", "Ratio", "Requests", "429", "Peak MB")
TARGETS = ("What", "Median", "Ratio", "Target", "Met")


def markdown(report: Report) -> str:
    """Return both tables: the targets first."""
    return f"{targets(report.verdicts)}\n{figures(report.rows)}"


def figures(rows: Iterable[Row]) -> str:
    return aligned(FIGURES, [_figures(row) for row in rows], numbers=range(2, len(FIGURES)))


def targets(verdicts: Iterable[Verdict]) -> str:
    met = {True: "yes", False: "**no**", None: ""}
    return aligned(TARGETS, [(each.what, each.median, each.ratio, each.target, met[each.met]) for each in verdicts])


def write(page: Path, text: str, mark: str = BEGIN) -> None:
    """Put a text between the two marks of a page, the first as given; ValueError where it has not both."""
    old = page.read_text(encoding="utf-8")
    before, begin, rest = old.partition(mark)
    _figures_before, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the lines {mark} and {END}")
    page.write_text(f"{before}{mark}\n\n{text}\n{END}{after}", encoding="utf-8")


def _figures(row: Row) -> tuple[str, ...]:
    return (
        row.scenario,
        row.way,
        f"{row.seconds.middle:.2f}",
        f"{row.seconds.least:.2f} - {row.seconds.most:.2f}",
        "" if row.ratio is None else f"{row.ratio:.2f}",
        f"{row.requests:.0f}",
        f"{row.refused:.0f}",
        f"{row.peak_mb:.0f}",
    )


def aligned(titles: Sequence[str], rows: Sequence[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """Return a table; numbers: the columns whose cells are put to the right."""
    widths = [max(len(row[column]) for row in (titles, *rows)) for column in range(len(titles))]
    right = set(numbers)

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths))
        )
        return f"| {' | '.join(padded)} |\n"

    rule = ["-" * (width - 1) + (":" if column in right else "-") for column, width in enumerate(widths)]
    return "".join(line(cells) for cells in (titles, rule, *rows))
