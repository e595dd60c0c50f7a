# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognize failed TLS handshakes by the text of OpenSSL: nothing was sent."""

from __future__ import annotations

PROTOCOL_SIGNS = (
    "HANDSHAKE_FAILURE",
    "HTTP_REQUEST",
    "INSUFFICIENT_SECURITY",
    "KEY_TOO_SMALL",
    "NO_CIPHERS_AVAILABLE",
    "NO_PROTOCOLS_AVAILABLE",
    "NO_SHARED_CIPHER",
    "PROTOCOL_VERSION",
    "UNKNOWN_PROTOCOL",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
    "UNSUPPORTED_PROTOCOL",
    "VERSION_TOO_LOW",
    "WRONG_SSL_VERSION",
    "WRONG_VERSION_NUMBER",
)
"""Text of a TLS handshake without a common version or cipher; the request was not sent."""
CERTIFICATE_SIGNS = ("CERTIFICATE_VERIFY_FAILED", "X509", "MD_TOO_WEAK", "_ALERT_")
"""Text of a TLS handshake that failed because of a certificate; the request was not sent."""


def is_about_protocol(error: str) -> bool:
    """Return whether there is no common version or cipher."""
    return any(sign in error for sign in PROTOCOL_SIGNS)


def is_about_certificate(error: str) -> bool:
    """Return whether a certificate is not trusted."""
    return any(sign in error for sign in CERTIFICATE_SIGNS)
