# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the JSON of control requests; each check returns the value or raises ValueError."""

from __future__ import annotations

import math
import re
from typing import Any, Callable

Check = Callable[[Any], Any]


def number(value: Any) -> float:
    """Return a number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ValueError("must be a number that is not negative")
    return value


def count(value: Any) -> int:
    """Return a whole number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("must be a whole number that is not negative")
    return value


def flag(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def text(value: Any) -> str:
    """Return text of one line."""
    if not isinstance(value, str) or "\n" in value or "\r" in value:
        raise ValueError("must be a string of one line")
    return value


def anything(value: Any) -> Any:
    """Return any JSON value."""
    return value


def one_of(*choices: Any) -> Check:
    """Return a check for one of several values."""

    def check(value: Any) -> Any:
        if not any(value is choice or (type(value) is type(choice) and value == choice) for choice in choices):
            raise ValueError(f"must be one of: {', '.join(str(choice) for choice in choices)}")
        return value

    return check


def status(value: Any) -> int:
    """Return the HTTP status of a final response."""
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599:
        raise ValueError("must be an HTTP status from 200 to 599")
    return value


def headers(value: Any) -> dict[str, str]:
    """Return header names and values."""
    if not isinstance(value, dict):
        raise ValueError("must be an object of strings")
    return {text(name): text(entry) for name, entry in value.items()}


def lag(value: Any) -> float:
    """Return seconds, or infinity for "never"."""
    return math.inf if value == "never" else number(value)


def pattern(value: Any) -> re.Pattern[str]:
    """Return a regular expression."""
    try:
        return re.compile(text(value))
    except re.error as problem:
        raise ValueError(f"is not a regular expression: {problem}") from None


def mapping(value: Any) -> dict[str, Any]:
    """Return an object with any members."""
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    return value


def optional(check: Check) -> Check:
    """Return a check for a value or null."""
    return lambda value: None if value is None else check(value)


def list_of(check: Check) -> Check:
    """Return a check for a list of such values."""

    def check_all(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError("must be a list")
        return [check(entry) for entry in value]

    return check_all


def record(checks: dict[str, Check], **defaults: Any) -> Check:
    """Return a check for an object with these members; members without a default are required."""

    def check(value: Any) -> dict[str, Any]:
        unknown = sorted(set(mapping(value)) - set(checks))
        if unknown:
            raise ValueError(f"has unknown members: {', '.join(unknown)}")
        checked = dict(defaults)
        for name, entry in value.items():
            try:
                checked[name] = checks[name](entry)
            except ValueError as problem:
                raise ValueError(f"{name} {problem}") from None
        missing = sorted(set(checks) - set(checked))
        if missing:
            raise ValueError(f"requires members: {', '.join(missing)}")
        return checked

    return check
