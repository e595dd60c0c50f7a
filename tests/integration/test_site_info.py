# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use citrix_site_info in plays."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_site_info as site_info

INFO = "sessionops.citrix.citrix_site_info"
NO_SITE = "00000000-0000-0000-0000-000000000000"


def test_play_shows_account_and_site(simulator, play):
    run = play([{INFO: {}}], "--check", connection=simulator.cloud)
    assert run.code == 0, run.output
    assert run.result["display_name"] == "LAB\\administrator"
    assert [site["id"] for site in run.result["sites"]] == [simulator.facts["site_id"]]
    assert not run.result["changed"]


@pytest.mark.parametrize("deployment", ["cloud", "on_premises_direct"])
def test_account_and_its_sites(simulator, modules, deployment):
    simulator.reset(sites=2)
    one = simulator.facts["site_id"]
    tasks = [
        {INFO: {}},
        {INFO: {"site_id": one}, "check_mode": True},
        {INFO: {"site_id": NO_SITE}, "ignore_errors": True},
    ]
    run = modules(tasks, connection=getattr(simulator, deployment))
    assert run.code == 0, run.output
    both, chosen, unknown = run.results
    assert both["display_name"] == "LAB\\administrator"
    assert both["user_id"]
    sites = [{"id": site["id"], "name": site["name"]} for site in both["sites"]]
    assert [site["name"] for site in sites] == ["Simulated Site 1", "Simulated Site 2"]
    (customer,) = both["customers"]
    # On premises, it is a generated id.
    assert (customer["sites"], customer["id"] == "simulated") == (sites, deployment == "cloud")
    assert {site["product_version"] for site in both["sites"]} == {"7.44"}
    assert [site["id"] for site in chosen["sites"]] == [one]
    assert chosen["customers"] == both["customers"]
    assert not both["changed"]
    assert unknown["failed"]
    assert NO_SITE in unknown["msg"]
    assert "site_id" in unknown["msg"]
    assert unknown["failure"]["status"] == 404
    # Several sites are not an error here.
    assert simulator.counts() == {"sign-in": 3, "me": 3, "Sites": 2 + 1 + 1}


def test_inaccessible_customer_named(simulator, client):
    other = {"Customers": [{"Id": "customer2", "Sites": []}, {"Id": "customer3", "Name": "Three"}], "UserId": "u"}
    simulator.fault({"path": "me$", "answer": {"status": 200, "body": other}})
    with pytest.raises(
        OptionError, match=r"^customer_id: the account cannot access simulated; it can access customer2, customer3$"
    ):
        client(site_info, simulator.cloud)
