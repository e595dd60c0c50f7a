# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The selection of a task: what its selectors select less its exclusions, and the limit on the number of sessions."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from .._client.api import Api
from .._client.dispatch import send_all
from .._common.errors import CitrixError, OptionError
from .._common.names import NAME_LIST, guid_of, read_names
from .._common.text import nested
from . import selectors, sessions
from .machines import MachineIndex, find
from .refs import SessionRef
from .selectors import SELECTORS, Query
from .users import People, UserMatcher

ARGUMENT_SPEC = {
    "session_id": NAME_LIST,
    **selectors.ARGUMENT_SPEC,
    "all_sessions": {"type": "bool", "default": False},
    "exclude_user": NAME_LIST,
    "exclude_machine": NAME_LIST,
    "max_sessions": {"type": "int", "default": 1000},
}
FIELDS = (*sessions.RECORDING_FIELDS, "IsAnonymousUser")
"""The fields of a session that it takes to select it, and to record it."""
NAMED = ("session_id", "user")
"""Selectors by which a task names what it wants: a gap there is a failure unless the task says otherwise."""
EXCLUSIONS = ("exclude_user", "exclude_machine")


class Target(NamedTuple):
    """One selected session, and what its recording is decided from."""

    session: SessionRef
    not_recordable: str | None = None
    """Why it cannot be recorded, a key of sessions.NOT_RECORDABLE."""
    anonymous: bool = False
    """Whether the broker knows that there is no user to name."""
    gone: bool = False
    """Whether there is no such session."""
    unidentified: bool = False
    """Whether its user, whom the API does not give, may be one whom the task treats differently."""

    @classmethod
    def from_session(cls, session_id: str, session: dict | None) -> Target:
        """Take what is needed from a session; None stands for one that is no more."""
        if session is None:
            return cls(SessionRef(session_id), gone=True)
        anonymous = session.get("IsAnonymousUser") is True
        return cls(SessionRef.from_session(session_id, session), sessions.not_recordable(session), anonymous)

    def judged(self, named: bool) -> Target:
        """Return the target where the user decides about it. named: whether the API gives the user."""
        return self if named or self.anonymous or self.gone else self._replace(unidentified=True)


class Selection(NamedTuple):
    """The selected sessions, each once, in the order in which they were named and found."""

    targets: list[Target]
    absent: list[str]
    """Users that were named and have no session, as the task writes them."""
    unused: list[str]
    """Users to be excluded of whom no session was selected."""


def select(api: Api, params: dict) -> Selection:
    """Return what the selectors select.

    Raises OptionError if no selector or contradicting ones are given, something named does not exist, a short user
    name means several people, or more than max_sessions are left after the exclusions: all before any write.
    """
    check_selectors(params)
    people = People()
    query = Query.from_params(params)
    named = UserMatcher("user", query.user, people)
    exclusions = Exclusions(api, params, people)
    offered: list[Target | None] = []
    persons = array("I")
    # Whether a user is excluded is known only after the last session: any of them may join two names.
    for session_id, session in _found(api, params, query, named):
        persons.append(exclusions.person(session or {}))
        offered.append(None if exclusions.of_machine(session or {}) else Target.from_session(session_id, session))
    targets = [
        exclusions.judged(target, person)
        for target, person in zip(offered, persons)
        if not exclusions.of_user(person) and target
    ]
    exclusions.check(len(targets))
    return Selection(targets, absent=named.absent, unused=exclusions.unused)


