# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a token is had and kept: given, or by one of three sign-ins; renewed early, and once on a 401."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any, Callable

from .._common.errors import ApiError, CitrixError, Interrupted, NotReady, api_error
from .._common.options import Settings
from .._common.text import mask, nested, read_json
from .._common.times import timestamp
from .retries import Retrier
from .transport import AuthBase, HTTPBasicAuth, Reply, Request

DEFAULT_LIFETIME = 3600.0
LONGEST_LIFETIME = 86400.0
RENEW_EARLY = 60.0
YOUNG = 60.0
"""Seconds after a sign-in for a 401 in which another 401 is not put down to the token."""

REMEDIES = {
    "oauth": "check customer_id, client_id and client_secret (a secret ends on the day set when it was made)",
    "trust": "check customer_id, client_id and client_secret (a secret ends on the day set when it was made)",
    "basic": "check username (write DOMAIN\\user) and password",
}
REFUSALS = (400, 401, 403)


@dataclass(frozen=True)
class Token:
    """A bearer token; ends_at and renew_at are Unix time."""

    value: str = field(repr=False)
    ends_at: float = float("inf")
    renew_at: float = float("inf")


class NoAuth(AuthBase):
    """Leaves a request as it is: with no auth at all, requests would look for one elsewhere."""

    def __call__(self, request: Any) -> Any:
        return request


class TokenAuth(AuthBase):
    """Puts the token into the header that the API wants."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"CWSAuth bearer={self._token.value}"
        return request


class Authenticator:
    """Sends requests with a valid token, from any number of threads with one sign-in between them."""

    def __init__(self, retrier: Retrier, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._retrier = retrier
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._token = Token(settings.secret) if settings.grant == "given" else None
        self._secrets = [settings.secret, f"{settings.account}:{settings.secret}"]
        self._replaced_at = float("-inf")
        self._failure: CitrixError | None = None

    def send(self, request: Request) -> Reply:
        """Send a request with the token; where it is refused with 401, once more with a new one.

        A 401 comes before any work, so this holds for writes too.
        """
        token = self.token()
        reply = self._retrier.send(replace(request, auth=TokenAuth(token)))
        if reply.status == 401:
            renewed = self._instead_of(token)
            if renewed is not token:
                reply = self._retrier.send(replace(request, auth=TokenAuth(renewed)))
        return reply

    def mask(self, text: str) -> str:
        """Take what signs in, and every token of this run, out of a text that is to be shown."""
        return mask(text, self._secrets)

    def token(self) -> Token:
        """Return a token that is good now, after a sign-in where it takes one."""
        with self._lock:
            if self._token is None or self._clock() >= self._token.renew_at:
                self._token = self._sign_in()
            return self._token

    def _instead_of(self, refused: Token) -> Token:
        """Return the token to use after a 401: another thread's, a new one, or the same where no other would help."""
        with self._lock:
            # A call that refuses every token would cost a sign-in each time, though others accept them.
            in_vain = self._clock() - self._replaced_at < YOUNG
            if self._token is refused and self._settings.grant != "given" and not in_vain:
                self._token = self._sign_in()
                self._replaced_at = self._clock()
            return self._token or refused

    def _sign_in(self) -> Token:
        if self._failure:
            raise self._failure
        try:
            return self._ask_for_token()
        except Interrupted:
            raise
        except CitrixError as error:
            # Every thread is told the same, rather than each knocking again with a secret that was refused.
            self._failure = NotReady(error)
            raise self._failure from None

    def _ask_for_token(self) -> Token:
        settings = self._settings
        reply = self._retrier.send(_sign_in_request(settings))
        body = read_json(reply.text)
        if reply.status != 200:
            raise self._sign_in_error(reply, REMEDIES[settings.grant] if reply.status in REFUSALS else None)
        if not isinstance(body, dict):
            raise self._sign_in_error(reply, "that is no answer of the Citrix API; check api_url and proxies")
        value = nested(body, "access_token") or nested(body, "Token") or nested(body, "token")
        if not value or not re.fullmatch(r"[!-~]+", value):
            # The cloud answers some refusals with 200 and an error in the body (API reference).
            raise self._sign_in_error(reply, REMEDIES[settings.grant])
        self._secrets.append(value)
        lifetime = self._lifetime(body)
        now = self._clock()
        return Token(value, now + lifetime, now + max(lifetime - RENEW_EARLY, lifetime / 2))

    def _sign_in_error(self, reply: Reply, remedy: str | None) -> ApiError:
        transaction_id = reply.headers.get("Citrix-TransactionId")
        return api_error("sign in", reply.status, self.mask(reply.text), transaction_id, remedy)

    def _lifetime(self, body: dict) -> float:
        """Return the seconds that a new token lasts.

        expires_in is a number in a string, the trust service's ExpiresAt or expiresIn a number of seconds, the
        controller's ExpiresAt an RFC 3339 date (API reference).
        """
        told = body.get("expires_in") or body.get("expiresIn") or body.get("ExpiresAt")
        try:
            lifetime = float(told)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            lifetime = (timestamp(str(told)) or 0.0) - self._clock()
        # An end in the past tells of two clocks that differ, not of a token that was never good.
        return min(lifetime, LONGEST_LIFETIME) if lifetime > 0 else DEFAULT_LIFETIME


def _sign_in_request(settings: Settings) -> Request:
    account, secret = settings.account, settings.secret
    bodies: dict[str, dict] = {
        "oauth": {"form": {"grant_type": "client_credentials", "client_id": account, "client_secret": secret}},
        "trust": {"json": {"ClientId": account, "ClientSecret": secret}},
        "basic": {},
    }
    # requests would encode text as Latin-1, which not every name and password fits.
    auth = HTTPBasicAuth(account.encode(), secret.encode()) if settings.grant == "basic" else NoAuth()
    return Request(
        method="POST",
        url=settings.token_url,
        what=f"sign in for customer {settings.customer_id}",
        auth=auth,
        headers={"Accept": "application/json"},
        **bodies[settings.grant],
    )
