# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run commands of ansible-core in forks of a process that has imported it: twice as fast.

Run as a program it is that process: it reads a job from each line, and writes the exit code of its fork.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = Path(sys.executable).parent
COMMANDS = ("ansible", "ansible-inventory", "ansible-playbook")
READ_AT_START = ("ANSIBLE_", "LANG", "LC_", "PYTHON")
"""Prefixes of variables that ansible-core or Python read when they start: each set of values has its own process."""


class AnsibleProcesses:
    """Run commands like subprocess.run(), each with its own environment."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._processes: dict[tuple, subprocess.Popen] = {}

    def run(self, name: str, *arguments: str, env: dict, cwd: Path) -> subprocess.CompletedProcess[str]:
        if name not in COMMANDS or (cwd / "ansible.cfg").exists():
            return subprocess.run([name, *arguments], env=env, cwd=cwd, capture_output=True, text=True, check=False)
        with tempfile.NamedTemporaryFile() as output, tempfile.NamedTemporaryFile() as errors:
            files = {1: output.name, 2: errors.name}
            job = {"command": [str(BIN / name), *arguments], "env": env, "cwd": str(cwd), "files": files}
            process = self._process(env)
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            code = int(process.stdout.readline())
            texts = [Path(file.name).read_text(encoding="utf-8") for file in (output, errors)]
        return subprocess.CompletedProcess([name, *arguments], code, *texts)

    def _process(self, env: dict) -> subprocess.Popen:
        key = tuple(sorted((name, value) for name, value in env.items() if name.startswith(READ_AT_START)))
        if key not in self._processes:
            self._processes[key] = subprocess.Popen(
                [sys.executable, "-P", __file__],
                env={**env, "HOME": str(self._home)},
                cwd=self._home,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._processes[key]

    def close(self) -> None:
        for process in self._processes.values():
            process.communicate()


def serve() -> dict | None:
    """Fork for each job; return its job in the fork, and nothing at the end."""
    jobs = os.fdopen(os.dup(0), encoding="utf-8")
    codes = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    import ansible.cli.adhoc
    import ansible.cli.inventory
    import ansible.cli.playbook  # noqa: F401

    # Forks would delete the folder for temporary files.
    atexit._clear()
    for line in jobs:
        child = os.fork()
        if child == 0:
            jobs.close()
            codes.close()
            return json.loads(line)
        codes.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        codes.flush()
    return None


def act(job: dict) -> None:
    """Become the command of a job."""
    for number, name in job["files"].items():
        os.dup2(os.open(name, os.O_WRONLY), int(number))
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    sys.argv = job["command"]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    given = serve()
    if given:
        act(given)
