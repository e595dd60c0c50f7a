# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results match RETURN: each key and its type, in success, failure and check mode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

FREE = {"changed", "failed", "msg", "diff", "invocation", "warnings", "deprecations", "exception"}
"""Keys without documentation."""
TYPES = {"bool": bool, "dict": dict, "float": (float, int), "int": int, "list": list, "path": str, "str": str}
WHEN = re.compile(r"if O\((\w+)=(\w+)\)")


@dataclass(frozen=True)
class Key:
    """A key of a result as documented in RETURN."""

    type: str | None
    elements: str | None = None
    returned: str = ""
    keys: dict[str, Key] = field(default_factory=dict)
    """Its members, or the members of each item."""
    more: bool = True
    """Whether it may have other keys."""

    @classmethod
    def read(cls, entry: dict) -> Key:
        """Read an entry of RETURN.

        With `contains` it has exactly those keys. With a sample as well, it also has those of the sample and possibly
        more: it is an object of the API. With only a sample it has its keys, unless these are not names.
        """
        contains = {name: cls.read(inner) for name, inner in (entry.get("contains") or {}).items()}
        sample = cls.shown(entry.get("sample"), bool(contains))
        more = "sample" in entry if contains else sample.more
        keys = {**sample.keys, **contains}
        return cls(entry["type"], entry.get("elements"), str(entry.get("returned", "")), keys, more)

    @classmethod
    def shown(cls, sample: Any, more: bool) -> Key:
        """Read a sample; more: whether it shows only a part."""
        known = next((name for name, kind in TYPES.items() if isinstance(sample, kind)), None)
        keys: dict[str, Key] = {}
        for item in sample if isinstance(sample, list) else [sample]:
            if isinstance(item, dict):
                keys.update({name: cls.shown(value, more) for name, value in item.items()})
        if all(name.isidentifier() for name in keys):
            return cls(known, keys=keys, more=more or not keys)
        return cls(known)

    def paths(self, where: str) -> set[str]:
        """Return this key and all keys below it, in dotted form from the top."""
        return {where}.union(*(key.paths(f"{where}.{name}") for name, key in self.keys.items()))

    def compare(self, value: Any, where: str, options: dict, seen: set[str]) -> Iterator[str]:
        """Yield the errors of a value, and add its keys with a value to seen. Any value may be null."""
        if value is None:
            return
        seen.add(where)
        if not is_of(value, self.type):
            yield f"{where} is documented as {self.type} and is {value!r}"
        for item in value if isinstance(value, list) else [value]:
            if isinstance(value, list) and not is_of(item, self.elements):
                yield f"{where} is documented as a list of {self.elements} and has {item!r}"
            if isinstance(item, dict):
                yield from self._compare_keys(item, where, options, seen)

    def _compare_keys(self, item: dict, where: str, options: dict, seen: set[str]) -> Iterator[str]:
        if not self.more:
            yield from (f"{where}.{name} is returned and not documented" for name in set(item) - set(self.keys))
        for name, key in self.keys.items():
            condition = WHEN.fullmatch(key.returned)
            if condition:
                option, value = condition.groups()
                if (str(options.get(option)).lower() == value.lower()) is not (name in item):
                    yield f"{where}.{name} is documented as returned {key.returned}, and is {options.get(option)}"
            yield from key.compare(item.get(name), f"{where}.{name}", options, seen)


def is_of(value: Any, wanted: str | None) -> bool:
    """Return whether a value has a documented type; a boolean is not a number."""
    if isinstance(value, bool) and wanted in TYPES:
        return wanted == "bool"
    return isinstance(value, TYPES.get(wanted or "", object))


@pytest.fixture
def documented(played):
    return {name: Key.read(entry) for name, entry in played.returns.items()}


def compare(played, documented: dict[str, Key]) -> tuple[set[str], set[str]]:
    """Return the errors in the results of all runs, and the keys with a value."""
    problems, seen = set(), set()
    defaults = {name: option.get("default") for name, option in played.doc["options"].items()}
    shown = [done for done in played.run.done if done.task.module == played.module]
    for done in [*shown, *played.rehearsed, *played.acted_in_vain, *played.refused]:
        options = {**defaults, **done.task.options}
        result = {name: value for name, value in done.result.items() if not name.startswith("_ansible_")}
        wrong = [f"{name} is returned and not documented" for name in set(result) - set(documented) - FREE]
        for name, key in documented.items():
            expected = {"success": not result["failed"], "always": True}.get(key.returned, name in result)
            if (name in result) is not expected:
                wrong.append(f"{name} is documented as returned: {key.returned}; the result was {result}")
            wrong += key.compare(result.get(name), name, options, seen)
        problems |= {f"{played.module}, example '{done.task.name}': {problem}" for problem in wrong}
    return problems, seen


def test_returned_keys_documented(played, documented):
    problems, _seen = compare(played, documented)
    assert not problems, "\n".join(sorted(problems))


def test_documented_keys_returned(played, documented):
    _problems, seen = compare(played, documented)
    never = set().union(*(key.paths(name) for name, key in documented.items())) - seen
    assert not never, (
        f"{played.module}: never returned with a value in any run of the examples: {sorted(never)}; "
        "remove it from RETURN, or add an example that returns it."
    )


def test_samples_have_documented_type(played):
    assert not list(wrong_samples(played.returns, played.module))


def wrong_samples(entries: dict, where: str) -> Iterator[str]:
    for name, entry in entries.items():
        sample = entry.get("sample")
        if sample is not None and not is_of(sample, entry["type"]):
            yield f"{where}.{name} is documented as {entry['type']}, and its sample is {sample!r}"
        yield from wrong_samples(entry.get("contains") or {}, f"{where}.{name}")


def test_api_error_returned_as_failure(played):
    assert played.refused, f"{played.module}: all its examples have templates in their options; add one without"
    for done in played.refused:
        shown = f"{played.module}, example '{done.task.name}', with everything refused: {done.result}"
        assert done.calls, shown
        assert done.result["failed"], shown
        assert done.result["failure"]["status"] == 403, shown


def test_failure_returned_by_failed_task_only(played):
    for done in [*played.run.done, *played.rehearsed, *played.acted_in_vain]:
        shown = f"example '{done.task.name}' of {played.module} has a failure, and has not failed: {done.result}"
        assert done.result["failed"] or "failure" not in done.result, shown
