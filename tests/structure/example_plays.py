# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run plays of the documentation against a simulator.

Only addresses, credentials, session ids and directories of reports are replaced.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from ansible.module_utils.testing import patch_module_args
from ansible.playbook.play import Play
from ansible_collections.sessionops.citrix.plugins.module_utils._common.options import environment_name
from collection_tree import MODULES, NAME
from support.simulator_process import Simulator

PLACEHOLDERS = (
    "api_url",
    "customer_id",
    "site_id",
    "client_id",
    "client_secret",
    "username",
    "password",
    "access_token",
    "ca_path",
)
"""Options for the site and the account."""
REPORTS = "/srv/reports"
"""The directory of the files in examples."""
FROM_ENVIRONMENT = ("api_url", "customer_id", "client_id", "client_secret", "username", "password")
FQCNS = {f"{NAME}.{module}": module for module in MODULES}
TASK_LISTS = ("pre_tasks", "tasks", "post_tasks", "block", "rescue", "always")
MARK = "TASK "


class Given(NamedTuple):
    """A task of one of our modules as documented, including templates."""

    module: str
    name: str
    options: dict
    deployment: str
    check_mode: bool


@dataclass(frozen=True)
class Done:
    """Result of such a task, and the number of calls that the simulator received from it."""

    task: Given
    result: dict
    calls: int


@dataclass(frozen=True)
class Run:
    """Result of a playbook: exit code, complete output, and the tasks of our modules."""

    code: int
    output: str
    done: list[Done]


