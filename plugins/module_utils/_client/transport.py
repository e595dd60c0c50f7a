# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send one request and return its reply; the only file that uses requests and urllib3."""

from __future__ import annotations

import re
import traceback
from typing import Any
from urllib.parse import urlencode, urlsplit

from .._common.errors import CitrixError, ConnectionNotMade, ResponseLost, ResponseTooLarge
from .._common.options import Settings
from .._common.proxies import usable_proxies
from .._common.text import clean, decode
from .exchange import HEADERS, LOST, VERSION, Reply, Request
from .tls import is_about_certificate, is_about_protocol

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from requests.auth import AuthBase, HTTPBasicAuth
    from requests.structures import CaseInsensitiveDict
    from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
    from urllib3.util.retry import Retry
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
    AuthBase = HTTPAdapter = HTTPBasicAuth = object  # type: ignore[assignment,misc]
    CaseInsensitiveDict = dict  # type: ignore[assignment,misc]
else:
    REQUESTS_IMPORT_ERROR = None
    NEVER_MADE = (
        requests.exceptions.ConnectTimeout,
        requests.exceptions.InvalidURL,
        urllib3.exceptions.LocationParseError,
    )

# Export the classes of requests on which the layers above build.
__all__ = [
    "LOST",
    "REQUESTS_IMPORT_ERROR",
    "VERSION",
    "AuthBase",
    "CaseInsensitiveDict",
    "HTTPBasicAuth",
    "Reply",
    "Request",
    "Transport",
]

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of an unpacked body; a page of 1,000 complete sessions has about five million."""
PIECE = 64 * 1024
CONNECT_TIMEOUT = 10
CONNECT_BACKOFF = 0.2
PLAIN_URL = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(:[1-9][0-9]*)?(/[\w$~-][\w$.~-]*)+", re.ASCII)
"""A URL that requests sends unchanged."""
PROXY_SIGNS = ("Tunnel connection failed", "NewConnectionError", "NameResolutionError", "ConnectTimeoutError")
"""Text of errors of a proxy that was not reached or refused; otherwise, an open tunnel was closed and the server may
have acted.
"""


class PoolAdapter(HTTPAdapter):
    """Find the pool of a host and its TLS settings once, because they are constant in a run.

    Its errors are those of its base class.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._pools: dict[str, Any] = {}
        self._verified: set[Any] = set()

    def get_connection_with_tls_context(self, request: Any, *options: Any, **more: Any) -> Any:
        origin = _origin(request.url)
        if origin not in self._pools:
            self._pools[origin] = super().get_connection_with_tls_context(request, *options, **more)
        return self._pools[origin]

    def cert_verify(self, conn: Any, *options: Any) -> None:
        if conn not in self._verified:
            super().cert_verify(conn, *options)
            self._verified.add(conn)

    def request_url(self, request: Any, proxies: Any) -> str:
        return super().request_url(request, proxies) if proxies else request.url[len(_origin(request.url)) :]

    def build_response(self, req: Any, resp: Any) -> Any:
        if "Set-Cookie" in resp.headers:
            return super().build_response(req, resp)
        response = requests.Response()
        response.status_code, response.headers, response.raw, response.request = resp.status, resp.headers, resp, req
        return response


