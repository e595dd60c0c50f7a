# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines as hosts of an inventory: which ones are meant, what is told of each, and how each is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from fnmatch import fnmatchcase

from .._client.api import Api
from .._client.search import Filter, compare
from .._common.errors import OptionError
from .._common.options import check_names
from .._common.text import clean, escaped, folded, nested
from .._site import selectors, sessions
from .._site.groups import Named, find_delivery_groups, is_any
from .._site.machines import SESSION_SUPPORT, asked_fields, list_machines, names_of, to_result

STATE_FIELDS = {"registration_state": "RegistrationState", "power_state": "PowerState"}
"""Options that pick machines by a state, and the field, which is the search property too."""
OPTIONS = (
    "delivery_group",
    "machine_catalog",
    "name",
    "session_support",
    *STATE_FIELDS,
    "search_filters",
    "fields",
    "sessions",
    "session_fields",
)
"""What decides which machines are asked for, and what of them."""
WHOSE = ("deployment", "api_url", "customer_id", "site_id", "client_id", "username")
"""The shared options that decide whose machines these are."""
NAMED_BY = ("dns_name", "name", "id")
"""The facts that name a machine, the one that suits a host best first."""
NAME_LISTS = ("delivery_group", "machine_catalog", "name")
RESERVED = frozenset({"localhost", "127.0.0.1", "::1"})
"""Host names that mean the controller itself."""

Check = Callable[[dict], bool]


def find_hosts(api: Api, params: dict, warn: Callable[[str], None]) -> list[dict]:
    """Return the facts of each machine that meets all options, and with params["sessions"] those of its sessions.

    Raises OptionError, also for a delivery group that does not exist; warns of what else was named and picks nothing.
    """
    for option in NAME_LISTS:
        if params[option] is not None:
            check_names(option, params[option])
    fields = asked_fields(params["fields"] or ["Id"])
    kinds = (params["session_support"],) if params["session_support"] else SESSION_SUPPORT
    groups = find_delivery_groups(api, params["delivery_group"] or [])
    conditions = [group for group in _conditions(params, groups) if group]
    checks = list(_checks(params, groups))
    needed = dict.fromkeys([*fields, *_needs(params)])
    # What the server found is checked; a field that it leaves out is taken on its word.
    machines = [
        machine
        for machine in list_machines(api, needed, selectors.filters_of(params), conditions, kinds)
        if all(check(machine) for check in checks)
    ]
    for option, name in _unused(params, machines):
        warn(f"{option}: no machine matches {clean(name)}; check the spelling")
    facts = [to_result(machine, fields) for machine in machines]
    if params["sessions"]:
        _add_sessions(api, params, machines, facts)
    return facts


def _conditions(params: dict, groups: list[Named]) -> Iterator[list[Filter]]:
    """Yield groups of search conditions; a machine that is meant meets one of each."""
    yield [compare("DeliveryGroup", name) for group in groups for name in group.names]
    yield [compare("MachineCatalog", name) for name in params["machine_catalog"] or ()]
    for option, field in STATE_FIELDS.items():
        yield [compare(field, state) for state in params[option] or ()]
    # How a server reads wildcards is not documented in full; that a name contains a text leaves no doubt.
    pieces = [_longest_piece(pattern) for pattern in params["name"] or ()]
    if all(pieces):
        yield [compare("MachineName", piece, "Contains") for piece in pieces]


def _needs(params: dict) -> Iterator[str]:
    """Yield the fields that it takes to check the options."""
    fields = {"delivery_group": "DeliveryGroup", "machine_catalog": "MachineCatalog", **STATE_FIELDS}
    yield from (field for option, field in fields.items() if params[option])
    if params["session_support"]:
        yield "SessionSupport"


