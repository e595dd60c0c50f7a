# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations on delivery groups, published applications and machine catalogs."""

from __future__ import annotations

from ..http.message import Reply, encode, json_reply, refuse
from ..shapes.common import Fields, pick
from ..shapes.group import application_detail_json, catalog_detail_json, group_detail_json, group_json
from ..shapes.machine import machine_json
from ..shapes.session import session_text
from ..state.objects import Machine, Ref, Session
from .call import Call, found
from .paging import Listing, read_fields, read_limit


def _find_group(call: Call) -> Ref:
    """Return the delivery group that the path names, with its folders."""
    return found(call.fleet.group(call.name), "delivery group", nameOrId=call.name)


def list_groups(call: Call) -> Reply:
    """``GET /DeliveryGroups``."""
    call.refuse_async()
    if call.request.query.get("adminFolder"):
        raise refuse(400, "invalid", "The simulator does not select by folder.", name="adminFolder")
    fleet = call.fleet

    def show(group: Ref, fields: Fields) -> str:
        return encode(pick(group_json(fleet, group), fields))

    listing = Listing(f"DeliveryGroups/{call.site.id}", fleet.groups, range(len(fleet.groups)), show)
    return listing.page(call.state, call.request, read_limit(call.request))


def get_group(call: Call) -> Reply:
    """``GET /DeliveryGroups/{nameOrId}``."""
    return json_reply(pick(group_detail_json(call.fleet, _find_group(call)), read_fields(call.request)))


def _show_machine(machine: Machine, fields: Fields) -> str:
    return encode(machine_json(machine))


def list_group_machines(call: Call) -> Reply:
    """``GET /DeliveryGroups/{nameOrId}/Machines``: complete machines, without ``fields``."""
    group = _find_group(call)
    indexes = [machine.index for machine in call.fleet.machines if machine.group is group]
    scope = f"DeliveryGroups/{call.site.id}/{group.id}/Machines"
    listing = Listing(scope, call.fleet.machines, indexes, _show_machine)
    return listing.page(call.state, call.request, read_limit(call.request))


def _find_application(call: Call) -> Ref:
    """Return the application that the path names, with its folders."""
    return found(call.fleet.application(call.name), "application", nameOrId=call.name)


def get_application(call: Call) -> Reply:
    """``GET /Applications/{nameOrId}``."""
    return json_reply(pick(application_detail_json(_find_application(call)), read_fields(call.request)))


def _show_session(session: Session, fields: Fields) -> str:
    return session_text(session)


def list_application_sessions(call: Call) -> Reply:
    """``GET /Applications/{nameOrId}/Sessions``: complete sessions in which it runs now."""
    call.refuse_async()
    application, fleet = _find_application(call), call.fleet
    indexes = [session.index for session in fleet.sessions if application in session.applications]
    scope = f"Applications/{call.site.id}/{application.id}/Sessions"
    listing = Listing(scope, fleet.sessions, indexes, _show_session)
    return listing.page(call.state, call.request, read_limit(call.request), fleet.is_live)


def get_catalog(call: Call) -> Reply:
    """``GET /MachineCatalogs/{nameOrId}``."""
    catalog = found(call.fleet.catalog(call.name), "machine catalog", nameOrId=call.name)
    return json_reply(pick(catalog_detail_json(call.fleet, catalog), read_fields(call.request)))
