# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delivery groups and applications."""

from __future__ import annotations

import pytest

NOWHERE = "11111111-2222-4333-8444-555555555555"


def names(reply):
    return [item["Name"] for item in reply.json()["Items"]]


def ids(reply):
    return [item["Id"] for item in reply.json()["Items"]]


def all_pages(simulator, path, **params):
    """Return the items of each page."""
    query = dict(params)
    while True:
        page = simulator.get(path, query).json()
        yield page["Items"]
        query["continuationToken"] = page["ContinuationToken"]
        if query["continuationToken"] is None:
            return


def test_delivery_groups(simulator):
    reply = simulator.get("/DeliveryGroups")
    assert names(reply) == ["Office Desktops", "Engineering", "Contractors"]
    assert sorted(reply.json()) == ["ContinuationToken", "Items"]
    group = reply.json()["Items"][0]
    assert group["FullName"] == group["PublishedName"] == group["Name"]
    assert group["AdminFolder"]["Name"] == ""
    # Office Desktops has the machines 1 and 4; Engineering has 2 and 5, a single-session one.
    counts = ("TotalDesktops", "DesktopsAvailable", "DesktopsDisconnected", "SessionCount")
    items = reply.json()["Items"]
    assert [[item[name] for name in counts] for item in items] == [[2, 2, 2, 20], [2, 1, 2, 20], [1, 1, 1, 10]]
    pages = list(all_pages(simulator, "/DeliveryGroups", limit=2, fields="Name,Enabled"))
    assert pages[0] == [{"Enabled": True, "Name": "Office Desktops"}, {"Enabled": True, "Name": "Engineering"}]
    assert [len(page) for page in pages] == [2, 1]
    assert simulator.get("/DeliveryGroups", {"async": "true"}).status_code == 400
    assert simulator.get("/DeliveryGroups", {"adminFolder": "x"}).status_code == 400


def test_one_delivery_group(simulator):
    group = simulator.get("/DeliveryGroups").json()["Items"][1]
    for name_or_id in ("Engineering", "engineerING", group["Id"], group["Id"].upper()):
        assert simulator.get(f"/DeliveryGroups/{name_or_id}").json().items() >= group.items()
    assert simulator.get("/DeliveryGroups/Engineering", {"fields": "Name,Id"}).json() == {
        "Id": group["Id"],
        "Name": "Engineering",
    }
    # Machines and sessions refer to it.
    assert simulator.get("/Machines/LAB%7Cvda-002").json()["DeliveryGroup"]["Id"] == group["Id"]


def test_machines_of_delivery_group(simulator):
    simulator.reset(machines=10, sessions=20)
    every = {item["Name"]: item for item in simulator.get("/Machines").json()["Items"]}
    reply = simulator.get("/DeliveryGroups/office%20desktops/Machines")
    wanted = [f"LAB\\vda-{number:03d}" for number in (1, 4, 7, 10)]
    assert reply.json() == {"Items": [every[name] for name in wanted], "ContinuationToken": None}
    pages = list(all_pages(simulator, "/DeliveryGroups/Office%20Desktops/Machines", limit=3))
    assert [[item["Name"] for item in page] for page in pages] == [wanted[:3], wanted[3:]]
    # It has no fields parameter.
    assert simulator.get("/DeliveryGroups/Engineering/Machines", {"fields": "Id"}).json()["Items"][0]["Name"]


def test_empty_delivery_group(simulator):
    simulator.reset(machines=1, sessions=1)
    assert simulator.get("/DeliveryGroups/Contractors").json()["TotalDesktops"] == 0
    assert simulator.get("/DeliveryGroups/Contractors/Machines").json()["Items"] == []


def test_one_application(simulator):
    application = simulator.get("/Applications/TEXT%20editor").json()
    assert (application["Name"], application["PublishedName"]) == ("Text Editor", "Text Editor")
    assert (application["ApplicationType"], application["Enabled"], application["Visible"]) == (
        "HostedOnDesktop",
        True,
        True,
    )
    assert simulator.get(f"/Applications/{application['Id']}").json() == application
    assert simulator.get("/Applications/Drawing", {"fields": "Name"}).json() == {"Name": "Drawing"}


def test_sessions_of_application(simulator):
    wanted = [entry["id"] for entry in simulator.state().values() if "Drawing" in entry["applications"]]
    reply = simulator.get("/Applications/drawing/Sessions")
    assert ids(reply) == wanted
    assert len(wanted) == 5
    assert reply.json()["ContinuationToken"] is None
    # Complete sessions: it has no fields parameter.
    whole = simulator.get(f"/Sessions/{wanted[0]}").json()
    assert simulator.get("/Applications/Drawing/Sessions", {"fields": "Id"}).json()["Items"][0] == whole
    pages = list(all_pages(simulator, "/Applications/Drawing/Sessions", limit=2))
    assert [[item["Id"] for item in page] for page in pages] == [wanted[:2], wanted[2:4], wanted[4:]]
    assert simulator.get("/Applications/Drawing/Sessions", {"async": "true"}).status_code == 400


def test_application_ends_with_its_session(simulator):
    wanted = ids(simulator.get("/Applications/Drawing/Sessions"))
    simulator.faults({"vanish": True, "times": 1})
    simulator.get(f"/Sessions/{wanted[1]}")
    assert ids(simulator.get("/Applications/Drawing/Sessions")) == [wanted[0], *wanted[2:]]


@pytest.mark.parametrize(
    "path",
    [
        "/DeliveryGroups/{}",
        "/DeliveryGroups/{}/Machines",
        "/Applications/{}",
        "/Applications/{}/Sessions",
    ],
)
def test_missing_objects(simulator, path):
    for name in ("nothing", NOWHERE, simulator.connection["site_id"]):
        reply = simulator.get(path.format(name))
        assert reply.status_code == 404
        assert reply.json()["parameters"] == [{"name": "nameOrId", "value": name}]
    # All headers are required, as everywhere.
    assert simulator.get(path.format("Drawing"), Citrix_InstanceId=None).status_code == 400
    assert simulator.get(path.format("Drawing"), Accept="*/*").status_code == 406
    assert simulator.post(path.format("Drawing")).status_code == 405


def test_second_site_publishes_nothing(simulator):
    simulator.reset(sites=2)
    other = simulator.get("/me").json()["Customers"][0]["Sites"][1]["Id"]
    assert simulator.get("/DeliveryGroups", Citrix_InstanceId=other).json()["Items"] == []
    assert simulator.get("/Applications/Drawing", Citrix_InstanceId=other).status_code == 404


def test_direct_base(simulator):
    base = f"/citrix/orchestration/api/simulated/{simulator.connection['site_id']}"
    for path in ("/DeliveryGroups", "/DeliveryGroups/Engineering/Machines", "/Applications/Drawing/Sessions"):
        assert simulator.get(path, base=base, Citrix_InstanceId=None).json() == simulator.get(path).json()
