# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pass requests to the control paths or to the operations of the API."""

from __future__ import annotations

import gc
import secrets
from typing import Callable

from .call_log import CallLog
from .control import PREFIX, control
from .exchange import Exchange
from .faults.rules import Faults
from .http.connection import Later, Outcome
from .http.message import Request
from .state.access import Credentials
from .state.settings import Settings
from .state.state import State


class Simulator:
    """State that connections and control paths share; ``scheme`` is that of URLs in responses.

    The control paths require ``control_token``; otherwise any local process could reset the simulator.
    """

    def __init__(self, settings: Settings, credentials: Credentials, stop: Callable[[], None], scheme: str) -> None:
        self.started_with = settings
        self.credentials = credentials
        self.control_token = secrets.token_urlsafe(32)
        self.stop = stop
        self._scheme = scheme
        self.reset(settings)

    def reset(self, settings: Settings) -> None:
        """Create a new fleet, and remove tokens, jobs, rules and the log."""
        self.state = State(settings, self.credentials, self._scheme)
        self.faults = Faults()
        self.calls = CallLog()
        self._exchange = Exchange(self.state, self.faults, self.calls)
        # Free the previous fleet; at no other time is there garbage that needs the collector.
        gc.collect()

    def begin(self, request: Request) -> Later:
        """Return the work for a request, and the delay before it."""
        if request.path.startswith(PREFIX):
            return Later(0.0, lambda: Outcome(control(request, self)))
        return self._exchange.begin(request)
