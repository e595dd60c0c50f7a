# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the simulator as a process, and read its actual state through its control paths."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import ansible_collections.sessionops.citrix as collection
import requests

COLLECTION = Path(next(iter(collection.__path__)))
SIMULATOR = COLLECTION / "roles" / "simulator" / "files" / "citrix_simulator.py"
CONTROL_TIMEOUT = 10


class Simulator:
    """A simulator process and its control paths."""

    patience = CONTROL_TIMEOUT
    """Seconds to wait for a control path; the largest fleet takes long."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, str(SIMULATOR), "--watch-pid", str(os.getpid()), *arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        self.facts = json.loads(self._process.stdout.readline())
        self.url = self.facts["url"]
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = False

    def cpu_seconds(self) -> float:
        """Return the processor time of the process so far; 0 on systems without /proc."""
        stat = Path(f"/proc/{self._process.pid}/stat")
        if not stat.exists():
            return 0.0
        user, system = stat.read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(self.patience)
        self._process.stdout.close()

    def _control(self, method: str, path: str, **arguments) -> dict:
        url = f"{self.url}/_control/{path}"
        answer = self._http.request(method, url, headers=self.control_headers, timeout=self.patience, **arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def control_headers(self) -> dict[str, str]:
        """The headers that a control path requires."""
        return {"Authorization": f"Bearer {self.facts['control_token']}"}

    def quota(self) -> dict:
        """Return the counts of the quota since the reset."""
        return self._control("GET", "quota")

    def reset(self, **settings) -> None:
        """Reset to a new fleet: no faults, an empty log, no tokens."""
        self._control("POST", "reset", json={"machines": 5, "sessions": 50, **settings})

    def fleet(self, **plan) -> dict[str, dict]:
        """Replace the fleet with one that the test describes, and return its state."""
        return {session["id"]: session for session in self._control("POST", "fleet", json=plan)["sessions"]}

    def fault(self, *rules: dict) -> None:
        self._control("POST", "faults", json=list(rules))

    def log_on(self, machine: str) -> dict:
        """Log on a new user to a machine, and return the session as in state()."""
        return self._control("POST", "log_on", json={"machine": machine})

    def disconnect(self, session_id: str) -> None:
        self._control("POST", "disconnect", json={"session": session_id})

    def reconnect(self, session_id: str) -> None:
        self._control("POST", "reconnect", json={"session": session_id})

    def log_off(self, session_id: str) -> None:
        self._control("POST", "log_off", json={"session": session_id})

    def get(self, path: str, **query) -> dict:
        """Return the response of the cloud to a GET below its base; the sign-in is also logged."""
        return self._call("GET", path, query).json()

    def start_recording(self, session_id: str) -> None:
        """Start the recording of a session with a call to the cloud, like an operator."""
        self._call("POST", f"Sessions/{session_id}/$startRecording", {})

    def stop_recording(self, session_id: str) -> None:
        """Stop the recording of a session with a call to the cloud, like an operator."""
        self._call("POST", f"Sessions/{session_id}/$stopRecording", {})

    def call_headers(self) -> dict[str, str]:
        """Sign in to the cloud, and return the headers that a call requires."""
        return {
            "Authorization": f"CWSAuth bearer={self.token()}",
            "Accept": "application/json",
            "Citrix-CustomerId": self.facts["customer_id"],
            "Citrix-InstanceId": self.facts["site_id"],
        }

    def _call(self, method: str, path: str, query: dict) -> requests.Response:
        url = f"{self.url}/cvad/manage/{path}"
        answer = self._http.request(method, url, params=query, headers=self.call_headers(), timeout=CONTROL_TIMEOUT)
        assert answer.ok, answer.text
        return answer

    def calls(self, since: int = 0, items: bool = False, answers: bool = False) -> list[dict]:
        """Return the calls after a mark; items: including those of batches; answers: with responses."""
        wanted = {"since": since, "items": str(items).lower(), "answers": str(answers).lower()}
        return self._control("GET", "calls", params=wanted)["calls"]

    def mark(self) -> int:
        """Return the number of the last call."""
        return self._control("GET", "calls")["next"]

    def kinds(self) -> list[str]:
        """Return the operations called since the reset, in order."""
        names = {"clients": "sign-in", "Tokens": "sign-in", "tokens": "sign-in", "RecordingStatus": "status"}
        kinds = []
        for call in self.calls():
            parent, last = call["path"].rsplit("/", 2)[1:]
            operation = last in names or last in ("me", "Machines", "Sessions") or last.startswith("$")
            kinds.append(names.get(last, last) if operation else parent)
        return kinds

    def counts(self) -> Counter:
        """Return the number of calls of each kind since the reset."""
        return Counter(self.kinds())

    def listings(self) -> int:
        """Return how many pages of sessions or machines were requested since the reset."""
        return sum(call["path"].endswith(("/Sessions", "/Machines", "/$search")) for call in self.calls())

    def state(self) -> dict[str, dict]:
        return {session["id"]: session for session in self._control("GET", "state")["sessions"]}

    def sessions_on(self, machine: str) -> list[dict]:
        return [session for session in self.state().values() if session["machine"] == machine]

    def recordable_on(self, machine: str) -> list[dict]:
        """Return the recordable sessions that are not recorded."""
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
    def environment(self) -> dict[str, str]:
        """Return the options of the cloud as environment variables."""
        return {f"CITRIX_{name.upper()}": value for name, value in self.cloud.items()}

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
        """Return a controller with its other base path, with the ids in the path."""
        return {**self.on_premises, "api_url": f"{self.url}/citrix/orchestration/api"}

    def token(self) -> str:
        """Sign in to the cloud and return the token, as another tool would pass it."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.facts["client_id"],
            "client_secret": self.facts["client_secret"],
        }
        url = f"{self.url}/cctrustoauth2/{self.facts['customer_id']}/tokens/clients"
        return self._http.post(url, data=form, timeout=CONTROL_TIMEOUT).json()["access_token"]
