# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compile the filters of a search body to a test of one machine or session."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple

from ..http.message import refuse
from ..state.settings import Settings
from .properties import MACHINE_PROPERTIES, SESSION_PROPERTIES, ValuesOf, find_values

Test = Callable[[Any], bool]
MakeTest = Callable[[str], Callable[[str], bool]]


def _like(wanted: str) -> Callable[[str], bool]:
    pattern = re.compile(".*".join(re.escape(piece) for piece in wanted.split("*")), re.DOTALL)
    return lambda value: pattern.fullmatch(value) is not None


def _in(wanted: str) -> Callable[[str], bool]:
    choices = frozenset(choice.strip() for choice in wanted.split(","))
    return lambda value: value in choices


def _order(compare: Callable[[Any, Any], bool]) -> MakeTest:
    """Compare as numbers if both are numbers, else as text."""

    def make(wanted: str) -> Callable[[str], bool]:
        number = _number(wanted)

        def test(value: str) -> bool:
            found = _number(value)
            return compare(value, wanted) if number is None or found is None else compare(found, number)

        return test

    return make


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _starts(wanted: str) -> Callable[[str], bool]:
    return lambda value: value.startswith(wanted)


def _ends(wanted: str) -> Callable[[str], bool]:
    return lambda value: value.endswith(wanted)


# Each takes the value of the filter and returns the test of one value of the item; both are in lower case.
_OPERATORS: dict[str, MakeTest] = {
    "Equals": lambda wanted: lambda value: value == wanted,
    "LessThan": _order(operator.lt),
    "GreaterThan": _order(operator.gt),
    "LessThanOrEquals": _order(operator.le),
    "GreaterThanOrEquals": _order(operator.ge),
    "Like": _like,
    "StartsWith": _starts,
    "EndsWith": _ends,
    "Contains": lambda wanted: lambda value: wanted in value,
    "ContainsLike": _like,
    "ContainsStartsWith": _starts,
    "ContainsEndsWith": _ends,
    "In": _in,
    "Any": lambda wanted: bool,
}
_NEGATED = {"None": "Any"}
_POSITIVE_ONLY = ("LessThan", "GreaterThan", "LessThanOrEquals", "GreaterThanOrEquals", "Any")
# The maximum age of a time; the form of the value is not documented.
_WITHOUT_TEST = ("IsWithin", "IsNotWithin")


def _read_operator(name: str) -> tuple[MakeTest, bool]:
    """Return the test of an operator and whether it is negated; LookupError if it is unknown."""
    if name in _OPERATORS:
        return _OPERATORS[name], False
    positive = _NEGATED.get(name) or name.removeprefix("Not")
    if positive in _POSITIVE_ONLY and name not in _NEGATED:
        raise LookupError(name)
    return _OPERATORS[positive], True


def _never(item: object) -> bool:
    return False


def filtered_properties(body: dict[str, Any]) -> Iterable[str]:
    """Return every Property that a valid search body filters on, at any depth."""
    for entry in _objects(body, "SearchFilters"):
        yield entry["Property"]
    for group in _objects(body, "SearchFilterGroups"):
        yield from filtered_properties(group)


def _objects(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the list of objects under that name; empty if it is missing or null."""
    entries = holder.get(name)
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise refuse(400, "invalid", "The member must be a list of objects.", name=name)
    return entries


def _join(tests: list[Test], how: str | None, name: str) -> Test:
    if how not in (None, "And", "Or"):
        raise refuse(400, "invalid", "The operator must be And or Or.", name=name)
    if len(tests) == 1:
        return tests[0]
    if how == "Or":
        return lambda item: any(test(item) for test in tests)
    return lambda item: all(test(item) for test in tests)


class Compiler(NamedTuple):
    """Compile searches for one kind, Machine or Session; 400 for an invalid body."""

    kind: type
    settings: Settings

    def compile(self, body: Any) -> Test:
        """Return the test that a search body describes."""
        if not isinstance(body, dict):
            raise refuse(400, "invalid", "The search must be a JSON object.")
        for name in ("SortCriteria", "SortCriteriaItems"):
            if body.get(name):
                raise refuse(400, "invalid", "The simulator does not sort.", name=name)
        tests = [self._filter(entry) for entry in _objects(body, "SearchFilters")]
        groups = [self._group(entry) for entry in _objects(body, "SearchFilterGroups")]
        if groups:
            joined = _join(groups, body.get("SearchFilterGroupsType"), "SearchFilterGroupsType")
            tests = [joined] if self.settings.group_search == "instead" else [*tests, joined]
        text = body.get("BasicSearchString")
        if text:
            tests.append(self._text(str(text).lower()))
        return _join(tests, "And", "SearchFilters")

    def _group(self, group: dict[str, Any]) -> Test:
        entries = _objects(group, "SearchFilters")
        filters = [self._filter(entry) for entry in entries]
        groups = [self._group(entry) for entry in _objects(group, "SearchFilterGroups")]
        if bool(filters) == bool(groups):
            raise refuse(400, "invalid", "A group may have filters or groups, not both.", name="SearchFilterGroups")
        choice = self._choice(entries) if group.get("SearchFilterGroupType") == "Or" else None
        if choice:
            return choice
        if filters:
            return _join(filters, group.get("SearchFilterGroupType"), "SearchFilterGroupType")
        return _join(groups, group.get("SearchFilterGroupsType"), "SearchFilterGroupsType")

    def _choice(self, entries: list[dict[str, Any]]) -> Test | None:
        """Return one look-up for many values of one property, such as hundreds of machines, or None."""
        if {entry["Operator"] for entry in entries} != {"Equals"} or len({entry["Property"] for entry in entries}) > 1:
            return None
        values_of = self._values_of(entries[0]["Property"])
        if values_of is None:
            return _never
        wanted = frozenset((entry.get("Value") or "").lower() for entry in entries)
        return lambda item: any(found.lower() in wanted for found in values_of(item) or ("",))

    def _values_of(self, name: str) -> ValuesOf | None:
        try:
            values_of = find_values(name, self.kind, self.settings)
        except LookupError:
            raise refuse(400, "invalid", "No such search property.", Property=name) from None
        if values_of is None and self.settings.unknown_search == "refused":
            raise refuse(400, "invalid", "The search property is not supported here.", Property=name)
        return values_of

    def _filter(self, entry: dict[str, Any]) -> Test:
        name, operation, value = entry.get("Property"), entry.get("Operator"), entry.get("Value")
        if not isinstance(name, str) or not isinstance(operation, str):
            raise refuse(400, "missing", "Property and Operator of a filter are required.", name="SearchFilters")
        if value is not None and not isinstance(value, str):
            raise refuse(400, "invalid", "Value must be text.", Property=name)
        values_of = self._values_of(name)
        if operation in _WITHOUT_TEST:
            return _never
        try:
            make, negated = _read_operator(operation)
        except LookupError:
            raise refuse(400, "invalid", "No such operator.", Operator=operation) from None
        if values_of is None:
            return _never
        test = make((value or "").lower())
        return lambda item: negated is not any(test(found.lower()) for found in values_of(item) or ("",))

    def _text(self, text: str) -> Test:
        """Return the test of a basic search: the text is in any property."""
        found = [self._values_of(name) for name in (*MACHINE_PROPERTIES, *SESSION_PROPERTIES)]
        readers = [values_of for values_of in found if values_of]
        return lambda item: any(text in value.lower() for values_of in readers for value in values_of(item))
