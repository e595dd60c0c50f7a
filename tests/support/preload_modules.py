# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import all that modules require, and compile the files of packed modules once.

The files of the collection in a fork are those that ansible-core packed.
"""

from __future__ import annotations

import hashlib
import importlib
import marshal
import os
import zipimport
from pathlib import Path

REQUIRED = ("ansible.module_utils.basic", "concurrent.futures", "requests", "sqlite3")


def compile_once(folder: Path) -> None:
    """Keep the code of files in packed modules: Python itself compiles them in each process."""
    compile_source = zipimport._compile_source

    def compiled(path: str, source: bytes):
        kept = folder / hashlib.sha256(source).hexdigest()
        if kept.exists():
            return marshal.loads(kept.read_bytes())
        code = compile_source(path, source)
        new = folder / f"{kept.name}.{os.getpid()}"
        new.write_bytes(marshal.dumps(code))
        new.replace(kept)
        return code

    zipimport._compile_source = compiled


if __name__ == "__main__":
    for required in REQUIRED:
        importlib.import_module(required)
    compile_once(Path.cwd().parents[1])
