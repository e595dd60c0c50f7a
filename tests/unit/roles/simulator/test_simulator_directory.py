# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, machines, folders and paths of each directory, and fleets that a test describes."""

from __future__ import annotations

import urllib.parse

import pytest
import requests

LOCAL = ["DisplayName", "SamName", "SamAccountName", "PrincipalName", "Sid", "Name", "Domain"]


def users(simulator):
    return [item["User"] for item in simulator.get("/Sessions").json()["Items"]]


def given(user):
    """Return the members of a User block that have a value."""
    return {name: value for name, value in user.items() if value}


def path(kind, name):
    return f"/{kind}/{urllib.parse.quote(name, safe='')}"


def test_active_directory_user_has_account_and_short_name(simulator):
    user = users(simulator)[0]
    assert set(LOCAL) <= set(given(user))
    assert (user["Name"], user["SamName"], user["SamAccountName"]) == ("LAB\\user001", "LAB\\user001", "user001")


def test_entra_user_has_account_with_upn_and_no_upn(simulator):
    simulator.reset(directory="entra", mix="recordable", names="hostile")
    for session, entry in zip(simulator.get("/Sessions").json()["Items"], simulator.state().values()):
        user = session["User"]
        assert set(given(user)) == {"DisplayName", "Sid", "Name"}
        assert user["PrincipalName"] is None
        assert user["Name"].startswith("AzureAD\\")
        assert user["Name"].endswith("@lab.example")
        assert entry["user"] == user["Name"]
        assert session["Machine"]["DnsName"] == ""
        assert "\\" not in session["Machine"]["Name"]
    assert simulator.found("Sessions", ("UserName", "Equals", user["Name"])) == [session["Id"]]
    assert simulator.found("Sessions", ("UserPrincipalName", "Equals", user["Name"].partition("\\")[2])) == []


def test_hybrid_sessions_in_turn(simulator):
    simulator.reset(directory="hybrid", mix="recordable", sessions=14)
    shown = users(simulator)
    assert [set(given(user)) for user in shown[2:7]] == [
        {"Sid", "Name"},
        {"DisplayName", "Sid", "Name"},
        {"PrincipalName", "Sid"},
        set(),
        {"SamName", "Sid"},
    ]
    assert (shown[2]["Sid"], shown[2]["Name"]) == (shown[1]["Sid"], shown[1]["Name"])
    assert shown[1]["PrincipalName"] == "user002@lab.example"
    assert shown[4]["Sid"] == shown[3]["Sid"]
    assert shown[3]["Name"] == f"AzureAD\\{shown[4]['PrincipalName']}"
    # The state names the user that the API omits.
    accounts = [entry["user"] for entry in simulator.state().values()]
    assert accounts[:3] == ["LAB\\user001", "LAB\\user002", "LAB\\user002"]
    assert accounts[3] == accounts[4] == shown[3]["Name"]
    assert accounts[5:7] == ["LAB\\user006", "LAB\\user007"]
    assert not any(entry["anonymous"] for entry in simulator.state().values())


def test_hybrid_machines_share_dns_names_without_domain(simulator):
    simulator.reset(directory="hybrid", machines=10)
    machines = simulator.get("/Machines").json()["Items"]
    assert [(machine["Name"], machine["DnsName"]) for machine in machines[:5]] == [
        ("LAB\\vda-001", "vda-001.lab.example"),
        ("vda-002.lab.example", ""),
        ("LAB\\vda-003", "vda-003.lab.example"),
        ("PARTNER\\vda-003", "vda-003.lab.example"),
        ("LAB\\vda-005", "vda-005.lab.example"),
    ]
    assert len({machine["Id"] for machine in machines}) == 10
    support = ("SessionSupport", "Like", "*")
    assert len(simulator.found("Machines", support, ("DnsName", "Equals", "vda-003.lab.example"))) == 2
    assert len(simulator.found("Machines", support, ("MachineName", "Equals", "vda-002.lab.example"))) == 1


