# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discover the site: list the sites of an account, and return the only one."""

from __future__ import annotations

from typing import Callable

from .._common.errors import OptionError
from .._common.options import Settings, identifier
from .._common.text import nested, objects
from .calls import ACCOUNT, Call

ME = Call("GET", "me", what="read the account and its sites", scope=ACCOUNT)
"""Its response is {Customers: [{Id, Sites: [{Id, Name}]}]}.

https://github.com/citrix/citrix-daas-rest-go/blob/main/citrixorchestration/docs/MeAPIsDAAS.md
"""


def customer_sites(me: dict, settings: Settings, shown: Callable[[object], str]) -> list[dict]:
    """Return the sites of the customer, each once; OptionError without access to the customer.

    On premises, the customer in the list may have any generated id, so all sites count. shown: makes text safe to show.
    """
    customers = objects(me.get("Customers"))
    if not settings.on_premises:
        matching = [each for each in customers if str(each.get("Id")).lower() == settings.customer_id.lower()]
        if customers and not matching:
            seen = ", ".join(shown(each.get("Id")) for each in customers)
            raise OptionError("customer_id", f"the account cannot access {settings.customer_id}; it can access {seen}")
        customers = matching
    sites = [site for each in customers for site in objects(each.get("Sites"))]
    return list({nested(site, "Id"): site for site in sites if nested(site, "Id")}.values())


def only_site(sites: list[dict], shown: Callable[[object], str]) -> str:
    """Return the id of the only site; OptionError, which lists the sites, for none or several."""
    if not sites:
        raise OptionError("site_id", "the account has no site; assign an administrator role, or set site_id")
    if len(sites) > 1:
        choice = ", ".join(f"{shown(site['Id'])} ({shown(site.get('Name'))})" for site in sites)
        raise OptionError("site_id", f"the account has several sites; set one of: {choice}")
    return identifier("site_id", sites[0]["Id"])
