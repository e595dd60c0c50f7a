# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four deployments of the API: hosts, base paths and the credentials of their sign-ins."""

from __future__ import annotations

from typing import NamedTuple

GATEWAY_BASE = "/cvad/manage"
DIRECT_BASE = "/citrix/orchestration/api"
ON_PREMISES = "on_premises"
ON_PREMISES_CUSTOMER = "CitrixOnPremises"
DIRECT_DOMAINS = ("xendesktop.net", "xendesktop.us")
"""Domains of the hosts that bypass the gateway: each customer has one."""
CITRIX_DOMAINS = (
    *DIRECT_DOMAINS,
    "cloud.com",
    "citrixcloud.jp",
    "cloud.us",
    "citrixworkspacesapi.net",
    "citrixworkspacesapi.jp",
    "citrixworkspacesapi.us",
)


class Deployment(NamedTuple):
    """One kind of deployment. {customer} in a host is replaced with the customer id."""

    base_path: str
    credentials: tuple[str, str]
    """The options with its credentials: the account and its secret."""
    api_origin: str = ""
    token_origin: str = ""
    regional_hosts: tuple[str, ...] = ()
    """Hosts of api_url that also serve the sign-in.

    https://developer-docs.citrix.com/en-us/citrix-cloud/citrix-cloud-api-overview/get-started-with-citrix-cloud-apis
    """


DEPLOYMENTS = {
    "cloud": Deployment(
        base_path=GATEWAY_BASE,
        credentials=("client_id", "client_secret"),
        api_origin="https://api.cloud.com",
        token_origin="https://api.cloud.com",
        regional_hosts=("api-us.cloud.com", "api-eu.cloud.com", "api-ap-s.cloud.com"),
    ),
    "japan": Deployment(
        base_path=GATEWAY_BASE,
        credentials=("client_id", "client_secret"),
        api_origin="https://api.citrixcloud.jp",
        token_origin="https://api.citrixcloud.jp",
    ),
    "gov": Deployment(
        base_path=DIRECT_BASE,
        credentials=("client_id", "client_secret"),
        api_origin="https://{customer}.xendesktop.us",
        token_origin="https://trust.citrixworkspacesapi.us",
    ),
    ON_PREMISES: Deployment(base_path=GATEWAY_BASE, credentials=("username", "password")),
}


def citrix_domain(host: str) -> str | None:
    """Return the Citrix domain of a host; None if it belongs to none."""
    domain = ".".join(host.lower().rstrip(".").split(".")[-2:])
    return domain if domain in CITRIX_DOMAINS else None


def base_path(deployment: Deployment, host: str, path: str) -> str:
    """Return the base path of the API on a host.

    path: as in api_url, "" for the default. The two documented paths are recognized in any case, also after a prefix.
    """
    path = path.rstrip("/")
    for known in (GATEWAY_BASE, DIRECT_BASE):
        if path.lower().endswith(known):
            return path[: -len(known)] + known
    if path:
        return path
    domain = citrix_domain(host)
    if domain is None:
        return deployment.base_path
    return DIRECT_BASE if domain in DIRECT_DOMAINS else GATEWAY_BASE
