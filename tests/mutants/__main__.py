# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test mutants of the client, converge and selection: with unit tests, then with faults.

Findings are saved: an interrupted run continues until the code or the tests change.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib.util import cache_from_source
from pathlib import Path
from queue import SimpleQueue

from support import figures_page
from support.simulator_process import COLLECTION

from mutants.changes import Mutant, mutants
from mutants.reasons import reason

TESTS = Path(__file__).parents[1]
UNITS = TESTS / "unit" / "plugins"
LIMITERS = TESTS / "limiters" / "test_limiters.py"
"""Tests of the whole rate control, in virtual time."""
RATE_CONTROL = ("_client/rate.py", "_client/throttle.py")
UTILS = Path("plugins/module_utils")
TARGETS = ("_client/*.py", "_actions/converge.py", "_site/selection.py")
PAGE = TESTS.parent / "docs" / "reliability.md"
MAKER = "make mutants"
LONGEST = 300
"""Seconds for the unit tests of one mutant; one that takes longer counts as detected."""
LONGEST_CPU = 60
"""Seconds of CPU time, for mutants that never stop; the tests of each file take less than 20."""
LONGEST_CAMPAIGN = 600
FAULTS = {
    "batch": ("batch, item missing", "batch, item 202", "batch, response lost", "batch, server has none", "job Failed"),
    "jobs": ("job Failed", "job Canceled", "job cannot be read", "job results cannot be read", "batch, item 202"),
    "pages": ("page token empty", "same object on two pages", "lists without an end", "lists shorter than TotalItems"),
    "auth": (
        "token expires, cws_exception",
        "secret revoked",
        "sign-in refused with 200",
        "response shows the request",
    ),
    "transport": ("response timeout", "response cut short", "TLS, unknown CA", "gzip", "proxy variables"),
    "": ("none", "429, no hint", "503 with a hint", "500 once", "dropped after the work", "status late", "quota"),
}
"""Faults of the campaign by a part of the file name; "" for all other files."""


def chosen(count: int, seed: int) -> list[tuple[str, Mutant]]:
    """Return mutants: (file, mutant); a change of one file changes the choice only there."""
    found = [
        (str(path.relative_to(COLLECTION / UTILS)), mutant)
        for pattern in TARGETS
        for path in sorted((COLLECTION / UTILS).glob(pattern))
        for mutant in mutants(str(path.relative_to(COLLECTION / UTILS)), path.read_text(encoding="utf-8"))
    ]
    return sorted(found, key=lambda pair: hashlib.sha256(f"{seed} {pair[1].name}".encode()).digest())[:count]


def unit_tests(file: str) -> list[str]:
    """Return the test files that import a file, its own first; else those of its importers."""
    package, name = file.removesuffix(".py").split("/")
    imports = re.compile(rf"\b{package}(\.{name} import|[^\n]* import [^\n]*\b{name}\b)")
    found = [path for path in sorted(UNITS.rglob("test_*.py")) if imports.search(path.read_text(encoding="utf-8"))]
    if not found:
        beside = re.compile(rf"from \.{name} import")
        others = (
            path for path in (COLLECTION / UTILS / package).glob("*.py") if beside.search(path.read_text("utf-8"))
        )
        return [path for other in others for path in unit_tests(f"{package}/{other.name}")]
    found = sorted(found, key=lambda path: path.name != f"test_{name}.py")
    return [str(path) for path in [*found, *([LIMITERS] if file in RATE_CONTROL else [])]]


class Bench:
    """A copy of the collection in which one file at a time is a mutant."""

    def __init__(self, folder: Path) -> None:
        self._root = folder
        self._collection = folder / "ansible_collections" / "sessionops" / "citrix"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(COLLECTION, self._collection)

    def catches(self, file: str, mutant: Mutant, campaign: bool) -> str:
        """Return which of units or campaign detects a mutant, "" for none; campaign: which to run."""
        path = self._collection / UTILS / file
        good = path.read_bytes()
        _replace(path, mutant.code.encode())
        try:
            if campaign:
                return "campaign" if self._fails(self._campaign(file), LONGEST_CAMPAIGN) else ""
            return "units" if self._fails(self._units(file), LONGEST) else ""
        finally:
            _replace(path, good)

    def _units(self, file: str) -> list[str]:
        options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=few"]
        return ["-m", "pytest", *options, *unit_tests(file)]

    def _campaign(self, file: str) -> list[str]:
        faults = next(names for word, names in FAULTS.items() if word in file)
        only = [argument for name in faults for argument in ("--only", name)]
        return ["-m", "faults", "--runs", str(3 * len(faults)), "--jobs", "1", *only]

    def _fails(self, command: list[str], longest: int) -> bool:
        env = {**os.environ, "PYTHONPATH": f"{self._root}{os.pathsep}{TESTS}"}
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=TESTS.parent,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU, LONGEST_CPU)),
        )
        try:
            return process.wait(longest) != 0
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            return True


