# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record one fleet in 1, 2 and 4 slices; --write puts the figures into docs/scaling.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from support import figures_page
from support.simulator_process import Simulator

from slices.proof import Proof, prove
from slices.sliced_job import list_inventory

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"
MAKER = "make slices"
LIFETIME = 4 * 3600
PATIENCE = 300
"""Seconds for the simulator to create or list a fleet."""
TITLES = (
    "Slices",
    "Machines of a slice",
    "Sessions started once",
    "twice or more",
    "never",
    "Requests",
    "Most in a second",
    "Refused with 429",
    "Seconds",
    "Seconds / quota",
    "Peak MB of a slice",
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="slices", description=__doc__)
    numbers = {
        "--machines": (40_000, "machines of the fleet"),
        "--sessions": (100_000, "sessions on them, none recorded yet"),
        "--rate": (10.0, "requests a second that the site lets in, a bucket of one second"),
        "--batch-size": (200, "calls in a batch, which counts as one request"),
        "--at-once": (8, "slices that run side by side"),
    }
    for name, (default, text) in numbers.items():
        parser.add_argument(name, type=type(default), default=default, help=f"{text} (default: {default})", metavar="N")
    parser.add_argument("--slices", type=int, nargs="+", default=[1, 2, 4], metavar="N", help="(default: 1 2 4)")
    parser.add_argument("--write", action="store_true", help="update docs/scaling.md")
    return parser.parse_args()


def row(proof: Proof, sessions: int, rate: float) -> tuple[str, ...]:
    return (
        str(proof.slices),
        " to ".join(f"{hosts:,}" for hosts in sorted({min(proof.hosts), max(proof.hosts)})),
        f"{proof.starts[1]:,}",
        f"{sessions - proof.starts[0] - proof.starts[1]:,}",
        f"{proof.starts[0]:,}",
        f"{proof.requests:,}",
        str(proof.busiest),
        str(proof.refused),
        f"{proof.seconds:,.0f}",
        f"{proof.seconds * rate / proof.requests:.2f}",
        f"{proof.peak_mb:.0f}",
    )


def main() -> int:
    options = arguments()
    fleet = {"machines": options.machines, "sessions": options.sessions, "mix": "recordable"}
    quota = {"quota": "token_bucket", "quota_rate": options.rate}
    rows, faults = [], []
    simulator = Simulator("--lifetime", str(LIFETIME))
    simulator.patience = PATIENCE
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            simulator.reset(**fleet)
            began = time.monotonic()
            document = list_inventory(simulator, folder, fields=["DeliveryGroup", "SessionCount"])
            listed = f"The inventory of {options.machines:,} machines took {time.monotonic() - began:.0f} s"
            asked = sum(call["method"] == "GET" for call in simulator.calls())
            print(listed, file=sys.stderr, flush=True)
            for count in options.slices:
                simulator.reset(**fleet, **quota)
                variables = {
                    "citrix_slices": count,
                    "citrix_requests_per_second": options.rate,
                    "citrix_batch_size": options.batch_size,
                    "citrix_max_sessions": options.sessions,
                }
                proof = prove(simulator, folder, document, count, options.at_once, variables)
                rows.append(row(proof, options.sessions, options.rate))
                faults += [f"{count} slices: {fault}" for fault in proof.faults(options.machines, options.sessions)]
                print(*rows[-1], file=sys.stderr, flush=True)
    finally:
        simulator.close()
    text = f"{figures_page.table(TITLES, rows, range(len(TITLES)))}\n{listed} and {asked} requests.\n"
    print(text, *faults, sep="\n")
    if options.write and not faults:
        figures_page.write(PAGE, MAKER, text)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
