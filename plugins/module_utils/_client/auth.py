# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Obtain, cache and refresh access tokens: from a given one, or by one of three sign-ins.

https://developer-docs.citrix.com/en-us/citrix-cloud/citrix-cloud-api-overview/get-started-with-citrix-cloud-apis
"""

from __future__ import annotations

import base64
import re
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any, Callable, ClassVar, Union

from .._common.errors import ApiError, CitrixError, Interrupted, NotReady, api_error
from .._common.masking import mask
from .._common.options import Settings
from .._common.text import nested, read_json
from .._common.times import timestamp, valid
from .redirects import redirect_remedy
from .retries import Retrier
from .transport import AuthBase, HTTPBasicAuth, Reply, Request

DEFAULT_LIFETIME = 3600.0
LONGEST_LIFETIME = 86400.0
RENEW_EARLY = 60.0
REFUSED_FOR = 60.0
"""Seconds after a 401 for a new token in which no 401 leads to another sign-in."""

REFUSALS = (400, 401, 403)
"""Statuses of a refused sign-in, and of a request without a token."""
ABSENT = (404, 405, 501)
"""Statuses of a host or path without a sign-in."""
ABSENT_REMEDY = "there is no sign-in at this address; check deployment, api_url, token_url and customer_id"
ERROR_CODES = (
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
)
"""The documented codes of a refused sign-in (https://www.rfc-editor.org/rfc/rfc6749#section-5.2)."""
CLIENT_REMEDY = "check customer_id, client_id and client_secret (secrets expire; create a new one in the console)"


@dataclass(frozen=True)
class Token:
    """A bearer token; ends_at and renew_at are Unix time."""

    value: str = field(repr=False)
    ends_at: float = float("inf")
    renew_at: float = float("inf")
    secret_ends_at: float | None = None
    """End of the credentials in Unix time, if the response to the sign-in has it; such a field is not documented."""


class NoAuth(AuthBase):
    """Leave a request unchanged: without an auth, requests would look for credentials elsewhere."""

    def __call__(self, request: Any) -> Any:
        return request


class TokenAuth(AuthBase):
    """Put the token into the header of the API."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"CWSAuth bearer={self._token.value}"
        return request


@dataclass(frozen=True)
class AccessToken:
    """A token that was obtained before. It is used unchanged and never renewed."""

    value: str = field(repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the values to mask."""
        return (self.value,)


@dataclass(frozen=True)
class ClientCredentials:
    """An API client of Citrix Cloud, which signs in with a form."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    path: ClassVar[str] = "/cctrustoauth2/{customer}/tokens/clients"
    remedy: ClassVar[str] = CLIENT_REMEDY

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the values to mask."""
        return (self.client_secret,)

    def content(self) -> dict[str, Any]:
        """Return the credentials in the form of the request."""
        pair = {"client_id": self.client_id, "client_secret": self.client_secret}
        return {"form": {"grant_type": "client_credentials", **pair}, "auth": NoAuth()}


class TrustCredentials(ClientCredentials):
    """An API client of Citrix Cloud Government, which signs in with JSON."""

    path = "/{customer}/tokens/clients"

    def content(self) -> dict[str, Any]:
        return {"json": {"ClientId": self.client_id, "ClientSecret": self.client_secret}, "auth": NoAuth()}


@dataclass(frozen=True)
class Login:
    """An administrator of an on-premises site, who signs in to a Delivery Controller with Basic."""

    url: str
    username: str
    password: str = field(repr=False)
    remedy: ClassVar[str] = "check username (use DOMAIN\\user) and password"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the values to mask."""
        return self.password, base64.b64encode(f"{self.username}:{self.password}".encode()).decode()

    def content(self) -> dict[str, Any]:
        """Return the credentials in the form of the request."""
        # requests would encode text as Latin-1, which does not support all names and passwords.
        return {"auth": HTTPBasicAuth(self.username.encode(), self.password.encode())}


SignIn = Union[ClientCredentials, Login]
Credentials = Union[AccessToken, SignIn]


def credentials_of(settings: Settings) -> Credentials:
    """Return the credentials in checked options, with the URL of their sign-in."""
    given, endpoints = settings.credentials, settings.endpoints
    if "access_token" in given:
        return AccessToken(given["access_token"])
    if settings.on_premises:
        # The two base paths have different spellings.
        path = "/tokens" if endpoints.ids_in_path else "/Tokens"
        return Login(endpoints.token_url or endpoints.base_url + path, **given)
    # Both sign-ins of Citrix Cloud Government are published.
    trust = settings.deployment == "gov" and "/cctrustoauth2/" not in (endpoints.token_url or "")
    kind = TrustCredentials if trust else ClientCredentials
    path = kind.path.format(customer=settings.customer_id)
    return kind(endpoints.token_url or endpoints.token_origin + path, **given)


class Authenticator:
    """Send requests with a valid token, from many threads with one shared sign-in."""

    def __init__(self, retrier: Retrier, credentials: Credentials, clock: Callable[[], float] = time.time) -> None:
        self._retrier = retrier
        self._sign_in = None if isinstance(credentials, AccessToken) else credentials
        self._clock = clock
        self._lock = threading.Lock()
        self._token = Token(credentials.value) if isinstance(credentials, AccessToken) else None
        self._secrets = credentials.secrets
        self._new_refused_at = float("-inf")
        """When a call was refused with an old token and with a new one."""
        self._untried: Token | None = None
        """A token that replaces a refused one, until a call is accepted with it."""
        self._failure: CitrixError | None = None

    def send(self, request: Request) -> Reply:
        """Send a request with the token; after a 401, resend it once with a new one.

        A 401 comes before any work, so this is safe for writes too.
        """
        token = self.token()
        reply = self._send(request, token)
        if reply.status == 401:
            renewed = self._instead_of(token)
            if renewed is not token:
                reply = self._send(request, renewed)
                if reply.status == 401:
                    self._new_refused_at = self._clock()
        return reply

    def _send(self, request: Request, token: Token) -> Reply:
        reply = self._retrier.send(replace(request, auth=TokenAuth(token)))
        if reply.status != 401 and token is self._untried:
            self._untried = None
        return reply

    def mask(self, text: str) -> str:
        """Mask the credentials and every token of this run in untrusted text."""
        return mask(text, self._secrets)

    def token(self) -> Token:
        """Return a valid token, after a sign-in if required."""
        with self._lock:
            if self._sign_in and (self._token is None or self._clock() >= self._token.renew_at):
                self._token = self._renew(self._sign_in)
            return self._token  # type: ignore[return-value]

    def _instead_of(self, refused: Token) -> Token:
        """Return the token to use after a 401: another thread's, a new one, or the same."""
        with self._lock:
            # A call that refuses every token would cost a sign-in each time, although other calls accept them.
            in_vain = self._clock() - self._new_refused_at < REFUSED_FOR
            if self._token is refused and self._sign_in and not in_vain and refused is not self._untried:
                self._token = self._untried = self._renew(self._sign_in)
            return self._token or refused

    def _renew(self, sign_in: SignIn) -> Token:
        if self._failure:
            raise self._failure
        try:
            return self._request_token(sign_in)
        except Interrupted:
            raise
        except CitrixError as error:
            # All threads get the same error, instead of each resending a refused secret.
            self._failure = NotReady(error)
            raise self._failure from None

    def _request_token(self, sign_in: SignIn) -> Token:
        reply = self._retrier.send(Request("POST", sign_in.url, "sign in", **sign_in.content()))
        body = read_json(reply.text)
        if reply.status != 200:
            remedy = sign_in.remedy if reply.status in REFUSALS else redirect_remedy(sign_in.url, reply, self.mask)
            raise self._error(reply, body, ABSENT_REMEDY if reply.status in ABSENT else remedy)
        if not isinstance(body, dict):
            raise self._error(reply, body, "this is not a response of the Citrix API; check api_url and proxies")
        value = nested(body, "access_token") or nested(body, "Token") or nested(body, "token")
        if nested(body, "error") or not value or not re.fullmatch(r"[!-~]+", value):
            # Citrix Cloud sends some refusals with status 200 and an error in the body.
            raise self._error(reply, body, sign_in.remedy)
        self._secrets = (*self._secrets, value)
        now = self._clock()
        lifetime = _lifetime(body, timestamp(reply.headers.get("Date") or "") or now)
        return Token(value, now + lifetime, now + max(lifetime - RENEW_EARLY, lifetime / 2), _secret_end(body))

    def _error(self, reply: Reply, body: object, remedy: str | None) -> ApiError:
        # The body may repeat the credentials in any form: only a documented code is shown.
        code = nested(body, "error")
        shown = code if code in ERROR_CODES else ""
        return api_error("sign in", reply.status, shown, reply.transaction_id, remedy, self.mask)


def _lifetime(body: dict, now: float) -> float:
    """Return the lifetime of a new token in seconds; now: Unix time of the service.

    expires_in is a number in a string, the trust service's ExpiresAt or expiresIn a number of seconds, the controller's
    ExpiresAt an RFC 3339 date.
    """
    value = body.get("expires_in") or body.get("expiresIn") or body.get("ExpiresAt")
    try:
        lifetime = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        lifetime = (timestamp(str(value)) or 0.0) - now
    # An end in the past means that two clocks differ, not that the token was never valid.
    return min(lifetime, LONGEST_LIFETIME) if lifetime > 0 else DEFAULT_LIFETIME


def _secret_end(body: dict) -> float | None:
    """Return a field such as client_secret_expires_at (https://www.rfc-editor.org/rfc/rfc7591)."""
    for name, value in body.items():
        if "secret" in name.lower() and "expir" in name.lower():
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            end = valid(value) if number else timestamp(str(value))
            return end or None
    return None
