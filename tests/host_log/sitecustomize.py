# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the log of a module in a file: not every host has a syslog, and none shows a test what is in it.

Python imports this by itself in each process that has this folder in PYTHONPATH; HOST_LOG names the file.
"""

from __future__ import annotations

import os
import syslog


def keep(_priority: int, line: str) -> None:
    with open(os.environ["HOST_LOG"], "a", encoding="utf-8") as log:
        log.write(f"{line}\n")


syslog.syslog = keep
