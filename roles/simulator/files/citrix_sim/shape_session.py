# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON of a session, field by field: a thin reply (``fields=``) costs only what it holds."""

from __future__ import annotations

from typing import Any, Callable

from .fleet import ANONYMOUS, Session
from .shape_common import Fields, both_times, ref, scopes
from .shape_machine import machine_in_session_json
from .shape_user import user_json

_SCOPES = scopes("MachineCatalog", "DeliveryGroup")

# Seconds of brokering, start and establishment after the session's own zero.
_BROKERED, _STARTED, _ESTABLISHED = 0, 30, 31


def _text(seconds: int) -> Callable[[Session], str]:
    return lambda session: both_times(session.index + seconds)[0]


def _formatted(seconds: int) -> Callable[[Session], str]:
    return lambda session: both_times(session.index + seconds)[1]


def _brokering(session: Session) -> dict[str, Any]:
    anonymous = session.kind == ANONYMOUS
    text, formatted = both_times(session.index + _BROKERED)
    return {
        "AutonomouslyBrokered": False,
        "DurationMilliseconds": 249,
        "Time": text,
        "FormattedTime": formatted,
        "UserName": None if anonymous else session.account,
        "UserSid": None if anonymous else session.sid,
    }


def _client(session: Session) -> dict[str, Any]:
    return {
        "DeviceId": f"WR_{session.index + 1:08d}",
        "HardwareId": f"{session.index + 1:08X}",
        "IPAddress": f"198.51.100.{session.index % 254 + 1}",
        "Name": f"client{session.index + 1:03d}",
        "Platform": "Windows",
        "ProductId": 1,
        "ReceiverIPAddress": f"203.0.113.{session.index % 254 + 1}",
        "ReceiverName": f"WR_{session.index + 1:08d}",
        "Version": "24.2.0.187",
    }


def _connection(session: Session) -> dict[str, Any]:
    return {
        "ConnectedViaHostName": None,
        "ConnectedViaIP": "192.0.2.254",
        "ConnectionMode": "Brokered",
        "LaunchedViaHostName": "",
        "LaunchedViaIP": None,
        "Protocol": session.protocol,
        "SecureIcaActive": False,
        "SmartAccessTags": [],
    }


# Names and order of the published session sample.
_FIELDS: dict[str, Callable[[Session], Any]] = {
    "Id": lambda session: session.id,
    "Uid": lambda session: session.index + 1,
    "ApplicationsInUse": lambda session: [ref(application) for application in session.applications],
    "AppState": lambda session: "Active" if session.applications else "Desktop",
    "AppStateLastChangeTime": _text(_ESTABLISHED),
    "FormattedAppStateLastChangeTime": _formatted(_ESTABLISHED),
    "Brokering": _brokering,
    "Client": _client,
    "Connection": _connection,
    "ContainerScopes": lambda session: _SCOPES,
    "EstablishmentDurationMilliseconds": lambda session: 1000 * (_ESTABLISHED - _BROKERED),
    "EstablishmentTime": _text(_ESTABLISHED),
    "FormattedEstablishmentTime": _formatted(_ESTABLISHED),
    "IsAnonymousUser": lambda session: session.kind == ANONYMOUS,
    "IsHidden": lambda session: False,
    "LogoffInProgress": lambda session: False,
    "LogonInProgress": lambda session: False,
    "Machine": lambda session: machine_in_session_json(session.machine),
    "SessionType": lambda session: "Application" if session.applications else "Desktop",
    "StartTime": _text(_STARTED),
    "FormattedStartTime": _formatted(_STARTED),
    "State": lambda session: session.state,
    "StateChangeTime": _text(_ESTABLISHED),
    "FormattedStateChangeTime": _formatted(_ESTABLISHED),
    # As the machine reported it, in another case than the directory's own spelling.
    "UntrustedUserName": lambda session: session.account.lower(),
    "User": user_json,
}


def session_json(session: Session, fields: Fields = None) -> dict[str, Any]:
    """A session, whole or with the wanted top-level fields only. Nothing in it tells of a recording."""
    return {name: value(session) for name, value in _FIELDS.items() if fields is None or name in fields}
