# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run modules, playbooks, inventories and the event source in processes, with a JSON result."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.sessionops.citrix.plugins.module_utils._common.options import OPTIONS
from support.ansible_process import AnsibleProcesses
from support.forked_python import ForkedPython
from support.simulator_process import COLLECTION

from faults.scenes import EVENTS, INVENTORY, MODULE, PLAYBOOK, Scene

MODULES = "ansible_collections.sessionops.citrix.plugins.modules"
TESTS = Path(__file__).parents[1]
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "LC_ALL": "C.UTF-8",
    "PYTHONPATH": os.pathsep.join(map(str, (TESTS / "host_log", TESTS, COLLECTION.parents[2]))),
}
"""The variables of all runs."""
GRACE = 30
"""Seconds after its budget when a run is killed."""


@dataclass(frozen=True)
class Ended:
    """End of a process; code: None if it was killed; shown: output in addition to the result."""

    code: int | None
    stdout: str
    stderr: str
    shown: str = ""


class Forks:
    """Processes that fork for each run, and have imported what it requires."""

    def __init__(self, folder: Path) -> None:
        self.python = ForkedPython(folder / "python", ENVIRONMENT, [str(TESTS / "support" / "preload_modules.py")])
        self.ansible = AnsibleProcesses(folder)

    def close(self) -> None:
        self.python.close()
        self.ansible.close()


class Run:
    """A started process."""

    def __init__(
        self, forks: Forks, scene: Scene, arguments: dict, check_mode: bool, env: dict[str, str], home: Path
    ) -> None:
        command, given, env, self._read = RUNNERS[scene.runner](scene.name, arguments, check_mode, dict(env), home)
        self._given = given.encode()
        pipe = subprocess.PIPE
        if command[0] == "python":
            command[0] = str(forks.python.path)
        else:
            env = forks.ansible.with_commands(env)
        self._process = subprocess.Popen(command, env=env, cwd=home, stdin=pipe, stdout=pipe, stderr=pipe)

    def wait(self, budget: float) -> Ended:
        """Return the end of the process, after that many seconds at the latest."""
        code: int | None
        try:
            stdout, stderr = self._process.communicate(self._given, timeout=budget + GRACE)
            code = self._process.returncode
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = None
            stdout, stderr = self._process.communicate()
        return self._read(Ended(code, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace")))


Reader = Callable[[Ended], Ended]
Prepared = tuple[list[str], str, dict[str, str], Reader]


def _module(name: str, arguments: dict, check_mode: bool, env: dict[str, str], home: Path) -> Prepared:
    internal = {"_ansible_check_mode": check_mode, "_ansible_diff": True, "_ansible_verbosity": 4}
    given = json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, **internal}})
    return ["python", "-m", f"{MODULES}.{name}"], given, env, lambda ended: ended


def _events(name: str, arguments: dict, check_mode: bool, env: dict[str, str], home: Path) -> Prepared:
    def read(ended: Ended) -> Ended:
        # The source warns in its log.
        return _with_result(ended, ended.stdout)

    return ["python", str(TESTS / "faults" / "poll_once.py")], json.dumps(arguments), env, read


def _playbook(name: str, arguments: dict, check_mode: bool, env: dict[str, str], home: Path) -> Prepared:
    kept = home / "last_result.json"
    env.update(_shared(arguments))
    env.update(
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]),
        ANSIBLE_CALLBACK_PLUGINS=str(TESTS / "faults" / "callback"),
        ANSIBLE_CALLBACKS_ENABLED="last_result",
        ANSIBLE_LOCALHOST_WARNING="false",
        ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
        LAST_RESULT=str(kept),
    )
    variables = {f"citrix_{option}": value for option, value in arguments.items() if option not in OPTIONS}
    (home / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
    command = ["ansible-playbook", f"sessionops.citrix.{name}", "-e", "@variables.json", "--diff"]

    def read(ended: Ended) -> Ended:
        text = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {"result": {}, "failure": None}
        result = text["result"]
        if ended.code:
            result = {**result, "failed": True, "msg": text["failure"] or ended.stderr}
        return _with_result(ended, json.dumps(result))

    return [*command, *(["--check"] if check_mode else [])], "", env, read


def _inventory(name: str, arguments: dict, check_mode: bool, env: dict[str, str], home: Path) -> Prepared:
    env.update(_shared(arguments))
    env.update(
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]),
        ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true",
        COLUMNS="4000",
    )
    own = {option: value for option, value in arguments.items() if option not in OPTIONS}
    path = home / "site.citrix_machines.yml"
    path.write_text(json.dumps({"plugin": f"sessionops.citrix.{name}", **own}), encoding="utf-8")

    def read(ended: Ended) -> Ended:
        if ended.code:
            words = " ".join(ended.stderr.split())
            message = words.partition("citrix_machines' plugin: ")[2] or words
            return _with_result(ended, json.dumps({"failed": True, "msg": message.partition(" Origin:")[0]}))
        hosts = json.loads(ended.stdout)["_meta"]["hostvars"]
        return _with_result(ended, json.dumps({"hosts": sorted(hosts)}))

    return ["ansible-inventory", "-i", str(path), "--list"], "", env, read


RUNNERS: dict[str, Callable[[str, dict, bool, dict[str, str], Path], Prepared]] = {
    MODULE: _module,
    PLAYBOOK: _playbook,
    INVENTORY: _inventory,
    EVENTS: _events,
}


def _shared(arguments: dict) -> dict[str, str]:
    """Return the shared options as variables of the environment."""
    return {f"CITRIX_{option.upper()}": str(value) for option, value in arguments.items() if option in OPTIONS}


def _with_result(ended: Ended, result: str) -> Ended:
    """Return an end with this result; text on stderr becomes warnings, except a traceback."""
    code = ended.code and int(ended.code != 0)
    shown = ended.stdout + ended.stderr
    return Ended(code, result, shown if "Traceback" in shown else "", shown)
