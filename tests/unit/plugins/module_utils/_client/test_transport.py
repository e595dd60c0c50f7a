# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The transport: the content of each request, and the error of each failed connection."""

from __future__ import annotations

import codecs
import gzip
import re
import socketserver
import ssl
import threading
import time
from contextlib import suppress

import pytest
import requests
import responses
import urllib3
from ansible_collections.sessionops.citrix.plugins.module_utils._client import transport as _transport
from ansible_collections.sessionops.citrix.plugins.module_utils._client.auth import NoAuth, Token, TokenAuth
from ansible_collections.sessionops.citrix.plugins.module_utils._client.exchange import HEADERS
from ansible_collections.sessionops.citrix.plugins.module_utils._client.transport import Reply, Request, Transport
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import (
    CitrixError,
    ConnectionNotMade,
    OptionError,
    ResponseLost,
    ResponseTooLarge,
)

URL = "https://api.cloud.com/cvad/manage/Machines"
LOCAL_URL = "http://127.0.0.1:8080/cvad/manage/Machines"
TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
POOL = urllib3.HTTPSConnectionPool("api.cloud.com")


def a_request(method="GET", url=URL, **given):
    return Request(method=method, url=url, what="list the machines", **{"auth": TokenAuth(Token(TOKEN)), **given})


@pytest.fixture
def transport(settings):
    """Return a factory of transports with these options."""

    def make(check_mode=False, **given):
        return Transport(settings(**given), check_mode)

    return make


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def test_request_sent_unchanged(transport, wire):
    wire.post(URL, json={"Items": []}, headers={"Citrix-TransactionId": "t1"})
    sent = a_request("POST", headers={"Accept": "application/json"}, query={"fields": "Id,Name"}, json={"a": "ä"})
    reply = transport().send(sent)
    request = wire.calls[0].request
    assert request.url == f"{URL}?fields=Id%2CName"
    assert request.body == b'{"a": "\\u00e4"}'
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Authorization"] == f"CWSAuth bearer={TOKEN}"
    assert (reply.status, reply.text, reply.headers["citrix-transactionid"]) == (200, '{"Items": []}', "t1")


def test_request_form_sent_as_form(transport, wire):
    wire.post(URL, json={})
    transport().send(a_request("POST", auth=NoAuth(), form={"client_secret": "a b&c"}))
    assert wire.calls[0].request.body == "client_secret=a+b%26c"
    assert wire.calls[0].request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in wire.calls[0].request.headers


@pytest.mark.parametrize(
    "url",
    [
        f"{URL}/LAB%7Cvda-001/Sessions",
        f"{URL}/$search",
        f"{URL}/~a_b-c.d/",
        f"{URL}/../%41%7c/./.x",
        f"{URL}/a b\u00e4%",
        f"{URL}?a=%7e b",
        "HTTPS://API.Cloud.com",
        "http://127.0.0.1:08080/cvad/$batch",
        "http://[::1]:8080/cvad",
        "https://ddc_01.example.com/x",
    ],
)
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"query": {"fields": "Id,Name", "id": "a b~+&/\u00e4%2F", "": ""}},
        {"method": "POST"},
        {"method": "POST", "json": {"a": ["ä", 1.5, None]}, "query": {"async": "true"}},
        {"method": "POST", "json": []},
        {"method": "POST", "form": {"a": "b c&\u00e4"}},
    ],
)
def test_request_equals_that_prepared_by_requests(transport, wire, url, given):
    wire.add(responses.GET, re.compile(".*"), json={}, headers={"Set-Cookie": "node=a; Path=/"})
    wire.add(responses.POST, re.compile(".*"), json={})
    sending = transport(api_url="https://api.cloud.com")
    request = a_request(url=url, headers={"Citrix-CustomerId": "c"}, **given)
    sending.send(a_request())
    sending.send(request)
    expected = requests.Request(
        request.method,
        url,
        headers={**HEADERS, "Citrix-CustomerId": "c"},
        params=request.query,
        json=request.json,
        data=request.form,
        auth=request.auth,
        cookies={"node": "a"} if url.startswith("https://api.cloud.com") else None,
    ).prepare()
    sent = wire.calls[1].request
    assert (sent.method, sent.url, sent.body) == (expected.method, expected.url, expected.body)
    assert list(sent.headers.items()) == list(expected.headers.items())


