# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-ins, tokens and header rules."""

from __future__ import annotations

import base64
import time
import uuid

import pytest

DIRECT = "/citrix/orchestration/api"


def test_cloud_sign_in(simulator):
    reply = simulator.sign_in_cloud()
    assert reply.status_code == 200
    body = reply.json()
    assert sorted(body) == ["access_token", "expires_in", "token_type"]
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == "3600"
    simulator.token = body["access_token"]
    assert simulator.get("/me").status_code == 200


def test_cloud_sign_in_requires_exact_content_type(simulator):
    charset = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert simulator.sign_in_cloud(headers=charset).status_code == 415
    assert simulator.sign_in_cloud(data=None, json={}).status_code == 415


def test_cloud_sign_in_rejects_wrong_client(simulator):
    connection = simulator.connection
    form = {"grant_type": "client_credentials", "client_id": connection["client_id"], "client_secret": "wrong"}
    reply = simulator.sign_in_cloud(data=form)
    assert reply.status_code == 400
    assert reply.json()["error"] == "invalid_client"
    assert reply.json()["error_description"]
    # A secret that was not encoded arrives changed.
    raw = (
        f"grant_type=client_credentials&client_id={connection['client_id']}&client_secret={connection['client_secret']}"
    )
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    assert simulator.sign_in_cloud(data=raw, headers=form_type).status_code == 400
    other = f"{simulator.url}/cctrustoauth2/other/tokens/clients"
    good = {**form, "client_secret": connection["client_secret"]}
    assert simulator.http.post(other, data=good, timeout=10).status_code == 400
    assert simulator.sign_in_cloud(data={**good, "grant_type": "password"}).json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("shape", ["trust", "documented"])
def test_government_sign_in(simulator, shape):
    simulator.control("reset", {"gov_reply": shape})
    connection = simulator.connection
    pair = {"ClientId": connection["client_id"], "ClientSecret": connection["client_secret"]}
    reply = simulator.http.post(f"{simulator.url}/simulated/tokens/clients", json=pair, timeout=10)
    assert reply.status_code == 200
    body = reply.json()
    if shape == "trust":
        assert sorted(body) == ["CustomerId", "ExpiresAt", "Principal", "Token", "UserId"]
        assert body["ExpiresAt"] == 3600
        simulator.token = body["Token"]
    else:
        assert sorted(body) == ["expiresIn", "openIdToken", "principal", "subject", "token"]
        assert body["expiresIn"] == 3600
        simulator.token = body["token"]
    assert simulator.get("/me", base=DIRECT).status_code == 200
    assert simulator.get("/Sessions", base=f"{DIRECT}/simulated/{connection['site_id']}").status_code == 200


def test_government_sign_in_refusals(simulator):
    url = f"{simulator.url}/simulated/tokens/clients"
    wrong = {"ClientId": simulator.connection["client_id"], "ClientSecret": "wrong"}
    assert simulator.http.post(url, json=wrong, timeout=10).status_code == 401
    assert simulator.http.post(url, data=wrong, timeout=10).status_code == 415
    assert simulator.http.post(url, json=["no", "object"], timeout=10).status_code == 400


@pytest.mark.parametrize("path", ["/cvad/manage/Tokens", "/cvad/manage/tokens", f"{DIRECT}/Tokens", f"{DIRECT}/tokens"])
def test_on_premises_sign_in(simulator, path):
    reply = simulator.sign_in_on_premises(path)
    assert reply.status_code == 200
    body = reply.json()
    assert sorted(body) == ["CustomerId", "ExpiresAt", "Principal", "Token", "UserId"]
    assert body["CustomerId"] == "CitrixOnPremises"
    assert body["Principal"] == "LAB\\administrator"
    ends = time.strptime(body["ExpiresAt"], "%Y-%m-%dT%H:%M:%SZ")
    assert ends > time.gmtime(time.time() + 3500)
    simulator.token = body["Token"]
    assert simulator.get("/Sessions", Citrix_CustomerId="CitrixOnPremises").status_code == 200
    assert simulator.get("/Sessions").status_code == 403


@pytest.mark.parametrize("listed", ["generated", "CitrixOnPremises"])
def test_me_on_premises_lists_any_customer_id(simulator, listed):
    simulator.reset(me_customer=listed)
    simulator.token = simulator.sign_in_on_premises().json()["Token"]
    me = simulator.get("/me", base=DIRECT, Citrix_CustomerId="CitrixOnPremises", Citrix_InstanceId=None).json()
    (customer,) = me["Customers"]
    assert customer["Id"] == listed or uuid.UUID(customer["Id"])
    assert [site["Id"] for site in customer["Sites"]] == [simulator.connection["site_id"]]
    # Requests carry the same id, whichever one is listed.
    assert simulator.get("/Sessions", Citrix_CustomerId="CitrixOnPremises").status_code == 200
    if listed == "generated":
        assert simulator.get("/Sessions", Citrix_CustomerId=customer["Id"]).status_code == 403


def test_me_in_cloud_lists_customer(simulator):
    assert simulator.get("/me").json()["Customers"][0]["Id"] == simulator.connection["customer_id"]


