# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is meant: the sessions that a task's selectors pick less its exclusions, and the cap on how many they may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ansible_collections.sessionops.citrix.plugins.module_utils import _machines, _query, _sessions, _users
from ansible_collections.sessionops.citrix.plugins.module_utils._api import Api
from ansible_collections.sessionops.citrix.plugins.module_utils._calls import send_all
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import CitrixError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._options import check_names
from ansible_collections.sessionops.citrix.plugins.module_utils._query import SELECTORS, Query
from ansible_collections.sessionops.citrix.plugins.module_utils._text import nested

ARGUMENT_SPEC = {
    "session_id": {"type": "list", "elements": "str"},
    **_query.ARGUMENT_SPEC,
    "all_sessions": {"type": "bool", "default": False},
    "exclude_user": {"type": "list", "elements": "str"},
    "exclude_machine": {"type": "list", "elements": "str"},
    "max_sessions": {"type": "int", "default": 1000},
}
NAMED = ("session_id", "user")
"""Selectors by which a task names what it wants: a gap there is a failure unless the task says otherwise."""


class Target(NamedTuple):
    """One selected session: its id ("" where the API gives none), and the session; None where it is no more."""

    id: str
    session: dict | None


@dataclass(frozen=True)
class Selection:
    """The selected sessions, each once, in the order in which they were named and found."""

    targets: list[Target]
    absent: list[str] = field(default_factory=list)
    """Users that were named and have no session, as the task writes them."""
    unused: list[str] = field(default_factory=list)
    """Users to be excluded of whom no session was selected."""


def select(api: Api, params: dict) -> Selection:
    """Return what the selectors pick.

    Raises OptionError where no selector or contradicting ones are given, something named does not exist, a short user
    name means several people, or more than max_sessions are left after the exclusions: all before any write.
    """
    _check(params)
    if params["session_id"]:
        targets = _by_id(api, params["session_id"])
    else:
        found = _query.find_sessions(api, Query.of(params), _sessions.RECORDING_FIELDS)
        targets = [Target(nested(session, "Id") or "", session) for session in found]
    people = _users.fold(params["user"] or ())
    absent = _missing(people, targets)
    excluded = _users.fold(params["exclude_user"] or ())
    unused = _missing(excluded, targets)
    targets = _without_excluded(api, excluded, params["exclude_machine"] or [], targets)
    if len(targets) > params["max_sessions"]:
        raise OptionError(
            "max_sessions",
            f"{len(targets)} sessions are selected and {params['max_sessions']} are allowed; nothing was changed. "
            f"Select fewer, or set max_sessions to {len(targets)} or more if all of them are meant",
        )
    return Selection(targets, absent, unused)


def _check(params: dict) -> None:
    given = [name for name in ("session_id", *SELECTORS) if params[name] is not None]
    if params["max_sessions"] < 1:
        raise OptionError("max_sessions", f"must be 1 or more, not {params['max_sessions']}")
    if not given and not params["all_sessions"]:
        raise OptionError(
            ", ".join(("session_id", *SELECTORS)), "none is given; name who is meant, or set all_sessions to true"
        )
    if given and params["all_sessions"]:
        raise OptionError("all_sessions", f"means every session of the site; leave it out, or {' and '.join(given)}")
    if "session_id" in given and len(given) > 1:
        raise OptionError("session_id", f"stands alone; leave it out, or {' and '.join(given[1:])}")
    # An empty list of exclusions is what a template gives that excludes nobody; an empty selector is a slip.
    for name in (*given, *(name for name in ("exclude_user", "exclude_machine") if params[name])):
        check_names(name, params[name])


def _by_id(api: Api, session_ids: list[str]) -> list[Target]:
    # Ids are GUIDs: the same one in capitals is the same session.
    ids: dict[str, str] = {}
    for session_id in session_ids:
        ids.setdefault(session_id.lower(), session_id)
    calls = {session_id: _sessions.details(session_id) for session_id in ids.values()}
    found: dict[str, dict | None] = {}
    for session_id, outcome in send_all(api, calls):
        if isinstance(outcome, CitrixError) and not _sessions.is_gone(outcome):
            raise outcome
        found[session_id] = None if isinstance(outcome, CitrixError) else outcome.body
    return [Target(session_id, found[session_id]) for session_id in calls]


def _missing(people: dict[str, str], targets: list[Target]) -> list[str]:
    """Return those of the people, as from _users.fold(), who have none of the sessions."""
    present = {user for target in targets if people for user in _users.named(people, target.session or {})}
    return [user for user in people.values() if user not in present]


def _without_excluded(api: Api, people: dict[str, str], machines: list[str], targets: list[Target]) -> list[Target]:
    """Leave out the excluded users and machines. A machine that does not exist is refused: it may be a slip."""
    sessions = [target.session or {} for target in targets]
    _users.check_short_names("exclude_user", people.values(), sessions)
    names = set().union(*map(_machines.names_of, _machines.find(api, "exclude_machine", machines).values()))
    return [
        target
        for target, session in zip(targets, sessions)
        if not _users.named(people, session) and names.isdisjoint(_machines.names_of(session.get("Machine")))
    ]
