# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines: how they are named, and the sessions that run on them."""

from __future__ import annotations

from ansible_collections.sessionops.citrix.plugins.module_utils._api import Api, Call, segment
from ansible_collections.sessionops.citrix.plugins.module_utils._calls import side_by_side
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import ApiError, CitrixError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._options import check_names
from ansible_collections.sessionops.citrix.plugins.module_utils._text import nested

SESSION_SUPPORT = ("MultiSession", "SingleSession")
"""A machine search must filter on one of these (API reference)."""


def sessions_of(machine: str, fields: tuple[str, ...]) -> Call:
    """List the sessions of a machine, by its id or DOMAIN\\NAME. No fields asks for all of them."""
    query = {"fields": ",".join(fields)} if fields else {}
    return Call("GET", f"Machines/{segment(machine)}/Sessions", f"list the sessions of machine {machine}", query)


def with_dns_name(dns_name: str, session_support: str) -> Call:
    """Search the machines of one kind that have this DNS name. A POST, but it reads."""
    wanted = {"SessionSupport": session_support, "DnsName": dns_name}
    filters = [{"Property": name, "Operator": "Equals", "Value": value} for name, value in wanted.items()]
    what = f"look up the machine {dns_name}"
    return Call("POST", "Machines/$search", what, {"fields": "Id,Name,DnsName"}, {"SearchFilters": filters})


def list_sessions(api: Api, machines: list[str], fields: tuple[str, ...] = ()) -> dict[str, list[dict]]:
    """Return the sessions of each machine, under the name it was asked for, in the order asked for.

    Raises OptionError that names every machine which does not exist, or the first other error.
    """
    check_names("machine", machines)
    names = {machine: machine for machine in machines}
    outcomes = dict(side_by_side(lambda machine: _list_one(api, machine, fields), names, api.max_concurrency))
    unknown = [name for name in names if outcomes[name] is None]
    if unknown:
        raise OptionError(
            "machine",
            f"site {api.site_id} has no {', '.join(unknown)}; write DOMAIN\\NAME, the machine's DNS name or its id, "
            "and check site_id",
        )
    for outcome in outcomes.values():
        if isinstance(outcome, CitrixError):
            raise outcome
    return {name: outcomes[name] for name in names}  # type: ignore[misc]


def _list_one(api: Api, machine: str, fields: tuple[str, ...]) -> list[dict] | None:
    """Return the sessions of a machine, or None where there is no such machine."""
    address = _find_by_dns_name(api, machine) if _is_dns_name(machine) else machine
    if address is None:
        return None
    try:
        return list(api.items(sessions_of(address, fields)))
    except ApiError as error:
        if error.status == 404 and error.by_api:
            return None
        raise


def _is_dns_name(machine: str) -> bool:
    return "." in machine and "\\" not in machine and "|" not in machine


def _find_by_dns_name(api: Api, dns_name: str) -> str | None:
    for session_support in SESSION_SUPPORT:
        for found in api.items(with_dns_name(dns_name, session_support)):
            if (nested(found, "DnsName") or "").lower() == dns_name.lower():
                return nested(found, "Id") or nested(found, "Name")
    return None
