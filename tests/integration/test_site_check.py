# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_site_check with the simulator: results of each check, limits, proof, report."""

from __future__ import annotations

import base64
import errno
import json
import socket
import tempfile
import time
from unittest.mock import Mock

import pytest
from support.simulator_process import Simulator
from support.tunnel import Tunnel

CHECK = "sessionops.citrix.citrix_site_check"
MOST_REQUESTS = 60
GUID = "5f0c9a1e-7b2d-4c3e-8a4f-0b1c2d3e4f50"


@pytest.fixture
def check(modules):
    """Return a function that runs the check and returns (result, checks by id)."""

    def run(connection, check_mode=False, env=None, **options):
        task = {CHECK: options, "ignore_errors": True, "check_mode": check_mode}
        result = modules([task], connection=connection, env=env).result
        assert result["checks"], result
        return result, {entry["id"]: entry for entry in result["checks"]}

    return run


def answer(status, body, **more):
    return {"answer": {"status": status, "body": body, **more}}


def writes(simulator):
    return [call for call in simulator.calls() if call["path"].endswith(("$startRecording", "$stopRecording"))]


@pytest.mark.parametrize("deployment", ["cloud", "gov", "on_premises", "on_premises_direct"])
def test_site_check_good_site_all_checks_pass(simulator, check, deployment):
    result, checks = check(getattr(simulator, deployment))
    assert {name: entry for name, entry in checks.items() if entry["status"] in ("warning", "failed")} == {}
    skipped = {"proxy_resolution", "proxy_connection", "tls", "secret_expiry"}
    assert {name for name, entry in checks.items() if entry["status"] == "skipped"} == skipped
    assert (result["failed"], result["changed"], result["writes_sent"]) == (False, False, 0)
    assert result["summary"]["requests"] == len(simulator.calls()) <= MOST_REQUESTS
    assert writes(simulator) == []
    assert result["suggested"]["max_concurrency"] == 10
    assert "--check" in result["next_steps"][0]


