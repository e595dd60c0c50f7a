# Copyright: (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors: one safe sentence that says what to do, whatever the body was."""

from __future__ import annotations

import json

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import (
    MAX_DETAIL,
    REMEDIES,
    AnswerLost,
    ApiError,
    ConnectionNotMade,
    OptionError,
    Stalled,
    api_error,
    clean,
    read_detail,
)
from hypothesis import example, given
from hypothesis import strategies as st

ANY_TEXT = st.text(st.characters())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(("Error", "detail", "Message", "error")), inner),
)

WHAT_TO_DO = [
    (400, "check the values"),
    (401, "sign in again"),
    (403, "administrator role"),
    (403, "region"),
    (404, "check the name or id"),
    (405, "api_url"),
    (406, "Accept header"),
    (415, "Content-Type header"),
    (429, "requests_per_second"),
    (500, "customer_id"),
    (502, "prox"),
    (503, "run again later"),
    (504, "with less at once"),
    (530, "frozen"),
]


@pytest.mark.parametrize(("status", "remedy"), WHAT_TO_DO)
def test_each_status_says_what_to_do(status, remedy):
    error = api_error("list the machines", status, "")
    assert str(error).startswith(f"Could not list the machines: HTTP {status}; ")
    assert remedy in str(error)


def test_every_remedy_stands_in_the_table_of_this_test():
    assert {status for status, _remedy in WHAT_TO_DO} == set(REMEDIES)


def test_a_status_without_a_remedy_of_its_own_gets_the_general_one():
    assert "check api_url and the Citrix service" in str(api_error("list the machines", 418, ""))


def test_a_remedy_of_the_caller_replaces_the_one_of_the_status():
    text = str(api_error("sign in", 400, "", remedy="check client_id"))
    assert text == "Could not sign in: HTTP 400; check client_id."


def test_the_transaction_id_stands_in_the_message_and_in_the_result():
    error = api_error("list the machines", 500, '{"detail": "It broke."}', "44399a9e-18ea")
    assert "HTTP 500 (It broke.); " in str(error)
    assert str(error).endswith("[transaction 44399a9e-18ea]")
    assert error.to_result() == {
        "msg": str(error),
        "failure": {"status": 500, "detail": "It broke.", "transaction_id": "44399a9e-18ea"},
    }


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{"type": "about:blank", "detail": "Not allowed.", "parameters": []}', "Not allowed."),
        ('{"ErrorMessage": "Object does not exist.", "SdkErrorId": "X"}', "Object does not exist."),
        ('{"Error": {"Message": "Access denied."}}', "Access denied."),
        ('{"statusCode": 429, "message": "Rate limit is exceeded."}', "Rate limit is exceeded."),
        ('{"error": "invalid_client", "error_description": "Invalid client id."}', "Invalid client id."),
        ('{"error": "invalid_client"}', "invalid_client"),
        ('{"detail": "", "ErrorMessage": "The second one speaks."}', "The second one speaks."),
        ('{"detail": null, "Code": 7}', '{"detail": null, "Code": 7}'),
        ("Bearer token is\r\n expired", "Bearer token is expired"),
        ('"just a string"', '"just a string"'),
        ("[1, 2]", "[1, 2]"),
        ("", ""),
        (" \n", ""),
        ("<html><head><TITLE lang=en>502 Bad\nGateway</TITLE></head></html>", "an HTML page, 502 Bad Gateway"),
        ("  <!DOCTYPE html><p>no title", "an HTML page"),
        ("<title> </title>", "an HTML page"),
    ],
)
def test_the_detail_is_found_in_every_known_shape_of_a_body(body, detail):
    assert read_detail(body) == detail


def is_one_short_printable_line(text):
    return len(text) <= MAX_DETAIL and (text.isprintable() and text == text.strip())


@given(ANY_TEXT | JSON.map(json.dumps) | st.binary().map(lambda data: data.decode("utf-8", "replace")))
@example(json.dumps({"detail": "x" * 1000}))
@example(json.dumps({"Error": {"Message": "first\nsecond\u2028third\u202e"}}))
def test_the_detail_of_any_body_is_one_short_printable_line(body):
    assert is_one_short_printable_line(read_detail(body))


def test_the_detail_of_an_html_page_with_a_long_title_is_short_too():
    detail = read_detail(f"<html><title>{'Bad Gateway ' * 100}</title></html>")
    assert detail.startswith("an HTML page, Bad Gateway")
    assert is_one_short_printable_line(detail)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_body_that_is_nested_beyond_all_measure_is_an_error_like_any_other(opening):
    assert is_one_short_printable_line(read_detail(opening * 100_000))


@given(ANY_TEXT | JSON)
def test_cleaned_text_is_one_short_printable_line(text):
    assert is_one_short_printable_line(clean(text))


@given(st.text(st.characters(categories=("L", "N")), max_size=MAX_DETAIL))
def test_cleaning_leaves_a_short_word_as_it_is(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    ("error", "may_have_acted"),
    [
        (OptionError("site_id", "is wrong"), False),
        (ConnectionNotMade("no connection"), False),
        (Stalled("nothing moves"), False),
        (AnswerLost("no answer"), True),
        (ApiError("refused", 400, "", None), False),
        (ApiError("refused", 403, "", None), False),
        (ApiError("refused", 404, "", None), False),
        (ApiError("refused", 409, "", None), False),
        (ApiError("slow down", 429, "", None), False),
        (ApiError("redirected", 307, "", None), False),
        (ApiError("broken", 500, "", None), True),
        (ApiError("bad gateway", 502, "", None), True),
        (ApiError("unavailable", 503, "", None), True),
        (ApiError("a success that cannot be read", 200, "", None), True),
    ],
)
def test_an_error_tells_whether_the_server_may_have_acted(error, may_have_acted):
    assert error.may_have_acted is may_have_acted


def test_an_option_error_names_the_option_first():
    error = OptionError("wait_timeout", "must be from 0 to 3600")
    assert error.to_result() == {"msg": "wait_timeout: must be from 0 to 3600"}
