# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions that selectors select: the server searches, so that only candidates travel; each is checked here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._client.api import Api
from .._client.calls import Call
from .._client.search import Filter, compare, distinct, listing, searches
from .._common.errors import OptionError
from .._common.names import NAME_LIST, read_names
from .._common.text import nested, reach
from .groups import find_applications, find_delivery_groups, is_any, sessions_of_applications
from .machine_sessions import list_sessions
from .machines import MachineIndex, condition, find
from .user_search import search_users
from .users import People, UserMatcher

SELECTORS = ("machine", "user", "delivery_group", "application")
ARGUMENT_SPEC = {name: NAME_LIST for name in SELECTORS}
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
NEEDS = {
    "machine": ("Machine",),
    "user": ("User", "IsAnonymousUser"),
    "delivery_group": ("Machine",),
    "application": ("ApplicationsInUse",),
}
"""The fields of a session that a selector is checked on."""


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
        given: dict[str, Any] = {name: read_names(name, params[name]) for name in SELECTORS if params[name] is not None}
        return cls(**given, **further)

    @property
    def needs(self) -> tuple[str, ...]:
        """The fields of a session that it takes to check the selectors."""
        return tuple(field for name in SELECTORS if getattr(self, name) for field in NEEDS[name])

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


def find_sessions(
    api: Api,
    query: Query,
    fields: tuple[str, ...],
    warn: Callable[[str], object] = len,
    named: UserMatcher | None = None,
) -> Iterator[dict]:
    """Yield the sessions, each once, in the order found. They may hold more than the fields; none asks for all.

    warn: called with a warning of users who have no session, and of sessions whose users the API does not give, unless
    the caller reports them itself. named: the users of the query. Raises OptionError that names each machine, delivery
    group or application which does not exist, and for a name that means several users.
    """
    if query.only("machine"):
        yield from list_sessions(api, query.machine, fields).sessions
    elif query.only("application"):
        yield from distinct(chain.from_iterable(sessions_of_applications(api, query.application)))
    elif query.user:
        matcher = named or UserMatcher("user", query.user, People())
        place = Place(api, query)
        sessions = search_users(query.user, lambda conditions: _search(api, query, fields, place, conditions), matcher)
        matcher.check()
        for warning in (*matcher.absence, *matcher.doubts):
            warn(warning)
        yield from sessions
    else:
        yield from _search(api, query, fields, Place(api, query))


def _search(
    api: Api, query: Query, fields: tuple[str, ...], place: Place, of_users: Sequence[Filter] = ()
) -> Iterator[dict]:
    """Yield the sessions that the server finds by all conditions and that are at the place; users are not checked."""
    slim = tuple(dict.fromkeys([*fields, "Id", "State", *query.needs])) if fields else ()
    groups = [group for group in (of_users, *place.conditions()) if group]
    calls: Iterable[Call] = [listing("Sessions", "list the sessions", slim)]
    if groups or query.filters:
        calls = searches("Sessions", "search the sessions", slim, query.filters, groups)
    yield from filter(place.has, distinct(session for call in calls for session in api.items(call)))


class Place:
    """The selectors of a query but its users: its machines, delivery groups and applications are looked up by name.

    Raises OptionError that names each which does not exist.
    """

    def __init__(
        self, api: Api, query: Query, searched: bool = True, machines: Mapping[str, list[dict]] | None = None
    ) -> None:
        """searched: whether the sessions are those that the server found by these conditions.

        Then a machine, group or state that a session leaves out is taken on its word. machines: known ones by name,
        see find().
        """
        self._query = query
        self._searched = searched
        self._machines = find(api, "machine", query.machine, known=machines)
        self._delivery_groups = find_delivery_groups(api, query.delivery_group)
        self._applications = find_applications(api, query.application)
        self._checks = list(self._make_checks())

    def conditions(self) -> list[list[Filter]]:
        """Return the search conditions that a session meets, of each group at least one."""
        return [
            [condition(machine) for machine in distinct(chain.from_iterable(self._machines.values()))],
            [compare("DeliveryGroup", name) for group in self._delivery_groups for name in group.names],
            [compare("SessionState", state) for state in self._query.states],
        ]

    def has(self, session: dict) -> bool:
        """Tell whether a session is selected; search conditions of the task itself are for the server alone."""
        return all(check(session, self._searched) for check in self._checks)

    def may_have(self, session: dict) -> bool:
        """Tell whether a session may be selected that leaves out its machine, or the delivery group of it."""
        is_whole = nested(session, "Machine", "Name") and reach(session, "Machine", "DeliveryGroup")
        return not is_whole and all(check(session, True) for check in self._checks)

    def _make_checks(self) -> Iterator[Callable[[dict, bool], bool]]:
        """Yield checks of a session; their second argument is the result for what a session leaves out."""
        query = self._query
        if self._machines:
            index = MachineIndex(self._machines)
            yield lambda session, default: index.has(session.get("Machine"), default)
        if self._delivery_groups:
            groups = self._delivery_groups
            yield lambda session, default: is_any(groups, [reach(session, "Machine", "DeliveryGroup")], default)
        if self._applications:
            # Null is what a desktop has.
            yield lambda session, _default: is_any(self._applications, session.get("ApplicationsInUse"), default=False)
        if query.states:
            yield lambda session, _default: (nested(session, "State") or query.states[0]) in query.states
