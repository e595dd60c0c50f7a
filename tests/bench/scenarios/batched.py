# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches with confirmation: their gain depends on the parallelism of the server."""

from __future__ import annotations

from statistics import median

from bench.measure import Bench
from bench.options import Options
from bench.report import Report, Verdict
from bench.rounds import alternate
from bench.scenarios.direct import machine_names
from bench.ways import POOL, empty, pool, recording

LEAST = {10: 3.0, 50: 6.0}
"""The target for items that the server processes in parallel."""
MOST_REQUESTS = 40


def run(bench: Bench, options: Options) -> Report:
    owns = {
        items: recording(
            f"this collection, batched, {items} at once",
            {"batch_parallelism": items},
            once=items not in LEAST,
            state="started",
            machine=machine_names(options.machines),
            max_concurrency=options.concurrency,
            batch_size=options.batch_size,
            max_sessions=options.sessions,
        )
        for items in options.parallelism
    }
    ways = [pool(options.concurrency), *owns.values(), empty()]
    rounds = alternate(bench, ways, options.repeat, options.fleet, options.latency)
    verdicts = []
    for items, own in owns.items():
        faster = 1 / rounds.ratio(own.name)
        least = LEAST.get(items)
        verdicts.append(
            Verdict(
                what=f"{options.sessions} sessions, confirmed, batches of {options.batch_size}, {items} items at once: "
                "bare pool over run less empty run",
                median=f"{median(rounds.net(own.name)):.2f} s",
                ratio=f"{faster:.1f}",
                target=f"at least {least:g}" if least else "none",
                met=faster >= least if least else None,
            )
        )
    most = max(len(sample.calls) for own in owns.values() for sample in rounds.samples[own.name])
    verdicts.append(
        Verdict(
            what=f"{options.sessions} sessions, confirmed, batches of {options.batch_size}: HTTP requests",
            median=str(most),
            ratio=f"{most / options.sessions:.3f} a session",
            target=f"fewer than {MOST_REQUESTS}",
            met=most < MOST_REQUESTS,
        )
    )
    bars = {own.name: median(rounds.seconds(own.name)) for own in owns.values()}
    rows = [row for row in rounds.rows("batched") if row.way != POOL]
    return Report(rows, verdicts, bars)