ROLES = [{"IsAllScope": True}, {"Id": "1", "Name": "Own", "Permissions": []}]
# For each check: the settings of the simulator, its faults, and the expected status and a part of the remedy.
BAD = {
    "api_response": ({}, [{"path": "me$", "times": 1, **answer(404, "Nothing here.")}], "warning", "api_url"),
    "clock": ({"clock_offset": 600}, [], "warning", "Synchronize the clock"),
    "sign_in_endpoint": ({}, [{"path": "clients|Tokens", **answer(502, "<html>Bad</html>")}], "failed", "token_url"),
    "credential": ({}, [{"path": "clients|Tokens", **answer(401, {"error": "invalid_client"})}], "failed", "Check"),
    "token_lifetime": ({"token_lifetime": 300}, [], "warning", "new token"),
    "account": ({}, [{"path": "me$", "after": 1, **answer(200, {"Customers": []})}], "failed", "administrator role"),
    "site": ({"sites": 2}, [], "failed", "Set one of"),
    "product": ({}, [{"path": "Sites/", **answer(200, {"Id": "x"})}], "warning", "in the console"),
    "effective_rights": (
        {},
        [{"path": "EffectiveRights", **answer(200, {"Items": []})}],
        "failed",
        "administrator role",
    ),
    "right_to_list": (
        {},
        [{"path": "EffectiveRights", **answer(200, {"Items": [{"Scope": ROLES[0], "Role": ROLES[1]}]})}],
        "failed",
        "a role that includes it",
    ),
    "right_to_record": ({"role": "read_only"}, [], "failed", "a role that includes it"),
    "right_to_groups": (
        {},
        [
            {"path": "EffectiveRights", **answer(200, {"Items": [{"Scope": ROLES[0], "Role": ROLES[1]}]})},
            {"path": "Permissions", **answer(404, "")},
        ],
        "warning",
        "Check the role",
    ),
    "scopes": ({"scope": "limited"}, [], "warning", "scope All"),
    "sessions": ({"sessions": 0}, [], "warning", "role and scope"),
    "fields": ({}, [{"path": "Sessions$", **answer(200, {"Items": [{"Id": "1", "User": {}}]})}], "warning", "longer"),
    "page_size": ({}, [{"path": "Sessions$", "session": "limit=1000", **answer(400, "limit")}], "warning", "of 250"),
    "second_page": (
        {},
        [{"path": "Sessions$", "session": "continuationtoken", **answer(200, {"Items": []})}],
        "failed",
        "proxies",
    ),
    "machine_by_name": ({}, [{"path": "Machines/LAB", **answer(404, {"detail": "None."})}], "failed", "Check the name"),
    "machine_by_dns_name": (
        {},
        [{"path": "Machines/.search", **answer(200, {"Items": []})}],
        "warning",
        "DOMAIN\\NAME",
    ),
    "machine_by_id": (
        {},
        [{"path": "Machines/[0-9a-f-]{36}$", **answer(200, {"Id": GUID})}],
        "warning",
        "DOMAIN\\NAME",
    ),
    "delivery_group": ({}, [{"path": "DeliveryGroups/", **answer(403, {"detail": "No."})}], "failed", "role"),
    "search_CurrentUser": ({"user_search": "UserName"}, [], "warning", "all sessions"),
    "search_UserName": ({"user_search": "CurrentUser", "unknown_search": "refused"}, [], "warning", "all sessions"),
    "search_machine": ({}, [{"path": "Sessions/.search", **answer(200, {"Items": []})}], "failed", "session_id"),
    "search_delivery_group": ({}, [{"path": "Sessions/.search", **answer(200, {"Items": []})}], "failed", "report it"),
    "search_case": (
        {},
        [{"path": "Sessions/.search", "after": 2, "times": 1, **answer(200, {"Items": []})}],
        "warning",
        "in the case",
    ),
    "search_groups": (
        {},
        [{"path": "Sessions/.search", "after": 5, **answer(200, {"Items": []})}],
        "failed",
        "one value",
    ),
    "total_items": (
        {},
        [{"path": "Sessions/.search", "after": 6, **answer(200, {"Items": [], "TotalItems": 99})}],
        "warning",
        "scope of the account",
    ),
    "recording_status": ({}, [{"path": "RecordingStatus", **answer(200, {})}], "failed", "Session Recording"),
    "unknown_session": (
        {},
        [{"path": "RecordingStatus", "after": 20, "times": 1, **answer(200, {"IsSessionBeingRecorded": False})}],
        "warning",
        "Report it",
    ),
    "batch_of_2": ({"batch_support": False}, [], "warning", "batch_size at 0"),
    "batch_of_20": ({}, [{"path": "batch$", "batch": "item_missing"}], "warning", "batch_size at 0"),
    "batch_of_2, no items found": ({}, [{"path": "batch$", "batch": "paths_unknown"}], "warning", "batch_size at 0"),
    "sessions, no list": ({}, [{"path": "Sessions$", **answer(200, {"items": []})}], "failed", "api_url and proxies"),
    "rate_limit": (
        {},
        [{"path": "Sessions$", "times": 1, "throttle": {"hint": "seconds", "value": 0.1}}],
        "warning",
        "max_concurrency",
    ),
}


@pytest.mark.parametrize("deployment", ["cloud", "on_premises"])
@pytest.mark.parametrize("name", BAD)
def test_site_check_bad_site_names_remedy(simulator, check, deployment, name):
    settings, faults, status, remedy = BAD[name]
    name = name.partition(",")[0]
    simulator.reset(**settings)
    simulator.fault(*faults)
    result, checks = check(getattr(simulator, deployment))
    entry = checks[name]
    assert (entry["status"], remedy in entry["remedy"]) == (status, True), entry
    assert result["failed"] == any(each["status"] == "failed" for each in checks.values())
    assert f"{name}: {entry['remedy']}" in result["next_steps"]
    assert [each["status"] for each in result["checks"]] == sorted(
        (each["status"] for each in result["checks"]), key=["ok", "skipped", "warning", "failed"].index
    )
    assert result["summary"]["requests"] <= MOST_REQUESTS


