# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Execution environments: definitions create a build context with all Python requirements.

No image is built; the steps that a build would run for the collection are run from the context.
"""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from pathlib import Path

import pytest
import yaml
from support.simulator_process import COLLECTION

CLONE = Path(__file__).parents[2]
SHOWN = re.compile(r":caption: ((?:execution|decision)-environment\.yml)\n\n((?: +.*\n|\n)+)")
NEEDED = (COLLECTION / "meta" / "ee-requirements.txt").read_text(encoding="utf-8")


def definitions() -> dict[str, str]:
    """Return the definitions for users, by their place."""
    guide = COLLECTION / "docs" / "docsite" / "rst" / "guide_execution_environments.rst"
    found = SHOWN.findall(guide.read_text(encoding="utf-8"))
    ours = COLLECTION / "extensions" / "ee" / "execution-environment.yml"
    shown = {f"guide, {name}": textwrap.dedent(text) for name, text in found}
    return {"extensions/ee": ours.read_text(encoding="utf-8"), **shown}


def requirements(written: str) -> set[str]:
    """Return the requirements in a file of pip, without comments."""
    lines = (line.partition("#")[0].strip() for line in written.splitlines())
    return {line for line in lines if line}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return tmp_path_factory.mktemp("dist")


@pytest.fixture
def tarball(ansible, archive):
    """Build the collection once, as it is published."""
    if not list(archive.iterdir()):
        built = ansible("ansible-galaxy", "collection", "build", str(CLONE), "--output-path", str(archive))
        assert built.code == 0, built.output
    return next(archive.iterdir())


def test_definitions_found():
    assert sorted(definitions()) == [
        "extensions/ee",
        "guide, decision-environment.yml",
        "guide, execution-environment.yml",
    ]


@pytest.fixture
def context(ansible, tarball, tmp_path):
    """Return a function that creates the build context of a definition and returns its folder."""
    shutil.copy(tarball, tmp_path)

    def create(where: str) -> Path:
        definition, made = tmp_path / "definition.yml", tmp_path / "context"
        definition.write_text(definitions()[where], encoding="utf-8")
        named = ("-f", str(definition), "-c", str(made), "--output-filename", "Containerfile")
        created = ansible("ansible-builder", "create", *named)
        assert created.code == 0, created.output
        return made

    return create


@pytest.mark.parametrize("where", definitions())
def test_definition_brings_collection(context, tarball, where):
    made = context(where)
    assert "ARG EE_BASE_IMAGE=" in (made / "Containerfile").read_text(encoding="utf-8")
    listed = yaml.safe_load((made / "_build" / "requirements.yml").read_text(encoding="utf-8"))["collections"]
    (source,) = [entry["source"] for entry in listed]
    assert (made / "_build" / source).read_bytes() == tarball.read_bytes()


def test_collection_declares_requirements(ansible, context, tarball, tmp_path):
    # The steps of the build stages "galaxy" and "builder".
    image, found = tmp_path / "image", tmp_path / "found.txt"
    installed = ansible(
        "ansible-galaxy", "collection", "install", "--offline", "--force", "-p", str(image), str(tarball)
    )
    assert installed.code == 0, installed.output
    script = context("extensions/ee") / "_build" / "scripts" / "introspect.py"
    looked = ansible(sys.executable, str(script), "introspect", "--write-pip", str(found), str(image))
    assert looked.code == 0, looked.output
    assert requirements(found.read_text(encoding="utf-8")) == requirements(NEEDED)
    assert any(line.startswith("requests>=") for line in requirements(NEEDED))


def test_readme_names_archive_correctly(tarball):
    shown = (COLLECTION / "extensions" / "ee" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"sessionops-citrix-[\d.]+\.tar\.gz", shown)) == {tarball.name}


def test_playbook_for_built_image_works_here(ansible):
    run = ansible("ansible-playbook", "sessionops.citrix.smoke")
    assert run.code == 0, run.output
    assert "sessionops.citrix works here: ansible-core 2." in run.output


def test_broken_image_reports_missing_package(ansible):
    """As in an image that was built incorrectly."""
    run = ansible("ansible-playbook", "sessionops.citrix.smoke", "-e", "ansible_python_interpreter=/nowhere/python3")
    assert run.code != 0
    assert "works here" not in run.output
