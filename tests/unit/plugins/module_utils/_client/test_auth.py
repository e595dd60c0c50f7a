# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens: number and time of the sign-ins of a run; secrets are never shown."""

from __future__ import annotations

import base64
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from urllib.parse import quote_plus

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.auth import (
    DEFAULT_LIFETIME,
    Authenticator,
    credentials_of,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._client.retries import Retrier
from ansible_collections.sessionops.citrix.plugins.module_utils._client.transport import Reply, Request
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import (
    CitrixError,
    NotReady,
    ResponseLost,
    api_error,
)

SECRET = "fake-client-secret-0123456789/abcdefghijklmnopqrstuvwxyz=="
PASSWORD = "fake-password-0123456789-abcdefghijklmnopqrstuvwxyz-Zürich"
GIVEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
CLOUD = {"access_token": None, "client_id": "client1", "client_secret": SECRET}
GOV = {**CLOUD, "deployment": "gov"}
ON_PREMISES = {
    "deployment": "on_premises",
    "api_url": "https://ddc01.example.com",
    "access_token": None,
    "customer_id": None,
    "username": "LAB\\user001",
    "password": PASSWORD,
}
THREADS = 20
READ = Request("GET", "https://api.cloud.com/cvad/manage/Machines", "list the machines")
WRITE = Request("POST", "https://api.cloud.com/cvad/manage/Sessions/1/$startRecording", "start it", write=True)


def token_named(number):
    return f"fake-token-number-{number}-0123456789abcdefghijklmnopqrstuvwxyz"


class Service:
    """A token service and an API in one: the API accepts the valid tokens."""

    def __init__(self):
        self.sign_ins = []
        self.presented = []
        self.valid = set()
        self.closed = None
        """Return a path that refuses every token."""
        self.lifetime = {"expires_in": "3600"}
        self.sign_in_answer = None
        self.api_answer = Reply(200, {}, "{}")
        self.together = None
        self.sign_in_seconds = 0.0
        self._lock = threading.Lock()

    def send(self, request):
        if "oken" in request.url:
            return self._sign_in(request)
        token = authorization_of(request).partition("=")[2]
        if self.together:
            self.together()
        with self._lock:
            self.presented.append(token)
            accepted = token in self.valid and not request.url.endswith(self.closed or " ")
            return self.api_answer if accepted else Reply(401, {}, '{"detail": "Token expired."}')

    def _sign_in(self, request):
        time.sleep(self.sign_in_seconds)
        with self._lock:
            self.sign_ins.append(request)
            if self.sign_in_answer is not None:
                if isinstance(self.sign_in_answer, Exception):
                    raise self.sign_in_answer
                return self.sign_in_answer
            token = token_named(len(self.sign_ins))
            self.valid.add(token)
            return Reply(200, {}, json.dumps({"access_token": token, **self.lifetime}))


def authorization_of(request):
    return request.auth(SimpleNamespace(headers={})).headers.get("Authorization", "")


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def wall():
    """Replace the time of day, which decides when tokens expire; the retrier has another clock."""
    return SimpleNamespace(now=1767604471.0)


@pytest.fixture
def signed(service, settings, clock, wall):
    """Return a factory of authenticators that use that service."""

    def make(**given):
        checked = settings(**given)
        return Authenticator(clock.make(Retrier, service, checked), credentials_of(checked), lambda: wall.now)

    return make


def run_threads(function):
    """Call a function in many threads, and return what each returned or raised."""

    def outcome(_number):
        try:
            return function()
        except CitrixError as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(outcome, range(THREADS)))


def test_sign_in_with_first_request_only(signed, service):
    auth = signed(**CLOUD)
    assert service.sign_ins == []
    assert [auth.send(READ).status for _count in range(3)] == [200, 200, 200]
    assert len(service.sign_ins) == 1
    assert service.presented == [token_named(1)] * 3


def test_token_sent_in_documented_header(signed, service, monkeypatch):
    seen = []
    service.valid.add(GIVEN)
    monkeypatch.setattr(service, "send", lambda request: seen.append(authorization_of(request)) or Reply(200, {}, "{}"))
    signed(access_token=GIVEN).send(READ)
    assert seen == [f"CWSAuth bearer={GIVEN}"]


