# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from outside, which is never trusted: read without falling over, shown without doing harm."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

MAX_DETAIL = 300


def folded(text: str) -> str:
    """Return a text as names are compared: without regard to case or to how an accent is put on its letter."""
    return unicodedata.normalize("NFC", text).casefold()


def read_json(text: str) -> Any:
    """Return what a JSON text holds; None where it is no JSON, or nested beyond reason."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def objects(value: Any) -> list[dict]:
    """Return the objects of a list; none where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def reach(data: Any, *path: str) -> Any:
    """Return what is at a path in nested objects; None where anything on the way is missing, null or no object."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def nested(data: Any, *path: str) -> str | None:
    """Return the text at a path in nested objects; None where there is none, or an empty one."""
    value = reach(data, *path)
    return value if isinstance(value, str) and value else None


def one_line(text: str) -> str:
    """Return a text with everything unprintable gone and all white space folded."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


def clean(text: Any) -> str:
    """Make a text safe to show: printable, on one line, at most MAX_DETAIL characters."""
    line = one_line(str(text))
    return line if len(line) <= MAX_DETAIL else line[: MAX_DETAIL - 3] + "..."


def read_detail(text: str) -> str:
    """Return what an error body says, cleaned and cut to one short line; "" where it says nothing.

    Known bodies: ErrorResponse {type, detail, parameters}, ErrorData {ErrorMessage, ...}, {"Error": {"Message"}},
    the gateway's {statusCode, message}, OAuth's {error, error_description}, plain text, HTML (API error pages).
    """
    body = read_json(text)
    if isinstance(body, dict):
        body = body["Error"] if isinstance(body.get("Error"), dict) else body
        for name in ("detail", "ErrorMessage", "Message", "message", "error_description", "error"):
            told = clean(nested(body, name) or "")
            if told:
                return told
    elif text.lstrip().startswith("<"):
        title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
        return clean("an HTML page, " + title.group(1)) if title and title.group(1).strip() else "an HTML page"
    return clean(text)


def mask(text: str, secrets: Iterable[str]) -> str:
    """Take secrets out of a text, in every spelling in which a server could send them back.

    Some proxies show the request they got in their error page: headers, a form, JSON with its escapes.
    """
    body = read_json(text)
    if isinstance(body, (dict, list)):
        text = json.dumps(body, ensure_ascii=False)
    for secret in filter(None, secrets):
        for spelling in sorted(_spellings(secret), key=len, reverse=True):
            text = text.replace(spelling, "***")
    return text


def _spellings(secret: str) -> set[str]:
    """Return a secret as bodies and headers have it, and each of these as URLs and forms do."""
    written = {secret, base64.b64encode(secret.encode()).decode()}
    written.update(json.dumps(secret, ensure_ascii=plain)[1:-1] for plain in (True, False))
    quoted = {spelled for each in written for spelled in (quote(each), quote(each, safe=""), quote_plus(each))}
    # Some servers write escapes in small letters.
    return written | quoted | {re.sub("%..", lambda escape: escape.group().lower(), each) for each in quoted}
