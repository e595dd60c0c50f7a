# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Select sessions: selectors, exclusions, and the maximum number of sessions."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from .._client.api import Api
from .._client.dispatch import send_all
from .._common.errors import CitrixError, OptionError
from .._common.names import NAME_LIST, guid_of, id_key, read_names
from .._common.text import nested
from . import selectors, sessions
from .machine_names import MachineIndex
from .machines import find
from .refs import SessionRef
from .selectors import SELECTORS, Query
from .user_matcher import UserMatcher
from .users import People

ARGUMENT_SPEC = {
    "session_id": NAME_LIST,
    **selectors.ARGUMENT_SPEC,
    "all_sessions": {"type": "bool", "default": False},
    "exclude_user": NAME_LIST,
    "exclude_machine": NAME_LIST,
    "max_sessions": {"type": "int", "default": 1000},
}
FIELDS = (*sessions.RECORDING_FIELDS, "IsAnonymousUser")
"""Fields of a session that its selection and recording require."""
NAMED = ("session_id", "user")
"""Selectors that name objects: a gap there is a failure by default."""
EXCLUSIONS = ("exclude_user", "exclude_machine")


class Target(NamedTuple):
    """One selected session, with the data for decisions about its recording."""

    session: SessionRef
    not_recordable: str | None = None
    """Why it cannot be recorded, a key of sessions.NOT_RECORDABLE."""
    anonymous: bool = False
    """Whether the API reports that there is no user to name."""
    ended: bool = False
    """Whether there is no such session."""
    unidentified: bool = False
    """Whether the task may name or exclude it, under data that the API does not return, or in another form."""
    denied: str | None = None
    """Why the guard excludes it; None if it does not."""

    @classmethod
    def from_session(cls, session_id: str, session: dict | None) -> Target:
        """Read the required data of a session; None represents one that has ended."""
        if session is None:
            return cls(SessionRef(session_id), ended=True)
        anonymous = session.get("IsAnonymousUser") is True
        return cls(SessionRef.from_session(session_id, session), sessions.not_recordable(session), anonymous)

    def judged(self, named: bool) -> Target:
        """Return the target if its user decides about it. named: whether the user is certain."""
        return self if named or self.anonymous or self.ended else self._replace(unidentified=True)


class Selection(NamedTuple):
    """The selected sessions, each once, in the order of the option or of the API."""

    targets: list[Target]
    absent: list[str]
    """Named users without a session, as written in the task."""
    unused: dict[str, list[str]]
    """By option, the excluded users and machines without a selected session."""
    unidentified_warnings: Sequence[str] = ()
    """Warnings about sessions that may match: the API does not return their users."""


def select(api: Api, params: dict) -> Selection:
    """Return the selected sessions.

    Raises OptionError for missing or contradictory selectors, missing objects, ambiguous user names, and more than
    max_sessions after the exclusions: all before any write.
    """
    check_selectors(params)
    people = People()
    query = Query.from_params(params)
    named = UserMatcher("user", query.user, people)
    exclusions = Exclusions(api, params, people)
    judge = api.guard.judge(api, people)
    by_user = bool(params["exclude_user"] or judge)
    # Columns take less memory than a tuple for each session.
    offered: list[Target] = []
    on_excluded: list[bool | None] = []
    persons = array("I")
    # Exclusions of users are decided after the last session: any session may join two names.
    for session_id, session in _found(api, params, query, named):
        known = session or {}
        on_excluded.append(exclusions.of_machine(known))
        target = Target.from_session(session_id, session)
        if session and not query.is_shown_by(session):
            target = target._replace(unidentified=True)
        offered.append(judge.of_place(target, known))
        persons.append(people.add(known) if by_user else 0)
    targets = [
        judge.of_user(exclusions.judged(target, person, there), person)
        for target, person, there in zip(offered, persons, on_excluded)
        if not (exclusions.of_user(person) or there)
    ]
    exclusions.check(len(targets))
    return Selection(
        targets, absent=named.absent, unused=exclusions.unused, unidentified_warnings=named.unidentified_warnings
    )


