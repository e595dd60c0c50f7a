# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations on machines."""

from __future__ import annotations

from ..http.message import Reply, encode, json_reply, refuse
from ..shapes.common import Fields, pick
from ..shapes.machine import machine_detail_json, machine_json
from ..shapes.session import session_text
from ..state.fleet import SUPPORTS
from ..state.objects import Machine
from .call import Call, found
from .paging import Listing, page_reply, read_fields, read_flag, read_limit
from .search import search


def _show(machine: Machine, fields: Fields) -> str:
    return encode(pick(machine_json(machine), fields))


def _find(call: Call) -> Machine:
    """Return the machine that the path names; a name with a backslash or a DNS name finds none."""
    return found(call.fleet.machine(call.name), "machine", nameOrId=call.name)


def list_machines(call: Call) -> Reply:
    """``GET /Machines``; all machines of the simulator are configured."""
    call.refuse_async()
    support = call.request.query.get("sessionSupport", "")
    if support not in ("", *SUPPORTS):
        raise refuse(400, "invalid", f"Must be one of: {', '.join(SUPPORTS)}.", name="sessionSupport")
    machines = call.fleet.machines if read_flag(call.request, "configured", True) else []
    indexes = [machine.index for machine in machines if support in ("", machine.support)]
    listing = Listing(f"Machines/{call.site.id}/{support}", call.fleet.machines, indexes, _show)
    return listing.page(call.state, call.request, read_limit(call.request))


def search_machines(call: Call) -> Reply:
    """``POST /Machines/$search``; must filter on SessionSupport."""
    return search(call, Machine, call.fleet.machines, _show, required="SessionSupport")


def get_machine(call: Call) -> Reply:
    """``GET /Machines/{nameOrId}``."""
    return json_reply(pick(machine_detail_json(_find(call)), read_fields(call.request)))


def list_machine_sessions(call: Call) -> Reply:
    """``GET /Machines/{nameOrId}/Sessions``: one page, because no limit or token is documented."""
    fields = read_fields(call.request)
    items = [session_text(session, fields) for session in _find(call).sessions]
    return page_reply(items, {"ContinuationToken": "the-same-page" if call.state.settings.machine_repeats else None})
