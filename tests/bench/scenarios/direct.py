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

OWN = "this collection, direct"
MOST = 1.15


def run(bench: Bench, options: Options) -> Report:
    own = recording(
        OWN,
        state="started",
        machine=machine_names(options.machines),
        wait=False,
        max_concurrency=options.concurrency,
        max_sessions=options.sessions,
    )
    others = [uri_loop(options.uri_sessions), script(options.script_sessions), pool(options.concurrency)]
    rounds = alternate(bench, [*others, own, empty()], options.repeat, options.fleet, options.latency)
    ratio = rounds.ratio(OWN)
    verdict = Verdict(
        what=f"{options.sessions} sessions, direct, `wait: false`: run less empty run, over the bare pool",
        median=f"{median(rounds.net(OWN)):.2f} s",
        ratio=f"{ratio:.3f}",
        target=f"at most {MOST}",
        met=ratio <= MOST,
    )
    bars = {way.name: median(rounds.seconds(way.name)) for way in [*others, own]}
    return Report(rounds.rows("direct"), [verdict], bars)


def machine_names(machines: int) -> list[str]:
    """Return that number of machine names of the simulator."""
    return [f"LAB\\vda-{number:03d}" for number in range(1, machines + 1)]
