# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON of a machine: shortest in a session, longer in a list, complete by itself."""

from __future__ import annotations

from typing import Any

from ..state.directory import DOMAIN, DOMAIN_SIDS
from ..state.objects import ZONE, Machine
from .common import NO_ID, both_times, ref, scopes
from .user import user_json

# Order and values, including the nulls, of the machine in the published session sample. A list has more values.
_IN_SESSION: dict[str, Any] = {
    "Uid": None,
    "AgentVersion": "2402.0.0.4821",
    "AllocationType": "Random",
    "ApplicationsInUse": None,
    "AssignedUsers": None,
    "AssociatedUsers": None,
    "AzureAdJoinedMode": "Unknown",
    "ContainerScopes": None,
    "ControllerDnsName": None,
    "DeliveryGroup": None,
    "DeliveryType": None,
    "Description": None,
    "DesktopConditions": None,
    "DnsName": None,
    "Hosting": {
        "HostedMachineId": None,
        "HostedMachineName": None,
        "HostingServerName": None,
        "LastHostingUpdateTime": None,
        "FormattedLastHostingUpdateTime": None,
        "HypervisorConnection": {"Id": NO_ID, "Uid": None, "Name": None},
        "ImageOutOfDate": False,
    },
    "InMaintenanceMode": False,
    "DrainingUntilShutdown": False,
    "IPAddress": None,
    "IsAssigned": None,
    "MachineType": "Physical",
    "LastConnectionFailure": None,
    "LastConnectionTime": None,
    "FormattedLastConnectionTime": None,
    "LastConnectionUser": None,
    "LastDeregistrationReason": None,
    "LastDeregistrationTime": None,
    "FormattedLastDeregistrationTime": None,
    "LastErrorReason": None,
    "LastErrorTime": None,
    "FormattedLastErrorTime": None,
    "LoadIndex": None,
    "MachineUnavailableReason": "Unknown",
    "OSType": "Windows 2022",
    "OSVersion": None,
    "PersistUserChanges": "OnLocal",
    "PowerActionPending": None,
    "PowerState": "Unknown",
    "ProvisioningType": "Manual",
    "PublishedApplications": None,
    "PublishedName": None,
    "RegistrationState": None,
    "ScheduledReboot": "Unknown",
    "SessionClientAddress": None,
    "SessionClientName": None,
    "SessionClientVersion": None,
    "SessionConnectedViaHostName": None,
    "SessionConnectedViaIP": None,
    "SessionCount": None,
    "SessionLaunchedViaHostName": None,
    "SessionLaunchedViaIP": None,
    "SessionProtocol": None,
    "SessionSecureIcaActive": None,
    "SessionSmartAccessTags": None,
    "SessionStartTime": None,
    "FormattedSessionStartTime": None,
    "SessionState": None,
    "SessionStateChangeTime": None,
    "FormattedSessionStateChangeTime": None,
    "SessionSupport": None,
    "SessionUserName": None,
    "Sid": None,
    "SummaryState": "InUse",
    "WillShutdownAfterUse": None,
    "WindowsConnectionSetting": None,
    "Zone": ref(ZONE),
    "SupportedPowerActions": None,
    "FaultState": "Unknown",
    "ContainerMetadata": None,
    "Tags": None,
    "UpgradeType": None,
    "UpgradeState": None,
    "UpgradeDetail": None,
    "Id": None,
    "MachineCatalog": None,
    "Name": None,
}

_IN_LIST: dict[str, Any] = {
    "ContainerMetadata": {"Metadata": [], "ContainerType": "MachineCatalog"},
    "LastConnectionFailure": "None",
    "LastDeregistrationReason": "Unknown",
    "SessionProtocol": "Unknown",
    "SessionState": "Unknown",
    "UpgradeDetail": {
        "Uuid": None,
        "ScheduleStatus": "Unknown",
        "StatusMessage": None,
        "LastStateChangeTimeUtc": None,
        "ScheduledTimeUtc": None,
        "DurationInHours": None,
        "TargetPackageVersion": None,
    },
    "UpgradeState": "Unknown",
    "UpgradeType": "NotSet",
    "ApplicationsInUse": [],
    "AssignedUsers": [],
    "AssociatedUsers": [],
    "ContainerScopes": scopes("MachineCatalog", "DeliveryGroup"),
    "ControllerDnsName": "controller.lab.example",
    "DeliveryType": "DesktopsAndApps",
    "DesktopConditions": [],
    "FunctionalLevel": "L7_34",
    "FaultState": "None",
    "IsAssigned": False,
    "MachineUnavailableReason": "None",
    "OSVersion": "10.0.20348",
    "PowerActionPending": False,
    "PowerState": "Unmanaged",
    "PublishedApplications": [],
    "RegistrationState": "Registered",
    "ScheduledReboot": "None",
    "SessionSmartAccessTags": [],
    "SupportedPowerActions": [],
    "Tags": [],
    "WillShutdownAfterUse": False,
    "WindowsConnectionSetting": "LogonEnabled",
}

# Equal for all machines in a list.
LISTED = {**_IN_SESSION, **_IN_LIST}

_ALONE: dict[str, Any] = {
    "AssignedClientName": None,
    "AssignedIPAddress": None,
    "BrowserName": None,
    "ColorDepth": "TwentyFourBit",
    "IconId": "1",
    "IsReserved": False,
    "SecureIcaRequired": None,
    "SessionsPending": 0,
    "StoreFrontServersForHostedReceiver": [],
    "VMToolsState": "Unknown",
}


def machine_in_session_json(machine: Machine) -> dict[str, Any]:
    """Return the short form in a session: the names of the machine, but not its id or state."""
    return {
        **_IN_SESSION,
        "Uid": machine.uid,
        "DeliveryGroup": ref(machine.group),
        "DnsName": machine.dns_name,
        "IPAddress": f"192.0.2.{machine.index % 254 + 1}",
        "SessionSupport": machine.support,
        "MachineCatalog": ref(machine.catalog),
        "Name": machine.name,
    }


def machine_json(machine: Machine) -> dict[str, Any]:
    """Return a machine of a list; a single-session one with one session has Session... fields."""
    whole = {
        **machine_in_session_json(machine),
        **_IN_LIST,
        "Id": machine.id,
        "Sid": f"{DOMAIN_SIDS[DOMAIN]}-{100_001 + machine.index}",
        "LastConnectionUser": user_json(machine.sessions[-1] if machine.sessions else None),
        "SessionCount": len(machine.sessions),
        "LoadIndex": load_index(machine),
        "SummaryState": summary_state(machine),
    }
    if machine.support == "SingleSession" and len(machine.sessions) == 1:
        session = machine.sessions[0]
        started, formatted = both_times(session.index)
        whole.update(
            SessionProtocol=session.protocol,
            SessionStartTime=started,
            FormattedSessionStartTime=formatted,
            SessionState=session.state,
            SessionUserName=session.shown("Name") or None,
        )
    return whole


def machine_detail_json(machine: Machine) -> dict[str, Any]:
    """Return the complete machine."""
    return {**machine_json(machine), **_ALONE, "SessionsEstablished": len(machine.sessions)}


def summary_state(machine: Machine) -> str:
    """Return SummaryState."""
    return "InUse" if machine.sessions else "Available"


def load_index(machine: Machine) -> int:
    """Return LoadIndex."""
    return min(10_000, 100 * len(machine.sessions))