def test_site_check_options_incomplete(check, simulator):
    result, checks = check({"api_url": simulator.url, "customer_id": "simulated", "client_id": "id"})
    assert result["failed"]
    assert checks.pop("options")["status"] == "failed"
    assert {entry["status"] for entry in checks.values()} == {"skipped"}
    assert result["next_steps"][0].startswith("options: Set client_id and client_secret")
    assert simulator.calls() == []


def test_site_check_host_does_not_resolve(check, simulator):
    _result, checks = check({**simulator.on_premises, "api_url": "https://no-such-host.invalid"})
    assert checks["api_resolution"]["status"] == "failed"
    assert "DNS" in checks["api_resolution"]["remedy"]
    assert checks["api_connection"]["status"] == "failed"


def test_site_check_port_closed(check, simulator):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    result, checks = check({**simulator.on_premises, "api_url": f"https://127.0.0.1:{port}"})
    assert checks["api_resolution"]["status"] == "ok"
    assert checks["api_connection"]["status"] == "failed"
    assert "firewall" in checks["api_connection"]["remedy"]
    assert result["summary"]["requests"] <= MOST_REQUESTS


@pytest.mark.parametrize("listens", [True, False])
def test_site_check_proxy_skips_host_of_api(check, simulator, listens):
    proxy = Tunnel(None)
    if not listens:
        proxy.close()
    env = {"HTTPS_PROXY": proxy.url.replace("//", "//user:secret-of-proxy@")}
    result, checks = check({**simulator.on_premises, "api_url": "https://ddc.invalid"}, env=env)
    if listens:
        proxy.close()
    states = {name: checks[name]["status"] for name in ("proxy_resolution", "proxy_connection", "tls")}
    assert states == {"proxy_resolution": "ok", "proxy_connection": "ok" if listens else "failed", "tls": "failed"}
    assert {checks[name]["status"] for name in ("api_resolution", "api_connection")} == {"skipped"}
    assert "prox" in checks["tls"]["remedy"]
    assert listens or "HTTPS_PROXY" in checks["proxy_connection"]["remedy"]
    assert "secret-of-proxy" not in json.dumps(result)


def test_site_check_reads_certificate_through_proxy(check, secure):
    server, bundle = secure("ddc.invalid")
    proxy = Tunnel(int(server.url.rsplit(":", 1)[1]))
    env = {"HTTPS_PROXY": proxy.url.replace("//", "//user:p%40ss@")}
    connection = {**server.on_premises, "api_url": "https://ddc.invalid", "ca_path": bundle}
    result, checks = check(connection, env=env)
    proxy.close()
    assert {name: checks[name]["status"] for name in ("proxy_resolution", "proxy_connection", "tls", "sessions")} == {
        "proxy_resolution": "ok",
        "proxy_connection": "ok",
        "tls": "ok",
        "sessions": "ok",
    }
    assert "certificate of 127.0.0.1, ddc.invalid" in checks["tls"]["observed"]
    assert result["failed"] is False
    credentials = base64.b64encode(b"user:p@ss").decode()
    assert proxy.heads and {
        head.startswith("CONNECT ddc.invalid:443 ") and f"Proxy-Authorization: Basic {credentials}" in head
        for head in proxy.heads
    } == {True}


DAYS = {"valid": (400, "ok", ""), "short": (10, "warning", "Renew"), "expired": (-2, "failed", "Renew")}


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("case", DAYS)
def test_site_check_certificate(check, secure, case, trusted):
    days, status, remedy = DAYS[case]
    server, bundle = secure(days=days)
    _result, checks = check({**server.cloud, **({"ca_path": bundle} if trusted else {})})
    if trusted:
        assert (checks["tls"]["status"], remedy in checks["tls"]["remedy"]) == (status, True), checks["tls"]
    else:
        assert checks["tls"]["status"] == "failed"
        assert "ca_path" in checks["tls"]["remedy"]
    assert checks["credential"]["status"] == ("ok" if trusted and days > 0 else "failed")
    _result, checks = check({**server.on_premises, "validate_certs": False})
    assert (checks["tls"]["status"], checks["sessions"]["status"]) == ("warning", "ok")


