# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the documented search properties of machines and sessions."""

from __future__ import annotations

from typing import Any, Callable

from ..shapes.machine import LISTED, load_index, summary_state
from ..state.objects import ZONE, Machine, Ref, Session
from ..state.settings import Settings

Values = tuple[str, ...]
ValuesOf = Callable[[Any], Values]


def _names(target: Ref) -> Values:
    return (target.name, target.id)


def _same(name: str) -> Callable[[Machine], Values]:
    """Return a reader for a member that is equal for all machines and named like the property."""
    value = LISTED[name]
    values = () if value is None else (str(value).lower() if isinstance(value, bool) else str(value),)
    return lambda machine: values


MACHINE_PROPERTIES: dict[str, Callable[[Machine], Values]] = {
    **{
        name: _same(name)
        for name in (
            "AgentVersion",
            "AllocationType",
            "AzureAdJoinedMode",
            "ControllerDnsName",
            "DrainingUntilShutdown",
            "FaultState",
            "FunctionalLevel",
            "InMaintenanceMode",
            "IsAssigned",
            "LastDeregistrationReason",
            "MachineUnavailableReason",
            "OSType",
            "OSVersion",
            "PowerActionPending",
            "PowerState",
            "ProvisioningType",
            "RegistrationState",
            "WindowsConnectionSetting",
        )
    },
    "DeliveryGroup": lambda machine: _names(machine.group),
    "DnsName": lambda machine: (machine.dns_name,),
    "LoadIndex": lambda machine: (str(load_index(machine)),),
    "MachineCatalog": lambda machine: _names(machine.catalog),
    "MachineName": lambda machine: (machine.name,),
    "SessionCount": lambda machine: (str(len(machine.sessions)),),
    "SessionSupport": lambda machine: (machine.support,),
    "SummaryState": lambda machine: (summary_state(machine),),
    "Uid": lambda machine: (str(machine.uid),),
    "ZoneName": lambda machine: (ZONE.name,),
}


def _account(session: Session) -> Values:
    return (session.shown("Name") or session.shown("SamName"),)


SESSION_PROPERTIES: dict[str, Callable[[Session], Values]] = {
    "AppState": lambda session: ("Active" if session.applications else "Desktop",),
    "AppsInUse": lambda session: tuple(application.name for application in session.applications),
    "ConnectionProtocol": lambda session: (session.protocol,),
    "CurrentUser": _account,
    "SessionState": lambda session: (session.state,),
    "UserDisplayName": lambda session: (session.shown("DisplayName"),),
    "UserName": _account,
    "UserPrincipalName": lambda session: (session.shown("PrincipalName"),),
}

# Documented, but without a value in the simulator.
WITHOUT_VALUE = frozenset(
    (
        "ClientIP",
        "ClientName",
        "ClientVersion",
        "ConnectedViaHostName",
        "ConnectedViaIP",
        "HostedMachineName",
        "HostingServerName",
        "HypervisorConnection",
        "ImageOutOfDate",
        "LastConnectionTime",
        "LastConnectionUser",
        "LastDeregistrationTime",
        "LaunchedViaHostName",
        "LaunchedViaIP",
        "MaintenanceModeReason",
        "PublishedName",
        "SecureIcaActive",
        "SessionStateChangeTime",
        "SmartAccessFilters",
        "StartTime",
        "SupportedPowerActions",
        "Tags",
        "VdaUpgrade",
        "VdaUpgradeState",
    )
)

_USER_PROPERTIES = ("CurrentUser", "UserName")


def find_values(name: str, kind: type, settings: Settings) -> ValuesOf | None:
    """Return a reader of a property of an item; None if the simulator has no value for it.

    ``kind`` is Machine or Session: a machine has the values of all its sessions, a session those of its machine.
    LookupError for a property that is not documented.
    """
    if name in WITHOUT_VALUE or (name in _USER_PROPERTIES and settings.user_search not in ("both", name)):
        return None
    of_machine = MACHINE_PROPERTIES.get(name)
    if of_machine:
        return of_machine if kind is Machine else lambda session: of_machine(session.machine)
    of_session = SESSION_PROPERTIES[name]
    if kind is Session:
        return of_session
    return lambda machine: tuple(value for session in machine.sessions for value in of_session(session))
