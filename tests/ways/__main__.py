# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a random sample of the ways to run, and print the failures."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from support.ansible_process import AnsibleProcesses
from support.simulator_process import Simulator

from ways.matrix import POSSIBLE, sample
from ways.runs import faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="ways", description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="number of runs (default: 300)", metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="seed of the sample (default: 0)", metavar="N")
    given = parser.parse_args()
    simulator = Simulator()
    wrong = 0
    with tempfile.TemporaryDirectory() as home:
        processes = AnsibleProcesses(Path(home))
        for number, way in enumerate(sample(given.seed, given.runs), 1):
            with tempfile.TemporaryDirectory() as folder:
                found = faults(way, simulator, processes, Path(folder))
            if found:
                wrong += 1
                print(f"{number}: {way.title}", *found, sep="\n")
        processes.close()
    simulator.close()
    print(f"{given.runs} runs of {len(POSSIBLE)} ways, {wrong} went wrong")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
