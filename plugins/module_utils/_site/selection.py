# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is meant: the sessions that a task's selectors pick less its exclusions, and the cap on how many they may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .._client.api import Api
from .._client.dispatch import send_all
from .._common.errors import CitrixError, OptionError
from .._common.options import check_names
from .._common.text import nested
from . import machines, selectors, sessions, users
from .selectors import SELECTORS, Query

ARGUMENT_SPEC = {
    "session_id": {"type": "list", "elements": "str"},
    **selectors.ARGUMENT_SPEC,
    "all_sessions": {"type": "bool", "default": False},
    "exclude_user": {"type": "list", "elements": "str"},
    "exclude_machine": {"type": "list", "elements": "str"},
    "max_sessions": {"type": "int", "default": 1000},
}
NAMED = ("session_id", "user")
"""Selectors by which a task names what it wants: a gap there is a failure unless the task says otherwise."""


class Target(NamedTuple):
    """One selected session, and what is still needed of it: whole sessions by the thousand would fill the memory."""

    id: str
    """As in the task or the list; "" where the API gives none."""
    user: str | None = None
    machine: str | None = None
    delivery_group: str | None = None
    session_state: str | None = None
    not_recordable: str | None = None
    """Why it cannot be recorded, a key of sessions.NOT_RECORDABLE."""
    gone: bool = False
    """Whether there is no such session."""

    @classmethod
    def from_session(cls, session_id: str, session: dict | None) -> Target:
        """Take what is needed out of a session; None stands for one that is no more."""
        if session is None:
            return cls(session_id, gone=True)
        return cls(
            session_id,
            users.user_of(session),
            nested(session, "Machine", "Name"),
            nested(session, "Machine", "DeliveryGroup", "Name"),
            nested(session, "State"),
            sessions.not_recordable(session),
        )


class Selection(NamedTuple):
    """The selected sessions, each once, in the order in which they were named and found."""

    targets: list[Target]
    absent: list[str]
    """Users that were named and have no session, as the task writes them."""
    unused: list[str]
    """Users to be excluded of whom no session was selected."""


def select(api: Api, params: dict) -> Selection:
    """Return what the selectors pick.

    Raises OptionError where no selector or contradicting ones are given, something named does not exist, a short user
    name means several people, or more than max_sessions are left after the exclusions: all before any write.
    """
    check_selectors(params)
    choice = Choice(api, params)
    for session_id, session in _found(api, params):
        choice.takes(session_id, session)
    return choice.selection()


class Choice:
    """The sessions that are selected, one after the other: without the exclusions, and no more than allowed.

    Raises OptionError for a machine to be excluded that does not exist: it may be a slip.
    """

    def __init__(self, api: Api, params: dict) -> None:
        self._people, self._unwanted = (users.fold(params[name] or ()) for name in ("user", "exclude_user"))
        avoided = machines.find(api, "exclude_machine", params["exclude_machine"] or []).values()
        self._avoided = set().union(*map(machines.names_of, avoided))
        self._most = params["max_sessions"]
        self._targets: list[Target] = []
        self._excluded: list[dict] = []
        self._present: set[str] = set()

    def takes(self, session_id: str, session: dict | None) -> Target | None:
        """Return the target that a session which the selectors pick becomes; None where it is excluded."""
        known = session or {}
        self._present.update(users.named(self._people, known))
        if users.named(self._unwanted, known):
            self._excluded.append(known)
            return None
        if self._avoided and not self._avoided.isdisjoint(machines.names_of(known.get("Machine"))):
            return None
        target = Target.from_session(session_id, session)
        self._targets.append(target)
        return target

    def selection(self) -> Selection:
        """Return what was taken; raises OptionError for more than max_sessions, or a name of several people."""
        users.check_short_names("exclude_user", self._unwanted.values(), self._excluded)
        count = len(self._targets)
        if count > self._most:
            raise OptionError(
                "max_sessions",
                f"{count} sessions are selected and {self._most} are allowed; nothing was changed. "
                f"Select fewer, or set max_sessions to {count} or more to select all of them",
            )
        used = {user for session in self._excluded for user in users.named(self._unwanted, session)}
        return Selection(
            self._targets,
            absent=[user for user in self._people.values() if user not in self._present],
            unused=[user for user in self._unwanted.values() if user not in used],
        )


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
    # An empty list of exclusions is what a template gives that excludes nobody; an empty selector is a slip.
    for name in (*given, *(name for name in ("exclude_user", "exclude_machine") if params[name])):
        check_names(name, params[name])


def _found(api: Api, params: dict) -> Iterator[tuple[str, dict | None]]:
    """Yield the id of each session that the selectors pick, and the session; None for a named one that is no more."""
    if params["session_id"]:
        yield from _by_id(api, params["session_id"])
    else:
        for session in selectors.find_sessions(api, Query.from_params(params), sessions.RECORDING_FIELDS):
            yield nested(session, "Id") or "", session


def _by_id(api: Api, session_ids: list[str]) -> list[tuple[str, dict | None]]:
    # Ids are GUIDs: the same one in capitals is the same session.
    ids: dict[str, str] = {}
    for session_id in session_ids:
        ids.setdefault(session_id.lower(), session_id)
    calls = {session_id: sessions.details(session_id) for session_id in ids.values()}
    found: dict[str, dict | None] = {}
    for session_id, outcome in send_all(api, calls):
        if isinstance(outcome, CitrixError) and not sessions.is_gone(outcome):
            raise outcome
        found[session_id] = None if isinstance(outcome, CitrixError) else outcome.body
    return [(session_id, found[session_id]) for session_id in calls]
