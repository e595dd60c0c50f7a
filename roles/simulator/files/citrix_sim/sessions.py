# Copyright: (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that read sessions."""

from __future__ import annotations

from .fleet import Session
from .message import Reply, json_reply, refuse
from .operation import Call
from .paging import Listing, read_fields, read_limit
from .searching import search
from .shape_session import session_json


def list_sessions(call: Call) -> Reply:
    """``GET /Sessions``."""
    call.refuse_async()
    fleet = call.fleet
    listing = Listing(f"Sessions/{call.site.id}", fleet.sessions, range(len(fleet.sessions)), session_json)
    return json_reply(listing.page(call.world, call.request, read_limit(call.request), fleet.is_live))


def search_sessions(call: Call) -> Reply:
    """``POST /Sessions/$search``."""
    return search(call, Session, call.fleet.sessions, session_json, call.fleet.is_live)


def find_session(call: Call) -> Session:
    """The session that the path names; 404 where it is unknown or has ended."""
    session = call.fleet.session(call.name)
    if session is None:
        raise refuse(404, "notFound", "No such session.", id=call.name)
    return session


def get_session(call: Call) -> Reply:
    """``GET /Sessions/{id}``."""
    return json_reply(session_json(find_session(call), read_fields(call.request)))
