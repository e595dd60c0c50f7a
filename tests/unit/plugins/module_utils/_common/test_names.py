# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in options: how they are cleaned, rejected and shown in messages."""

from __future__ import annotations

import datetime
import sys
import unicodedata

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._common.names import (
    guid_of,
    is_confusable,
    read_names,
    visible,
)
from hypothesis import given
from hypothesis import strategies as st

OPTIONS = [
    "user",
    "exclude_user",
    "machine",
    "exclude_machine",
    "delivery_group",
    "application",
    "machine_catalog",
    "name",
]
GUID = "3cfab8ca-9651-5900-9dc2-ba3b489fe4cf"


def rejection(option, value) -> str:
    with pytest.raises(OptionError) as error:
        read_names(option, value)
    assert str(error.value).startswith(f"{option}: ")
    assert str(error.value).isprintable()
    return str(error.value)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("LAB\\user01", ("LAB\\user01",)),
        ("LAB\\user01, LAB\\user03", ("LAB\\user01", "LAB\\user03")),
        ("LAB\\user01,LAB\\user01 ", ("LAB\\user01",)),
        (["LAB\\user01", "LAB\\user03"], ("LAB\\user01", "LAB\\user03")),
        (("b", "a", "b"), ("b", "a")),
        (["Smith, John"], ("Smith, John",)),
        (
            ["a/b %#$&+=;:@|", "İstanbul", "機械", "a b", "[Prod] App", "{x}"],
            ("a/b %#$&+=;:@|", "İstanbul", "機械", "a b", "[Prod] App", "{x}"),
        ),
        ("mu\u0308ller", ("m\u00fcller",)),
        (["a\u00a0b", "a\u200cb\u200d"], ("a\u00a0b", "a\u200cb\u200d")),
    ],
)
def test_read_names_list_or_text(value, names):
    assert read_names("delivery_group", value) == names


WHITE = [chr(code) for code in range(sys.maxunicode) if chr(code).isspace() and chr(code) not in "\v\f\x1c\x1d\x1e\x1f"]


@pytest.mark.parametrize("option", [*OPTIONS, "session_id"])
@pytest.mark.parametrize("white", [*WHITE, " \n", "\u3000\u00a0 "])
def test_read_names_white_space_at_ends_stripped(option, white):
    assert read_names(option, [f"{white}abc{white}"]) == ("abc",)
    assert read_names(option, f"{white}abc{white},{white}b") == ("abc", "b")


@pytest.mark.parametrize("option", [*OPTIONS, "session_id"])
@pytest.mark.parametrize("value", ["", " ", [""], ["a", "\u00a0"], "a,", ",a", "a,,b", ["\n"]])
def test_read_names_empty_name_rejected(option, value):
    assert "contains an empty name" in rejection(option, value)


@pytest.mark.parametrize("option", ["machine", "exclude_machine"])
@pytest.mark.parametrize("name", ["LAB\\vda01$", "vda01$", "vda01.lab.example.", "LAB\\vda01."])
def test_read_names_machine_account_rejected(option, name):
    assert f"ends with {name[-1]}" in rejection(option, name)
    assert read_names("delivery_group", name) == (name,)


@pytest.mark.parametrize("value", [[], ()])
def test_read_names_empty_list_rejected(value):
    assert rejection("user", value) == "user: is empty; set at least one value"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (5349, "5349 is a number, not text; quote it"),
        ([5349], "5349 is a number"),
        (["a", 1.5], "1.5 is a number"),
        (True, "True is a boolean"),
        ([False], "False is a boolean"),
        ([None], "None is null"),
        (None, "None is null"),
        ({"name": "a"}, "is a dictionary"),
        ([{"id": "a"}], "is a dictionary"),
        ([["a", "b"]], "is a list"),
        (b"LAB", "is bytes"),
        ([b"LAB"], "is bytes"),
        (datetime.date(2026, 1, 1), "is date"),
        ({"a", "b"}, "is set"),
    ],
)
@pytest.mark.parametrize("option", OPTIONS)
def test_read_names_non_text_value_rejected(option, value, kind):
    assert kind in rejection(option, value)


@pytest.mark.parametrize(
    "text",
    [
        "['a', 'b']",
        '["LAB\\\\a"]',
        "[u'a']",
        "[]",
        "{'id': 'a'}",
        '{"a": 1}',
        "{{ user }}",
        " ['a'] ",
        "[{'Name': 'a'}]",
        "('a', 'b')",
        "('LAB\\a',)",
        "()",
        "{'a', 'b'}",
        "{'LAB\\a'}",
        "set()",
        "frozenset({'a'})",
        "dict_keys(['a'])",
        "{% if a %}a{% endif %}",
    ],
)
@pytest.mark.parametrize("option", [*OPTIONS, "session_id"])
def test_read_names_collection_as_text_rejected(option, text):
    for value in (text, [text]):
        assert "is a list, dictionary or template as text" in rejection(option, value)


FORBIDDEN = [
    chr(code)
    for code in range(sys.maxunicode)
    if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs") and chr(code) not in "\u200c\u200d\n\r\x85"
]


def test_read_names_invisible_character_rejected_and_shown():
    assert {"\u200b", "\u200e", "\u202e", "\u2066", "\u061c", "\ufeff", "\u00ad", "\u2060", "\ud800", "\v"} <= {
        *FORBIDDEN
    }
    for char in FORBIDDEN:
        expected = rejection("user", f"LAB\\a{char}b")
        assert f"<U+{ord(char):04X}>" in expected
        assert "control character" in expected or f"the invisible character U+{ord(char):04X}" in expected
    for char in set(FORBIDDEN) - {*WHITE}:
        for name in (f"{char}LAB\\a", f"LAB\\a{char}", f"LAB\\a {char}"):
            assert f"<U+{ord(char):04X}>" in rejection("exclude_user", [name])


