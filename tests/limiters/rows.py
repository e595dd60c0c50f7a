# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows: each limiter and hint, with one of several latencies, concurrencies and sizes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Callable

from limiters.models import (
    Both,
    Bucket,
    Changing,
    Concurrency,
    Limiter,
    Nodes,
    Shared,
    SlidingCounter,
    SlidingLog,
    Window,
)
from limiters.runs import HINTS, JITTER, RATE, Client, Outcome, Setting, play

N = int(RATE)
SHORT_RUNS = [
    Setting(0.05, 4, 300),
    Setting(0.2, 10, 1000),
    Setting(0.05, 20, 1000),
    Setting(0.02, 4, 1000),
    Setting(0.5, 20, 3000),
    Setting(0.05, 50, 3000),
    Setting(0.1, 10, 10_000),
]
LONG_RUNS = [
    Setting(0.05, 20, 3000),
    Setting(0.2, 10, 3000),
    Setting(0.05, 50, 10_000),
    Setting(0.5, 20, 3000),
    Setting(0.02, 4, 10_000),
]
"""For limiters of which a short run covers at most one period."""

AT_ONCE: dict[str, Callable[[random.Random], Limiter]] = {
    "bucket of 1": lambda chance: Bucket(RATE, 1),
    "bucket of 1 s": lambda chance: Bucket(RATE, N),
    "bucket of 10 s": lambda chance: Bucket(RATE, 10 * N),
    "GCRA, burst of 5": lambda chance: Bucket(RATE, 5),
    "window of 1 s": lambda chance: Window(N, 1.0, chance.random()),
    "sliding log of 1 s": lambda chance: SlidingLog(N, 1.0),
    "sliding counter of 1 s": lambda chance: SlidingCounter(N, 1.0),
    "3 nodes, buckets": lambda chance: Nodes(*(Bucket(RATE / 3, N / 3) for _node in range(3))),
    "shared bucket": lambda chance: Shared(Bucket(2 * RATE, 2 * N), RATE, chance),
}
PERIODS: dict[str, Callable[[random.Random], Limiter]] = {
    "window of 10 s": lambda chance: Window(10 * N, 10.0, 10 * chance.random()),
    "window of 60 s": lambda chance: Window(60 * N, 60.0, 60 * chance.random()),
    "sliding log of 10 s": lambda chance: SlidingLog(10 * N, 10.0),
    "sliding log of 60 s": lambda chance: SlidingLog(60 * N, 60.0),
    "sliding counter of 10 s": lambda chance: SlidingCounter(10 * N, 10.0),
    "sliding counter of 60 s": lambda chance: SlidingCounter(60 * N, 60.0),
    "bucket of 1 s and log of 60 s": lambda chance: Both(Bucket(2 * RATE, 2 * N), SlidingLog(60 * N, 60.0)),
    "windows of 1 s and 10 s": lambda chance: Both(
        Window(2 * N, 1.0, chance.random()), Window(10 * N, 10.0, 10 * chance.random())
    ),
    "2 nodes, windows of 10 s": lambda chance: Nodes(
        *(Window(5 * N, 10.0, 10 * chance.random()) for _node in range(2))
    ),
    "shared window of 10 s": lambda chance: Shared(Window(15 * N, 10.0), RATE / 2, chance),
}
OTHERS: dict[str, Callable[[random.Random], Limiter]] = {
    "5 at once": lambda chance: Concurrency(5),
    "halved every other 200 s": lambda chance: Changing(RATE, N, 0.5, 200.0),
    "doubled every other 200 s": lambda chance: Changing(RATE, N, 2.0, 200.0),
}


@dataclass(frozen=True)
class Row:
    """One run, equal for every client."""

    limiter: str
    hint: str
    setting: Setting

    @property
    def name(self) -> str:
        latency, concurrency, calls = self.setting
        return f"{self.limiter}, {self.hint}, {latency * 1000:g} ms, {concurrency} at once, {calls} calls"

    @property
    def beyond(self) -> str:
        """Return why no client can succeed, decided before any run; empty for a row that counts."""
        if self.limiter in PERIODS and self.hint == "too long":
            return "each pause is half as long again as the window"
        if "60 s" in self.limiter and self.hint in ("none", "constant") and self.setting.calls < 6000:
            return "fewer than ten windows, and their length is unknown"
        if self.limiter == "bucket of 1" and 2 * JITTER * self.setting.latency > 0.1 / RATE:
            return "the latency varies by a tenth of the distance that requests must keep, or more"
        if (
            self.limiter == "5 at once"
            and self.setting.latency < 0.2
            and self.hint in ("date", "constant", "rounded up")
        ):
            return "a single pause is a tenth of the run, or more"
        return ""

    def play(self, client: Client) -> Outcome:
        make = {**AT_ONCE, **PERIODS, **OTHERS}[self.limiter]
        return play(make, self.hint, self.setting, client, self.name)


def _rows() -> list[Row]:
    settings = {
        **dict.fromkeys(AT_ONCE, SHORT_RUNS),
        **dict.fromkeys([*PERIODS, *OTHERS], LONG_RUNS),
    }
    return [
        Row(limiter, hint, choice[(number + at) % len(choice)])
        for number, (limiter, choice) in enumerate(settings.items())
        for at, hint in enumerate(HINTS)
    ]


ROWS = _rows()
