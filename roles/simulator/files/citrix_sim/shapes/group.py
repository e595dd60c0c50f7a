# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON of a delivery group, of a published application and of a machine catalog."""

from __future__ import annotations

from typing import Any

from ..state.fleet import Fleet
from ..state.objects import ZONE, Ref
from .common import NO_ID, ref, scopes, split_name
from .machine import LISTED

_SCOPES = scopes("DeliveryGroup")[0]["Scopes"]


def group_json(fleet: Fleet, group: Ref) -> dict[str, Any]:
    """Return DeliveryGroupResponseModel; Name is unique in its folder, FullName everywhere."""
    folder, name = split_name(group.name)
    machines = [machine for machine in fleet.machines if machine.group is group]
    free = [machine for machine in machines if machine.support == "MultiSession" or not machine.sessions]
    left = [machine for machine in machines if any(session.state == "Disconnected" for session in machine.sessions)]
    return {
        "Id": group.id,
        "Uid": group.uid,
        "UserManagement": "Studio",
        "Delivering": "DesktopsAndApps",
        "DeliveryType": "DesktopsAndApps",
        "Description": None,
        "DesktopsAvailable": len(free),
        "DesktopsDisconnected": len(left),
        "DesktopsFaulted": 0,
        "DesktopsUnregistered": 0,
        "Enabled": True,
        "HasBeenPromoted": False,
        "HasBeenPromotedFrom": "Unknown",
        "InMaintenanceMode": False,
        "IsBroken": False,
        "IsRemotePC": False,
        "MachineLogOnType": "ActiveDirectory",
        "Metadata": [],
        "MinimumFunctionalLevel": "L7_20",
        "Name": name,
        "FullName": group.name,
        "PublishedName": name,
        "PolicySetGuid": NO_ID,
        "ProductCode": "XDT",
        "LicenseModel": "UserDevice",
        "RequireUserHomeZone": False,
        "Scopes": _SCOPES,
        "Tenants": [],
        "Tags": [],
        "SessionCount": sum(len(machine.sessions) for machine in machines),
        "SessionSupport": "MultiSession",
        "SharingKind": "Shared",
        "TotalApplications": len(fleet.applications),
        "TotalDesktops": len(machines),
        "ApplicationGroupCompatibility": "Compatible",
        "ApplicationCompatibility": "Compatible",
        "DesktopCompatibility": "Compatible",
        "RequiredSleepCapability": "None",
        "AdminFolder": folder,
        "IsPowerManaged": False,
        "AutoscalingEnabled": False,
        "ReuseMachinesWithoutShutdownInOutage": False,
        "TotalDesktopsOfSuspend": None,
        "DefaultDesktopIconId": "1",
    }


def group_detail_json(fleet: Fleet, group: Ref) -> dict[str, Any]:
    """Return DeliveryGroupDetailResponseModel: the members of the list, and counts of machines."""
    machines = [machine for machine in fleet.machines if machine.group is group]
    systems = [{"Name": LISTED["OSType"], "Value": len(machines)}] if machines else []
    return {
        **group_json(fleet, group),
        "DesktopsInUse": sum(bool(machine.sessions) for machine in machines),
        "DesktopsNeverRegistered": 0,
        "DesktopsPreparing": 0,
        "MachinesInMaintenanceMode": 0,
        "MachineOperatingSystems": systems,
        "MachineType": LISTED["MachineType"],
        "OffMachines": 0,
        "RegisteredMachines": len(machines),
        "SecureIcaRequired": False,
        "TotalApplicationGroups": 0,
        "TotalMachines": len(machines),
    }


def application_detail_json(application: Ref) -> dict[str, Any]:
    """Return ApplicationDetailResponseModel; Name is the name in its folder."""
    folder, name = split_name(application.name)
    return {
        "Id": application.id,
        "Uid": application.uid,
        "ApplicationFolder": folder,
        "ApplicationType": "HostedOnDesktop",
        "ContainerScopes": scopes("DeliveryGroup"),
        "Description": None,
        "Enabled": True,
        "IconId": "1",
        "Name": name,
        "PublishedName": name,
        "SharingKind": "Shared",
        "Visible": True,
        "BrowserName": name,
        "CpuPriorityLevel": "Normal",
        "HomeZone": ref(ZONE),
        "HomeZoneMode": "Ignore",
        "IncludedUserFilterEnabled": False,
    }


def catalog_detail_json(fleet: Fleet, catalog: Ref) -> dict[str, Any]:
    """Return MachineCatalogDetailResponseModel; Name is the name in its folder."""
    folder, name = split_name(catalog.name)
    machines = [machine for machine in fleet.machines if machine.catalog is catalog]
    groups = dict.fromkeys(machine.group for machine in machines)
    return {
        "Id": catalog.id,
        "Uid": catalog.uid,
        "Name": name,
        "FullName": catalog.name,
        "AdminFolder": folder,
        "AllocationType": LISTED["AllocationType"],
        "AvailableCount": sum(not machine.sessions for machine in machines),
        "Description": None,
        "IsRemotePC": False,
        "MachineType": LISTED["MachineType"],
        "MinimumFunctionalLevel": "L7_20",
        "HasBeenPromoted": False,
        "CanRollbackVMImage": False,
        "CanRecreateCatalog": False,
        "PersistChanges": LISTED["PersistUserChanges"],
        "ProvisioningType": LISTED["ProvisioningType"],
        "SessionSupport": machines[0].support if machines else "MultiSession",
        "SharingKind": "Shared",
        "TotalCount": len(machines),
        "IsBroken": False,
        "UnassignedCount": 0,
        "UsedCount": sum(bool(machine.sessions) for machine in machines),
        "Zone": ref(ZONE),
        "DeliveryGroups": [ref(group) for group in groups],
    }
