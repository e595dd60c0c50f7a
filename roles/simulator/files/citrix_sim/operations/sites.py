# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations on the signed-in administrator and on sites, and refusals of other operations."""

from __future__ import annotations

from ..http.message import Reply, json_reply, refuse
from ..shapes.site import me_json, site_json
from .call import Call, found


def get_me(call: Call) -> Reply:
    """``GET /me``."""
    return json_reply(me_json(call.state, call.grant))


def get_site(call: Call) -> Reply:
    """``GET /Sites/{nameOrId}``."""
    site = call.state.site(call.name) or call.state.named_site(call.name)
    return json_reply(site_json(found(site, "site", nameOrId=call.name)))


def not_simulated(call: Call) -> Reply:
    """Refuse an operation that is documented but not simulated."""
    raise refuse(501, "notImplemented", "The simulator does not simulate this operation.", path=call.request.path)
