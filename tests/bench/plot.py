# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plot figures for the documentation as reproducible SVG."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot

# Fixed ids, and no date: a new run changes only its own figures.
STYLE = {"svg.hashsalt": "sessionops.citrix", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10}
WITHOUT_DATE = {"Date": None, "Creator": None}
OWN, OTHER = "#1f6fb4", "#9a9a9a"


def bars(seconds: dict[str, float], sessions: int, path: Path) -> None:
    """Plot the time of each method for all sessions."""
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(8, 0.45 * len(seconds) + 1))
        names = [name.replace("`", "") for name in reversed(seconds)]
        values = list(reversed(seconds.values()))
        colors = [OWN if name.startswith("this") else OTHER for name in names]
        drawn = axes.barh(names, values, color=colors)
        axes.bar_label(drawn, [f"{value:,.1f} s" for value in values], padding=3)
        axes.set_xscale("log")
        axes.set_xlim(min(values) / 3, 3 * max(values))
        axes.xaxis.set_major_formatter("{x:,g}")
        axes.set_xlabel(f"seconds for {sessions:,} sessions (logarithmic)")
        axes.spines[["top", "right"]].set_visible(False)
        _save(figure, path)


def growth(seconds: dict[int, float], path: Path) -> None:
    """Plot the time to read the statuses of all sessions, without the start-up."""
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(8, 3.5))
        sizes, values = list(seconds), list(seconds.values())
        axes.plot(sizes, values, "o-", color=OWN, label="measured")
        even = [values[-1] * size / sizes[-1] for size in sizes]
        axes.plot(sizes, even, "--", color=OTHER, label="the same cost for each session")
        for size, value in seconds.items():
            axes.annotate(f"{value:,.2f} s", (size, value), textcoords="offset points", xytext=(6, -14))
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.margins(0.12)
        axes.xaxis.set_major_formatter("{x:,g}")
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.set_xlabel("sessions (logarithmic)")
        axes.set_ylabel("seconds (logarithmic)")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        _save(figure, path)


def _save(figure, path: Path) -> None:
    figure.savefig(path, format="svg", bbox_inches="tight", metadata=WITHOUT_DATE)
    pyplot.close(figure)
