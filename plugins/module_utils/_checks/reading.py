# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check lists: pages of sessions, machines and delivery groups by name."""

from __future__ import annotations

from .._client.calls import Call, segment
from .._client.pages import values_of
from .._client.search import PAGE_SIZE, compare, listing, searches
from .._common.errors import ApiError
from .._common.text import nested, objects
from .check import Check, Finding, Probe, failed, in_words, ok, skipped, warning
from .kinds import rounded, shape_of

SAMPLE = 20
"""Sessions that are examined."""
THIN = ("Id", "State")
NO_SESSION = "there is no session to try it with"


def page(limit: int, what: str, fields: tuple[str, ...] = (), **query: str) -> Call:
    """Return the call of one page of sessions."""
    call = listing("Sessions", what, fields)
    return call._replace(query={**call.query, "limit": str(limit), **query})


def sessions(probe: Probe) -> Finding:
    """Read the first sessions with all fields."""
    call = page(SAMPLE, "list sessions")
    body = probe.api.send(call).body
    probe.sessions = objects(values_of(call, body))
    facts = {"count": rounded(len(probe.sessions)), "more": bool(body.get("ContinuationToken"))}
    if not probe.sessions:
        remedy = "Check role and scope of the account, or run again while users are connected."
        return warning("the account sees no session", remedy, **facts)
    observed = f"{in_words(len(probe.sessions), 'session')} on the first page, {len(probe.sample)} fields"
    return ok(observed, fields=shape_of(probe.sample), **facts)


def fields(probe: Probe) -> Finding:
    """Read sessions with two fields."""
    items = objects(probe.api.send(page(SAMPLE, "list sessions with fields", THIN)).body.get("Items"))
    if not items:
        return skipped(NO_SESSION)
    more = len(items[0]) - len(set(THIN) & set(items[0]))
    if more:
        remedy = "None is required: lists take longer, because whole sessions are read."
        return warning(f"fields is ignored: {more} other fields are returned", remedy, other_fields=rounded(more))
    return ok("only the requested fields are returned")


def page_size(probe: Probe) -> Finding:
    """Read the largest page."""
    call = page(PAGE_SIZE, "list a large page of sessions", ("Id",))
    try:
        body = probe.api.send(call).body
    except ApiError as error:
        if error.status != 400:
            raise
        remedy = "None is required: the modules continue with pages of 250."
        return warning(f"pages of {PAGE_SIZE} are refused (HTTP 400)", remedy, http_status=400)
    count, more = len(objects(body.get("Items"))), bool(body.get("ContinuationToken"))
    facts = {"count": rounded(count), "more": more}
    if more and count < PAGE_SIZE:
        remedy = "None is required: lists take more requests."
        return warning(f"a page has at most {count} sessions, instead of {PAGE_SIZE}", remedy, **facts)
    return ok(f"pages of {PAGE_SIZE} are accepted, {in_words(count, 'session')} returned", **facts)


def second_page(probe: Probe) -> Finding:
    """Follow a continuation token."""
    first = probe.api.send(page(1, "list the first session", ("Id",))).body
    token = first.get("ContinuationToken")
    if not token:
        return skipped("one page has all sessions")
    second = probe.api.send(page(1, "list the second session", ("Id",), continuationToken=str(token))).body
    ids = [nested(item, "Id") for body in (first, second) for item in objects(body.get("Items"))]
    if len(ids) < 2 or len(set(ids)) < len(ids):
        remedy = "Check the proxies: lists of more than one page may be incomplete. Report it."
        return failed("the second page is empty, or repeats the first", remedy)
    return ok("the second page has other sessions")


def machine_by_name(probe: Probe) -> Finding:
    """Read the machine of a session by its name."""
    name = nested(probe.sample, "Machine", "Name")
    if not name:
        return skipped(NO_SESSION if not probe.sample else "the session does not name its machine")
    query = {"fields": "Id,Name,DnsName,SessionSupport"}
    call = Call("GET", f"Machines/{segment(name)}", f"read the machine {name}", query)
    probe.machine = probe.api.send(call).body
    return ok(f"{name} is found", fields=shape_of(probe.machine))


def machine_by_dns_name(probe: Probe) -> Finding:
    """Search the machine by its DNS name."""
    name = nested(probe.machine, "DnsName")
    if not name:
        return skipped("the machine has no DNS name")
    kind = compare("SessionSupport", nested(probe.machine, "SessionSupport") or "MultiSession")
    (call,) = searches("Machines", "search a machine", ("Id", "DnsName"), [kind, compare("DnsName", name)])
    found = {nested(item, "Id") for item in objects(probe.api.send(call).body.get("Items"))}
    if nested(probe.machine, "Id") in found:
        return ok(f"{name} is found")
    return warning(f"a search for {name} does not find the machine", "Write machines as DOMAIN\\NAME or id.")


def machine_by_id(probe: Probe) -> Finding:
    """Read the machine by its id."""
    machine_id = nested(probe.machine, "Id")
    if not machine_id:
        return skipped("the machine has no id")
    call = Call("GET", f"Machines/{segment(machine_id)}", f"read the machine {machine_id}", {"fields": "Id"})
    if nested(probe.api.send(call).body, "Id") == machine_id:
        return ok("the machine is found")
    return warning("another machine is returned for the id", "Write machines as DOMAIN\\NAME.")


def delivery_group(probe: Probe) -> Finding:
    """Read the delivery group of a session by its name."""
    name = nested(probe.sample, "Machine", "DeliveryGroup", "Name")
    if not name:
        return skipped(NO_SESSION if not probe.sample else "the session does not name its delivery group")
    call = Call(
        "GET", f"DeliveryGroups/{segment(name)}", f"read the delivery group {name}", {"fields": "Id,Name,FullName"}
    )
    return ok(f"{name} is found", fields=shape_of(probe.api.send(call).body))


CHECKS = (
    Check("sessions", sessions, ("site",)),
    Check("fields", fields, ("sessions",)),
    Check("page_size", page_size, ("site",)),
    Check("second_page", second_page, ("site",)),
    Check("machine_by_name", machine_by_name, ("sessions",)),
    Check("machine_by_dns_name", machine_by_dns_name, ("machine_by_name",)),
    Check("machine_by_id", machine_by_id, ("machine_by_name",)),
    Check("delivery_group", delivery_group, ("sessions",)),
)
