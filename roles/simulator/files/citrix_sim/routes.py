# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which operation a method and a path mean, on both bases, and the rules a call passes before it."""

from __future__ import annotations

from typing import Callable, NamedTuple

from . import applications, groups, machines, recording, sessions, signin, sites
from .access import check_accept, check_body_type, check_customer
from .message import Headers, Reply, Request, refuse
from .operation import Call
from .world import Site, World

Operation = Callable[[Call], Reply]

# The first pattern that fits wins, so fixed words stand before "*", which takes any one segment but the first.
ROUTES: tuple[tuple[tuple[str, ...], dict[str, Operation]], ...] = (
    (("me",), {"GET": sites.get_me}),
    (("Sites", "*"), {"GET": sites.get_site}),
    (("Machines",), {"GET": machines.list_machines}),
    (("Machines", "$search"), {"POST": machines.search_machines}),
    (("Machines", "*"), {"GET": machines.get_machine}),
    (("Machines", "*", "Sessions"), {"GET": machines.list_machine_sessions}),
    (("DeliveryGroups",), {"GET": groups.list_groups}),
    (("DeliveryGroups", "*"), {"GET": groups.get_group}),
    (("DeliveryGroups", "*", "Machines"), {"GET": groups.list_group_machines}),
    (("Applications", "*"), {"GET": applications.get_application}),
    (("Applications", "*", "Sessions"), {"GET": applications.list_application_sessions}),
    (("Sessions",), {"GET": sessions.list_sessions}),
    (("Sessions", "$search"), {"POST": sessions.search_sessions}),
    (("Sessions", "RecordingStatus"), {"GET": recording.get_status}),
    (("Sessions", "*"), {"GET": sessions.get_session}),
    (("Sessions", "*", "$sendMessage"), {"POST": sessions.send_message}),
    (("Sessions", "*", "$startRecording"), {"POST": recording.start}),
    (("Sessions", "*", "$stopRecording"), {"POST": recording.stop}),
)

_GATEWAY = ["cvad", "manage"]
_DIRECT = ["citrix", "orchestration", "api"]
_WITHOUT_SITE = ("me", "Sites")
_TOKENS = (["Tokens"], ["tokens"])


class Address(NamedTuple):
    """A path cut into its parts. On the direct base customer and site are in the path, in steps."""

    rest: list[str]
    customer: str | None = None
    site: str | None = None
    direct: bool = False


def locate(segments: list[str]) -> Address | None:
    """The parts of an API path, or None where it is under neither base."""
    if segments[:2] == _GATEWAY:
        return Address(segments[2:])
    if segments[:3] != _DIRECT:
        return None
    rest = segments[3:]
    if rest == ["me"] or rest in _TOKENS:
        return Address(rest, direct=True)
    if len(rest) == 3 and rest[1] == "Sites":
        return Address(rest[1:], customer=rest[0], direct=True)
    if len(rest) < 3 or rest[2] in _WITHOUT_SITE:
        return None
    return Address(rest[2:], customer=rest[0], site=rest[1], direct=True)


def perform(request: Request, world: World, transaction: str, lag: float = 0.0) -> Reply:
    """Do what the request asks for; RefusedError where it is against the rules. ``transaction`` is the call's id."""
    segments = request.segments
    if segments[-2:] == ["tokens", "clients"]:
        if len(segments) == 4 and segments[0] == "cctrustoauth2":
            _check_method(request, ("POST",))
            return signin.cloud(request, world, segments[1])
        if len(segments) == 3:
            _check_method(request, ("POST",))
            return signin.government(request, world, segments[0])
    address = locate(segments)
    if address is None:
        raise refuse(404, "notFound", "No such path.", path=request.path)
    if address.rest in _TOKENS:
        _check_method(request, ("POST",))
        return signin.on_premises(request, world)
    methods, name = _route(request, address)
    check_accept(request)
    grant = world.tokens.grant(request)
    check_customer(request, grant, address.customer, transaction)
    site = world.sites[0] if address.rest[0] in _WITHOUT_SITE else _site(request, world, address)
    check_body_type(request)
    return methods[request.method](Call(request, world, grant, site, name, lag))


def _route(request: Request, address: Address) -> tuple[dict[str, Operation], str]:
    """The operations of the path, by method, and its variable segment; 404 or 405 where there is none."""
    for pattern, methods in ROUTES:
        if len(pattern) != len(address.rest) or pattern[0] != address.rest[0]:
            continue
        if all(wanted in ("*", given) for wanted, given in zip(pattern, address.rest)):
            _check_method(request, tuple(methods))
            return methods, address.rest[1] if "*" in pattern else ""
    raise refuse(404, "notFound", "No such path.", path=request.path)


def _check_method(request: Request, allowed: tuple[str, ...]) -> None:
    if request.method not in allowed:
        problem = refuse(405, "methodNotAllowed", "The method does not fit the path.", method=request.method)
        allow: Headers = (("Allow", ", ".join(allowed)),)
        problem.reply.headers += allow
        raise problem


def _site(request: Request, world: World, address: Address) -> Site:
    """The site of the call: from the path on the direct base, else from its header."""
    if address.direct:
        site = world.site(address.site or "")
        if site is None:
            raise refuse(404, "notFound", "No such site.", siteId=address.site or "")
        return site
    named = request.headers.get("citrix-instanceid", "")
    if not named:
        raise refuse(400, "missing", "The header Citrix-InstanceId is missing.", name="Citrix-InstanceId")
    site = world.site(named)
    if site is None:
        raise refuse(403, "authorization", "The token is not good for this site.", siteId=named)
    return site
