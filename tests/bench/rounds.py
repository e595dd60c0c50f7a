# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways run in turns, so that whatever else the machine does hits all of them alike."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Callable

from bench.figures import Spread, extrapolate, named, refused, seconds_per_call
from bench.measure import Bench, BenchError, Sample
from bench.ways import EMPTY, POOL, Way

OFTENER = 4
"""Times that a run of two seconds is made for each longer one: ansible's start varies by what is to be measured."""


@dataclass(frozen=True)
class Row:
    """One line of the table of figures; ratio: the time, less that of an empty ansible run, over the bare pool's."""

    scenario: str
    way: str
    seconds: Spread
    ratio: float | None
    requests: float
    refused: float
    peak_mb: float


class Rounds:
    """What the ways took, round by round: in round n each way is compared with the others of that round."""

    def __init__(self, ways: Sequence[Way], samples: dict[str, list[Sample]], sessions: int) -> None:
        self.samples = samples
        self._ways = {way.name: way for way in ways}
        self._sessions = sessions

    def seconds(self, name: str) -> list[float]:
        """Return the times of a way; those of a short run are extrapolated to all sessions."""
        return [self._in_full(self._ways[name], sample) for sample in self.samples[name]]

    def net(self, name: str) -> list[float]:
        """Return the times without what ansible takes to do nothing, for the ways that it runs."""
        idle = self.seconds(EMPTY) if self._ways[name].ansible else [0.0] * len(self.samples[name])
        return [seconds - less for seconds, less in zip(self.seconds(name), idle)]

    def ratio(self, name: str, other: str = POOL) -> float:
        """Return the median of how often the net time of another way goes into that of this one."""
        return median(own / its for own, its in zip(self.net(name), self.net(other)))

    def rows(self, scenario: str) -> list[Row]:
        return [self._row(scenario, way) for way in self._ways.values()]

    def _row(self, scenario: str, way: Way) -> Row:
        samples = self.samples[way.name]
        return Row(
            scenario=scenario,
            way=way.name + (f", from {way.short} sessions" if way.short else ""),
            seconds=Spread.of(self.seconds(way.name)),
            ratio=self.ratio(way.name) if POOL in self._ways and way.name != EMPTY else None,
            requests=median(len(sample.calls) for sample in samples),
            refused=median(refused(sample.calls) for sample in samples),
            peak_mb=median(sample.peak_mb for sample in samples),
        )

    def _in_full(self, way: Way, sample: Sample) -> float:
        if not way.short:
            return sample.seconds
        per_start = seconds_per_call(named(sample.calls, "$startRecording"))
        return extrapolate(sample.seconds, way.short, self._sessions, per_start)


SINGLE_CALLS = r"^(?!.*/\$batch$)"
"""The latency stands for the work of the server: a batch takes as long as its items, and nothing itself."""


def alternate(
    bench: Bench,
    ways: Sequence[Way],
    repeat: int,
    settings: dict,
    latency: float = 0.0,
    prepare: Callable[[], object] = lambda: None,
) -> Rounds:
    """Run each way in each round, on a fleet of its own where every call takes so many seconds; raises BenchError.

    prepare: what is done to a fresh fleet before a way is measured on it.
    """
    samples: dict[str, list[Sample]] = {way.name: [] for way in ways}
    for number in range(repeat):
        for way in ways:
            print(f"  {number + 1} of {repeat}: {way.name}", file=sys.stderr, flush=True)
            bench.simulator.reset(**{**settings, **way.settings})
            prepare()
            command = way.command(bench)
            bench.simulator.fault(*([{"latency": latency, "path": SINGLE_CALLS}] if latency else []))
            sample = bench.run(command)
            if sample.code != 0:
                told = f"{way.name} ended with {sample.code}:\n{sample.told()}"
                if not way.may_fail:
                    raise BenchError(told)
                print(told, file=sys.stderr, flush=True)
            samples[way.name].append(sample)
    return Rounds(ways, samples, settings["sessions"])
