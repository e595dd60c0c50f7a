# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use citrix_machines_info in plays; other files test each selector with many examples."""

from __future__ import annotations

import pytest

INFO = "sessionops.citrix.citrix_machines_info"


def names(result):
    return [machine["name"] for machine in result["machines"]]


@pytest.fixture
def truth(simulator):
    """Return {name: machine} of the site in the API, and clear the log."""
    machines = {machine["Name"]: machine for machine in simulator.get("Machines")["Items"]}
    simulator.reset()
    return machines


def test_play_lists_machines(simulator, truth, play):
    tasks = [{INFO: {}}, {INFO: {"limit": 2, "fields": ["Id"]}, "check_mode": True}]
    run = play(tasks, "--diff", connection=simulator.on_premises_direct)
    assert run.code == 0, run.output
    everything, two = run.results
    assert names(everything) == list(truth)
    for machine in everything["machines"]:
        known = truth[machine["name"]]
        assert machine["dns_name"] == known["DnsName"]
        assert machine["ip_address"] == known["IPAddress"]
        assert machine["delivery_group"]["name"] == known["DeliveryGroup"]["Name"]
    assert names(two) == list(truth)[:2]
    assert not any(result["changed"] for result in run.results)
    assert simulator.counts() == {"sign-in": 2, "me": 2, "Machines": 2}


def test_list_filtered_by_each_option(simulator, truth, modules):
    first, second, *_others, last = truth
    chosen = [truth[last]["Id"].upper(), "VDA-001.lab.example", second.swapcase(), "LAB\\vda-001"]
    filters = [{"property": "SessionCount", "operator": "NotEquals", "value": "10"}]
    tasks = [
        {INFO: {"machine": chosen, "fields": ["SessionCount"]}},
        {INFO: {"delivery_group": ["engineering"], "fields": ["Id"]}},
        {INFO: {"session_support": "SingleSession", "fields": ["SessionSupport"]}},
        {INFO: {"search_filters": filters}},
    ]
    run = modules(tasks, connection=simulator.on_premises_direct)
    assert run.code == 0, run.output
    named, group, single, none = run.results
    # Each once, in the order of the option.
    assert named["machines"] == [
        {"id": truth[name]["Id"], "name": name, "dns_name": truth[name]["DnsName"], "session_count": 10}
        for name in (last, first, second)
    ]
    assert names(group) == [name for name, each in truth.items() if each["DeliveryGroup"]["Name"] == "Engineering"]
    assert [(machine["name"], machine["session_support"]) for machine in single["machines"]] == [
        (last, "SingleSession")
    ]
    assert none["machines"] == []
    counts = simulator.counts()
    assert counts["sign-in"] == counts["me"] == 4
    assert counts["Machines"] == 1  # The one by id.
    assert counts["$search"] == 2 + 2 + 1 + 2
    assert counts["DeliveryGroups"] == 1


def test_invalid_options_rejected(simulator, modules):
    unsent = {
        "fields: 'Session Count' is not a field": {"fields": ["Session Count"]},
        "value of session_support must be one of": {"session_support": ""},
        "missing required arguments: property": {"search_filters": [{"value": "10"}]},
    }
    unfit = {
        "LAB\\none, none.lab.example; write DOMAIN\\NAME": {
            "machine": ["LAB\\none", "LAB\\vda-001", "none.lab.example"]
        },
        "HTTP 400": {"search_filters": [{"property": "NoSuchThing", "value": "10"}]},
    }
    tasks = [{INFO: options, "ignore_errors": True} for options in (*unsent.values(), *unfit.values())]
    run = modules(tasks, connection=simulator.cloud)
    for named, result in zip((*unsent, *unfit), run.results):
        assert result["failed"]
        assert named in result["msg"]
    assert run.results[-1]["failure"]["status"] == 400
    assert "Traceback" not in run.output
    assert simulator.counts()["sign-in"] == len(unfit)
