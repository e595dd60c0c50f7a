# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign in: Citrix Cloud, Citrix Cloud Government, on premises."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qsl

from ..http.message import RefusedError, Reply, Request, json_reply, refuse
from ..shapes.site import USER_ID, grant_end
from ..state.access import CLOUD_CUSTOMER, ON_PREMISES_CUSTOMER, check_accept
from ..state.state import State

_FORM = "application/x-www-form-urlencoded"


def cloud(request: Request, state: State, customer: str) -> Reply:
    """``POST /cctrustoauth2/{customer}/tokens/clients``: client credentials; lifetime as text."""
    if request.headers.get("content-type", "") != _FORM:
        raise RefusedError(json_reply({"error": "invalid_request", "error_description": f"Send {_FORM}."}, 415))
    form = dict(parse_qsl(request.text, keep_blank_values=True))
    if form.get("grant_type") != "client_credentials":
        text = "grant_type must be client_credentials."
        raise RefusedError(json_reply({"error": "unsupported_grant_type", "error_description": text}, 400))
    known = state.credentials.is_client(form.get("client_id", ""), form.get("client_secret", ""))
    if customer != CLOUD_CUSTOMER or not known:
        text = "The client, its secret or the customer is wrong."
        raise RefusedError(json_reply({"error": "invalid_client", "error_description": text}, 400))
    lifetime = state.settings.token_lifetime
    token = state.tokens.issue(customer, lifetime).token
    return json_reply({"token_type": "bearer", "access_token": token, "expires_in": str(int(lifetime))})


def government(request: Request, state: State, customer: str) -> Reply:
    """``POST /{customer}/tokens/clients``: JSON request; one of two published response shapes."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(Reply(415, b"Content-Type must be application/json.", "text/plain"))
    try:
        body = json.loads(request.body)
        pair = (str(body["ClientId"]), str(body["ClientSecret"]))
    except (ValueError, KeyError, TypeError):
        raise RefusedError(Reply(400, b"ClientId and ClientSecret are needed.", "text/plain")) from None
    if customer != CLOUD_CUSTOMER or not state.credentials.is_client(*pair):
        raise RefusedError(Reply(401, b"The client, its secret or the customer is wrong.", "text/plain"))
    token = state.tokens.issue(customer, state.settings.token_lifetime).token
    lifetime = int(state.settings.token_lifetime)
    if state.settings.gov_reply == "documented":
        return json_reply(
            {"token": token, "expiresIn": lifetime, "principal": pair[0], "subject": USER_ID, "openIdToken": None}
        )
    # ExpiresAt is a number of seconds, despite its name.
    return json_reply(
        {"Token": token, "Principal": pair[0], "UserId": USER_ID, "CustomerId": customer, "ExpiresAt": lifetime}
    )


def on_premises(request: Request, state: State) -> Reply:
    """``POST {base}/Tokens``: HTTP Basic (UTF-8), no body; ExpiresAt is RFC 3339 text."""
    check_accept(request, required=False)
    scheme, _blank, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8") if scheme.lower() == "basic" else ""
    except ValueError:
        text = ""
    username, _colon, password = text.partition(":")
    if not state.credentials.is_administrator(username, password):
        raise refuse(401, "authentication", "The user name or the password is wrong.", reason="invalid")
    grant = state.tokens.issue(ON_PREMISES_CUSTOMER, state.settings.token_lifetime)
    return json_reply(
        {
            "Token": grant.token,
            "Principal": state.credentials.username,
            "UserId": USER_ID,
            "CustomerId": grant.customer,
            "ExpiresAt": grant_end(state, grant),
        }
    )
