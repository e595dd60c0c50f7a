# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the log of a module to a file: some hosts have no syslog, and tests cannot read it.

Python imports this file in each process with this folder in PYTHONPATH; HOST_LOG is the path of the file.
"""

from __future__ import annotations

import os
import syslog


def keep(_priority: int, line: str) -> None:
    with open(os.environ["HOST_LOG"], "a", encoding="utf-8") as log:
        log.write(f"{line}\n")


syslog.syslog = keep