@pytest.mark.parametrize("days", [10, 100])
def test_site_check_secret_expiry_reported_by_api(simulator, check, days):
    body = {
        "access_token": simulator.token(),
        "expires_in": "3600",
        "client_secret_expires_at": time.time() + days * 86400 + 60,
    }
    simulator.fault({"path": "clients", **answer(200, body)})
    _result, checks = check(simulator.cloud)
    assert checks["secret_expiry"]["status"] == ("warning" if days < 30 else "ok")
    assert f"in {days} days" in checks["secret_expiry"]["observed"]


def test_site_check_access_token(simulator, check):
    token = simulator.token()
    connection = {"api_url": simulator.url, "customer_id": simulator.facts["customer_id"], "access_token": token}
    result, checks = check(connection)
    assert (checks["sign_in_endpoint"]["status"], checks["credential"]["status"]) == ("skipped", "ok")
    assert checks["token_lifetime"]["status"] == "ok"
    result, checks = check({**connection, "access_token": "wrong-token-0123456789"})
    assert checks["credential"]["status"] == "failed"
    assert "new access_token" in checks["credential"]["remedy"]
    assert token not in json.dumps(result)


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
@pytest.mark.parametrize("deployment", ["cloud", "on_premises"])
def test_site_check_all_fails_at_once(simulator, check, deployment, status):
    simulator.fault(
        {"path": "me$|Tokens|clients", "latency": 0}, {"path": "manage/(?!me|Tokens)", **answer(status, "Oh!")}
    )
    result, checks = check(getattr(simulator, deployment))
    assert result["failed"]
    after = [entry for entry in result["checks"] if entry["group"] in ("rights", "reading", "recording")]
    assert not [entry for entry in after if entry["status"] == "ok" and entry["id"] != "unknown_session"]
    assert all(entry["remedy"] for entry in after if entry["status"] != "skipped" and entry["status"] != "ok")
    assert checks["sessions"]["status"] == "failed"
    assert checks["sessions"]["remedy"]
    assert len(simulator.calls()) <= MOST_REQUESTS


@pytest.mark.parametrize("deployment", ["cloud", "on_premises"])
@pytest.mark.parametrize("status", [401, 404, 500])
def test_site_check_connection_and_sign_in_fail_at_once(simulator, check, deployment, status):
    simulator.reset(clock_offset=600, role="read_only", scope="limited")
    simulator.fault({"path": ".", **answer(status, "Oh!")})
    result, checks = check({**getattr(simulator, deployment), "retries": 0})
    bad = {name for name, entry in checks.items() if entry["status"] in ("failed", "warning")}
    assert {"clock", "credential"} <= bad
    assert ("api_response" in bad) == (status == 404)
    reached = {"options", "api_resolution", "api_connection", "api_response", "sign_in_endpoint"}
    assert {name for name, entry in checks.items() if entry["status"] == "ok"} <= reached
    assert set(result["next_steps"]) == {f"{name}: {checks[name]['remedy']}" for name in bad}
    assert all(checks[name]["remedy"] for name in bad)
    assert result["failed"] and len(simulator.calls()) <= MOST_REQUESTS


@pytest.mark.parametrize("deployment", ["cloud", "on_premises"])
def test_site_check_clock_rights_and_reading_fail_at_once(simulator, check, deployment):
    simulator.reset(clock_offset=-600, role="read_only", scope="limited", batch_support=False)
    simulator.fault({"path": "Sessions$|search$|RecordingStatus|Machines|DeliveryGroups|Sites/", **answer(403, "No.")})
    result, checks = check({**getattr(simulator, deployment), "retries": 0})
    bad = {name for name, entry in checks.items() if entry["status"] in ("failed", "warning")}
    assert bad == {
        *("clock", "product", "right_to_record", "scopes"),
        *("sessions", "page_size", "second_page", "unknown_session"),
    }
    assert set(result["next_steps"]) == {f"{name}: {checks[name]['remedy']}" for name in bad}
    assert all(checks[name]["remedy"] for name in bad)


def test_site_check_quota_within_request_limit(simulator, check):
    simulator.reset(quota="window", quota_rate=10, quota_seconds=1)
    result, checks = check(simulator.cloud)
    assert len(simulator.calls()) <= MOST_REQUESTS
    assert checks["rate_limit"]["status"] in ("warning", "skipped")
    assert result["summary"]["requests"] <= MOST_REQUESTS


