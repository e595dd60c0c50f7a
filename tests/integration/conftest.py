# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the real modules against a simulator process, and check its log and state.

Plays run with real ansible. Variants and tests with many examples run inside this process, which takes a hundredth
of the time.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import sys
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import trustme
from ansible.inventory.data import InventoryData
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.testing import patch_module_args
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, inventory_loader
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from ansible_collections.sessionops.citrix.plugins.module_utils._client.api import connect
from ansible_collections.sessionops.citrix.plugins.module_utils._common.options import OPTIONS, settings
from ansible_collections.sessionops.citrix.plugins.module_utils._site.guard import NO_GUARD
from support.commands import clean_environment
from support.simulator_process import COLLECTION, Simulator

MARK = "RESULTS "
PLUGINS = "ansible_collections.sessionops.citrix.plugins"


@dataclass
class Run:
    """Result of one ansible process: exit code, complete output, results of its tasks."""

    code: int
    output: str
    results: list[dict] = field(default_factory=list)

    @property
    def result(self) -> dict:
        return self.results[-1]

    @property
    def outcomes(self) -> Counter:
        return Counter(entry["result"] for entry in self.result["sessions"])


@pytest.fixture
def secure(tmp_path):
    """Return a function that returns a simulator with TLS, and the file of its CA certificate."""
    servers = []

    def make(*names: str, days: int = 400) -> tuple[Simulator, str]:
        authority = trustme.CA(organization_name="ACME")
        end = datetime.now(timezone.utc) + timedelta(days=days)
        issued = authority.issue_cert("127.0.0.1", *names, not_after=end)
        issued.private_key_pem.write_to_path(tmp_path / "key.pem")
        for pem in issued.cert_chain_pems:
            pem.write_to_path(tmp_path / "cert.pem", append=True)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        servers.append(Simulator("--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem")))
        return servers[-1], str(tmp_path / "ca.pem")

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def ansible(ansible_processes, tmp_path):
    """Return a function that runs an ansible command with a clean environment and an empty HOME."""

    def run(command: str, *arguments: str, env: dict | None = None) -> Run:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        environment = {
            **clean_environment(home),
            "TMPDIR": str(home),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "CITRIX_AUDIT_LOG": str(home / "audit.jsonl"),
            **(env or {}),
        }
        done = ansible_processes.run(command, *arguments, env=environment, cwd=tmp_path)
        return Run(done.returncode, done.stdout + done.stderr)

    return run


@pytest.fixture
def play(ansible, tmp_path):
    """Return a function that runs tasks in a playbook and returns their results.

    tasks: {module: options} each, or {module: options, keyword: value}. A failed task ends the play, as in Ansible.
    """

    def run(tasks: list[dict], *arguments: str, connection: dict | None = None, env: dict | None = None) -> Run:
        named = [{"name": f"Task {n}", "register": f"result_{n}", **task} for n, task in enumerate(tasks)]
        results = ", ".join(f"result_{number} | default(none)" for number in range(len(tasks)))
        show = {"ansible.builtin.debug": {"msg": MARK + "{{ [" + results + "] | reject('none') | list | to_json }}"}}
        playbook = [
            {
                "hosts": "localhost",
                "connection": "local",
                "gather_facts": False,
                "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
                "module_defaults": {"group/sessionops.citrix.citrix": connection or {}},
                "tasks": [{"name": "All", "block": named, "always": [{"name": "Show", **show}]}],
            }
        ]
        path = tmp_path / "playbook.yml"
        path.write_text(json.dumps(playbook), encoding="utf-8")
        done = ansible("ansible-playbook", str(path), *arguments, env=env)
        shown = re.search(rf'^ *"msg": ("{MARK}.*"),?$', done.output, re.MULTILINE)
        done.results = json.loads(json.loads(shown.group(1)).removeprefix(MARK)) if shown else []
        return done

    return run


@pytest.fixture
def modules(tmp_path):
    """Return a function that runs tasks like play(), inside this process, 100 times as fast.

    Each is a complete module, from the JSON of its options to that of its result; keywords are check_mode and
    ignore_errors. Reading of tasks and display of results are tested by plays only.
    """

    def run(tasks: list[dict], connection: dict | None = None, env: dict | None = None) -> Run:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", **(env or {})}
        done = Run(0, "")
        for task in tasks:
            (name,) = (key for key in task if key.startswith("sessionops.citrix."))
            module = importlib.import_module(f"{PLUGINS}.modules.{name.rpartition('.')[2]}")
            internal = {"_ansible_check_mode": task.get("check_mode", False), "_ansible_verbosity": 4}
            given = patch_module_args({**(connection or {}), **task[name], **internal})
            stdout, stderr = io.StringIO(), io.StringIO()
            # Ansible itself would keep the warnings until the process ends.
            with patch.dict(os.environ, environment, clear=True), given, patch.object(AnsibleModule, "warn") as warn:
                with redirect_stdout(stdout), redirect_stderr(stderr), pytest.raises(SystemExit) as ended:
                    module.main()
            done.output += stdout.getvalue() + stderr.getvalue()
            warnings = [call.args[0] for call in warn.call_args_list]
            done.results.append({"failed": False, **json.loads(stdout.getvalue()), "warnings": warnings})
            if ended.value.code and not task.get("ignore_errors"):
                done.code = ended.value.code
                break
        return done

    return run


@pytest.fixture(scope="session")
def client():
    """Return a function that runs a module in this process; its result includes the warnings.

    An error that ends the task is raised. The environment is not read.
    """

    def run(module, connection: dict, check_mode: bool = False, **options) -> dict:
        spec = {**OPTIONS, **getattr(module, "ARGUMENT_SPEC", {})}
        given = {name: value for name, value in {**connection, **options}.items() if value is not None}
        checked = ArgumentSpecValidator(spec).validate(given)
        assert not checked.error_messages
        params, warnings = checked.validated_parameters, []
        task = SimpleNamespace(params=params, check_mode=check_mode, warn=warnings.append)
        api = connect(settings(params), check_mode, task.warn, len)
        api.guard = NO_GUARD
        result = module.run(task, api)
        return {**result, "warnings": warnings}

    return run


@pytest.fixture
def inventory(tmp_path):
    """Return a function that reads an inventory file in this process, with its plugin.

    The environment is clean and HOME is empty, as for ansible(). An error is raised.
    """
    init_plugin_loader([str(COLLECTION.parents[2])])
    # Packages that were already imported lack the additions of ansible's importer.
    for name, module in list(sys.modules.items()):
        if name.startswith("ansible_collections") and not getattr(module, "__file__", None):
            importlib.reload(module)

    def read(path: str, env: dict | None = None) -> InventoryData:
        made = InventoryData()
        with patch.dict(os.environ, {"HOME": str(tmp_path), **(env or {})}, clear=True):
            inventory_loader.get("ansible.builtin.auto").parse(made, DataLoader(), path)
        return made

    yield read
    # It would also load the files that other tests run by their path.
    _AnsibleCollectionFinder._remove()
