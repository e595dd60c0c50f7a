# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions that selectors pick: asked of the server, so that only candidates travel, and checked here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._client.api import Api
from .._client.calls import Call
from .._client.search import Filter, compare, distinct, listing, searches
from .._common.errors import OptionError
from .._common.options import check_names
from .._common.text import clean, nested, reach
from . import users
from .groups import find_applications, find_delivery_groups, is_any, sessions_of_applications
from .machines import SESSION_SUPPORT, condition, find, list_machines, list_sessions, names_of
from .user_search import search_users

ARGUMENT_SPEC = {
    "machine": {"type": "list", "elements": "str"},
    "user": {"type": "list", "elements": "str"},
    "delivery_group": {"type": "list", "elements": "str"},
    "application": {"type": "list", "elements": "str"},
}
LIST_SPEC = {
    # What is in a filter is checked here: a suboption that is no dict keeps ansible from masking what is no_log.
    "search_filters": {"type": "list", "elements": "dict"},
    "limit": {"type": "int", "default": 0},
}
FILTER_SPEC = {
    "property": {"type": "str", "required": True},
    "operator": {"type": "str", "default": "Equals"},
    "value": {"type": "str"},
}
SELECTORS = tuple(ARGUMENT_SPEC)
NEEDS = {"machine": "Machine", "user": "User", "delivery_group": "Machine", "application": "ApplicationsInUse"}
"""The field of a session that a selector is checked on."""


class Query(NamedTuple):
    """Which sessions are asked for: the values of one selector are ORed, the selectors are ANDed; none means all.

    states: of sessions, any of these. filters: further search conditions, all of them.
    """

    machine: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    delivery_group: tuple[str, ...] = ()
    application: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()

    @classmethod
    def from_params(cls, params: dict, **further: tuple) -> Query:
        """Take the selectors out of a module's options; raises OptionError where one holds no name."""
        given = {name: tuple(dict.fromkeys(params[name])) for name in SELECTORS if params[name] is not None}
        for name, values in given.items():
            check_names(name, list(values))
        return cls(**given, **further)

    @property
    def needs(self) -> tuple[str, ...]:
        """The fields of a session that it takes to check the selectors."""
        return tuple(NEEDS[name] for name in SELECTORS if getattr(self, name))

    def only(self, name: str) -> bool:
        """Tell whether nothing but this selector is given."""
        return self == Query(**{name: getattr(self, name)}) != Query()


def filters_of(params: dict) -> tuple[Filter, ...]:
    """Return the search conditions that a task writes itself; raises OptionError."""
    filters = []
    for number, written in enumerate(params["search_filters"] or (), 1):
        checked = ArgumentSpecValidator(FILTER_SPEC).validate(written)
        if checked.error_messages:
            raise OptionError("search_filters", f"number {number}: {'; '.join(checked.error_messages)}")
        known = checked.validated_parameters
        filters.append(compare(known["property"], known["value"], known["operator"]))
    return tuple(filters)


def limit_of(params: dict) -> int | None:
    """Return how many objects a task wants at most, None for all; raises OptionError."""
    if params["limit"] < 0:
        raise OptionError("limit", f"must be 0, for all, or more, not {params['limit']}")
    return params["limit"] or None


def find_machines(api: Api, params: dict, fields: tuple[str, ...]) -> Iterator[dict]:
    """Yield the machines that a task's selectors pick; raises OptionError like find_sessions()."""
    for name in ("machine", "delivery_group"):
        if params[name] is not None:
            check_names(name, params[name])
    filters = filters_of(params)
    kinds = (params["session_support"],) if params["session_support"] else SESSION_SUPPORT
    needed = tuple(dict.fromkeys([*fields, "DeliveryGroup"])) if fields else ()
    named = list(find(api, "machine", params["machine"] or [], needed).values())
    if named and not params["delivery_group"] and not filters and len(kinds) > 1:
        yield from distinct(named)
        return
    delivery_groups = find_delivery_groups(api, params["delivery_group"] or [])
    conditions = (
        [condition(machine) for machine in named],
        [compare("DeliveryGroup", name) for group in delivery_groups for name in group.names],
    )
    names = set().union(*(names_of(machine) for machine in named))
    groups = [group for group in conditions if group]
    for machine in list_machines(api, needed, filters, groups, kinds):
        # What the server found is checked, as with sessions.
        if (not names or not names.isdisjoint(names_of(machine))) and (
            not delivery_groups or is_any(delivery_groups, [machine.get("DeliveryGroup")], default=True)
        ):
            yield machine


