# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four places where the API is found: hosts, base paths and sign-in endpoints (source: published API pages)."""

from __future__ import annotations

from typing import NamedTuple

GATEWAY_BASE = "/cvad/manage"
DIRECT_BASE = "/citrix/orchestration/api"
ON_PREMISES_CUSTOMER = "CitrixOnPremises"


class Deployment(NamedTuple):
    """One kind of deployment. {customer} and {base} are filled in with the customer id and the base path."""

    base_path: str
    token_path: str
    grant: str
    """How a sign-in speaks: oauth (form), trust (JSON) or basic (user name and password)."""
    api_origin: str | None = None
    token_origin: str | None = None


DEPLOYMENTS = {
    "cloud": Deployment(
        base_path=GATEWAY_BASE,
        token_path="/cctrustoauth2/{customer}/tokens/clients",
        grant="oauth",
        api_origin="https://api.cloud.com",
        token_origin="https://api.cloud.com",
    ),
    "japan": Deployment(
        base_path=GATEWAY_BASE,
        token_path="/cctrustoauth2/{customer}/tokens/clients",
        grant="oauth",
        api_origin="https://api.citrixcloud.jp",
        token_origin="https://api.citrixcloud.jp",
    ),
    "gov": Deployment(
        base_path=DIRECT_BASE,
        token_path="/{customer}/tokens/clients",
        grant="trust",
        api_origin="https://{customer}.xendesktop.us",
        token_origin="https://trust.citrixworkspacesapi.us",
    ),
    "on_premises": Deployment(base_path=GATEWAY_BASE, token_path="{base}/Tokens", grant="basic"),
}


def endpoints(deployment: Deployment, customer: str, api_origin: str | None, base_path: str) -> tuple[str, str]:
    """Return (base URL of the API, URL of the sign-in).

    api_origin, base_path: as given by the user, "" or None where not given. A given origin serves the sign-in too,
    under the deployment's own path: a regional gateway or a Delivery Controller answers both.
    """
    base = base_path or deployment.base_path
    token_path = deployment.token_path.format(customer=customer, base=base)
    if base.endswith(DIRECT_BASE):
        # The two bases spell the sign-in of a Delivery Controller differently.
        token_path = token_path.replace("/Tokens", "/tokens")
    origin = api_origin or (deployment.api_origin or "").format(customer=customer)
    token_origin = api_origin or deployment.token_origin
    return origin + base, f"{token_origin}{token_path}"
