# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The maximum number of calls per second without latency, compared with the bare pool."""

from __future__ import annotations

from statistics import median

from bench.figures import named, seconds_per_call
from bench.measure import Bench
from bench.options import Options
from bench.report import Report, Verdict
from bench.rounds import Rounds, alternate
from bench.ways import POOL, pool, recording

OWN = "this collection, statuses only"
LEAST = 1.6


def run(bench: Bench, options: Options) -> Report:
    own = recording(
        OWN,
        state="stopped",
        all_sessions=True,
        max_sessions=options.rate_sessions,
        max_concurrency=options.concurrency,
    )
    settings = {**options.fleet, "sessions": options.rate_sessions}
    rounds = alternate(bench, [pool(options.concurrency, starts=False), own], options.repeat, settings)
    rates, limits = _rates(rounds, OWN), _rates(rounds, POOL)
    ratio = median(rate / limit for rate, limit in zip(rates, limits))
    load = median(sample.simulator_cpu * rate / len(sample.calls) for sample, rate in zip(rounds.samples[OWN], rates))
    verdict = Verdict(
        what=f"calls a second without latency, {options.rate_sessions:,} statuses, over the bare pool",
        median=f"{median(rates):.0f}/s (pool {median(limits):.0f}/s); simulator {load:.0%} of a core",
        ratio=f"{ratio:.3f}",
        target=f"at least {LEAST}",
        met=ratio >= LEAST,
    )
    return Report([], [verdict])


def _rates(rounds: Rounds, name: str) -> list[float]:
    return [1 / seconds_per_call(named(sample.calls, "/RecordingStatus")) for sample in rounds.samples[name]]
