# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve one connection with timed responses, without a thread or task for each request."""

from __future__ import annotations

import asyncio
import traceback
from typing import Callable, NamedTuple, Protocol, Union, cast

from .message import Reply, Request
from .wire import MalformedError, RequestReader, keeps_alive, render


class Outcome(NamedTuple):
    """End of a request: a reply, or a connection that is closed after ``delay`` seconds."""

    reply: Reply | None
    delay: float = 0.0
    # Called with the bytes of the response when they are sent.
    keep: Callable[[bytes], None] | None = None


class Later(NamedTuple):
    """Work that is due after a delay in seconds; it may return more delayed work."""

    seconds: float
    work: Callable[[], Union[Outcome, Later]]


class Application(Protocol):
    """The part of the simulator that a connection uses."""

    def begin(self, request: Request) -> Later:
        """Return the work for a request, and the delay before it."""


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive; requests of one connection are processed in sequence."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._reader = RequestReader()
        self._busy = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for responses."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Buffer received bytes, and process them unless a request is in progress."""
        self._reader.feed(data)
        self._advance()

    def _advance(self) -> None:
        while not self._busy:
            try:
                request = self._reader.next()
            except MalformedError as problem:
                self._busy = True
                self._finish(Outcome(problem.reply), False)
                return
            if request is None:
                if self._reader.wants_continue and self._transport:
                    self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            self._busy = True
            self._run(self._application.begin(request), keeps_alive(request))

    def _late(self, step: Later, keep_alive: bool) -> None:
        """Do delayed work, also after a disconnect, which a real service would not notice."""
        self._run(step, keep_alive)
        self._advance()

    def _run(self, step: Outcome | Later, keep_alive: bool) -> None:
        """Do the work that is due now, and schedule the rest."""
        while isinstance(step, Later):
            if step.seconds > 0:
                due = step._replace(seconds=0.0)
                asyncio.get_running_loop().call_later(step.seconds, self._late, due, keep_alive)
                return
            try:
                step = step.work()
            except Exception:
                traceback.print_exc()
                step = Outcome(Reply(500, b"Fault in the simulator itself; see its standard error.", "text/plain"))
        self._finish(step, keep_alive)

    def _finish(self, outcome: Outcome, keep_alive: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if outcome.reply is not None:
            answer = render(outcome.reply, keep_alive)
            transport.write(answer)
            if outcome.keep is not None:
                outcome.keep(answer)
            if keep_alive:
                self._busy = False
            else:
                transport.close()
        elif outcome.delay > 0:
            asyncio.get_running_loop().call_later(outcome.delay, transport.close)
        else:
            transport.close()
