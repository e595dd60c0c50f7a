# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of the account and of the sites that it can see."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import CUSTOMER
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError, CitrixError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._site.sites import details, facts
from hypothesis import given
from hypothesis import strategies as st


def me(*sites, customer="customer1"):
    return {"Customers": [{"Id": customer, "Sites": [{"Id": site, "Name": f"Site {site}"} for site in sites]}]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(("Customers", "Id", "Sites", "Name")), inner),
    max_leaves=10,
)


def test_site_settings_requested_for_its_customer():
    call = details("site7")
    assert (call.method, call.path, call.scope, call.write) == ("GET", "Sites/site7", CUSTOMER, False)
    assert details("../me?x=").path == "Sites/..%2Fme%3Fx%3D"


def test_facts_have_account_and_its_sites(fake_api):
    body = {"Customers": [*me("a", "b")["Customers"], *me("c", customer="other")["Customers"]]}
    fake_api.on("GET me", {"UserId": "LAB\\svc", "DisplayName": "Service", **body})
    fake_api.on("GET Sites/a", {"Id": "a", "ProductVersion": "7.40"})
    fake_api.on("GET Sites/b", {"Id": "b", "SiteServices": [{"ServiceType": "Broker"}]})
    assert facts(fake_api, None) == {
        "user_id": "LAB\\svc",
        "display_name": "Service",
        "customers": [
            {"id": "customer1", "name": None, "sites": [{"id": "a", "name": "Site a"}, {"id": "b", "name": "Site b"}]},
            {"id": "other", "name": None, "sites": [{"id": "c", "name": "Site c"}]},
        ],
        "sites": [
            {"id": "a", "product_version": "7.40"},
            {"id": "b", "site_services": [{"service_type": "Broker"}]},
        ],
    }
    assert sorted(fake_api.sent()) == ["GET Sites/a", "GET Sites/b", "GET me"]


def test_site_settings_of_named_site(fake_api):
    fake_api.on("GET me", me("a", "b"))
    fake_api.on("GET Sites/b", {"Id": "b"})
    assert facts(fake_api, "b")["sites"] == [{"id": "b"}]
    assert fake_api.sent() == ["GET me", "GET Sites/b"]


@pytest.mark.parametrize("body", [{}, {"Customers": None}, {"UserId": None, "DisplayName": 17, "Customers": [None]}])
def test_account_without_sites_reported_empty(fake_api, body):
    fake_api.on("GET me", body)
    assert facts(fake_api, None) == {"user_id": None, "display_name": None, "customers": [], "sites": []}


def test_facts_of_other_customer_rejected(fake_api):
    fake_api.on("GET me", me("a", customer="other"))
    with pytest.raises(OptionError, match=r"^customer_id: the account cannot access customer1; it can access other$"):
        facts(fake_api, None)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_site_unreadable_ends_task(fake_api, status):
    fake_api.on("GET me", me("a", "b"))
    fake_api.on("GET Sites/a", {"Id": "a"})
    fake_api.on("GET Sites/b", status)
    with pytest.raises(ApiError, match=f"Could not read the site b: HTTP {status}"):
        facts(fake_api, None)


@given(st.dictionaries(st.sampled_from(("Customers", "UserId", "DisplayName")), JSON))
def test_account_of_any_shape_returns_facts_or_api_error(new_fake_api, body):
    api = new_fake_api()
    api.on("GET me", body)
    api.on("GET Sites/site7", {})
    try:
        expected = facts(api, "site7")
    except CitrixError:
        pass
    else:
        assert expected["sites"] == [{}]
        assert all(isinstance(customer["sites"], list) for customer in expected["customers"])
