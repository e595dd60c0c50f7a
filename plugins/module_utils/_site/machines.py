# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List machines, and find them by name or by other options."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import chain
from typing import NamedTuple

from .._client.api import Api
from .._client.calls import Call
from .._client.dispatch import send_all
from .._client.search import Filter, compare, distinct, listing, searches
from .._common.errors import CitrixError, OptionError
from .._common.names import guid_of, read_names, visible
from .._common.options import values_of
from .._common.text import clean, folded, nested
from .groups import Named, find_delivery_groups, find_machine_catalogs, is_any
from .machine_names import NAME_FIELDS, MachineIndex, condition, is_dns_name, key_of, name_conditions, names_of
from .sessions import is_missing

SESSION_SUPPORT = ("MultiSession", "SingleSession")
"""A machine search must filter on one of these.

https://developer-docs.citrix.com/en-us/citrix-daas-service-apis/citrix-daas-rest-apis/how-to-perform-an-advanced-search-for-machines
"""

STATE_FIELDS = {"registration_state": "RegistrationState", "power_state": "PowerState"}
"""Options that select machines by a state, and the field, which is also the search property."""


def list_machines(
    api: Api,
    fields: Iterable[str] = (),
    filters: Sequence[Filter] = (),
    groups: Sequence[Sequence[Filter]] = (),
    session_support: Sequence[str] = SESSION_SUPPORT,
) -> Iterator[dict]:
    """Yield each machine that matches all filters and one of each group; by default all."""
    if not filters and not groups and tuple(session_support) == SESSION_SUPPORT:
        yield from distinct(api.items(listing("Machines", "list the machines", fields)))
        return
    kinds = [compare("SessionSupport", support) for support in session_support]
    calls = (
        call for kind in kinds for call in searches("Machines", "search the machines", fields, [kind, *filters], groups)
    )
    yield from distinct(machine for call in calls for machine in api.items(call))


def any_visible(api: Api) -> bool:
    """Return whether the account can see any machine; without a role or scope, it sees none."""
    one = Call("GET", "Machines", "check whether the account sees a machine", {"limit": "1", "fields": "Id"})
    return next(api.items(one), None) is not None


def find(
    api: Api,
    option: str,
    names: Sequence[str],
    fields: Sequence[str] = NAME_FIELDS,
    known: Mapping[str, list[dict]] | None = None,
) -> dict[str, list[dict]]:
    """Return the machines of each name: DOMAIN\\NAME, DNS name (may be shared) or id.

    fields: NAME_FIELDS and more, or none for all. known: result of look_up() for these names and others. Raises
    OptionError that names all missing machines.
    """
    found = look_up(api, names, fields) if known is None else known
    unknown = [name for name in names if name not in found]
    if unknown:
        raise unknown_machines(api, option, unknown)
    return {name: found[name] for name in names}


def look_up(api: Api, names: Sequence[str], fields: Sequence[str] = NAME_FIELDS) -> dict[str, list[dict]]:
    """Return the machines of each name as find() does, without names of no machine."""
    found = _by_id(api, [name for name in names if guid_of(name)], fields)
    for support in SESSION_SUPPORT:
        # One DNS name may belong to machines of both kinds.
        wanted = [name for name in names if not guid_of(name) and (is_dns_name(name) or name not in found)]
        if wanted:
            conditions = [condition for name in wanted for condition in name_conditions(name)]
            names_by_key: dict[str, list[str]] = {}
            for name in wanted:
                names_by_key.setdefault(key_of(name), []).append(name)
            for machine in list_machines(api, fields, groups=[conditions], session_support=[support]):
                for mark in names_of(machine):
                    for name in names_by_key.get(mark, ()):
                        found.setdefault(name, []).append(machine)
    return found


class MachineQuery(NamedTuple):
    """Selected machines: values of one option are ORed, options are ANDed; none selects all.

    name: patterns. filters: further search conditions, all of which must match.
    """

    machine: tuple[str, ...] = ()
    delivery_group: tuple[str, ...] = ()
    machine_catalog: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    session_support: tuple[str, ...] = SESSION_SUPPORT
    registration_state: tuple[str, ...] = ()
    power_state: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()

    @classmethod
    def from_params(cls, params: dict, filters: tuple[Filter, ...]) -> MachineQuery:
        """Read the selectors from the options; raises OptionError."""
        names = {option: read_names(option, params[option]) for option in NAMES if params.get(option) is not None}
        states = {option: values_of(params, option) for option in STATE_FIELDS if option in params}
        support = {"session_support": (params["session_support"],)} if params["session_support"] else {}
        return cls(**names, **states, **support, filters=filters)


NAMES = ("machine", "delivery_group", "machine_catalog", "name")


class _Part(NamedTuple):
    """One active option of a query. No conditions: the server cannot search by it."""

    field: str
    conditions: list[Filter]
    check: Callable[[dict], bool]