@pytest.mark.parametrize(("given", "suggested"), [(20, 4), (2, 2)])
def test_site_check_throttled_never_raises_concurrency(simulator, check, given, suggested):
    simulator.fault({"path": "/me$", "times": 1, "throttle": {"hint": "seconds", "value": 0.1}})
    result, checks = check(simulator.cloud, max_concurrency=given)
    assert result["suggested"]["max_concurrency"] == suggested
    assert f"max_concurrency to {suggested}" in checks["rate_limit"]["remedy"]


def test_site_check_retries_within_request_limit(simulator, check):
    throttle = {"times": 1, "throttle": {"hint": "seconds", "value": 0.1}}
    paths = ("RecordingStatus", "search$", "Sessions$")
    rules = [{"path": path, "after": after, **throttle} for path in paths for after in range(1, 40, 2)]
    simulator.fault(*rules)
    result, checks = check(simulator.cloud)
    assert len(simulator.calls()) == result["summary"]["requests"] == MOST_REQUESTS
    stopped = [entry for entry in checks.values() if "the site check has sent its 60 requests" in entry["observed"]]
    assert {entry["status"] for entry in stopped} == {"skipped"}
    assert checks["batch_of_20"]["status"] == "skipped"


def test_site_check_large_site_same_requests(check):
    server = Simulator("--machines", "2000", "--sessions", "100000")
    server.patience = 60
    try:
        began = time.process_time()
        result, checks = check(server.cloud)
        seconds = time.process_time() - began
        assert {entry["status"] for entry in checks.values()} <= {"ok", "skipped"}, result["next_steps"]
        assert result["summary"]["requests"] <= MOST_REQUESTS
        assert seconds < 20
    finally:
        server.close()


# The proof


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("report", "", "is empty; set it to "),
        ("prove_session_id", "", "contains an empty name"),
        ("prove_session_id", " ", "contains an empty name"),
        ("prove_session_id", "None", "'None' is the text of an empty value"),
        ("prove_session_id", "LAB\\user001", "cannot be the id of a session"),
        ("prove_session_id", f"{GUID},{GUID}", "cannot be the id of a session"),
        ("prove_session_id", f"['{GUID}']", "is a list, dictionary or template as text"),
    ],
)
def test_invalid_option_rejected_before_requests(simulator, check, option, value, problem):
    result, _checks = check(simulator.cloud, **{option: value})
    assert result["msg"].startswith(f"{option}: ") and problem in result["msg"]
    assert simulator.calls() == []


@pytest.mark.parametrize("spelled", [str, lambda session: f"{{{session.upper()}}}"])
def test_proof_session_ends_as_found(simulator, check, spelled):
    session = simulator.recordable_on("LAB\\vda-001")[0]["id"]
    simulator.fault({"path": "Recording$", "lag": 0.3})
    result, checks = check(simulator.cloud, prove_session_id=spelled(session))
    proof = {name: entry["status"] for name, entry in checks.items() if name.startswith("proof")}
    assert set(proof.values()) == {"ok"} and len(proof) == 4, checks
    state = simulator.state()[session]
    assert (state["starts"], state["stops"], state["notices"], state["recorded"]) == (1, 1, 1, False)
    assert (result["changed"], result["writes_sent"]) == (True, 2)
    assert "after 0." in checks["proof_start"]["observed"]


def test_proof_recorded_session_unchanged(simulator, check):
    session = next(each["id"] for each in simulator.state().values() if each["recorded"])
    result, checks = check(simulator.cloud, prove_session_id=session)
    assert checks["proof_session"]["status"] == "failed"
    assert "not recorded" in checks["proof_session"]["remedy"]
    assert {checks[name]["status"] for name in ("proof_start", "proof_second_start", "proof_stop")} == {"skipped"}
    assert writes(simulator) == []
    assert result["changed"] is False


