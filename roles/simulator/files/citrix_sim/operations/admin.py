# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations on delegated administration: rights, roles and predefined permissions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..http.message import Reply, encode, json_reply, refuse
from ..shapes.admin import PERMISSIONS, ROLES, permission_json, right_json, role_json
from ..shapes.common import Fields
from .call import Call, found
from .paging import Listing, read_limit

SCOPES = {"all": "All", "limited": "London"}


def _list(call: Call, name: str, items: Sequence[dict[str, Any]]) -> Reply:
    """Return a page of a list that does not know ``fields``."""

    def show(item: dict[str, Any], fields: Fields) -> str:
        return encode(item)

    listing = Listing(f"Admin/{name}/{call.site.id}", items, range(len(items)), show)
    return listing.page(call.state, call.request, read_limit(call.request))


def list_rights(call: Call) -> Reply:
    """``GET /Admin/EffectiveRights``: the administrator is also in a group of readers."""
    settings = call.state.settings
    roles = dict.fromkeys((settings.role, "read_only"))
    rights = [right_json(ROLES[role], SCOPES[settings.scope], settings.role_permissions) for role in roles]
    return _list(call, "EffectiveRights", rights)


def list_permissions(call: Call) -> Reply:
    """``GET /Admin/Permissions``."""
    call.refuse_async()
    return _list(call, "Permissions", [permission_json(each) for each in PERMISSIONS])


def get_role(call: Call) -> Reply:
    """``GET /Admin/Roles/{nameOrId}``."""
    wanted = call.request.segments[-1].lower()
    role = next((each for each in ROLES.values() if wanted in (each.id, each.name.lower())), None)
    return json_reply(role_json(found(role, "role", nameOrId=wanted)))


def check_role(call: Call, operation: str) -> None:
    """Refuse a change of a session for which the role of the administrator has no permission."""
    granted = ROLES[call.state.settings.role].permissions
    if not any(f"Broker:{operation}" in permission.operations for permission in granted):
        raise refuse(403, "authorization", "The role of the administrator does not permit it.", operation=operation)
