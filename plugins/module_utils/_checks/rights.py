# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the rights of the account: list sessions, control recording, read groups, scopes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .._client.calls import Call, segment
from .._common.errors import ApiError
from .._common.text import nested, objects, reach
from .check import Check, Finding, Probe, failed, in_words, listed, ok, skipped, warning
from .kinds import rounded

EVERYTHING = ("Full Administrator", "Admin_FullControl")
"""The built-in role, and the permission, that include every operation."""
MOST_ROLES = 3
"""Roles whose permissions are read one by one."""
PAGE = {"limit": "250"}
ABSENT = (404, 405, 501)
ASSIGN = "Give the account a role that includes it."


def effective_rights(probe: Probe) -> Finding:
    """Read the roles and scopes of the account, and the operations that they permit."""
    call = Call("GET", "Admin/EffectiveRights", "read the rights of the account", PAGE)
    try:
        probe.rights = objects(probe.api.send(call).body.get("Items"))
    except ApiError as error:
        if error.status in ABSENT:
            return skipped(f"the site has no list of rights (HTTP {error.status})")
        raise
    if not probe.rights:
        return failed("the account has no role", "Give the account a Citrix administrator role.")
    roles = {nested(right, "Role", "Id") or str(at): right.get("Role") for at, right in enumerate(probe.rights)}
    names = listed(probe.api.shown(reach(role, "Name")) for role in roles.values())
    probe.operations = _operations(probe, [role for role in roles.values() if isinstance(role, dict)])
    known = probe.operations is not None
    return ok(f"{in_words(len(roles), 'role')}: {names}", roles=rounded(len(roles)), permissions_listed=known)


def _operations(probe: Probe, roles: list[dict]) -> set[str] | None:
    """Return the operations of roles in lower case; None if one role does not list them."""
    operations = set()
    for role in roles:
        if role.get("IsBuiltIn") is True and role.get("Name") == EVERYTHING[0]:
            operations.add(EVERYTHING[1].lower())
            continue
        if not isinstance(role.get("Permissions"), list) and nested(role, "Id") and len(roles) <= MOST_ROLES:
            call = Call("GET", f"Admin/Roles/{segment(role['Id'])}", "read a role of the account")
            try:
                role = probe.api.send(call).body
            except ApiError:
                return None
        if not isinstance(role.get("Permissions"), list):
            return None
        operations.update(name.lower() for name in _names(role["Permissions"]))
    return operations


def _names(permissions: list) -> Iterator[str]:
    for permission in objects(permissions):
        yield nested(permission, "Id") or ""
        operations = permission.get("Operations")
        yield from (str(name) for name in (operations if isinstance(operations, list) else ()))


def _right(purpose: str, names: tuple[str, ...], probe: Probe) -> Finding:
    """Report whether the roles permit operations, named after cmdlets: Broker:GetCatalog."""
    if probe.operations is None:
        return skipped("the roles do not list their permissions")
    missing = [name for name in names if name.lower() not in probe.operations]
    if not missing or EVERYTHING[1].lower() in probe.operations:
        return ok(f"the roles include the permissions to {purpose}")
    observed = f"no role includes {listed(missing)}, required to {purpose}"
    call = Call("GET", "Admin/Permissions", "read the permissions of the site", PAGE)
    try:
        known = {name.lower() for name in _names(objects(probe.api.send(call).body.get("Items")))}
    except ApiError:
        known = set()
    if known.issuperset(name.lower() for name in missing):
        return failed(observed, ASSIGN, known_to_site=True)
    return warning(f"{observed}; the site may name it differently", f"Check the role. {ASSIGN}", known_to_site=False)


def scopes(probe: Probe) -> Finding:
    """Report whether scopes hide a part of the site."""
    found = [right.get("Scope") for right in probe.rights]
    names = listed(dict.fromkeys(probe.api.shown(reach(scope, "Name")) for scope in found))
    if any(reach(scope, "IsAllScope") is True for scope in found):
        return ok("the whole site is in the scope of the account", all_scope=True)
    observed = f"the account sees only the scope {names}: sessions of other delivery groups are hidden"
    return warning(observed, "Assign the scope All, unless the account should see only a part.", all_scope=False)


RIGHTS = {
    "right_to_list": ("list sessions", ("Broker:GetSession",)),
    "right_to_record": ("start and stop recordings", ("Broker:StartSessionRecording", "Broker:StopSessionRecording")),
    "right_to_groups": ("read delivery groups", ("Broker:GetDesktopGroup",)),
}
CHECKS = (
    Check("effective_rights", effective_rights, ("site",)),
    *(Check(name, partial(_right, *right), ("effective_rights",)) for name, right in RIGHTS.items()),
    Check("scopes", scopes, ("effective_rights",)),
)
