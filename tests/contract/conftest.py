# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator, the client in this process, and independent requests."""

from __future__ import annotations

import base64
import json
from unittest.mock import Mock
from urllib.parse import quote, urlencode

import pytest
import requests
from ansible_collections.sessionops.citrix.plugins.module_utils._client.api import connect
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError
from ansible_collections.sessionops.citrix.plugins.module_utils._common.options import OPTIONS, settings
from ansible_collections.sessionops.citrix.plugins.module_utils._site.guard import NO_GUARD
from openapi_contract import FORM, Operation
from support.simulator_process import CONTROL_TIMEOUT, Simulator

NAMES = {
    "Admin": "Full Administrator",
    "Applications": "Text Editor",
    "DeliveryGroups": "Office Desktops",
    "MachineCatalogs": "Multi-session Windows",
    "Machines": "LAB|vda-001",
    "Sites": "Simulated Site 1",
}
BODIES = {
    "searchMachines": {
        "SearchFilters": [{"Property": "SessionSupport", "Operator": "Equals", "Value": "MultiSession"}]
    },
    "searchSessions": {"SearchFilters": [{"Property": "SessionState", "Operator": "NotEquals", "Value": "Unknown"}]},
    "sendMessage": {"Style": "Information", "Title": "Recording", "Text": "This session is being recorded."},
}


@pytest.fixture
def simulator(simulator_process):
    """Return a simulator with 5 machines and 2 sessions of each kind, and an empty log."""
    simulator_process.reset(sessions=20)
    return simulator_process


@pytest.fixture
def client():
    """Return a function that runs a module in this process and returns its result, or None.

    None means that it failed with an error; requests before the error are in the log.
    """

    def run(module, connection, **options):
        spec = {**OPTIONS, **getattr(module, "ARGUMENT_SPEC", {})}
        params = {**{name: option.get("default") for name, option in spec.items()}, **connection, **options}
        task = Mock(spec_set=["params", "check_mode", "warn"], params=params, check_mode=False)
        try:
            api = connect(settings(params), False, task.warn, task.warn)
            api.guard = NO_GUARD
            return module.run(task, api)
        except CitrixError:
            return None

    return run


class Asker:
    """Build requests from the file: all declared parameters, with values of the simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        facts = simulator.facts
        pair = f"{facts['username']}:{facts['password']}".encode()
        # One kind of URL for each base.
        self._before_items = ("", f"{facts['customer_id']}/{facts['site_id']}")
        self._names = {
            "customerId": facts["customer_id"],
            "id": next(iter(simulator.state())),
            "siteId": facts["site_id"],
        }
        self._headers = {
            "accept": "application/json",
            "authorization": f"CWSAuth bearer={simulator.token()}",
            "citrix-customerid": facts["customer_id"],
            "citrix-instanceid": facts["site_id"],
        }
        self._job = self._begin_job()
        self._basic = f"Basic {base64.b64encode(pair).decode()}"
        self._bodies = {
            "signInToCloud": {
                "grant_type": "client_credentials",
                "client_id": facts["client_id"],
                "client_secret": facts["client_secret"],
            },
            "signInToGovernmentCloud": {"ClientId": facts["client_id"], "ClientSecret": facts["client_secret"]},
            **BODIES,
        }

    def __call__(self, operation: Operation, base=0, names=None, query=None, headers=None, body=None) -> dict:
        """Send a request for an operation and return its entry in the log.

        base: selects a server of the operation. Other arguments replace names in the path, parameters of the query,
        headers (None omits one), members of the body.
        """
        address = operation.servers[base].rstrip("/") + operation.path
        named = {
            **self._names,
            **({"id": self._job} if operation.path.startswith("/Jobs/") else {}),
            "nameOrId": NAMES.get(operation.path.split("/")[1], ""),
            "tokens": "tokens" if base else "Tokens",
            **(names or {}),
        }
        for name, value in named.items():
            address = address.replace(f"{{{name}}}", quote(value, safe=""))
        sent = {name: value for name, value in self._headers.items() if name in operation.headers}
        if operation.id == "signInOnPremises":
            sent["authorization"] = self._basic
        members = {**self._bodies.get(operation.id, {}), **(body or {})}
        if operation.id == "doBatch":
            members = {"Items": self._items(base), **members}
        for content_type in operation.bodies:
            sent["content-type"] = content_type
        with requests.Session() as http:
            http.trust_env = False
            # Send only parameters of the file.
            http.headers.clear()
            http.request(
                operation.method,
                self._simulator.url + address,
                params={**({"id": named["id"]} if "id" in operation.query else {}), **(query or {})},
                headers={**sent, **{name.lower(): value for name, value in (headers or {}).items()}},
                data=(urlencode if FORM in operation.bodies else json.dumps)(members) if members else None,
                allow_redirects=False,
                timeout=CONTROL_TIMEOUT,
            )
        return self._simulator.calls(answers=True)[-1]

    def _items(self, base: int) -> list[dict]:
        """Return a read, a read of an unknown object, and a write with a body that becomes a job."""
        before, session_id = self._before_items[base], self._names["id"]
        return [
            {"Reference": "read", "RelativeUrl": f"{before}/Sessions/RecordingStatus?id={session_id}"},
            {"Reference": "read-nothing", "Method": "GET", "RelativeUrl": f"{before}/Machines/unknown?fields=Id"},
            {
                "Reference": "write",
                "Method": "POST",
                "RelativeUrl": f"{before}/Sessions/{session_id}/$sendMessage?async=true",
                "Body": json.dumps(BODIES["sendMessage"]),
            },
        ]

    def _begin_job(self) -> str:
        """Return the id of a batch that has ended."""
        path, items = "/cvad/manage/$batch?async=true", {"Items": self._items(0)}
        reply = requests.post(self._simulator.url + path, headers=self._headers, json=items, timeout=CONTROL_TIMEOUT)
        return reply.headers["Location"].rpartition("/")[2]


@pytest.fixture
def ask(simulator):
    return Asker(simulator)
