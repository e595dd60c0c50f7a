# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search the sessions that match selectors on the server, and check each result."""

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
from .._common.options import check_types, reject_null, values_of
from .._common.text import folded, nested, reach
from .groups import are_known, find_applications, find_delivery_groups, is_any, sessions_of_applications
from .machine_names import MachineIndex, condition, names_of
from .machine_sessions import list_sessions
from .machines import find
from .user_matcher import UserMatcher
from .user_search import search_users
from .users import People

SELECTORS = ("machine", "user", "delivery_group", "application")
ARGUMENT_SPEC: dict[str, dict] = {name: NAME_LIST for name in SELECTORS}
LIST_SPEC = {
    # Filters are checked here: a suboption that is not a dict keeps ansible from masking no_log values.
    "search_filters": {"type": "list", "elements": "dict"},
    "limit": {"type": "int", "default": 0},
}
FILTER_SPEC: dict[str, dict] = {
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
"""The fields of a session for the check of a selector."""


class Query(NamedTuple):
    """Selected sessions: values of one selector are ORed, selectors are ANDed; none selects all.

    states: any of these session states. filters: further search conditions, all of which must match.
    """

    machine: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    delivery_group: tuple[str, ...] = ()
    application: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()

    @classmethod
    def from_params(cls, params: dict, **further: tuple) -> Query:
        """Read the selectors from a module's options; raises OptionError for one without a name."""
        given: dict[str, Any] = {name: read_names(name, params[name]) for name in SELECTORS if params[name] is not None}
        return cls(**given, **further)

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the fields of a session that the check of the selectors requires."""
        return tuple(field for name in SELECTORS if getattr(self, name) for field in NEEDS[name])

    def is_shown_by(self, session: dict) -> bool:
        """Return whether a session shows the machine and delivery group by which a search found it.

        A server may ignore a search; the list of one machine has only its sessions.
        """
        machine = session.get("Machine")
        by_search = self.machine and not (self.only("machine") and len(self.machine) == 1)
        return not (
            (by_search and not names_of(machine))
            or (self.delivery_group and not are_known([reach(machine, "DeliveryGroup")]))
        )

    def only(self, name: str) -> bool:
        """Return whether only this selector is set."""
        return self == Query(**{name: getattr(self, name)}) != Query()


def filters_of(params: dict) -> tuple[Filter, ...]:
    """Return the search conditions in the task; raises OptionError."""
    filters = []
    for number, written in enumerate(values_of(params, "search_filters"), 1):
        if not isinstance(written, Mapping):
            raise OptionError("search_filters", f"number {number} is not a dictionary; set property and value")
        try:
            check_types(written, FILTER_SPEC)
            reject_null(written, ("property", "operator"))
        except OptionError as error:
            raise OptionError("search_filters", f"number {number}: {error}") from None
        checked = ArgumentSpecValidator(FILTER_SPEC).validate(written)
        if checked.error_messages:
            raise OptionError("search_filters", f"number {number}: {'; '.join(checked.error_messages)}")
        known = checked.validated_parameters
        filters.append(compare(known["property"], known["value"], known["operator"]))
    return tuple(filters)


def limit_of(params: dict) -> int | None:
    """Return the maximum number of objects in the task, None for all; raises OptionError."""
    if params["limit"] < 0:
        raise OptionError("limit", f"must be 0, for all, or more, not {params['limit']}")
    return params["limit"] or None


def find_sessions(
    api: Api,
    query: Query,
    fields: tuple[str, ...],
    warn: Callable[[str], object] | None = None,
    named: UserMatcher | None = None,
) -> Iterator[dict]:
    """Yield the sessions, each once, in order, possibly with more than the fields; none for all.

    warn: called with warnings about users without a session and sessions without a user; None if the caller reports
    them itself through named, the users of the query. Raises OptionError that names all missing machines, delivery
    groups and applications, for ambiguous user names, and if the API returns the user of no session.
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
        if warn:
            for warning in (*matcher.absence, *matcher.unidentified_warnings):
                warn(warning)
        yield from sessions
    else:
        yield from _search(api, query, fields, Place(api, query))


def _search(
    api: Api, query: Query, fields: tuple[str, ...], place: Place, of_users: Sequence[Filter] = ()
) -> Iterator[dict]:
    """Yield the sessions that match all conditions and the place; users are not checked."""
    slim = tuple(dict.fromkeys([*fields, "Id", "State", *query.needs])) if fields else ()
    groups = [group for group in (of_users, *place.conditions()) if group]
    calls: Iterable[Call] = [listing("Sessions", "list the sessions", slim)]
    if groups or query.filters:
        calls = searches("Sessions", "search the sessions", slim, query.filters, groups)
    yield from filter(place.has, distinct(chain.from_iterable(map(api.items, calls))))


class Place:
    """The selectors of a query except its users, with its named objects looked up.

    Raises OptionError that names all missing ones.
    """

    def __init__(
        self, api: Api, query: Query, searched: bool = True, machines: Mapping[str, list[dict]] | None = None
    ) -> None:
        """Look up the named objects.

        searched: whether the server found the sessions by these conditions: then missing data of a session counts as
        matching. machines: known ones by name, see find().
        """
        self._query = query
        self._searched = searched
        self._machines = find(api, "machine", query.machine, known=machines)
        self._index = MachineIndex(self._machines)
        self._delivery_groups = find_delivery_groups(api, query.delivery_group)
        self._applications = find_applications(api, query.application)
        self._checks = list(self._make_checks())

    def conditions(self) -> list[list[Filter]]:
        """Return the search conditions of a session, of which it matches one in each group."""
        return [
            [condition(machine) for machine in distinct(chain.from_iterable(self._machines.values()))],
            [compare("DeliveryGroup", name) for group in self._delivery_groups for name in group.names],
            [compare("SessionState", state) for state in self._query.states],
        ]

    def has(self, session: dict) -> bool:
        """Return whether a session is selected; the server checks the task's own search conditions."""
        return not self._checks or all(check(session, self._searched) for check in self._checks)

    def may_have(self, session: dict) -> bool:
        """Return whether a session is here, or may be: a part is missing, or in another form."""
        return all(check(session, None) for check in self._checks)

    def _make_checks(self) -> Iterator[Callable[[dict, bool | None], bool]]:
        """Yield checks of a session.

        Their second argument is the result for missing data; None counts data in another form as matching, too.
        """
        query, index = self._query, self._index
        if index:
            yield (
                lambda session, default: bool(
                    index.names(session.get("Machine"))
                    or (default is not False and index.may_match(session.get("Machine")))
                )
            )
        if self._delivery_groups:
            groups = self._delivery_groups
            yield lambda session, default: is_any(
                groups, [reach(session, "Machine", "DeliveryGroup")], default is not False
            )
        if self._applications:
            yield (
                lambda session, default: (
                    is_any(self._applications, session.get("ApplicationsInUse"), default=False)
                    or (default is None and not _shows_applications(session))
                )
            )
        if query.states:
            states = {folded(state) for state in query.states}
            yield lambda session, _default: folded(nested(session, "State") or query.states[0]) in states


def _shows_applications(session: dict) -> bool:
    """Return whether the applications of a session are known; a desktop session has null."""
    applications = session.get("ApplicationsInUse", "")
    return applications is None or are_known(applications)