class Exclusions:
    """The exclusions of a task or rule, and its limit on the number of sessions.

    Raises OptionError for a machine that does not exist, which often means a typo.
    """

    def __init__(
        self, api: Api, params: dict, people: People, machines: Mapping[str, list[dict]] | None = None
    ) -> None:
        """people: of the run; users are excluded only after all sessions were added to it.

        machines: known ones by name, see find().
        """
        users, names = (excluded(params, option) for option in EXCLUSIONS)
        self._people = people
        self._users = UserMatcher("exclude_user", users, people)
        self._by_user = bool(users)
        self._machines = MachineIndex(find(api, "exclude_machine", names, known=machines))
        self._most = params["max_sessions"]

    def person(self, session: dict) -> int:
        """Return the person whose session it is, as far as an exclusion takes one."""
        return self._people.add(session) if self._by_user else 0

    def of_machine(self, session: dict) -> bool:
        """Tell whether a session runs on an excluded machine."""
        return bool(self._machines) and self._machines.has(session.get("Machine"), default=False)

    def of_user(self, person: int) -> bool:
        """Tell whether a person is excluded."""
        return self._users.matches(person)

    def judged(self, target: Target, person: int) -> Target:
        """Return the target of a session that is not excluded, as far as the API gives its user."""
        return target.judged(self._people.is_named(person)) if self._by_user else target

    def check(self, count: int) -> None:
        """Raise OptionError for an excluded name that means several people, and for more than max_sessions."""
        self._users.check()
        if count > self._most:
            raise OptionError(
                "max_sessions",
                f"{count} sessions are selected and {self._most} are allowed; nothing was changed. "
                f"Select fewer, or set max_sessions to {count} or more to select all of them",
            )

    @property
    def unused(self) -> list[str]:
        """Excluded users of whom no session was offered."""
        return self._users.absent


def check_selectors(params: dict) -> None:
    """Refuse selectors that are missing, empty or contradict one another; raises OptionError, and nothing is sent."""
    given = [name for name in ("session_id", *SELECTORS) if params[name] is not None]
    if params["max_sessions"] < 1:
        raise OptionError("max_sessions", f"must be 1 or more, not {params['max_sessions']}")
    if not given and not params["all_sessions"]:
        raise OptionError(
            ", ".join(("session_id", *SELECTORS)), "no selector is set; set at least one, or set all_sessions to true"
        )
    if given and params["all_sessions"]:
        raise OptionError("all_sessions", f"selects every session of the site; remove it or {' and '.join(given)}")
    if "session_id" in given and len(given) > 1:
        raise OptionError("session_id", f"cannot be combined; remove it or {' and '.join(given[1:])}")
    for option in given:
        read_names(option, params[option])
    for option in EXCLUSIONS:
        excluded(params, option)


def excluded(params: dict, option: str) -> tuple[str, ...]:
    """Return the names in an exclusion; raises OptionError for invalid ones."""
    # A template that excludes no one gives an empty list; an empty selector is a mistake.
    return () if params[option] in (None, []) else read_names(option, params[option])


def _found(api: Api, params: dict, query: Query, named: UserMatcher) -> Iterator[tuple[str, dict | None]]:
    """Yield the id of each session that the selectors select, and the session; None for a named one that is no more."""
    if params["session_id"] is not None:
        yield from _by_id(api, read_names("session_id", params["session_id"])).items()
    else:
        for session in selectors.find_sessions(api, query, FIELDS, named=named):
            yield nested(session, "Id") or "", session


def _by_id(api: Api, ids: Sequence[str]) -> dict[str, dict | None]:
    """Return the sessions in the order in which they are named, each once, under the id that the API gives."""
    calls = {session_id: sessions.details(session_id, FIELDS) for session_id in ids}
    outcomes = dict(send_all(api, calls))
    found: dict[str, dict | None] = {}
    for asked in calls:
        outcome = outcomes[asked]
        if sessions.is_gone(outcome):
            found[asked] = None
        elif isinstance(outcome, CitrixError):
            raise outcome
        else:
            own_id = nested(outcome.body, "Id") or asked
            if guid_of(asked) and guid_of(own_id) != asked:
                raise CitrixError(f"The API gives session {own_id} for {asked}; check api_url, and run again.")
            found.setdefault(own_id, outcome.body)
    return found
