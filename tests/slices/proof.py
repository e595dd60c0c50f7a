# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of a sliced job in the simulator: each session once, and the quota kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Call
from support.simulator_process import Simulator

from slices.sliced_job import Slice, run_slices

FEW = 0.01
"""Allowed part of refused requests: at a constant rate, requests still arrive together at a busy server."""


@dataclass(frozen=True)
class Proof:
    """The figures of a job with that number of slices."""

    slices: int
    hosts: tuple[int, ...]
    seconds: float
    requests: int
    """Without sign-ins, which no quota counts."""
    busiest: int
    """Maximum number of requests in one second."""
    refused: int
    sign_ins: int
    starts: Counter[int]
    """Number of sessions by number of starts."""
    notices: Counter[int]
    recorded: int
    peak_mb: float
    failed: tuple[str, ...]
    """Output of failed slices."""

    def faults(self, machines: int, sessions: int) -> list[str]:
        """Return the deviations from the expected result."""
        checks = {
            f"{len(self.failed)} slices failed: {self.failed[:1]}": not self.failed,
            f"{sum(self.hosts)} machines were in slices, not {machines}": sum(self.hosts) == machines,
            f"sessions by number of starts: {dict(self.starts)}": self.starts == {1: sessions},
            f"sessions by number of notifications: {dict(self.notices)}": self.notices == {1: sessions},
            f"{self.recorded} sessions are recorded, not {sessions}": self.recorded == sessions,
            f"{self.refused} of {self.requests} requests were refused": self.refused <= FEW * self.requests,
            f"{self.sign_ins} sign-ins": self.sign_ins == self.slices,
        }
        return [fault for fault, fine in checks.items() if not fine]


def prove(simulator: Simulator, folder: Path, document: dict, count: int, at_once: int, variables: dict) -> Proof:
    """Run a job in slices against a simulator after a reset, and return the figures."""
    began = time.monotonic()
    done = run_slices(simulator, folder, document, count, at_once, variables)
    return judge(done, time.monotonic() - began, simulator.calls(), list(simulator.state().values()))


def judge(done: Sequence[Slice], seconds: float, calls: list[dict], sessions: list[dict]) -> Proof:
    """Combine the results of slices, the log of calls, and the state of all sessions."""
    known = [Call.of(call) for call in calls]
    counted = [call for call in known if not call.sign_in]
    return Proof(
        slices=len(done),
        hosts=tuple(each.hosts for each in done),
        seconds=seconds,
        requests=len(counted),
        busiest=busiest_second([call.at for call in counted]),
        refused=sum(call.status == 429 for call in counted),
        sign_ins=len(known) - len(counted),
        starts=Counter(session["starts"] for session in sessions),
        notices=Counter(session["notices"] for session in sessions),
        recorded=sum(session["recorded"] for session in sessions),
        peak_mb=max(each.peak_mb for each in done),
        failed=tuple(each.output[-2000:] for each in done if each.code),
    )


def busiest_second(times: list[float]) -> int:
    """Return the maximum number of these ordered times in one second."""
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most
