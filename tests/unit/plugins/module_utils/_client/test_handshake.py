# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Examine a host without a request: its port, addresses, connection and certificate."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
import warnings

import pytest
import requests
from ansible_collections.sessionops.citrix.plugins.module_utils._client.handshake import (
    UNREADABLE,
    addresses,
    certificate,
    connect_seconds,
    split,
)

TIMEOUT = 10


@pytest.fixture
def bundle(authority, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(TIMEOUT)
        yield listening


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.cloud.com/cvad/manage", ("api.cloud.com", 443)),
        ("http://ddc01.example.com", ("ddc01.example.com", 80)),
        ("https://ddc01.example.com:8443/x", ("ddc01.example.com", 8443)),
        ("http://user:password@proxy.example.com:3128", ("proxy.example.com", 3128)),
        ("proxy.example.com:3128", ("proxy.example.com", 3128)),
        ("proxy.example.com", ("proxy.example.com", 80)),
        ("socks5://proxy.example.com", ("proxy.example.com", 80)),
    ],
)
def test_split_returns_host_and_port(url, expected):
    assert split(url) == expected


def test_addresses_of_host_listed_once():
    assert addresses("127.0.0.1", 443) == ["127.0.0.1"]


def test_connect_seconds_measured_or_refused(listener):
    assert 0 <= connect_seconds(*listener.getsockname(), TIMEOUT) < TIMEOUT
    address = listener.getsockname()
    listener.close()
    with pytest.raises(ConnectionRefusedError):
        connect_seconds(*address, TIMEOUT)


def test_certificate_trusted_has_version_names_and_end(secure_site, bundle):
    found = certificate(secure_site, None, bundle, TIMEOUT)
    assert found.version.startswith("TLSv1.")
    assert found.names == ("127.0.0.1",)
    assert found.ends_at > time.time()


def test_certificate_closes_its_connection(secure_site, bundle):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        certificate(secure_site, None, bundle, TIMEOUT)
    assert [warning.message for warning in caught] == []


def test_certificate_without_bundle_is_not_verified(secure_site):
    found = certificate(secure_site, None, None, TIMEOUT)
    assert (found.version.startswith("TLSv1."), found.names, found.ends_at) == (True, (), None)


def test_certificate_of_unknown_authority_raises(secure_site):
    with pytest.raises(ssl.SSLCertVerificationError):
        certificate(secure_site, None, requests.certs.where(), TIMEOUT)


@pytest.mark.parametrize(
    ("sign_in", "expected"), [("", None), ("user@", "user:"), ("a%40b:p%C3%A4ss@", "a@b:p\u00e4ss")]
)
def test_certificate_through_proxy_sends_its_credentials(listener, sign_in, expected):
    received = []

    def refuse():
        connection, _address = listener.accept()
        with connection:
            received.append(connection.recv(65536).decode())
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")

    thread = threading.Thread(target=refuse)
    thread.start()
    proxy = f"http://{sign_in}127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(UNREADABLE):
        certificate("https://ddc01.example.com", proxy, None, TIMEOUT)
    thread.join()
    coded = base64.b64encode(expected.encode()).decode() if expected else ""
    assert received[0].startswith("CONNECT ddc01.example.com:443 ")
    assert ("Proxy-Authorization" in received[0]) is bool(expected)
    assert f"Basic {coded}\r\n" in received[0] or not expected