def test_proof_recording_of_others_not_stopped(simulator, check):
    session = [each["id"] for each in simulator.state().values() if each["recorded"]][-1]
    # The first read of the status is older than the recording.
    status = {"path": "RecordingStatus", "session": session, "times": 1}
    simulator.fault({**status, **answer(200, {"IsSessionBeingRecorded": False})})
    result, checks = check(simulator.cloud, prove_session_id=session)
    assert checks["proof_session"]["status"] == "ok", checks["proof_session"]
    assert "another run or a policy" in checks["proof_start"]["observed"]
    assert (checks["proof_stop"]["status"], writes(simulator)) == ("skipped", [])
    assert simulator.state()[session]["recorded"] and result["failed"]


@pytest.mark.parametrize(
    ("status", "body", "observed"),
    [
        (200, {"Id": GUID, "State": "Active", "Connection": {"Protocol": "Hdx"}}, "check api_url"),
        (404, {"detail": "None."}, "there is no session with this id"),
    ],
)
def test_proof_of_another_session_not_started(simulator, check, status, body, observed):
    session = simulator.recordable_on("LAB\\vda-001")[0]["id"]
    simulator.fault({"path": f"Sessions/{session}$", **answer(status, body)})
    result, checks = check(simulator.cloud, prove_session_id=session)
    assert (checks["proof_session"]["status"], writes(simulator)) == ("failed", []), result
    assert observed in " ".join(checks["proof_session"][part] for part in ("observed", "remedy")).lower()


def test_proof_check_mode_changes_nothing(simulator, check, tmp_path):
    session = simulator.recordable_on("LAB\\vda-001")[0]["id"]
    report = tmp_path / "report.json"
    result, checks = check(simulator.cloud, check_mode=True, prove_session_id=session, report=str(report))
    assert checks["proof_session"]["status"] == "skipped"
    assert (writes(simulator), report.exists(), result["changed"]) == ([], False, False)


def test_proof_refused_start(simulator, check):
    simulator.reset(role="no_recording")
    session = simulator.recordable_on("LAB\\vda-001")[0]["id"]
    _result, checks = check(simulator.cloud, prove_session_id=session)
    assert checks["proof_start"]["status"] == "failed"
    assert "role" in checks["proof_start"]["remedy"]
    assert checks["proof_stop"]["status"] == "ok"
    assert simulator.state()[session]["starts"] == 0


def test_proof_failed_stop_shows_stop_command(simulator, check, tmp_path):
    session = simulator.recordable_on("LAB\\vda-001")[0]["id"]
    simulator.fault({"path": "stopRecording", **answer(403, {"detail": "No."})})
    report = tmp_path / "report.json"
    _result, checks = check(simulator.cloud, prove_session_id=session, report=str(report))
    assert session not in report.read_text("utf-8")
    assert checks["proof_stop"]["status"] == "failed"
    assert "Stop it" in checks["proof_stop"]["remedy"]


# The report

SECRETS = (
    "Jane.Roe",
    "roe-laptop",
    "ACME",
    "Payroll",
    "10.107.1.34",
    "2001:db8::77",
    "fe80::1%eth0",
    "jane@acme.example",
)
SECRETS = (
    *SECRETS,
    "493055512",
    "S-1-5-21-3623811015-3361044348-30300820-1013",
    "5f0c9a1e7b2d4c3e8a4f0b1c2d3e4f50",
    GUID,
    "Zürich",
)


def hostile(number):
    """Return a session with personal data everywhere, also in field names and enumerations."""
    names = list(SECRETS)
    return {
        "Id": GUID,
        "Uid": "jane@acme.example",
        "State": "Jane.Roe",
        "User": {
            "Name": "ACME\\Jane.Roe",
            "PrincipalName": "jane@acme.example",
            "Sid": "S-1-5-21-3623811015-3361044348-30300820-1013",
            "Jane.Roe": "ACME",
        },
        "Machine": {
            "Name": "ACME\\roe-laptop",
            "DnsName": "roe-laptop.acme.example",
            "DeliveryGroup": {"Name": "Payroll"},
        },
        "Connection": {"Protocol": "2001:db8::77", "ConnectedViaIP": "10.107.1.34"},
        "Jane.Roe": names,
        "ApplicationsInUse": [{"Name": "Payroll\\Zürich"}],
    }


