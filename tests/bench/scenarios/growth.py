# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read all statuses of growing sites: time and memory per session."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from bench.figures import Spread
from bench.measure import Bench
from bench.options import Options
from bench.report import Report, Verdict
from bench.rounds import OFTENER, Rounds, Row, alternate
from bench.ways import Way, bare_exit, measured, recording

FLAT = 1.2
MOST_MEMORY = 2.0
START_UP = 1
"""Sessions of the site for measuring the start-up: the same task with almost no work."""


def run(bench: Bench, options: Options) -> Report:
    sizes = options.growth
    least, most = min(sizes), max(sizes)
    start_up = _reading(START_UP, options)
    ways = {size: _reading(size, options) for size in sizes}
    short = alternate(bench, [start_up, ways[least]], OFTENER * options.repeat, options.fleet)
    others = [ways[size] for size in sizes if size != least]
    # Half a minute each, and constant: fewer rounds are enough.
    long = alternate(bench, [start_up, *others], (options.repeat + 1) // 2, options.fleet)
    growth = {size: _net(short if size == least else long, way, start_up) for size, way in ways.items()}
    costs = {size: 1000 * seconds / size for size, seconds in growth.items()}
    flat = max(costs[least], costs[most]) / min(costs[least], costs[most])
    text = ", ".join(f"{cost:.3f} ms at {size:,}" for size, cost in costs.items())
    verdicts = [
        Verdict(
            what=f"a session of {least:,} over one of {most:,}, whichever costs more; start-up subtracted",
            median=text,
            ratio=f"{flat:.3f}",
            target=f"at most {FLAT}",
            met=flat <= FLAT,
        )
    ]
    memory, rows = _memory(bench, options, most, ways[most])
    return Report([*short.rows("growth"), *long.rows("growth")[1:], *rows], [*verdicts, memory], growth=growth)


def _net(rounds: Rounds, way: Way, start_up: Way) -> float:
    """Return the median seconds of a method without the start-up of the same round."""
    pairs = zip(rounds.seconds(way.name), rounds.seconds(start_up.name))
    return median(seconds - idle for seconds, idle in pairs)


def _reading(size: int, options: Options) -> Way:
    # No session is recorded, so that a stop has no work.
    return recording(
        f"this collection, {size:,} session{'' if size == 1 else 's'}",
        {"sessions": size, "machines": max(1, size // 100)},
        state="stopped",
        all_sessions=True,
        max_sessions=size,
        max_concurrency=options.concurrency,
        batch_size=options.growth_batch_size,
    )


def _memory(bench: Bench, options: Options, size: int, own: Way) -> tuple[Verdict, list[Row]]:
    """Measure the memory of the module's own process in one run, because it varies little."""
    bare = replace(bare_exit(size), settings={"sessions": 1})
    rounds = alternate(bench, [measured(own), measured(bare)], 1, options.fleet)
    [ours], [least] = rounds.samples[own.name], rounds.samples[bare.name]
    ratio = ours.module_mb / least.module_mb
    verdict = Verdict(
        what=f"memory of the module with {size:,} entries, over that of a bare `exit_json` of the same",
        median=f"{ours.module_mb:.0f} MB (bare {least.module_mb:.0f} MB; ansible-playbook itself "
        f"{ours.controller_mb:.0f} MB, bare {least.controller_mb:.0f} MB)",
        ratio=f"{ratio:.3f}",
        target=f"at most {MOST_MEMORY:g}",
        met=ratio <= MOST_MEMORY,
    )
    seconds = Spread.of([least.seconds])
    return verdict, [Row("growth", f"{bare.name}, {size:,} entries", seconds, None, 0, 0, least.peak_mb)]
