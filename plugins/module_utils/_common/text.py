# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read untrusted text without exceptions, and show it without harm."""

from __future__ import annotations

import codecs
import json
import re
import unicodedata
from math import isfinite
from typing import Any

MAX_DETAIL = 300
MOST_VALUES = 1_500_000
"""Maximum number of values in one JSON text; a page of 1,000 complete sessions has about 150,000."""
CONTAINERS = {dict, list}
"""The types of a JSON text that contain others."""
DEEPEST = 40
"""Maximum levels of lists and objects in one JSON text; the API uses fewer than ten."""
INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks that Unicode calls default ignorable: they are printable and invisible."""


def folded(text: str) -> str:
    """Return a text for comparing names, without regard to case or to the form of accents."""
    if text.isascii():
        return text.lower()
    # A letter with two accents can be folded only in its decomposed form.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def decode(content: bytes, content_type: str) -> str:
    """Return the text of a body: UTF-8 regardless of its content type, if it is valid UTF-8."""
    named = re.search(r"charset=[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    charset = named.group(1) if named else "utf-8"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        charset = "utf-16"
    # Most text of these is valid UTF-8 too, with a zero byte after each letter.
    wide = charset.lower().startswith(("utf-16", "utf-32"))
    for codec in (charset, "utf-8-sig") if wide else ("utf-8-sig", charset):
        try:
            return content.decode(codec)
        except (LookupError, ValueError):
            continue
    return content.decode("utf-8-sig", "replace")


def read_json(text: str) -> Any:
    """Return the value of a JSON text; None if invalid, or larger or deeper than any response.

    The value can always be written as JSON again: NaN and infinite numbers become null, and a lone surrogate becomes
    U+FFFD.
    """
    # Counted before parsing: 45 MB of "{}," would take 2.5 GB, and delay a signal until the end.
    containers = text.count("[") + text.count("{")
    if containers + text.count(",") > MOST_VALUES:
        return None
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        # Some services write \xNN, which is invalid JSON; an escaped backslash stays.
        repaired = re.sub(r"(\\\\)|\\x([0-9A-Fa-f]{2})", lambda found: found[1] or rf"\u00{found[2]}", text)
        return None if repaired == text else read_json(repaired)
    if containers > DEEPEST and _is_deep(value):
        return None
    if re.search(r"\\u[dD][89a-fA-F]", text):
        value = _repaired(value)
    return value


def _finite(number: str) -> float | None:
    value = float(number)
    return value if isfinite(value) else None


# Shared by all texts: creating one takes as long as reading a status.
_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=lambda name: None)


def _repaired(value: Any) -> Any:
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, dict):
        return {_repaired(name): _repaired(each) for name, each in value.items()}
    return [_repaired(each) for each in value] if isinstance(value, list) else value


def _is_deep(value: Any) -> bool:
    """Return whether a value has more than DEEPEST levels; recursion would have its own limit."""
    level = [value]
    for _depth in range(DEEPEST):
        # isinstance() of each value would take three times as long, for some hundred thousand values.
        level = [
            each
            for values in level
            for each in (values.values() if isinstance(values, dict) else values)
            if type(each) in CONTAINERS
        ]
        if not level:
            return False
    return True


def objects(value: Any) -> list[dict]:
    """Return the objects of a list; none if it is not a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def reach(data: Any, *path: str) -> Any:
    """Return the value at a path in nested objects; None if a part is missing or no object."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def nested(data: Any, *path: str) -> str | None:
    """Return the text at a path in nested objects; None if there is none or it is empty."""
    # As reach(), without a call for each of some hundred thousand values.
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data if data and isinstance(data, str) else None


def escaped(text: str) -> str:
    """Return a name with invisible characters and line breaks as escapes such as \u200b."""
    if text.isprintable() and (text.isascii() or not INVISIBLE.search(text)):
        return text
    return "".join(_escape(char) if _is_hidden(char) else char for char in text)


def _is_hidden(char: str) -> bool:
    return not (char.isprintable() or unicodedata.category(char) == "Zs") or bool(INVISIBLE.match(char))


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def one_line(text: str) -> str:
    """Return a text on one line: white space is folded, then escaped() is applied."""
    return escaped(" ".join(text.split()))


def clean(text: Any) -> str:
    """Return a text that is safe to show: printable, on one line, at most MAX_DETAIL characters."""
    line = one_line(str(text))
    return line if len(line) <= MAX_DETAIL else line[: MAX_DETAIL - 3] + "..."


def read_detail(text: str) -> str:
    """Return the message of an error body unchanged; "" if it has none.

    Known bodies: ErrorResponse {type, detail, parameters}, ErrorData {ErrorMessage, SdkErrorId, ...}, {"Error":
    {"Message"}}, the gateway's {statusCode, message}, plain text and HTML. The case of the names differs.
    """
    body = read_json(text)
    if isinstance(body, dict):
        body = {name.lower(): value for name, value in body.items()}
        if isinstance(body.get("error"), dict):
            body = {name.lower(): value for name, value in body["error"].items()}
        for name in ("detail", "errormessage", "message", "error_description", "error", "sdkerrorid"):
            if (nested(body, name) or "").strip():
                return body[name]
    elif text.lstrip().startswith("<"):
        title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
        return f"an HTML page, {title.group(1)}" if title and title.group(1).strip() else "an HTML page"
    return text
