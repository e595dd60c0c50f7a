# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation shows works: every example of every module, and the plays of the READMEs."""

from __future__ import annotations

import re

import pytest
import yaml
from ansible.playbook.task import Task
from collection_tree import READMES, titled
from example_plays import plays_in

BLOCKS = [
    pytest.param(readme, number, id=f"{titled(readme)}-{number}")
    for readme in READMES
    for number in range(len(re.findall(r"^```ya?ml$", readme.read_text(encoding="utf-8"), re.MULTILINE)))
]


def test_the_examples_are_written_well(played):
    check_style(played.module, played.examples)


def check_style(module: str, tasks: list[dict]) -> None:
    for task in tasks:
        assert task.get("name", "")[:1].isupper(), (
            f"{module}: an example needs a name, which begins with a capital: {task}"
        )
        for key in ("block", "rescue", "always"):
            check_style(module, task.get(key, []))
        if "block" not in task:
            actions = [key for key in task if key not in Task.fattributes and not key.startswith("with_")]
            assert len(actions) == 1, f"{module}, '{task['name']}': one of these is no keyword of a task: {actions}"
            assert actions[0].count(".") >= 2, f"{module}, '{task['name']}': write {actions[0]} with its collection"


def test_every_example_works(played):
    run = played.run
    assert run.code == 0, f"{played.module}: an example fails: {run.output}"
    idle = not re.search(r"skipped=0 +rescued=0 +ignored=0", run.output)
    assert not idle, (
        f"{played.module}: an example is skipped, or its failure ignored, which shows nothing: {run.output}"
    )
    assert any(done.task.module == played.module for done in run.done), f"{played.module}: no example uses it"
    for done in run.done:
        assert done.calls, f"{played.module}: the example '{done.task.name}' asks the site for nothing"


@pytest.mark.parametrize(("readme", "number"), BLOCKS)
def test_the_yaml_of_a_readme_works(readme, number, stage):
    plays = plays_of(readme, number)
    if plays:
        here = all(play.get("hosts") == "localhost" for play in plays)
        run = stage.play(plays, *([] if here else ["--syntax-check"]))
        assert run.code == 0, f"{titled(readme)}: what it shows fails: {run.output}"


def plays_of(readme, number) -> list[dict]:
    """Return what a block of YAML shows as plays; a part of a play is added to the play before it."""
    texts = re.findall(r"^```ya?ml\n(.*?)^```$", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    before = plays_of(readme, number - 1) if number else []
    return plays_in(yaml.safe_load(texts[number]), before)
