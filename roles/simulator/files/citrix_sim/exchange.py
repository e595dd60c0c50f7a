# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log one call or one item of a batch, apply the fault rules, and run its operation."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Callable, NamedTuple

from .call_log import CallLog, Entry
from .faults.effects import EFFECTS, Target
from .faults.rules import Fault, Faults
from .faults.twist import UNCHANGED, Twist
from .http.connection import Later, Outcome
from .http.error_forms import shaped
from .http.message import LateReply, RefusedError, Reply, Request, refuse
from .operations.call import BeginItem
from .operations.routes import perform
from .state.state import State

_TRANSACTION = "Citrix-TransactionId"


def _transaction(request: Request) -> str:
    """Return the transaction id of a call: the one that the client sent, or a new one."""
    return request.headers.get("citrix-transactionid") or str(uuid.uuid4())


class Exchange(NamedTuple):
    """The state that a reset replaces. A request that has begun keeps the state it began with."""

    state: State
    faults: Faults
    calls: CallLog

    def begin(self, request: Request) -> Later:
        """Log the call and match the rules; the work follows after the latency of the rules."""
        entry = self.calls.open(request)
        refusal = self.state.quota.refuse(request)
        if refusal is not None:
            return Later(0.0, partial(self._answer, entry, _transaction(request), Outcome(refusal)))
        latency, fault = self.faults.match(request)
        return Later(latency, partial(self._work, request, entry, fault))

    def _work(self, request: Request, entry: Entry, fault: Fault | None) -> Outcome | Later:
        transaction = _transaction(request)
        begin_item = partial(self._begin_item, entry, transaction)
        outcome = self._outcome(request, transaction, fault, begin_item)
        if isinstance(outcome.reply, LateReply):
            late = outcome.reply
            return Later(late.seconds, lambda: self._end(entry, transaction, Outcome(late.make())))
        return self._end(entry, transaction, outcome)

    def _outcome(
        self, request: Request, transaction: str, fault: Fault | None, begin_item: BeginItem | None
    ) -> Outcome:
        def act(twist: Twist) -> Reply:
            try:
                return perform(request, self.state, transaction, twist, begin_item)
            except RefusedError as refusal:
                return shaped(refusal.reply, self.state.settings.error_form)

        if fault is None:
            return Outcome(act(UNCHANGED))
        return EFFECTS[fault.effect].apply(fault.value, Target(request, self.state, act))

    def _end(self, entry: Entry, transaction: str, outcome: Outcome) -> Outcome:
        self.state.quota.leave()
        return self._answer(entry, transaction, outcome)

    def _answer(self, entry: Entry, transaction: str, outcome: Outcome) -> Outcome:
        reply = outcome.reply
        if reply is None:
            return outcome
        reply.headers += ((_TRANSACTION, transaction),)
        reply.clock_offset = self.state.settings.clock_offset
        entry.status = reply.status
        return Outcome(reply, keep=partial(self.calls.answer, entry))

    def _begin_item(
        self, batch: Entry, transaction: str, request: Request, refusal: Reply | None
    ) -> tuple[float, Callable[[], Reply]]:
        """Match the rules of an item; its work, after its cost in seconds, also logs it."""
        latency, fault = self.faults.match(request)

        def work() -> Reply:
            entry = self.calls.open_item(request, batch)
            reply = refusal and shaped(refusal, self.state.settings.error_form)
            reply = reply or self._outcome(request, transaction, fault, None).reply
            if reply is None or 300 <= reply.status < 400:
                # An item has no connection that could be closed, and a redirect cannot be followed.
                reply = refuse(500, "internalServerError", "The item failed.").reply
            entry.status = reply.status
            return reply

        return self.state.settings.batch_item_seconds + latency, work
