# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search an audit trail by time, user, session and result, and report its problems."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from glob import glob
from math import inf
from typing import Any, Callable, NamedTuple

from .._common.errors import OptionError
from .._common.names import NAME_LIST, check_period, id_key, read_names, read_time, visible
from .._common.options import check_ranges, values_of
from .._common.text import clean, folded, nested
from .._common.times import timestamp
from .audit_file import HEAD
from .audit_lines import RESULTS
from .audit_reader import TrailReader

KEYS: dict[str, Callable[[str], str]] = {"user": folded, "session_id": id_key}
"""By option, the function that returns a name for comparisons."""
RANGES = {"limit": (0, 10_000), "first_line": (1, 10**18)}
ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "path": {"type": "list", "elements": "path", "required": True},
    "first_line": {"type": "int", "default": 1},
    "since": {"type": "str"},
    "until": {"type": "str"},
    "user": NAME_LIST,
    "session_id": NAME_LIST,
    "result": {"type": "list", "elements": "str", "choices": list(RESULTS)},
    "limit": {"type": "int", "default": 1000},
}


class Conditions(NamedTuple):
    """Conditions for an entry, all of which must match."""

    since: float
    until: float
    names: Mapping[str, Mapping[str, str]]
    """By option, user or session_id, the names in the task by their form for comparisons; one of them must match."""
    result: frozenset[str] | None

    @classmethod
    def from_params(cls, params: dict) -> Conditions:
        """Check the options; raises OptionError."""
        given = {name: read_names(name, params[name]) for name in KEYS if params[name] is not None}
        names = {option: {KEYS[option](name): name for name in found} for option, found in given.items()}
        result = frozenset(values_of(params, "result")) or None
        since, until = (read_time(name, params[name], unset) for name, unset in (("since", -inf), ("until", inf)))
        check_period("since", since, until)
        return cls(since, until, names, result)

    def matches(self, entry: dict) -> bool:
        """Return whether an entry meets all conditions."""
        at = timestamp(str(entry.get("time"))) or 0.0
        return (
            self.since <= at < self.until
            and not any(_names_of(option, entry).isdisjoint(names) for option, names in self.names.items())
            and (self.result is None or nested(entry, "result") in self.result)
        )


def _names_of(option: str, entry: dict) -> set[str]:
    """Return the names by which an option selects an entry, in their form for comparisons."""
    name = KEYS[option](str(entry.get(option) or ""))
    return {name, name.rpartition("\\")[2].partition("@")[0]} if option == "user" else {name}


def search(params: dict, warn: Callable[[str], None]) -> dict:
    """Return the last matching entries of a trail, and all problems; raises OptionError.

    Warns of names that no entry has: without matches, they would look like proof that nothing was recorded.
    """
    check_ranges(params, RANGES)
    wanted = Conditions.from_params(params)
    reader = TrailReader(_files(values_of(params, "path")), params["first_line"])
    absent = {option: dict(names) for option, names in wanted.names.items()}
    matched = 0
    entries: deque[dict] = deque(maxlen=params["limit"])
    for _place, entry in reader.entries():
        for option, names in absent.items():
            for name in _names_of(option, entry) & names.keys():
                del names[name]
        if wanted.matches(entry):
            matched += 1
            entries.append(entry)
    if not reader.lines:
        warn("path: the files have no lines, so nothing is proved; check the path.")
    for option, names in absent.items():
        if names:
            missing = ", ".join(map(visible, names.values()))
            warn(f"{option}: no line of the trail has {missing}; write names as in the trail, and pass all files.")
    return {
        "changed": False,
        "verified": not reader.counts,
        "lines": reader.lines,
        "matched": matched,
        "entries": list(entries),
        "problems": [
            {"file": clean(place.file), "line": place.row, "kind": kind, "detail": clean(detail)}
            for place, kind, detail in reader.problems
        ],
        "problem_counts": dict(reader.counts),
    }


def _files(patterns: Iterable[str]) -> list[str]:
    """Return the files that match paths with wildcards; a path without one is always read."""
    files = []
    for pattern in patterns:
        found = [path for path in glob(pattern) if not path.endswith(HEAD)]
        if not found:
            raise OptionError("path", f"{clean(pattern)} does not exist on the host of the module; set another path")
        files += found
    return files
