# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the connection: options, name resolution and TCP, TLS, first response, clocks."""

from __future__ import annotations

import ssl
import time

from .._client import handshake
from .._client.auth import REFUSALS, NoAuth
from .._client.exchange import Request
from .._common.text import clean
from .._common.times import DAY, timestamp
from .check import Check, Finding, Probe, failed, in_words, listed, ok, skipped, warning

EXPIRY_WARNING = 30
"""Days before the end of a certificate or secret in which there is a warning."""
CLOCK_WARNING = 60
"""Seconds by which the clocks may differ without a warning."""
CERTIFICATE_REMEDIES = {
    9: "Check the clock of this host; if it is right, install a certificate that is valid now.",
    10: "Renew the certificate of the host; if it is valid, check the clock of this host.",
    62: "Use a host name of the certificate in api_url.",
    64: "Use a host name of the certificate in api_url.",
}
"""Remedies by the error code of OpenSSL: not valid yet, expired, other name, other address."""
NO_PROXY = "no proxy is used for api_url"
BY_PROXY = "a proxy connects to the host of api_url"
UNTRUSTED_REMEDY = "Set ca_path to the CA certificate of the host."


def options(probe: Probe) -> Finding:
    """Report the validated options; for secrets only their names."""
    settings = probe.settings
    names = listed(["deployment", *settings.credentials])
    observed = f"{settings.deployment} at {probe.api.base_url}, customer {settings.customer_id}, with {names}"
    return ok(observed, ids_in_path=settings.endpoints.ids_in_path, site_id_set=settings.site_id is not None)


def _proxy(probe: Probe) -> str | None:
    return probe.wire.transport.next_proxy(probe.api.base_url)


def _resolution(url: str, remedy: str) -> Finding:
    host, port = handshake.split(url)
    try:
        found = handshake.addresses(host, port)
    except OSError as error:
        return failed(f"{host} does not resolve ({clean(error)})", remedy)
    versions = sorted({"IPv6" if ":" in address else "IPv4" for address in found})
    return ok(f"{host} is {listed(found)}", addresses=len(found), versions=versions)


def _connection(probe: Probe, url: str, remedy: str) -> Finding:
    host, port = handshake.split(url)
    try:
        seconds = handshake.connect_seconds(host, port, min(10, probe.settings.timeout))
    except OSError as error:
        return failed(f"no connection to {host} port {port} ({clean(error)})", remedy)
    return ok(f"{host} port {port} accepts connections, {seconds * 1000:.0f} ms", seconds=round(seconds, 3))


def proxy_resolution(probe: Probe) -> Finding:
    """Resolve the name of the proxy."""
    proxy = _proxy(probe)
    return _resolution(proxy, "Check the host in HTTPS_PROXY, and DNS on this host.") if proxy else skipped(NO_PROXY)


def proxy_connection(probe: Probe) -> Finding:
    """Connect to the proxy."""
    proxy = _proxy(probe)
    remedy = "Check host and port in HTTPS_PROXY, and the firewall between this host and the proxy."
    return _connection(probe, proxy, remedy) if proxy else skipped(NO_PROXY)


def api_resolution(probe: Probe) -> Finding:
    """Resolve the name of the host of the API, which a proxy would do instead of this host."""
    if _proxy(probe):
        return skipped(BY_PROXY)
    return _resolution(
        probe.api.base_url, "Check the host in api_url, and DNS on this host; set HTTPS_PROXY if needed."
    )


def api_connection(probe: Probe) -> Finding:
    """Connect to the host of the API, which a proxy would do instead of this host."""
    if _proxy(probe):
        return skipped(BY_PROXY)
    return _connection(
        probe, probe.api.base_url, "Check the port in api_url and the firewall; set HTTPS_PROXY if needed."
    )


def tls(probe: Probe) -> Finding:
    """Read the TLS version, and name and end of the certificate."""
    url, proxy, bundle = probe.api.base_url, _proxy(probe), probe.wire.transport.ca_bundle()
    if not url.startswith("https:"):
        return skipped("api_url uses http, which is possible on loopback only")
    if proxy and handshake.parse(proxy).scheme != "http":
        return skipped("the certificate is not read through a proxy of this type")
    timeout = min(10, probe.settings.timeout)
    try:
        found = handshake.certificate(url, proxy, bundle, timeout)
    except ssl.SSLCertVerificationError as error:
        remedy = CERTIFICATE_REMEDIES.get(error.verify_code, UNTRUSTED_REMEDY)
        return failed(f"the certificate is not trusted: {clean(error.verify_message)}", remedy, code=error.verify_code)
    except handshake.UNREADABLE as error:
        return failed(f"no TLS connection ({clean(error)})", "Check the port of api_url, proxies, and TLS of the host.")
    if not bundle:
        remedy = "Remove validate_certs, and set ca_path to the CA certificate: the password can be intercepted."
        return warning(f"{found.version}; the certificate is not verified", remedy, verified=False)
    days = int(((found.ends_at or 0.0) - time.time()) // DAY)
    observed = f"{found.version}, certificate of {listed(found.names)}, {in_words(days, 'day')} left"
    facts = {"version": found.version, "days_left": days, "verified": True}
    if days < EXPIRY_WARNING:
        return warning(observed, "Renew the certificate of the host.", **facts)
    return ok(observed, **facts)


def api_response(probe: Probe) -> Finding:
    """Send a request without a token, which an API refuses."""
    # The reply is kept for the check of the clock.
    request = Request("GET", f"{probe.api.base_url}/me", "reach the API", auth=NoAuth())
    probe.first_reply = probe.api.retrier.send(request)
    probe.first_reply_at = time.time()
    status = probe.first_reply.status
    if status in REFUSALS or status >= 500:
        return ok(f"HTTP {status} without a token", http_status=status)
    remedy = "Check that api_url is the address of the Citrix API, and the proxies."
    return warning(f"HTTP {status} without a token, instead of 401", remedy, http_status=status)


def clock(probe: Probe) -> Finding:
    """Compare the clocks of this host and the API."""
    there = timestamp(probe.first_reply.headers.get("Date") or "") if probe.first_reply else None
    if there is None:
        return skipped("the response has no valid Date header")
    ahead = round(there - probe.first_reply_at)
    observed = f"the clock of the API is {in_words(abs(ahead), 'second')} {'ahead' if ahead >= 0 else 'behind'}"
    if abs(ahead) <= CLOCK_WARNING:
        return ok(observed, seconds=ahead)
    remedy = (
        "Synchronize the clock of this host, or that of the controller. "
        "Otherwise, the times in reports and the expiry of tokens are wrong."
    )
    return warning(observed, remedy, seconds=ahead)


CHECKS = (
    Check("options", options),
    Check("proxy_resolution", proxy_resolution),
    Check("proxy_connection", proxy_connection),
    Check("api_resolution", api_resolution),
    Check("api_connection", api_connection),
    Check("tls", tls),
    Check("api_response", api_response),
    Check("clock", clock),
)
