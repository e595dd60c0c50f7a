# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of a campaign in Markdown, which is also readable on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from support import figures_page

MAKER = "make faults"
TITLES = ("Fault", "Runs", "Survived", "Clear failures", "Violations")


@dataclass
class Row:
    """The runs with one fault."""

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
    """Return the table with the sum of all rows at its end, without rows that have no run."""
    total = Row()
    for row in rows.values():
        total.add(row)
    lines = [_line(name, row) for name, row in rows.items() if row.runs]
    return figures_page.table(TITLES, [*lines, _line("**all**", total)], numbers=range(1, len(TITLES)))


def _line(name: str, row: Row) -> tuple[str, ...]:
    return (name, *map(str, (row.runs, row.survived, row.failed, row.violations)))