def _replace(path: Path, code: bytes) -> None:
    """Write a file, and delete its bytecode, which may be newer than a second."""
    path.write_bytes(code)
    Path(cache_from_source(str(path))).unlink(missing_ok=True)


def digest(file: str, mutant: Mutant) -> str:
    """Return the digest of the inputs of a finding: the code of a mutant and its tests."""
    texts = [mutant.code, *(Path(path).read_text(encoding="utf-8") for path in unit_tests(file))]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=400, metavar="N", help="number of mutants (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the selection (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="parallel mutants (default: %(default)s)")
    parser.add_argument(
        "--campaigns", type=int, default=30, metavar="N", help="survivors with a campaign (default: %(default)s)"
    )
    parser.add_argument("--folder", type=Path, required=True, help="for copies of the collection and findings")
    parser.add_argument("--write", action="store_true", help=f"update docs/{PAGE.name}")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    kept = options.folder / "found.jsonl"
    found = dict(map(json.loads, kept.read_text(encoding="utf-8").splitlines())) if kept.exists() else {}
    benches: SimpleQueue[Bench] = SimpleQueue()
    for number in range(options.jobs):
        benches.put(Bench(options.folder.absolute() / str(number)))
    todo = chosen(options.count, options.seed)
    began = time.monotonic()

    def test(pair: tuple[str, Mutant], campaign: bool) -> str:
        key = f"{digest(*pair)} {campaign}"
        if key not in found:
            bench = benches.get()
            try:
                found[key] = bench.catches(*pair, campaign)
            finally:
                benches.put(bench)
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, found[key]]) + "\n")
        return found[key]

    with ThreadPoolExecutor(options.jobs) as pool:
        # The unchanged code must pass; otherwise each mutant would count as detected.
        sources = {file: (COLLECTION / UTILS / file).read_text(encoding="utf-8") for file, _mutant in todo}
        good = [(file, Mutant("unchanged", source)) for file, source in sources.items()]
        failing = [pair[0] for pair, outcome in zip(good, pool.map(lambda pair: test(pair, False), good)) if outcome]
        if failing:
            parser.error(f"the unit tests of {', '.join(failing)} fail without a change")
        outcomes = []
        for number, outcome in enumerate(pool.map(lambda pair: test(pair, False), todo), 1):
            outcomes.append(outcome)
            if number % 50 == 0:
                print(f"{number} of {len(todo)} mutants, {outcomes.count('')} not caught by units", flush=True)
        left = [at for at, outcome in enumerate(outcomes) if not outcome][: options.campaigns]
        for at, outcome in zip(left, pool.map(lambda at: test(todo[at], True), left)):
            outcomes[at] = outcome
    caught = len(todo) - outcomes.count("")
    share = caught * 1000 // len(todo) / 10
    minutes = (time.monotonic() - began) / 60
    share_text = f"{caught} of {len(todo)} mutants are caught ({share} %); seed {options.seed}."
    text = f"{_table(todo, outcomes)}\n{share_text} The others:\n\n{_survivors(todo, outcomes)}"
    print(f"{text}\n{minutes:.1f} minutes")
    if options.write:
        figures_page.write(PAGE, MAKER, text)
    return int(share < 90)


def _table(todo: list[tuple[str, Mutant]], outcomes: list[str]) -> str:
    counts: dict[str, Counter] = {}
    for (file, _mutant), outcome in zip(todo, outcomes):
        counts.setdefault(file, Counter())[outcome] += 1
    lines = [
        (f"`{file}`", *map(str, (sum(count.values()), count["units"], count["campaign"], count[""])))
        for file, count in sorted(counts.items())
    ]
    titles = ("File", "Mutants", "Caught by units", "Caught by the campaign", "Not caught")
    return figures_page.table(titles, lines, numbers=range(1, len(titles)))


def _survivors(todo: list[tuple[str, Mutant]], outcomes: list[str]) -> str:
    names = sorted((mutant.name, reason(mutant)) for (_file, mutant), outcome in zip(todo, outcomes) if not outcome)
    return figures_page.table(("Mutant", "Reason"), [(f"`{name}`", why) for name, why in names])


if __name__ == "__main__":
    sys.exit(main())
