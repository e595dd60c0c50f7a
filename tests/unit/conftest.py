# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the unit tests: default options, a fake clock, an API with a response table."""

from __future__ import annotations

import json
import os
import ssl
import threading
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from unittest import mock

import pytest
import trustme
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import locks
from ansible_collections.sessionops.citrix.plugins.module_utils._client import throttle
from ansible_collections.sessionops.citrix.plugins.module_utils._client.api import Api
from ansible_collections.sessionops.citrix.plugins.module_utils._client.auth import Token
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import Response
from ansible_collections.sessionops.citrix.plugins.module_utils._common import options
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import api_error
from ansible_collections.sessionops.citrix.plugins.module_utils._site.guard import NO_GUARD

TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
FOREIGN_VARIABLES = (
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NETRC",
    "NO_PROXY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """Remove variables for Citrix, proxies and certificates from the environment of the tests."""
    for name in list(os.environ):
        if name.startswith("CITRIX_") or name.upper() in FOREIGN_VARIABLES:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def own_locks(tmp_path_factory):
    """Lock sessions apart from all other processes: the tests of each have the same site."""
    with mock.patch.object(locks, "SHARED", str(tmp_path_factory.mktemp("locks"))):
        yield


@pytest.fixture
def params():
    """Return a factory of a module's shared options: the defaults, changed by keyword arguments."""

    def make(**given):
        return {**{name: spec.get("default") for name, spec in options.OPTIONS.items()}, **given}

    return make


@pytest.fixture
def settings(params):
    """Return a factory of validated options: a cloud customer with a site and a token."""

    def make(**given):
        return options.settings(params(**{**CLOUD, **given}))

    return make


REFUSAL = '{"type": "https://errors-api.cloud.com/x", "detail": "Refused."}'
CLOUD = {"customer_id": "customer1", "site_id": "site1", "access_token": TOKEN}


class Clock:
    """A clock that advances only when a function sleeps."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds is not None, "waits for another thread, and there is none"
        self.slept.append(seconds)
        self.now += seconds

    def make(self, factory, *arguments):
        """Return an object of _client that uses this clock: a throttle, or a retrier with one."""
        times = SimpleNamespace(monotonic=self)
        threads = SimpleNamespace(
            Lock=nullcontext, Condition=lambda: Gate(self), Event=lambda: SimpleNamespace(wait=self.sleep, set=dict)
        )
        with mock.patch.multiple(throttle, time=times, threading=threads):
            return factory(*arguments)


class Gate(nullcontext):
    """A condition that no thread notifies: waiting for it advances the clock."""

    def __init__(self, clock):
        super().__init__()
        self.wait = clock.sleep

    def notify(self):
        pass


@pytest.fixture
def clock():
    return Clock()


class FakeApi(Api):
    """Return responses from a table and record calls, like the interface of _client.api.

    The key of a call is "METHOD path", followed by "?id=..." if its query has one. Its responses are used in turn, and
    the last one is repeated: an object is a body, a number is the status of an error, an error is raised, a function
    is called with the call, and a Response is returned unchanged.
    """

    def __init__(self, clock):
        self.calls = []
        self.pauses = []
        self.items_of_batches = []
        self.warnings = []
        self.logged = []
        self.clock = clock
        self.counts = {"requests": 0, "throttled": 0, "waited_seconds": 0.0}
        limits = SimpleNamespace(
            active_seconds=clock, pause=clock.sleep, suspend=self.pauses.append, counts=lambda: dict(self.counts)
        )
        given = {**{name: spec.get("default") for name, spec in options.OPTIONS.items()}, **CLOUD, "max_concurrency": 4}
        authenticator = SimpleNamespace(mask=str)
        super().__init__(
            SimpleNamespace(throttle=limits),
            authenticator,
            options.settings(given),
            self.warnings.append,
            self.logged.append,
        )
        self.guard = NO_GUARD
        # The account can see a machine, as most accounts can.
        self._answers = {"GET Machines": [{"Items": [{"Id": "m1"}]}]}

    def on(self, key, *answers):
        self._answers[key] = list(answers)

    def send(self, call):
        key = key_of(call)
        with self._lock:
            self.calls.append(call)
            self.counts["requests"] += 1
        answer = self._next_answer(key)
        if callable(answer):
            answer = answer(call)
        if isinstance(answer, int):
            raise api_error(call.what, answer, REFUSAL, f"transaction-of-{key}")
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else Response(answer, f"transaction-of-{key}")

    def do_batch(self, call):
        """Respond to each item of a batch from the table; a function there is called with the item."""
        items = []
        for item in call.body["Items"]:
            path, _mark, query = item["RelativeUrl"].partition("?")
            named = f"?{query}" if query.startswith("id=") else ""
            answer = self._next_answer(f"{item['Method']} {path.lstrip('/')}{named}")
            self.items_of_batches.append(item)
            answer = answer(item) if callable(answer) else answer
            code, body = (answer, REFUSAL) if isinstance(answer, int) else (200, json.dumps(answer))
            items.append({"Reference": item["Reference"], "Code": code, "Body": body})
        return {"Items": items}

    def _next_answer(self, key):
        with self._lock:
            assert key in self._answers, f"unexpected call {key}"
            left = self._answers[key]
            return left.pop(0) if len(left) > 1 else left[0]

    def token(self):
        return Token(TOKEN, ends_at=1767604471.9)

    def sent(self, prefix=""):
        """Return the keys of the calls so far with this prefix, in order."""
        return [key for key in map(key_of, self.calls) if key.startswith(prefix)]

    @property
    def writes(self):
        return [call for call in self.calls if call.write]

    @property
    def searches(self):
        """Return the bodies of the searches so far."""
        return [call.body for call in self.calls if call.path.endswith("/$search")]

    @staticmethod
    def conditions(body):
        """Return the conditions of a search: those that must all match, and the alternative groups."""
        groups = body.get("SearchFilterGroups", [])
        single = [
            each for group in groups if group["SearchFilterGroupType"] == "And" for each in group["SearchFilters"]
        ]
        choices = [group["SearchFilters"] for group in groups if group["SearchFilterGroupType"] == "Or"]
        return [*body.get("SearchFilters", []), *single], choices


def key_of(call):
    return f"{call.method} {call.path}" + (f"?id={call.query['id']}" if "id" in call.query else "")


@pytest.fixture
def fake_api(clock):
    return FakeApi(clock)


@pytest.fixture(scope="session")
def new_fake_api():
    """Return a factory of fake APIs, for tests that require a new one for each example."""
    return lambda: FakeApi(Clock())


@pytest.fixture(scope="session")
def authority():
    """Return a certificate authority that no one trusts."""
    return trustme.CA()


@pytest.fixture(scope="session")
def secure_site(authority):
    """Return the URL of a server with a certificate of that authority; it returns {}."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_arguments):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
