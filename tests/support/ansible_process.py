# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run commands of ansible-core, and their modules, in forks of processes that imported them."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

from support.commands import BIN
from support.forked_python import READ_AT_START, ForkedPython

COMMANDS = ("ansible", "ansible-inventory", "ansible-playbook")
FOLDER = Path(__file__).parent


class AnsibleProcesses:
    """Run commands like subprocess.run(), each with its own environment."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folders: dict[tuple, Path] = {}
        self._processes: list[ForkedPython] = []
        self._lock = threading.Lock()

    def run(self, *command: str, env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
        own, nothing = self.with_commands(env), subprocess.DEVNULL
        return subprocess.run(command, env=own, cwd=cwd, stdin=nothing, capture_output=True, text=True, check=False)

    def with_commands(self, env: dict[str, str]) -> dict[str, str]:
        """Return an environment with these commands in PATH.

        Each set of settings has its own processes, because ansible-core reads them when it starts.
        """
        key = tuple(sorted((name, value) for name, value in env.items() if name.startswith(READ_AT_START)))
        with self._lock:
            if key not in self._folders:
                self._folders[key] = self._start({**env, "HOME": str(self._home)})
        return {**env, "PATH": f"{self._folders[key]}{os.pathsep}{env['PATH']}"}

    def _start(self, env: dict[str, str]) -> Path:
        folder = self._home / str(len(self._folders))
        folder.mkdir()
        modules = ForkedPython(folder / "modules", env, [str(FOLDER / "preload_modules.py")], only="AnsiballZ_")
        names = [str(BIN / name) for name in COMMANDS]
        preload = [str(FOLDER / "preload_commands.py"), str(modules.path), *names]
        commands = ForkedPython(folder / "commands", env, preload)
        self._processes += [modules, commands]
        return commands.path.parent / "bin"

    def close(self) -> None:
        for process in self._processes:
            process.close()
