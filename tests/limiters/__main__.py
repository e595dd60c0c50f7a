# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every row with every client and print the table; --write updates docs/limiters.md."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from support import figures_page

from limiters.clients import CLIENTS
from limiters.rows import ROWS
from limiters.runs import Outcome

MAKER = "make limiters"
PAGE = Path(__file__).parents[2] / "docs" / "limiters.md"
HONEST = ("exact", "rounded up", "date")


def outcome(number: int, client: str) -> Outcome:
    return ROWS[number].play(CLIENTS[client])


def table(outcomes: dict[str, list[Outcome]]) -> str:
    rows = [
        (
            row.limiter,
            row.hint,
            f"{row.setting.latency * 1000:g} ms, {row.setting.concurrency}, {row.setting.calls:,}",
            *(cell(of_client[number]) for of_client in outcomes.values()),
            row.beyond,
        )
        for number, row in enumerate(ROWS)
    ]
    return figures_page.table(("Limiter", "Hint", "Latency, at once, calls", *outcomes, "Does not count"), rows)


def cell(outcome: Outcome) -> str:
    text = f"{outcome.used:.0%} / {outcome.refused:.1%}" + (f" / {outcome.failed}" if outcome.failed else "")
    return f"**{text}**" if outcome.good else text


def summary(outcomes: dict[str, list[Outcome]]) -> str:
    """Return one line for each client: results of the rows that count, and all failed calls."""
    counted = [number for number, row in enumerate(ROWS) if not row.beyond]
    rows = []
    for client, of_client in outcomes.items():
        good = sum(of_client[number].good for number in counted)
        low = sum(of_client[number].used < 0.8 for number in counted if ROWS[number].hint in HONEST)
        worst = min(of_client[number].used for number in counted)
        failed = sum(each.failed for each in of_client)
        rows.append((client, f"{good} of {len(counted)}", f"{worst:.0%}", str(low), str(failed)))
    titles = ("Client", "Good rows", "Least used", "Below 80 % with an honest hint", "Failed calls")
    return figures_page.table(titles, rows, numbers=range(1, 5))


def main() -> int:
    parser = argparse.ArgumentParser(prog="limiters", description=__doc__)
    parser.add_argument("--client", choices=list(CLIENTS), action="append", help="default: all")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    outcomes = {}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for client in arguments.client or CLIENTS:
            print(client, file=sys.stderr, flush=True)
            outcomes[client] = list(pool.map(outcome, range(len(ROWS)), [client] * len(ROWS)))
    text = f"{summary(outcomes)}\n{table(outcomes)}"
    print(text)
    if arguments.write:
        figures_page.write(PAGE, MAKER, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
