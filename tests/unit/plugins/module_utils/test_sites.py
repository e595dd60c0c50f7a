# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sites: the only one is taken, and never one of several."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import ApiError, CitrixError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._sites import ME, find_site, only_site
from hypothesis import example, given
from hypothesis import strategies as st


def me(*sites, customer="customer1"):
    return {"Customers": [{"Id": customer, "Sites": [{"Id": site, "Name": f"Site {site}"} for site in sites]}]}


def test_the_only_site_is_taken(fake_api):
    fake_api.on("GET me", me("site7"))
    assert find_site(fake_api) == "site7"
    assert fake_api.calls == [ME]
    assert (ME.needs_site, ME.write) == (False, False)


def test_what_the_api_refuses_is_told(fake_api):
    fake_api.on("GET me", 403)
    with pytest.raises(ApiError, match="Could not find the site of this customer: HTTP 403"):
        find_site(fake_api)


def test_several_sites_are_listed_and_none_of_them_is_taken():
    with pytest.raises(OptionError, match=r"^site_id: .* set one of: a \(Site a\), b \(Site b\)$"):
        only_site(me("a", "b"), "customer1")


@pytest.mark.parametrize(
    "body", [{}, {"Customers": None}, {"Customers": []}, me(), {"Customers": [{"Id": "customer1"}]}]
)
def test_no_site_is_told_with_the_remedy(body):
    with pytest.raises(OptionError, match=r"^site_id: the account sees no site; give it an administrator role"):
        only_site(body, "customer1")


def test_the_site_of_another_customer_is_not_taken():
    with pytest.raises(OptionError, match=r"^customer_id: the account does not see customer1; it sees other, third$"):
        only_site({"Customers": [*me("a", customer="other")["Customers"], {"Id": "third"}]}, "customer1")


def test_only_the_sites_of_the_customer_count():
    body = {"Customers": [*me("a", "b", customer="other")["Customers"], *me("site7")["Customers"]]}
    assert only_site(body, "customer1") == "site7"


def test_the_customer_is_known_without_regard_to_case():
    assert only_site(me("site7", customer="CUSTOMER1"), "customer1") == "site7"


def test_what_is_no_site_does_not_count():
    sites = [None, 17, "x", {}, {"Id": None}, {"Id": 3}, {"Id": "site7", "Name": None}]
    assert only_site({"Customers": [None, {"Id": "customer1", "Sites": sites}]}, "customer1") == "site7"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(("Customers", "Id", "Sites", "Name")), inner),
)


@given(st.dictionaries(st.just("Customers"), JSON))
@example({"Customers": 17})
@example({"Customers": [{"Id": "customer1", "Sites": 17}]})
@example({"Customers": {"Id": "customer1"}})
def test_an_answer_of_any_shape_gives_a_site_or_an_error_of_ours(body):
    try:
        assert isinstance(only_site(body, "customer1"), str)
    except CitrixError:
        pass
