# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that contain all characters that must be quoted."""

from __future__ import annotations

import urllib.parse

import pytest

NOT_IN_USERS = set('/"')
"""Characters that Windows rejects in the names of accounts."""
MARKS = set("/%#$&+'\", .") | set("\u00c4\u00f1\u0130\u0131\u65e5\u672c")


@pytest.fixture
def hostile(simulator):
    """Return the process of the module with a hostile fleet."""
    simulator.reset(names="hostile")
    return simulator


def quoted(name):
    return urllib.parse.quote(name.replace("\\", "|"), safe="")


def machines(simulator):
    return simulator.get("/Machines").json()["Items"]


def groups(simulator):
    return simulator.get("/DeliveryGroups").json()["Items"]


def applications(simulator):
    """Return the names of the applications in use, in order."""
    return sorted({name for entry in simulator.state().values() for name in entry["applications"]})


def test_names_have_all_special_characters(hostile):
    users = hostile.state().values()
    for marks, found in (
        (MARKS, [machine["Name"].partition("\\")[2] for machine in machines(hostile)]),
        (MARKS, [group["FullName"] for group in groups(hostile)]),
        (MARKS, applications(hostile)),
        (MARKS - NOT_IN_USERS, [entry["user"].partition("\\")[2] for entry in users]),
        (MARKS - NOT_IN_USERS, [entry["user_principal_name"] for entry in users]),
    ):
        assert set("".join(found)) >= marks
        names = [name.lower() for name in found if name]
        # A partner shares the name of the previous user, but not the domain in the UPN.
        assert len(names) - len(set(names)) in (0, 2)


def test_names_fleet_has_sizes_of_plain_fleet(simulator):
    keys = ("id", "state", "protocol", "recorded", "anonymous", "dns_name")

    def shape():
        entries = simulator.state().values()
        return [[*(entry[key] for key in keys), len(entry["applications"])] for entry in entries]

    plain, plain_machines = shape(), [machine["Id"] for machine in machines(simulator)]
    assert simulator.control("reset", {"names": "hostile"})["names"] == "hostile"
    assert shape() == plain
    simulator.token = simulator.sign_in_cloud().json()["access_token"]
    assert [machine["Id"] for machine in machines(simulator)] == plain_machines
    # A reset restores the initial value.
    assert simulator.control("reset", {})["names"] == "plain"


def test_names_same_after_restart(hostile, start):
    other = start("--names", "hostile")
    other.reset()
    for path in ("/Sessions", "/Machines", "/DeliveryGroups"):
        assert other.get(path).json() == hostile.get(path).json()


def test_names_of_machines_in_path(hostile):
    for machine in machines(hostile):
        assert machine["Name"].startswith("LAB\\")
        for name in (machine["Name"], machine["Name"].lower(), machine["Id"]):
            assert hostile.get(f"/Machines/{quoted(name)}").json()["Id"] == machine["Id"]
        path = f"/Machines/{quoted(machine['Name'])}/Sessions"
        assert {item["Machine"]["Name"] for item in hostile.get(path).json()["Items"]} == {machine["Name"]}


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("LAB%7CVDA%2541%23001", "LAB%7CVDA%41%23001"),
        ("LAB%7CVDA%2541%23001", "LAB%257CVDA%252541%2523001"),
        ("LAB%7Cvda%2F%C3%84%20004", "LAB%7Cvda/%C3%84%20004"),
        ("LAB%7Cvda%2F%C3%84%20004", "LAB%7Cvda%2F%C3%84+004"),
        ("LAB%7Cvda%2F%C3%84%20004", "LAB%7Cvda%2F%C4%20004"),
        ("LAB%7Cvda%2F%C3%84%20004", "LAB%5Cvda%2F%C3%84%20004"),
    ],
)
def test_names_badly_quoted_find_nothing(hostile, good, bad):
    assert hostile.get(f"/Machines/{good}").status_code == 200
    assert hostile.get(f"/Machines/{bad}").status_code == 404


def test_names_of_delivery_groups_in_path(hostile):
    for group in groups(hostile):
        found = hostile.get(f"/DeliveryGroups/{quoted(group['FullName'].lower())}")
        assert found.json().items() >= group.items()
        # The name alone is not sufficient in a folder, whose name ends with a backslash.
        folder = group["AdminFolder"]["Name"]
        assert folder + group["Name"] == group["FullName"]
        assert (folder == "") == (hostile.get(f"/DeliveryGroups/{quoted(group['Name'])}").status_code == 200)
        of_group = hostile.get(f"/DeliveryGroups/{quoted(group['FullName'])}/Machines").json()["Items"]
        assert {machine["DeliveryGroup"]["Name"] for machine in of_group} == {group["FullName"]}
    assert sum(bool(group["AdminFolder"]["Name"]) for group in groups(hostile)) == 2


def test_names_of_applications_in_path(hostile):
    for name in applications(hostile):
        application = hostile.get(f"/Applications/{quoted(name.lower())}").json()
        assert application["ApplicationFolder"]["Name"] + application["Name"] == name
        found = hostile.get(f"/Applications/{quoted(name)}/Sessions").json()["Items"]
        assert [item["Id"] for item in found] == [
            entry["id"] for entry in hostile.state().values() if name in entry["applications"]
        ]


def test_names_in_searches_without_escape(hostile):
    entries = list(hostile.state().values())
    assert len(entries) == 50

    def by(name, key):
        for value in sorted({entry[key] for entry in entries}):
            wanted = [entry["id"] for entry in entries if entry[key] == value]
            assert hostile.found("Sessions", (name, "Equals", value)) == wanted, value

    by("UserName", "user")
    by("UserPrincipalName", "user_principal_name")
    by("MachineName", "machine")
    by("DeliveryGroup", "delivery_group")
    for name in applications(hostile):
        wanted = [entry["id"] for entry in entries if name in entry["applications"]]
        assert hostile.found("Sessions", ("AppsInUse", "Equals", name)) == wanted
    for machine in machines(hostile):
        support = ("SessionSupport", "Equals", machine["SessionSupport"])
        assert hostile.found("Machines", support, ("MachineName", "Equals", machine["Name"])) == [machine["Id"]]


def test_names_of_users(hostile):
    users = [entry["user"] for entry in hostile.state().values()]
    assert all(user.count("\\") == 1 for user in users if user)
    # Two users with one name, as in a plain fleet.
    assert users[12] == "LAB\\a+b$ 013"
    assert users[13] == "PARTNER\\a+b$ 013"
    first = hostile.get("/Sessions").json()["Items"][1]["User"]
    assert (first["Name"], first["PrincipalName"]) == ("LAB\\\u0130pek.\u00f1 002", "\u0130pek.\u00f1 002@lab.example")
    assert first["DisplayName"] == "User 002"
