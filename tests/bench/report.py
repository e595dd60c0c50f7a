# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a scenario: rows of figures, verdicts about targets, and points of a plot."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.rounds import Row


@dataclass(frozen=True)
class Verdict:
    """A target, and whether this run met it; a missed one is no failure on a busy machine."""

    what: str
    median: str
    ratio: str
    target: str
    met: bool | None
    """None for a figure without a target."""


@dataclass
class Report:
    """Result of one or several scenarios."""

    rows: list[Row] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    bars: dict[str, float] = field(default_factory=dict)
    """Seconds for all sessions, by method."""
    growth: dict[int, float] = field(default_factory=dict)
    """Seconds without the start-up, by number of sessions."""

    def add(self, other: Report) -> None:
        self.rows += other.rows
        self.verdicts += other.verdicts
        self.bars.update(other.bars)
        self.growth.update(other.growth)