def test_cloud_sign_in_sends_form(signed, service):
    signed(**CLOUD).send(READ)
    (request,) = service.sign_ins
    assert (request.method, request.url) == ("POST", "https://api.cloud.com/cctrustoauth2/customer1/tokens/clients")
    assert request.form == {"grant_type": "client_credentials", "client_id": "client1", "client_secret": SECRET}
    assert (request.json, request.write, authorization_of(request)) == (None, False, "")


def test_gov_sign_in_sends_json(signed, service):
    signed(**GOV).send(READ)
    (request,) = service.sign_ins
    assert request.url == "https://trust.citrixworkspacesapi.us/customer1/tokens/clients"
    assert request.json == {"ClientId": "client1", "ClientSecret": SECRET}
    assert (request.form, authorization_of(request)) == (None, "")


@pytest.mark.parametrize(("path", "is_form"), [("cctrustoauth2/c1/tokens/clients", True), ("trust/tokens", False)])
def test_gov_sign_in_form_follows_token_url(signed, service, path, is_form):
    signed(**GOV, token_url=f"https://api.example.us/{path}").send(READ)
    (request,) = service.sign_ins
    assert request.url == f"https://api.example.us/{path}"
    assert (request.form is not None, request.json is not None) == (is_form, not is_form)


def test_controller_receives_all_characters_of_credentials(signed, service):
    signed(**ON_PREMISES).send(READ)
    (request,) = service.sign_ins
    scheme, _space, coded = authorization_of(request).partition(" ")
    assert request.url == "https://ddc01.example.com/cvad/manage/Tokens"
    assert scheme == "Basic"
    assert base64.b64decode(coded).decode("utf-8") == f"LAB\\user001:{PASSWORD}"
    assert (request.form, request.json) == (None, None)


@pytest.mark.parametrize("name", ["access_token", "Token", "token"])
def test_sign_in_token_read_under_each_known_key(signed, service, name):
    token = token_named(7)
    service.valid.add(token)
    service.sign_in_answer = Reply(200, {}, json.dumps({name: token}))
    assert signed(**CLOUD).send(READ).status == 200


def test_sign_in_once_for_twenty_threads(signed, service):
    # Long enough for every thread to arrive without a token.
    service.sign_in_seconds = 0.05
    auth = signed(**CLOUD)
    assert {reply.status for reply in run_threads(lambda: auth.send(READ))} == {200}
    assert len(service.sign_ins) == 1


def test_sign_in_once_for_twenty_refused_threads(signed, service):
    auth = signed(**CLOUD)
    # Each response makes room for another request.
    for _number in range(THREADS):
        auth.send(READ)
    service.valid.clear()
    # All send the old token before any is refused, and all request a new one before any is accepted.
    barrier = threading.Barrier(THREADS)
    service.together = lambda: barrier.wait(10)
    assert {reply.status for reply in run_threads(lambda: auth.send(READ))} == {200}
    assert len(service.sign_ins) == 2
    assert service.presented.count(token_named(1)) == 2 * THREADS
    assert service.presented.count(token_named(2)) == THREADS


def test_write_with_expired_token_resent_once(signed, service):
    auth = signed(**CLOUD)
    auth.send(READ)
    service.valid.clear()
    assert auth.send(WRITE).status == 200
    assert service.presented == [token_named(1), token_named(1), token_named(2)]


@pytest.mark.parametrize("seconds", [60, 1, 0])
def test_each_expired_token_renewed(signed, service, wall, seconds):
    auth = signed(**CLOUD)
    for _count in range(4):
        assert auth.send(READ).status == 200
        service.valid.clear()
        wall.now += seconds
    assert auth.send(READ).status == 200
    assert len(service.sign_ins) == 5


def test_new_token_never_accepted_not_renewed_repeatedly(signed, service):
    auth = signed(**CLOUD)
    service.valid = frozenset()
    service.sign_in_answer = Reply(200, {}, json.dumps({"access_token": token_named(1), "expires_in": "3600"}))
    assert [auth.send(READ).status for _count in range(10)] == [401] * 10
    assert len(service.sign_ins) == 2


