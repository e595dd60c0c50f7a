# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the account and its site: customers, sites, product."""

from __future__ import annotations

from .._client.discovery import ME
from .._common.text import nested, objects
from .._site import sites
from .check import Check, Finding, Probe, failed, in_words, listed, ok, warning
from .kinds import edition_of, rounded, shape_of, version_of


def account(probe: Probe) -> Finding:
    """Read the account, and count its customers and sites."""
    probe.me = probe.me or probe.api.send(ME).body
    customers = objects(probe.me.get("Customers"))
    sites = probe.api.customer_sites(probe.me)
    names = listed(f"{probe.api.shown(site.get('Name'))} ({probe.api.shown(site['Id'])})" for site in sites)
    observed = f"{in_words(len(customers), 'customer')}, {in_words(len(sites), 'site')}: {names or 'none'}"
    facts = {"customers": rounded(len(customers)), "sites": rounded(len(sites)), "fields": shape_of(probe.me)}
    if not sites:
        return failed(observed, "Give the account a Citrix administrator role, and check customer_id.", **facts)
    return ok(observed, **facts)


def site(probe: Probe) -> Finding:
    """Select the site: the only one, or that of the option site_id."""
    site_id = probe.api.site_id()
    known = [nested(each, "Id") or "" for each in probe.api.customer_sites(probe.me)]
    observed = f"site {site_id}"
    if site_id.lower() not in [each.lower() for each in known]:
        return failed(f"{observed} is not one of the account", "Set site_id to a site of the account.")
    return ok(observed)


def product(probe: Probe) -> Finding:
    """Read version, edition and features of the product."""
    details = probe.api.send(sites.details(probe.api.site_id())).body
    features = details.get("EnabledFeatures")
    features = [str(name) for name in features] if isinstance(features, list) else []
    version, edition = nested(details, "ProductVersion"), nested(details, "ProductEdition")
    observed = probe.api.shown(
        f"version {version or 'unknown'}, edition {edition or 'unknown'}, features {listed(features) or 'none'}"
    )
    facts = {
        "version": version_of(version),
        "edition": edition_of(details),
        "features": rounded(len(features)),
        "recording_feature": any("recording" in name.lower() for name in features),
    }
    if not version:
        return warning(observed, "Check in the console that the product supports Session Recording.", **facts)
    return ok(observed, **facts)


CHECKS = (
    Check("account", account, ("credential",)),
    Check("site", site, ("account",)),
    Check("product", product, ("site",)),
)
