# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for the get-pip script that ansible-test would download: installs the pip that Python itself brings."""

from __future__ import annotations

import subprocess
import sys

WITHOUT = ("--no-setuptools", "--no-wheel")
"""Options of the downloaded script that pip does not know."""

arguments = [argument for argument in sys.argv[1:] if argument not in WITHOUT]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"])
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", *arguments])
