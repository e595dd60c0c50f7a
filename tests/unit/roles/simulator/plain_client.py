# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client written with urllib from the pages of Citrix, independent of the collection."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

ON_PREMISES = "CitrixOnPremises"
GATEWAY = "/cvad/manage"
DIRECT = "/citrix/orchestration/api"
# States in which a job continues.
PENDING = ("Unknown", "NotStarted", "InProgress")

_open = build_opener(ProxyHandler({})).open


class Refused(Exception):
    """A response with a status of 400 or more."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def send(method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, Any, Any]:
    """Send a request, follow redirects, and return status, headers and the decoded JSON or None."""
    request = Request(url, data=body, headers=headers, method=method)
    try:
        with _open(request, timeout=10) as response:
            text = response.read()
            return response.status, response.headers, json.loads(text) if text else None
    except HTTPError as error:
        with error:
            raise Refused(error.code, error.read().decode()) from None


def cloud_token(url: str, customer: str, client_id: str, client_secret: str) -> str:
    """Sign in as an API client of Citrix Cloud (OAuth 2)."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    address = f"{url}/cctrustoauth2/{customer}/tokens/clients"
    return send("POST", address, headers, urlencode(form).encode())[2]["access_token"]


def government_token(url: str, customer: str, client_id: str, client_secret: str) -> str:
    """Sign in at the trust service of Citrix Cloud Government, with either published response."""
    body = json.dumps({"ClientId": client_id, "ClientSecret": client_secret}).encode()
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    answer = send("POST", f"{url}/{customer}/tokens/clients", headers, body)[2]
    return answer.get("Token") or answer["token"]


def on_premises_token(address: str, username: str, password: str) -> str:
    """Sign in at a controller as an administrator, with Basic only."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    return send("POST", address, {"Authorization": f"Basic {pair}"})[2]["Token"]


class PlainClient:
    """Calls of one customer. Without the gateway, the ids are in the path after discovery."""

    def __init__(self, url: str, token: str, customer: str, gateway: bool) -> None:
        self._url = url
        self._token = token
        self._customer = customer
        self._gateway = gateway
        self._site = ""
        sites = self.call("GET", "/me")["Customers"][0]["Sites"]
        self.sites = [site["Id"] for site in sites]
        self.detail = self.call("GET", f"/Sites/{self.sites[0]}")
        self._site = self.sites[0]

    def _base(self, path: str) -> str:
        if self._gateway:
            return GATEWAY
        if path == "/me":
            return DIRECT
        return "/".join([DIRECT, self._customer, *([self._site] if self._site else [])])

    def respond(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any, Any]:
        """Send a call below the base and return status, headers and body."""
        headers = {
            "Accept": "application/json",
            "Authorization": f"CWSAuth bearer={self._token}",
            "Citrix-CustomerId": self._customer,
            "Citrix-TransactionId": str(uuid.uuid4()),
        }
        if self._site:
            headers["Citrix-InstanceId"] = self._site
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
            data = json.dumps(body).encode()
        address = self._url + self._base(path) + path
        return send(method, f"{address}?{urlencode(query)}" if query else address, headers, data)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Send a call below the base and return its body."""
        return self.respond(method, path, body, **query)[2]

    def pages(self, method: str, path: str, body: Any = None, **query: Any) -> Iterator[list[dict]]:
        """Read all pages of a list, until there is no continuation token."""
        while True:
            answer = self.call(method, path, body, **query)
            yield answer["Items"]
            if not answer.get("ContinuationToken"):
                return
            query["continuationToken"] = answer["ContinuationToken"]

    def machine(self, name: str, *rest: str) -> Any:
        """Read a machine or a resource below it; a path has a bar for the backslash of a name."""
        return self.call("GET", "/".join(["/Machines", quote(name.replace("\\", "|"), safe=""), *rest]))

    def recorded(self, session_id: str) -> bool:
        """Read the recording status of a session."""
        return self.call("GET", "/Sessions/RecordingStatus", id=session_id)["IsSessionBeingRecorded"]

    def batch(self, calls: dict[str, tuple[str, str]], **query: Any) -> tuple[int, Any, Any]:
        """Send calls, {reference: (method, path)}, in one request."""
        before = "" if self._gateway else f"/{self._customer}/{self._site}"
        items = [
            {
                "Reference": reference,
                "Method": method,
                "RelativeUrl": before + path,
                "Headers": [{"Name": "Authorization", "Value": f"Bearer {self._token}"}],
            }
            for reference, (method, path) in calls.items()
        ]
        return self.respond("POST", "/$batch", {"Items": items}, **query)

    def follow(self, location: str) -> dict:
        """Wait for the end of the job in a Location, and return it."""
        while True:
            job = self.call("GET", f"/Jobs/{location.rpartition('/')[2]}")
            if job["Status"] not in PENDING:
                return job
            time.sleep(0.05)
