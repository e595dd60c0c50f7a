# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the JSON of a session field by field, so that requests with ``fields=`` cost less."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable

from ..http.message import encode
from ..state.objects import Machine, Ref, Session
from .common import NO_ID, Fields, Template, both_times, scopes
from .machine import machine_in_session_json
from .user import user_text

_SCOPES = encode(scopes("MachineCatalog", "DeliveryGroup"))

# Seconds of brokering, start and establishment after the start of the session.
_BROKERED, _STARTED, _ESTABLISHED = 0, 30, 31


def _text(seconds: int) -> Callable[[Session], str]:
    return lambda session: encode(both_times(session.index + seconds)[0])


def _formatted(seconds: int) -> Callable[[Session], str]:
    return lambda session: encode(both_times(session.index + seconds)[1])


_BROKERING = Template(
    {
        "AutonomouslyBrokered": False,
        "DurationMilliseconds": 249,
        "Time": None,
        "FormattedTime": None,
        "UserName": None,
        "UserSid": None,
    },
    "Time",
    "FormattedTime",
    "UserName",
    "UserSid",
)


def _brokering(session: Session) -> str:
    text, formatted = both_times(session.index + _BROKERED)
    return _BROKERING.fill(
        {
            "Time": text,
            "FormattedTime": formatted,
            "UserName": session.shown("Name") or None,
            "UserSid": session.shown("Sid") or None,
        }
    )


_CLIENT = Template(
    {
        "DeviceId": None,
        "HardwareId": None,
        "IPAddress": None,
        "Name": None,
        "Platform": "Windows",
        "ProductId": 1,
        "ReceiverIPAddress": None,
        "ReceiverName": None,
        "Version": "24.2.0.187",
    },
    "DeviceId",
    "HardwareId",
    "IPAddress",
    "Name",
    "ReceiverIPAddress",
    "ReceiverName",
)


def _client(session: Session) -> str:
    device = f"WR_{session.index + 1:08d}"
    return _CLIENT.fill(
        {
            "DeviceId": device,
            "HardwareId": f"{session.index + 1:08X}",
            "IPAddress": f"198.51.100.{session.index % 254 + 1}",
            "Name": f"client{session.index + 1:03d}",
            "ReceiverIPAddress": f"203.0.113.{session.index % 254 + 1}",
            "ReceiverName": device,
        }
    )


@lru_cache(maxsize=16)
def _applications_text(applications: tuple[Ref, ...]) -> str:
    """Return names with folders; the published sample has no id here."""
    return encode([{"Id": NO_ID, "Uid": None, "Name": application.name} for application in applications])


@lru_cache(maxsize=8)
def _connection_text(protocol: str) -> str:
    connection: dict[str, Any] = {
        "ConnectedViaHostName": None,
        "ConnectedViaIP": "192.0.2.254",
        "ConnectionMode": "Brokered",
        "LaunchedViaHostName": "",
        "LaunchedViaIP": None,
        "Protocol": protocol,
        "SecureIcaActive": False,
        "SmartAccessTags": [],
    }
    return encode(connection)


@lru_cache(maxsize=64)
def _machine_text(machine: Machine) -> str:
    """Return the machine of a session, cached for the next session on the same machine."""
    return encode(machine_in_session_json(machine))


# Names and order of the published session sample, and the JSON text of each value.
_FIELDS: dict[str, Callable[[Session], str]] = {
    "Id": lambda session: encode(session.id),
    "Uid": lambda session: str(session.uid),
    "ApplicationsInUse": lambda session: _applications_text(session.applications),
    "AppState": lambda session: '"Active"' if session.applications else '"Desktop"',
    "AppStateLastChangeTime": _text(_ESTABLISHED),
    "FormattedAppStateLastChangeTime": _formatted(_ESTABLISHED),
    "Brokering": _brokering,
    "Client": _client,
    "Connection": lambda session: _connection_text(session.protocol),
    "ContainerScopes": lambda session: _SCOPES,
    "EstablishmentDurationMilliseconds": lambda session: str(1000 * (_ESTABLISHED - _BROKERED)),
    "EstablishmentTime": _text(_ESTABLISHED),
    "FormattedEstablishmentTime": _formatted(_ESTABLISHED),
    "IsAnonymousUser": lambda session: "true" if session.anonymous else "false",
    "IsHidden": lambda session: "false",
    "LogoffInProgress": lambda session: "false",
    "LogonInProgress": lambda session: "false",
    "Machine": lambda session: _machine_text(session.machine),
    "SessionType": lambda session: '"Application"' if session.applications else '"Desktop"',
    "StartTime": _text(_STARTED),
    "FormattedStartTime": _formatted(_STARTED),
    "State": lambda session: encode(session.state),
    "StateChangeTime": _text(_ESTABLISHED),
    "FormattedStateChangeTime": _formatted(_ESTABLISHED),
    # As reported by the machine, with other upper and lower case than in the directory.
    "UntrustedUserName": lambda session: encode(session.shown("Name").lower() or None),
    "User": user_text,
}


@lru_cache(maxsize=64)
def _chosen(fields: Fields) -> list[tuple[str, Callable[[Session], str]]]:
    """Return the beginning of each requested member, and the function for its value."""
    return [(f'"{name}":', text) for name, text in _FIELDS.items() if fields is None or name.lower() in fields]


def session_text(session: Session, fields: Fields = None) -> str:
    """Return a session as JSON text, or only the requested fields; no field shows a recording."""
    return f"{{{','.join([begin + text(session) for begin, text in _chosen(fields)])}}}"
