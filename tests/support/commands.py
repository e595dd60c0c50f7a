# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that are installed beside this Python, and the environment to run them in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from support.simulator_process import COLLECTION

BIN = Path(sys.executable).parent


def clean_environment(home: Path) -> dict[str, str]:
    """Return an environment with this collection, and without any other setting of the user."""
    return {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]),
    }
