# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines, sessions and sites: numbers, names and members."""

from __future__ import annotations

import json
import urllib.parse

import pytest


@pytest.fixture
def sessions(simulator):
    """Return the 50 sessions of the mixed fleet."""
    return simulator.get("/Sessions").json()["Items"]


def machine_path(name):
    return f"/Machines/{urllib.parse.quote(name, safe='')}"


def test_fleet_sites(simulator):
    simulator.reset(sites=2)
    sites = simulator.get("/me").json()["Customers"][0]["Sites"]
    assert [site["Name"] for site in sites] == ["Simulated Site 1", "Simulated Site 2"]
    assert sites[0]["Id"] == simulator.connection["site_id"]
    for site in sites:
        for name_or_id in (site["Id"], site["Name"]):
            shape = simulator.get(f"/Sites/{name_or_id}").json()
            assert shape["Id"] == site["Id"]
        assert {"OrchestationApiVersion", "PrimaryZone", "ProductEdition", "ProductVersion"} <= set(shape)
    assert simulator.get("/Sessions", Citrix_InstanceId=sites[1]["Id"]).json()["Items"] == []
    assert simulator.get("/Sites/nowhere").status_code == 404


def test_fleet_machines(simulator):
    simulator.reset(machines=6, sessions=60)
    machines = simulator.get("/Machines").json()["Items"]
    assert [machine["Name"] for machine in machines] == [f"LAB\\vda-00{n}" for n in range(1, 7)]
    assert machines[0]["DnsName"] == "vda-001.lab.example"
    assert [machine["SessionSupport"] for machine in machines] == ["MultiSession"] * 4 + [
        "SingleSession",
        "MultiSession",
    ]
    groups = ["Office Desktops", "Engineering", "Contractors"]
    assert [machine["DeliveryGroup"]["Name"] for machine in machines] == groups * 2
    assert {machine["SessionCount"] for machine in machines} == {10}
    assert {machine["RegistrationState"] for machine in machines} == {"Registered"}


def test_machines_by_kind(simulator):
    single = simulator.get("/Machines", {"sessionSupport": "SingleSession"}).json()["Items"]
    assert [machine["Name"] for machine in single] == ["LAB\\vda-005"]
    assert simulator.get("/Machines", {"configured": "false"}).json()["Items"] == []
    assert simulator.get("/Machines", {"configured": "perhaps"}).status_code == 400
    assert simulator.get("/Machines", {"sessionSupport": "Multi"}).status_code == 400


def test_machine_path_has_bar(simulator):
    machine = simulator.get(machine_path("LAB|vda-002"))
    assert "%7C" in machine.request.url
    assert machine.json()["Name"] == "LAB\\vda-002"
    assert machine.json()["IsReserved"] is False
    assert simulator.get(machine_path("lab|VDA-002")).status_code == 200
    assert simulator.get(machine_path(machine.json()["Id"])).json()["Name"] == "LAB\\vda-002"


@pytest.mark.parametrize("name", ["LAB\\vda-002", "vda-002.lab.example", "vda-002", "LAB|vda-999"])
@pytest.mark.parametrize("rest", ["", "/Sessions"])
def test_machine_not_found_by_other_names(simulator, name, rest):
    assert simulator.get(machine_path(name) + rest).status_code == 404


def test_sessions_of_machine(simulator):
    reply = simulator.get(machine_path("LAB|vda-002") + "/Sessions", {"fields": "Id,Machine"}).json()
    assert reply["ContinuationToken"] is None
    assert "TotalItems" not in reply
    assert [sorted(item) for item in reply["Items"]] == [["Id", "Machine"]] * 10
    assert {item["Machine"]["Name"] for item in reply["Items"]} == {"LAB\\vda-002"}


def test_session_shape(sessions):
    plain = sessions[0]
    assert plain["User"]["Name"] == "LAB\\user001"
    assert plain["User"]["DisplayName"] == "User 001"
    assert plain["User"]["PrincipalName"] == "user001@lab.example"
    assert plain["StartTime"] == "1/6/2025 8:00:30 AM"
    assert plain["FormattedStartTime"] == "2025-01-06T08:00:30Z"
    machine = plain["Machine"]
    assert machine["Id"] is None
    assert machine["RegistrationState"] is None
    assert machine["SessionCount"] is None
    assert (machine["Name"], machine["DnsName"]) == ("LAB\\vda-001", "vda-001.lab.example")
    assert machine["DeliveryGroup"]["Name"] == "Office Desktops"
    assert machine["MachineCatalog"]["Name"]
    assert machine["Zone"]["Name"]
    assert not any("ecording" in name for name in plain)


