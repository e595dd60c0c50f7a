# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator process per module, reset before each test, and a small independent client."""

from __future__ import annotations

import base64
import json
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, Callable

import pytest
import requests

SCRIPT = pathlib.Path(__file__).parents[4] / "roles" / "simulator" / "files" / "citrix_simulator.py"
CLOUD = "/cvad/manage"
ATTEMPTS = 20


class Simulator:
    """A running simulator and its connection data; calls have valid headers unless changed."""

    def __init__(self, *arguments: str, script: pathlib.Path = SCRIPT) -> None:
        command = [sys.executable, "-B", str(script), "--lifetime", "120", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.connection: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.url: str = self.connection["url"]
        self.http = requests.Session()
        self.http.trust_env = False
        # Send only the headers of a test: no Accept header of the library.
        self.http.headers.clear()
        self.http.auth = lambda request: request
        self.token = ""

    def close(self) -> None:
        """Stop the process."""
        self.http.close()
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def control(self, path: str, body: Any = None) -> Any:
        """Send a POST if there is a body, else a GET."""
        method = "GET" if body is None else "POST"
        reply = self.raw_control(method, path, json=body)
        reply.raise_for_status()
        return reply.json()

    def raw_control(self, method: str, path: str, headers: Any = None, **arguments: Any) -> requests.Response:
        """Send a request to a control path; headers replace the one with the token."""
        if headers is None:
            headers = {"Authorization": f"Bearer {self.connection['control_token']}"}
        return self.http.request(method, f"{self.url}/_control/{path}", headers=headers, timeout=10, **arguments)

    def reset(self, **settings: Any) -> None:
        """Create a new fleet and a new cloud token."""
        self.control("reset", settings)
        self.token = self.sign_in_cloud().json()["access_token"]

    def faults(self, *rules: dict[str, Any]) -> None:
        """Set these fault rules."""
        self.control("faults", list(rules))

    def state(self) -> dict[str, dict[str, Any]]:
        """Return the actual state of each session by its id."""
        return {entry["id"]: entry for entry in self.control("state")["sessions"]}

    def sign_in_cloud(self, **changes: Any) -> requests.Response:
        """Sign in as an API client; changes replace keyword arguments of the request."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.connection["client_id"],
            "client_secret": self.connection["client_secret"],
        }
        url = f"{self.url}/cctrustoauth2/{self.connection['customer_id']}/tokens/clients"
        return self.http.post(url, **{"data": form, "timeout": 10, **changes})

    def sign_in_on_premises(self, path: str = "/cvad/manage/Tokens", **headers: str | None) -> requests.Response:
        """Sign in as the administrator; None omits a header."""
        pair = f"{self.connection['username']}:{self.connection['password']}".encode()
        basic = {"Authorization": f"Basic {base64.b64encode(pair).decode()}", "Accept": "application/json"}
        return self.http.post(self.url + path, headers={**basic, **headers}, timeout=10)

    def headers(self, **changes: str | None) -> dict[str, str | None]:
        """Return valid headers; underscores in names become hyphens, None omits a header."""
        good = {
            "Authorization": f"CWSAuth bearer={self.token}",
            "Accept": "application/json",
            "Citrix-CustomerId": self.connection["customer_id"],
            "Citrix-InstanceId": self.connection["site_id"],
        }
        return {**good, **{name.replace("_", "-"): value for name, value in changes.items()}}

    def get(self, path: str, params: Any = None, base: str = CLOUD, **headers: str | None) -> requests.Response:
        """Send a GET below a base."""
        url = self.url + base + path
        return self.http.get(url, params=params, headers=self.headers(**headers), timeout=10, allow_redirects=False)

    def post(
        self, path: str, body: Any = None, params: Any = None, base: str = CLOUD, **headers: str | None
    ) -> requests.Response:
        """Send a POST below a base, with an optional JSON body."""
        url = self.url + base + path
        return self.http.post(
            url, params=params, json=body, headers=self.headers(**headers), timeout=10, allow_redirects=False
        )

    def search(self, kind: str, *filters: tuple[str, str, str | None], **body: Any) -> requests.Response:
        """Search for Machines or Sessions by (property, operator, value)."""
        listed = [{"Property": name, "Operator": operator, "Value": value} for name, operator, value in filters]
        return self.post(f"/{kind}/$search", {"SearchFilters": listed, **body})

    def found(self, kind: str, *filters: tuple[str, str, str | None], **body: Any) -> list[str]:
        """Return the ids on the first page of a search."""
        return [item["Id"] for item in self.search(kind, *filters, **body).json()["Items"]]

    def ids(self, **params: Any) -> list[str]:
        """Return the ids on the first page of sessions."""
        return [item["Id"] for item in self.get("/Sessions", {"fields": "Id", **params}).json()["Items"]]

    def batch(self, *items: dict[str, Any], params: Any = None, base: str = CLOUD, **headers: str) -> requests.Response:
        """Send a batch of these items."""
        return self.post("/$batch", {"Items": list(items)}, params, base, **headers)

    def answers(self, *items: dict[str, Any], **arguments: Any) -> dict[str, dict[str, Any]]:
        """Return the responses to the items of a successful batch, by reference."""
        reply = self.batch(*items, **arguments)
        assert reply.status_code == 200, reply.text
        return {answer["Reference"]: answer for answer in reply.json()["Items"]}

    def items(self) -> list[dict[str, Any]]:
        """Return the items of batches in the log."""
        return [entry for entry in self.control("calls?items=true")["calls"] if entry["batch"]]

    def recorded(self, session_id: str) -> Any:
        """Return the value of RecordingStatus."""
        return self.get("/Sessions/RecordingStatus", {"id": session_id}).json()["IsSessionBeingRecorded"]


@pytest.fixture
def start() -> Iterator[Callable[..., Simulator]]:
    """Return a function that starts more processes, which stop at the end of the test."""
    started = []

    def begin(*arguments: str, script: pathlib.Path = SCRIPT) -> Simulator:
        started.append(Simulator(*arguments, script=script))
        return started[-1]

    yield begin
    for simulator in started:
        simulator.close()


@pytest.fixture(scope="session")
def timed() -> Callable[..., Any]:
    """Return a function that runs a scenario, which takes at least and less than some seconds.

    It returns the result. Other processes can only slow it down, so it starts again if it takes longer.
    """

    def run(least: float, most: float, scenario: Callable[[], Any]) -> Any:
        for _attempt in range(ATTEMPTS):
            began = time.monotonic()
            result = scenario()
            took = time.monotonic() - began
            assert took >= least
            if took < most:
                return result
        pytest.fail(f"took {most} s or longer in each of {ATTEMPTS} attempts")

    return run


@pytest.fixture(scope="session")
def script() -> pathlib.Path:
    """Return the command."""
    return SCRIPT


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    """Return the process of the module."""
    simulator = Simulator()
    yield simulator
    simulator.close()


@pytest.fixture
def simulator(process: Simulator) -> Simulator:
    """Return the process of the module after a reset, with a valid token."""
    process.reset()
    return process
