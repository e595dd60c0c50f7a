# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read fault rules, and match them with requests in order."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..http.message import Request
from .checks import Check, count, number, pattern, text
from .effects import EFFECTS

LATENCY = "latency"
_SELECTORS: dict[str, Check] = {"method": text, "path": pattern, "session": text, "after": count, "times": count}


class Fault(NamedTuple):
    """The effect of the first matching rule: its name and its value."""

    effect: str
    value: Any


class Rule:
    """One rule: selectors and one effect. It counts its matches."""

    def __init__(self, given: Any) -> None:
        """Read a rule; ValueError with a message for users if it is invalid."""
        if not isinstance(given, dict):
            raise ValueError("is not an object")
        effects = [name for name in given if name in EFFECTS or name == LATENCY]
        unknown = sorted(set(given) - set(_SELECTORS) - set(effects))
        if unknown:
            raise ValueError(f"has unknown members: {', '.join(unknown)}")
        if len(effects) != 1:
            raise ValueError(f"requires exactly one of these effects: {LATENCY}, {', '.join(EFFECTS)}")
        checked: dict[str, Any] = {}
        for name, value in given.items():
            check = number if name == LATENCY else EFFECTS[name].check if name in EFFECTS else _SELECTORS[name]
            try:
                checked[name] = check(value)
            except ValueError as problem:
                raise ValueError(f"{name} {problem}") from None
        self.effect = effects[0]
        self.value = checked[self.effect]
        self._method = checked.get("method", "").upper()
        self._path = checked.get("path")
        self._session = checked.get("session", "").lower()
        self._left_out = checked.get("after", 0)
        self._left: int | None = checked.get("times")

    def matches(self, request: Request) -> bool:
        """Return whether the rule applies to this request; matches that ``after`` skips count too."""
        if self._method and self._method != request.method:
            return False
        if self._path and not self._path.search(request.path):
            return False
        if self._session and self._session not in f"{request.path}?{request.query_text}".lower():
            return False
        if self._left_out:
            self._left_out -= 1
            return False
        if self._left is not None:
            if not self._left:
                return False
            self._left -= 1
        return True


class Faults:
    """The active rules."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def replace(self, given: Any) -> None:
        """Replace the rules; ValueError, without a change, if one is invalid."""
        if not isinstance(given, list):
            raise ValueError("The fault rules must be a JSON list.")
        rules = []
        for at, entry in enumerate(given):
            try:
                rules.append(Rule(entry))
            except ValueError as problem:
                raise ValueError(f"Rule {at} {problem}.") from None
        self._rules = rules

    def match(self, request: Request) -> tuple[float, Fault | None]:
        """Return the sum of matching latencies in seconds, and the first other rule that matches."""
        latency = 0.0
        for rule in self._rules:
            if rule.matches(request):
                if rule.effect != LATENCY:
                    return latency, Fault(rule.effect, rule.value)
                latency += rule.value
        return latency, None
