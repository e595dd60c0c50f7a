# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations on published applications."""

from __future__ import annotations

from .fleet import Ref, Session
from .message import Reply, json_reply, refuse
from .operation import Call
from .paging import Listing, read_fields, read_limit
from .shape_application import application_json
from .shape_common import Fields, pick
from .shape_session import session_text


def _find(call: Call) -> Ref:
    """The application that the path names, with its folders."""
    application = call.fleet.application(call.name)
    if application is None:
        raise refuse(404, "notFound", "No such application.", nameOrId=call.name)
    return application


def get_application(call: Call) -> Reply:
    """``GET /Applications/{nameOrId}``."""
    return json_reply(pick(application_json(_find(call)), read_fields(call.request)))


def _show_session(session: Session, fields: Fields) -> str:
    return session_text(session)


def list_application_sessions(call: Call) -> Reply:
    """``GET /Applications/{nameOrId}/Sessions``, where it runs now: whole, since it does not know ``fields``."""
    call.refuse_async()
    application, fleet = _find(call), call.fleet
    indexes = [session.index for session in fleet.sessions if application in session.applications]
    scope = f"Applications/{call.site.id}/{application.id}/Sessions"
    listing = Listing(scope, fleet.sessions, indexes, _show_session)
    return listing.page(call.world, call.request, read_limit(call.request), fleet.is_live)
