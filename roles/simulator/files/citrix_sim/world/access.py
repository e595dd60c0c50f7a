# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may call: credentials, tokens, and the header rules that all operations share."""

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

# CWSAuth is documented; Citrix's own client sends Bearer in the items of a batch, which take the same way.
_AUTHORIZATION = re.compile(r"(?:cwsauth\s+bearer=|bearer\s+)(\S+)", re.IGNORECASE)
_REFUSAL = "The token is missing, unknown or no longer valid."


class Credentials(NamedTuple):
    """What the sign-ins take: a pair for the cloud and one for on-premises."""

    client_id: str
    client_secret: str
    username: str
    password: str

    @classmethod
    def random(cls) -> Credentials:
        """New ones for each start, with characters that a careless client forgets to encode."""
        return cls(
            client_id=secrets.token_hex(16),
            client_secret=f"{secrets.token_urlsafe(32)}+/%&==",
            username=ADMINISTRATOR,
            password=f"{secrets.token_urlsafe(24)}:\u00fc%",
        )

    def is_client(self, client_id: str, client_secret: str) -> bool:
        """Whether this is the cloud API client."""
        return same(client_id, self.client_id) and same(client_secret, self.client_secret)

    def is_administrator(self, username: str, password: str) -> bool:
        """Whether this is the on-premises administrator; Windows names have no case, passwords have."""
        return same(username.lower(), self.username.lower()) and same(password, self.password)


def same(given: str, wanted: str) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(given.encode(), wanted.encode())


class Grant(NamedTuple):
    """A token that was issued: for which customer and until when (unix time)."""

    token: str
    customer: str
    ends: float


class Tokens:
    """Tokens issued since the last reset."""

    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}
        self._revoked: dict[str, str] = {}

    def issue(self, customer: str, lifetime: float) -> Grant:
        """A new token for that customer, good for so many seconds."""
        grant = Grant(secrets.token_urlsafe(32), customer, time.time() + lifetime)
        self._grants[grant.token] = grant
        return grant

    def revoke_all(self, shape: str) -> None:
        """All tokens issued so far are void for ever; they are refused in that one of REFUSAL_SHAPES."""
        self._revoked.update(dict.fromkeys(self._grants, shape))
        self._grants.clear()

    def grant(self, request: Request) -> Grant:
        """The grant behind a request's Authorization header; 401 without a good one."""
        match = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        token = match.group(1) if match else ""
        grant = self._grants.get(token)
        if grant is None or time.time() >= grant.ends:
            raise RefusedError(unauthorized(self._revoked.get(token, "error_response")))
        return grant


def unauthorized(shape: str) -> Reply:
    """A 401 in one of the three published shapes."""
    body: dict[str, Any]
    if shape == "cws_exception":
        body = {"Error": {"Type": "CWSAuthException", "Message": _REFUSAL}}
    elif shape == "dict_parameters":
        body = error_body("authentication", _REFUSAL, {"reason": "invalid"})
    else:
        body = error_body("authentication", _REFUSAL, [{"name": "reason", "value": "invalid"}])
    return json_reply(body, 401)


def check_accept(request: Request, required: bool = True) -> None:
    """Accept must be application/json, neither more nor less; a sign-in needs none."""
    accept = request.headers.get("accept", "").strip().lower()
    if accept != "application/json" and (accept or required):
        raise refuse(406, "notAcceptable", "Accept must be application/json.")


def check_body_type(request: Request) -> None:
    """A body must be application/json; parameters such as a charset do no harm."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and media_type != "application/json":
        raise refuse(415, "unsupportedMediaType", "Content-Type must be application/json.")


def check_customer(request: Request, grant: Grant, in_path: str | None, activity: str) -> None:
    """The customer named in the header, and in the path where the base has it, must be the token's.

    Without the header the published services fail with a 500 of the gateway's own shape.
    """
    named = request.headers.get("citrix-customerid", "")
    if not named:
        body = {"statusCode": 500, "message": "Internal server error", "activityId": activity}
        raise RefusedError(json_reply(body, 500))
    if named != grant.customer or in_path not in (None, grant.customer):
        raise refuse(403, "authorization", "The token is not good for this customer.", customerId=in_path or named)
