# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and ids in options: cleaned and checked in one place, wherever they enter."""

from __future__ import annotations

import re
import unicodedata

from .errors import OptionError
from .text import clean

NAME_LIST: dict[str, object] = {"type": "raw"}
"""Spec of an option that holds names. With type list, Ansible would turn numbers into text before they are checked."""

USERS = ("user", "exclude_user")
ACCOUNTS = (*USERS, "machine", "exclude_machine")
"""Options whose names have at most one backslash: DOMAIN\\NAME."""

IGNORED = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
"""Letters and marks that Unicode calls default ignorable: they are printable, and show nothing."""
JOINERS = "\u200c\u200d"
"""Format characters that some scripts need."""
LINE_BREAKS = "\n\r\x85\u2028\u2029"
FORBIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that no name holds: control, format, surrogate, line and paragraph separator."""
ENDS = re.compile(r"\A[^\S\v\f\x1c-\x1f]+|[^\S\v\f\x1c-\x1f]+\Z")
"""White space at the ends, but no control character that a backslash in key=value arguments may have become."""
HIDDEN = re.compile(rf"[{IGNORED}]")
COLLECTION = re.compile(r"\[\s*\]|\[.*['\"].*\]|\{.*:.*\}|.*\{\{.*", re.DOTALL)
"""A list, a dictionary or a template, as its text."""
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
    """Return the names that an option holds, each once, without white space at the ends, and in NFC.

    value: a list, or one text in which commas separate the names. Raises OptionError for what cannot be a name.
    """
    given = list(value) if isinstance(value, (list, tuple)) else [value]
    for each in given:
        if isinstance(each, str) and COLLECTION.fullmatch(each.strip()):
            raise OptionError(option, f"{clean(each)} is a list, dictionary or template as text; pass a list of names")
    if isinstance(value, str):
        given = list(value.split(","))
    if not given:
        raise OptionError(option, "is empty; set at least one value")
    read = _read_id if option == "session_id" else _read_name
    return tuple(dict.fromkeys(read(option, each) for each in given))


def guid_of(text: str) -> str | None:
    """Return a GUID in lower case with dashes, however it is written; None for any other text."""
    found = GUID.fullmatch(text.lower())
    return "-".join(found.groups()) if found else None


def is_doubtful(name: str) -> bool:
    """Tell whether a name holds characters that look like others or like nothing, such as a no-break space."""
    return visible(name) != name


def visible(name: str) -> str:
    """Return a name for messages: characters that cannot be seen are shown by their code, such as <U+200E>."""
    return clean("".join(char if _shows(char) else f"<U+{ord(char):04X}>" for char in name))


def _shows(char: str) -> bool:
    return char.isprintable() and not HIDDEN.match(char)


def _read_id(option: str, value: object) -> str:
    # A number is what YAML makes of the digits of an id; leading zeros have no meaning in one.
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _read_name(option, value)
    session_id = guid_of(text) or text
    if not re.fullmatch(r"[0-9A-Za-z_-]+", session_id):
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
    if name[0] == name[-1] and name[0] in "'\"":
        raise OptionError(option, f"{visible(name)} is quoted twice; take the inner quotes out")
    parts = name.split("\\")
    if not all(parts):
        raise OptionError(
            option,
            f"'{visible(name)}' has a doubled backslash, or one at an end; write one between domain and name: "
            "only double quotes in YAML take two",
        )
    if option in ACCOUNTS and (len(parts) > 2 or name.count("@") > 1):
        raise OptionError(option, f"'{visible(name)}' is more than one name; pass several names as a list")
    if option in USERS and re.search(r"[\u2216\u29f5\u29f9\ufe68\uff3c]", name):
        raise OptionError(
            option, f"'{visible(name)}' contains a character that looks like a backslash; type \\ by hand"
        )
    if option in USERS and re.search(r"[*?]", name):
        raise OptionError(option, f"'{visible(name)}' contains a wildcard; list each user")
    return name


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
