# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared options: validation, and the settings for the client."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._common.options import (
    LARGEST,
    OPTIONS,
    argument_spec,
    check_types,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._common.options import settings as check_options

SECRET = "fake-client-secret-0123456789abcdefghijklmnopqrstuvwxyz"
PASSWORD = "fake-password-0123456789-abcdefghijklmnopqrstuvwxyz"
TOKEN = "fake-access-token-9876543210-zyxwvutsrqponmlkjihgfedcba"
CLIENT = {"client_id": "client1", "client_secret": SECRET}
CLOUD = {"customer_id": "customer1", **CLIENT}
CONTROLLER = {"deployment": "on_premises", "api_url": "https://ddc01.example.com"}
ON_PREMISES = {**CONTROLLER, "username": "LAB\\user001", "password": PASSWORD}


@pytest.mark.parametrize(
    ("given", "option", "remedy"),
    [
        ({**CLOUD, "timeout": 0}, "timeout", "from 1 to 300"),
        ({**CLOUD, "timeout": 601}, "timeout", "from 1 to 300"),
        ({**CLOUD, "retries": -1}, "retries", "from 0 to 20"),
        ({**CLOUD, "retries": 21}, "retries", "from 0 to 20"),
        ({**CLOUD, "max_concurrency": 0}, "max_concurrency", "from 1 to 100"),
        ({**CLOUD, "max_concurrency": 101}, "max_concurrency", "from 1 to 100"),
        ({**CLOUD, "requests_per_second": -0.5}, "requests_per_second", "from 0 to 1000"),
        ({**CLOUD, "requests_per_second": 1000.5}, "requests_per_second", "from 0 to 1000"),
        ({**CLOUD, "batch_size": -1}, "batch_size", "from 0 to 1000"),
        ({**CLOUD, "batch_size": 1001}, "batch_size", "from 0 to 1000"),
        ({**CLOUD, "requests_per_second": float("nan")}, "requests_per_second", "from 0 to 1000"),
        ({**CLOUD, "api_url": "http://api.example.com"}, "api_url", "use https://"),
        ({**CLOUD, "api_url": "http://localhost.example.com"}, "api_url", "use https://"),
        ({**CLOUD, "api_url": "http://127.0.0.1.example.com"}, "api_url", "use https://"),
        ({**CLOUD, "api_url": "http://127.0.0.1@api.example.com"}, "api_url", "in their own options"),
        ({**CLOUD, "api_url": "https://client1:secret@api.example.com"}, "api_url", "in their own options"),
        ({**CLOUD, "api_url": "https://api.example.com/?site=1"}, "api_url", "port and path"),
        ({**CLOUD, "api_url": "https://api.example.com/#top"}, "api_url", "port and path"),
        ({**CLOUD, "api_url": "api.example.com"}, "api_url", "use https://host"),
        ({**CLOUD, "api_url": "ftp://api.example.com"}, "api_url", "use https://host"),
        ({**CLOUD, "api_url": "https://"}, "api_url", "use https://host"),
        ({**CLOUD, "api_url": "https://api.example.com:port"}, "api_url", "use https://host"),
        ({**CLOUD, "api_url": "https://[::1"}, "api_url", "use https://host"),
        ({"deployment": "on_premises"}, "api_url", "is required on premises"),
        ({**CLOUD, "api_url": ""}, "api_url", "is empty; set it"),
        ({**ON_PREMISES, "api_url": ""}, "api_url", "is empty; set it"),
        ({**CLOUD, "site_id": ""}, "site_id", "is empty; set it"),
        ({**ON_PREMISES, "customer_id": ""}, "customer_id", "is empty; set it"),
        ({**CLOUD, "customer_id": ""}, "customer_id", "is required"),
        ({**CLOUD, "customer_id": None}, "customer_id", "console"),
        ({**CLOUD, "customer_id": ""}, "customer_id", "console"),
        ({**CLOUD, "customer_id": "a/b"}, "customer_id", "only letters, digits"),
        ({**CLOUD, "customer_id": "customer1\n"}, "customer_id", "only letters, digits"),
        ({**CLOUD, "deployment": "gov", "customer_id": "evil.example/x"}, "customer_id", "only letters, digits"),
        ({**CLOUD, "deployment": "gov", "customer_id": "evil.example"}, "customer_id", "only letters, digits"),
        ({**CLOUD, "deployment": "gov", "customer_id": "user@evil"}, "customer_id", "only letters, digits"),
        ({**CLOUD, "deployment": "gov", "customer_id": "evil#"}, "customer_id", "only letters, digits"),
        ({**CLOUD, "site_id": "site 1"}, "site_id", "only letters, digits"),
        ({**CLOUD, "client_id": None}, "client_id", "CITRIX_CLIENT_ID"),
        ({**CLOUD, "client_secret": ""}, "client_secret", "CITRIX_CLIENT_SECRET"),
        ({"customer_id": "customer1"}, "client_id", "access_token"),
        ({"customer_id": "customer1", "deployment": "japan", "client_id": "client1"}, "client_secret", "japan"),
        ({**CONTROLLER, **CLIENT}, "username", "CITRIX_USERNAME"),
        ({**CONTROLLER, "username": "LAB\\user001"}, "password", "CITRIX_PASSWORD"),
        ({**CLOUD, "client_secret": f"{SECRET}\udcfc"}, "client_secret", "is not text in UTF-8"),
        ({**ON_PREMISES, "username": "LAB\\m\udcfcller"}, "username", "is not text in UTF-8"),
        ({**ON_PREMISES, "password": f"{PASSWORD}\udcfc"}, "password", "is not text in UTF-8"),
        ({**CLOUD, "access_token": f"Bearer {TOKEN}"}, "access_token", "white space"),
        ({**CLOUD, "access_token": f"{TOKEN}\n"}, "access_token", "white space"),
        ({**CLOUD, "validate_certs": False}, "validate_certs", "ca_path"),
        ({**CLOUD, "deployment": "gov", "validate_certs": False}, "validate_certs", "ca_path"),
        ({**CLOUD, "deployment": "japan", "validate_certs": False}, "validate_certs", "ca_path"),
        ({**CLOUD, "ca_path": "/nowhere/ca.pem"}, "ca_path", "/nowhere/ca.pem does not exist"),
    ],
)
def test_invalid_option_rejected_with_name_and_remedy(params, given, option, remedy):
    with pytest.raises(OptionError) as refusal:
        check_options(params(**given))
    assert str(refusal.value).startswith(f"{option}: ")
    assert remedy in str(refusal.value)
    for secret in (SECRET, PASSWORD, TOKEN):
        assert secret not in str(refusal.value)