@pytest.mark.parametrize("status", [200, 202, 204, 307, 400, 401, 404, 429, 500, 503, 530])
def test_request_any_status_returned_without_retry(transport, wire, status):
    wire.get(URL, status=status, headers={"Retry-After": "7", "Location": "https://elsewhere.example.com/"})
    assert transport().send(a_request()).status == status
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'\xef\xbb\xbf{"a": 1}', '{"a": 1}'),
        ("Zürich".encode(), "Zürich"),
        (b"\xef\xbb\xbf" + "Zürich".encode(), "Zürich"),
        ("Zürich".encode("iso-8859-1"), "Zürich"),
        ("Zürich".encode("utf-16"), "Zürich"),
        (codecs.BOM_UTF16_BE + "Zürich".encode("utf-16-be"), "Zürich"),
        (b"", ""),
    ],
)
def test_text_decoded_with_or_without_byte_order_mark(transport, wire, body, text):
    wire.get(URL, body=body, content_type="application/json; charset=iso-8859-1")
    assert transport().send(a_request()).text == text


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("", "Zürich".encode(), "Zürich"),
        ('charset="UTF-8"', "Zürich".encode(), "Zürich"),
        ("charset=utf-16le", '{"a": 1}'.encode("utf-16-le"), '{"a": 1}'),
        ("charset=windows-1252", "Zürich €".encode("cp1252"), "Zürich €"),
        ("charset=nonsense", "Zürich".encode(), "Zürich"),
        ("charset=nonsense", b"\xfc", "\ufffd"),
        ("charset=base64", b"\xfc", "\ufffd"),
        ("charset=", b"\xfc", "\ufffd"),
    ],
)
def test_text_decoded_despite_charset_header(transport, wire, charset, body, text):
    wire.get(URL, body=body, content_type=f"application/json; {charset}")
    assert transport().send(a_request()).text == text


def test_cookies_returned_to_same_host_only(transport, wire):
    elsewhere = "https://trust.citrixworkspacesapi.us/x"
    wire.get(URL, json={}, headers={"Set-Cookie": "node=a; Path=/; HttpOnly"})
    wire.post(elsewhere, json={}, headers={"Set-Cookie": "login=b; Path=/"})
    sending = transport()
    for url in (URL, URL, elsewhere, elsewhere, URL):
        sending.send(a_request("GET" if url == URL else "POST", url=url))
    assert [call.request.headers.get("Cookie") for call in wire.calls] == [None, "node=a", None, None, "node=a"]


@pytest.mark.parametrize("cookie", ["", "=", ";;;", "a=b; Domain=.evil.example", "a=b; Max-Age=0", "\x00=\xff"])
def test_cookies_of_any_form_accepted(transport, wire, cookie):
    wire.get(URL, json={}, headers={"Set-Cookie": cookie})
    sending = transport()
    assert [sending.send(a_request()).status for _count in range(2)] == [200, 200]
    assert "a=b" not in (wire.calls[1].request.headers.get("Cookie") or "")


def test_redirect_not_followed_and_token_not_sent(transport, wire):
    wire.get(URL, status=307, headers={"Location": "https://elsewhere.example.com/"})
    wire.get("https://elsewhere.example.com/", json={})
    assert transport().send(a_request()).status == 307
    assert [call.request.url for call in wire.calls] == [URL]


