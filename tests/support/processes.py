# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find and kill the processes of a test by a variable in their environment."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path


def marked(variable: str) -> dict[int, list[str]]:
    """Return {process id: command} of all processes with this NAME=value."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if variable.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = (folder / "cmdline").read_text().split("\0")
        except OSError:
            continue
    return {number: command for number, command in found.items() if command != [""]}


def kill_marked(variable: str) -> None:
    """Kill all processes with this NAME=value."""
    for number in marked(variable):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
