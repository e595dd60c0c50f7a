# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compared clients: this collection's, and common policies."""

from __future__ import annotations

from typing import Callable

from ansible_collections.sessionops.citrix.plugins.module_utils._client.retries import Retrier
from ansible_collections.sessionops.citrix.plugins.module_utils._client.retry_after import retry_delay
from ansible_collections.sessionops.citrix.plugins.module_utils._client.transport import Reply, Request
from ansible_collections.sessionops.citrix.plugins.module_utils._common import options
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError

from limiters.runs import Client, Server, Setting
from limiters.virtual import EPOCH, VirtualTime

READ = Request("GET", "https://api.cloud.com/read", "read something")
PATIENT = 100
"""Attempts of a policy without a limit."""


def collection(time: VirtualTime, server: Server, setting: Setting) -> Callable[[], bool]:
    """Use the real classes with default options."""
    given = {name: spec.get("default") for name, spec in options.OPTIONS.items()}
    given.update(customer_id="c", site_id="s", access_token="t" * 20, max_concurrency=setting.concurrency)
    retrier = Retrier(server, options.settings(given))  # type: ignore[arg-type]

    def call() -> bool:
        try:
            return retrier.send(READ).status == 200
        except CitrixError:
            return False

    return call


class Spaced:
    """Keep an interval between requests; resend refused ones after their hint."""

    def __init__(self, time: VirtualTime, server: Server, rate: float, learns: bool) -> None:
        self._time, self._server, self._rate, self._learns = time, server, rate, learns
        self._due = self._cut_at = 0.0

    def __call__(self) -> bool:
        for _try in range(PATIENT):
            due = max(self._due, self._time.now)
            self._due = due + 1 / self._rate
            self._time.sleep(due - self._time.now)
            sent = self._time.now
            reply = self._server.send()
            if reply.status == 200:
                # Additive increase: half a request per second in each second.
                self._rate += 0.5 / self._rate if self._learns else 0.0
                return True
            self._due = max(self._due, self._time.now + _delay(self._time, reply))
            if self._learns and sent >= self._cut_at:
                self._rate, self._cut_at = max(self._rate / 2, 0.1), self._time.now
        return False


def known_rate(time: VirtualTime, server: Server, _setting: Setting) -> Callable[[], bool]:
    """Use the known quota."""
    return Spaced(time, server, server.rate, learns=False)


def aimd(time: VirtualTime, server: Server, _setting: Setting) -> Callable[[], bool]:
    """Halve the rate after a refusal, add a little after success; starts at twice the quota."""
    return Spaced(time, server, 2 * server.rate, learns=True)


def retry_after(time: VirtualTime, server: Server, _setting: Setting) -> Callable[[], bool]:
    """Follow the hint in each thread, up to ten times."""

    def call() -> bool:
        for _try in range(10):
            reply = server.send()
            if reply.status == 200:
                return True
            time.sleep(_delay(time, reply))
        return False

    return call


def sdk(time: VirtualTime, server: Server, _setting: Setting) -> Callable[[], bool]:
    """Retry like Citrix's Go SDK: three times after 15, 30 and 60 seconds, without hints."""

    def call() -> bool:
        for pause in (15.0, 30.0, 60.0):
            if server.send().status == 200:
                return True
            time.sleep(pause)
        return server.send().status == 200

    return call


def _delay(time: VirtualTime, reply: Reply) -> float:
    text = retry_delay(reply.headers, "", EPOCH + time.now)
    return 1.0 if text is None else max(text, 0.1)


OWN = "this collection"
CLIENTS: dict[str, Client] = {
    OWN: collection,
    "known rate": known_rate,
    "AIMD": aimd,
    "Retry-After only": retry_after,
    "Go SDK's policy": sdk,
}