class Transport:
    """Send requests over one keep-alive pool; never follow redirects, never write in check mode."""

    def __init__(self, settings: Settings, check_mode: bool) -> None:
        self._settings = settings
        self._check_mode = check_mode
        self._proxies: dict[str, dict[str, str]] = {}
        # Without a session, which takes a third of the time of a call. Variables of the environment are read here and
        # in _options by name; redirects and .netrc are not used. A cookie of the load balancer names the controller
        # with the page token; it is sent to no other host.
        self._cookies = requests.cookies.RequestsCookieJar()
        self._cookie_origin = _origin(settings.endpoints.base_url)
        # urllib3 repeats only requests that never reached the server; all others require a decision.
        connect = Retry(
            total=None,
            connect=settings.retries,
            read=False,
            redirect=False,
            status=0,
            other=0,
            backoff_factor=CONNECT_BACKOFF,
            respect_retry_after_header=False,
        )
        self._adapter = PoolAdapter(pool_connections=2, pool_maxsize=settings.max_concurrency, max_retries=connect)
        # Problems of a proxy are reported before any request.
        for url in (settings.endpoints.base_url, settings.endpoints.token_url or settings.endpoints.token_origin):
            self.proxies_for(url)
        if not settings.verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def send(self, request: Request) -> Reply:
        """Send one request and return the reply with any status.

        Raises ConnectionNotMade if the request was never sent, and ResponseLost if the server may have acted on it.
        """
        if request.write and self._check_mode:
            raise CitrixError(f"Refused to {request.what} in check mode; this is a bug in the collection, report it.")
        cookies = self._cookies if _origin(request.url) == self._cookie_origin else None
        try:
            response = self._adapter.send(
                _prepare(request, cookies),
                timeout=(min(CONNECT_TIMEOUT, self._settings.timeout), self._settings.timeout),
                verify=self._settings.verify,
                proxies=self.proxies_for(request.url),
            )
            if response.status_code < 200:
                # The final one follows, and would be taken for the response to the next request.
                response.raw.close()
                raise urllib3.exceptions.ProtocolError("an interim response")
            content = _read(response)
            if content is None:
                raise ResponseTooLarge(
                    f"Could not {request.what}: the response of {urlsplit(request.url).netloc} exceeds "
                    f"{LARGEST_BODY} bytes; check api_url and proxies."
                )
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            raise self._explain(request, error) from None
        if cookies is not None and response.cookies:
            cookies.update(response.cookies)
        return Reply(
            response.status_code, response.headers, decode(content, response.headers.get("Content-Type") or "")
        )

    def proxies_for(self, url: str) -> dict[str, str]:
        """Return the proxies for the host of a URL, by scheme; OptionError for an unusable one."""
        origin = _origin(url)
        if origin not in self._proxies:
            self._proxies[origin] = usable_proxies(url, get_environ_proxies(url))
        return self._proxies[origin]

    def next_proxy(self, url: str) -> str | None:
        """Return the proxy through which a URL is requested; None for a direct connection."""
        return select_proxy(url, self.proxies_for(url))

    def ca_bundle(self) -> str | None:
        """Return the file or directory of trusted CA certificates; None without verification."""
        verify = self._settings.verify
        return (verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH) if verify else None

    def _explain(self, request: Request, error: Exception) -> CitrixError:
        """Convert an exception of requests to a CitrixError, without text that contains a header."""
        host = urlsplit(request.url).netloc
        could_not = f"Could not {request.what}: "
        cause = getattr(error.args[0] if error.args else None, "reason", None)
        tls = str(error) if isinstance(error, requests.exceptions.SSLError) else ""
        if is_about_protocol(tls):
            return ConnectionNotMade(
                f"{could_not}{host} does not support TLS, or no TLS version that is allowed here "
                f"({_last_part(cause or error)}); check the port of api_url, and the TLS settings of that host."
            )
        if is_about_certificate(tls):
            return ConnectionNotMade(
                f"{could_not}the certificate of {host} is not trusted ({_last_part(cause or error)}); "
                "set ca_path to the CA certificate, and use the host name of the certificate in api_url."
            )
        if isinstance(error, requests.exceptions.ProxyError) and any(sign in str(error) for sign in PROXY_SIGNS):
            return ConnectionNotMade(
                f"{could_not}the proxy for {host} refused the request; check HTTPS_PROXY and NO_PROXY."
            )
        never_made = isinstance(cause, urllib3.exceptions.NewConnectionError) or isinstance(error, NEVER_MADE)
        if never_made:
            return ConnectionNotMade(
                f"{could_not}no connection to {host} ({_last_part(cause or error)}); "
                "check api_url, name resolution and the firewall."
            )
        if isinstance(error, requests.exceptions.Timeout):
            return ResponseLost(
                f"{could_not}{host} did not respond in time; check host and port of api_url, "
                f"raise timeout ({self._settings.timeout} seconds now), or lower max_concurrency."
            )
        return ResponseLost(
            f"{could_not}the connection to {host} was closed before the response was complete "
            f"({type(error).__name__}); run again, and check proxies if this happens again."
        )


def _origin(url: str) -> str:
    """Return scheme, host and port of a URL, in a tenth of the time of urlsplit()."""
    return "/".join(url.split("/", 3)[:3])


def _prepare(request: Request, cookies: Any) -> Any:
    """Return a request as requests.Request.prepare() does, in a fifth of its time."""
    prepared: Any = requests.PreparedRequest()
    prepared.method = request.method
    prepared.headers = {**HEADERS, **request.headers}
    if PLAIN_URL.fullmatch(request.url):
        prepared.url = f"{request.url}?{urlencode(request.query)}" if request.query else request.url
    else:
        prepared.prepare_url(request.url, request.query)
    if cookies:
        prepared.prepare_cookies(cookies)
    if request.method != "GET":
        prepared.prepare_body(request.form, None, request.json)
    return request.auth(prepared) if request.auth else prepared


def _read(response: Any) -> bytes | None:
    """Return the unpacked body of a response; None if it is too large."""
    pieces = []
    size = 0
    for piece in response.iter_content(PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_BODY:
            response.close()
            return None
    return b"".join(pieces)


def _last_part(error: object) -> str:
    # urllib3 writes "<object at 0x...>: what happened: [Errno 111] Connection refused".
    return clean(re.sub(r" \(_ssl\.c:\d+\)", "", str(error)).rsplit(": ", 1)[-1].strip("()'\""))
