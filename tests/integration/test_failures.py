# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures: one sentence with a remedy, without traceback, without secrets at any verbosity."""

from __future__ import annotations

import base64
import socket

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client import throttle
from support.tunnel import Tunnel
from urllib3.exceptions import InsecureRequestWarning

INFO = {"sessionops.citrix.citrix_machine_sessions_info": {"machine": ["LAB\\vda-001"]}}


def secrets_of(simulator) -> list[str]:
    facts = simulator.facts
    account = f"{facts['username']}:{facts['password']}".encode()
    return [facts["client_secret"], facts["password"], base64.b64encode(account).decode()]


def tokens_of(simulator) -> set[str]:
    """Return the tokens that were sent, from the log."""
    return {
        call["headers"]["authorization"].split("=", 1)[1]
        for call in simulator.calls()
        if call["headers"].get("authorization", "").startswith("CWSAuth")
    }


@pytest.fixture
def fails(simulator, modules):
    """Return a function that runs a module, checks its failure, and returns the message."""

    def run(connection: dict, env: dict | None = None, server=simulator) -> str:
        done = modules([INFO], connection=connection, env=env)
        assert done.code != 0
        assert "Traceback" not in done.output
        message = done.result["msg"]
        assert "\n" not in message
        for secret in [*secrets_of(server), *tokens_of(server)]:
            assert secret not in done.output
        return message

    return run


def test_wrong_secret_in_cloud(simulator, fails):
    message = fails({**simulator.cloud, "client_secret": "not-the-secret-of-this-client"})
    assert "client_id and client_secret" in message
    assert "HTTP 400" in message
    assert simulator.kinds() == ["sign-in"]


def test_wrong_password_on_premises(simulator, fails):
    message = fails({**simulator.on_premises, "password": "not-the-password-of-this-account"})
    assert "DOMAIN\\user" in message
    assert simulator.kinds() == ["sign-in"]


@pytest.mark.parametrize("deployment", ["cloud", "on_premises_direct"])
def test_wrong_site(simulator, fails, deployment):
    message = fails({**getattr(simulator, deployment), "site_id": "00000000-0000-0000-0000-000000000000"})
    assert "site_id" in message


def test_wrong_customer(simulator, fails):
    known = {"api_url": simulator.url, "customer_id": "somebodyelse", "access_token": simulator.token()}
    assert "customer_id" in fails(known)


def test_unreachable_host(simulator, fails):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    message = fails({**simulator.cloud, "api_url": url, "retries": 1})
    assert "Connection refused" in message
    assert "check api_url" in message


def test_unresolvable_host(simulator, fails):
    assert "check api_url" in fails({**simulator.on_premises, "api_url": "https://ddc.invalid", "retries": 1})


def test_given_token_expired(simulator, fails):
    given = {"api_url": simulator.url, "customer_id": "simulated", "access_token": simulator.token()}
    simulator.fault({"path": "me", "expire_tokens": "cws_exception"})
    message = fails(given)
    assert "expired" in message
    assert simulator.counts()["sign-in"] == 1


def test_revoked_secret_ends_at_once(simulator, fails):
    refused = {"status": 400, "body": {"error": "invalid_client"}}
    simulator.fault(
        {"path": "me", "expire_tokens": "error_response"}, {"path": "tokens/clients", "after": 1, "answer": refused}
    )
    assert "client_secret" in fails(simulator.cloud)
    assert simulator.kinds() == ["sign-in", "me", "sign-in"]


def test_exhausted_quota_ends_at_stall_limit(simulator, fails, monkeypatch):
    monkeypatch.setattr(throttle, "STALL_LIMIT", 3.0)
    simulator.fault({"path": "me", "throttle": {"hint": "seconds", "value": 0, "status": 429}})
    message = fails({**simulator.cloud, "retries": 0})
    assert "no usable response for 3 seconds" in message
    assert simulator.counts()["me"] > 3


def test_html_page_from_gateway(simulator, fails):
    page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    simulator.fault({"path": "me", "answer": {"status": 502, "body": page, "content_type": "text/html"}})
    message = fails({**simulator.cloud, "retries": 1})
    assert "an HTML page, 502 Bad Gateway" in message
    assert "check api_url and proxies" in message


def test_token_echoed_by_server_not_in_output(simulator, play):
    token = simulator.token()
    simulator.fault(
        {"path": "tokens/clients", "answer": {"status": 200, "body": {"access_token": token, "expires_in": "3600"}}},
        {"path": "me", "answer": {"status": 403, "body": f"denied: CWSAuth bearer={token}"}},
    )
    # A given token, which no_log covers, and one from a sign-in, which only the client has.
    ((name, options),) = INFO.items()
    run = play(
        [{name: {**options, "access_token": token}, "ignore_errors": True}, INFO], "-vvvv", connection=simulator.cloud
    )
    assert simulator.kinds()[1:] == ["me", "sign-in", "me"]
    assert "denied: CWSAuth bearer=***" in run.result["msg"]
    assert not [secret for secret in [token, *secrets_of(simulator)] if secret in run.output]