def test_new_token_refused_in_two_calls_not_renewed(signed, service):
    auth = signed(**CLOUD)
    service.closed = "/Machines"
    second = []

    def start_second():
        # While the first call sends the new token, another one starts with it.
        if len(service.sign_ins) == 2 and not second:
            second.append(None)
            second.append(auth.send(READ).status)

    service.together = start_second
    assert auth.send(READ).status == 401
    assert second == [None, 401]
    assert len(service.sign_ins) == 2


def test_call_refusing_all_tokens_one_sign_in_per_minute(signed, service, wall):
    auth = signed(**CLOUD)
    service.closed = "/Machines"
    for _count in range(10):
        assert auth.send(READ).status == 401
        assert auth.send(WRITE).status == 200
    assert len(service.sign_ins) == 2
    wall.now += 60
    assert [auth.send(READ).status for _count in range(10)] == [401] * 10
    assert len(service.sign_ins) == 3


def test_given_token_never_renewed(signed, service):
    auth = signed(access_token=GIVEN, client_id="client1", client_secret=SECRET)
    assert [auth.send(READ).status for _count in range(3)] == [401, 401, 401]
    assert service.sign_ins == []
    assert service.presented == [GIVEN] * 3


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize(
    ("given", "remedy"), [(CLOUD, "client_secret"), (GOV, "client_secret"), (ON_PREMISES, "DOMAIN")]
)
def test_refused_secret_ends_run_with_remedy(signed, service, given, remedy, status):
    service.sign_in_answer = Reply(status, {"Citrix-TransactionId": "t1"}, '{"error": "invalid_client"}')
    with pytest.raises(NotReady) as error:
        signed(**given).send(READ)
    assert str(error.value).startswith(f"Could not sign in: HTTP {status} (invalid_client); check ")
    assert remedy in str(error.value)
    assert error.value.to_result()["failure"]["transaction_id"] == "t1"
    assert service.presented == []


@pytest.mark.parametrize("status", [404, 405, 501])
@pytest.mark.parametrize("given", [CLOUD, GOV, ON_PREMISES])
def test_missing_sign_in_names_options_of_address(signed, service, given, status):
    service.sign_in_answer = Reply(status, {}, "")
    with pytest.raises(NotReady, match=f"HTTP {status}; there is no sign-in at this address; check deployment"):
        signed(**given).send(READ)


@pytest.mark.parametrize("given", [CLOUD, GOV, ON_PREMISES])
def test_token_with_error_not_used(signed, service, given):
    service.sign_in_answer = Reply(200, {}, json.dumps({"access_token": token_named(7), "error": "invalid_client"}))
    with pytest.raises(NotReady, match=r"HTTP 200 \(invalid_client\); check "):
        signed(**given).send(READ)
    assert service.presented == []


def test_refused_secret_sent_once_by_all_threads(signed, service):
    service.sign_in_answer = Reply(401, {}, "")
    auth = signed(**CLOUD)
    outcomes = run_threads(lambda: auth.send(READ))
    assert all(isinstance(outcome, NotReady) and "HTTP 401" in str(outcome) for outcome in outcomes)
    assert len(service.sign_ins) == 1


def test_secret_revoked_during_run_sent_once_more(signed, service):
    auth = signed(**CLOUD)
    auth.send(READ)
    service.valid.clear()
    service.sign_in_answer = Reply(401, {}, "")
    outcomes = run_threads(lambda: auth.send(READ)) + run_threads(lambda: auth.send(WRITE))
    assert all(isinstance(outcome, NotReady) for outcome in outcomes)
    assert len(service.sign_ins) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Reply(200, {}, '{"error": "invalid_client", "error_description": "Invalid client id or client secret."}'),
        Reply(200, {}, "{}"),
        Reply(200, {}, '{"access_token": null}'),
        Reply(200, {}, '{"access_token": 17}'),
        Reply(200, {}, '{"access_token": ""}'),
        Reply(200, {}, '{"access_token": "two words"}'),
        Reply(200, {}, '{"access_token": "line\\nbreak"}'),
        Reply(200, {}, "<html>Sign in here</html>"),
        Reply(200, {}, "[]"),
        Reply(200, {}, '"token"'),
        Reply(200, {}, ""),
        Reply(201, {}, '{"access_token": "fake-token"}'),
        Reply(204, {}, ""),
        Reply(307, {"Location": "https://elsewhere.example.com/"}, ""),
    ],
)
def test_response_without_token_is_error_for_any_status(signed, service, answer):
    service.sign_in_answer = answer
    with pytest.raises(NotReady, match=f"Could not sign in: HTTP {answer.status}"):
        signed(**CLOUD).send(READ)
    assert service.presented == []


