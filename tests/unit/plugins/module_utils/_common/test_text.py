# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Untrusted text: read without exceptions, shown without harm and without secrets."""

from __future__ import annotations

import json

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.text import (
    DEEPEST,
    MAX_DETAIL,
    MOST_VALUES,
    clean,
    escaped,
    folded,
    nested,
    objects,
    reach,
    read_detail,
    read_json,
)
from hypothesis import example, given
from hypothesis import strategies as st

ANY_TEXT = st.text(st.characters())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(("Error", "detail", "Message", "error")), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("LAB\\User001", "lab\\USER001"),
        ("m\u00fcller", "Mu\u0308ller"),
        ("straße", "STRASSE"),
        ("\u212bngstr\u00f6m", "\u00e5ngstro\u0308m"),
    ],
)
def test_names_equal_in_any_case_and_accent_form(one, other):
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"), [("muller", "m\u00fcller"), ("a b", "ab"), ("\uff41", "a"), ("\u0131", "i"), ("ayse", "ayşe")]
)
def test_names_with_other_letters_differ(one, other):
    assert folded(one) != folded(other)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{"type": "about:blank", "detail": "Not allowed.", "parameters": []}', "Not allowed."),
        ('{"ErrorMessage": "Object does not exist.", "SdkErrorId": "X"}', "Object does not exist."),
        ('{"Error": {"Message": "Access denied."}}', "Access denied."),
        ('{"statusCode": 429, "message": "Rate limit is exceeded."}', "Rate limit is exceeded."),
        ('{"error": "invalid_client", "error_description": "Invalid client id."}', "Invalid client id."),
        ('{"error": "invalid_client"}', "invalid_client"),
        ('{"SdkErrorId": "Citrix.Unknown", "ErrorType": null}', "Citrix.Unknown"),
        ('{"errorMessage": "In another case."}', "In another case."),
        ('{"detail": "", "ErrorMessage": "The second one speaks."}', "The second one speaks."),
        ('{"detail": null, "Code": 7}', '{"detail": null, "Code": 7}'),
        ("Bearer token is\r\n expired", "Bearer token is\r\n expired"),
        ('"just a string"', '"just a string"'),
        ("[1, 2]", "[1, 2]"),
        ("", ""),
        (" \n", " \n"),
        ("<html><head><TITLE lang=en>502 Bad\nGateway</TITLE></head></html>", "an HTML page, 502 Bad\nGateway"),
        ("  <!DOCTYPE html><p>no title", "an HTML page"),
        ("<title> </title>", "an HTML page"),
    ],
)
def test_detail_read_from_every_known_body(body, detail):
    assert read_detail(body) == detail


def is_one_short_printable_line(text):
    return len(text) <= MAX_DETAIL and (text.isprintable() and text == text.strip())


@given(ANY_TEXT | JSON.map(json.dumps) | st.binary().map(lambda data: data.decode("utf-8", "replace")))
@example(json.dumps({"detail": "x" * 1000}))
@example(json.dumps({"Error": {"Message": "first\nsecond\u2028third\u202e"}}))
def test_detail_of_any_body_is_text(body):
    assert isinstance(read_detail(body), str)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_body_nested_too_deep_is_invalid_json(opening):
    assert read_detail(opening * 100_000).startswith(opening)


@given(ANY_TEXT | JSON)
def test_clean_returns_one_short_printable_line(text):
    assert is_one_short_printable_line(clean(text))


@given(st.text(st.characters(categories=("L", "N")), max_size=MAX_DETAIL))
def test_clean_short_word_unchanged(text):
    assert clean(text) == text


@given(JSON, st.lists(st.text(), max_size=3))
def test_nested_returns_text_or_none(data, path):
    found = nested(data, *path)
    assert found is None or (isinstance(found, str) and found)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("a", "b"), "x", "x"),
        (("a", "empty"), "", None),
        (("a", "number"), 0, None),
        (("a",), {"b": "x", "empty": "", "number": 0}, None),
        (("a", "b", "c"), None, None),
        (("a", "none"), None, None),
        (("list", "b"), None, None),
        (("list",), [{"b": "x"}], None),
    ],
)
def test_reach_returns_value_text_only_for_text(path, value, text):
    data = {"a": {"b": "x", "empty": "", "number": 0}, "list": [{"b": "x"}]}
    assert reach(data, *path) == value
    assert nested(data, *path) == text


@given(JSON)
def test_objects_of_any_value_are_objects(value):
    assert all(isinstance(item, dict) for item in objects(value))


@given(ANY_TEXT | st.text('[]{}"\\:,0123'))
@example("[" * 100_000)
def test_read_json_never_raises(text):
    read_json(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"Name": "caf\xe9 \x26 \x5Cx"}', {"Name": "caf\xe9 & \\x"}),
        (r'"\x41\\x42\\\x43"', "A\\x42\\C"),
        (r'"\xg0"', None),
        (r'{"a": "\x41"', None),
    ],
)
def test_read_json_hexadecimal_escapes_read(text, value):
    assert read_json(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"Name": "LAB\\x\ud800"}', {"Name": "LAB\\x\ufffd"}),
        (r'["\uDFFFx", "\udc00\ud83d", {"\ud83d": 1}]', ["\ufffdx", "\ufffd\ufffd", {"\ufffd": 1}]),
        (r'"\ud83d\ude00 \\ud800"', "\U0001f600 \\ud800"),
        ('{"a": NaN, "b": [Infinity, -Infinity, 1e999, -1e999], "c": 1.5}', {"a": None, "b": [None] * 4, "c": 1.5}),
    ],
)
def test_read_json_unwritable_value_replaced(text, value):
    found = read_json(text)
    assert found == value
    assert json.loads(json.dumps(found, allow_nan=False, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    "spoil", [str, lambda text: text.replace("d", r"\ud83d"), lambda text: text.replace("1", "1e999")]
)
@given(value=JSON)
def test_read_json_any_value_writable(spoil, value):
    json.dumps(read_json(spoil(json.dumps(value))), allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize("item", ["{}", "[]", "0", '{"a":0}'])
def test_read_json_too_many_values_none(item):
    assert read_json(f"[{','.join([item] * 1000)}]") == [json.loads(item)] * 1000
    assert read_json(f"[{','.join([item] * (MOST_VALUES + 1))}]") is None


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":1},{"a":', "}]")])
def test_read_json_too_deep_none(opening, closing):
    levels = opening.count("[") + opening.count('{"a":') - opening.count("},")
    fitting = DEEPEST // levels
    assert read_json(opening * fitting + "1" + closing * fitting) is not None
    assert read_json(opening * (fitting + 1) + "1" + closing * (fitting + 1)) is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("LAB\\m\u00fcller", "LAB\\m\u00fcller"),
        ("\u5c71\u7530\u3000\u592a\u90ce", "\u5c71\u7530\u3000\u592a\u90ce"),
        ("a\u200bb", "a\\u200bb"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("a\r\nok: [host]\u2028\x85", "a\\r\\nok: [host]\\u2028\\x85"),
        ("\x1b[31m\x00\ufeff\u00ad", "\\x1b[31m\\x00\\ufeff\\xad"),
        ("\u3164\u115f\ufe0f\U000e0041", "\\u3164\\u115f\\ufe0f\\U000e0041"),
    ],
)
def test_escaped_hidden_characters_visible(name, shown):
    assert escaped(name) == shown


@pytest.mark.parametrize("text", ["a\u200bb", "\u202eb", "a\u3164"])
def test_clean_hidden_characters_escaped(text):
    assert clean(f"first\n{text}") == f"first {escaped(text)}"
