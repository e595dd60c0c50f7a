# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaves the terminal: the caller learns whether the start went well, and the server lives on by itself."""

from __future__ import annotations

import json
import os
from typing import Any, Callable

from .serving import StartError

Ready = Callable[[dict[str, Any]], None]


def launch(run: Callable[[Ready], None]) -> dict[str, Any]:
    """Run ``run(ready)`` in a process of its own session; what it gives to ``ready`` is returned here.

    StartError comes through to the caller, as does any other end before it was ready.
    """
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        _live_on(run, writer)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as news:
        message = news.read()
    if not message:
        raise StartError("The simulator ended before it was ready.")
    told = json.loads(message)
    if "problem" in told:
        raise StartError(told["problem"])
    return told


def _live_on(run: Callable[[Ready], None], writer: int) -> None:
    """The life of the child, up to its end. A second fork leaves it no way back to a terminal."""
    os.setsid()
    if os.fork():
        os._exit(0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)

    def tell(message: dict[str, Any]) -> None:
        os.write(writer, json.dumps(message).encode())
        os.close(writer)

    try:
        run(tell)
    except StartError as problem:
        tell({"problem": str(problem)})
        os._exit(1)
    os._exit(0)
