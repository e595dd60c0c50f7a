# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check credentials, tokens, and the headers that all operations require."""

from __future__ import annotations

import hmac
import re
import secrets
import time
from typing import Any, NamedTuple

from ..http.message import RefusedError, Reply, Request, error_body, json_reply, refuse

CLOUD_CUSTOMER = "simulated"
ON_PREMISES_CUSTOMER = "CitrixOnPremises"
ADMINISTRATOR = "LAB\\administrator"

REFUSAL_SHAPES = ("error_response", "dict_parameters", "cws_exception")

# CWSAuth is documented; Citrix's own client sends Bearer in the items of a batch, which use the same check.
_AUTHORIZATION = re.compile(r"(?:cwsauth\s+bearer=|bearer\s+)(\S+)", re.IGNORECASE)
_REFUSAL = "The token is missing, unknown or no longer valid."


class Credentials(NamedTuple):
    """Credentials that the sign-ins accept: one pair for the cloud and one for on premises."""

    client_id: str
    client_secret: str
    username: str
    password: str

    @classmethod
    def random(cls) -> Credentials:
        """Create credentials, with characters that a client may forget to encode."""
        return cls(
            client_id=secrets.token_hex(16),
            client_secret=f"{secrets.token_urlsafe(32)}+/%&==",
            username=ADMINISTRATOR,
            password=f"{secrets.token_urlsafe(24)}:\u00fc%",
        )

    def is_client(self, client_id: str, client_secret: str) -> bool:
        """Return whether this is the cloud API client."""
        return same(client_id, self.client_id) and same(client_secret, self.client_secret)

    def is_administrator(self, username: str, password: str) -> bool:
        """Return whether this is the on-premises administrator; only the password is case-sensitive."""
        return same(username.lower(), self.username.lower()) and same(password, self.password)


def same(given: str, wanted: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode(), wanted.encode())


class Grant(NamedTuple):
    """An issued token: its customer, and its end in Unix time."""

    token: str
    customer: str
    ends: float


class Tokens:
    """Tokens issued since the last reset."""

    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}
        self._revoked: dict[str, str] = {}

    def issue(self, customer: str, lifetime: float) -> Grant:
        """Return a new token for that customer, valid for that number of seconds."""
        grant = Grant(secrets.token_urlsafe(32), customer, time.time() + lifetime)
        self._grants[grant.token] = grant
        return grant

    def revoke_all(self, shape: str) -> None:
        """Revoke all tokens issued so far; they are refused in the given one of REFUSAL_SHAPES."""
        self._revoked.update(dict.fromkeys(self._grants, shape))
        self._grants.clear()

    def grant(self, request: Request) -> Grant:
        """Return the grant of a request's Authorization header; 401 if it is missing or invalid."""
        match = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        token = match.group(1) if match else ""
        grant = self._grants.get(token)
        if grant is None or time.time() >= grant.ends:
            raise RefusedError(unauthorized(self._revoked.get(token, "error_response")))
        return grant


def unauthorized(shape: str) -> Reply:
    """Return a 401 in one of the three published shapes."""
    body: dict[str, Any]
    if shape == "cws_exception":
        body = {"Error": {"Type": "CWSAuthException", "Message": _REFUSAL}}
    elif shape == "dict_parameters":
        body = error_body("authentication", _REFUSAL, {"reason": "invalid"})
    else:
        body = error_body("authentication", _REFUSAL, [{"name": "reason", "value": "invalid"}])
    return json_reply(body, 401)


def check_accept(request: Request, required: bool = True) -> None:
    """Require Accept application/json; a sign-in may omit it."""
    accept = request.headers.get("accept", "").strip().lower()
    if accept != "application/json" and (accept or required):
        raise refuse(406, "notAcceptable", "Accept must be application/json.")


def check_body_type(request: Request) -> None:
    """Require a body of application/json, with or without parameters such as a charset."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and media_type != "application/json":
        raise refuse(415, "unsupportedMediaType", "Content-Type must be application/json.")


def check_customer(request: Request, grant: Grant, in_path: str | None, activity: str) -> None:
    """Require the customer of the token in the header, and in the path on the direct base.

    Without the header, the published services fail with a 500 in the shape of the gateway.
    """
    named = request.headers.get("citrix-customerid", "")
    if not named:
        body = {"statusCode": 500, "message": "Internal server error", "activityId": activity}
        raise RefusedError(json_reply(body, 500))
    if named != grant.customer or in_path not in (None, grant.customer):
        raise refuse(403, "authorization", "The token is not valid for this customer.", customerId=in_path or named)
