# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sites: their calls, and the facts of the visible ones."""

from __future__ import annotations

from .._client.api import Api
from .._client.calls import CUSTOMER, Call, segment
from .._client.discovery import ME
from .._client.dispatch import send_all
from .._common.errors import CitrixError
from .._common.facts import snake_facts
from .._common.text import nested, objects


def details(site_id: str) -> Call:
    """Read the settings of a site: its name, product version, licenses."""
    return Call("GET", f"Sites/{segment(site_id)}", f"read the site {site_id}", scope=CUSTOMER)


def name_of(api: Api) -> str | None:
    """Return the name of the site; None if it cannot be read, because the id is sufficient."""
    try:
        return nested(api.send(details(api.site_id())).body, "Name")
    except CitrixError:
        return None


def facts(api: Api, site_id: str | None) -> dict:
    """Return the account, its sites, and the settings of one or of all sites of the customer."""
    me = api.send(ME).body
    site_ids = [site_id] if site_id else [site["Id"] for site in api.customer_sites(me)]
    outcomes = dict(send_all(api, {each: details(each) for each in site_ids}))
    for outcome in outcomes.values():
        if isinstance(outcome, CitrixError):
            raise outcome
    return {
        "user_id": nested(me, "UserId"),
        "display_name": nested(me, "DisplayName"),
        "customers": [
            {**_names(customer), "sites": [_names(site) for site in objects(customer.get("Sites"))]}
            for customer in objects(me.get("Customers"))
        ],
        "sites": [snake_facts(outcomes[each].body) for each in site_ids],  # type: ignore[union-attr]
    }


def _names(reference: dict) -> dict:
    return {"id": nested(reference, "Id"), "name": nested(reference, "Name")}
