# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clean and check names, ids and times in options in one place."""

from __future__ import annotations

import re
import string
import unicodedata
from typing import Any

from . import times
from .errors import OptionError
from .text import INVISIBLE, clean

NAME_LIST: dict[str, object] = {"type": "raw"}
"""Spec of an option with names. With type list, Ansible would convert numbers to text before they are checked."""

IDS = ("session_id", "prove_session_id")
USERS = ("user", "exclude_user")
ACCOUNTS = (*USERS, "machine", "exclude_machine")
"""Options whose names have at most one backslash: DOMAIN\\NAME."""

JOINERS = "\u200c\u200d"
"""Format characters that some scripts require."""
IMPOSSIBLE = r"(?i)[\"/\[\]:;|=<>]|[\\@]\s|\s[\\@]|^@|[@.]$|^\.\\|^-\s|%(?:5c|40|7c|2f)"
"""Parts that no user name has: characters that Windows rejects, misplaced white space and dots, escaped separators."""
FALSE_SEPARATORS = r"[\u2044\u2215\u2216\u29f5\u29f9\ufe68\ufe6b\uff0f\uff20\uff3c]"
QUOTES = re.compile("['\"`\u00ab\u00bb\u2018-\u201f\u2039\u203a]")
EMPTY = re.compile(r"none|null|~|(?:ansible)?undefined|__omit_place_holder__\w*", re.IGNORECASE)
"""Text of a value that is not set, as templates write it."""
SID = re.compile(r"s-1(?:-\d+)+", re.IGNORECASE)
LINE_BREAKS = "\n\r\x85\u2028\u2029"
FORBIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that no name contains: control, format, surrogate, line and paragraph separator."""
ENDS = re.compile(r"\A[^\S\v\f\x1c-\x1f]+|[^\S\v\f\x1c-\x1f]+\Z")
"""White space at the ends, without control characters, which may come from a backslash in key=value arguments."""
COLLECTION = re.compile(
    r"(?:frozenset|set|dict_\w+)?\((?:\s*|.*['\"].*)\)|\[\s*\]|\[.*['\"].*\]|\{.*[:'\"].*\}|.*\{[{%].*", re.DOTALL
)
"""Text of a list, tuple, set, dictionary or template."""
COMMON = string.ascii_lowercase + string.digits + "_.'$#-\\@"
"""Characters of most folded names."""
GUID = re.compile(r"(?:urn:uuid:)?[{(]?" + "-?".join(f"([0-9a-f]{{{size}}})" for size in (8, 4, 4, 4, 12)) + r"[)}]?")
KINDS = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
    list: "a list",
    dict: "a dictionary",
}


def read_names(option: str, value: object) -> tuple[str, ...]:
    """Return the names in an option, each once, without white space at the ends, and in NFC.

    value: a list, or one text with names separated by commas. Raises OptionError for invalid names.
    """
    given = list(value) if isinstance(value, (list, tuple)) else [value]
    for each in given:
        if isinstance(each, str) and COLLECTION.fullmatch(each.strip()):
            raise OptionError(option, f"{clean(each)} is a list, dictionary or template as text; pass a list of names")
    if isinstance(value, str):
        given = list(value.split(","))
    if not given:
        raise OptionError(option, "is empty; set at least one value")
    read = _read_id if option in IDS else _read_name
    return tuple(dict.fromkeys(read(option, each) for each in given))


def read_time(option: str, text: str | None, unset: float) -> float:
    """Return the Unix time of an option, or `unset`; OptionError unless RFC 3339 with a zone."""
    if text is None:
        return unset
    moment = times.instant(text)
    if moment is None:
        raise OptionError(
            option,
            f"'{visible(text)}' is not a time with a zone; write it as in RFC 3339, such as 2026-12-01T08:00:00+01:00",
        )
    return moment


def check_period(first: str, start: Any, end: Any) -> None:
    """Raise OptionError unless until is later than the option with the start."""
    if start >= end:
        raise OptionError("until", f"is not later than {first}; set a later time")


def guid_of(text: str) -> str | None:
    """Return a GUID in lower case with dashes from any spelling; None for any other text."""
    found = GUID.fullmatch(text.lower())
    return "-".join(found.groups()) if found else None


def id_key(text: str) -> str:
    """Return an id for comparisons: a GUID in any spelling is the same id."""
    # Most ids are written with dashes: a search would take longer than all else for an object of a list.
    return text.lower() if len(text) == 36 else guid_of(text) or text.lower()


def is_comparable(option: str, name: str) -> bool:
    """Return whether an option accepts a folded name of the API, so that both can be equal."""
    # Most names take this way, in a twentieth of the time.
    is_common = not name.strip(COMMON) and name[0] not in "\\." and "\\\\" not in name
    if is_common and len(name) != 36 and name not in ("none", "null"):
        return option in USERS or name[-1] not in ".$"
    try:
        return bool(_read_name(option, name))
    except OptionError:
        return False


def is_confusable(name: str) -> bool:
    """Return whether a name has confusable or invisible characters, such as a no-break space."""
    return visible(name) != name


def is_blank(text: str) -> bool:
    """Return whether a text has no visible character."""
    return not any(_shows(char) and not char.isspace() for char in text)


def visible(name: str) -> str:
    """Return a name for messages, with invisible characters as codes such as <U+200E>."""
    return clean("".join(char if _shows(char) else f"<U+{ord(char):04X}>" for char in name))


def _shows(char: str) -> bool:
    return char.isprintable() and not INVISIBLE.match(char)


def _read_id(option: str, value: object) -> str:
    # YAML converts the digits of an id to a number; leading zeros have no meaning in one.
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _read_name(option, value)
    session_id = guid_of(text) or text
    if not re.fullmatch(r"[0-9A-Za-z_][0-9A-Za-z_-]*", session_id):
        raise OptionError(
            option, f"'{visible(text)}' cannot be the id of a session; pass the id that another task returned"
        )
    return session_id


def _read_name(option: str, value: object) -> str:
    if not isinstance(value, str):
        kind = KINDS.get(type(value), type(value).__name__)
        raise OptionError(
            option, f"{clean(value)} is {kind}, not text; quote it, as in '0012345', and pass names as a flat list"
        )
    name = ENDS.sub("", unicodedata.normalize("NFC", value))
    if not name:
        raise OptionError(option, "contains an empty name; remove it or write the full name")
    _check_characters(option, name)
    if option in (*USERS, *IDS) and EMPTY.fullmatch(name):
        raise OptionError(option, f"'{visible(name)}' is the text of an empty value; write the full name, or remove it")
    if QUOTES.match(name[0]) and QUOTES.match(name[-1]):
        raise OptionError(option, f"{visible(name)} is quoted twice; remove the inner quotes")
    parts = name.split("\\")
    if not all(parts):
        raise OptionError(
            option,
            f"'{visible(name)}' has a doubled backslash, or one at its start or end; write one between domain and "
            "name: only double quotes in YAML take two",
        )
    if option in ACCOUNTS and (len(parts) > 2 or name.count("@") > 1):
        raise OptionError(option, f"'{visible(name)}' is more than one name; pass several names as a list")
    if option in USERS:
        _check_user(option, name)
    elif option in ACCOUNTS and name[-1] in ".$":
        raise OptionError(
            option, f"'{visible(name)}' ends with {name[-1]}, but no machine name does; remove that character"
        )
    return name


def _check_user(option: str, name: str) -> None:
    if SID.fullmatch(name) or guid_of(name):
        raise OptionError(option, f"'{visible(name)}' is an id, not a name; write DOMAIN\\NAME, or the UPN")
    if re.search(FALSE_SEPARATORS, name):
        raise OptionError(option, f"'{visible(name)}' contains a character that looks like a \\ or @; type it by hand")
    if re.search(IMPOSSIBLE, name):
        raise OptionError(
            option,
            f"'{visible(name)}' contains a character that is invalid in an account name, or white space beside \\ or "
            "@; write DOMAIN\\NAME, and pass several names as a list",
        )
    if re.search(r"[*?]", name):
        raise OptionError(option, f"'{visible(name)}' contains a wildcard; list each user")


def _check_characters(option: str, name: str) -> None:
    if name.isascii() and name.isprintable():
        return
    if any(char in LINE_BREAKS for char in name):
        raise OptionError(
            option,
            f"'{visible(name)}' contains a line break; pass several names as a list. In key=value arguments \\n is a "
            "line break: pass JSON and double each backslash",
        )
    for char in name:
        category = unicodedata.category(char)
        if category == "Cc":
            raise OptionError(
                option,
                f"'{visible(name)}' contains a control character; in key=value arguments a backslash is an escape "
                'character: pass JSON and double each backslash, as in \'{"machine": ["DOMAIN\\\\NAME"]}\'',
            )
        if category in FORBIDDEN and char not in JOINERS:
            raise OptionError(
                option, f"'{visible(name)}' contains the invisible character U+{ord(char):04X}; type the name by hand"
            )
        if char == "\ufffd":
            raise OptionError(
                option,
                f"'{visible(name)}' contains U+FFFD, for a character that was lost; use UTF-8 and type it by hand",
            )
