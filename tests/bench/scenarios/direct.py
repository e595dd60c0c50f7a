# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All sessions of some machines with single requests, compared with other methods."""

from __future__ import annotations

from statistics import median

from bench.measure import Bench
from bench.options import Options
from bench.report import Report, Verdict
from bench.rounds import alternate
from bench.ways import empty, pool, recording, script, uri_loop

MOST = {20: 1.03, 50: 1.05}
"""The target for a number of connections: the time over that of the bare pool."""


def run(bench: Bench, options: Options) -> Report:
    others = [uri_loop(options.uri_sessions), script(options.script_sessions)]
    report = Report()
    for connections in options.connections:
        own = recording(
            f"this collection, direct, {connections} connections",
            state="started",
            machine=machine_names(options.machines),
            wait=False,
            max_concurrency=connections,
            max_sessions=options.sessions,
        )
        ways = [*others, pool(connections), own]
        rounds = alternate(bench, [*ways, empty()], options.repeat, options.fleet, options.latency)
        ratio, most = rounds.ratio(own.name), MOST.get(connections)
        report.verdicts.append(
            Verdict(
                what=f"{options.sessions} sessions, direct, {connections} connections, `wait: false`: "
                "run less empty run, over the bare pool",
                median=f"{median(rounds.net(own.name)):.2f} s",
                ratio=f"{ratio:.3f}",
                target=f"at most {most}" if most else "none",
                met=ratio <= most if most else None,
            )
        )
        report.rows += rounds.rows(f"direct, {connections}")
        report.bars |= {way.name: median(rounds.seconds(way.name)) for way in ways if way.name not in report.bars}
        others = []
    return report


def machine_names(machines: int) -> list[str]:
    """Return that number of machine names of the simulator."""
    return [f"LAB\\vda-{number:03d}" for number in range(1, machines + 1)]
