# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses with any bytes, status and headers: read, or an error without secrets."""

from __future__ import annotations

import json
from types import SimpleNamespace
from urllib.parse import quote_plus

from ansible_collections.sessionops.citrix.plugins.module_utils._client.auth import Authenticator, credentials_of
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import Call, Response
from ansible_collections.sessionops.citrix.plugins.module_utils._client.retry_after import retry_delay
from ansible_collections.sessionops.citrix.plugins.module_utils._client.transport import CaseInsensitiveDict, Reply
from ansible_collections.sessionops.citrix.plugins.module_utils._common import options as _options
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError
from hypothesis import example, given
from hypothesis import strategies as st

SECRET = 'secret/+%&=="\u00fc:0123456789'
LIST = Call("GET", "Machines", "list the machines")
START = Call("POST", "Sessions/1/$startRecording", "start the recording of session 1", write=True)
LONGEST = 2000

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=8,
)
ERRORS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("detail", "type", "parameters", "Error", "message", "error", "Items", "Token"), JSON)
)
BODIES = st.binary(max_size=300) | (JSON | ERRORS).map(lambda data: json.dumps(data).encode())
HEADERS = st.dictionaries(
    st.sampled_from(("Location", "Retry-After", "Citrix-TransactionId", "Content-Type", "X-Other")),
    st.text(max_size=80),
)
STATUSES = st.integers(100, 599)


def reply_of(status: int, headers: dict[str, str], body: bytes) -> Reply:
    return Reply(status, CaseInsensitiveDict(headers), body.decode("utf-8-sig", "replace"))


def check_error(error: CitrixError) -> None:
    """Check that an error can be shown to users."""
    message = str(error)
    assert message.isprintable()
    assert 0 < len(message) < LONGEST
    json.dumps(error.to_result())


@given(STATUSES, HEADERS, BODIES, st.sampled_from([LIST, START]))
@example(307, {"Location": "https://[::1"}, b"", LIST)
@example(202, {"Location": "//"}, b"", START)
@example(200, {}, b"[" * 5000, LIST)
@example(500, {"Citrix-TransactionId": "\x1b[31m" * 500}, b"\xff\xfe\x00", LIST)
def test_hostile_response_read_or_reported(new_fake_api, status, headers, body, call):
    fake_api = new_fake_api()
    try:
        answer = fake_api.read(call, reply_of(status, headers, body), "own-id")
    except CitrixError as error:
        check_error(error)
        assert error.may_have_acted is (status >= 500 or status < 300 or status == 408)
    else:
        assert status < 300
        assert isinstance(answer, Response)
        assert isinstance(answer.body, dict)
        assert answer.transaction_id.isprintable()
        assert status == 202 or not answer.job_id


SPELLINGS = st.sampled_from([SECRET, quote_plus(SECRET), json.dumps(SECRET), json.dumps(SECRET, ensure_ascii=False)])


@given(
    st.sampled_from(["cloud", "gov", "on_premises"]),
    STATUSES,
    HEADERS,
    BODIES | st.tuples(st.binary(max_size=40), SPELLINGS).map(lambda pair: pair[0] + pair[1].encode()),
)
@example("cloud", 200, {}, json.dumps({"access_token": "two words"}).encode())
@example("gov", 200, {}, json.dumps({"Token": "t", "ExpiresAt": 1e400}).encode())
def test_hostile_sign_in_token_or_error_without_secret(deployment, status, headers, body):
    given_options = {name: spec.get("default") for name, spec in _options.OPTIONS.items()}
    account = {"client_id": "id", "client_secret": SECRET, "username": "LAB\\user", "password": SECRET}
    options = {**given_options, **account, "deployment": deployment, "customer_id": "customer1"}
    settings = _options.settings(
        {**options, "api_url": "https://ddc01.example.com", "token_url": "https://ddc01.example.com/tokens"}
    )
    retrier = SimpleNamespace(send=lambda _request: reply_of(status, headers, body))
    try:
        token = Authenticator(retrier, credentials_of(settings)).token()
    except CitrixError as error:
        check_error(error)
        assert SECRET not in json.dumps(error.to_result(), ensure_ascii=False)
    else:
        assert status == 200
        assert token.value.isascii() and token.value.isprintable() and " " not in token.value
        assert "value" not in repr(token)
        assert token.renew_at <= token.ends_at


@given(HEADERS, BODIES, st.floats(0, 4e9))
def test_hostile_retry_after_finite_or_none(headers, body, now):
    hint = retry_delay(CaseInsensitiveDict(headers), body.decode("utf-8-sig", "replace"), now)
    assert hint is None or abs(hint) < float("inf")
