# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one poll of the event source with arguments from stdin; print events like a module."""

from __future__ import annotations

import asyncio
import json
import logging.handlers
import runpy
import sys

from support.simulator_process import COLLECTION

SOURCE = COLLECTION / "extensions" / "eda" / "plugins" / "event_source" / "citrix_sessions.py"


def poll(arguments: dict) -> dict:
    source = runpy.run_path(str(SOURCE))
    error = source["CitrixError"]
    logged = logging.handlers.BufferingHandler(capacity=1000)
    source["LOGGER"].addHandler(logged)
    try:
        outcome = asyncio.run(source["aside"](source["prepare"](arguments)))
    except error as failure:
        outcome = failure
    if isinstance(outcome, error):
        return {"failed": True, "msg": str(outcome)}
    warnings = [record.getMessage() for record in logged.buffer]
    return {"sessions": [event["session"] for event in outcome if event["type"] == "new"], "warnings": warnings}


if __name__ == "__main__":
    result = poll(json.load(sys.stdin))
    print(json.dumps(result))
    sys.exit(int("failed" in result))
