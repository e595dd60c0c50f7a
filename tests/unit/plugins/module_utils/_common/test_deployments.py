# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each deployment has its API and its sign-in."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.deployments import (
    DEPLOYMENTS,
    DIRECT_BASE,
    GATEWAY_BASE,
    endpoints,
)

OWN = "https://ddc01.example.com:8443"


@pytest.mark.parametrize(
    ("deployment", "origin", "base", "api", "sign_in"),
    [
        (
            "cloud",
            None,
            "",
            "https://api.cloud.com/cvad/manage",
            "https://api.cloud.com/cctrustoauth2/customer1/tokens/clients",
        ),
        (
            "japan",
            None,
            "",
            "https://api.citrixcloud.jp/cvad/manage",
            "https://api.citrixcloud.jp/cctrustoauth2/customer1/tokens/clients",
        ),
        (
            "gov",
            None,
            "",
            "https://customer1.xendesktop.us/citrix/orchestration/api",
            "https://trust.citrixworkspacesapi.us/customer1/tokens/clients",
        ),
        ("cloud", OWN, "", f"{OWN}/cvad/manage", f"{OWN}/cctrustoauth2/customer1/tokens/clients"),
        ("japan", OWN, "", f"{OWN}/cvad/manage", f"{OWN}/cctrustoauth2/customer1/tokens/clients"),
        ("gov", OWN, "", f"{OWN}/citrix/orchestration/api", f"{OWN}/customer1/tokens/clients"),
        ("on_premises", OWN, "", f"{OWN}/cvad/manage", f"{OWN}/cvad/manage/Tokens"),
        ("cloud", OWN, DIRECT_BASE, f"{OWN}{DIRECT_BASE}", f"{OWN}/cctrustoauth2/customer1/tokens/clients"),
        ("japan", OWN, DIRECT_BASE, f"{OWN}{DIRECT_BASE}", f"{OWN}/cctrustoauth2/customer1/tokens/clients"),
        ("gov", OWN, GATEWAY_BASE, f"{OWN}{GATEWAY_BASE}", f"{OWN}/customer1/tokens/clients"),
        ("on_premises", OWN, DIRECT_BASE, f"{OWN}{DIRECT_BASE}", f"{OWN}{DIRECT_BASE}/tokens"),
        ("on_premises", OWN, "/via/proxy/manage", f"{OWN}/via/proxy/manage", f"{OWN}/via/proxy/manage/Tokens"),
    ],
)
def test_the_endpoints_of_each_deployment(deployment, origin, base, api, sign_in):
    assert endpoints(DEPLOYMENTS[deployment], "customer1", origin, base) == (api, sign_in)


@pytest.mark.parametrize(
    ("deployment", "grant"), [("cloud", "oauth"), ("japan", "oauth"), ("gov", "trust"), ("on_premises", "basic")]
)
def test_each_deployment_signs_in_its_own_way(deployment, grant):
    assert DEPLOYMENTS[deployment].grant == grant
