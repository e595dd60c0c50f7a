# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one step of the tests: its output goes to a log, its result to the table at the end.

A step counts as one, unless the last line of its log has the counts of its tests. If that line has the coverage, it
goes to the table. The Makefile defines the steps.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(".venv") / "steps"
CHROMIUM = "Chromium"
NPM = "npm"
PROMTOOL = "promtool"
JAVA = "Java"
OLDEST_JAVA = 17
"""Required by the rule engine of ansible-rulebook."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
NOTHING = {"seconds": 0, "cpu": 0, "passed": 0, "failed": 0}
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed$")
COVERAGE = re.compile(r"^[\d.]+ % of lines and branches$")


def run(name: str, command: list[str], needs: list[str]) -> int:
    """Run a command and keep its log and its result: {seconds, cpu, passed, failed, coverage}.

    cpu: seconds of processor time, which depend less on other programs of the machine.
    If a requirement is missing, the result is {absent: name}, which is neither passed nor failed.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    for need in needs:
        find, absent = FINDERS.get(need) or (lambda version=need: find_python(version), f"Python {need}")
        if find() is None:
            _keep(name, {**NOTHING, "absent": absent})
            return 0
    log = FOLDER / f"{name}.log"
    began = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False)
    text = log.read_text(encoding="utf-8", errors="replace").rstrip()
    last = text.rsplit("\n", 1)[-1]
    counts, coverage = COUNTS.match(last), COVERAGE.match(last)
    passed, failed = map(int, counts.groups()) if counts else (int(done.returncode == 0), 0)
    if done.returncode != 0:
        failed = failed or 1
        print(f"{name}: exit code {done.returncode}, and this log:\n{text}\n", flush=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    times = {"seconds": round(time.monotonic() - began), "cpu": round(used.ru_utime + used.ru_stime)}
    _keep(name, {**times, "passed": passed, "failed": failed, "coverage": coverage and last})
    return done.returncode


def table(names: list[str]) -> int:
    """Print the results of the steps; one without a result failed in its prerequisites."""
    outcomes = {name: _read(name) for name in names}
    print(f"\n{'step':<14}{'seconds':>8}{'cpu':>6}  result")
    for name, outcome in outcomes.items():
        print(f"{name:<14}{outcome['seconds']:>8}{outcome['cpu']:>6}  {_result(outcome)}")
    passed, failed = (sum(outcome[kind] for outcome in outcomes.values()) for kind in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


def find_python(version: str) -> str | None:
    """Return a Python of that version from PATH, or beside another one, as version managers do.

    Version managers also put scripts for inactive versions on PATH, which only fail.
    """
    folders = [Path(folder) for folder in os.get_exec_path()]
    candidates = [folder / f"python{version}" for folder in folders]
    for folder in [Path(sys.base_prefix) / "bin", *folders]:
        candidates += sorted(folder.parent.parent.glob(f"*/bin/python{version}"))
    for candidate in filter(Path.exists, candidates):
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(candidate)
    return None


def find_chromium() -> str | None:
    """Return a Chromium under any of its names."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def find_java() -> str | None:
    """Return a Java that is new enough, in the places where ansible-rulebook looks."""
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else shutil.which("java")
    if not java or not os.path.exists(java):
        return None
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', output.stderr)
    return java if version and int(version.group(1)) >= OLDEST_JAVA else None


FINDERS = {
    CHROMIUM: (find_chromium, CHROMIUM),
    NPM: (lambda: shutil.which(NPM), NPM),
    PROMTOOL: (lambda: shutil.which(PROMTOOL), PROMTOOL),
    JAVA: (find_java, f"Java {OLDEST_JAVA}"),
}
"""Requirements of steps except Python versions: how to find each, and its name."""


def _keep(name: str, outcome: dict) -> None:
    (FOLDER / f"{name}.json").write_text(json.dumps(outcome), encoding="utf-8")
    print(f"{name}: {_result(outcome)}, {outcome['seconds']} s", flush=True)


def _read(name: str) -> dict:
    try:
        return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {**NOTHING, "failed": 1}


def _result(outcome: dict) -> str:
    if "absent" in outcome:
        return f"not run: no {outcome['absent']} on this machine"
    total = outcome["passed"] + outcome["failed"]
    more = f"{outcome['passed']} of {total} tests" if total > 1 else outcome.get("coverage")
    return ("FAILED" if outcome["failed"] else "ok") + (f" ({more})" if more else "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tasks = parser.add_subparsers(dest="task", required=True)
    runner = tasks.add_parser("run", help="run a step; shows its log if it fails")
    runner.add_argument(
        "--needs",
        action="append",
        default=[],
        metavar="NAME",
        help=f"a version of Python, {CHROMIUM}, {NPM}, {PROMTOOL} or {JAVA}",
    )
    runner.add_argument("name")
    runner.add_argument("command", nargs=argparse.REMAINDER)
    tasks.add_parser("table", help="print the results of the steps").add_argument("names", nargs="+")
    tasks.add_parser("python", help="print the path of a Python, if found").add_argument("version")
    tasks.add_parser("java", help="print the path of a suitable Java, if found")
    options = parser.parse_args()
    if options.task == "run":
        return run(options.name, options.command, options.needs)
    if options.task == "table":
        return table(options.names)
    found = find_java() if options.task == "java" else find_python(options.version)
    print(found or "")
    return int(found is None)


if __name__ == "__main__":
    sys.exit(main())
