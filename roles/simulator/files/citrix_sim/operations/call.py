# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pass the request, its site and its fault to an operation."""

from __future__ import annotations

import json
from typing import Any, Callable, NamedTuple, Optional, TypeVar

from ..faults.twist import Twist
from ..http.addresses import Address
from ..http.message import Reply, Request, refuse
from ..state.access import Grant
from ..state.fleet import Fleet
from ..state.state import Site, State
from .paging import read_flag

# Takes an item's request and the refusal of its URL, if any; returns its duration in seconds and its work.
BeginItem = Callable[[Request, Optional[Reply]], tuple[float, Callable[[], Reply]]]


class Call(NamedTuple):
    """A call with valid headers; ``name`` is the variable segment of the path, if it has one."""

    request: Request
    state: State
    grant: Grant
    site: Site
    name: str
    address: Address
    twist: Twist
    begin_item: BeginItem | None

    @property
    def fleet(self) -> Fleet:
        """Return the fleet of the site of the call."""
        return self.site.fleet

    def json_body(self) -> Any:
        """Return the decoded body; 400 if it is not JSON."""
        try:
            return json.loads(self.request.body)
        except ValueError:
            raise refuse(400, "invalid", "The body is not JSON.") from None

    def refuse_async(self) -> None:
        """Refuse ``async=true`` for lists and searches, which are not simulated as jobs."""
        if read_flag(self.request, "async", False):
            raise refuse(400, "invalid", "Not simulated as a job; call it without async=true.", name="async")


Operation = Callable[[Call], Reply]
Found = TypeVar("Found")


def found(target: Found | None, kind: str, **key: str) -> Found:
    """Return the object that the path names; 404 if there is none."""
    if target is None:
        raise refuse(404, "notFound", f"No such {kind}.", **key)
    return target
