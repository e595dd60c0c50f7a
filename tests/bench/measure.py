# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure one run of a method: its process from start to end, and the simulator's log."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.commands import clean_environment
from support.simulator_process import Simulator

from bench import stopwatch
from bench.figures import Call

HERE = Path(__file__).parent
LIFETIME = 4 * 3600
"""Seconds; longer than any scenario."""
STOPWATCH = [sys.executable, "-IS", stopwatch.__file__]


class BenchError(Exception):
    """Raised if a method did not do its work, so that its time is invalid."""


@dataclass(frozen=True)
class Sample:
    """One run: peak_mb of the largest process; module_mb, controller_mb: 0 if not measured."""

    code: int
    seconds: float
    peak_mb: float
    calls: list[Call]
    """The HTTP requests that the simulator received, in order."""
    output: str
    simulator_cpu: float = 0.0
    """Processor seconds of the simulator."""
    module_mb: float = 0.0
    controller_mb: float = 0.0

    def output_end(self) -> str:
        """Return the end of its output."""
        return self.output[-2000:]


class Bench:
    """A simulator, and an empty home for commands that use it."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self._figures = folder / "figures.json"
        self._module_figures = folder / "module.json"
        self._controller_figures = folder / "controller.json"
        self._environment = {
            **clean_environment(folder),
            "ANSIBLE_LIBRARY": str(HERE / "library"),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"),
            "BENCH_CONTROLLER": str(self._controller_figures),
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }

    def file(self, name: str, content: object) -> str:
        """Write a JSON file into the home and return its path."""
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)

    def interpreter(self) -> str:
        """Write a Python that measures its own process, because the end of a module is not visible."""
        path = self.folder / "python"
        command = shlex.join([*STOPWATCH, str(self._module_figures), sys.executable])
        path.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    def run(self, command: list[str]) -> Sample:
        """Run a command to its end and return its time and memory."""
        for figures in (self._figures, self._module_figures, self._controller_figures):
            figures.unlink(missing_ok=True)
        before, busy = len(self.simulator.calls()), self.simulator.cpu_seconds()
        done = subprocess.run(
            [*STOPWATCH, str(self._figures), *command],
            env=self._environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        took = json.loads(self._figures.read_text(encoding="utf-8"))
        busy = self.simulator.cpu_seconds() - busy
        return Sample(
            code=took["code"],
            seconds=took["seconds"],
            peak_mb=took["peak_mb"],
            calls=[Call.of(call) for call in self.simulator.calls()[before:]],
            output=done.stdout + done.stderr,
            simulator_cpu=busy,
            module_mb=_peak_mb(self._module_figures),
            controller_mb=_peak_mb(self._controller_figures),
        )


@contextmanager
def fresh_bench() -> Iterator[Bench]:
    """Provide a simulator and a home that exist only here."""
    simulator = Simulator("--lifetime", str(LIFETIME))
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield Bench(simulator, Path(folder))
    finally:
        simulator.close()


def _peak_mb(figures: Path) -> float:
    return json.loads(figures.read_text(encoding="utf-8"))["peak_mb"] if figures.exists() else 0.0
