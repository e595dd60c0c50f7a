# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for the get-pip script that ansible-test would download: gives each environment the pip of its own Python.

It lies bundled in the standard library, is unpacked once beside this file, and is found through a path file.
"""

from __future__ import annotations

import ensurepip
import os
import sysconfig
import zipfile
from pathlib import Path

bundled = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
unpacked = Path(os.environ["GET_PIP"]).parent / bundled.stem
if not unpacked.exists():
    with zipfile.ZipFile(bundled) as archive:
        archive.extractall(unpacked)
Path(sysconfig.get_path("purelib"), "bundled_pip.pth").write_text(f"{unpacked}\n", encoding="utf-8")