@pytest.mark.parametrize("char", ["\n", "\r\n", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("option", OPTIONS)
def test_read_names_line_break_remedy_is_list(option, char):
    expected = rejection(option, f"LAB\\user001{char}LAB\\user002{char}")
    assert "contains a line break; pass several names as a list" in expected


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("name", ["LAB\\\\user02", "\\user02", "LAB\\", "\\\\LAB\\user02", "A\\\\B"])
def test_read_names_doubled_backslash_rejected(option, name):
    assert "has a doubled backslash, or one at its start or end" in rejection(option, [name])


@pytest.mark.parametrize("option", ["user", "exclude_user", "machine", "exclude_machine"])
@pytest.mark.parametrize("name", ["LAB\\a LAB\\b", "LAB\\a;LAB\\b", "LAB\\a\\b", "a@x.example b@x.example"])
def test_read_names_several_names_in_one_rejected(option, name):
    assert "is more than one name" in rejection(option, [name])


def test_read_names_nested_folders_accepted():
    assert read_names("application", "EU\\Prod\\Notepad") == ("EU\\Prod\\Notepad",)


@pytest.mark.parametrize(
    "char", ["\u2216", "\u29f5", "\u29f9", "\ufe68", "\uff3c", "\u2044", "\u2215", "\uff0f", "\uff20", "\ufe6b"]
)
def test_read_names_false_separator_in_user_rejected(char):
    for option in ("user", "exclude_user"):
        assert "looks like a \\ or @" in rejection(option, f"LAB{char}user001")


@pytest.mark.parametrize("name", ["None", "null", "~", "Undefined", "AnsibleUndefined", "__omit_place_holder__1a2b"])
def test_read_names_text_of_empty_value_rejected(name):
    for option in ("user", "exclude_user", "session_id"):
        assert "is the text of an empty value" in rejection(option, name)
    assert read_names("user", [f"LAB\\{name.strip('~') or 'a'}"])


@pytest.mark.parametrize(
    "name", ["S-1-5-21-1-2-3-1001", "s-1-12-1-7-8-9-10", GUID, f"{{{GUID}}}", GUID.replace("-", "")]
)
def test_read_names_id_as_user_rejected(name):
    for option in ("user", "exclude_user"):
        assert "is an id, not a name" in rejection(option, name)


def test_read_names_replacement_character_rejected():
    for option in OPTIONS:
        assert "U+FFFD" in rejection(option, "LAB\\us\ufffder")


@pytest.mark.parametrize("name", ["LAB\\svc-*", "*", "LAB\\user0?"])
def test_read_names_wildcard_in_user_rejected(name):
    for option in ("user", "exclude_user"):
        assert "contains a wildcard" in rejection(option, name)
    assert read_names("name", name) == (name,)


@pytest.mark.parametrize(
    "name",
    [
        "'LAB\\a'",
        '"LAB\\a"',
        "''",
        "`LAB\\a`",
        "\u201cLAB\\a\u201d",
        "\u2018a\u2019",
        "\u00ab a \u00bb",
        "\u201eLAB\\a\u201c",
    ],
)
def test_read_names_inner_quotes_rejected(name):
    assert "is quoted twice" in rejection("user", name)
    assert read_names("user", "o'brien") == ("o'brien",)


# Ids


@pytest.mark.parametrize(
    "written",
    [
        GUID,
        GUID.upper(),
        f"{{{GUID}}}",
        f"({GUID.upper()})",
        GUID.replace("-", ""),
        f"{{{GUID.replace('-', '').upper()}}}",
        f"urn:uuid:{GUID}",
        f" {GUID}\n",
    ],
)
def test_read_names_session_id_normalized(written):
    assert read_names("session_id", [written, GUID]) == (GUID,)
    assert guid_of(written.strip()) == GUID


@pytest.mark.parametrize(("value", "ids"), [(7, ("7",)), ([7, "7", "8"], ("7", "8")), ("a-1_B", ("a-1_B",))])
def test_read_names_numeric_session_id_accepted(value, ids):
    assert read_names("session_id", value) == ids


@pytest.mark.parametrize(
    "value",
    ["a b", "LAB\\user01", "../me", "a/b", "a?b", "a%20b", "a\u200eb", "ä", "a.b", "1 2", "{a}", f"{GUID} x", "-5", -5],
)
def test_read_names_malformed_session_id_rejected(value):
    rejection("session_id", [value])


@pytest.mark.parametrize("value", [True, [None], {"id": GUID}, [{"id": GUID}], [[GUID]], 1.5])
def test_read_names_non_text_session_id_rejected(value):
    assert "not text" in rejection("session_id", value)


# Messages


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("LAB\\user 01", "LAB\\user 01"),
        ("a\u200eb", "a<U+200E>b"),
        ("a\u00a0b", "a<U+00A0>b"),
        ("a\ufe0f\u3164", "a<U+FE0F><U+3164>"),
        ("\U000e0041", "<U+E0041>"),
        ("\ud800", "<U+D800>"),
    ],
)
def test_visible_shows_code_of_hidden_characters(name, shown):
    assert visible(name) == shown
    assert is_confusable(name) == (name != shown)


@given(st.text(st.characters(codec=None)) | st.lists(st.text(max_size=5), max_size=3))
def test_read_names_any_text_read_or_rejected(value):
    try:
        names = read_names("user", value)
    except OptionError as error:
        assert str(error).startswith("user: ")
        return
    assert names
    assert read_names("user", list(names)) == names
    assert all(name.strip() == name and name and "\\\\" not in name for name in names)
