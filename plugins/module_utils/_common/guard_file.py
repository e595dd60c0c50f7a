# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guard files: limits that the administrator of a host sets for all tasks on it."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .errors import OptionError
from .names import is_confusable, read_names, visible
from .text import clean
from .typos import original

VARIABLE = "CITRIX_GUARD"
SYSTEM_PATH = "/etc/sessionops.citrix/guard.yml"
OTHER_SUFFIXES = (".yaml", ".json")
"""Suffixes that are likely mistakes in the name of the file of the host."""
REQUIRABLE = ("notify_user", "reason", "audit_log")
NUMBERS = ("max_sessions", "max_duration")
KINDS = {"users": "user", "machines": "machine", "delivery_groups": "delivery_group"}
"""Keys of names without denied_ or allowed_, and the option whose names they are written as."""
LISTS = tuple(f"{verb}_{kind}" for verb in ("denied", "allowed") for kind in KINDS)
KEYS = (*REQUIRABLE, "reason_pattern", *NUMBERS, *LISTS)


class Limits(NamedTuple):
    """The content of a guard file."""

    path: str
    required: frozenset[str] = frozenset()
    """Options that a task must set, of REQUIRABLE."""
    reason_pattern: re.Pattern | None = None
    max_sessions: int | None = None
    max_duration: int | None = None
    """Seconds for which a recording may be requested."""
    names: Mapping[str, tuple[str, ...]] = {}
    """By key, of LISTS."""


def read_guards() -> list[Limits]:
    """Return the limits of this host; raises OptionError for an unreadable or invalid file."""
    named = os.environ.get(VARIABLE)
    if named and not os.path.isabs(named):
        raise _invalid(named, f"{VARIABLE} must be an absolute path; set the full path")
    for name in () if named else filter(resembles_variable, os.environ):
        if name != VARIABLE:
            raise OptionError(name, f"there is no such variable; rename it to {VARIABLE}, or remove it")
    return [_read(path) for path in dict.fromkeys([named, _path_of_host()]) if path]


def resembles_variable(name: str) -> bool:
    """Return whether a name is CITRIX_GUARD, or a mistake in it."""
    return name.upper().startswith(VARIABLE) or original(name, [VARIABLE]) is not None


def _path_of_host() -> str | None:
    """Return the file of the host, if it exists; raises OptionError if it has another suffix."""
    if not _is_absent(SYSTEM_PATH):
        return SYSTEM_PATH
    for suffix in OTHER_SUFFIXES:
        other = os.path.splitext(SYSTEM_PATH)[0] + suffix
        if not _is_absent(other):
            raise _invalid(other, f"has a name that is not read; rename it to {SYSTEM_PATH}")
    return None


def _is_absent(path: str) -> bool:
    """Return whether a file is certainly absent; in an unsearchable directory it may exist."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return True
    except OSError:
        pass
    return False


def _read(path: str) -> Limits:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, encoding="utf-8-sig") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _invalid(path, "is not a regular file; correct the path")
            if any(map(_is_open_to_all, (os.fstat(descriptor), *map(os.stat, _folders(path))))):
                raise _invalid(
                    path, "can be changed by every user; remove this permission from the file and its directory"
                )
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(
            path, f"cannot be read ({clean(error)}); correct the path, or let the user of the module read it"
        ) from None
    return _limits(path, _parse(path, text))


def _folders(path: str) -> set[str]:
    """Return the directories of a file, and of the symbolic link to it."""
    return {os.path.dirname(path), os.path.dirname(os.path.realpath(path))}


def _is_open_to_all(found: os.stat_result) -> bool:
    """Return whether every user can change a file, or replace the files in a directory."""
    return bool(found.st_mode & stat.S_IWOTH) and not found.st_mode & stat.S_ISVTX


def _parse(path: str, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        problem: Exception = error
    try:
        # Only for a guard file, which most hosts do not have: it takes 4 % of the time of all imports.
        import yaml  # type: ignore[import-untyped]
    except ImportError:
        raise _invalid(
            path,
            f"is not valid JSON ({clean(problem)}), and this Python has no YAML library; install PyYAML for the Python "
            "of the module, or write the file in JSON",
        ) from None

    class Loader(yaml.SafeLoader):
        """Loader that rejects keys that are there twice."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict:
            return _unique(tuple(self.construct_object(part, True) for part in pair) for pair in node.value)

    try:
        return Loader(text).get_single_data()
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _invalid(path, f"is not valid YAML ({clean(error)}); correct the file") from None


def _unique(pairs: Iterable[tuple[Any, Any]]) -> dict:
    """Return pairs as a dictionary; raises ValueError for a key that is there twice."""
    made: dict = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"{key} is set twice")
        made[key] = value
    return made


def _limits(path: str, content: Any) -> Limits:
    if not isinstance(content, dict) or not content:
        raise _invalid(path, "has no limits; write it as a dictionary with at least one key")
    unknown = [clean(key) for key in content if key not in KEYS]
    if unknown:
        raise _invalid(path, f"unknown key {', '.join(unknown)}; use {', '.join(KEYS)}")
    for key in REQUIRABLE:
        if content.get(key, "required") != "required":
            raise _invalid(path, f"{key} may only be 'required'; correct it, or remove the key")
    for key in NUMBERS:
        value = content.get(key, 1)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise _invalid(path, f"{key} must be a whole number of 1 or more; correct it, or remove the key")
    return Limits(
        path=path,
        required=frozenset(key for key in REQUIRABLE if key in content),
        reason_pattern=_pattern(path, content),
        max_sessions=content.get("max_sessions"),
        max_duration=content.get("max_duration"),
        names={key: _names(path, key, content[key]) for key in LISTS if key in content},
    )


def _pattern(path: str, content: dict) -> re.Pattern | None:
    if "reason_pattern" not in content:
        return None
    if "reason" not in content:
        raise _invalid(path, "reason_pattern is set without reason; add reason with the value 'required'")
    try:
        return re.compile(content["reason_pattern"])
    except (re.error, TypeError, RecursionError, OverflowError) as error:
        raise _invalid(path, f"reason_pattern is not a regular expression ({clean(error)}); correct it") from None


def _names(path: str, key: str, value: Any) -> tuple[str, ...]:
    option = KINDS[key.partition("_")[2]]
    try:
        names = read_names(option, value)
    except OptionError as error:
        raise _invalid(path, f"{key}: {str(error).partition(': ')[2]}") from None
    hidden = [name for name in names if is_confusable(name)]
    if hidden:
        # It would never match, and without a message: on this site, the object may not exist.
        raise _invalid(
            path, f"{key}: '{visible(hidden[0])}' contains invisible characters; type it by hand, or use an id"
        )
    patterns = [name for name in names if re.search(r"[*?]", name)]
    if patterns:
        raise _invalid(path, f"{key}: {clean(patterns[0])} contains a wildcard; list each name")
    bare = [name for name in names if "\\" not in name and "@" not in name]
    if key == "allowed_users" and bare:
        raise _invalid(path, f"{key}: {clean(bare[0])} has no domain; write DOMAIN\\name or name@domain")
    return names


def _invalid(path: str, problem: str) -> OptionError:
    return OptionError(f"guard {clean(path)}", f"{problem}. Nothing was sent")
