# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# /// script
# dependencies = ["nox>=2025.02.09", "antsibull-nox", "uv"]
# ///
"""Sessions of antsibull-nox, see antsibull-nox.toml, and the steps of `make`, which installs their environments."""

from __future__ import annotations

from pathlib import Path

import antsibull_nox
import nox

STEPS = {
    "demo": "List sessions, start and stop recordings and write a report, against the simulator.",
    "test": "Run all steps in parallel and print a summary table.",
    "quick": "Run the checks required before a commit.",
    "unit": "Test each file of the collection and each tool of the tests alone.",
    "unit-2.22": "Run the unit tests of the plugins on the newest ansible-core.",
    "simulator": "Test over HTTP that the simulator behaves as documented.",
    "contract": "Compare requests, simulator and published samples with the OpenAPI file.",
    "structure": "Check layers, sizes and documentation; run examples, READMEs and guides.",
    "integration": "Run the real modules with ansible-playbook and check the state of the simulator.",
    "sanity-2.19": "Run the sanity tests of ansible-core 2.19, without pylint.",
    "sanity-2.20": "Run the sanity tests of ansible-core 2.20, without pylint.",
    "sanity-2.21": "Run all sanity tests of ansible-core 2.21.",
    "sanity-2.22": "Run the sanity tests of ansible-core 2.22, without pylint.",
    "targets-3.9": "Run the integration targets on Python 3.9, controlled by ansible-core 2.19.",
    "targets-2.22": "Run the integration targets on ansible-core 2.22.",
    "faults-short": "Run the modules with each injected fault a few times.",
    "eda": "Run the rulebooks in a real ansible-rulebook.",
    "awx": "Run the AWX setup against a fake AWX API.",
    "molecule": "Apply each role twice.",
    "browser": "Test the report pages in Chromium.",
    "artifact": "Run the demo from the tarball in an empty environment.",
    "importer": "Check the tarball with galaxy-importer.",
    "ansible-lint": "Check playbooks, roles and metadata with the profile production.",
    "docs": "Check and build the documentation site.",
    "mypy": "Check the types of the plugins.",
    "licenses": "Check the license of each file.",
    "changelog": "Check the changelog.",
    "ruff": "Check and format the code.",
    "yamllint": "Check the format of YAML files.",
    "style": "Check the prose against the word list.",
    "faults": "Run the long fault campaign.",
    "mutants": "Make small changes to the code that tests should detect.",
    "bench": "Measure a run and compare it with other methods.",
    "limiters": "Play the rate control against models of limiters.",
    "ways": "Run the playbooks in a random sample of all ways.",
    "slices": "Record a large fleet in 1, 2, 4 and 8 job slices.",
    "dist": "Build the release of the last commit and test it.",
}
"""The steps of the Makefile, which runs each in the environment that it installs from locked requirements."""
OLDEST_PYTHON = {"ansible-2.20": "3.12", "ansible-2.21": "3.12", "ansible-2.22": "3.13", "awx": "3.13"}
"""The oldest Python of each file of requirements; of all others it is 3.11."""
PARTS = {"base", "matrix", "unit"}
"""Files of requirements that only others include."""


def _add_step(name: str, sentence: str) -> None:
    def step(session: nox.Session) -> None:
        session.run("make", name, *session.posargs, external=True)

    step.__doc__ = sentence
    nox.session(name=name, python=False, default=False)(step)


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
for step_name, step_sentence in STEPS.items():
    _add_step(step_name, step_sentence)

if __name__ == "__main__":
    nox.main()
