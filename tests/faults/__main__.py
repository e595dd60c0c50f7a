# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run modules against a simulator with faults, check every run, and print results by fault."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import cycle, islice, product
from pathlib import Path
from queue import SimpleQueue
from random import Random

from support import figures_page

from faults import checks, table
from faults.catalogue import FAULTS
from faults.runners import Forks
from faults.runs import Outcome, Plan, run
from faults.station import Station

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
LONG = 1000
"""Minimum number of runs of a long campaign."""
RARE_RUNS = 2
REPORT_EACH = 200
"""Number of runs between two lines of progress."""


def plans(runs: int, seed: int, only: list[str]) -> Iterator[Plan]:
    """Yield the runs of a campaign: each fault equally often, with tasks and ways in turn."""
    names = only or [name for name, fault in FAULTS.items() if not fault.rare]
    turns = {}
    for name in names:
        fault = FAULTS[name]
        ways = (False, True) if fault.batched is None else (fault.batched,)
        kinds = list(product(fault.scenes, ways))
        Random(f"{seed} {name}").shuffle(kinds)
        turns[name] = kinds
    rare = [] if only or runs < LONG else [name for name, fault in FAULTS.items() if fault.rare]
    for name, number in product(rare, range(RARE_RUNS)):
        scenes = FAULTS[name].scenes
        yield Plan(name, scenes[(seed + number) % len(scenes)], bool(number % 2), seed)
    for number, name in enumerate(islice(cycle(names), runs - RARE_RUNS * len(rare))):
        scene, batched = turns[name][number // len(names) % len(turns[name])]
        yield Plan(name, scene, batched, seed * 100_000 + number)


def campaign(todo: list[Plan], jobs: int) -> Iterator[tuple[Outcome, list[tuple[str, str]]]]:
    """Make the runs in parallel, and yield each outcome with its violations.

    Runs of rare faults mostly wait for minutes, so all of them run beside the others.
    """
    rare = [plan for plan in todo if FAULTS[plan.fault].rare]
    others = [plan for plan in todo if plan not in rare]
    workers = jobs + len(rare)
    stations: SimpleQueue[Station] = SimpleQueue()

    def make(plan: Plan) -> tuple[Outcome, list[tuple[str, str]]]:
        station = stations.get()
        try:
            outcome = run(station, plan)
            return outcome, checks.violations(outcome)
        finally:
            stations.put(station)

    with tempfile.TemporaryDirectory() as folder, closing(Forks(Path(folder))) as forks:
        for number in range(workers):
            own = Path(folder) / f"station{number}"
            own.mkdir()
            stations.put(Station(own, forks))
        try:
            with ThreadPoolExecutor(max(1, len(rare))) as patient, ThreadPoolExecutor(jobs) as pool:
                waiting = patient.map(make, rare)
                yield from pool.map(make, others)
                yield from waiting
        finally:
            for _number in range(workers):
                stations.get().close()


def show(outcome: Outcome) -> None:
    """Print all data of a run."""
    text = {
        "arguments": outcome.arguments,
        "check_mode": outcome.check_mode,
        "trouble": vars(outcome.trouble),
        "selected": sorted(outcome.task.selected),
        "shown": outcome.shown,
        "code": outcome.code,
        "seconds": round(outcome.seconds, 1),
        "result": outcome.result or outcome.stdout,
        "stderr": outcome.stderr,
        "calls": [f"{call['method']} {call['path']}?{call['query']} {call['status']}" for call in outcome.calls],
    }
    print(json.dumps(text, indent=1, ensure_ascii=False, default=repr))


def main() -> int:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--runs", type=int, default=2000, metavar="N", help="module runs (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="random seed (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="parallel runs (default: %(default)s)")
    parser.add_argument(
        "--only", choices=list(FAULTS), action="append", metavar="FAULT", help="; ".join(FAULTS).replace("%", "%%")
    )
    parser.add_argument("--again", metavar="LABEL", help="repeat one run, and print all its data")
    parser.add_argument("--write", action="store_true", help=f"update docs/{PAGE.name}; requires all faults")
    options = parser.parse_args()
    if options.write and (options.only or options.again):
        parser.error("--write takes all faults: leave --only and --again out")
    todo = [Plan.of(options.again)] if options.again else list(plans(options.runs, options.seed, options.only or []))
    began = time.monotonic()
    rows = {name: table.Row() for name in FAULTS}
    bad = 0
    for number, (outcome, found) in enumerate(campaign(todo, 1 if options.again else options.jobs), 1):
        if options.again:
            show(outcome)
        bad += bool(found)
        kind = "violations" if found else "failed" if outcome.failed else "survived"
        rows[outcome.plan.fault].add(table.Row(**{kind: 1}))
        for check, problem in found:
            print(f"{outcome.plan.label}: {check}: {problem}", flush=True)
        if number % REPORT_EACH == 0:
            print(f"{number} of {len(todo)} runs, {bad} with violations", flush=True)
    minutes = (time.monotonic() - began) / 60
    how = f"{len(todo)} runs, {options.jobs} at a time, in {minutes:.1f} minutes; seed {options.seed}."
    text = f"{table.markdown(rows)}\n{how}\n"
    print(text)
    if options.write:
        figures_page.write(PAGE, table.MAKER, text)
    print(f"{len(todo) - bad} passed, {bad} failed")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
