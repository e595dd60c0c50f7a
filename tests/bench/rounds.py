# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run methods in turn, so that other load on the machine affects all of them alike."""

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
"""Runs of two seconds for each longer one: the start-up of ansible varies by more than the measured difference."""


@dataclass(frozen=True)
class Row:
    """One row; ratio: the time without an empty ansible run, divided by that of the bare pool."""

    scenario: str
    way: str
    seconds: Spread
    ratio: float | None
    requests: float
    refused: float
    peak_mb: float


class Rounds:
    """Times of the methods by round: in each round, methods are compared with each other."""

    def __init__(self, ways: Sequence[Way], samples: dict[str, list[Sample]], sessions: int) -> None:
        self.samples = samples
        self._ways = {way.name: way for way in ways}
        self._sessions = sessions

    def seconds(self, name: str) -> list[float]:
        """Return the times of a method; those of a short run are extrapolated to all sessions."""
        return [self._in_full(self._ways[name], sample) for sample in self.samples[name]]

    def net(self, name: str) -> list[float]:
        """Return the times without an empty ansible run, for methods that use ansible."""
        idle = self.seconds(EMPTY) if self._ways[name].ansible else [0.0] * len(self.samples[name])
        return [seconds - less for seconds, less in zip(self.seconds(name), idle)]

    def ratio(self, name: str, other: str = POOL) -> float:
        """Return the median ratio of the net times of two methods."""
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
"""Latency stands for the work of the server: a batch takes the time of its items, and none itself."""


def alternate(
    bench: Bench,
    ways: Sequence[Way],
    repeat: int,
    settings: dict,
    latency: float = 0.0,
    prepare: Callable[[], object] = lambda: None,
) -> Rounds:
    """Run the methods in rounds, each on a new fleet with this latency; raises BenchError.

    prepare: called with the fresh fleet before a method is measured.
    """
    samples: dict[str, list[Sample]] = {way.name: [] for way in ways}
    for number in range(repeat):
        for way in ways:
            if way.once and number:
                continue
            print(f"  {number + 1} of {repeat}: {way.name}", file=sys.stderr, flush=True)
            bench.simulator.reset(**{**settings, **way.settings})
            prepare()
            command = way.command(bench)
            bench.simulator.fault(*([{"latency": latency, "path": SINGLE_CALLS}] if latency else []))
            sample = bench.run(command)
            if sample.code != 0:
                text = f"{way.name} ended with {sample.code}:\n{sample.output_end()}"
                if not way.may_fail:
                    raise BenchError(text)
                print(text, file=sys.stderr, flush=True)
            samples[way.name].append(sample)
    return Rounds(ways, samples, settings["sessions"])
