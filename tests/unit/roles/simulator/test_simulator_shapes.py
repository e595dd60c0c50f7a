# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members that published models require, and values that no published sample has as null."""

from __future__ import annotations

import pytest

GROUP = {
    "DesktopsInUse",
    "DesktopsNeverRegistered",
    "DesktopsPreparing",
    "MachinesInMaintenanceMode",
    "MachineOperatingSystems",
    "MachineType",
    "OffMachines",
    "RegisteredMachines",
    "SecureIcaRequired",
    "TotalApplicationGroups",
    "TotalMachines",
}
APPLICATION = {"BrowserName", "CpuPriorityLevel", "HomeZone", "HomeZoneMode", "IncludedUserFilterEnabled"}
MACHINE = {
    "LastConnectionFailure",
    "LastConnectionUser",
    "LastDeregistrationReason",
    "SessionProtocol",
    "SessionState",
    "ContainerMetadata",
    "UpgradeType",
    "UpgradeState",
    "UpgradeDetail",
}


def test_delivery_group_alone_has_machine_counts(simulator):
    simulator.reset(machines=7, sessions=30)
    listed = simulator.get("/DeliveryGroups").json()["Items"]
    assert not GROUP & set(listed[0])
    for group in listed:
        detail = simulator.get(f"/DeliveryGroups/{group['Id']}").json()
        assert detail.items() >= group.items()
        assert set(detail) - set(group) == GROUP
        count = len(simulator.get(f"/DeliveryGroups/{group['Id']}/Machines").json()["Items"])
        assert detail["TotalMachines"] == detail["RegisteredMachines"] == count
        assert detail["MachineOperatingSystems"] == [{"Name": "Windows 2022", "Value": count}]


def test_application_alone_has_detail(simulator):
    detail = simulator.get("/Applications/Text%20Editor").json()
    assert set(detail) >= APPLICATION
    assert set(detail["HomeZone"]) == {"Id", "Uid", "Name"}


@pytest.mark.parametrize("fleet", [{}, {"sessions": 0}])
def test_machine_has_values_unless_sample_has_null(simulator, fleet):
    simulator.reset(**fleet)
    machine = simulator.get("/Machines").json()["Items"][0]
    for shape in (machine, simulator.get(f"/Machines/{machine['Id']}").json()):
        assert [name for name in MACHINE if shape[name] is None] == []
        assert shape["Sid"].startswith("S-1-5-21-")


def test_machine_in_session_has_nulls_of_sample(simulator):
    machine = simulator.get("/Sessions").json()["Items"][0]["Machine"]
    assert [name for name in MACHINE if machine[name] is not None] == []


def test_application_in_use_has_name_without_id(simulator):
    (used,) = simulator.get("/Sessions").json()["Items"][1]["ApplicationsInUse"]
    assert used == {"Id": "00000000-0000-0000-0000-000000000000", "Uid": None, "Name": "Text Editor"}


@pytest.mark.parametrize("path", ["/Sessions", "/Machines", "/DeliveryGroups"])
def test_fields_match_in_any_case(simulator, path):
    lists = [simulator.get(path, {"fields": fields}).json()["Items"] for fields in ("Id,Uid", "iD, UID")]
    assert lists[0] == lists[1]
    assert set(lists[0][0]) == {"Id", "Uid"}
    one = simulator.get(f"{path}/{lists[0][0]['Id']}", {"fields": "id"}).json()
    assert one == {"Id": lists[0][0]["Id"]}