@pytest.mark.parametrize("status", [200, 400, 401, 500])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": "invalid_client", "error_description": "Invalid client id."}, " (invalid_client)"),
        ({"error": "unauthorized_client"}, " (unauthorized_client)"),
        ({"error": "something_else", "error_description": "Shown."}, ""),
        ({"error": {"message": "invalid_client"}}, ""),
        ({"detail": "Shown.", "Message": "Shown."}, ""),
        ("Shown.", ""),
    ],
)
def test_failed_sign_in_shows_documented_code_only(signed, service, status, body, code):
    service.sign_in_answer = Reply(status, {}, json.dumps(body))
    with pytest.raises(NotReady) as error:
        signed(**CLOUD, retries=0).send(READ)
    assert str(error.value).startswith(f"Could not sign in: HTTP {status}{code}; ")
    assert "old." not in f"{error.value} {error.value.to_result()}"


@pytest.mark.parametrize("name", ["Citrix-TransactionId", "X-Cws-TransactionId"])
def test_failed_sign_in_shows_transaction_id(signed, service, name):
    service.sign_in_answer = Reply(401, {name: f"t1 {SECRET}"}, "")
    with pytest.raises(NotReady, match=r"\[transaction t1 \*\*\*\]$"):
        signed(**CLOUD).send(READ)


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({"Location": "https://api-eu.cloud.com/cctrustoauth2/x"}, "", "redirects to https://api-eu.cloud.com;"),
        (
            {},
            {"parameters": [{"name": "customerDataRegion", "value": "eu"}]},
            "set api_url to https://api-eu.cloud.com",
        ),
        ({"Location": "/other/tokens"}, "", "redirects to /other/tokens on the same host"),
    ],
)
def test_redirected_sign_in_shows_target(signed, service, headers, body, expected):
    service.sign_in_answer = Reply(307, headers, json.dumps(body))
    with pytest.raises(NotReady, match=f"Could not sign in: HTTP 307; .*{expected}"):
        signed(**CLOUD).send(READ)


def test_throttled_sign_in_waits(signed, service, clock):
    answers = [Reply(429, {"Retry-After": "9"}, ""), None]
    sign_in = service._sign_in

    def busy_once(request):
        service.sign_in_answer = answers.pop(0)
        return sign_in(request)

    service._sign_in = busy_once
    assert signed(**CLOUD).send(READ).status == 200
    assert clock.slept == [9.0]


@pytest.mark.parametrize(
    "answer",
    [
        Reply(500, {}, ""),
        Reply(503, {}, ""),
        Reply(200, {}, '{"error": "invalid_client"}'),
        ResponseLost("The answer to the sign-in was lost."),
    ],
)
def test_write_with_failed_sign_in_has_not_acted(signed, service, answer):
    """The API refused the write with 401 or never received it: the result is certain."""
    auth = signed(**CLOUD, retries=0)
    auth.send(READ)
    service.valid.clear()
    service.sign_in_answer = answer
    with pytest.raises(CitrixError) as error:
        auth.send(WRITE)
    assert error.value.may_have_acted is False


@pytest.mark.parametrize(
    ("lifetime", "seconds"),
    [
        ({"expires_in": "3600"}, 3600),
        ({"expires_in": 1800}, 1800),
        ({"expires_in": "7200.5"}, 7200.5),
        ({"expiresIn": 3600}, 3600),
        ({"ExpiresAt": 3600}, 3600),
        ({"ExpiresAt": "2026-01-05T09:44:31Z"}, 1800),
        ({"ExpiresAt": "2026-01-05T09:44:31.0000000+00:00"}, 1800),
        ({}, DEFAULT_LIFETIME),
        ({"expires_in": None, "ExpiresAt": "soon"}, DEFAULT_LIFETIME),
        ({"expires_in": ["3600"]}, DEFAULT_LIFETIME),
    ],
)
def test_token_renewed_one_minute_before_expiry(signed, service, wall, lifetime, seconds):
    service.lifetime = lifetime
    auth = signed(**CLOUD)
    auth.send(READ)
    wall.now += seconds - 61
    auth.send(READ)
    assert len(service.sign_ins) == 1
    wall.now += 1
    auth.send(READ)
    assert len(service.sign_ins) == 2
    assert service.presented == [token_named(1), token_named(1), token_named(2)]


