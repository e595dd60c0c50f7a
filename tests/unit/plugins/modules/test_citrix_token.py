# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_token: its result, and that it always signs in."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.sessionops.citrix.plugins.modules import citrix_token as under_test

TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
NEW = "fake-new-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
SECRET = "fake-client-secret-0123456789abcdefghijklmnopqrstuvwxyz"
GIVEN = {"customer_id": "customer1", "client_id": "client1", "client_secret": SECRET}
ORIGIN = "https://api.cloud.com"
SIGN_IN = f"{ORIGIN}/cctrustoauth2/customer1/tokens/clients"
ME = {"Customers": [{"Id": "customer1", "Sites": [{"Id": "site7", "Name": "Cloud"}]}]}


@pytest.fixture
def signed_in(wire):
    wire.post(SIGN_IN, json={"token_type": "bearer", "access_token": NEW, "expires_in": "3600"})
    wire.get(f"{ORIGIN}/cvad/manage/me", json=ME)
    return wire


@pytest.mark.parametrize("check_mode", [False, True])
def test_data_for_next_tasks_returned(module, fake_api, check_mode):
    assert under_test.run(module(check_mode), fake_api) == {
        "changed": False,
        "access_token": TOKEN,
        "expires_at": "2026-01-05T09:14:31Z",
        "customer_id": "customer1",
        "site_id": "site1",
    }
    assert fake_api.calls == []


# With HTTP requests


@pytest.mark.parametrize("check_mode", [False, True])
def test_module_signs_in_and_finds_site_over_http(executed, signed_in, check_mode):
    before = datetime.now(timezone.utc).timestamp()
    code, result = executed(_ansible_check_mode=check_mode)
    assert code == 0
    assert (result["changed"], result["access_token"]) == (False, NEW)
    assert (result["customer_id"], result["site_id"]) == ("customer1", "site7")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result["expires_at"])
    ends_at = datetime.fromisoformat(result["expires_at"].replace("Z", "+00:00")).timestamp()
    assert before + 3598 <= ends_at <= before + 3660
    assert [call.request.url for call in signed_in.calls] == [SIGN_IN, f"{ORIGIN}/cvad/manage/me"]


def test_given_site_returned_without_request(executed, signed_in):
    code, result = executed(site_id="site1")
    assert (code, result["site_id"]) == (0, "site1")
    assert [call.request.url for call in signed_in.calls] == [SIGN_IN]


def test_given_token_neither_used_nor_returned(executed, signed_in):
    code, result = executed(access_token=TOKEN)
    assert (code, result["access_token"]) == (0, NEW)
    assert TOKEN not in json.dumps([dict(call.request.headers) for call in signed_in.calls])


@pytest.mark.parametrize("from_environment", [False, True])
def test_given_token_returned_unmasked_if_issued_again(executed, signed_in, monkeypatch, from_environment):
    """Ansible masks the value of a secret option anywhere in the result."""
    if from_environment:
        monkeypatch.setenv("CITRIX_ACCESS_TOKEN", NEW)
    code, result = executed(**({} if from_environment else {"access_token": NEW}))
    assert (code, result["access_token"]) == (0, NEW)


def test_token_renewed_during_discovery_returned(executed, wire):
    wire.post(SIGN_IN, json={"access_token": TOKEN, "expires_in": "3600"})
    wire.post(SIGN_IN, json={"access_token": NEW, "expires_in": "3600"})
    wire.get(f"{ORIGIN}/cvad/manage/me", status=401)
    wire.get(f"{ORIGIN}/cvad/manage/me", json=ME)
    code, result = executed()
    assert (code, result["access_token"], result["site_id"]) == (0, NEW, "site7")


def test_token_of_environment_not_used(executed, signed_in, monkeypatch):
    monkeypatch.setenv("CITRIX_ACCESS_TOKEN", TOKEN)
    code, result = executed()
    assert (code, result["access_token"]) == (0, NEW)


def test_on_premises_token_from_controller(wire, capsys):
    origin = "https://ddc01.example.com"
    ends = "2126-01-05T09:14:31.0000000Z"
    wire.post(f"{origin}/cvad/manage/Tokens", json={"Token": NEW, "ExpiresAt": ends})
    account = {"username": "LAB\\svc", "password": SECRET}
    given = {"deployment": "on_premises", "api_url": origin, "site_id": "site1", **account}
    with patch_module_args(given), pytest.raises(SystemExit) as end:
        under_test.main()
    result = json.loads(capsys.readouterr().out)
    assert (end.value.code, result["access_token"], result["customer_id"]) == (0, NEW, "CitrixOnPremises")


def test_refused_sign_in_fails_without_secret(executed, wire):
    wire.post(SIGN_IN, status=401, json={"error": f"bad secret {SECRET}"}, headers={"Citrix-TransactionId": "t1"})
    code, result = executed()
    assert code == 1
    assert (result["failure"]["status"], result["failure"]["transaction_id"]) == (401, "t1")
    assert "check customer_id, client_id and client_secret" in result["msg"]
    assert SECRET not in json.dumps(result)
    assert "access_token" not in result


def test_several_sites_require_site_id(executed, wire):
    wire.post(SIGN_IN, json={"access_token": NEW, "expires_in": "3600"})
    sites = [{"Id": "site7", "Name": "One"}, {"Id": "site8", "Name": "Two"}]
    wire.get(f"{ORIGIN}/cvad/manage/me", json={"Customers": [{"Id": "customer1", "Sites": sites}]})
    code, result = executed()
    assert code == 1
    assert result["msg"].startswith("site_id: the account has several sites; set one of: site7 (One), site8 (Two)")
    assert "access_token" not in result


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
@pytest.mark.parametrize("value", [None, ""])
def test_no_credentials_nothing_sent_despite_token(executed, wire, name, value):
    code, result = executed(**{name: value}, access_token=TOKEN)
    assert code == 1
    assert result["msg"].startswith(f"{name}: is missing")
    assert len(wire.calls) == 0
