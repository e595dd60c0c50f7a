# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON of delegated administration: permissions, roles, scopes, administrator's rights."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..state.objects import make_id
from .common import scope_json


class Permission(NamedTuple):
    """A permission that roles are made of. An operation has the name of its service and cmdlet."""

    id: str
    name: str
    group: str
    operations: tuple[str, ...]
    read_only: bool = True


# The identifiers of the first two are published; the others, and which operations belong together, are assumptions.
PERMISSIONS = (
    Permission("DesktopGroup_Read", "View Delivery Groups", "Delivery Groups", ("Broker:GetDesktopGroup",)),
    Permission("Catalog_Read", "View Machine Catalogs", "Machine Catalogs", ("Broker:GetCatalog", "Broker:GetMachine")),
    Permission("Sessions_Read", "View Sessions", "Sessions", ("Broker:GetSession", "Broker:GetSessionRecordingStatus")),
    Permission(
        "Sessions_Manage",
        "Manage Sessions",
        "Sessions",
        ("Broker:DisconnectSession", "Broker:SendSessionMessage", "Broker:StopSession"),
        False,
    ),
    Permission(
        "Sessions_Record",
        "Record Sessions",
        "Sessions",
        ("Broker:StartSessionRecording", "Broker:StopSessionRecording"),
        False,
    ),
)


class Role(NamedTuple):
    """A role: its name, and its permissions."""

    name: str
    permissions: tuple[Permission, ...]
    built_in: bool = True

    @property
    def id(self) -> str:
        """The id of the role."""
        return make_id("role", self.name)


# That the help desk may record sessions is an assumption.
ROLES = {
    "full": Role("Full Administrator", PERMISSIONS),
    "help_desk": Role("Help Desk Administrator", PERMISSIONS),
    "read_only": Role("Read Only Administrator", tuple(each for each in PERMISSIONS if each.read_only)),
    "no_recording": Role("Session Managers", PERMISSIONS[:-1], built_in=False),
}


def permission_json(permission: Permission) -> dict[str, Any]:
    """Return PredefinedPermissionResponseModel."""
    group = permission.group
    return {**_granted_json(permission), "GroupId": group.replace(" ", ""), "GroupName": group}


def _granted_json(permission: Permission) -> dict[str, Any]:
    """Return DelegatedAdminPermissionResponseModel."""
    return {
        "Id": permission.id,
        "Name": permission.name,
        "Description": None,
        "IsReadOnly": permission.read_only,
        "Operations": list(permission.operations),
    }


def role_json(role: Role, permissions: bool = True) -> dict[str, Any]:
    """Return RoleResponseModel. Its permissions are optional, and null without them."""
    return {
        "Id": role.id,
        "Name": role.name,
        "Description": None,
        "IsBuiltIn": role.built_in,
        "CanLaunchManage": True,
        "CanLaunchMonitor": True,
        "Permissions": [_granted_json(each) for each in role.permissions] if permissions else None,
    }


def right_json(role: Role, scope: str, permissions: bool) -> dict[str, Any]:
    """Return AdministratorRightResponseModel: a role in a scope."""
    return {"Scope": scope_json(scope), "Role": role_json(role, permissions)}
