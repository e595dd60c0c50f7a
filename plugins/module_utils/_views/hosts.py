# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines as hosts of an inventory: selection, host variables and names."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable

from .._client.api import Api
from .._common.errors import OptionError
from .._common.facts import facts_of
from .._common.names import visible
from .._common.text import clean, escaped, nested
from .._site import selectors, sessions
from .._site.machine_names import MachineIndex
from .._site.machines import (
    STATE_FIELDS,
    MachineQuery,
    find_machines,
    is_called,
    requested_fields,
)

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
"""Options that decide about the requests."""
WHOSE = ("deployment", "api_url", "customer_id", "site_id", "client_id", "username")
"""Shared options that decide about the site and the account."""
NAMED_BY = ("dns_name", "name", "id")
"""Facts with names of a machine, the most suitable one for a host first."""
RESERVED = frozenset({"localhost", "127.0.0.1", "::1"})
"""Host names of the controller itself."""


def find_hosts(api: Api, params: dict, warn: Callable[[str], None]) -> list[dict]:
    """Return the facts of each selected machine; with params["sessions"] also of its sessions.

    Raises OptionError, also for a missing delivery group or catalog; warns of patterns without a match.
    """
    query = MachineQuery.from_params(params, selectors.filters_of(params))
    fields = requested_fields(params["fields"] or ["Id"])
    machines = list(find_machines(api, query, fields))
    for pattern in query.name:
        if not any(is_called(machine, pattern) for machine in machines):
            warn(f"name: no machine matches {visible(pattern)}; check the spelling")
    facts = [facts_of(machine, fields) for machine in machines]
    if params["sessions"]:
        _add_sessions(api, params, query, machines, facts)
    return facts


def _add_sessions(api: Api, params: dict, query: MachineQuery, machines: list[dict], facts: list[dict]) -> None:
    """Add the sessions of each machine to its facts."""
    fields = sessions.requested_fields(params["session_fields"] or ["Id"])
    numbered = {}
    for number, (machine, fact) in enumerate(zip(machines, facts)):
        fact["sessions"] = []
        numbered[str(number)] = [machine]
    index = MachineIndex(numbered)
    in_groups = selectors.Query(delivery_group=query.delivery_group)
    for session in selectors.find_sessions(api, in_groups, tuple(dict.fromkeys([*fields, "Machine"]))):
        for place in index.names(session.get("Machine")):
            facts[int(place)]["sessions"].append(facts_of(session, fields))


def check_prefix(prefix: str) -> None:
    """Reject an invalid prefix of variable names; raises OptionError."""
    if prefix and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", prefix):
        raise OptionError("hostvars_prefix", "may contain only letters, digits and _, and must not start with a digit")


def fact_names(fields: list[str]) -> list[str]:
    """Return the names of the facts for fields, those of NAMED_BY first; raises OptionError."""
    facts = facts_of(dict.fromkeys(requested_fields(fields or ["Id"])))
    return list(dict.fromkeys([*NAMED_BY, *facts]))


def text_at(variables: dict, path: object) -> str | None:
    """Return the text at a path such as citrix_zone.name; None for other values and expressions."""
    value: object = variables
    for name in str(path).split("."):
        # In a template, such as one with .items, methods of a dict come first.
        if not isinstance(value, dict) or not name.isidentifier() or hasattr(value, name):
            return None
        value = value.get(name)
    return value if isinstance(value, str) else None


def merged_names(machines: Iterable[dict], fact: str, group_name: Callable[[str], str]) -> list[list[str]]:
    """Return the names in this fact of machines that result in the same name of a group."""
    merged: dict[str, dict[str, str]] = {}
    for facts in machines:
        name = nested(facts, fact, "name")
        if name:
            merged.setdefault(group_name(name), {})[nested(facts, fact, "id") or name] = name
    return [sorted(names.values()) for names in merged.values() if len(names) > 1]


class Names:
    """Names of hosts: for each machine the first valid choice; no two machines have the same."""

    def __init__(self, taken: Container[str]) -> None:
        """taken: names that hosts cannot have, such as those of groups."""
        self._taken = taken
        self._owners: dict[str, tuple[str | None, str]] = {}

    def first(self, facts: dict, choices: Iterable[object]) -> str:
        """Return the name of a machine: the first valid choice.

        Raises OptionError if there is none, or another machine has it.
        """
        machine_id = nested(facts, "id")
        shown = clean(nested(facts, "name") or machine_id or "a machine without name")
        for choice in choices:
            name = str(choice).strip() if choice is not None else ""
            if name and escaped(name) == name and name.lower() not in RESERVED and name not in self._taken:
                break
        else:
            raise OptionError("hostnames", f"no entry results in a usable name for {shown}; add citrix_id at the end")
        owner = self._owners.setdefault(name, (machine_id, shown))
        if owner != (machine_id, shown):
            raise OptionError(
                "hostnames",
                f"{owner[1]} and {shown} would both have the host name {clean(name)}; put a unique name first, "
                "such as citrix_name",
            )
        return name
