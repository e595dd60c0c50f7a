# Copyright: (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a token is had and kept: given, or by one of three sign-ins; renewed early, and once on a 401."""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any, Callable

from ansible_collections.sessionops.citrix.plugins.module_utils._errors import ApiError, CitrixError, api_error
from ansible_collections.sessionops.citrix.plugins.module_utils._options import Settings
from ansible_collections.sessionops.citrix.plugins.module_utils._pace import Pace
from ansible_collections.sessionops.citrix.plugins.module_utils._times import timestamp
from ansible_collections.sessionops.citrix.plugins.module_utils._transport import (
    AuthBase,
    HTTPBasicAuth,
    Reply,
    Request,
)

DEFAULT_LIFETIME = 3600.0
RENEW_EARLY = 60.0

REMEDIES = {
    "oauth": "check customer_id, client_id and client_secret (a secret ends on the day set when it was made)",
    "trust": "check customer_id, client_id and client_secret (a secret ends on the day set when it was made)",
    "basic": "check username (write DOMAIN\\user) and password",
}
REFUSALS = (400, 401, 403)


@dataclass(frozen=True)
class Token:
    """A bearer token; renew_at is Unix time."""

    value: str = field(repr=False)
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

    def __init__(self, pace: Pace, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._pace = pace
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._token = Token(settings.secret) if settings.grant == "given" else None
        self._accepted: Token | None = None
        self._sign_ins = 0
        self._failure: CitrixError | None = None

    def send(self, request: Request) -> Reply:
        """Send a request with the token; where it is refused with 401, once more with a new one.

        A 401 comes before any work, so this holds for writes too.
        """
        token = self._current()
        reply = self._pace.send(replace(request, auth=TokenAuth(token)))
        if reply.status == 401:
            renewed = self._instead_of(token)
            if renewed is not token:
                token = renewed
                reply = self._pace.send(replace(request, auth=TokenAuth(token)))
        if reply.status < 400:
            self._accepted = token
        return _without(token.value, reply)

    def _current(self) -> Token:
        with self._lock:
            if self._token is None or self._clock() >= self._token.renew_at:
                self._token = self._sign_in()
            return self._token

    def _instead_of(self, refused: Token) -> Token:
        """Return the token to use after a 401: another thread's, a new one, or the same where no other would help."""
        with self._lock:
            # A new token that no call accepts is not a matter of age: signing in once more would not mend it.
            in_vain = self._accepted is not refused and self._sign_ins > 1
            if self._token is refused and self._settings.grant != "given" and not in_vain:
                self._token = self._sign_in()
            return self._token or refused

    def _sign_in(self) -> Token:
        if self._failure:
            raise self._failure
        self._sign_ins += 1
        try:
            return self._ask_for_token()
        except CitrixError as error:
            # Every thread is told the same, rather than each knocking again with a secret that was refused.
            self._failure = error
            raise

    def _ask_for_token(self) -> Token:
        settings = self._settings
        reply = self._pace.send(_sign_in_request(settings))
        if reply.status != 200:
            remedy = REMEDIES[settings.grant] if reply.status in REFUSALS else None
            raise _sign_in_error(_without(settings.secret, reply), remedy)
        try:
            body = json.loads(reply.text)
            value = body.get("access_token") or body.get("Token") or body.get("token")
        except (ValueError, AttributeError):
            raise _sign_in_error(replace(reply, text="not JSON"), "check api_url and proxies") from None
        if not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value):
            # The cloud answers some refusals with 200 and an error in the body (API reference).
            raise _sign_in_error(_without(settings.secret, reply), REMEDIES[settings.grant])
        lifetime = self._lifetime(body)
        return Token(value, self._clock() + max(lifetime - RENEW_EARLY, lifetime / 2))

    def _lifetime(self, body: dict) -> float:
        """Return the seconds that a new token lasts.

        expires_in is a number in a string, the trust service's ExpiresAt or expiresIn a number of seconds, the
        controller's ExpiresAt an RFC 3339 date (API reference).
        """
        told = body.get("expires_in") or body.get("expiresIn") or body.get("ExpiresAt")
        try:
            return max(0.0, min(float(told), 86400.0))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            ends = timestamp(told) if isinstance(told, str) else None
            return DEFAULT_LIFETIME if ends is None else max(0.0, ends - self._clock())


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


def _sign_in_error(reply: Reply, remedy: str | None) -> ApiError:
    return api_error("sign in", reply.status, reply.text, reply.headers.get("Citrix-TransactionId"), remedy)


def _without(secret: str, reply: Reply) -> Reply:
    """Take a secret out of an answer: some proxies show the request they got in their error page."""
    return replace(reply, text=reply.text.replace(secret, "***")) if secret and secret in reply.text else reply
