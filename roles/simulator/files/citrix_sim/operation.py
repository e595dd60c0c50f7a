# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation is given: the request, and what the rules found out about it on the way."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from .access import Grant
from .fleet import Fleet
from .message import Request, refuse
from .paging import read_flag
from .world import Site, World


class Call(NamedTuple):
    """A call that passed the header rules. ``name`` is the variable part of the path, where it has one."""

    request: Request
    world: World
    grant: Grant
    site: Site
    name: str
    # Seconds (infinity: never) until RecordingStatus shows a change that this call makes; set by a fault rule.
    lag: float

    @property
    def fleet(self) -> Fleet:
        """The fleet of the site that the call is for."""
        return self.site.fleet

    def json_body(self) -> Any:
        """The body, decoded; 400 where it is no JSON."""
        try:
            return json.loads(self.request.body)
        except ValueError:
            raise refuse(400, "invalid", "The body is not JSON.") from None

    def refuse_async(self) -> None:
        """Jobs are not simulated, and an answer at once to ``async=true`` would be a lie."""
        if read_flag(self.request, "async", False):
            raise refuse(400, "invalid", "The simulator has no jobs; call without async=true.", name="async")