# Top-level, Machine and User names of the published session sample.
SAMPLE = {
    None: "AppState AppStateLastChangeTime ApplicationsInUse Brokering Client Connection ContainerScopes "
    "EstablishmentDurationMilliseconds EstablishmentTime FormattedAppStateLastChangeTime FormattedEstablishmentTime "
    "FormattedStartTime FormattedStateChangeTime Id IsAnonymousUser IsHidden LogoffInProgress LogonInProgress Machine "
    "SessionType StartTime State StateChangeTime Uid UntrustedUserName User",
    "Brokering": "AutonomouslyBrokered DurationMilliseconds FormattedTime Time UserName UserSid",
    "Client": "DeviceId HardwareId IPAddress Name Platform ProductId ReceiverIPAddress ReceiverName Version",
    "Connection": "ConnectedViaHostName ConnectedViaIP ConnectionMode LaunchedViaHostName LaunchedViaIP Protocol "
    "SecureIcaActive SmartAccessTags",
}


@pytest.mark.parametrize("part", list(SAMPLE))
def test_session_has_keys_of_published_sample(sessions, part):
    for session in sessions[:10]:
        assert sorted(session[part] if part else session) == SAMPLE[part].split()


def test_mixed_fleet(simulator, sessions):
    state = simulator.state()
    kinds = [
        (item["State"], item["Connection"]["Protocol"], state[item["Id"]]["recorded"], item["IsAnonymousUser"])
        for item in sessions
    ]
    plain = ("Active", "Hdx", False, False)
    expected = [plain] * 5 + [
        ("Active", "Hdx", True, False),
        ("Disconnected", "Hdx", False, False),
        ("Active", "Rdp", False, False),
        plain,
        ("Active", "Hdx", False, True),
    ]
    assert kinds == expected * 5
    sparse, anonymous = sessions[8]["User"], sessions[9]["User"]
    assert (sparse["Name"], sparse["SamName"], sparse["PrincipalName"]) == ("LAB\\user009", None, "")
    assert sparse["Sid"].startswith("S-1-5-21-")
    assert (anonymous["Name"], anonymous["SamName"], anonymous["PrincipalName"]) == ("", "", "")
    assert anonymous["Sid"] is None


def test_recordable_fleet(simulator):
    simulator.reset(mix="recordable", sessions=20)
    items = simulator.get("/Sessions").json()["Items"]
    assert {(item["State"], item["Connection"]["Protocol"], item["IsAnonymousUser"]) for item in items} == {
        ("Active", "Hdx", False)
    }
    assert not any(entry["recorded"] for entry in simulator.state().values())


def test_machine_name_in_two_domains(sessions):
    assert sessions[12]["User"]["Name"] == "LAB\\user013"
    assert sessions[13]["User"]["Name"] == "PARTNER\\user013"
    assert sessions[13]["User"]["SamName"] == "PARTNER\\user013"
    assert sessions[13]["User"]["PrincipalName"] == "user013@partner.example"
    names = [item["User"]["Name"] for item in sessions if item["User"]["Name"]]
    assert len(set(names)) == len(names)


def test_sessions_on_machines_in_blocks(simulator):
    simulator.reset(machines=3, sessions=10, mix="recordable")
    names = [item["Machine"]["Name"][-1] for item in simulator.get("/Sessions").json()["Items"]]
    assert "".join(names) == "1111222333"


def test_some_sessions_use_applications(sessions):
    used = [[application["Name"] for application in item["ApplicationsInUse"]] for item in sessions[:5]]
    assert used == [[], ["Text Editor"], [], [], ["Spreadsheet", "Drawing"]]
    assert [item["SessionType"] for item in sessions[:2]] == ["Desktop", "Application"]


def test_one_session(simulator, sessions):
    assert simulator.get(f"/Sessions/{sessions[3]['Id'].upper()}").json() == sessions[3]
    assert simulator.get(f"/Sessions/{sessions[3]['Id']}", {"fields": "Id, State,Nothing"}).json() == {
        "Id": sessions[3]["Id"],
        "State": "Active",
    }
    missing = simulator.get("/Sessions/11111111-2222-4333-8444-555555555555")
    assert missing.status_code == 404
    assert missing.json()["detail"]


def test_fleet_same_after_restart(simulator, start):
    other = start("--machines", "5")
    other.reset()
    for path in ("/Sessions", "/Machines"):
        assert other.get(path).json() == simulator.get(path).json()
    assert other.connection["site_id"] == simulator.connection["site_id"]
    for name in ("client_id", "client_secret", "password"):
        assert other.connection[name] != simulator.connection[name]
        assert len(other.connection[name]) >= 32


def test_credentials_have_reserved_characters(simulator):
    assert set("+/%&=") <= set(simulator.connection["client_secret"])
    assert not simulator.connection["password"].isascii()
    assert json.dumps(simulator.connection["username"]) == '"LAB\\\\administrator"'
