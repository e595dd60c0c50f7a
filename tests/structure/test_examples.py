# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every documented example of every module works."""

from __future__ import annotations

import re

from ansible.playbook.task import Task


def test_examples_follow_style(played):
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
            assert len(actions) == 1, f"{module}, '{task['name']}': not all of these are keywords of a task: {actions}"
            assert actions[0].count(".") >= 2, f"{module}, '{task['name']}': write {actions[0]} with its collection"


def test_each_example_works(played):
    run = played.run
    assert run.code == 0, f"{played.module}: an example fails: {run.output}"
    idle = not re.search(r"skipped=0 +rescued=0 +ignored=0", run.output)
    assert not idle, (
        f"{played.module}: an example is skipped, or its failure ignored, which shows nothing: {run.output}"
    )
    assert any(done.task.module == played.module for done in run.done), f"{played.module}: no example uses it"
    for done in run.done:
        assert done.calls, f"{played.module}: the example '{done.task.name}' sends no request"
