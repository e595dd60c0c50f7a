# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure, print the figures, and with --write update docs/performance.md and its plots."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from support import figures_page

from bench import options as settings
from bench import table
from bench.measure import fresh_bench
from bench.report import Report
from bench.scenarios import again, batched, direct, growth, quota, rate, single

SCENARIOS = {
    "direct": direct.run,
    "batched": batched.run,
    "quota": quota.run,
    "single": single.run,
    "growth": growth.run,
    "rate": rate.run,
    "again": again.run,
}
DOCS = Path(__file__).parents[2] / "docs"


def measure(names: list[str], options: settings.Options) -> Report:
    """Run these scenarios, each against its own simulator; print and return their reports."""
    report = Report()
    for name in names:
        began = time.monotonic()
        with fresh_bench() as bench:
            outcome = SCENARIOS[name](bench, options)
        # Not at the end: a later scenario may fail.
        print(table.markdown(outcome), flush=True)
        report.add(outcome)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return report


def write(report: Report, options: settings.Options) -> None:
    """Write the figures to the documentation."""
    # Only the plots require matplotlib.
    from bench import plot

    figures_page.write(DOCS / "performance.md", table.MAKER, table.markdown(report))
    plot.bars(report.bars, options.sessions, DOCS / "performance-ways.svg")
    plot.growth(report.growth, DOCS / "performance-growth.svg")


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", choices=list(SCENARIOS), action="append", metavar="NAME", help=", ".join(SCENARIOS))
    parser.add_argument("--write", action="store_true", help="update docs/; requires all scenarios")
    settings.add_arguments(parser)
    arguments = parser.parse_args()
    if arguments.write and arguments.only:
        parser.error("--write takes all scenarios: leave --only out")
    options = settings.read(arguments)
    report = measure(arguments.only or list(SCENARIOS), options)
    if arguments.write:
        write(report, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
