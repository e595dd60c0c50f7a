# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the operation of a method and a path on both bases, and check the call before."""

from __future__ import annotations

from ..faults.twist import Twist
from ..http.addresses import TOKENS, WITHOUT_SITE, Address, locate
from ..http.message import Headers, Reply, Request, refuse
from ..state.access import check_accept, check_body_type, check_customer
from ..state.state import Site, State
from . import admin, batch, groups, jobs, machines, recording, sessions, sign_in, sites
from .call import BeginItem, Call, Operation, found
from .paging import read_flag

Route = tuple[tuple[str, ...], dict[str, Operation]]

# Documented but not simulated: a 404 would mean that the object does not exist.
NOT_SIMULATED: dict[tuple[str, ...], tuple[str, ...]] = {
    ("Applications",): ("GET",),
    ("ConfigLog", "*"): ("GET",),
    ("ConfigLog", "*", "*"): ("GET", "POST", "PATCH"),
    ("MachineCatalogs",): ("GET",),
    ("MachinesV2",): ("GET",),
    ("Sessions", "*", "$disconnect"): ("POST",),
    ("Sessions", "*", "$hide"): ("POST",),
    ("Sessions", "*", "$logoff"): ("POST",),
    ("Sessions", "*", "Applications"): ("GET",),
    ("Sessions", "*", "Machine"): ("GET",),
    ("SessionsV2",): ("GET",),
    ("Sites",): ("GET",),
    ("Tokens", "$refresh"): ("POST",),
}

# The first pattern that matches wins: fixed words precede "*", which matches any one segment except the first.
_SIMULATED: tuple[Route, ...] = (
    (("me",), {"GET": sites.get_me}),
    (("Sites", "*"), {"GET": sites.get_site}),
    (("Admin", "EffectiveRights"), {"GET": admin.list_rights}),
    (("Admin", "Permissions"), {"GET": admin.list_permissions}),
    (("Admin", "Roles", "*"), {"GET": admin.get_role}),
    (("$batch",), {"POST": batch.do_batch}),
    (("Jobs",), {"GET": jobs.list_jobs}),
    (("Jobs", "*"), {"GET": jobs.get_job, "DELETE": jobs.delete_job}),
    (("Jobs", "*", "Results"), {"GET": jobs.get_results}),
    (("Jobs", "*", "$cancel"), {"POST": jobs.cancel_job}),
    (("Machines",), {"GET": machines.list_machines}),
    (("Machines", "$search"), {"POST": machines.search_machines}),
    (("Machines", "*"), {"GET": machines.get_machine}),
    (("Machines", "*", "Sessions"), {"GET": machines.list_machine_sessions}),
    (("DeliveryGroups",), {"GET": groups.list_groups}),
    (("DeliveryGroups", "*"), {"GET": groups.get_group}),
    (("DeliveryGroups", "*", "Machines"), {"GET": groups.list_group_machines}),
    (("MachineCatalogs", "*"), {"GET": groups.get_catalog}),
    (("Applications", "*"), {"GET": groups.get_application}),
    (("Applications", "*", "Sessions"), {"GET": groups.list_application_sessions}),
    (("Sessions",), {"GET": sessions.list_sessions}),
    (("Sessions", "$search"), {"POST": sessions.search_sessions}),
    (("Sessions", "RecordingStatus"), {"GET": recording.get_status}),
    (("Sessions", "*"), {"GET": sessions.get_session}),
    (("Sessions", "*", "$sendMessage"), {"POST": sessions.send_message}),
    (("Sessions", "*", "$startRecording"), {"POST": recording.start}),
    (("Sessions", "*", "$stopRecording"), {"POST": recording.stop}),
)
ROUTES: tuple[Route, ...] = _SIMULATED + tuple(
    (pattern, dict.fromkeys(methods, sites.not_simulated)) for pattern, methods in NOT_SIMULATED.items()
)

_BY_START: dict[tuple[int, str], list[Route]] = {}
for _pattern, _methods in ROUTES:
    _BY_START.setdefault((len(_pattern), _pattern[0]), []).append((_pattern, _methods))

# The type of the job that async=true creates, and the operation that the role has to permit. A batch creates its own.
JOB_TYPES: dict[Operation, str] = {
    sessions.send_message: "SendSessionMessage",
    recording.start: "StartSessionRecording",
    recording.stop: "StopSessionRecording",
}


def perform(
    request: Request, state: State, transaction: str, twist: Twist, begin_item: BeginItem | None = None
) -> Reply:
    """Run the operation of the call ``transaction``; RefusedError if it is invalid.

    ``begin_item`` begins an item of a batch; None for a request that is itself an item.
    """
    segments = request.segments
    if segments[-2:] == ["tokens", "clients"]:
        if len(segments) == 4 and segments[0] == "cctrustoauth2":
            _check_method(request, ("POST",))
            return sign_in.cloud(request, state, segments[1])
        if len(segments) == 3:
            _check_method(request, ("POST",))
            return sign_in.government(request, state, segments[0])
    address = locate(segments)
    if address is None:
        raise refuse(404, "notFound", "No such path.", path=request.path)
    if address.rest in TOKENS:
        _check_method(request, ("POST",))
        return sign_in.on_premises(request, state)
    methods, name = _route(request, address)
    check_accept(request)
    grant = state.tokens.grant(request)
    check_customer(request, grant, address.customer, transaction)
    site = state.sites[0] if address.rest[0] in WITHOUT_SITE else _site(request, state, address)
    check_body_type(request)
    operation, call = methods[request.method], Call(request, state, grant, site, name, address, twist, begin_item)
    job_type = JOB_TYPES.get(operation)
    if job_type:
        admin.check_role(call, job_type)
    if job_type and (read_flag(request, "async", False) or state.settings.write_jobs):
        return jobs.start_job(call, job_type, operation)
    return operation(call)


def _route(request: Request, address: Address) -> tuple[dict[str, Operation], str]:
    """Return the operations of the path by method, and its variable segment; 404 or 405 if none."""
    for pattern, methods in _BY_START.get((len(address.rest), address.rest[0]), ()) if address.rest else ():
        if all(wanted in ("*", given) for wanted, given in zip(pattern, address.rest)):
            _check_method(request, tuple(methods))
            return methods, address.rest[1] if "*" in pattern else ""
    raise refuse(404, "notFound", "No such path.", path=request.path)


def _check_method(request: Request, allowed: tuple[str, ...]) -> None:
    if request.method not in allowed:
        problem = refuse(405, "methodNotAllowed", "The path does not support this method.", method=request.method)
        allow: Headers = (("Allow", ", ".join(allowed)),)
        problem.reply.headers += allow
        raise problem


def _site(request: Request, state: State, address: Address) -> Site:
    """Return the site of the call: from the path on the direct base, else from its header."""
    if address.direct:
        return found(state.site(address.site or ""), "site", siteId=address.site or "")
    named = request.headers.get("citrix-instanceid", "")
    if not named:
        raise refuse(400, "missing", "The header Citrix-InstanceId is missing.", name="Citrix-InstanceId")
    site = state.site(named)
    if site is None:
        raise refuse(403, "authorization", "The token is not valid for this site.", siteId=named)
    return site
