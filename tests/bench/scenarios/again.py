# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second run over sessions in the requested state, which only reads."""

from __future__ import annotations

from bench.measure import Bench, BenchError
from bench.options import Options
from bench.report import Report, Verdict
from bench.rounds import alternate
from bench.ways import recording

READING = ("/$search", "/$batch")
WORDS = {True: "unchanged", False: "CHANGED"}


def run(bench: Bench, options: Options) -> Report:
    own = recording(
        "this collection, nothing to do",
        state="started",
        all_sessions=True,
        max_sessions=options.again_sessions,
        max_concurrency=options.concurrency,
        batch_size=options.growth_batch_size,
    )

    def first_run() -> None:
        done = bench.run(own.command(bench))
        if done.code != 0:
            raise BenchError(f"The first run ended with {done.code}:\n{done.output_end()}")
        before.update(bench.simulator.state())

    before: dict[str, dict] = {}
    settings = {**options.fleet, "sessions": options.again_sessions}
    rounds = alternate(bench, [own], 1, settings, prepare=first_run)
    [sample] = rounds.samples[own.name]
    posts = [call for call in sample.calls if call.method == "POST" and not call.sign_in]
    other = [call for call in posts if not call.path.endswith(READING)]
    same = before == bench.simulator.state()
    silent = "changed=0" in sample.output
    verdict = Verdict(
        what=f"a second run over {options.again_sessions:,} sessions: POST requests other than searches and batches",
        median=f"{sample.seconds:.2f} s",
        ratio=f"{len(other)}; state {WORDS[same]}, result {WORDS[silent]}",
        target="0, no change",
        met=not other and same and silent,
    )
    return Report(rounds.rows("again"), [verdict])
