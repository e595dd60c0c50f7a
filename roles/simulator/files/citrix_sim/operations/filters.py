# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ``$search`` operations: their filters as a test of one machine or session, and the page of what matches."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any, Callable, TypeVar

from ..http.message import Reply, refuse
from ..shapes.common import Fields
from ..shapes.machine import POWER_STATE, REGISTRATION_STATE, summary_state
from ..world.fleet import ZONE, Machine, Ref, Session
from .call import Call
from .paging import Listing, read_limit, read_skip

Values = tuple[str, ...]
Test = Callable[[Any], bool]
Item = TypeVar("Item")


def _names(target: Ref) -> Values:
    return (target.name, target.id)


MACHINE_PROPERTIES: dict[str, Callable[[Machine], Values]] = {
    "DeliveryGroup": lambda machine: _names(machine.group),
    "DnsName": lambda machine: (machine.dns_name,),
    "InMaintenanceMode": lambda machine: ("false",),
    "MachineCatalog": lambda machine: _names(machine.catalog),
    "MachineName": lambda machine: (machine.name,),
    "PowerState": lambda machine: (POWER_STATE,),
    "RegistrationState": lambda machine: (REGISTRATION_STATE,),
    "SessionCount": lambda machine: (str(len(machine.sessions)),),
    "SessionSupport": lambda machine: (machine.support,),
    "SummaryState": lambda machine: (summary_state(machine),),
    "ZoneName": lambda machine: (ZONE.name,),
}

SESSION_PROPERTIES: dict[str, Callable[[Session], Values]] = {
    "AppState": lambda session: ("Active" if session.applications else "Desktop",),
    "AppsInUse": lambda session: tuple(application.name for application in session.applications),
    "ConnectionProtocol": lambda session: (session.protocol,),
    "CurrentUser": lambda session: (session.account,),
    "SessionState": lambda session: (session.state,),
    "UserDisplayName": lambda session: (session.display_name,),
    "UserName": lambda session: (session.account,),
    "UserPrincipalName": lambda session: (session.principal,),
}


def _like(wanted: str) -> Callable[[str], bool]:
    pattern = re.compile(".*".join(re.escape(piece) for piece in wanted.split("*")), re.DOTALL)
    return lambda value: pattern.fullmatch(value) is not None


def _in(wanted: str) -> Callable[[str], bool]:
    choices = frozenset(choice.strip() for choice in wanted.split(","))
    return lambda value: value in choices


# Each takes the filter's value and gives the test of one value of the item; both are in lower case by then.
_OPERATORS: dict[str, Callable[[str], Callable[[str], bool]]] = {
    "Equals": lambda wanted: lambda value: value == wanted,
    "Like": _like,
    "StartsWith": lambda wanted: lambda value: value.startswith(wanted),
    "EndsWith": lambda wanted: lambda value: value.endswith(wanted),
    "Contains": lambda wanted: lambda value: wanted in value,
    "In": _in,
}


def _always(item: object) -> bool:
    return True


def search(
    call: Call,
    kind: type,
    items: Sequence[Item],
    show: Callable[[Item, Fields], str],
    alive: Callable[[Item], bool] = _always,
    required: str = "",
) -> Reply:
    """A page of what a search body finds, with TotalItems; ``required`` must be among its filters."""
    call.refuse_async()
    limit, skip = read_limit(call.request), read_skip(call.request)
    body = hashlib.sha256(call.request.body).hexdigest()
    key = (kind, call.site.id, call.fleet.version, body)
    if call.world.last_search is None or call.world.last_search[0] != key:
        parsed = call.json_body()
        test = _compile_search(parsed, kind)
        if required and required not in _filtered_properties(parsed):
            raise refuse(400, "missing", f"The search must filter on {required}.", Property=required)
        found = [at for at, item in enumerate(items) if alive(item) and test(item)]
        call.world.last_search = (key, found)
    indexes = call.world.last_search[1]
    listing = Listing(f"{kind.__name__}/{call.site.id}/$search/{skip}/{body}", items, indexes[skip:], show)
    return listing.page(call.world, call.request, limit, alive, TotalItems=len(indexes))


