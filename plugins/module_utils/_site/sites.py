# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sites: which ones the account sees, and the only one where there is no choice."""

from __future__ import annotations

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict

from .._client.api import Api
from .._client.calls import ACCOUNT, CUSTOMER, Call, segment
from .._client.dispatch import send_all
from .._common.errors import CitrixError, OptionError
from .._common.options import identifier
from .._common.text import clean, nested, objects

ME = Call("GET", "me", what="read what the account sees", scope=ACCOUNT)


def details(site_id: str) -> Call:
    """Read the settings of a site: its name, product version, licences."""
    return Call("GET", f"Sites/{segment(site_id)}", f"read the site {site_id}", scope=CUSTOMER)


def find_site(api: Api) -> str:
    """Return the id of the customer's only site; with none or several, an OptionError says what to choose from."""
    return only_site(api.send(ME).body, api.customer_id)


def only_site(me: dict, customer_id: str) -> str:
    """Pick the site out of the answer of GET /me: {Customers: [{Id, Sites: [{Id, Name}]}]}."""
    sites = _own_sites(me, customer_id)
    if not sites:
        raise OptionError("site_id", "the account sees no site; give it an administrator role, or set site_id")
    if len(sites) > 1:
        choice = ", ".join(f"{clean(site['Id'])} ({clean(site.get('Name'))})" for site in sites)
        raise OptionError("site_id", f"the account sees several sites; set one of: {choice}")
    return identifier("site_id", sites[0]["Id"])


def name_of(api: Api) -> str | None:
    """Return the name of the site; None where it cannot be read, since the id tells as much."""
    try:
        return nested(api.send(details(api.site_id)).body, "Name")
    except CitrixError:
        return None


def facts(api: Api, site_id: str | None) -> dict:
    """Return as facts: the account, what it sees, and the settings of this site or of all sites of the customer."""
    me = api.send(ME).body
    site_ids = [site_id] if site_id else [site["Id"] for site in _own_sites(me, api.customer_id)]
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
        "sites": [camel_dict_to_snake_dict(outcomes[each].body) for each in site_ids],  # type: ignore[union-attr]
    }


def _own_sites(me: dict, customer_id: str) -> list[dict]:
    customers = objects(me.get("Customers"))
    own = [customer for customer in customers if str(customer.get("Id")).lower() == customer_id.lower()]
    if customers and not own:
        seen = ", ".join(clean(customer.get("Id")) for customer in customers)
        raise OptionError("customer_id", f"the account does not see {customer_id}; it sees {seen}")
    return [site for customer in own for site in objects(customer.get("Sites")) if nested(site, "Id")]


def _names(reference: dict) -> dict:
    return {"id": nested(reference, "Id"), "name": nested(reference, "Name")}