class Exclusions:
    """The exclusions of a task or rule, and its maximum number of sessions.

    Raises OptionError for a missing machine, which often means a typo.
    """

    def __init__(
        self, api: Api, params: dict, people: People, machines: Mapping[str, list[dict]] | None = None
    ) -> None:
        """people: of the run; users are excluded only after all sessions were added to it.

        machines: known ones by name, see find().
        """
        users, names = (excluded(params, option) for option in EXCLUSIONS)
        self._users = UserMatcher("exclude_user", users, people)
        self._machines = MachineIndex(find(api, "exclude_machine", names, known=machines))
        self._unused_machines = dict.fromkeys(names)
        self._most = params["max_sessions"]

    def of_machine(self, session: dict) -> bool | None:
        """Return whether a session runs on an excluded machine; None if the API does not show that."""
        if not self._machines:
            return False
        machine = session.get("Machine")
        names = self._machines.names(machine)
        for name in names:
            self._unused_machines.pop(name, None)
        return bool(names) or (None if self._machines.may_match(machine) else False)

    def of_user(self, person: int) -> bool:
        """Return whether a person is excluded."""
        return self._users.matches(person)

    def judged(self, target: Target, person: int, on_excluded: bool | None) -> Target:
        """Return the target of a session that is not excluded by a known user or machine."""
        if on_excluded is None and not target.ended:
            return target._replace(unidentified=True)
        return target.judged(named=False) if self._users.may_match(person) else target

    def check(self, count: int) -> None:
        """Raise OptionError for ambiguous excluded names, and for more than max_sessions."""
        self._users.check()
        if count > self._most:
            raise OptionError(
                "max_sessions",
                f"{count} sessions are selected and {self._most} are allowed; nothing was changed. "
                f"Select fewer, or set max_sessions to {count} or more to select all of them",
            )

    @property
    def unused(self) -> dict[str, list[str]]:
        """Return by option the names without any session."""
        unused = dict(zip(EXCLUSIONS, (self._users.absent, list(self._unused_machines))))
        return {option: names for option, names in unused.items() if names}


def check_selectors(params: dict) -> None:
    """Reject missing, empty or contradictory selectors; raises OptionError before any request."""
    names = [name for name in ("session_id", *SELECTORS) if name in params]
    given = [name for name in names if params[name] is not None]
    if params["max_sessions"] < 1:
        raise OptionError("max_sessions", f"must be 1 or more, not {params['max_sessions']}")
    if not given and not params["all_sessions"]:
        raise OptionError(", ".join(names), "no selector is set; set at least one, or set all_sessions to true")
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
    # A template that excludes no user results in an empty list; an empty selector is a mistake.
    return () if params[option] in (None, []) else read_names(option, params[option])


def _found(api: Api, params: dict, query: Query, named: UserMatcher) -> Iterator[tuple[str, dict | None]]:
    """Yield the id of each selected session, and the session; None for an ended named one."""
    if params["session_id"] is not None:
        yield from _by_id(api, read_names("session_id", params["session_id"])).items()
    else:
        for session in selectors.find_sessions(api, query, FIELDS, named=named):
            yield nested(session, "Id") or "", session


def _by_id(api: Api, ids: Sequence[str]) -> dict[str, dict | None]:
    """Return the named sessions in order, each once, with the id in the API."""
    calls = {session_id: sessions.details(session_id, FIELDS) for session_id in ids}
    outcomes = dict(send_all(api, calls))
    # Such a session exists, possibly outside the scope of the account.
    hidden = sessions.still_recorded(api, [each for each in calls if sessions.is_missing(outcomes[each])])
    found: dict[str, dict | None] = {}
    own_ids: dict[str, str] = {}
    for requested in calls:
        outcome = outcomes[requested]
        if sessions.is_missing(outcome):
            found[requested] = {} if requested in hidden else None
        elif isinstance(outcome, CitrixError):
            raise outcome
        else:
            own_id = nested(outcome.body, "Id") or requested
            if guid_of(requested) and guid_of(own_id) != requested:
                raise CitrixError(f"The API returned session {own_id} for {requested}; check api_url, and run again.")
            found.setdefault(own_ids.setdefault(id_key(own_id), own_id), outcome.body)
    return found
