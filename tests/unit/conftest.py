# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the unit tests share: options at their defaults, a clock that nobody waits for, an API that answers by table."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from types import SimpleNamespace
from unittest import mock

import hypothesis
import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client import throttle
from ansible_collections.sessionops.citrix.plugins.module_utils._client.api import Api
from ansible_collections.sessionops.citrix.plugins.module_utils._client.auth import Token
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import Answer
from ansible_collections.sessionops.citrix.plugins.module_utils._common import options
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import api_error

# The same examples in every run; `pytest --hypothesis-profile=default` looks for new ones.
hypothesis.settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
hypothesis.settings.register_profile("few", hypothesis.settings.get_profile("repeatable"), max_examples=20)
hypothesis.settings.load_profile("repeatable")

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
    """Keep what the developer's shell says about Citrix, proxies and certificates out of the tests."""
    for name in list(os.environ):
        if name.startswith("CITRIX_") or name.upper() in FOREIGN_VARIABLES:
            monkeypatch.delenv(name)


@pytest.fixture
def params():
    """Return a factory of the shared options as a module gets them: the defaults, and what the test sets."""

    def make(**given):
        return {**{name: spec.get("default") for name, spec in options.OPTIONS.items()}, **given}

    return make


@pytest.fixture
def settings(params):
    """Return a factory of checked options: a cloud customer with a site and a token, and what the test sets."""

    def make(**given):
        return options.settings(params(**{**CLOUD, **given}))

    return make


REFUSAL = '{"type": "https://errors-api.cloud.com/x", "detail": "Refused."}'
CLOUD = {"customer_id": "customer1", "site_id": "site1", "access_token": TOKEN}


class Clock:
    """A clock that moves only where somebody sleeps."""

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
        """Return what a factory of _client makes, on this clock: a throttle, or a retrier with one."""
        times = SimpleNamespace(monotonic=self)
        threads = SimpleNamespace(
            Lock=nullcontext, Condition=lambda: Gate(self), Event=lambda: SimpleNamespace(wait=self.sleep, set=dict)
        )
        with mock.patch.multiple(throttle, time=times, threading=threads):
            return factory(*arguments)


class Gate(nullcontext):
    """A condition that nobody else notifies: to wait for it moves the clock."""

    def __init__(self, clock):
        super().__init__()
        self.wait = clock.sleep

    def notify(self):
        pass


@pytest.fixture
def clock():
    return Clock()


class FakeApi(Api):
    """Answers calls from a table and records them: what the layers above _api see of it.

    A call is keyed as "METHOD path", with "?id=..." behind it where its query has one. Its answers are given in turn,
    the last one for ever: an object is a body, a number the status of an error, an error is raised, and a function is
    asked with the call; an Answer is taken as it is.
    """

    def __init__(self, clock):
        self.calls = []
        self.holds = []
        self.items_of_batches = []
        self.warnings = []
        self.logged = []
        self.clock = clock
        self.counts = {"requests": 0, "throttled": 0, "waited_seconds": 0.0}
        limits = SimpleNamespace(
            active_seconds=clock, pause=clock.sleep, hold=self.holds.append, counts=lambda: dict(self.counts)
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
        # The account sees a machine, as most do.
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
        return answer if isinstance(answer, Answer) else Answer(answer, f"transaction-of-{key}")

    def do_batch(self, call):
        """Answer each item of a batch by the table; a function there is asked with the item."""
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
            assert key in self._answers, f"nobody expected the call {key}"
            left = self._answers[key]
            return left.pop(0) if len(left) > 1 else left[0]

    def token(self):
        return Token(TOKEN, ends_at=1767604471.9)

    def sent(self, prefix=""):
        """Return the keys of the calls made so far that begin so, in their order."""
        return [key for key in map(key_of, self.calls) if key.startswith(prefix)]

    @property
    def writes(self):
        return [call for call in self.calls if call.write]

    @property
    def searches(self):
        """The bodies of the searches made so far."""
        return [call.body for call in self.calls if call.path.endswith("/$search")]

    @staticmethod
    def conditions(body):
        """Return the conditions of a search: those that must all hold, and the groups of which one each must."""
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
    """Return a factory of fake APIs, for tests that need a new one for each example."""
    return lambda: FakeApi(Clock())