@pytest.mark.parametrize("directory", ["entra", "hybrid"])
def test_directory_has_mixed_kinds_of_session(simulator, directory):
    simulator.reset(directory=directory)
    sessions = simulator.get("/Sessions").json()["Items"]
    assert sum(session["IsAnonymousUser"] for session in sessions) == 5
    assert all(not given(session["User"]) for session in sessions if session["IsAnonymousUser"])
    assert {session["State"] for session in sessions} == {"Active", "Disconnected"}


def test_folders_have_objects_of_one_name(simulator):
    simulator.reset(names="folders")
    for kind, folder, member in (
        ("DeliveryGroups", "AdminFolder", "Office Desktops"),
        ("Applications", "ApplicationFolder", "Text Editor"),
    ):
        found = [simulator.get(path(kind, f"{place}|{member}")).json() for place in ("Prod", "Test")]
        assert [item["Name"] for item in found] == [member, member]
        assert [item[folder]["Name"] for item in found] == ["Prod\\", "Test\\"]
        assert simulator.get(path(kind, member)).status_code == 404
    used = [
        application["Name"]
        for item in simulator.get("/Sessions").json()["Items"][:5]
        for application in item["ApplicationsInUse"]
    ]
    assert used == ["Prod\\Text Editor", "Test\\Text Editor", "Drawing"]
    assert len(simulator.found("Sessions", ("AppsInUse", "Equals", "prod\\text editor"))) == 5
    assert simulator.found("Sessions", ("AppsInUse", "Equals", "Text Editor")) == []


@pytest.mark.parametrize("kind", ["Machines", "DeliveryGroups", "Applications", "Sessions"])
def test_uid_finds_object_of_path(simulator, kind):
    simulator.reset(machines=6)
    found = simulator.get(path(kind, "2")).json()
    assert found["Uid"] == 2
    assert simulator.get(path(kind, found["Id"])).json() == found
    assert simulator.get(path(kind, "0")).status_code == 404
    assert simulator.get(path(kind, "1000")).status_code == 404


def test_uid_of_ended_session_finds_nothing(simulator):
    session = simulator.get("/Sessions/3").json()
    simulator.control("log_off", {"session": session["Id"]})
    assert simulator.get("/Sessions/3").status_code == 404


@pytest.mark.parametrize(
    ("kind", "name", "found"),
    [
        ("DeliveryGroups", "Off*", "Office Desktops"),
        ("Applications", "*edit*", "Text Editor"),
        ("Machines", "lab|*3", "LAB\\vda-003"),
    ],
)
def test_wildcards_resolve_only_if_set(simulator, kind, name, found):
    assert simulator.get(path(kind, name)).status_code == 404
    simulator.reset(wildcards=True)
    assert simulator.get(path(kind, name)).json()["Name"] == found
    assert simulator.get(path(kind, "Nothing*")).status_code == 404
    assert simulator.get(path(kind, name.replace("*", "?"))).status_code == 404


@pytest.mark.parametrize("known", ["CurrentUser", "UserName"])
def test_user_search_by_one_property_only(simulator, known):
    other = {"CurrentUser": "UserName", "UserName": "CurrentUser"}[known]
    assert len(simulator.found("Sessions", (other, "Equals", "LAB\\user001"))) == 1
    simulator.reset(user_search=known)
    assert len(simulator.found("Sessions", (known, "Equals", "LAB\\user001"))) == 1
    assert simulator.found("Sessions", (other, "Equals", "LAB\\user001")) == []
    assert simulator.found("Sessions", (other, "NotEquals", "LAB\\user001")) == []
    simulator.reset(user_search=known, unknown_search="refused")
    assert simulator.search("Sessions", (other, "Equals", "LAB\\user001")).status_code == 400
    assert len(simulator.found("Sessions", (known, "Equals", "LAB\\user001"))) == 1


