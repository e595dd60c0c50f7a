# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_site_info: from options to result, and once including HTTP requests."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_site_info as under_test

TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
GIVEN = {"customer_id": "customer1", "access_token": TOKEN}
BASE = "https://api.cloud.com/cvad/manage"
ME = {
    "UserId": "user1",
    "DisplayName": None,
    "Customers": [{"Id": "customer1", "Sites": [{"Id": "site1", "Name": "One"}, {"Id": "site2", "Name": "Two"}]}],
}
SEEN = {
    "user_id": "user1",
    "display_name": None,
    "customers": [
        {"id": "customer1", "name": None, "sites": [{"id": "site1", "name": "One"}, {"id": "site2", "name": "Two"}]}
    ],
}


@pytest.mark.parametrize("check_mode", [False, True])
def test_all_sites_of_customer_returned(module, fake_api, check_mode):
    fake_api.on("GET me", ME)
    fake_api.on("GET Sites/site1", {"Id": "site1", "ProductVersion": "7.40"})
    fake_api.on("GET Sites/site2", {"Id": "site2"})
    assert under_test.run(module(check_mode), fake_api) == {
        "changed": False,
        **SEEN,
        "sites": [{"id": "site1", "product_version": "7.40"}, {"id": "site2"}],
    }
    assert fake_api.writes == []


def test_only_named_site_read(module, fake_api):
    fake_api.on("GET me", ME)
    fake_api.on("GET Sites/site2", {"Id": "site2"})
    assert under_test.run(module(site_id="site2"), fake_api) == {"changed": False, **SEEN, "sites": [{"id": "site2"}]}


def test_missing_site_ends_task(module, fake_api):
    fake_api.on("GET me", ME)
    fake_api.on("GET Sites/site9", 404)
    with pytest.raises(ApiError, match="Could not read the site site9: HTTP 404"):
        under_test.run(module(site_id="site9"), fake_api)


# With HTTP requests


def test_module_succeeds_over_http_with_several_sites(executed, wire):
    wire.get(f"{BASE}/me", json=ME)
    wire.get(f"{BASE}/Sites/site1", json={"Id": "site1"})
    wire.get(f"{BASE}/Sites/site2", json={"Id": "site2"})
    code, result = executed()
    assert (code, result["changed"]) == (0, False)
    assert [site["id"] for site in result["sites"]] == ["site1", "site2"]
    assert [call.request.url for call in wire.calls].count(f"{BASE}/me") == 1
    assert not any("Citrix-InstanceId" in call.request.headers for call in wire.calls)


def test_module_fails_over_http_with_api_error(executed, wire):
    wire.get(f"{BASE}/me", status=401, json={"detail": "Token expired."}, headers={"Citrix-TransactionId": "t1"})
    code, result = executed()
    assert code == 1
    assert result["failure"] == {"status": 401, "detail": "Token expired.", "transaction_id": "t1"}


def test_invalid_arguments_rejected(executed, wire):
    code, result = executed(site_id="../x")
    assert code == 1
    assert result["msg"].startswith("site_id: ")
    assert len(wire.calls) == 0
