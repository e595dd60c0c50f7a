# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the bytes of each request in each deployment with requests.txt.

`WRITE_REQUESTS=1 pytest tests/contract/test_requests.py` rewrites the file; its diff shows the changes.
"""

from __future__ import annotations

import io
import json
import os
import re
import uuid
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock
from urllib.parse import unquote, urlsplit

import pytest
import requests
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import converge
from ansible_collections.sessionops.citrix.plugins.module_utils._checks import rights
from ansible_collections.sessionops.citrix.plugins.module_utils._checks.check import Probe
from ansible_collections.sessionops.citrix.plugins.module_utils._client import batches
from ansible_collections.sessionops.citrix.plugins.module_utils._client.api import connect
from ansible_collections.sessionops.citrix.plugins.module_utils._common.options import OPTIONS, settings
from ansible_collections.sessionops.citrix.plugins.module_utils._site.guard import NO_GUARD
from ansible_collections.sessionops.citrix.plugins.module_utils._views import hosts
from ansible_collections.sessionops.citrix.plugins.modules import (
    citrix_machine_sessions_info,
    citrix_machines_info,
    citrix_session_message,
    citrix_session_recording,
    citrix_sessions_info,
    citrix_site_info,
)
from openapi_contract import Contract

LIST = Path(__file__).with_name("requests.txt")
CLIENT = {"customer_id": "customer1", "client_id": "client1", "client_secret": "fake+secret/1=="}
DEPLOYMENTS = {
    "cloud": {"deployment": "cloud", **CLIENT},
    "japan": {"deployment": "japan", **CLIENT},
    "gov": {"deployment": "gov", **CLIENT},
    "on_premises": {
        "deployment": "on_premises",
        "api_url": "https://ddc01.example.com",
        "username": "LAB\\svc",
        "password": "fake-pass:ü%1",
    },
}
SITE = "630cb34d-96d1-5718-923a-d53d6f4780ab"
FIRST, SECOND = "3cfab8ca-9651-5900-9dc2-ba3b489fe4cf", "53fab8ca-9651-5900-9dc2-ba3b489fe4d0"
MACHINE = "LAB\\vda/Ä 001"
NOT_SENT_BY_THE_CLIENT = {"cancelJob", "deleteJob", "listDeliveryGroupMachines", "listDeliveryGroups", "listJobs"}
"""Operations of the contract file for users of the simulator only."""


def a_session(session_id):
    return {
        "Id": session_id,
        "State": "Active",
        "Connection": {"Protocol": "Hdx"},
        "Machine": {"Name": MACHINE, "DnsName": "vda-001.lab.example", "DeliveryGroup": {"Id": SITE, "Name": "A|B"}},
        "User": {"Name": "LAB\\user001", "Sid": "S-1-5-21-1-2-3-1001"},
        "ApplicationsInUse": [{"Id": SITE, "Name": "Text Editor"}],
    }


SESSION_LIST = {"Items": [a_session(FIRST)]}
MACHINES = {"Items": [{"Id": SITE, "Name": MACHINE, "DnsName": "vda-001.lab.example"}]}
BODIES = {
    "clients": {"access_token": "fake-token-1", "expires_in": "3600"},
    "okens": {"Token": "fake-token-1", "ExpiresAt": 3600},
    "me": {"Customers": [{"Id": "customer1", "Sites": [{"Id": SITE, "Name": "Site"}]}]},
    "Sessions": SESSION_LIST,
    "Sessions/$search": SESSION_LIST,
    "Machines": MACHINES,
    "Machines/$search": MACHINES,
    "Machines/*": MACHINES["Items"][0],
    "DeliveryGroups/*": {"Id": SITE, "Name": "Name", "FullName": "Folder\\Name"},
    "MachineCatalogs/*": {"Id": SITE, "Name": "Name", "FullName": "Folder\\Name"},
    "Applications/*": {"Id": SITE, "Name": "Text Editor"},
    "Machines/*/Sessions": SESSION_LIST,
    "Applications/*/Sessions": SESSION_LIST,
    "EffectiveRights": {"Items": [{"Role": {"Id": SITE, "Name": "Role"}, "Scope": {"Name": "All"}}]},
    f"Admin/*/{SITE}": {"Id": SITE, "Name": "Role", "Permissions": []},
}
RECORD = {"state": "started", "session_id": [FIRST], "wait_timeout": 0}
TWO = {**RECORD, "session_id": [FIRST, SECOND]}
INVENTORY = SimpleNamespace(run=lambda task, api: hosts.find_hosts(api, task.params, task.warn))
RIGHTS = SimpleNamespace(run=lambda task, api: read_rights(Probe(api, None, False, None, None)))
CATALOG = {**dict.fromkeys(hosts.OPTIONS), "machine_catalog": ["Folder\\Name"]}
# Title, module and options of each task; batched tasks send more than one call at a time.
TASKS = [
    ("show the site", citrix_site_info, {}),
    ("read the rights of the account", RIGHTS, {}),
    ("list machines", citrix_machines_info, {"fields": ["SessionCount"]}),
    ("find machines", citrix_machines_info, {"machine": [SITE, "vda-001.lab.example"], "fields": ["SessionCount"]}),
    ("find the machines of a catalog", INVENTORY, CATALOG),
    ("list the sessions of a machine", citrix_machine_sessions_info, {"machine": [MACHINE], "fields": ["State"]}),
    ("list sessions", citrix_sessions_info, {}),
    ("search sessions", citrix_sessions_info, {"session_state": ["Active"], "delivery_group": ["Folder\\Name"]}),
    ("list the sessions of an application", citrix_sessions_info, {"application": ["Text Editor"], "fields": ["Id"]}),
    (
        "search the sessions of an application",
        citrix_sessions_info,
        {"application": ["Text Editor"], "user": ["user1"]},
    ),
    ("find the sessions of a user", citrix_sessions_info, {"user": ["LAB\\user001"], "fields": ["User"]}),
    ("start a recording", citrix_session_recording, RECORD),
    ("start a recording in silence", citrix_session_recording, {**RECORD, "notify_user": False}),
    ("stop a recording", citrix_session_recording, {**RECORD, "state": "stopped"}),
    ("send a message", citrix_session_message, {"session_id": [FIRST], "title": "Ä", "text": "a\nb"}),
]
BATCHED = [
    ("start recordings in batches", citrix_session_recording, TWO),
    ("stop recordings in batches", citrix_session_recording, {**TWO, "state": "stopped"}),
    ("send messages in batches", citrix_session_message, {"session_id": [FIRST, SECOND], "title": "Ä", "text": "a\nb"}),
]


def read_rights(probe):
    for check in rights.CHECKS:
        check.run(probe)


class Wire:
    """Replace the network: log each request, and respond."""

    def __init__(self):
        self.written = []
        self.recorded = False
        self.statuses = 0
        self.as_jobs = False
        self.batch = None

    def send(self, request):
        headers = "".join(f"{name}: {value}\n" for name, value in sorted(request.headers.items()))
        body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
        self.written.append(f"{request.method} {request.url}\n{headers}{body and chr(10) + body + chr(10)}")
        status, headers, body = self._answer(request.method, urlsplit(request.url), body)
        response = requests.Response()
        response.status_code, response.raw = status, io.BytesIO(json.dumps(body).encode())
        response.headers.update(headers)
        return response

    def _answer(self, method, url, body):
        path = re.sub(rf"^/(cvad/manage|citrix/orchestration/api)/(customer1/)?({SITE}/)?", "", url.path)
        if path == "$batch":
            items = json.loads(body)["Items"]
            answers = [self._item(item) for item in items]
            if "async=true" in url.query:
                self.batch = {"Items": answers}
                return 202, {"Location": "https://[Ddc]/Jobs/job1"}, {}
            return 200, {}, {"Items": answers}
        return (200, {}, self._one(method, path))

    def _item(self, item):
        path = item["RelativeUrl"].partition("?")[0].removeprefix(f"customer1/{SITE}").lstrip("/")
        return {"Reference": item["Reference"], "Code": 200, "Body": json.dumps(self._one(item["Method"], path))}

    def _one(self, method, path):
        collection, *rest = path.split("/")
        if path == "Jobs/job1/Results":
            return self.batch
        if collection == "Jobs":
            return {"Id": "job1", "Status": "Complete"}
        if path == "Sessions/RecordingStatus":
            return {"IsSessionBeingRecorded": self.recorded}
        if rest[-1:] == ["$startRecording"] or rest[-1:] == ["$stopRecording"]:
            self.recorded = rest[-1] == "$startRecording"
        if collection == "Sessions" and len(rest) == 1 and rest[0] != "$search":
            return a_session(unquote(rest[0]))
        last = path.rpartition("/")[2]
        route = "/".join([collection, *(["*", *rest[1:]] if rest and rest[0] != "$search" else rest)])
        return BODIES.get(route) or BODIES.get(last) or BODIES.get(last[1:]) or {"Id": FIRST}


@pytest.fixture
def wire(monkeypatch):
    wire = Wire()
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", lambda _adapter, request, **_how: wire.send(request))
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=0))
    # Requests are in the order of the selected sessions.
    monkeypatch.setattr(converge, "shuffle", lambda cases: None)
    return wire


def run(module, connection, options):
    spec = {**OPTIONS, **getattr(module, "ARGUMENT_SPEC", {})}
    given = {**{name: option.get("default") for name, option in spec.items()}, **connection, "max_concurrency": 1}
    task = Mock(spec_set=["params", "check_mode", "warn"], params={**given, **options}, check_mode=False)
    api = connect(settings(task.params), False, task.warn, task.warn)
    api.guard = NO_GUARD
    return module.run(task, api)


def sent_in(deployment, wire, monkeypatch):
    """Yield (title, requests) of all tasks in a deployment."""
    connection = DEPLOYMENTS[deployment]

    def of(title, module, options, **more):
        wire.written.clear()
        wire.recorded = options.get("state") == "stopped"
        run(module, {**connection, **more}, options)
        return title, list(wire.written)

    yield of("sign in, find the site", citrix_machines_info, {})
    for title, module, options in TASKS:
        yield of(title, module, options, site_id=SITE, access_token="fake-token-1")
    for title, module, options in BATCHED:
        yield of(title, module, options, site_id=SITE, access_token="fake-token-1", batch_size=2)
    monkeypatch.setattr(batches, "LARGE", 2)
    yield of(
        "start recordings in batches that are jobs",
        citrix_session_recording,
        TWO,
        site_id=SITE,
        access_token="fake-token-1",
        batch_size=2,
    )


def listed(wire, monkeypatch):
    """Return all requests as text; equal requests count once per deployment."""
    parts = []
    for deployment in DEPLOYMENTS:
        known = set()
        with monkeypatch.context() as patched:
            for title, sent in sent_in(deployment, wire, patched):
                new = [each for each in dict.fromkeys(sent) if each not in known]
                known.update(new)
                parts += [f"### {deployment}: {title}\n\n" + "\n".join(new)] if new else []
    return "\n".join(parts)


def test_requests_match_list(wire, monkeypatch):
    text = listed(wire, monkeypatch)
    head = "".join(Path(__file__).read_text(encoding="utf-8").splitlines(keepends=True)[:3])
    if os.environ.get("WRITE_REQUESTS"):
        LIST.write_text(f"{head}\n{text}", encoding="utf-8")
    assert text.splitlines() == LIST.read_text(encoding="utf-8").removeprefix(f"{head}\n").splitlines()


def test_requests_list_every_operation_of_contract():
    contract = Contract()
    found = set()
    text = LIST.read_text(encoding="utf-8")
    for method, url in re.findall(r"^(GET|POST|DELETE) (https://\S+)$", text, re.MULTILINE):
        call = {"method": method, "path": urlsplit(url).path, "query": {}, "headers": {}, "body": ""}
        found.add(contract.find(call).operation.id)
    assert found == set(contract.operations) - NOT_SENT_BY_THE_CLIENT