@pytest.mark.parametrize(
    ("given", "lifetime", "seconds"),
    [
        (CLOUD, {"expires_in": "3600"}, 3600),
        (CLOUD, {"expires_in": "40"}, 40),
        (CLOUD, {"expires_in": "1e300"}, 86400),
        (CLOUD, {}, DEFAULT_LIFETIME),
        (GOV, {"ExpiresAt": 1800}, 1800),
        (ON_PREMISES, {"ExpiresAt": "2026-01-05T09:44:31Z"}, 1800),
    ],
)
def test_token_has_expiry_time(signed, service, wall, given, lifetime, seconds):
    service.lifetime = lifetime
    token = signed(**given).token()
    assert token.value == token_named(1)
    assert token.ends_at == wall.now + seconds
    assert wall.now < token.renew_at < token.ends_at


@pytest.mark.parametrize(
    ("more", "end"),
    [
        ({}, None),
        ({"client_secret_expires_at": 1767700000}, 1767700000.0),
        ({"SecretExpirationDate": "2026-01-06T09:14:31Z"}, 1767690871.0),
        ({"client_secret_expires_at": 0}, None),
        ({"client_secret_expires_at": 1767700000000}, None),
        ({"client_secret_expires_at": 10**400}, None),
        ({"SecretExpirationDate": "0001-01-01T00:00:00Z"}, None),
        ({"client_secret_expires_at": True}, None),
        ({"client_secret_expires_at": "never"}, None),
        ({"client_secret": "x", "refresh_expires_in": 60}, None),
    ],
)
def test_token_has_end_of_credentials_if_returned(signed, service, more, end):
    service.lifetime = {"expires_in": "3600", **more}
    assert signed(**CLOUD).token().secret_ends_at == end


def test_given_token_has_no_expiry_and_no_sign_in(signed, service):
    token = signed(access_token=GIVEN).token()
    assert (token.value, token.ends_at, token.renew_at) == (GIVEN, float("inf"), float("inf"))
    assert service.sign_ins == []


def test_returned_token_equals_token_of_requests(signed, service, wall):
    auth = signed(**CLOUD)
    assert auth.token() == auth.token()
    auth.send(READ)
    assert (len(service.sign_ins), service.presented) == (1, [auth.token().value])
    wall.now += 3600
    assert auth.token().value == token_named(2)
    assert len(service.sign_ins) == 2


@pytest.mark.parametrize("given", [CLOUD, GOV, ON_PREMISES])
def test_credentials_printed_without_secret(settings, given):
    checked = settings(**given)
    printed = f"{checked!r} {credentials_of(checked)!r}"
    assert SECRET not in printed and PASSWORD not in printed


def test_token_not_shown_when_printed(signed, settings):
    checked = settings(access_token=GIVEN)
    assert GIVEN not in f"{signed(access_token=GIVEN).token()!r} {credentials_of(checked)!r}"


def test_refused_secret_returns_no_token(signed, service):
    service.sign_in_answer = Reply(401, {}, '{"error": "invalid_client"}')
    auth = signed(**CLOUD)
    for _count in range(2):
        with pytest.raises(NotReady, match="Could not sign in: HTTP 401"):
            auth.token()
    assert len(service.sign_ins) == 1


def test_token_below_one_minute_used_for_half_its_life(signed, service, wall):
    service.lifetime = {"expires_in": "40"}
    auth = signed(**CLOUD)
    auth.send(READ)
    wall.now += 19
    auth.send(READ)
    assert len(service.sign_ins) == 1
    wall.now += 1
    auth.send(READ)
    assert len(service.sign_ins) == 2


def test_token_with_huge_lifetime_renewed_daily(signed, service, wall):
    service.lifetime = {"expires_in": "1e300"}
    auth = signed(**CLOUD)
    auth.send(READ)
    wall.now += 86400
    auth.send(READ)
    assert len(service.sign_ins) == 2


