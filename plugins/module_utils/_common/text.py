# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from outside, which is never trusted: read without falling over, shown without doing harm."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

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
    """Return the message of an error body as it is; "" if it has none.

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
