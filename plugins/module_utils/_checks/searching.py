# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check searches: properties of users, machines and groups, filter groups, TotalItems."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Callable

from .._client.calls import Call, segment
from .._client.search import Filter, compare, searches
from .._common.errors import ApiError
from .._common.text import nested, objects
from .._site.user_search import ACCOUNT_PROPERTIES
from .._site.users import filters, user_of
from .check import Check, Finding, Probe, failed, ok, skipped, warning
from .kinds import rounded
from .reading import NO_SESSION

FIELDS = ("Id", "Machine", "User")


def _search(probe: Probe, conditions: Sequence[Filter] = (), groups: Sequence[Sequence[Filter]] = ()) -> dict:
    call = next(searches("Sessions", "search sessions", FIELDS, conditions, groups))
    return probe.api.send(call._replace(query={**call.query, "limit": "100"})).body


def _has(body: dict, session: dict) -> bool:
    """Return whether a page has a session, or too many others to decide."""
    found = [nested(item, "Id") for item in objects(body.get("Items"))]
    return nested(session, "Id") in found or bool(body.get("ContinuationToken") and found)


def _total(body: dict) -> int | None:
    """Return TotalItems for the report; None unless it is a number."""
    total = body.get("TotalItems")
    return rounded(total) if isinstance(total, int) else None


def _account(probe: Probe) -> str:
    """Return the account DOMAIN\\name of the sample; "" if it has none."""
    name = user_of(probe.sample) or ""
    return name if "\\" in name else ""


def _by_user(account_property: str, probe: Probe) -> Finding:
    name = _account(probe)
    if not name:
        return skipped(NO_SESSION if not probe.sample else "no session has a user with a domain")
    remedy = "None is required if the other property finds it; otherwise a selection by user reads all sessions."
    try:
        body = _search(probe, groups=[filters([name], account_property)])
    except ApiError as error:
        if error.status != 400:
            raise
        return warning(f"the property {account_property} is refused (HTTP 400)", remedy, http_status=400)
    if not _has(body, probe.sample):
        return warning(f"the property {account_property} finds no session of {name}", remedy)
    probe.user_property = probe.user_property or account_property
    return ok(f"the property {account_property} finds the sessions of {name}")


def case(probe: Probe) -> Finding:
    """Search a user in another case."""
    name = _account(probe)
    if not name or not probe.user_property:
        return skipped("no search by user finds a session")
    if _has(_search(probe, groups=[filters([name.swapcase()], probe.user_property)]), probe.sample):
        return ok("searches ignore case")
    return warning("searches are case-sensitive", "Write users and machines in the case in which Citrix shows them.")


def _by(name_of: Callable[[dict], str | None], search_property: str, probe: Probe) -> Finding:
    name = name_of(probe.sample)
    if not name:
        return skipped(NO_SESSION if not probe.sample else "the session does not have the name")
    body = _search(probe, [compare(search_property, name)])
    others = [item for item in objects(body.get("Items")) if (name_of(item) or name) != name]
    total = _total(body)
    if not _has(body, probe.sample):
        remedy = "Select by session_id or all_sessions, and report it."
        return failed(f"the property {search_property} finds no session of {name}", remedy, total=total)
    if others:
        remedy = "None is required: each session is checked again, but searches read more than needed."
        return warning(f"the property {search_property} finds other sessions too", remedy, total=total)
    return ok(f"the property {search_property} finds the sessions of {name}", total=total)


def _machine(session: dict) -> str | None:
    return nested(session, "Machine", "Name")


def _group(session: dict) -> str | None:
    return nested(session, "Machine", "DeliveryGroup", "Name")


def groups(probe: Probe) -> Finding:
    """Search with groups of filters, each joined by Or."""
    name, state = _machine(probe.sample), nested(probe.sample, "State")
    if not name or not state:
        return skipped(NO_SESSION if not probe.sample else "the session does not have a machine and a state")
    of_machine = [compare("MachineName", name), compare("DnsName", name)]
    of_state = [compare("SessionState", state), compare("SessionState", "Unknown")]
    body = _search(probe, groups=[of_machine, of_state])
    others = [item for item in objects(body.get("Items")) if (_machine(item) or name) != name]
    if others or not _has(body, probe.sample):
        return failed("groups of filters find other sessions", "Use one selector with one value, and report it.")
    return ok("groups of filters find the session")


def total_items(probe: Probe) -> Finding:
    """Compare TotalItems of a search with the list of a machine."""
    name = _machine(probe.sample)
    if not name:
        return skipped(NO_SESSION if not probe.sample else "the session does not name its machine")
    call = Call("GET", f"Machines/{segment(name)}/Sessions", f"list the sessions of machine {name}", {"fields": "Id"})
    count = len(objects(probe.api.send(call).body.get("Items")))
    body = _search(probe, [compare("MachineName", name)])
    total, facts = body.get("TotalItems"), {"count": rounded(count), "total": _total(body)}
    if total != count:
        remedy = "Check the scope of the account: sessions may be hidden. If sessions began or ended, run again."
        return warning(f"TotalItems is {total}, and the machine has {count} sessions", remedy, **facts)
    return ok(f"TotalItems is the number of sessions, {count}", **facts)


CHECKS = (
    *(Check(f"search_{name}", partial(_by_user, name), ("sessions",)) for name in ACCOUNT_PROPERTIES),
    Check("search_case", case, ("sessions",)),
    Check("search_machine", partial(_by, _machine, "MachineName"), ("sessions",)),
    Check("search_delivery_group", partial(_by, _group, "DeliveryGroup"), ("sessions",)),
    Check("search_groups", groups, ("sessions",)),
    Check("total_items", total_items, ("sessions",)),
)
