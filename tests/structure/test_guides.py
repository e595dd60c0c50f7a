# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays, tasks and commands of the guides and READMEs work with a simulator."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from collection_tree import NAME, READMES, load, titled
from example_plays import plays_in
from support.guide_pages import DOCSITE, GUIDES, blocks

CLONE = Path(__file__).parents[2]

LANGUAGES = {"yaml", "console", "ini", "json", "sh", "text"}
"""Languages of code blocks: the first two are run, the others are not."""

ELSEWHERE = {
    'citrix_session_recording -a \'{"state":': "tests/integration/test_ways_to_run.py",
    "ansible-navigator run ": "tests/integration/test_ways_to_run.py",
    "ansible-playbook sessionops.citrix.smoke": "tests/integration/test_execution_environment.py",
    "ansible-playbook sessionops.citrix.demo -e citrix_dest=.": "tests/support/artifact.sh",
}
"""Text in commands that other tests run with more checks, and the place of these tests."""

each_guide = pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)


def commands(page: Path) -> list[str]:
    """Return the commands of a guide that run without a live site."""
    shown = [block for block in blocks(page) if block.language == "console" and not block.live]
    return [command for block in shown for command in block.commands]


def commands_run_here(page: Path) -> list[str]:
    return [command for command in commands(page) if not any(part in command for part in ELSEWHERE)]


def test_each_guide_in_table_of_contents_once():
    listed = [name for section in load(DOCSITE / "extra-docs.yml")["sections"] for name in section["toctree"]]
    assert sorted(listed) == [page.stem for page in GUIDES], "docs/docsite: extra-docs.yml (left) and rst/*.rst differ"


@each_guide
def test_guide_has_label_of_its_name(page):
    label = f".. _ansible_collections.{NAME}.docsite.{page.stem}:\n"
    assert label in page.read_text(encoding="utf-8"), f"{page.name}: put {label.strip()} before the title"


def test_guide_blocks_found_with_captions(tmp_path):
    page = tmp_path / "page.rst"
    page.write_text(
        "Title\n=====\n\n.. live-site\n\n.. code-block:: console\n\n   $ one \\\n       more\n   printed\n   $ two\n\n"
        "Text.\n\n.. code-block:: yaml\n   :caption: a.yml\n\n   - name: A\n\n     b: c\n\nEnd.\n",
        encoding="utf-8",
    )
    console, play = blocks(page)
    assert (console.language, console.live, console.commands) == ("console", True, ["one \\\n    more", "two"])
    assert (play.language, play.live, play.file, play.text) == ("yaml", False, "a.yml", "- name: A\n\n  b: c\n")


@each_guide
def test_yaml_of_guide_works(page, stage):
    here, elsewhere = [], []
    before: list[dict] = []
    for block in blocks(page):
        if block.language == "yaml":
            before = plays_in(yaml.safe_load(block.text), before)
            played_by_a_command = block.file and any(block.file in command for command in commands_run_here(page))
            if not block.live and not played_by_a_command:
                for play in before:
                    (here if play.get("hosts") == "localhost" else elsewhere).append(play)
    if elsewhere:
        run = stage.play(elsewhere, "--syntax-check")
        assert run.code == 0, f"{page.name}: what it shows cannot be read: {run.output}"
    if here:
        run = stage.play(here)
        assert run.code == 0, f"{page.name}: what it shows fails: {run.output}"


@pytest.mark.parametrize("readme", READMES, ids=titled)
def test_yaml_of_readme_works(readme, stage):
    texts = re.findall(r"^```ya?ml\n(.*?)^```$", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    plays: list[dict] = []
    before: list[dict] = []
    for text in texts:
        before = plays_in(yaml.safe_load(text), before)
        plays += before
    run = stage.play(plays)
    assert run.code == 0, f"{titled(readme)}: what it shows fails: {run.output}"


@each_guide
def test_commands_of_guide_work(page, stage, tmp_path):
    to_run = commands_run_here(page)
    if to_run:
        folder = tmp_path / "clone"
        folder.mkdir()
        for block in blocks(page):
            if block.file:
                (folder / block.file).write_text(block.text, encoding="utf-8")
        done = stage.shell(to_run, folder)
        assert done.returncode == 0, f"{page.name}: a command fails: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("part", ELSEWHERE)
def test_commands_of_other_tests_in_guides(part):
    assert any(part in command for page in GUIDES for command in commands(page)), f"no guide shows {part}"


@pytest.mark.parametrize("file", sorted(set(ELSEWHERE.values())))
def test_files_of_other_tests_exist(file):
    assert (CLONE / file).is_file(), f"ELSEWHERE: {file} does not exist. Name the file that runs the command."


@each_guide
def test_each_block_of_guide_tested(page):
    shown, text = blocks(page), page.read_text(encoding="utf-8")
    assert len(shown) == text.count("code-block::"), f"{page.name}: a block is not found"
    assert not re.search(r"^(?! *\.\.).*::$", text, re.MULTILINE), f"{page.name}: use code-block, not ::"
    for block in shown:
        assert block.language in LANGUAGES, f"{page.name}: {block.language} is not known; take one of {LANGUAGES}"
        assert block.language != "console" or block.commands, f"{page.name}: no line begins with $: {block.text}"