@pytest.mark.parametrize("form", ["bodies", "errors"])
def test_report_has_no_hostile_data(simulator, check, tmp_path, form):
    text = " ".join(SECRETS)
    headers = {"Citrix-TransactionId": "Jane.Roe", "X-RateLimit-Limit": "ACME", "RateLimit-Policy": "roe-laptop"}
    if form == "errors":
        body = {"type": text, "detail": text, "parameters": [{"name": text, "value": text}]}
        rules = [{"path": "manage/(?!me|Tokens|Sites)", **answer(403, body, headers=headers)}]
        rules.append({"path": "Sites/", **answer(200, {"ProductVersion": "10.107.1.34", "ProductEdition": "Jane.Roe"})})
    else:
        right = {"Role": {"Id": GUID, "Name": "Payroll", "Permissions": []}, "Scope": {"Name": "ACME"}}
        site = {"ProductVersion": text, "ProductEdition": "ACME", "EnabledFeatures": list(SECRETS), "Name": "Payroll"}
        page = {"Items": [hostile(0)], "ContinuationToken": "Jane.Roe", "TotalItems": 7}
        rules = [
            {"path": "Sites/", **answer(200, site, headers=headers)},
            {"path": "EffectiveRights", **answer(200, {"Items": [right]}, headers=headers)},
            {
                "path": "RecordingStatus",
                **answer(200, {"IsSessionBeingRecorded": True, "Jane.Roe": text}, headers=headers),
            },
            {"path": "batch$", **answer(200, {"Items": [{"Reference": "ACME", "Code": 493055512, "Body": text}]})},
            {"path": "Machines/ACME|DeliveryGroups/", **answer(200, {**hostile(0)["Machine"], "Id": GUID, "ACME": 1})},
            {"path": "Sessions$|search$", **answer(200, page, headers=headers)},
        ]
    simulator.fault(*rules)
    path = tmp_path / "site-check.json"
    result, _checks = check(simulator.cloud, report=str(path))
    written = path.read_text("utf-8")
    own = [simulator.url, simulator.facts["site_id"], *(str(value) for value in simulator.cloud.values())]
    assert [each for each in (*SECRETS, *own) if each.lower() in written.lower()] == []
    assert "127.0.0.1" not in written
    report = json.loads(written)
    assert (result["report"], result["changed"]) == (str(path), True)
    assert [entry["id"] for entry in report["checks"]][:2] == ["options", "proxy_resolution"]
    if form == "bodies":
        facts = {entry["id"]: entry["facts"] for entry in report["checks"]}
        user = facts["sessions"]["fields"]["User"]
        assert (user["Name"], user["PrincipalName"], user["Sid"]) == ("DOMAIN\\name", "name@domain", "SID")
        assert facts["sessions"]["fields"]["Connection"] == {"Protocol": "IPv6", "ConnectedViaIP": "IPv4"}
        assert facts["sessions"]["fields"]["Id"] == "GUID"


HOST = "roe-laptop.acme.invalid"
LOUD = {"Citrix-TransactionId": "Jane.Roe", "Retry-After": "ACME", "Date": "Payroll", "Server": "roe-laptop"}
OWNER = {
    "UserId": "Jane.Roe",
    "ExpiryTime": "ACME",
    "VerifiedEmail": "jane@acme.example",
    "Customers": [{"Id": "Payroll", "Name": "ACME", "Sites": [{"Id": GUID, "Name": "Jane.Roe"}]}],
}
LEASE = {"access_token": "Jane.Roe", "client_secret_expires_at": "ACME"}
PRIVATE = {
    "host": ({"api_url": f"https://{HOST}"}, {}, []),
    "proxy": ({"api_url": f"https://{HOST}"}, {"HTTPS_PROXY": f"http://Jane.Roe:Payroll@{HOST}:3128"}, []),
    "customer": ({"customer_id": "acme493055512"}, {}, []),
    "site": ({"site_id": "5f0c9a1e7b2d4c3e8a4f0b1c2d3e4f50"}, {}, []),
    "token_url": ({"token_url": f"https://{HOST}/ACME/Jane.Roe"}, {}, []),
    "ca_path": ({"ca_path": "/home/Jane.Roe/ACME.pem"}, {}, []),
    "client": ({"client_id": "jane@acme.example", "client_secret": "Payroll"}, {}, []),
    "incomplete": ({"client_id": "jane@acme.example", "client_secret": None}, {}, []),
    "user": ({"username": "ACME\\Jane.Roe", "password": "Payroll"}, {}, []),
    "sign-in": ({}, {}, [{"path": "clients|Tokens", **answer(400, {"error": " ".join(SECRETS)}, headers=LOUD)}]),
    "page": ({}, {}, [{"path": "manage", **answer(502, f"<html>{' '.join(SECRETS)}</html>", headers=LOUD)}]),
    "expiry": ({}, {}, [{"path": "clients", **answer(200, LEASE)}]),
    "account": ({}, {}, [{"path": "me$", "after": 1, **answer(200, OWNER)}]),
}


