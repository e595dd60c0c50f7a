# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of each request: control path, or call log, fault rules, operation."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Callable

from .access import Credentials
from .calls import CallLog, Entry
from .control import PREFIX, control
from .effects import EFFECTS, Target
from .faults import Fault, Faults
from .message import RefusedError, Reply, Request
from .routes import perform
from .server import Outcome
from .settings import Settings
from .world import World

_TRANSACTION = "Citrix-TransactionId"


class Simulator:
    """The application behind all connections."""

    def __init__(self, settings: Settings, credentials: Credentials, stop: Callable[[], None]) -> None:
        self.started_with = settings
        self.credentials = credentials
        self.stop = stop
        self.reset(settings)

    def reset(self, settings: Settings) -> None:
        """A fresh fleet, no tokens, no rules, an empty log. Requests under way go on in the world they began in."""
        self.world = World(settings, self.credentials)
        self.faults = Faults()
        self.calls = CallLog()

    def begin(self, request: Request) -> tuple[float, Callable[[], Outcome]]:
        """Log the call and match the rules now; the work comes after the latency of the rules."""
        if request.path.startswith(PREFIX):
            return 0.0, lambda: Outcome(control(request, self))
        calls, world = self.calls, self.world
        entry = calls.open(request)
        latency, fault = self.faults.match(request)
        return latency, lambda: self._work(request, world, calls, entry, fault)

    def _work(self, request: Request, world: World, calls: CallLog, entry: Entry, fault: Fault | None) -> Outcome:
        transaction = request.headers.get("citrix-transactionid") or str(uuid.uuid4())

        def act(lag: float) -> Reply:
            try:
                return perform(request, world, transaction, lag)
            except RefusedError as refusal:
                return refusal.reply

        if fault is None:
            outcome = Outcome(act(0.0))
        else:
            outcome = EFFECTS[fault.effect].apply(fault.value, Target(request, world, act))
        reply = outcome.reply
        if reply is None:
            return outcome
        reply.headers += ((_TRANSACTION, transaction),)
        entry.status = reply.status
        return Outcome(reply, keep=partial(calls.answer, entry))
