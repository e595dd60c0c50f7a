# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is meant: the sessions that a task's selectors pick, and the cap on how many they may be."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.sessionops.citrix.plugins.module_utils import _machines, _sessions
from ansible_collections.sessionops.citrix.plugins.module_utils._api import Api
from ansible_collections.sessionops.citrix.plugins.module_utils._calls import send_all
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import CitrixError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._options import check_names
from ansible_collections.sessionops.citrix.plugins.module_utils._text import nested

ARGUMENT_SPEC = {
    "session_id": {"type": "list", "elements": "str"},
    "machine": {"type": "list", "elements": "str"},
    "max_sessions": {"type": "int", "default": 1000},
}
EXCLUSIVE = [("session_id", "machine")]
NAMED = ("session_id",)
"""Selectors by which a task names what it wants: a gap there is a failure unless the task says otherwise."""


class Target(NamedTuple):
    """One selected session: its id ("" where the API gives none), and the session; None where it is no more."""

    id: str
    session: dict | None


def select(api: Api, params: dict) -> list[Target]:
    """Return the selected sessions, each once, in the order in which they were named and found.

    Raises OptionError where nothing is selected by any selector, a machine does not exist, or more than max_sessions
    are found: before any write.
    """
    if params["max_sessions"] < 1:
        raise OptionError("max_sessions", f"must be 1 or more, not {params['max_sessions']}")
    if params["session_id"]:
        targets = _by_id(api, params["session_id"])
    elif params["machine"]:
        targets = _on_machines(api, params["machine"])
    else:
        raise OptionError("session_id, machine", "one of them must name at least one session or machine")
    if len(targets) > params["max_sessions"]:
        raise OptionError(
            "max_sessions",
            f"{len(targets)} sessions are selected and {params['max_sessions']} are allowed; nothing was changed. "
            f"Select fewer, or set max_sessions to {len(targets)} or more if all of them are meant",
        )
    return targets


def _by_id(api: Api, session_ids: list[str]) -> list[Target]:
    check_names("session_id", session_ids)
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


def _on_machines(api: Api, machines: list[str]) -> list[Target]:
    listed = _machines.list_sessions(api, machines, _sessions.RECORDING_FIELDS)
    return [Target(nested(session, "Id") or "", session) for session in _sessions.unique(listed.values())]
