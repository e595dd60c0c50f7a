# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the sign-in: endpoint, credential, lifetime of the token, expiry of the secret."""

from __future__ import annotations

import time

from .._client.auth import REFUSALS, AccessToken, credentials_of
from .._client.discovery import ME
from .._common.errors import CitrixError
from .._common.text import nested
from .._common.times import DAY, rfc3339, timestamp
from .check import Check, Finding, Probe, in_words, of_error, ok, skipped, status_of, warning
from .connection import EXPIRY_WARNING

SHORT_LIFETIME = 600
"""Seconds; a run with a given token ends when it expires, and each new sign-in is a request."""
GIVEN = "access_token is set, so there is no sign-in"


def endpoint(probe: Probe) -> Finding:
    """Sign in, and report whether the endpoint is one for sign-ins."""
    credentials = credentials_of(probe.settings)
    if isinstance(credentials, AccessToken):
        return skipped(GIVEN)
    try:
        probe.api.token()
    except CitrixError as error:
        probe.sign_in_error = error
        probe.failure = error.to_result().get("failure")
        if status_of(error) not in (200, *REFUSALS):
            return of_error(error, "Check token_url, api_url, deployment and proxies.")
    return ok(f"{credentials.url} responds")


def credential(probe: Probe) -> Finding:
    """Report whether the credentials are accepted; for a given token, send a request."""
    if probe.sign_in_error:
        return of_error(probe.sign_in_error)
    if "access_token" in probe.settings.credentials:
        probe.me = probe.api.send(ME).body
        return ok("the access_token is accepted")
    return ok("the credentials are accepted")


def token_lifetime(probe: Probe) -> Finding:
    """Report how long the token is valid."""
    ends_at = probe.api.token().ends_at
    if ends_at == float("inf"):
        given = timestamp(nested(probe.me, "ExpiryTime") or "")
        if given is None:
            return skipped("the API does not report when the access_token expires")
        ends_at = given
    seconds = round(ends_at - time.time())
    observed = f"the token is valid for {in_words(seconds // 60, 'minute')}"
    if seconds < SHORT_LIFETIME:
        return warning(observed, "Use a new token, or the credentials instead of access_token.", seconds=seconds)
    return ok(observed, seconds=seconds)


def secret_expiry(probe: Probe) -> Finding:
    """Report when the secret expires, if the response to the sign-in has it."""
    end = probe.api.token().secret_ends_at
    if end is None:
        return skipped("the API does not report when the secret expires")
    days = int((end - time.time()) // DAY)
    observed = f"the secret expires on {rfc3339(end)[:10]}, in {in_words(days, 'day')}"
    if days < EXPIRY_WARNING:
        return warning(
            observed, "Create a new secret in the Citrix Cloud console, and replace client_secret.", days=days
        )
    return ok(observed, days=days)


CHECKS = (
    Check("sign_in_endpoint", endpoint),
    Check("credential", credential),
    Check("token_lifetime", token_lifetime, ("credential",)),
    Check("secret_expiry", secret_expiry, ("credential",)),
)
