# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Extract a part of the wheels in a folder, and remove the wheels: unpack.py FOLDER PREFIX."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path


def main(folder: Path, prefix: str) -> str | None:
    """Return the error, if any."""
    taken = 0
    for path in folder.glob("*.whl"):
        with zipfile.ZipFile(path) as wheel:
            names = [name for name in wheel.namelist() if name.startswith(prefix)]
            wheel.extractall(folder, names)
        path.unlink()
        taken += len(names)
    return None if taken else f"No wheel in {folder} holds {prefix}."


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
