# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import ansible-core, and read the documentation of its plugins.

The arguments are the interpreter of modules and the names of the commands.
"""

from __future__ import annotations

import functools
import importlib
import importlib.resources
import sys
from pathlib import Path

REQUIRED = (
    *(f"cli.{name}" for name in ("adhoc", "inventory", "playbook")),
    *(f"executor.{name}" for name in ("module_common", "task_executor", "process.worker")),
    *(f"plugins.action.{name}" for name in ("assert", "debug", "fail", "include_vars", "normal", "set_fact")),
    "plugins.vars.host_group_vars",
)
"""Modules of each supported ansible-core that most commands import."""
KINDS = ("become", "cache", "callback", "connection", "filter", "inventory", "shell", "strategy", "test")
"""Kinds of plugins that most commands load, with the settings in their documentation."""


def write_commands(names: list[str]) -> None:
    """Write commands that run these with the interpreter of this folder."""
    here = Path.cwd()
    (here / "bin").mkdir()
    for name in names:
        command = here / "bin" / Path(name).name
        command.write_text(f'#!/bin/sh\nexec "{here}/python" "{name}" "$@"\n', encoding="utf-8")
        command.chmod(0o755)


def read_documentation() -> None:
    """Parse the documentation of plugins, and the metadata of ansible-core."""
    finder = sys.modules["ansible.utils.collection_loader._collection_finder"]
    finder._meta_yml_to_dict = functools.cache(finder._meta_yml_to_dict)
    routing = importlib.resources.files("ansible") / "config" / "ansible_builtin_runtime.yml"
    finder._meta_yml_to_dict(routing.read_bytes(), ("ansible.builtin", "runtime.yml"))
    for kind in KINDS:
        list(getattr(sys.modules["ansible.plugins.loader"], f"{kind}_loader").all(class_only=True))


if __name__ == "__main__":
    sys.executable, *commands = sys.argv[1:]
    write_commands(commands)
    for required in REQUIRED:
        importlib.import_module(f"ansible.{required}")
    read_documentation()
    # A command that waits for a task looks for its result ten times less often.
    sys.modules["ansible.constants"].DEFAULT_INTERNAL_POLL_INTERVAL = 0.01