def find_sessions(
    api: Api, query: Query, fields: tuple[str, ...], warn: Callable[[str], object] = len
) -> Iterator[dict]:
    """Yield the sessions, each once, in the order found. They may hold more than the fields; none asks for all.

    warn: called with a warning of users who have no session, unless the caller reports them itself.
    Raises OptionError that names each machine, delivery group or application which does not exist, and for a short
    user name that means several people.
    """
    if query.only("machine"):
        yield from list_sessions(api, list(query.machine), fields).sessions
    elif query.only("application"):
        yield from distinct(chain.from_iterable(sessions_of_applications(api, list(query.application))))
    elif query.user:
        sessions = _of_users(api, query, fields)
        users.check_short_names("user", query.user, sessions)
        absent = users.absent(query.user, sessions)
        if absent:
            warn(f"user: no session belongs to {clean(', '.join(absent))}; check the names if they are connected.")
        yield from sessions
    else:
        meant = Meant(api, query)
        yield from filter(meant.has, _search(api, query, fields, meant.conditions()))


def _of_users(api: Api, query: Query, fields: tuple[str, ...]) -> list[dict]:
    meant = Meant(api, query)
    people = users.fold(query.user)
    sessions = search_users(
        query.user,
        lambda conditions: _search(api, query, fields, [conditions, *meant.conditions()]),
        lambda session: users.named(people, session),
    )
    return [session for session in sessions if meant.has(session)]


def _search(api: Api, query: Query, fields: tuple[str, ...], conditions: Iterable[Sequence[Filter]]) -> Iterator[dict]:
    """Yield the sessions that the server finds by all groups of conditions; they are not checked yet."""
    needed = [*fields, "Id", "State", *query.needs]
    slim = tuple(dict.fromkeys(needed)) if fields else ()
    groups = [group for group in conditions if group]
    calls: Iterable[Call] = [listing("Sessions", "list the sessions", slim)]
    if groups or query.filters:
        calls = searches("Sessions", "search the sessions", slim, query.filters, groups)
    return distinct(session for call in calls for session in api.items(call))


class Meant:
    """What a query means on this site: its machines, delivery groups and applications are looked up by their names.

    Raises OptionError that names each which does not exist.
    """

    def __init__(self, api: Api, query: Query, searched: bool = True) -> None:
        """searched: whether it is asked of sessions that the server found by these conditions.

        Then a machine, group or state that a session leaves out is taken on its word; a user must be vouched for.
        """
        self._query = query
        self._searched = searched
        self._machines = list(find(api, "machine", list(query.machine)).values())
        self._delivery_groups = find_delivery_groups(api, list(query.delivery_group))
        self._applications = find_applications(api, list(query.application))
        self._checks = list(self._make_checks())

    def conditions(self) -> list[list[Filter]]:
        """Return search conditions for all but the users: a session meets of each group at least one."""
        groups = (
            [condition(machine) for machine in self._machines],
            [compare("DeliveryGroup", name) for group in self._delivery_groups for name in group.names],
            [compare("SessionState", state) for state in self._query.states],
        )
        return [group for group in groups if group]

    def has(self, session: dict) -> bool:
        """Tell whether a session is meant; search conditions of the task itself are for the server alone."""
        return all(check(session) for check in self._checks)

    def _make_checks(self) -> Iterator[Callable[[dict], bool]]:
        query, machines = self._query, self._machines
        if query.user:
            people = users.fold(query.user)
            yield lambda session: bool(users.named(people, session))
        if machines:
            names = set().union(*(names_of(machine) for machine in machines))
            yield (
                lambda session: (
                    not own.isdisjoint(names) if (own := names_of(session.get("Machine"))) else self._searched
                )
            )
        if self._delivery_groups:
            yield lambda session: is_any(
                self._delivery_groups, [reach(session, "Machine", "DeliveryGroup")], default=self._searched
            )
        if self._applications:
            yield lambda session: is_any(self._applications, session.get("ApplicationsInUse"), default=False)
        if query.states:
            yield lambda session: (nested(session, "State") or query.states[0]) in query.states
