# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the rulebooks of the collection in a real ansible-rulebook, with a simulator process."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support import processes
from support.commands import BIN, clean_environment
from support.guide_pages import DOCSITE, blocks

PATIENCE = 150
"""Seconds until a missing event counts as a failure; long enough for a busy machine."""


def wait_until(condition: Callable[[], object], expected: Callable[[], str]) -> None:
    """Wait for a condition; fails with the message if it stays false."""
    ends_at = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends_at, expected()
        time.sleep(0.2)


class Rulebook:
    """A running ansible-rulebook, and its output so far."""

    def __init__(self, folder: Path, arguments: list[str], environment: dict[str, str]) -> None:
        self._log = folder / "rulebook.log"
        self._home = environment["HOME"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(BIN / "ansible-rulebook"), *arguments],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait for a condition while it runs; fails with its output if it ends or on time-out."""
        wait_until(lambda: condition() or self._process.poll() is not None, lambda: self.output)
        assert condition(), self.output

    def ended(self) -> int:
        """Wait for its end, and return its exit code."""
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        """End it and its playbooks, which would send requests during the next test."""
        self._process.kill()
        self._process.wait()
        processes.kill_marked(f"HOME={self._home}")


@pytest.fixture
def shown():
    """Return the files in the guide to event-driven runs, by name."""
    return {block.file: block.text for block in blocks(DOCSITE / "rst" / "guide_eda.rst") if block.file}


@pytest.fixture
def run(simulator, shown, tmp_path):
    """Return a function that starts a rulebook with the inventory of the guide."""
    started = []

    def start(name: str, env: dict[str, str] | None = None, variables: dict | None = None) -> Rulebook:
        (tmp_path / "inventory.yml").write_text(shown["inventory.yml"], encoding="utf-8")
        (tmp_path / "vars.yml").write_text(json.dumps(variables or {}), encoding="utf-8")
        arguments = ["--rulebook", name, "--inventory", "inventory.yml", "--vars", "vars.yml"]
        if env:
            arguments += ["--env-vars", ",".join(env)]
        environment = {
            **clean_environment(tmp_path),
            "ANSIBLE_NOCOLOR": "true",
            **simulator.environment,
            **(env or {}),
        }
        if "JAVA_HOME" in os.environ:
            environment["JAVA_HOME"] = os.environ["JAVA_HOME"]
        started.append(Rulebook(tmp_path, arguments, environment))
        return started[-1]

    yield start
    for rulebook in started:
        rulebook.close()
