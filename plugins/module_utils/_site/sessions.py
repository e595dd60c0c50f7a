# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions: their calls, their facts, and their recording state.

https://github.com/citrix/citrix-daas-rest-go/blob/main/citrixorchestration/docs/SessionsAPIsDAAS.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Union

from .._client.api import Api
from .._client.calls import Call, Response, segment
from .._client.dispatch import Calls, send_all
from .._common.errors import ApiError, CitrixError
from .._common.facts import facts_of
from .._common.text import nested

FIELDS = (
    "Id",
    "Uid",
    "ApplicationsInUse",
    "AppState",
    "AppStateLastChangeTime",
    "FormattedAppStateLastChangeTime",
    "Brokering",
    "Client",
    "Connection",
    "ContainerScopes",
    "EstablishmentDurationMilliseconds",
    "EstablishmentTime",
    "FormattedEstablishmentTime",
    "IsAnonymousUser",
    "IsHidden",
    "LogoffInProgress",
    "LogonInProgress",
    "Machine",
    "SessionType",
    "StartTime",
    "FormattedStartTime",
    "State",
    "StateChangeTime",
    "FormattedStateChangeTime",
    "UntrustedUserName",
    "User",
)
"""The documented top-level fields of a session.

https://github.com/citrix/citrix-daas-rest-go/blob/main/citrixorchestration/docs/SessionResponseModel.md
"""

STATES = ("Active", "Connected", "Disconnected", "Unknown")

FACTS_SPEC = {
    "fields": {"type": "list", "elements": "str", "choices": list(FIELDS)},
    "recording": {"type": "bool", "default": False},
}

RECORDING_FIELDS = ("Id", "State", "Connection", "LogoffInProgress", "Machine", "User")
"""The fields that decide about and report the recording of a session."""

AMBIGUOUS_STATUSES = (400, 404, 409, 500)
"""Statuses of a status read that may mean an ended session, which is not documented: the session itself is read."""


class Ended:
    """Instead of a state: the session has ended."""


Recorded = Union[bool, None, Ended, CitrixError]
"""True or false; None if the API does not report it; Ended; or the error of the read."""


def details(session_id: str, fields: tuple[str, ...] = RECORDING_FIELDS) -> Call:
    """Read one session: 404 if there is none."""
    query = {"fields": ",".join(fields)}
    return Call("GET", f"Sessions/{segment(session_id)}", f"read the session {session_id}", query, proof="Id")


def recording_status(session_id: str, final: tuple[int, ...] = ()) -> Call:
    """Read whether a session is recorded: {IsSessionBeingRecorded}. No other call returns it."""
    what = f"read the recording status of session {session_id}"
    return Call("GET", "Sessions/RecordingStatus", what, {"id": session_id}, final=final)


def start_recording(session_id: str, notify_user: bool) -> Call:
    """Request a start. Success means accepted: the response has no recording state."""
    query = {"notifyUser": "true" if notify_user else "false"}
    what = f"start the recording of session {session_id}"
    return Call("POST", f"Sessions/{segment(session_id)}/$startRecording", what, query, write=True)


def stop_recording(session_id: str) -> Call:
    """Request a stop, which does not notify the user."""
    what = f"stop the recording of session {session_id}"
    return Call("POST", f"Sessions/{segment(session_id)}/$stopRecording", what, write=True)


def send_message(session_id: str, title: str, text: str, style: str) -> Call:
    """Show a message box to the user. Success means accepted: whether it was read is unknown."""
    body = {"Style": style, "Title": title, "Text": text}
    what = f"send the message to session {session_id}"
    return Call("POST", f"Sessions/{segment(session_id)}/$sendMessage", what, body=body, write=True, proof="Id")


def read_recorded(api: Api, session_ids: list[str]) -> dict[str, Recorded]:
    """Read the recording state of many sessions: one call each, up to two more after an error."""
    calls = Calls(session_ids, partial(recording_status, final=(500,)))
    states: dict[str, Recorded] = {}
    ambiguous: dict[str, ApiError] = {}
    for session_id, outcome in send_all(api, calls):
        if isinstance(outcome, ApiError) and outcome.status in AMBIGUOUS_STATUSES:
            ambiguous[session_id] = outcome
        else:
            states[session_id] = outcome if isinstance(outcome, CitrixError) else is_recorded(outcome.body)
    states.update(_read_ambiguous(api, ambiguous))
    return states


