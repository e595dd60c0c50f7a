# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the fleet that a test describes: ``POST /_control/fleet``."""

from __future__ import annotations

from typing import Any

from .faults.checks import flag, list_of, mapping, one_of, optional, record, text
from .state.directory import make_directory
from .state.fleet import SUPPORTS, Fleet, refs
from .state.names import NAMES
from .state.objects import GivenSession, Machine, Ref
from .state.settings import Settings

_SESSION = record(
    {
        "user": optional(mapping),
        "anonymous": flag,
        "connected": flag,
        "protocol": one_of("Hdx", "Rdp", "Console"),
        "recorded": flag,
        "applications": list_of(text),
    },
    user={},
    anonymous=False,
    connected=True,
    protocol="Hdx",
    recorded=False,
    applications=[],
)
_MACHINE = record(
    {
        "name": text,
        "dns_name": text,
        "delivery_group": text,
        "machine_catalog": optional(text),
        "session_support": one_of(*SUPPORTS),
        "sessions": list_of(_SESSION),
    },
    dns_name="",
    machine_catalog=None,
    session_support="MultiSession",
    sessions=[],
)
_FLEET = record(
    {
        "delivery_groups": list_of(text),
        "applications": list_of(text),
        "machine_catalogs": list_of(text),
        "machines": list_of(_MACHINE),
    },
    applications=[],
    machine_catalogs=[],
)


def read_fleet(given: Any, settings: Settings) -> Fleet:
    """Return the described fleet; ValueError with a message for users if it is invalid."""
    plan = _FLEET(given)
    names = NAMES[settings.names]
    groups, applications = refs("group", plan["delivery_groups"]), refs("application", plan["applications"])
    # The first two catalogs are the defaults for multi-session and single-session machines.
    catalogs = refs("catalog", (*names.catalogs, *plan["machine_catalogs"]))
    machines: list[Machine] = []
    sessions: list[GivenSession] = []
    for at, entry in enumerate(plan["machines"]):
        group = _named(groups, "delivery group", entry["delivery_group"])
        support, named = entry["session_support"], entry["machine_catalog"]
        catalog = _named(catalogs, "machine catalog", named) if named else catalogs[SUPPORTS.index(support)]
        machine = Machine(at, entry["name"], entry["dns_name"], group, catalog, support)
        machines.append(machine)
        for given in entry["sessions"]:
            used = tuple(_named(applications, "application", name) for name in given["applications"])
            session = GivenSession(len(sessions), machine, given["user"], used)
            session.anonymous, session.connected = given["anonymous"], given["connected"]
            session.protocol, session.recorded = given["protocol"], given["recorded"]
            sessions.append(session)
    identity = make_directory(settings.directory, names)
    return Fleet(identity, settings.wildcards, groups, applications, catalogs, machines, sessions)


def _named(known: tuple[Ref, ...], kind: str, name: str) -> Ref:
    found = next((target for target in known if target.name == name), None)
    if found is None:
        raise ValueError(f"There is no {kind} {name!r}.")
    return found
