# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of a campaign: Markdown, which also reads well on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

BEGIN = "<!-- figures: begin (written by make faults) -->"
END = "<!-- figures: end -->"
TITLES = ("Fault", "Runs", "Survived", "Clear failures", "Violations")


@dataclass
class Row:
    """The runs that met one fault."""

    survived: int = 0
    failed: int = 0
    violations: int = 0

    @property
    def runs(self) -> int:
        return self.survived + self.failed + self.violations

    def add(self, other: Row) -> None:
        self.survived += other.survived
        self.failed += other.failed
        self.violations += other.violations


def markdown(rows: Mapping[str, Row]) -> str:
    """Return the table, with the sum of all rows at its end. Rows without a run are left out."""
    total = Row()
    for row in rows.values():
        total.add(row)
    return _table([(name, row) for name, row in rows.items() if row.runs] + [("**all**", total)])


def write(page: Path, text: str) -> None:
    """Put a text between the two marks of a page; ValueError where it has not both."""
    old = page.read_text(encoding="utf-8")
    before, begin, rest = old.partition(BEGIN)
    _figures_before, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the lines {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def _table(rows: Iterable[tuple[str, Row]]) -> str:
    cells = [(name, row.runs, row.survived, row.failed, row.violations) for name, row in rows]
    lines = [TITLES, *(tuple(map(str, line)) for line in cells)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(TITLES))]

    def text(line: tuple[str, ...]) -> str:
        first, *numbers = (
            cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(zip(line, widths))
        )
        return f"| {' | '.join([first, *numbers])} |\n"

    rule = ("-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:]))
    return "".join(map(text, [TITLES, rule, *lines[1:]]))
