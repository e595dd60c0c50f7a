# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# /// script
# dependencies = ["nox>=2025.02.09", "antsibull-nox", "uv"]
# ///
"""Sessions of antsibull-nox, see antsibull-nox.toml, and the steps of `make`, which installs their environments."""

from __future__ import annotations

import re
from pathlib import Path

import antsibull_nox
import nox

STEPS = re.findall(r"^([\w.-]+):.*?## (.+)$", Path("Makefile").read_text(encoding="utf-8"), re.MULTILINE)
"""The steps of the Makefile, which runs each in the environment that it installs from locked requirements."""
OLDEST_PYTHON = {"ansible-2.20": "3.12", "ansible-2.21": "3.12", "ansible-2.22": "3.13", "awx": "3.13"}
"""The oldest Python of each file of requirements; of all others it is 3.11."""
PARTS = {"base", "matrix", "unit"}
"""Files of requirements that only others include."""


def _add_step(name: str, sentence: str) -> None:
    def step(session: nox.Session) -> None:
        session.run("make", name, *session.posargs, external=True)

    step.__doc__ = sentence
    nox.session(name=name, python=False, default=name == "test")(step)


@nox.session(python=False, default=False)
def lock(session: nox.Session) -> None:
    """Lock versions and hashes of all packages, after a change of requirements/*.in."""
    options = ["--quiet", "--universal", "--generate-hashes", "--no-emit-index-url"]
    header = ["--custom-compile-command", "nox -s lock"]
    with session.chdir("requirements"):
        for name in sorted({path.stem for path in Path().glob("*.in")} - PARTS):
            python = ["--python-version", OLDEST_PYTHON.get(name, "3.11")]
            # Only the package ansible itself is used of awx.in.
            scope = ["--no-deps"] if name == "awx" else []
            files = ["-o", f"{name}.txt", f"{name}.in"]
            session.run("uv", "pip", "compile", *options, *header, *python, *scope, *files, external=True)


antsibull_nox.load_antsibull_nox_toml()
for step_name, step_sentence in STEPS:
    _add_step(step_name, step_sentence)

if __name__ == "__main__":
    nox.main()