def test_on_premises_sign_in_refusals(simulator):
    password = simulator.connection["password"]

    def status(text):
        return simulator.sign_in_on_premises(Authorization=f"Basic {base64.b64encode(text).decode()}").status_code

    assert status(f"lab\\ADMINISTRATOR:{password}".encode()) == 200
    assert status(f"LAB\\administrator:{password}".encode("latin-1")) == 401
    assert status(f"administrator:{password}".encode()) == 401
    assert status(b"LAB\\administrator:wrong") == 401
    wrong = simulator.sign_in_on_premises(Authorization="Bearer x")
    assert wrong.status_code == 401
    assert wrong.json()["type"].startswith("https://")
    assert simulator.sign_in_on_premises(Accept="*/*").status_code == 406


def test_on_premises_sign_in_without_accept_header(simulator):
    assert simulator.sign_in_on_premises(Accept=None).status_code == 200
    assert simulator.get("/me", Accept=None).status_code == 406


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"Authorization": None}, 401),
        ({"Authorization": "Bearer {token}"}, 200),
        ({"Authorization": "Bearer unknown"}, 401),
        ({"Authorization": "CWSAuth bearer=unknown"}, 401),
        ({"Authorization": "CWSAuth Bearer={token}"}, 200),
        ({"Authorization": "CwsAuth bearer={token}"}, 200),
        ({"Accept": "*/*"}, 406),
        ({"Accept": "application/json, text/plain"}, 406),
        ({"Citrix_CustomerId": None}, 500),
        ({"Citrix_CustomerId": "other"}, 403),
        ({"Citrix_InstanceId": None}, 400),
        ({"Citrix_InstanceId": "11111111-2222-4333-8444-555555555555"}, 403),
    ],
)
def test_header_rules(simulator, changes, status):
    changes = {name: value and value.replace("{token}", simulator.token) for name, value in changes.items()}
    reply = simulator.get("/Sessions", {"limit": 1}, **changes)
    assert reply.status_code == status
    body = reply.json()
    if status == 500:
        assert sorted(body) == ["activityId", "message", "statusCode"]
    elif status != 200:
        assert sorted(body) == ["detail", "parameters", "type"]
        assert isinstance(body["parameters"], list)


def test_first_calls_require_no_site(simulator):
    assert simulator.get("/me", Citrix_InstanceId=None).status_code == 200
    assert simulator.get(f"/Sites/{simulator.connection['site_id']}", Citrix_InstanceId=None).status_code == 200


def test_direct_base_has_ids_in_path(simulator):
    site = simulator.connection["site_id"]
    no_site = {"Citrix_InstanceId": None}
    assert simulator.get("/me", base=DIRECT, **no_site).status_code == 200
    assert simulator.get(f"/simulated/Sites/{site}", base=DIRECT, **no_site).json()["Id"] == site
    assert simulator.get(f"/simulated/{site}/Machines", base=DIRECT, **no_site).status_code == 200
    assert simulator.get(f"/simulated/{site}/Machines", base=DIRECT, Citrix_CustomerId=None).status_code == 500
    assert simulator.get(f"/other/{site}/Machines", base=DIRECT, **no_site).status_code == 403
    assert simulator.get("/simulated/nowhere/Machines", base=DIRECT, **no_site).status_code == 404
    assert simulator.get("/simulated/Sites/nowhere", base=DIRECT, **no_site).status_code == 404
    assert simulator.get("/Machines", base=DIRECT).status_code == 404


def test_body_must_be_json(simulator):
    url = f"{simulator.url}/cvad/manage/Sessions/$search"
    for content_type, status in (
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("text/plain", 415),
    ):
        headers = {**simulator.headers(), "Content-Type": content_type}
        assert simulator.http.post(url, data=b"{}", headers=headers, timeout=10).status_code == status
    headers = {**simulator.headers(), "Content-Type": "application/json"}
    assert simulator.http.post(url, data=b"{", headers=headers, timeout=10).status_code == 400
    assert simulator.http.post(url, data=b"[]", headers=headers, timeout=10).status_code == 400


def test_transaction_id_echoed_or_created(simulator):
    assert simulator.get("/me", Citrix_TransactionId="mine").headers["Citrix-TransactionId"] == "mine"
    made = {simulator.get(path).headers["Citrix-TransactionId"] for path in ("/me", "/Sessions", "/nowhere")}
    assert len(made) == 3
    assert all(len(text) == 36 for text in made)


def test_unknown_paths_and_methods(simulator):
    assert simulator.get("/Nothing").status_code == 404
    assert simulator.get("", base="/").status_code == 404
    assert simulator.get("//Sessions").status_code == 404
    wrong = simulator.post("/Sessions")
    assert wrong.status_code == 405
    assert wrong.headers["Allow"] == "GET"
    assert simulator.get("/Tokens").status_code == 405


def test_token_expires(simulator, timed):
    def use():
        simulator.reset(token_lifetime=0.3)
        return simulator.get("/me").status_code

    assert timed(0, 0.3, use) == 200
    time.sleep(0.35)
    assert simulator.get("/me").status_code == 401


def test_reset_invalidates_tokens(simulator):
    simulator.control("reset", {})
    assert simulator.get("/me").status_code == 401
