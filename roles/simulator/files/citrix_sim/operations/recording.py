# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that start, stop and report the recording of one session."""

from __future__ import annotations

import time

from ..http.message import JSON_TYPE, Reply, refuse, text_reply
from ..shapes.session import session_text
from ..state.objects import Session
from .call import Call
from .paging import read_flag
from .sessions import find_session

_STATUS = {value: b'{"IsSessionBeingRecorded":%s}' % (b"true" if value else b"false") for value in (True, False)}

_UNKNOWN_KINDS = {400: "invalid", 404: "notFound", 500: "internalServerError"}


def get_status(call: Call) -> Reply:
    """``GET /Sessions/RecordingStatus?id=``; a setting has the status for an unknown session."""
    session_id = call.request.query.get("id", "")
    if not session_id:
        raise refuse(400, "missing", "The query parameter id is required.", name="id")
    session = call.fleet.session(session_id)
    if session is None:
        status = call.state.settings.unknown_session_status
        raise refuse(status, _UNKNOWN_KINDS[status], "No such session.", id=session_id)
    return Reply(200, _STATUS[session.reported(time.time())], JSON_TYPE)


def start(call: Call) -> Reply:
    """``POST /Sessions/{id}/$startRecording``: only an active HDX session can be recorded.

    Notifies the user by default, also if the session is already recorded, so that tests detect a repeated start.
    """
    notify = read_flag(call.request, "notifyUser", True)
    session = find_session(call)
    for name, value, wanted in (("State", session.state, "Active"), ("Protocol", session.protocol, "Hdx")):
        if value != wanted:
            raise refuse(400, "invalid", f"Cannot record: {name} is {value}, not {wanted}.", id=session.id)
    session.starts += 1
    session.notices += notify
    _set(session, True, call.twist.lag)
    return text_reply(session_text(session))


def stop(call: Call) -> Reply:
    """``POST /Sessions/{id}/$stopRecording``: no effect on a session that is not recorded."""
    session = find_session(call)
    session.stops += 1
    _set(session, False, call.twist.lag)
    return text_reply(session_text(session))


def _set(session: Session, recorded: bool, lag: float) -> None:
    """Change the actual state; RecordingStatus reports the previous one for ``lag`` seconds."""
    if session.recorded == recorded:
        return
    now = time.time()
    session.lagging = (now + lag, session.reported(now)) if lag else None
    session.recorded = recorded