def find_machines(api: Api, query: MachineQuery, fields: tuple[str, ...]) -> Iterator[dict]:
    """Yield the machines that a query selects, possibly with more than the fields; none for all.

    Results of the server are checked; a missing field counts as matching. Raises OptionError that names all missing
    machines, delivery groups and machine catalogs.
    """
    groups = find_delivery_groups(api, query.delivery_group)
    parts = list(_parts(query, groups, find_machine_catalogs(api, query.machine_catalog)))
    needed = tuple(dict.fromkeys([*fields, *(part.field for part in parts)])) if fields else ()
    found = find(api, "machine", query.machine, needed)
    machines: Iterable[dict] = list(distinct(chain.from_iterable(found.values())))
    if found:
        index = MachineIndex(found)
        named = [condition(machine) for machine in machines]
        parts.append(_Part("Name", named, index.may_have))
    if query != MachineQuery(machine=query.machine) or not found:
        conditions = [part.conditions for part in parts if part.conditions]
        machines = list_machines(api, needed, query.filters, conditions, query.session_support)
    yield from (machine for machine in machines if all(part.check(machine) for part in parts))


def _parts(query: MachineQuery, groups: list[Named], catalogs: list[Named]) -> Iterator[_Part]:
    for field, wanted in (("DeliveryGroup", groups), ("MachineCatalog", catalogs)):
        if wanted:
            conditions = [compare(field, name) for each in wanted for name in each.names]
            yield _Part(field, conditions, _refers(field, wanted))
    if query.session_support != SESSION_SUPPORT:
        yield _Part("SessionSupport", [], _is_one_of("SessionSupport", query.session_support))
    for option, field in STATE_FIELDS.items():
        states = getattr(query, option)
        if states:
            yield _Part(field, [compare(field, state) for state in states], _is_one_of(field, states))
    if query.name:
        # Wildcards of a server are not fully documented; a search for contained text is unambiguous.
        pieces = [_longest_piece(pattern) for pattern in query.name]
        conditions = [compare("MachineName", piece, "Contains") for piece in pieces] if all(pieces) else []
        yield _Part("Name", conditions, lambda machine: any(is_called(machine, pattern) for pattern in query.name))


def is_called(machine: dict, pattern: str) -> bool:
    """Return whether a pattern with * ? [abc] matches DOMAIN\\NAME, or NAME without a backslash."""
    name = nested(machine, "Name") or ""
    return fnmatchcase(folded(name if "\\" in pattern else name.rpartition("\\")[2]), folded(pattern))


def _refers(field: str, wanted: list[Named]) -> Callable[[dict], bool]:
    return lambda machine: is_any(wanted, [machine.get(field)], default=True)


def _is_one_of(field: str, values: Sequence[str]) -> Callable[[dict], bool]:
    return lambda machine: folded(nested(machine, field) or values[0]) in map(folded, values)


def _longest_piece(pattern: str) -> str:
    """Return the longest text without wildcards in a pattern."""
    return max(re.split(r"[*?]|\[[^]]*\]?", pattern), key=len)


def requested_fields(names: list[str] | None) -> tuple[str, ...]:
    """Return the requested fields after those with names; none for all. Raises OptionError."""
    for name in names or ():
        if not re.fullmatch(r"[A-Za-z0-9]+", name):
            raise OptionError("fields", f"'{clean(name)}' is not a field; spell it as in the API, such as SessionCount")
    return tuple(dict.fromkeys([*NAME_FIELDS, *names])) if names else ()


def warn_of_fields(machines: Iterable[dict], fields: Iterable[str], warn: Callable[[str], object]) -> Iterator[dict]:
    """Yield the machines; then warn of fields that none of them has, which often means a typo."""
    missing = set(fields)
    found = False
    for machine in machines:
        found = True
        missing.difference_update(machine)
        yield machine
    if found and missing:
        warn(f"fields: the API returned {', '.join(sorted(missing))} for no machine; check the spelling.")


def _by_id(api: Api, ids: list[str], fields: Sequence[str]) -> dict[str, list[dict]]:
    query = {"fields": ",".join(fields)} if fields else {}
    calls = {name: Call("GET", f"Machines/{guid_of(name)}", f"look up the machine {name}", query) for name in ids}
    found = {}
    for name, outcome in send_all(api, calls):
        if isinstance(outcome, CitrixError):
            if not is_missing(outcome):
                raise outcome
        elif guid_of(nested(outcome.body, "Id") or "") == guid_of(name):
            found[name] = [outcome.body]
    return found


def unknown_machines(api: Api, option: str, names: Iterable[str]) -> OptionError:
    """Return the error for missing machines."""
    return OptionError(
        option,
        f"site {api.site_id()} has no {', '.join(map(visible, names))}; write DOMAIN\\NAME, the machine's DNS name or "
        "its id, and check site_id",
    )