def test_credentials_of_other_deployment_rejected(params):
    with pytest.raises(OptionError, match=r"^client_id: is missing for deployment gov"):
        check_options(params(customer_id="customer1", deployment="gov", username="LAB\\user001", password=PASSWORD))


def test_cloud_requires_only_customer_and_client(params):
    settings = check_options(params(**CLOUD))
    assert settings.credentials == CLIENT
    assert settings.endpoints.base_url == "https://api.cloud.com/cvad/manage"
    assert (settings.customer_id, settings.site_id, settings.endpoints.ids_in_path) == ("customer1", None, False)
    assert (settings.verify, settings.timeout, settings.retries) == (True, 30, 5)
    assert (settings.max_concurrency, settings.requests_per_second, settings.batch_size) == (10, 0.0, 0)


def test_on_premises_requires_only_controller_and_account(params):
    settings = check_options(params(**ON_PREMISES))
    assert settings.credentials == {"username": "LAB\\user001", "password": PASSWORD}
    assert settings.customer_id == "CitrixOnPremises"


@pytest.mark.parametrize(
    ("given", "base_url", "ids_in_path"),
    [
        ({**CLOUD, "deployment": "gov"}, "https://customer1.xendesktop.us/citrix/orchestration/api", True),
        ({**CLOUD, "deployment": "japan"}, "https://api.citrixcloud.jp/cvad/manage", False),
        ({**CLOUD, "api_url": "https://api-eu.cloud.com/"}, "https://api-eu.cloud.com/cvad/manage", False),
        (
            {**ON_PREMISES, "api_url": "https://ddc01.example.com:444/citrix/orchestration/api/"},
            "https://ddc01.example.com:444/citrix/orchestration/api",
            True,
        ),
    ],
)
def test_base_path_decides_whether_ids_are_in_path(params, given, base_url, ids_in_path):
    settings = check_options(params(**given))
    assert (settings.endpoints.base_url, settings.endpoints.ids_in_path) == (base_url, ids_in_path)


@pytest.mark.parametrize(
    "api_url", ["http://127.0.0.1:8080", "http://127.8.8.8", "http://localhost:8080", "http://[::1]:8080"]
)
def test_plain_http_allowed_on_loopback_only(params, api_url):
    assert check_options(params(**CLOUD, api_url=api_url)).endpoints.base_url == f"{api_url}/cvad/manage"