def _checks(params: dict, groups: list[Named]) -> Iterator[Check]:
    if groups:
        yield lambda machine: is_any(groups, [machine.get("DeliveryGroup")], default=True)
    if params["machine_catalog"]:
        catalogs = [_catalog(name) for name in params["machine_catalog"]]
        yield lambda machine: is_any(catalogs, [machine.get("MachineCatalog")], default=True)
    if params["session_support"]:
        yield _is_one_of("SessionSupport", [params["session_support"]])
    yield from (_is_one_of(field, params[option]) for option, field in STATE_FIELDS.items() if params[option])
    if params["name"]:
        yield lambda machine: any(_is_called(machine, pattern) for pattern in params["name"])


def _is_one_of(field: str, values: list[str]) -> Check:
    return lambda machine: (nested(machine, field) or values[0]) in values


def _catalog(name: str) -> Named:
    return Named(None, (name,))


def _is_called(machine: dict, pattern: str) -> bool:
    """Tell whether a pattern with * ? [abc] fits DOMAIN\\NAME, or NAME alone where it has no backslash."""
    name = nested(machine, "Name") or ""
    return fnmatchcase(folded(name if "\\" in pattern else name.rpartition("\\")[2]), folded(pattern))


def _longest_piece(pattern: str) -> str:
    """Return the longest text without wildcards in a pattern."""
    return max(re.split(r"[*?]|\[[^]]*\]?", pattern), key=len)


def _unused(params: dict, machines: list[dict]) -> Iterator[tuple[str, str]]:
    """Yield the option and the name of each catalog and pattern that no machine fits; it may be a slip."""
    for name in params["machine_catalog"] or ():
        if not any(is_any([_catalog(name)], [machine.get("MachineCatalog")], default=True) for machine in machines):
            yield "machine_catalog", name
    for pattern in params["name"] or ():
        if not any(_is_called(machine, pattern) for machine in machines):
            yield "name", pattern


def _add_sessions(api: Api, params: dict, machines: list[dict], facts: list[dict]) -> None:
    """Put the sessions of each machine into its facts."""
    fields = sessions.asked_fields(params["session_fields"] or ["Id"])
    own: dict[str, list[dict]] = {}
    for machine, fact in zip(machines, facts):
        fact["sessions"] = []
        own.update({name: fact["sessions"] for name in names_of(machine)})
    query = selectors.Query(delivery_group=tuple(params["delivery_group"] or ()))
    for session in selectors.find_sessions(api, query, tuple(dict.fromkeys([*fields, "Machine"]))):
        place = next((own[name] for name in names_of(session.get("Machine")) if name in own), None)
        if place is not None:
            place.append(sessions.to_result(session, fields))


def check_prefix(prefix: str) -> None:
    """Refuse what no name of a variable can begin with; raises OptionError."""
    if prefix and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", prefix):
        raise OptionError("hostvars_prefix", "may contain only letters, digits and _, and must not start with a digit")


def fact_names(fields: list[str]) -> list[str]:
    """Return the names of the facts that these fields become, those of NAMED_BY first; raises OptionError."""
    facts = to_result(dict.fromkeys(asked_fields(fields or ["Id"])))
    return list(dict.fromkeys([*NAMED_BY, *facts]))


class Names:
    """The names of hosts: of each machine the first that can be one; no two machines have the same."""

    def __init__(self, taken: Container[str]) -> None:
        """taken: names that are none, such as those of groups."""
        self._taken = taken
        self._owners: dict[str, tuple[str | None, str]] = {}

    def first(self, facts: dict, choices: Iterable[object]) -> str:
        """Return the name of a machine: the first choice that can be one.

        Raises OptionError where no choice can, or another machine has it already.
        """
        own_id = nested(facts, "id")
        shown = clean(nested(facts, "name") or own_id or "a machine without name")
        for choice in choices:
            name = str(choice).strip() if choice is not None else ""
            if name and escaped(name) == name and name.lower() not in RESERVED and name not in self._taken:
                break
        else:
            raise OptionError("hostnames", f"no entry results in a usable name for {shown}; add citrix_id at the end")
        owner = self._owners.setdefault(name, (own_id, shown))
        if owner != (own_id, shown):
            raise OptionError(
                "hostnames",
                f"{owner[1]} and {shown} would both have the host name {clean(name)}; put a unique name first, "
                "such as citrix_name",
            )
        return name
