# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of figures in Markdown, which is also readable on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from support import figures_page

from bench.report import Report, Verdict
from bench.rounds import Row

MAKER = "make bench"
FIGURES = ("Scenario", "Method", "Seconds", "Range", "Ratio", "Requests", "429", "Peak MB")
TARGETS = ("Figure", "Median", "Ratio", "Target", "Met")


def markdown(report: Report) -> str:
    """Return both tables, targets first."""
    return f"{targets(report.verdicts)}\n{figures(report.rows)}"


def figures(rows: Iterable[Row]) -> str:
    return figures_page.table(FIGURES, [_figures(row) for row in rows], numbers=range(2, len(FIGURES)))


def targets(verdicts: Iterable[Verdict]) -> str:
    met = {True: "yes", False: "**no**", None: ""}
    return figures_page.table(
        TARGETS, [(each.what, each.median, each.ratio, each.target, met[each.met]) for each in verdicts]
    )


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
