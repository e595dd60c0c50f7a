# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the two ``$search`` operations."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Callable, TypeVar

from ..http.message import Reply, refuse
from ..shapes.common import Fields
from .call import Call
from .filters import Compiler, filtered_properties
from .paging import Listing, read_limit, read_skip

Item = TypeVar("Item")


def _always(item: object) -> bool:
    return True


def search(
    call: Call,
    kind: type,
    items: Sequence[Item],
    show: Callable[[Item, Fields], str],
    alive: Callable[[Item], bool] = _always,
    required: str = "",
) -> Reply:
    """Return a page of search results with TotalItems; the filters must use ``required``."""
    call.refuse_async()
    limit, skip = read_limit(call.request), read_skip(call.request)
    body = hashlib.sha256(call.request.body).hexdigest()
    key = (kind, call.site.id, call.fleet.version, body)
    if call.state.last_search is None or call.state.last_search[0] != key:
        parsed = call.json_body()
        test = Compiler(kind, call.state.settings).compile(parsed)
        if required and required not in filtered_properties(parsed):
            raise refuse(400, "missing", f"The search must filter on {required}.", Property=required)
        found = [at for at, item in enumerate(items) if alive(item) and test(item)]
        call.state.last_search = (key, found)
    indexes = call.state.last_search[1]
    listing = Listing(f"{kind.__name__}/{call.site.id}/$search/{skip}/{body}", items, indexes[skip:], show)
    return listing.page(call.state, call.request, limit, alive, TotalItems=len(indexes))
