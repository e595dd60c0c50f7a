# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation is given: the request, and what the rules found out about it on the way."""

from __future__ import annotations

import json
from typing import Any, Callable, NamedTuple, Optional, TypeVar

from ..faults.twist import Twist
from ..http.addresses import Address
from ..http.message import Reply, Request, refuse
from ..world.access import Grant
from ..world.fleet import Fleet
from ..world.world import Site, World
from .paging import read_flag

# Takes an item's request, and the refusal that its URL earns, if any; gives the seconds it takes and then its work.
BeginItem = Callable[[Request, Optional[Reply]], tuple[float, Callable[[], Reply]]]


class Call(NamedTuple):
    """A call that passed the header rules. ``name`` is the variable part of the path, where it has one."""

    request: Request
    world: World
    grant: Grant
    site: Site
    name: str
    address: Address
    twist: Twist
    begin_item: BeginItem | None

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
        """Lists and searches are no jobs here, and an answer at once to ``async=true`` would be a lie."""
        if read_flag(self.request, "async", False):
            raise refuse(400, "invalid", "The simulator has no job for this; call without async=true.", name="async")


Operation = Callable[[Call], Reply]
Found = TypeVar("Found")


def found(target: Found | None, kind: str, **key: str) -> Found:
    """The object that the path names; 404 without one."""
    if target is None:
        raise refuse(404, "notFound", f"No such {kind}.", **key)
    return target