def test_netrc_entry_does_not_replace_token(transport, wire, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert requests.utils.get_netrc_auth(URL) == ("someone", "something")
    wire.get(URL, json={})
    wire.post(URL, json={})
    transport().send(a_request())
    transport().send(a_request("POST", auth=NoAuth(), form={"a": "b"}))
    assert wire.calls[0].request.headers["Authorization"] == f"CWSAuth bearer={TOKEN}"
    assert "Authorization" not in wire.calls[1].request.headers


def sent_with(wire, name):
    return wire.calls[-1].request.req_kwargs[name]


def test_certificate_verified_with_bundle_of_environment(transport, wire, monkeypatch, tmp_path):
    bundle = tmp_path / "requests.pem"
    bundle.write_text("")
    wire.get(URL, json={})
    transport().send(a_request())
    assert sent_with(wire, "verify") is True
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    transport().send(a_request())
    assert sent_with(wire, "verify") == str(bundle)


def test_certificate_bundle_of_option_overrides_environment(transport, wire, monkeypatch, tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/requests.pem")
    wire.get(URL, json={})
    transport(ca_path=str(bundle)).send(a_request())
    assert sent_with(wire, "verify") == str(bundle)


def test_validate_certs_false_despite_environment(transport, wire, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/requests.pem")
    url = "https://ddc01.example.com/cvad/manage/Machines"
    wire.get(url, json={})
    given = {"deployment": "on_premises", "api_url": "https://ddc01.example.com", "validate_certs": False}
    transport(**given).send(a_request(url=url))
    assert sent_with(wire, "verify") is False


def test_proxy_of_environment_used(transport, wire, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    wire.get(URL, json={})
    transport().send(a_request())
    assert sent_with(wire, "proxies")["https"] == "http://proxy.example.com:3128"


def test_proxy_not_used_for_host_in_no_proxy(transport, wire, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "api.cloud.com")
    wire.get(URL, json={})
    transport().send(a_request())
    assert not sent_with(wire, "proxies")


def test_transport_names_its_proxy(transport, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "api-eu.cloud.com")
    sending = transport()
    assert sending.next_proxy(URL) == "http://proxy.example.com:3128"
    assert sending.next_proxy("https://api-eu.cloud.com/x") is None


def test_transport_unusable_proxy_rejected_before_any_request(transport, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy.example.com:1080")
    with pytest.raises(OptionError, match="HTTPS_PROXY"):
        transport()


def test_transport_unusable_proxy_of_sign_in_rejected(transport, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy.example.com:1080")
    monkeypatch.setenv("NO_PROXY", "api.cloud.com")
    with pytest.raises(OptionError, match="HTTPS_PROXY"):
        transport(token_url="https://gateway.example.com/token")
    transport()


@pytest.mark.parametrize(("status", "expected"), [(200, None), (399, None), (400, "a1"), (500, "a1")])
def test_activity_id_of_errors_is_transaction_id(status, expected):
    assert Reply(status, {}, '{"activityId": "a1"}').transaction_id == expected


@pytest.mark.parametrize("option", [True, False])
def test_transport_names_its_ca_bundle(transport, tmp_path, option):
    (tmp_path / "ca.pem").write_text("")
    given = {"ca_path": str(tmp_path / "ca.pem")} if option else {}
    assert transport(**given).ca_bundle() == (given["ca_path"] if option else requests.certs.where())
    on_premises = {"deployment": "on_premises", "api_url": "https://ddc01.example.com"}
    assert transport(**on_premises, validate_certs=False).ca_bundle() is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_proxy_not_used_for_loopback(transport, wire, monkeypatch, host):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.example.com:3128")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example.com:3128")
    url = LOCAL_URL.replace("127.0.0.1", host)
    wire.get(url, json={})
    transport(api_url=url).send(a_request(url=url))
    assert not sent_with(wire, "proxies")


@pytest.mark.parametrize(("timeout", "connect"), [(30, 10), (5, 5), (300, 10)])
def test_request_has_timeouts(transport, wire, timeout, connect):
    wire.get(URL, json={})
    transport(timeout=timeout).send(a_request())
    assert sent_with(wire, "timeout") == (connect, timeout)


def test_check_mode_write_raises_and_is_not_sent(transport, wire):
    wire.post(URL, json={})
    with pytest.raises(CitrixError, match="Refused to list the machines in check mode"):
        transport(check_mode=True).send(a_request("POST", write=True))
    assert len(wire.calls) == 0
    assert transport(check_mode=True).send(a_request("POST")).status == 200
    assert transport(check_mode=False).send(a_request("POST", write=True)).status == 200


def ssl_error(text):
    reason = ssl.SSLError(1, text)
    return requests.exceptions.SSLError(urllib3.exceptions.MaxRetryError(POOL, URL, reason))


def proxy_error(reason):
    """Return the exception of requests for a proxy that fails or closes the tunnel."""
    broken = urllib3.exceptions.ProxyError("Unable to connect to proxy", reason)
    return requests.exceptions.ProxyError(urllib3.exceptions.MaxRetryError(POOL, URL, broken))


@pytest.mark.parametrize(
    ("broken", "kind", "expected"),
    [
        (
            requests.exceptions.ReadTimeout("read timed out"),
            ResponseLost,
            "did not respond in time; check host and port of api_url",
        ),
        (requests.exceptions.ConnectTimeout("no route"), ConnectionNotMade, "no connection to api.cloud.com"),
        (
            requests.exceptions.ConnectionError(
                urllib3.exceptions.MaxRetryError(
                    POOL, URL, urllib3.exceptions.NewConnectionError(POOL, "Failed: [Errno 111] Connection refused")
                )
            ),
            ConnectionNotMade,
            "no connection to api.cloud.com ([Errno 111] Connection refused); check api_url",
        ),
        (requests.exceptions.ConnectionError("reset by peer"), ResponseLost, "was closed before the response"),
        (requests.exceptions.ChunkedEncodingError("cut short"), ResponseLost, "(ChunkedEncodingError)"),
        (requests.exceptions.ContentDecodingError("not gzip"), ResponseLost, "(ContentDecodingError)"),
        (urllib3.exceptions.ProtocolError("cut short"), ResponseLost, "(ProtocolError)"),
        (OSError("closed"), ResponseLost, "(OSError)"),
        (proxy_error(OSError("Tunnel connection failed: 403 no")), ConnectionNotMade, "check HTTPS_PROXY and NO_PROXY"),
        (proxy_error(urllib3.exceptions.NewConnectionError(POOL, "refused")), ConnectionNotMade, "check HTTPS_PROXY"),
        (proxy_error(ConnectionResetError(104, "Connection reset by peer")), ResponseLost, "(ProxyError)"),
        (
            ssl_error("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed (_ssl.c:1006)"),
            ConnectionNotMade,
            "set ca_path to the CA certificate",
        ),
        (ssl_error("[SSL: WRONG_VERSION_NUMBER] wrong version number"), ConnectionNotMade, "does not support TLS"),
        *(
            (
                ssl_error(f"[SSL: {sign}] some words (_ssl.c:1006)"),
                ConnectionNotMade,
                "does not support TLS, or no TLS version",
            )
            for sign in (
                "TLSV1_ALERT_PROTOCOL_VERSION",
                "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
                "UNSUPPORTED_PROTOCOL",
                "NO_PROTOCOLS_AVAILABLE",
                "SSLV3_ALERT_HANDSHAKE_FAILURE",
                "DH_KEY_TOO_SMALL",
            )
        ),
        (
            ssl_error("[SSL: TLSV1_ALERT_UNKNOWN_CA] unknown ca"),
            ConnectionNotMade,
            "is not trusted (TLSV1_ALERT_UNKNOWN_CA",
        ),
        (ssl_error("[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] bad record mac"), ResponseLost, "was closed"),
        (ssl_error("EOF occurred in violation of protocol"), ResponseLost, "was closed"),
    ],
)
def test_connection_error_has_flag_for_sent_request(transport, wire, broken, kind, expected):
    wire.get(URL, body=broken)
    with pytest.raises(kind) as error:
        transport().send(a_request())
    assert str(error.value).startswith("Could not list the machines: ")
    assert expected in str(error.value)
    assert error.value.may_have_acted is (kind is ResponseLost)
    assert error.value.__cause__ is None and error.value.__suppress_context__


@pytest.mark.parametrize("url", ["https://.example.com/Machines", "https://a..example.com/Machines"])
def test_request_invalid_host_is_not_sent(transport, url):
    with pytest.raises(ConnectionNotMade, match="check api_url"):
        transport(retries=0).send(a_request(url=url))


@pytest.fixture
def attempts(monkeypatch):
    """Count the attempts to connect, without connections and pauses."""
    tried = []

    def refuse(address, *_args, **_options):
        tried.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(urllib3.util.connection, "create_connection", refuse)
    monkeypatch.setattr(urllib3.util.Retry, "sleep", lambda *_args: None)
    return tried


@pytest.mark.parametrize("write", [False, True])
def test_connection_refused_retried_even_for_write(transport, attempts, write):
    with pytest.raises(ConnectionNotMade, match="Connection refused"):
        transport(retries=3).send(a_request("POST" if write else "GET", LOCAL_URL, write=write))
    assert len(attempts) == 1 + 3


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sent_request_not_resent_by_adapter(transport, monkeypatch, method):
    tried = []

    def lose(pool, *_args, **_options):
        tried.append(method)
        raise urllib3.exceptions.ReadTimeoutError(pool, LOCAL_URL, "read timed out")

    monkeypatch.setattr(urllib3.HTTPConnectionPool, "_make_request", lose)
    with pytest.raises(ResponseLost):
        transport(retries=3).send(a_request(method, LOCAL_URL))
    assert len(tried) == 1


@pytest.fixture
def early():
    """Return the URL of a server that announces its first response with 103, a moment before."""
    bodies = [b"second", b"first"]

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            while self.rfile.readline().strip():
                while self.rfile.readline().strip():
                    pass
                body = bodies.pop()
                if body == b"first":
                    self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
                    time.sleep(0.2)
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/cvad/manage/Machines"
        server.shutdown()


def test_interim_response_not_read_as_next_response(transport, early):
    """The final response would be taken for that of the next request."""
    one = transport()
    with pytest.raises(ResponseLost, match="before the response was complete"):
        one.send(a_request(url=early))
    assert one.send(a_request(url=early)).text == "second"


def test_request_printed_without_secret():
    secret = "fake-client-secret-0123456789abcdefghijklmnopqrstuvwxyz"
    shown = repr(a_request(headers={"X": secret}, json={"ClientSecret": secret}, form={"client_secret": secret}))
    assert secret not in shown
    assert TOKEN not in shown
    assert TOKEN not in repr(Token(TOKEN))


def test_response_above_32_mib_rejected(transport, wire):
    largest = 32 * 1024 * 1024

    def compressed(size):
        return {"body": gzip.compress(b"x" * size, 1), "headers": {"Content-Encoding": "gzip"}}

    wire.get(URL, **compressed(largest))
    assert len(transport().send(a_request()).text) == largest
    wire.replace("GET", URL, **compressed(largest + 1))
    with pytest.raises(ResponseTooLarge, match=f"exceeds {largest} bytes; check api_url and proxies") as caught:
        transport().send(a_request())
    assert caught.value.may_have_acted


def test_response_above_limit_ends_its_connection(transport, monkeypatch):
    """The server would send the rest of an endless response."""
    monkeypatch.setattr(_transport, "LARGEST_BODY", 10_000)
    closed = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65536)
            self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            with suppress(OSError):
                while True:
                    self.request.sendall(b"x" * 65536)
            closed.set()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/cvad/manage/Machines"
        with pytest.raises(ResponseTooLarge) as caught:
            transport().send(a_request(url=url))
        server.shutdown()
        assert closed.wait(10), caught


@pytest.fixture
def securely(transport, secure_site):
    """Return a function that sends two requests to that site and returns the statuses."""

    def send(**given):
        sending = transport(deployment="on_premises", api_url=secure_site, retries=0, **given)
        return [sending.send(a_request(url=secure_site)).status for _count in range(2)]

    return send


def test_transport_unknown_authority_not_trusted(securely):
    with pytest.raises(ConnectionNotMade, match=r"is not trusted .*; set ca_path to the CA certificate"):
        securely()


def test_transport_ca_path_trusts_certificate(securely, authority, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    assert securely(ca_path=str(tmp_path / "ca.pem")) == [200, 200]


def test_transport_validate_certs_false_no_python_warning(securely, recwarn):
    assert securely(validate_certs=False) == [200, 200]
    assert not recwarn.list


def test_adapter_sets_tls_of_each_pool_once(transport, authority, tmp_path):
    """requests before 2.32 create pools without TLS settings."""
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    adapter = transport()._adapter
    adapter.cert_verify(POOL, URL, str(bundle), None)
    assert (POOL.cert_reqs, POOL.ca_certs) == ("CERT_REQUIRED", str(bundle))
    bundle.unlink()
    adapter.cert_verify(POOL, URL, str(bundle), None)
