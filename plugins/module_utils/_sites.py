# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sites: which ones the account sees, and the only one where there is no choice."""

from __future__ import annotations

from ansible_collections.sessionops.citrix.plugins.module_utils._api import Api, Call
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._options import identifier
from ansible_collections.sessionops.citrix.plugins.module_utils._text import clean, nested, objects

ME = Call("GET", "me", what="find the site of this customer", needs_site=False)


def find_site(api: Api) -> str:
    """Return the id of the customer's only site; with none or several, an OptionError says what to choose from."""
    return only_site(api.send(ME).body, api.customer_id)


def only_site(me: dict, customer_id: str) -> str:
    """Pick the site out of the answer of GET /me: {Customers: [{Id, Sites: [{Id, Name}]}]}."""
    customers = objects(me.get("Customers"))
    own = [customer for customer in customers if str(customer.get("Id")).lower() == customer_id.lower()]
    if customers and not own:
        seen = ", ".join(clean(customer.get("Id")) for customer in customers)
        raise OptionError("customer_id", f"the account does not see {customer_id}; it sees {seen}")
    sites = [site for customer in own for site in objects(customer.get("Sites")) if nested(site, "Id")]
    if not sites:
        raise OptionError("site_id", "the account sees no site; give it an administrator role, or set site_id")
    if len(sites) > 1:
        choice = ", ".join(f"{clean(site['Id'])} ({clean(site.get('Name'))})" for site in sites)
        raise OptionError("site_id", f"the account sees several sites; set one of: {choice}")
    return identifier("site_id", sites[0]["Id"])
