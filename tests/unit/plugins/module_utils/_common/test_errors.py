# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors: one safe sentence with a remedy, for any body."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import (
    REMEDIES,
    ApiError,
    ConnectionNotMade,
    OptionError,
    ResponseLost,
    Stalled,
    api_error,
)

STATUS_REMEDIES = [
    (400, "check the values"),
    (401, "sign in again"),
    (403, "administrator role"),
    (403, "region"),
    (404, "check the name or id"),
    (405, "api_url"),
    (406, "Accept header"),
    (407, "HTTPS_PROXY"),
    (409, "state of the session"),
    (415, "Content-Type header"),
    (429, "requests_per_second"),
    (500, "customer_id"),
    (502, "prox"),
    (503, "run again later"),
    (504, "timed out"),
    (530, "frozen"),
]


@pytest.mark.parametrize(("status", "remedy"), STATUS_REMEDIES)
def test_error_of_each_status_has_remedy(status, remedy):
    error = api_error("list the machines", status, "")
    assert str(error).startswith(f"Could not list the machines: HTTP {status}; ")
    assert remedy in str(error)


def test_error_remedies_all_tested():
    assert {status for status, _remedy in STATUS_REMEDIES} == set(REMEDIES)


def test_error_of_other_status_has_general_remedy():
    assert "check api_url and the Citrix service" in str(api_error("list the machines", 418, ""))


def test_error_remedy_of_caller_replaces_default():
    text = str(api_error("sign in", 400, "", remedy="check client_id"))
    assert text == "Could not sign in: HTTP 400; check client_id."


def test_error_transaction_id_in_message_and_result():
    error = api_error("list the machines", 500, '{"detail": "It broke."}', "44399a9e-18ea")
    assert "HTTP 500 (It broke.); " in str(error)
    assert str(error).endswith("[transaction 44399a9e-18ea]")
    assert error.to_result() == {
        "msg": str(error),
        "failure": {"status": 500, "detail": "It broke.", "transaction_id": "44399a9e-18ea"},
    }


@pytest.mark.parametrize(
    ("error", "may_have_acted"),
    [
        (OptionError("site_id", "is wrong"), False),
        (ConnectionNotMade("no connection"), False),
        (Stalled("nothing moves"), False),
        (ResponseLost("no answer"), True),
        (ApiError("refused", 400, "", None), False),
        (ApiError("refused", 403, "", None), False),
        (ApiError("refused", 404, "", None), False),
        (ApiError("refused", 409, "", None), False),
        (ApiError("slow down", 429, "", None), False),
        (ApiError("redirected", 307, "", None), False),
        (ApiError("timed out", 408, "", None), True),
        (ApiError("broken", 500, "", None), True),
        (ApiError("bad gateway", 502, "", None), True),
        (ApiError("unavailable", 503, "", None), True),
        (ApiError("a success that cannot be read", 200, "", None), True),
    ],
)
def test_error_has_flag_may_have_acted(error, may_have_acted):
    assert error.may_have_acted is may_have_acted


def test_option_error_starts_with_option():
    error = OptionError("wait_timeout", "must be from 0 to 3600")
    assert error.to_result() == {"msg": "wait_timeout: must be from 0 to 3600"}
