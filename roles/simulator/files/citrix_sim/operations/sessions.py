# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that read sessions, and the message to the user of a session."""

from __future__ import annotations

from typing import Any

from ..http.message import Reply, refuse, text_reply
from ..shapes.session import session_text
from ..state.objects import Message, Session
from .call import Call, found
from .paging import Listing, read_fields, read_limit
from .search import search

MESSAGE_STYLES = ("Unknown", "Critical", "Question", "Exclamation", "Information")


def list_sessions(call: Call) -> Reply:
    """``GET /Sessions``."""
    call.refuse_async()
    fleet = call.fleet
    listing = Listing(f"Sessions/{call.site.id}", fleet.sessions, range(len(fleet.sessions)), session_text)
    return listing.page(call.state, call.request, read_limit(call.request), fleet.is_live)


def search_sessions(call: Call) -> Reply:
    """``POST /Sessions/$search``."""
    return search(call, Session, call.fleet.sessions, session_text, call.fleet.is_live)


def find_session(call: Call) -> Session:
    """Return the session that the path names; 404 if it is unknown or has ended."""
    return found(call.fleet.session(call.name), "session", id=call.name)


def get_session(call: Call) -> Reply:
    """``GET /Sessions/{id}``."""
    return text_reply(session_text(find_session(call), read_fields(call.request)))


def send_message(call: Call) -> Reply:
    """``POST /Sessions/{id}/$sendMessage``, also to a disconnected session."""
    session = find_session(call)
    session.messages += (_read_message(call.json_body()),)
    return text_reply(session_text(session))


def _read_message(body: Any) -> Message:
    """Return the message in a body; all its members are optional, the object is required."""
    if not isinstance(body, dict):
        raise refuse(400, "invalid", "The message must be a JSON object.")
    for name in ("Title", "Text"):
        if not isinstance(body.get(name, ""), (str, type(None))):
            raise refuse(400, "invalid", f"{name} must be text.", name=name)
    if "Style" in body and body["Style"] not in MESSAGE_STYLES:
        raise refuse(400, "invalid", f"Style must be one of: {', '.join(MESSAGE_STYLES)}.", name="Style")
    return Message(body.get("Style"), body.get("Title"), body.get("Text"))