def test_machine_sessions_can_repeat_page_token(simulator):
    simulator.reset(machine_repeats=True)
    first = simulator.get("/Machines/1/Sessions").json()
    again = simulator.get("/Machines/1/Sessions", {"continuationToken": first["ContinuationToken"]}).json()
    assert again == first
    assert len(first["Items"]) == 10


PLAN = {
    "delivery_groups": ["Office", "Prod\\Office"],
    "applications": ["Prod\\Notepad", "Test\\Notepad"],
    "machines": [
        {
            "name": "LAB\\vda01",
            "dns_name": "vda01.lab.example",
            "delivery_group": "Prod\\Office",
            "sessions": [
                {"user": {"Name": "AzureAD\\anna@contoso.com", "PrincipalName": None}, "recorded": True},
                {"user": {"SamName": "LAB\\anna", "IsBuiltIn": False}, "applications": ["Test\\Notepad"]},
                {"user": {"Name": 17, "Sid": ["x"]}, "connected": False},
                {"user": None, "anonymous": True, "protocol": "Rdp"},
            ],
        },
        {"name": "linux-01.corp.local", "delivery_group": "Office", "session_support": "SingleSession"},
    ],
}


def test_fleet_description_applied(simulator):
    state = simulator.control("fleet", PLAN)["sessions"]
    sessions = simulator.get("/Sessions").json()["Items"]
    assert [entry["id"] for entry in state] == [session["Id"] for session in sessions]
    assert [entry["user"] for entry in state] == ["AzureAD\\anna@contoso.com", "LAB\\anna", "", ""]
    assert [given(session["User"] or {}) for session in sessions] == [
        {"Name": "AzureAD\\anna@contoso.com"},
        {"SamName": "LAB\\anna"},
        {"Name": 17, "Sid": ["x"]},
        {},
    ]
    assert sessions[1]["User"]["IsBuiltIn"] is False
    assert sessions[3]["User"] is None
    assert [session["IsAnonymousUser"] for session in sessions] == [False, False, False, True]
    assert [session["State"] for session in sessions] == ["Active", "Active", "Disconnected", "Active"]
    assert [session["Connection"]["Protocol"] for session in sessions] == ["Hdx", "Hdx", "Hdx", "Rdp"]
    assert sessions[0]["ApplicationsInUse"] == []
    assert sessions[1]["ApplicationsInUse"][0]["Name"] == "Test\\Notepad"
    assert [entry["recorded"] for entry in state] == [True, False, False, False]
    machines = simulator.get("/Machines").json()["Items"]
    assert [(machine["Name"], machine["DnsName"], machine["SessionSupport"]) for machine in machines] == [
        ("LAB\\vda01", "vda01.lab.example", "MultiSession"),
        ("linux-01.corp.local", "", "SingleSession"),
    ]
    assert machines[0]["DeliveryGroup"]["Name"] == "Prod\\Office"
    assert simulator.found("Sessions", ("UserName", "Equals", "LAB\\anna")) == [sessions[1]["Id"]]
    simulator.reset()
    assert simulator.search("Sessions").json()["TotalItems"] == 50


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"machines": {}}, "machines must be a list"),
        ({"machines": [{"name": "LAB\\a"}]}, "delivery_group"),
        ({"machines": [{"name": "LAB\\a", "delivery_group": "None"}]}, "delivery group 'None'"),
        ({"machines": [{**PLAN["machines"][0], "sessions": [{"applications": ["Notepad"]}]}]}, "'Notepad'"),
        ({"machines": [{**PLAN["machines"][0], "sessions": [{"state": "Active"}]}]}, "state"),
        ({"delivery_groups": None}, "delivery_groups"),
    ],
)
def test_fleet_invalid_description_changes_nothing(simulator, change, named):
    with pytest.raises(requests.HTTPError) as caught:
        simulator.control("fleet", {**PLAN, **change})
    assert named in caught.value.response.json()["error"]
    assert simulator.search("Sessions").json()["TotalItems"] == 50
