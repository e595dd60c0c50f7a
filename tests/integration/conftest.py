# Copyright: (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real modules through real ansible, against a simulator process whose own log and state are asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import ansible_collections.sessionops.citrix as collection
import pytest
import requests

COLLECTION = Path(next(iter(collection.__path__)))
SIMULATOR = COLLECTION / "roles" / "simulator" / "files" / "citrix_simulator.py"
BIN = Path(sys.executable).parent
CONTROL_TIMEOUT = 10


class Simulator:
    """A simulator process and its control paths."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, str(SIMULATOR), "--watch-pid", str(os.getpid()), *arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        self.facts = json.loads(self._process.stdout.readline())
        self.url = self.facts["url"]
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = False

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(CONTROL_TIMEOUT)
        self._process.stdout.close()

    def _control(self, method: str, path: str, **arguments) -> dict:
        answer = self._http.request(method, f"{self.url}/_control/{path}", timeout=CONTROL_TIMEOUT, **arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def reset(self, **settings) -> None:
        """Start over with a fresh fleet: no faults, an empty log, no tokens."""
        self._control("POST", "reset", json={"machines": 5, "sessions": 50, **settings})

    def fault(self, *rules: dict) -> None:
        self._control("POST", "faults", json=list(rules))

    def calls(self) -> list[dict]:
        return self._control("GET", "calls")["calls"]

    def kinds(self) -> list[str]:
        """Name the operations called since the reset, in their order."""
        names = {"clients": "sign-in", "Tokens": "sign-in", "tokens": "sign-in", "RecordingStatus": "status"}
        kinds = []
        for call in self.calls():
            parent, last = call["path"].rsplit("/", 2)[1:]
            operation = last in names or last in ("me", "Sessions") or last.startswith("$")
            kinds.append(names.get(last, last) if operation else parent)
        return kinds

    def counts(self) -> Counter:
        """Return how many calls of each kind there were since the reset."""
        return Counter(self.kinds())

    def state(self) -> dict[str, dict]:
        return {session["id"]: session for session in self._control("GET", "state")["sessions"]}

    def sessions_on(self, machine: str) -> list[dict]:
        return [session for session in self.state().values() if session["machine"] == machine]

    def recordable_on(self, machine: str) -> list[dict]:
        """Return the sessions that the API would record and that are not recorded yet."""
        return [
            session
            for session in self.sessions_on(machine)
            if session["state"] == "Active" and session["protocol"] == "Hdx" and not session["recorded"]
        ]

    @property
    def cloud(self) -> dict:
        facts = self.facts
        return {
            "api_url": self.url,
            "customer_id": facts["customer_id"],
            "client_id": facts["client_id"],
            "client_secret": facts["client_secret"],
        }

    @property
    def gov(self) -> dict:
        return {**self.cloud, "deployment": "gov"}

    @property
    def on_premises(self) -> dict:
        facts = self.facts
        account = {"username": facts["username"], "password": facts["password"]}
        return {"deployment": "on_premises", "api_url": self.url, **account}

    @property
    def on_premises_direct(self) -> dict:
        """A controller addressed under its other base path, with the ids in the path."""
        return {**self.on_premises, "api_url": f"{self.url}/citrix/orchestration/api"}

    def token(self) -> str:
        """Sign in to the cloud and return the token, as another tool would hand it over."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.facts["client_id"],
            "client_secret": self.facts["client_secret"],
        }
        url = f"{self.url}/cctrustoauth2/{self.facts['customer_id']}/tokens/clients"
        return self._http.post(url, data=form, timeout=CONTROL_TIMEOUT).json()["access_token"]


@dataclass
class Run:
    """What one ansible process did: exit code, everything it printed, the results of its tasks."""

    code: int
    output: str
    results: list[dict] = field(default_factory=list)

    @property
    def result(self) -> dict:
        return self.results[-1]

    @property
    def outcomes(self) -> Counter:
        return Counter(entry["result"] for entry in self.result["sessions"])


@pytest.fixture(scope="session")
def simulator_process():
    simulator = Simulator()
    yield simulator
    simulator.close()


@pytest.fixture
def simulator(simulator_process):
    """A simulator with 5 machines of 10 sessions, as after its start."""
    simulator_process.reset()
    return simulator_process


@pytest.fixture
def ansible(tmp_path):
    """Return a function that runs an ansible command with a clean environment and an empty HOME."""

    def run(command: str, *arguments: str, env: dict | None = None) -> Run:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        environment = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            **(env or {}),
        }
        done = subprocess.run(
            [str(BIN / command), *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return Run(done.returncode, done.stdout + done.stderr)

    return run


@pytest.fixture
def play(ansible, tmp_path):
    """Return a function that runs tasks in a playbook and hands back their results.

    tasks: {module: options} each, or {module: options, keyword: value}. A failed task ends the play, as for a user.
    """

    def run(tasks: list[dict], *arguments: str, connection: dict | None = None, env: dict | None = None) -> Run:
        saved = tmp_path / "results.json"
        saved.unlink(missing_ok=True)
        named = [{"name": f"Task {n}", "register": f"result_{n}", **task} for n, task in enumerate(tasks)]
        results = ", ".join(f"result_{number} | default(none)" for number in range(len(tasks)))
        save = {
            "ansible.builtin.copy": {
                "content": "{{ [" + results + "] | reject('none') | list | to_json }}",
                "dest": str(saved),
                "mode": "0600",
            },
            "check_mode": False,
            "diff": False,
        }
        playbook = [
            {
                "hosts": "localhost",
                "connection": "local",
                "gather_facts": False,
                "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
                "module_defaults": {"group/sessionops.citrix.citrix": connection or {}},
                "tasks": [{"name": "All", "block": named, "always": [{"name": "Save", **save}]}],
            }
        ]
        path = tmp_path / "playbook.yml"
        path.write_text(json.dumps(playbook), encoding="utf-8")
        done = ansible("ansible-playbook", str(path), *arguments, env=env)
        done.results = json.loads(saved.read_text(encoding="utf-8")) if saved.exists() else []
        return done

    return run
