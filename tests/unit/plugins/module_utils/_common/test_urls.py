# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of API and sign-in: credentials go only to hosts of the deployment or the task."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.auth import credentials_of
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._common.options import settings as check_options
from ansible_collections.sessionops.citrix.plugins.module_utils._common.urls import is_loopback

CLOUD_PATH = "/cctrustoauth2/customer1/tokens/clients"
TRUST = "https://trust.citrixworkspacesapi.us/customer1/tokens/clients"
DIRECT = "/citrix/orchestration/api"
LOCAL = "http://127.0.0.1:8080"
DDC = "https://ddc01.example.com:8443"


@pytest.fixture
def urls(params):
    """Return a function that returns the base URL and the sign-in URL for these options."""

    def of(deployment, api_url=None, token_url=None):
        account = {"client_id": "c", "client_secret": "s"}
        if deployment == "on_premises":
            account = {"username": "u", "password": "p"}
        customer = None if deployment == "on_premises" else "customer1"
        given = {"deployment": deployment, "api_url": api_url, "token_url": token_url, "customer_id": customer}
        settings = check_options(params(**given, **account))
        return settings.endpoints.base_url, credentials_of(settings).url

    return of


@pytest.mark.parametrize(
    ("deployment", "api_url", "base_url", "sign_in"),
    [
        ("cloud", None, "https://api.cloud.com/cvad/manage", f"https://api.cloud.com{CLOUD_PATH}"),
        ("japan", None, "https://api.citrixcloud.jp/cvad/manage", f"https://api.citrixcloud.jp{CLOUD_PATH}"),
        ("gov", None, "https://customer1.xendesktop.us/citrix/orchestration/api", TRUST),
        # Regional hosts also serve the sign-in.
        (
            "cloud",
            "https://api-eu.cloud.com",
            "https://api-eu.cloud.com/cvad/manage",
            f"https://api-eu.cloud.com{CLOUD_PATH}",
        ),
        (
            "cloud",
            "https://api-us.cloud.com/",
            "https://api-us.cloud.com/cvad/manage",
            f"https://api-us.cloud.com{CLOUD_PATH}",
        ),
        (
            "cloud",
            "https://API-AP-S.cloud.com",
            "https://api-ap-s.cloud.com/cvad/manage",
            f"https://api-ap-s.cloud.com{CLOUD_PATH}",
        ),
        # No other Citrix host serves the sign-in.
        (
            "cloud",
            "https://customer1.xendesktop.net",
            "https://customer1.xendesktop.net/citrix/orchestration/api",
            f"https://api.cloud.com{CLOUD_PATH}",
        ),
        (
            "cloud",
            "https://api-xy.cloud.com",
            "https://api-xy.cloud.com/cvad/manage",
            f"https://api.cloud.com{CLOUD_PATH}",
        ),
        (
            "cloud",
            "https://api-eu.cloud.com:8443",
            "https://api-eu.cloud.com:8443/cvad/manage",
            f"https://api.cloud.com{CLOUD_PATH}",
        ),
        (
            "japan",
            "https://api-eu.cloud.com",
            "https://api-eu.cloud.com/cvad/manage",
            f"https://api.citrixcloud.jp{CLOUD_PATH}",
        ),
        ("gov", "https://api.cloud.us", "https://api.cloud.us/cvad/manage", TRUST),
        ("gov", "https://api.cloud.us/cvad/manage", "https://api.cloud.us/cvad/manage", TRUST),
        ("gov", "https://other.xendesktop.us", "https://other.xendesktop.us/citrix/orchestration/api", TRUST),
        # A loopback host serves both, for the simulator.
        ("cloud", LOCAL, f"{LOCAL}/cvad/manage", f"{LOCAL}{CLOUD_PATH}"),
        ("gov", LOCAL, f"{LOCAL}/citrix/orchestration/api", f"{LOCAL}/customer1/tokens/clients"),
        ("cloud", f"{LOCAL}/citrix/orchestration/api", f"{LOCAL}/citrix/orchestration/api", f"{LOCAL}{CLOUD_PATH}"),
        # On premises, the controller serves both.
        ("on_premises", DDC, f"{DDC}/cvad/manage", f"{DDC}/cvad/manage/Tokens"),
        ("on_premises", f"{DDC}{DIRECT}/", f"{DDC}{DIRECT}", f"{DDC}{DIRECT}/tokens"),
        ("on_premises", f"{DDC}/Citrix/Orchestration/API", f"{DDC}{DIRECT}", f"{DDC}{DIRECT}/tokens"),
        ("on_premises", f"{DDC}/CVAD/Manage/", f"{DDC}/cvad/manage", f"{DDC}/cvad/manage/Tokens"),
        ("on_premises", f"{DDC}/Via/CVAD/manage", f"{DDC}/Via/cvad/manage", f"{DDC}/Via/cvad/manage/Tokens"),
        ("on_premises", f"{DDC}/via/proxy", f"{DDC}/via/proxy", f"{DDC}/via/proxy/Tokens"),
    ],
)
def test_endpoints_of_each_deployment_and_api_url(urls, deployment, api_url, base_url, sign_in):
    assert urls(deployment, api_url) == (base_url, sign_in)


