# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Site discovery: use the only site, and never one of several."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import ACCOUNT
from ansible_collections.sessionops.citrix.plugins.module_utils._client.discovery import ME, customer_sites, only_site
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError, OptionError
from hypothesis import example, given
from hypothesis import strategies as st


def me(*sites, customer="customer1"):
    return {"Customers": [{"Id": customer, "Sites": [{"Id": site, "Name": f"Site {site}"} for site in sites]}]}


def find(body, on_premises=False):
    customer = "CitrixOnPremises" if on_premises else "customer1"
    return only_site(customer_sites(body, SimpleNamespace(customer_id=customer, on_premises=on_premises), str), str)


def test_discovery_account_read_without_site():
    assert (ME.method, ME.path, ME.scope, ME.write) == ("GET", "me", ACCOUNT, False)


def test_discovery_several_sites_listed_none_selected():
    with pytest.raises(OptionError, match=r"^site_id: .* set one of: a \(Site a\), b \(Site b\)$"):
        find(me("a", "b"))


@pytest.mark.parametrize("customer", ["loy6oujtu6a4", "0c1b6c2f-9a39-4c0f-8a5e-5f0d6f1f2a3b", "CitrixOnPremises", None])
def test_discovery_on_premises_ignores_customer(customer):
    assert find(me("site7", customer=customer), on_premises=True) == "site7"
    with pytest.raises(OptionError, match=r"^site_id: .* set one of: a \(Site a\), b \(Site b\)$"):
        find({"Customers": [*me("a", customer=customer)["Customers"], *me("b")["Customers"]]}, on_premises=True)


@pytest.mark.parametrize("on_premises", [False, True])
def test_discovery_duplicate_site_counts_once(on_premises):
    assert find({"Customers": [*me("a", "a")["Customers"], *me("a")["Customers"]]}, on_premises) == "a"


@pytest.mark.parametrize("site_id", ["3061173e...", "a/b", "a b", ".."])
def test_discovery_malformed_site_id_rejected(site_id):
    with pytest.raises(OptionError, match=r"^site_id: may contain only letters"):
        find(me(site_id))


@pytest.mark.parametrize(
    "body", [{}, {"Customers": None}, {"Customers": []}, me(), {"Customers": [{"Id": "customer1"}]}]
)
def test_discovery_no_site_error_with_remedy(body):
    with pytest.raises(OptionError, match=r"^site_id: the account has no site; assign an administrator role"):
        find(body)


def test_discovery_site_of_other_customer_not_used():
    with pytest.raises(OptionError, match=r"^customer_id: .* cannot access customer1; it can access other, third$"):
        find({"Customers": [*me("a", customer="other")["Customers"], {"Id": "third"}]})


def test_discovery_only_sites_of_customer_count():
    body = {"Customers": [*me("a", "b", customer="other")["Customers"], *me("site7")["Customers"]]}
    assert find(body) == "site7"


def test_discovery_customer_matched_in_any_case():
    assert find(me("site7", customer="CUSTOMER1")) == "site7"


def test_discovery_invalid_sites_ignored():
    sites = [None, 17, "x", {}, {"Id": None}, {"Id": 3}, {"Id": "site7", "Name": None}]
    assert find({"Customers": [None, {"Id": "customer1", "Sites": sites}]}) == "site7"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(("Customers", "Id", "Sites", "Name")), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.just("Customers"), JSON))
@example({"Customers": 17})
@example({"Customers": [{"Id": "customer1", "Sites": 17}]})
@example({"Customers": {"Id": "customer1"}})
def test_discovery_any_response_returns_site_or_api_error(body):
    try:
        assert isinstance(find(body), str)
    except CitrixError:
        pass
