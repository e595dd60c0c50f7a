# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve the control paths: reset, faults, call log, actual state, user actions, shutdown.

Requests to them are not logged. They require the token that the simulator printed when it started. Web pages are
refused even with the token: their requests have an ``Origin``, or a ``Host`` that resolves to a loopback address.
"""

from __future__ import annotations

import json
import time
from typing import Any, Callable, Protocol, TypeVar

from .call_log import CallLog
from .faults.checks import Check, record, text
from .faults.rules import Faults
from .fleet_plan import read_fleet
from .http.addresses import host_name, is_loopback
from .http.message import Reply, Request, json_reply
from .state.access import same
from .state.objects import Session
from .state.settings import Settings, changed
from .state.state import State

PREFIX = "/_control/"

Found = TypeVar("Found")


class Controlled(Protocol):
    """The part of the simulator that control paths read and change."""

    control_token: str
    started_with: Settings
    state: State
    faults: Faults
    calls: CallLog

    def reset(self, settings: Settings) -> None:
        """Replace the state of the simulator."""

    def stop(self) -> None:
        """Stop the process after the response is sent."""


def control(request: Request, target: Controlled) -> Reply:
    """Return the response to a request to a control path."""
    refusal = _refuse(request, target.control_token)
    if refusal is not None:
        return refusal
    known = _OPERATIONS.get(request.path[len(PREFIX) :])
    if known is None:
        return json_reply({"error": f"No such control path; the paths are: {', '.join(_OPERATIONS)}."}, 404)
    method, operation = known
    if request.method != method:
        return json_reply({"error": f"This control path requires {method}."}, 405, (("Allow", method),))
    try:
        return json_reply(operation(request, target))
    except ValueError as problem:
        return json_reply({"error": str(problem)}, 400)


def _refuse(request: Request, token: str) -> Reply | None:
    """Return the refusal of a request without the token or from a web page, else None."""
    headers = request.headers
    if "origin" in headers:
        return json_reply({"error": "Web pages have no access."}, 403)
    if not is_loopback(host_name(headers.get("host", ""))):
        return json_reply({"error": "Host must name the loopback address of the simulator."}, 403)
    scheme, _blank, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not same(given.strip(), token):
        message = "Send the control_token that the simulator printed as: Authorization: Bearer TOKEN."
        return json_reply({"error": message}, 401, (("WWW-Authenticate", "Bearer"),))
    return None


def _body(request: Request, default: Any) -> Any:
    try:
        return json.loads(request.body) if request.body.strip() else default
    except ValueError:
        raise ValueError("The body is not JSON.") from None


def _reset(request: Request, target: Controlled) -> dict[str, Any]:
    settings = changed(target.started_with, _body(request, {}))
    target.reset(settings)
    return settings._asdict()


def _fleet(request: Request, target: Controlled) -> dict[str, Any]:
    """Replace the fleet of the first site; nothing else changes."""
    target.state.set_fleet(read_fleet(_body(request, None), target.state.settings))
    return _state(request, target)


def _faults(request: Request, target: Controlled) -> dict[str, Any]:
    given = _body(request, None)
    target.faults.replace(given)
    return {"rules": len(given)}


def _calls(request: Request, target: Controlled) -> dict[str, Any]:
    since = request.query.get("since", "0")
    if not (since.isascii() and since.isdigit()):
        raise ValueError("since must be a number.")
    answers, items = _flag(request, "answers"), _flag(request, "items")
    return {"next": target.calls.last, "calls": target.calls.since(int(since), answers, items)}


def _flag(request: Request, name: str) -> bool:
    text = request.query.get(name, "false")
    if text not in ("true", "false"):
        raise ValueError(f"{name} must be true or false.")
    return text == "true"


def _state(request: Request, target: Controlled) -> dict[str, Any]:
    fleet, machine, now = target.state.fleet, request.query.get("machine", "").lower(), time.time()
    return {
        "sessions": [
            _session_state(session, fleet.is_live(session), now)
            for session in fleet.sessions
            if machine in ("", session.machine.name.lower())
        ]
    }


def _session_state(session: Session, live: bool, now: float) -> dict[str, Any]:
    """Return the actual state of a session; an ended one is ``Ended`` and reports no status."""
    return {
        "id": session.id,
        "user": session.account,
        "user_principal_name": session.shown("PrincipalName"),
        "anonymous": session.anonymous,
        "machine": session.machine.name,
        "dns_name": session.machine.dns_name,
        "delivery_group": session.machine.group.name,
        "state": session.state if live else "Ended",
        "protocol": session.protocol,
        "applications": [application.name for application in session.applications],
        "recorded": session.recorded,
        "reported": session.reported(now) if live else None,
        "starts": session.starts,
        "stops": session.stops,
        "notices": session.notices,
        "messages": [message._asdict() for message in session.messages],
    }


def _named(request: Request, kind: str, find: Callable[[str], Found | None]) -> Found:
    """Return the object that the body ``{kind: name or id}`` names; ValueError if there is none."""
    check: Check = record({kind: text})
    found = find(check(_body(request, None))[kind])
    if found is None:
        raise ValueError(f"No such {kind}.")
    return found


def _log_on(request: Request, target: Controlled) -> dict[str, Any]:
    fleet = target.state.fleet
    machine = _named(request, "machine", lambda name: fleet.machine(name.replace("\\", "|")))
    return _session_state(fleet.begin(machine), True, time.time())


def _disconnect(request: Request, target: Controlled) -> dict[str, Any]:
    return _connect(request, target, False)


def _reconnect(request: Request, target: Controlled) -> dict[str, Any]:
    return _connect(request, target, True)


def _connect(request: Request, target: Controlled, connected: bool) -> dict[str, Any]:
    fleet = target.state.fleet
    session = _named(request, "session", fleet.session)
    fleet.connect(session, connected)
    return _session_state(session, True, time.time())


def _log_off(request: Request, target: Controlled) -> dict[str, Any]:
    fleet = target.state.fleet
    session = _named(request, "session", fleet.session)
    fleet.end(session)
    return _session_state(session, False, time.time())


def _quota(request: Request, target: Controlled) -> dict[str, Any]:
    return target.state.quota.to_json()


def _shutdown(request: Request, target: Controlled) -> dict[str, Any]:
    target.stop()
    return {}


_OPERATIONS: dict[str, tuple[str, Callable[[Request, Controlled], dict[str, Any]]]] = {
    "reset": ("POST", _reset),
    "fleet": ("POST", _fleet),
    "faults": ("POST", _faults),
    "calls": ("GET", _calls),
    "state": ("GET", _state),
    "log_on": ("POST", _log_on),
    "disconnect": ("POST", _disconnect),
    "reconnect": ("POST", _reconnect),
    "log_off": ("POST", _log_off),
    "quota": ("GET", _quota),
    "shutdown": ("POST", _shutdown),
}