@pytest.mark.parametrize("given", [CLOUD, ON_PREMISES, {"customer_id": "customer1"}, {**CLOUD, "deployment": "gov"}])
def test_access_token_overrides_credential_pairs(params, given):
    settings = check_options(params(**{**given, "access_token": TOKEN}))
    assert settings.credentials == {"access_token": TOKEN}


def test_settings_printed_without_secret(params):
    for given in (CLOUD, ON_PREMISES, {**CLOUD, "access_token": TOKEN}):
        shown = repr(check_options(params(**given)))
        assert not any(secret in shown for secret in (SECRET, PASSWORD, TOKEN))


def test_validate_certs_false_allowed_on_premises(params, tmp_path):
    assert check_options(params(**ON_PREMISES, validate_certs=False)).verify is False
    assert check_options(params(**ON_PREMISES, validate_certs=False, ca_path=str(tmp_path))).verify is False


def test_ca_bundle_of_option_overrides_environment(params, tmp_path, monkeypatch):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        known = tmp_path / name
        monkeypatch.setenv(name, str(known))
        with pytest.raises(OptionError, match=r"^ca_path: .*_CA_BUNDLE, .* does not exist"):
            check_options(params(**CLOUD))
        known.write_text("")
        assert check_options(params(**CLOUD)).verify == str(known)
    assert check_options(params(**CLOUD, ca_path=str(bundle))).verify == str(bundle)


@pytest.mark.parametrize("name", ["timeout", "retries", "max_concurrency", "requests_per_second", "batch_size"])
def test_range_includes_both_ends(params, name):
    low, high = {
        "timeout": (1, 300),
        "retries": (0, 20),
        "max_concurrency": (1, 100),
        "requests_per_second": (0.0, 1000.0),
        "batch_size": (0, 1000),
    }[name]
    assert getattr(check_options(params(**CLOUD, **{name: low})), name) == low
    assert getattr(check_options(params(**CLOUD, **{name: high})), name) == high


def test_options_have_variables_and_secrets_no_log():
    spec = argument_spec()
    assert list(spec) == list(OPTIONS)
    for name, option in spec.items():
        assert option["fallback"][1] == [f"CITRIX_{name.upper()}"]
    assert {name for name, option in spec.items() if option.get("no_log")} == {
        "client_secret",
        "password",
        "access_token",
    }


SPEC = {
    "limit": {"type": "int"},
    "rate": {"type": "float"},
    "wait": {"type": "bool"},
    "reason": {"type": "str"},
    "dest": {"type": "path"},
    "fields": {"type": "list", "elements": "str"},
    "timeout": OPTIONS["timeout"],
    "user": {"type": "raw"},
}


@pytest.mark.parametrize(
    "given",
    [
        {},
        dict.fromkeys(SPEC),
        {"limit": "5", "rate": "0.5", "wait": "no", "reason": 7, "dest": "~", "fields": [], "user": [["a"]]},
        {"limit": -LARGEST, "rate": LARGEST, "wait": 0, "reason": False, "dest": "a\n", "fields": "a,b", "user": True},
        {"limit": "many", "rate": float("nan"), "fields": [7, None]},
    ],
)
def test_check_types_leaves_other_values_to_ansible(given):
    check_types(given, SPEC)


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("limit", False, "is a boolean, not a number"),
        ("rate", True, "is a boolean, not a number"),
        ("limit", LARGEST * 10, "is too large"),
        ("limit", 10**400, "is too large"),
        ("limit", "-1e999999999", "is too large"),
        ("wait", "perhaps", "perhaps is not a boolean"),
        ("wait", [True], "[True] is not a boolean"),
        ("reason", {}, "contains a dictionary"),
        ("dest", ["/tmp"], "contains a list"),
        ("dest", "/tmp\0", "contains a NUL character"),
        ("fields", ["Id", ["State"]], "contains a list"),
    ],
)
def test_check_types_names_option(option, value, problem):
    with pytest.raises(OptionError) as error:
        check_types({option: value}, SPEC)
    assert str(error.value).startswith(f"{option}: {problem}")


def test_check_types_reads_environment_of_unset_option(monkeypatch):
    for name in OPTIONS:
        monkeypatch.setenv(f"CITRIX_{name.upper()}", "")
    check_types({}, argument_spec())
    monkeypatch.setenv("CITRIX_TIMEOUT", "inf")
    check_types({}, {"timeout": {"type": "int"}})
    check_types({"timeout": 30}, argument_spec())
    with pytest.raises(OptionError, match=r"^timeout: is too large"):
        check_types({}, argument_spec())
