# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets: mask every spelling, complete and in part, and no other text."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.masking import LONGEST, PART, mask
from hypothesis import example, given
from hypothesis import strategies as st

SECRET = 'fake+secret/0123=abcdef&<"x\\y>-Zürich%'


def in_json(text):
    return json.dumps(text)[1:-1]


SPELLINGS = {
    "as it is": str,
    "JSON": in_json,
    "JSON, all letters": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON of .NET": lambda text: in_json(text).replace("+", "\\u002B").replace("<", "\\u003C").replace("/", "\\/"),
    "JSON, nothing but escapes": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "JSON in JSON": lambda text: in_json(in_json(text)),
    "hexadecimal escapes": lambda text: "".join(f"\\x{ord(char):02X}" for char in text),
    "HTML": html.escape,
    "HTML, decimal": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "HTML, hexadecimal": lambda text: "".join(f"&#x{ord(char):X};" for char in text),
    "HTML in JSON": lambda text: in_json(html.escape(text)),
    "JSON in HTML": lambda text: html.escape(in_json(text)),
    "URL": lambda text: quote(text, safe=""),
    "URL, small letters": lambda text: re.sub("%..", lambda code: code.group().lower(), quote(text, safe="")),
    "URL, every byte": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "URL in a URL": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "Base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "Base64 in a URL": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
    "Base64 of more": lambda text: base64.b64encode(f"user:{text} and more".encode()).decode(),
    "upper case": str.upper,
}


@pytest.mark.parametrize("spelled", SPELLINGS.values(), ids=SPELLINGS)
def test_mask_any_spelling_masked(spelled):
    expected = mask(f"before [{spelled(SECRET)}] after", [SECRET])
    assert re.fullmatch(r"before \[.{0,20}\*\*\*.{0,20}\] after", expected)


@pytest.mark.parametrize("spelled", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("part", [slice(12), slice(12, None), slice(5, -5)], ids=["beginning", "end", "middle"])
def test_mask_any_part_masked(spelled, part):
    expected = mask(f"before [{spelled(SECRET[part])}] after", [SECRET])
    assert "***" in expected
    assert len(expected) < len("before [] after") + 30


PRINTABLE = st.characters(min_codepoint=33, max_codepoint=126)


@given(st.text(PRINTABLE, min_size=PART, max_size=60), st.sampled_from(list(SPELLINGS)))
@example('abc+/==&"quoted"\\back', "JSON")
def test_mask_leaves_no_part_of_any_secret(secret, spelling):
    expected = mask(f"«{SPELLINGS[spelling](secret)}»", [secret])
    parts = {secret[at : at + PART].lower() for at in range(len(secret) - PART + 1)}
    shown = html.unescape(expected).lower()
    assert not any(part in shown for part in parts)


@pytest.mark.parametrize("secret", ["x", "pw", "s3cret", "s3cret!"])
def test_mask_short_secret_masked_in_full(secret):
    assert mask(f"<{secret}>", [secret]) == "<***>"
    assert mask(f"<{in_json(secret)}> and <{secret[:-1]}>", [secret]).endswith(f"<{secret[:-1]}>")


@pytest.mark.parametrize(
    "text",
    ["", "<html>some page</html>", "A&B 100% \\u00zz &nothing; %zz", "44399a9e-18ea-4c16-b549-811fa252c7b6", "a\nb"],
)
def test_mask_other_text_unchanged(text):
    assert mask(text, ["fake-secret-0123456789", ""]) == text


def test_mask_text_around_secret_unchanged():
    assert mask(f"a+b {SECRET} \\u0041 &amp; %41", [SECRET]) == "a+b *** \\u0041 &amp; %41"


def test_mask_several_secrets_masked():
    assert mask("one-long-secret, other-secret", ["one-long-secret", "other-secret"]) == "***, ***"


def test_mask_reads_only_displayed_part():
    assert len(mask("x" * (LONGEST * 2), [SECRET])) == LONGEST


@given(st.text(), st.text())
def test_mask_accepts_any_text(text, secret):
    assert isinstance(mask(text, [secret]), str)