class Stage:
    """Run plays against one simulator; unknown session ids are replaced with its own.

    reports: whether a run has the results of the tasks of our modules, which adds a task for each of them.
    """

    def __init__(self, simulator: Simulator, ansible: Callable, folder: Path, reports: bool = False) -> None:
        self._simulator = simulator
        self._ansible = ansible
        self._path = folder / "playbook.yml"
        self._reports = reports
        self._registered: set[str] = set()
        self.given: list[Given] = []
        self.reset()

    def reset(self) -> None:
        """Reset the site: no faults, and no session changed."""
        self._simulator.reset()
        state = self._simulator.state()
        machines = sorted({session["machine"] for session in state.values()})
        self._ids = {session_id: session_id for session_id in state}
        # From the end, because examples name the first machines.
        self._spare = [session["id"] for machine in machines for session in self._simulator.recordable_on(machine)]

    def play(self, plays: list[dict], *arguments: str) -> Run:
        """Run plays with ansible-playbook, or with another command."""
        self.given.clear()
        rewritten = [self._rewritten(play, "cloud") for play in plays]
        self._path.write_text(json.dumps(rewritten, indent=1), encoding="utf-8")
        calls = len(self._simulator.calls())
        watched = f"simulator_watch_pid={os.getpid()}"
        ended = self._ansible("ansible-playbook", str(self._path), "--extra-vars", watched, *arguments)
        output = ended.stdout + ended.stderr
        done = []
        for line in re.findall(rf'^ *"msg": ("{MARK}.*"),?$', output, re.MULTILINE):
            shown = json.loads(json.loads(line).removeprefix(MARK))
            done.append(Done(self.given[shown["number"]], shown["result"], shown["calls"] - calls))
            calls = shown["calls"]
        return Run(ended.returncode, output, done)

    def shell(self, commands: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run commands in a folder in sequence, with the variables of a cloud user."""
        script = "\n".join(["set -e", *commands])
        return self._ansible("sh", "-c", script, cwd=folder, **self._environment("cloud"))

    def call(self, tasks: list[Given], faults: tuple[dict, ...], **internal: Any) -> list[Done]:
        """Run modules in this process, which is fast, on a fresh site that then has faults.

        internal: check_mode and diff; a task may set check_mode itself. Tasks with templates are omitted.
        """
        self.reset()
        prepared = [(task, self._options(task.options, task.deployment)) for task in tasks]
        self._simulator.fault(*faults)
        done = []
        for task, options in prepared:
            if "{{" not in json.dumps(options):
                calls = len(self._simulator.calls())
                arguments = {**self._connection(task.deployment), **options}
                set_for_task = {"check_mode": task.check_mode, **internal}
                arguments.update({f"_ansible_{name}": value for name, value in set_for_task.items()})
                result = _main(task.module, arguments)
                done.append(Done(task, result, len(self._simulator.calls()) - calls))
        return done

    def _rewritten(self, node: dict, deployment: str) -> dict:
        """Return a play, block or task for the simulator."""
        node = dict(node)
        deployment = _deployment(node, deployment)
        if isinstance(node.get("module_defaults"), dict):
            node["module_defaults"] = {
                name: self._options(options, deployment) if _is_ours(name) else options
                for name, options in node["module_defaults"].items()
            }
        for key in TASK_LISTS:
            if key in node:
                node[key] = [made for task in node[key] for made in self._task(task, deployment)]
        if "hosts" in node:
            node["environment"] = {**self._environment(deployment), **node.get("environment", {})}
        return node

    def _task(self, task: dict, deployment: str) -> list[dict]:
        """Return a task for the simulator, optionally with a task that shows its result."""
        deployment = _deployment(task, deployment)
        task = self._rewritten(task, deployment)
        number = len(self.given)
        fqcn = next(iter(FQCNS.keys() & task.keys()), None)
        reports = self._reports and fqcn
        if fqcn:
            check_mode = bool(task.get("check_mode"))
            self.given.append(Given(FQCNS[fqcn], task.get("name", ""), task[fqcn] or {}, deployment, check_mode))
            task[fqcn] = self._options(task[fqcn], deployment)
            task["environment"] = {**self._environment(deployment), **task.get("environment", {})}
        if reports:
            task.setdefault("register", f"result_{number}")
        if "register" in task:
            self._registered.add(task["register"])
        return [task, self._reporter(number, task["register"])] if reports else [task]

    def _reporter(self, number: int, registered: str) -> dict:
        url, headers = f"{self._simulator.url}/_control/calls", self._simulator.control_headers
        options = f"headers={headers}, split_lines=false, use_proxy=false"
        log = f"lookup('ansible.builtin.url', '{url}', {options}) | from_json"
        shown = f"{{'number': {number}, 'calls': ({log}).next, 'result': {registered}}}"
        return {"name": "Show", "ansible.builtin.debug": {"msg": f"{MARK}{{{{ {shown} | to_json }}}}"}, "no_log": False}

    def _options(self, options: Any, deployment: str) -> Any:
        # Invalid tasks are kept, so that ansible reports them.
        if not isinstance(options, dict):
            return options
        known = self._connection(deployment)
        made = {}
        for name, value in options.items():
            if name == "session_id":
                made[name] = [self._id(given) for given in value] if isinstance(value, list) else self._id(value)
            elif name == "dest":
                made[name] = str(self._path.parent)
            elif isinstance(value, str) and value.startswith(REPORTS):
                made[name] = value.replace(REPORTS, str(self._path.parent), 1)
            elif name in ("audit_log", "path") and str(value).endswith(".jsonl"):
                made[name] = str(self._path.parent / "audit.jsonl")
            elif name not in PLACEHOLDERS or self._is_result(value):
                made[name] = value
            elif name == "access_token":
                made[name] = self._simulator.token()
            elif name in known:
                made[name] = known[name]
        return made

    def _id(self, session_id: str) -> str:
        if "{{" in session_id:
            return session_id
        if session_id not in self._ids:
            self._ids[session_id] = self._spare.pop()
        return self._ids[session_id]

    def _is_result(self, value: Any) -> bool:
        """Return whether a value is a template that uses the result of an earlier task."""
        return isinstance(value, str) and "{{" in value and bool(self._registered & set(re.findall(r"\w+", value)))

    def _connection(self, deployment: str) -> dict:
        simulator = self._simulator
        ways = {"gov": simulator.gov, "on_premises": simulator.on_premises}
        return {"site_id": simulator.facts["site_id"], **ways.get(deployment, simulator.cloud)}

    def _environment(self, deployment: str) -> dict:
        """Return the variables that a user of this deployment sets; an empty one is not set."""
        known = self._connection(deployment)
        return {environment_name(name): known.get(name, "") for name in FROM_ENVIRONMENT}


def _main(module: str, arguments: dict) -> dict:
    """Run a module with only these options, and return its output."""
    under_test = importlib.import_module(f"ansible_collections.{NAME}.plugins.modules.{module}")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CITRIX_")}
    printed = io.StringIO()
    with (
        patch.dict(os.environ, clean, clear=True),
        patch_module_args(arguments),
        contextlib.redirect_stdout(printed),
        contextlib.suppress(SystemExit),
    ):
        under_test.main()
    return {"failed": False, **json.loads(printed.getvalue())}


def _is_ours(name: str) -> bool:
    """Return whether module_defaults with this name apply to our modules."""
    return name == f"group/{NAME}.citrix" or name in FQCNS


def _deployment(node: dict, inherited: str) -> str:
    """Return the deployment of the tasks of a node."""
    defaults = node.get("module_defaults")
    given = {**(defaults if isinstance(defaults, dict) else {}), **node}
    for name, options in given.items():
        if _is_ours(name) and isinstance(options, dict):
            inherited = options.get("deployment", inherited)
    return inherited


def play_of(tasks: list[dict]) -> dict:
    """Return a play of tasks that have no play."""
    return {"name": "Tasks", "hosts": "localhost", "gather_facts": False, "tasks": tasks}


def plays_in(document: object, before: list[dict]) -> list[dict]:
    """Return the plays in a YAML document, empty if it is not a part of a playbook.

    Tasks become a play. A part of a play is added to the last play before it.
    """
    if isinstance(document, dict):
        return [{**before[-1], **document}] if before and set(document) <= set(Play.fattributes) else []
    entries = document if isinstance(document, list) else []
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        return []
    if any("rules" in entry for entry in entries):
        return []
    if all({"hosts", "ansible.builtin.import_playbook"} & set(entry) for entry in entries):
        return entries
    return [play_of(entries)] if all("block" in entry or "." in "".join(entry) for entry in entries) else []


def as_tasks(examples: list[dict]) -> list[dict]:
    """Return examples as tasks and blocks: a play becomes a block."""
    kept = ("name", "vars", "environment", "module_defaults")
    return [
        {**{key: play[key] for key in kept if key in play}, "block": play["tasks"]} if "hosts" in play else play
        for play in examples
    ]
