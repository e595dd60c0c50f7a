# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the documentation with ansible-doc, and run plays with a simulator process."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from ansible_collections.sessionops.citrix.plugins.module_utils._views import history
from collection_tree import CONNECTED, INVENTORIES, MODULES, NAME
from example_plays import Done, Run, Stage, as_tasks, play_of
from support.commands import clean_environment
from support.due_trail import write_due
from support.reports import report


@pytest.fixture(scope="session")
def ansible(ansible_processes, tmp_path_factory):
    """Return a function that runs a command with only the PATH of the environment.

    cwd: the folder it runs in. Other arguments are variables of its environment.
    """
    home = tmp_path_factory.mktemp("home")
    environment = {
        **clean_environment(home),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }

    def run(command: str, *arguments: str, cwd: Path = home, **variables: str) -> subprocess.CompletedProcess[str]:
        return ansible_processes.run(command, *arguments, env={**environment, **variables}, cwd=cwd)

    return run


@pytest.fixture(scope="session")
def documentation(ansible):
    """Return the output of ansible-doc: {module: {doc, examples, return, metadata}}."""
    return documented(ansible, "module", MODULES)


@pytest.fixture(scope="session")
def inventory_documentation(ansible):
    """Return the output of ansible-doc for each inventory plugin, with fragments."""
    return documented(ansible, "inventory", INVENTORIES)


def documented(ansible, kind: str, plugins: list[str]) -> dict[str, dict]:
    done = ansible("ansible-doc", "--type", kind, "--json", *(f"{NAME}.{plugin}" for plugin in plugins))
    assert done.returncode == 0, f"ansible-doc cannot read a plugin ({kind}); correct its documentation: {done.stderr}"
    known = json.loads(done.stdout)
    return {plugin: known[f"{NAME}.{plugin}"] for plugin in plugins}


@pytest.fixture
def stage(simulator_process, ansible, tmp_path):
    """Return a stage for plays with 5 machines of 10 sessions, after a reset."""
    return Stage(simulator_process, ansible, tmp_path)


@dataclass(frozen=True)
class Played:
    """A module: its documentation, its examples, and the runs of its examples."""

    module: str
    doc: dict
    returns: dict
    examples: list[dict]
    run: Run
    """Unchanged."""
    rehearsed: list[Done]
    """In check mode, with a diff."""
    acted_in_vain: list[Done]
    """With every write refused, and every read accepted."""
    refused: list[Done]
    """With every request refused, including the sign-in."""


def refusal(status: int, **calls: str) -> dict:
    """Return the fault rule that refuses such calls as the API does."""
    body = {"type": "https://errors-api.cloud.com/x", "detail": "Not now.", "parameters": []}
    headers = {"Citrix-TransactionId": "44399a9e-18ea-4c16-b549-811fa252c7b6"}
    return {**calls, "answer": {"status": status, "headers": headers, "body": body}}


@pytest.fixture(scope="session", params=CONNECTED)
def played(request, documentation, simulator_process, ansible, tmp_path_factory):
    """Run the examples of each module with ansible-playbook, unchanged and in other modes."""
    module, known = request.param, documentation[request.param]
    folder = tmp_path_factory.mktemp(module)
    stage = Stage(simulator_process, ansible, folder, reports=True)
    ids = {name: simulator_process.facts[name] for name in ("customer_id", "site_id")}
    for days in (9, 2):
        # Earlier reports, so that examples with a history have gaps and delivery groups that fell.
        groups = dict.fromkeys(("Contractors", "Engineering"), (100, 0, 0, 0, 0))
        earlier = report(time.time() - days * 86400, groups, **ids)
        history.record(str(folder / "history.sqlite"), earlier, 400)
    audit_log = str(folder / "audit.jsonl")
    recorded = [session for session in simulator_process.state().values() if session["recorded"]]
    write_due(audit_log, **ids, sessions=recorded[:1])
    examples = as_tasks(yaml.safe_load(known["examples"]))
    run = stage.play([play_of(examples)])
    stage.reset()
    write_due(audit_log, **ids, sessions=recorded[:1])
    own = [task for task in stage.given if task.module == module]
    return Played(
        module=module,
        doc=known["doc"],
        returns=known["return"],
        examples=examples,
        run=run,
        rehearsed=stage.call(own, (), check_mode=True, diff=True),
        # Searches, and batches of reads, have the same form as writes.
        acted_in_vain=stage.call(own, (refusal(409, path=r"/\$(?!search|batch)"),)),
        refused=stage.call(own, (refusal(403),)),
    )
