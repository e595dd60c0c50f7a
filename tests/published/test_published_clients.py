# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Behavior of Citrix's own clients that the samples do not show, with complete modules."""

from __future__ import annotations

import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from integration.conftest import inventory
from published.conftest import CUSTOMER, MACHINE, ON_MACHINE, SESSION
from published.replay import made, sample

__all__ = ["inventory"]

ONE = json.loads(sample("start_recording_2022").content)
OTHER = {**ONE, "Id": "b7a4c1de-0000-4000-8000-000000000002"}
EXPIRED = made({"type": "https://errors-api.cloud.com/common/invalidParameter", "detail": "The token expired."}, 400)
TIMED_OUT = made({"detail": "Request Timeout"}, 408)
LIMITED = made({"detail": "The value of limit must not exceed 250."}, 400)
PROTOCOL_ALERT = b"\x15\x03\x01\x00\x02\x02\x46"
"""A TLS record with the fatal alert protocol_version."""


def page(*sessions, token=None, **members):
    return made({"Items": sessions, "ContinuationToken": token, **members})


def queries(site, name):
    """Return the values of a query parameter in the requests of lists so far."""
    return [sent.query.get(name) for sent in site.sent if sent.path.endswith(("/Sessions", "/Machines"))]


# Sign-in


@pytest.fixture
def tunnels():
    """Return a proxy that refuses each tunnel, with its URL and the requested hosts."""
    hosts = []

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self):
            hosts.append(self.path)
            self.send_error(403)

        def log_message(self, *_given):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", hosts
        server.shutdown()


@pytest.mark.parametrize(
    ("options", "host"),
    [
        ({"deployment": "gov", "api_url": "https://api.cloud.us/cvad/manage"}, "trust.citrixworkspacesapi.us"),
        ({"api_url": f"https://{CUSTOMER}.xendesktop.net"}, "api.cloud.com"),
        ({"api_url": "https://api-eu.cloud.com/CVAD/Manage"}, "api-eu.cloud.com"),
        (
            {"api_url": "https://gateway.example.com/cvad", "token_url": "https://login.example.com/x"},
            "login.example.com",
        ),
    ],
)
def test_sign_in_host_follows_environment_not_api_url(site, run, tunnels, options, host):
    proxy, hosts = tunnels
    result = run("citrix_site_info", connection={**site.cloud, **options}, env={"HTTPS_PROXY": proxy})
    assert (result["failed"], hosts) == (True, [f"{host}:443"])


def test_refused_sign_in_shows_transaction_of_trust_service(site, run):
    refusal = made({"error": "invalid_client"}, 401)
    site.on(f"POST /{CUSTOMER}/tokens/clients", refusal._replace(headers={"X-Cws-TransactionId": "cws-17"}))
    assert "[transaction cws-17]" in run("citrix_site_info", connection=site.gov)["msg"]


def test_gateway_error_shows_activity_as_transaction(site, run):
    site.api("GET", "Machines", made({"statusCode": 500, "message": "Internal error", "activityId": "act-17"}, 500))
    assert "[transaction act-17]" in run("citrix_machines_info")["msg"]


# Lists


def test_repeated_token_without_new_session_ends_list(site, run):
    site.api("GET", "Sessions", page(ONE, token="t"))
    result = run("citrix_sessions_info")
    assert [session["id"] for session in result["sessions"]] == [SESSION]
    assert queries(site, "continuationToken") == [None, "t"]


def test_list_of_machine_takes_no_token(site, run):
    site.api("GET", ON_MACHINE, page(ONE, token="t"))
    result = run("citrix_machine_sessions_info", machine=[MACHINE])
    assert result["machines"] == {MACHINE: 1}
    assert queries(site, "continuationToken") == [None]


def test_expired_token_restarts_list_once(site, run):
    site.api("GET", "Sessions", page(ONE, token="old"), EXPIRED, page(ONE, token="new"), page(OTHER))
    result = run("citrix_sessions_info")
    assert [session["id"] for session in result["sessions"]] == [ONE["Id"], OTHER["Id"]]
    assert queries(site, "continuationToken") == [None, "old", None, "new"]


def test_rejected_limit_falls_back_to_250(site, run):
    site.api("GET", "Sessions", LIMITED, page(ONE))
    assert len(run("citrix_sessions_info")["sessions"]) == 1
    assert queries(site, "limit") == ["1000", "250"]


def test_408_of_read_is_retried(site, run):
    site.api("GET", "Sessions", TIMED_OUT, page(ONE))
    assert len(run("citrix_sessions_info", connection={**site.cloud, "retries": 1})["sessions"]) == 1


def test_cookie_of_load_balancer_returned(site, run):
    me = sample("me_2020")
    site.api("GET", "me", me._replace(headers={**me.headers, "Set-Cookie": "node=a; Path=/; HttpOnly"}))
    site.api("GET", "Sessions", page(ONE, token="t"), page(OTHER))
    run("citrix_sessions_info")
    assert [sent.headers.get("cookie") for sent in site.sent] == [None, None, "node=a", "node=a"]


@pytest.mark.parametrize("refuses", [True, False])
def test_users_searched_by_published_property_first(site, run, refuses):
    first = made({"detail": "CurrentUser cannot be searched."}, 400) if refuses else page()
    site.api("POST", "Sessions/$search", first, page({**ONE, "User": {"Name": "EXAMPLE\\user01"}}))
    result = run("citrix_sessions_info", user=["EXAMPLE\\user01"])
    assert [session["id"] for session in result["sessions"]] == [SESSION]
    bodies = [sent.body for sent in site.sent if sent.path.endswith("$search")]
    assert '"CurrentUser"' in bodies[0] and '"UserName"' in bodies[1]


def test_machine_catalog_looked_up_with_its_folder(site, inventory, tmp_path):
    machine = json.loads(sample("machines_list_2020").content)["Items"][0]
    catalog = {"Id": machine["MachineCatalog"]["Id"], "Name": "MC_01", "FullName": "Office\\MC_01"}
    site.api("GET", "MachineCatalogs/Office%7CMC_01", made(catalog))
    site.api("POST", "Machines/$search", made({"Items": [machine]}))
    source = {"plugin": "sessionops.citrix.citrix_machines", **site.cloud, "machine_catalog": ["Office\\MC_01"]}
    path = tmp_path / "site.citrix_machines.yml"
    path.write_text(json.dumps(source), encoding="utf-8")
    assert len(inventory(str(path)).hosts) == 1


# TLS


def test_protocol_alert_not_retried_and_names_tls_versions(site, run):
    accepted = []

    def alert():
        while True:
            try:
                connection, _address = server.accept()
            except OSError:
                return
            with connection:
                accepted.append(connection.recv(65536))
                connection.sendall(PROTOCOL_ALERT)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=alert, daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        result = run("citrix_site_info", connection={**site.cloud, "api_url": url, "retries": 2})
        server.shutdown(socket.SHUT_RDWR)
    thread.join()
    assert "does not support TLS, or no TLS version that is allowed here" in result["msg"]
    assert len(accepted) == 1