@pytest.mark.parametrize("path", ["me", "tokens/clients", "Machines"])
def test_redirect_not_followed_and_names_region(simulator, fails, path):
    simulator.fault({"path": path, "redirect": {"status": 307, "location": "https://api-eu.cloud.example/cvad/manage"}})
    message = fails(simulator.cloud)
    assert "HTTP 307" in message
    assert "https://api-eu.cloud.example; if this is your region, set api_url" in message


def test_http_to_other_host_rejected_before_any_request(simulator, fails):
    message = fails({**simulator.cloud, "api_url": "http://api.cloud.example"})
    assert "unencrypted" in message
    assert "https://" in message
    assert simulator.calls() == []


def test_missing_credential_named_with_variable(simulator, fails):
    message = fails({"api_url": simulator.url, "customer_id": "simulated", "client_id": "id"})
    assert message.startswith("client_secret:")
    assert "CITRIX_CLIENT_SECRET" in message


@pytest.fixture
def secured(secure):
    return secure("ctx.test")


@pytest.fixture
def tls(secured):
    """Return a simulator with TLS."""
    return secured[0]


@pytest.fixture
def bundle(secured):
    """Return the file of its CA certificate."""
    return secured[1]


def test_untrusted_certificate(tls, fails):
    message = fails(tls.cloud, server=tls)
    assert "is not trusted" in message
    assert "ca_path" in message
    assert tls.calls() == []


def test_certificates_always_verified_in_cloud(tls, fails):
    message = fails({**tls.cloud, "validate_certs": False}, server=tls)
    assert message.startswith("validate_certs:")
    assert tls.calls() == []


def test_ca_path_and_bundle_of_environment_trusted(tls, bundle, modules):
    run = modules([INFO], connection={**tls.cloud, "ca_path": bundle})
    assert run.code == 0, run.output
    run = modules([INFO], connection=tls.cloud, env={"REQUESTS_CA_BUNDLE": bundle})
    assert run.code == 0, run.output


def test_certificate_unverified_on_premises_if_disabled(tls, modules, recwarn):
    run = modules([INFO], connection={**tls.on_premises, "validate_certs": False})
    assert run.code == 0, run.output
    assert not [warning for warning in recwarn if warning.category is InsecureRequestWarning]


@pytest.fixture
def behind_a_proxy(tls, bundle):
    """Return a function that returns (connection, environment) of a TLS server behind a proxy."""
    proxies = []

    def make(refuses: bool) -> tuple[dict, dict]:
        proxies.append(Tunnel(None if refuses else int(tls.url.rsplit(":", 1)[1])))
        urls = {"api_url": "https://ctx.test", "token_url": "https://ctx.test/cctrustoauth2/simulated/tokens/clients"}
        return {**tls.cloud, **urls, "ca_path": bundle}, {"HTTPS_PROXY": proxies[-1].url}

    yield make
    for proxy in proxies:
        proxy.close()


def test_refusing_proxy_named(behind_a_proxy, tls, fails):
    connection, env = behind_a_proxy(refuses=True)
    assert "check HTTPS_PROXY and NO_PROXY" in fails(connection, env, tls)


def test_start_with_closed_tunnel_confirmed(behind_a_proxy, tls, modules):
    connection, env = behind_a_proxy(refuses=False)
    session = tls.recordable_on("LAB\\vda-001")[0]["id"]
    tls.fault({"path": "startRecording", "drop": {"acts": True}})
    task = {"sessionops.citrix.citrix_session_recording": {"state": "started", "session_id": [session]}}
    run = modules([task], connection=connection, env=env)
    assert run.code == 0, run.output
    assert run.result["sessions"][0]["result"] == "started"
    assert tls.state()[session]["starts"] == 1


def test_netrc_and_proxy_of_environment_ignored_on_loopback(simulator, modules, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password someones-password-in-netrc\n", encoding="utf-8")
    netrc.chmod(0o600)
    proxy = "http://127.0.0.1:9"
    env = {"NETRC": str(netrc), "HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "ALL_PROXY": proxy}
    run = modules([INFO], connection=simulator.cloud, env=env)
    assert run.code == 0, run.output
    assert all(not call["headers"].get("authorization", "").startswith("Basic") for call in simulator.calls())