def _compile_search(body: Any, kind: type) -> Test:
    """The test that a search body stands for; 400 where it makes no sense. ``kind`` is Machine or Session."""
    if not isinstance(body, dict):
        raise refuse(400, "invalid", "The search must be a JSON object.")
    for name in ("SortCriteria", "SortCriteriaItems"):
        if body.get(name):
            raise refuse(400, "invalid", "The simulator does not sort.", name=name)
    tests = [_compile_filter(entry, kind) for entry in _objects(body, "SearchFilters")]
    groups = [_compile_group(entry, kind) for entry in _objects(body, "SearchFilterGroups")]
    if groups:
        tests.append(_join(groups, body.get("SearchFilterGroupsType"), "SearchFilterGroupsType"))
    text = body.get("BasicSearchString")
    if text:
        tests.append(_compile_text(str(text).lower(), kind))
    return _join(tests, "And", "SearchFilters")


def _filtered_properties(body: Any) -> Iterable[str]:
    """Every Property that a (valid) search body filters on, at any depth."""
    for entry in _objects(body, "SearchFilters"):
        yield entry["Property"]
    for group in _objects(body, "SearchFilterGroups"):
        yield from _filtered_properties(group)


def _objects(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of objects under that name; none where it is absent or null."""
    entries = holder.get(name)
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise refuse(400, "invalid", "This must be a list of objects.", name=name)
    return entries


def _join(tests: list[Test], how: str | None, name: str) -> Test:
    if how not in (None, "And", "Or"):
        raise refuse(400, "invalid", "This must be And or Or.", name=name)
    if len(tests) == 1:
        return tests[0]
    if how == "Or":
        return lambda item: any(test(item) for test in tests)
    return lambda item: all(test(item) for test in tests)


def _compile_group(group: dict[str, Any], kind: type) -> Test:
    entries = _objects(group, "SearchFilters")
    filters = [_compile_filter(entry, kind) for entry in entries]
    groups = [_compile_group(entry, kind) for entry in _objects(group, "SearchFilterGroups")]
    if bool(filters) == bool(groups):
        raise refuse(400, "invalid", "A group holds either filters or groups.", name="SearchFilterGroups")
    choice = _compile_choice(entries, kind) if group.get("SearchFilterGroupType") == "Or" else None
    if choice:
        return choice
    if filters:
        return _join(filters, group.get("SearchFilterGroupType"), "SearchFilterGroupType")
    return _join(groups, group.get("SearchFilterGroupsType"), "SearchFilterGroupsType")


def _compile_choice(entries: list[dict[str, Any]], kind: type) -> Test | None:
    """One look-up for any of many values of one property, as where machines are named by the hundred; else None."""
    if {entry["Operator"] for entry in entries} != {"Equals"} or len({entry["Property"] for entry in entries}) > 1:
        return None
    values_of = _values_of(entries[0]["Property"], kind)
    wanted = frozenset((entry.get("Value") or "").lower() for entry in entries)
    return lambda item: any(found.lower() in wanted for found in values_of(item) or ("",))


def _values_of(name: str, kind: type) -> Callable[[Any], Values]:
    """How to read that property of an item; a machine has those of all its sessions, a session its machine's."""
    of_machine, of_session = MACHINE_PROPERTIES.get(name), SESSION_PROPERTIES.get(name)
    if of_machine:
        return of_machine if kind is Machine else lambda session: of_machine(session.machine)
    if of_session:
        if kind is Session:
            return of_session
        return lambda machine: tuple(value for session in machine.sessions for value in of_session(session))
    raise refuse(400, "invalid", "The simulator does not know this search property.", Property=name)


def _compile_filter(entry: dict[str, Any], kind: type) -> Test:
    name, operator, value = entry.get("Property"), entry.get("Operator"), entry.get("Value")
    if not isinstance(name, str) or not isinstance(operator, str):
        raise refuse(400, "missing", "A filter needs Property and Operator.", name="SearchFilters")
    if value is not None and not isinstance(value, str):
        raise refuse(400, "invalid", "Value must be text.", Property=name)
    values_of = _values_of(name, kind)
    negated = operator.startswith("Not")
    make = _OPERATORS.get(operator[3:] if negated else operator)
    if make is None:
        raise refuse(400, "invalid", "The simulator does not know this operator.", Operator=operator)
    test = make((value or "").lower())
    return lambda item: negated is not any(test(found.lower()) for found in values_of(item) or ("",))


def _compile_text(text: str, kind: type) -> Test:
    readers = [_values_of(name, kind) for name in (*MACHINE_PROPERTIES, *SESSION_PROPERTIES)]
    return lambda item: any(text in value.lower() for values_of in readers for value in values_of(item))