@pytest.mark.parametrize("deployment", ["cloud", "on_premises_direct"])
@pytest.mark.parametrize("name", PRIVATE)
def test_report_has_no_connection_data(simulator, check, tmp_path, deployment, name):
    options, env, faults = PRIVATE[name]
    simulator.fault(*faults)
    path = tmp_path / "report.json"
    given = {**getattr(simulator, deployment), "retries": 0, "timeout": 2, "report": str(path), **options}
    _result, checks = check({option: value for option, value in given.items() if value is not None}, env=env)
    written = path.read_text("utf-8")
    own = [simulator.url, simulator.facts["site_id"], "127.0.0.1", HOST, *filter(None, options.values())]
    assert [each for each in (*SECRETS, *own) if each.lower() in written.lower()] == []
    assert {entry["id"] for entry in json.loads(written)["checks"]} == set(checks)


def test_report_has_no_certificate_data(check, secure, tmp_path):
    server, bundle = secure("roe-laptop.acme.example", "*.payroll.example")
    path = tmp_path / "report.json"
    for given in ({"ca_path": bundle}, {}, {"validate_certs": False}):
        _result, checks = check({**server.on_premises, **given, "report": str(path)})
        written = path.read_text("utf-8").lower()
        assert [each for each in (*SECRETS, "payroll", "127.0.0.1", bundle) if each.lower() in written] == []
        assert ("roe-laptop.acme.example" in checks["tls"]["observed"]) == ("ca_path" in given)


def test_report_directory_missing_rejected_unsent(simulator, modules, tmp_path):
    task = {CHECK: {"report": str(tmp_path / "none" / "a.json")}, "ignore_errors": True}
    result = modules([task], connection=simulator.cloud).result
    assert result["failed"]
    assert "report:" in json.dumps(result)
    assert simulator.calls() == []


@pytest.mark.parametrize("report", ["", "full"])
def test_report_unwritable_keeps_the_checks(simulator, check, tmp_path, monkeypatch, report):
    session = simulator.recordable_on("LAB\\vda-001")[0]["id"]
    if report == "full":
        monkeypatch.setattr(tempfile, "mkstemp", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
    result, checks = check(simulator.cloud, report=str(tmp_path / report), prove_session_id=session)
    assert (result["failed"], "report" in result) == (True, False)
    assert "report:" in result["msg"]
    assert (result["writes_sent"], checks["proof_stop"]["status"]) == ((2, "ok") if report else (0, "skipped"))


# The playbook


def test_site_check_playbook_shows_table(simulator, ansible, tmp_path):
    simulator.reset(scope="limited")
    command = ("ansible-playbook", "sessionops.citrix.site_check", "-e", "citrix_report=site-check.json")
    done = ansible(*command, env=simulator.environment)
    assert done.code == 0, done.output
    lines = done.output.partition("Checks of the site")[2].splitlines()
    first, last = (
        next(at for at, line in enumerate(lines) if name in line) for name in ("ok       options", "warning  scopes")
    )
    steps = next(at for at, line in enumerate(lines) if "Next steps" in line)
    assert first < last < steps < len(lines) <= 70
    assert (tmp_path / "site-check.json").exists()