def ended_of(api: Api, session_ids: Iterable[str]) -> dict[str, Ended]:
    """Return Ended by id for those sessions that do not exist, in one or two reads each."""
    calls = {session_id: details(session_id, ("Id",)) for session_id in session_ids}
    missing = [session_id for session_id, outcome in send_all(api, calls) if is_missing(outcome)]
    return dict.fromkeys(set(missing) - still_recorded(api, missing), Ended())


def still_recorded(api: Api, session_ids: list[str]) -> set[str]:
    """Return the sessions that the API reports as recorded, although it returns no such session."""
    calls = Calls(session_ids, partial(recording_status, final=(500,)))
    outcomes = send_all(api, calls)
    return {each for each, outcome in outcomes if isinstance(outcome, Response) and is_recorded(outcome.body)}


def _read_ambiguous(api: Api, ambiguous: Mapping[str, ApiError]) -> dict[str, Recorded]:
    states: dict[str, Recorded] = dict(ambiguous)
    again: dict[str, Call] = {}
    for session_id, outcome in send_all(api, {session_id: details(session_id, ("Id",)) for session_id in ambiguous}):
        if is_missing(outcome):
            states[session_id] = Ended()
        elif not isinstance(outcome, CitrixError) and ambiguous[session_id].status == 500:
            again[session_id] = recording_status(session_id)
    for session_id, outcome in send_all(api, again):
        states[session_id] = outcome if isinstance(outcome, CitrixError) else is_recorded(outcome.body)
    return states


def read_known(api: Api, session_ids: list[str], warn: Callable[[str], None]) -> dict[str, Recorded]:
    """Read as read_recorded() does, and warn of unreadable states.

    Raises the first error if none could be read.
    """
    states = read_recorded(api, session_ids)
    errors = [state for state in states.values() if isinstance(state, CitrixError)]
    if errors and len(errors) == len(states):
        raise errors[0]
    if errors:
        warn(f"The recording status of {len(errors)} of {len(states)} sessions is unknown. {errors[0]}")
    return states


def is_recorded(status: dict) -> bool | None:
    """Read the response to a status call. Missing, null or no boolean is unknown, never false."""
    value = status.get("IsSessionBeingRecorded")
    return value if isinstance(value, bool) else None


def is_missing(outcome: object) -> bool:
    """Return whether an outcome means that there is no such session."""
    return isinstance(outcome, ApiError) and outcome.status == 404 and outcome.by_api


NOT_RECORDABLE = {
    "logging_off": "their users are logging off",
    "not_active": "only active sessions can be recorded; run again when the users are active",
    "not_hdx": "only HDX sessions can be recorded",
}
"""Why a session cannot be recorded, as text for users.

https://developer-docs.citrix.com/en-us/citrix-virtual-apps-desktops-sdk/2411/broker/start-brokersessionrecording
"""


def not_recordable(session: dict) -> str | None:
    """Return why the API would refuse a recording, or None; unknown data is no reason."""
    if session.get("LogoffInProgress") is True:
        return "logging_off"
    if (nested(session, "State") or "").lower() in ("connected", "disconnected"):
        return "not_active"
    if (nested(session, "Connection", "Protocol") or "").lower() in ("rdp", "console"):
        return "not_hdx"
    return None


def facts(
    api: Api, sessions: Iterable[dict], fields: tuple[str, ...], recording: bool, warn: Callable[[str], None]
) -> list[dict]:
    """Return sessions as facts; with recording, each with "recorded": true, false, or null.

    Null means unknown. Warns of unreadable states; raises the first error if none could be read.
    """
    results, ids = [], []
    # One at a time: thousands of complete sessions would use too much memory.
    for session in sessions:
        results.append(facts_of(session, fields))
        ids.append(nested(session, "Id") or "")
    if recording and results:
        states = read_known(api, [session_id for session_id in ids if session_id], warn)
        for result, session_id in zip(results, ids):
            state = states.get(session_id)
            result["recorded"] = state if isinstance(state, bool) else None
    return results


def requested_fields(names: list[str] | None) -> tuple[str, ...]:
    """Return the requested fields of a task, Id first; none for all."""
    return tuple(dict.fromkeys(["Id", *names])) if names else ()
