# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mask secrets in untrusted text, in every form in which a server or proxy could echo them."""

from __future__ import annotations

import base64
import html
import re
import string
from collections.abc import Iterable, Iterator
from functools import lru_cache

MASK = "***"
PART = 8
"""Consecutive characters that count as a part of a secret; a shorter secret is masked only as a whole."""
LEVELS = 3
"""Levels of nested encodings, such as an escaped character of an HTML entity in JSON."""
LONGEST = 10_000
"""Maximum length of the text; more is never shown."""

_ESCAPES = re.compile(
    r"\\u(?P<unicode>[0-9A-Fa-f]{4})|\\x(?P<hex>[0-9A-Fa-f]{2})|\\(?P<plain>[^ux])"
    r"|(?P<percent>(?:%[0-9A-Fa-f]{2})+)|(?P<entity>&(?:#\d+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);)"
)
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return a text with every secret, and every part of one, replaced.

    Recognizes JSON escapes, HTML entities, percent-encoding, Base64, combinations of them, and another case.
    """
    text = text[:LONGEST]
    hidden: set[int] = set()
    for chars, spans in _levels(text):
        plain = chars.translate(_LOWER)
        for size, parts in _parts(tuple(secrets)).items():
            for at in range(len(plain) - size + 1):
                if plain[at : at + size] in parts:
                    hidden.update(range(spans[at][0], spans[at + size - 1][1]))
    if not hidden:
        return text
    return re.sub("\0+", MASK, "".join("\0" if at in hidden else char for at, char in enumerate(text)))


def _levels(text: str) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Yield the text, then decoded repeatedly, each with the original position of characters."""
    chars, spans = text, [(at, at + 1) for at in range(len(text))]
    yield chars, spans
    for _level in range(LEVELS):
        decoded, places, at = "", [], 0
        for escape in _ESCAPES.finditer(chars):
            plain = _decode(escape)
            decoded += chars[at : escape.start()] + plain
            places += spans[at : escape.start()]
            places += [(spans[escape.start()][0], spans[escape.end() - 1][1])] * len(plain)
            at = escape.end()
        if not at:
            return
        chars, spans = decoded + chars[at:], places + spans[at:]
        yield chars, spans
        # In forms, a plus sign represents a space.
        if "+" in chars:
            yield chars.replace("+", " "), spans


def _decode(escape: re.Match) -> str:
    kind, value = escape.lastgroup, escape.group(escape.lastgroup or 0)
    if kind in ("unicode", "hex"):
        return chr(int(value, 16))
    if kind == "percent":
        return bytes.fromhex(value.replace("%", "")).decode("utf-8", "replace")
    return html.unescape(value) if kind == "entity" else value


@lru_cache(maxsize=16)
def _parts(secrets: tuple[str, ...]) -> dict[int, frozenset[str]]:
    """Return the text to find, by its length."""
    parts: dict[int, set[str]] = {}
    for spelling in {spelling for secret in secrets if secret for spelling in _spellings(secret)}:
        size = min(PART, len(spelling))
        pieces = (spelling[at : at + size].translate(_LOWER) for at in range(len(spelling) - size + 1))
        parts.setdefault(size, set()).update(pieces)
    return {size: frozenset(pieces) for size, pieces in parts.items()}


def _spellings(secret: str) -> Iterator[str]:
    """Yield a secret unchanged and in Base64, at each alignment in the encoded text."""
    yield secret
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + secret.encode("utf-8", "surrogatepass")).decode()
        coded = coded[(before * 8 + 5) // 6 :].rstrip("=")
        yield coded
        yield coded.replace("+", "-").replace("/", "_")