@pytest.mark.parametrize("ends", ["2026-01-05T08:14:31Z", "2026-01-05T09:14:31Z"])
def test_controller_with_slow_clock_one_sign_in(signed, service, wall, ends):
    """The controller's own clock decides about the token; if it has expired, there is a 401."""
    service.lifetime = {"ExpiresAt": ends}
    auth = signed(**ON_PREMISES)
    for _count in range(5):
        auth.send(READ)
    assert len(service.sign_ins) == 1


def error_text(auth):
    """Return all text that an error made from the response to a request could show."""
    reply = auth.send(READ)
    error = api_error("list the machines", reply.status, reply.text, reply.transaction_id, mask=auth.mask)
    return f"{error} {error.detail} {error.to_result()}"


@pytest.mark.parametrize("quoting", [str, json.dumps], ids=["as it is", "as JSON"])
@pytest.mark.parametrize("deployment", [{"access_token": GIVEN}, CLOUD], ids=["given", "cloud"])
def test_token_echoed_by_server_masked_in_error(signed, service, deployment, quoting):
    token = deployment["access_token"] or token_named(1)
    service.valid.add(token)
    service.api_answer = Reply(500, {}, f'{{"detail": {json.dumps(f"Bad header CWSAuth bearer={quoting(token)}")}}}')
    expected = error_text(signed(**deployment, retries=0))
    assert token not in expected
    assert "Bad header" in expected


@pytest.mark.parametrize("written", ["a+b", "a/b"])
def test_token_echoed_with_escapes_masked_in_error(signed, service, written):
    token = f"fake-{written}-0123456789abcdefghijklmnopqrstuvwxyz=="
    escaped = token.replace("+", "\\u002B").replace("/", "\\/")
    service.valid.add(token)
    service.api_answer = Reply(500, {}, f'{{"detail": "Bad header CWSAuth bearer={escaped}"}}')
    assert token not in error_text(signed(access_token=token, retries=0))


@pytest.mark.parametrize(("given", "secret"), [(CLOUD, SECRET), (ON_PREMISES, PASSWORD)])
def test_credentials_masked_in_error_of_another_call(signed, service, given, secret):
    """An inventory plugin has no no_log to hide it."""
    service.valid.add(token_named(1))
    service.api_answer = Reply(500, {}, json.dumps({"detail": f"As configured: {secret}"}))
    expected = error_text(signed(**given, retries=0))
    assert secret not in expected
    assert "As configured: ***" in expected


@pytest.mark.parametrize("status", [200, 400, 401, 500])
@pytest.mark.parametrize(
    ("given", "echo"),
    [
        (CLOUD, f"client_secret={SECRET}"),
        (CLOUD, f"client_secret={quote_plus(SECRET)}"),
        (GOV, f'{{"ClientSecret": "{SECRET}"}}'),
        (ON_PREMISES, PASSWORD),
        (ON_PREMISES, "Authorization: Basic " + base64.b64encode(f"LAB\\user001:{PASSWORD}".encode()).decode()),
    ],
    ids=["cloud", "cloud, as a form", "gov", "on premises", "on premises, as a header"],
)
def test_secret_echoed_by_server_masked_in_error(signed, service, given, echo, status):
    service.sign_in_answer = Reply(status, {}, json.dumps({"error": echo}, ensure_ascii=False))
    with pytest.raises(CitrixError) as error:
        signed(**given, retries=0).send(READ)
    expected = f"{error.value} {error.value.to_result()}"
    coded = base64.b64encode(f"LAB\\user001:{PASSWORD}".encode()).decode()
    for secret in (SECRET, quote_plus(SECRET), PASSWORD, coded):
        assert secret not in expected


@pytest.mark.parametrize("name", ["a", "ab", "abc", "abcd"])
def test_basic_header_echoed_by_server_masked_in_full(signed, service, name):
    """The name moves the password in the Base64 text: masking a part would depend on its length."""
    service.valid.add(token_named(1))
    coded = base64.b64encode(f"LAB\\{name}:{PASSWORD}".encode()).decode()
    service.api_answer = Reply(500, {}, json.dumps({"detail": f"The request was: Basic {coded}; end"}))
    expected = error_text(signed(**{**ON_PREMISES, "username": f"LAB\\{name}"}, retries=0))
    assert "The request was: Basic ***; end" in expected
