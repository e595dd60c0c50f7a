# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One session with all optional data given: the remaining time is the start-up of ansible."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from bench.measure import Bench
from bench.options import Options
from bench.report import Report, Verdict
from bench.rounds import OFTENER, alternate
from bench.ways import EMPTY, empty, recording

OWN = "this collection, one named session"
MOST = 1.2


def run(bench: Bench, options: Options) -> Report:
    def command(bench: Bench) -> list[str]:
        session_id = next(iter(bench.simulator.state()))
        return recording(OWN, state="started", session_id=[session_id]).command(bench)

    own = replace(recording(OWN), command=command)
    rounds = alternate(bench, [own, empty()], OFTENER * options.repeat, options.fleet)
    ratio = median(seconds / idle for seconds, idle in zip(rounds.seconds(OWN), rounds.seconds(EMPTY)))
    verdict = Verdict(
        what="one named session, token and site given, confirmed: run over empty run",
        median=f"{median(rounds.seconds(OWN)):.2f} s",
        ratio=f"{ratio:.3f}",
        target=f"at most {MOST}",
        met=ratio <= MOST,
    )
    return Report(rounds.rows("single"), [verdict])