@pytest.mark.parametrize("deployment", ["cloud", "japan", "gov", "on_premises"])
@pytest.mark.parametrize("api_url", ["https://gateway.example.com/cvad/manage", LOCAL])
def test_endpoints_token_url_wins_in_every_deployment(urls, deployment, api_url):
    assert urls(deployment, api_url, "https://login.example.com:444/x")[1] == "https://login.example.com:444/x"


@pytest.mark.parametrize("deployment", ["cloud", "japan", "gov"])
@pytest.mark.parametrize("host", ["gateway.example.com", "api.cloud.com.evil.example", "evilcloud.com"])
def test_endpoints_private_gateway_requires_only_token_url(urls, deployment, host):
    with pytest.raises(OptionError, match=rf"^api_url: {host} is not a host of Citrix Cloud; .* set token_url too"):
        urls(deployment, f"https://{host}")
    assert urls(deployment, f"https://{host}", "https://api.cloud.com/x")[0].startswith(f"https://{host}/")


def test_endpoints_access_token_sent_to_no_other_host(params):
    with pytest.raises(OptionError, match=r"^api_url: evil\.example is not a host of Citrix Cloud"):
        check_options(params(customer_id="customer1", access_token="t", api_url="https://evil.example"))


@pytest.mark.parametrize(
    "host",
    [
        "api.cloud.com",
        "API.Cloud.COM",
        "api.cloud.com.",
        "api.citrixcloud.jp",
        "api.cloud.us",
        "a.b.xendesktop.net",
        "customer1.xendesktop.us",
        "x.citrixworkspacesapi.net",
        "x.citrixworkspacesapi.jp",
        "x.citrixworkspacesapi.us",
    ],
)
def test_endpoints_citrix_hosts_require_no_token_url(urls, host):
    assert urls("cloud", f"https://{host}")[1] == f"https://api.cloud.com{CLOUD_PATH}"


@pytest.mark.parametrize(
    "host",
    [
        "xendesktop.net.evil.example",
        "notcloud.com",
        "cloud.co",
        "citrixworkspacesapi.evil",
        "xn--clud-0na.com",
        "1.2.3.4",
    ],
)
def test_endpoints_lookalike_hosts_rejected(urls, host):
    with pytest.raises(OptionError, match=r"^api_url: .* is not a host of Citrix Cloud"):
        urls("cloud", f"https://{host}")


@pytest.mark.parametrize("deployment", ["cloud", "gov", "on_premises"])
@pytest.mark.parametrize(
    "url",
    [
        "https://api.cl\u043eud.com",
        "https://api.cloud\u3002com",
        "https://\uff41pi.cloud.com",
        "https://api.cloud.com\n.evil.example",
        "https://api.cloud.com\t",
        "https://api.cloud.com\\.evil.example",
        "https://api.cloud.com/\\evil",
        "https://@evil",
        "https://api.cloud.com@evil.example",
        "https://user:pw@api.cloud.com",
        "https://:@api.cloud.com",
        "https://api.cloud.com?",
        "https://api.cloud.com/#",
        "https://api.cloud.com%2eevil.example",
        "https://-api.cloud.com",
        "https://ddc01..example.com",
        "https://bad..fade",
        "https://api.cloud.com..",
        f"https://{'a' * 64}.example.com",
        "https://api cloud.com",
        " https://api.cloud.com",
        "https:///cvad",
        "https:api.cloud.com",
        "file:///etc",
    ],
)
@pytest.mark.parametrize("option", ["api_url", "token_url"])
def test_endpoints_malformed_urls_rejected(urls, deployment, option, url):
    given = {"api_url": "https://api.cloud.com", option: url}
    with pytest.raises(OptionError, match=rf"^{option}: (is not a URL|may contain only https://host)"):
        urls(deployment, **given)


@pytest.mark.parametrize("option", ["api_url", "token_url"])
@pytest.mark.parametrize(
    "host", ["localhost.localdomain", "localhost.example.com", "127.0.0.1.example.com", "127.1", "0x7f000001", "ddc01"]
)
def test_endpoints_plain_http_on_loopback_only(urls, option, host):
    with pytest.raises(OptionError, match=rf"^{option}: http:// would send credentials to .* unencrypted"):
        urls("on_premises", **{"api_url": DDC, option: f"http://{host}:80"})


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("localhost.localdomain", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("127.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("", False),
    ],
)
def test_is_loopback_by_address(host, loopback):
    assert is_loopback(host) is loopback
