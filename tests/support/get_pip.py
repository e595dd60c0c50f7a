# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace the get-pip script of ansible-test: install the pip of each environment's Python.

If a bundled pip is found, it is unpacked once beside this file and found through a path file, which saves seconds
each time. Distributions keep it elsewhere, and have changed ensurepip to find it.
"""

from __future__ import annotations

import ensurepip
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

bundled = list((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
if bundled:
    unpacked = Path(os.environ["GET_PIP"]).parent / bundled[0].stem
    if not unpacked.exists():
        with zipfile.ZipFile(bundled[0]) as archive:
            archive.extractall(unpacked)
    Path(sysconfig.get_path("purelib"), "bundled_pip.pth").write_text(f"{unpacked}\n", encoding="utf-8")
else:
    subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"])
