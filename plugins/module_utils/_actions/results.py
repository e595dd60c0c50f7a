# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a task: entries, counts, message, and whether the task fails."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar, TypeVar

from .._client.api import Api
from .._client.calls import segment
from .._common.errors import CitrixError
from .._common.names import visible
from .._common.text import clean, escaped
from .._site.machines import any_visible
from .._site.refs import SessionRef
from .._site.selection import NAMED, Selection, Target
from .._site.sessions import NOT_RECORDABLE

AnyEntry = TypeVar("AnyEntry", bound="Entry")
ARGUMENT_SPEC: dict[str, dict] = {
    "on_gap": {"type": "str", "choices": ["fail", "warn"]},
    "include_unidentified": {"type": "bool", "default": False},
}

FAILURES = ("unconfirmed", "failed")
GAPS = ("not_recordable", "ended", "unidentified", "denied")
UNIDENTIFIED = (
    "the API does not return the user, machine, delivery group or applications, or only in another form, so the task "
    "may name or exclude the session; write names as citrix_sessions_info shows them, or set include_unidentified"
)
SHOWN = 3
"""Maximum number of sessions in a message; the result has all of them."""
ROOM = 1300
"""Maximum characters of several problems in a message."""


@dataclass
class Entry:
    """Result of one selected session; the fields are those of the module's result."""

    ended_is_fine: ClassVar[bool] = False
    """Whether a session that has ended is in the requested state."""

    session: SessionRef
    changed: bool = False
    result: str = ""
    reason: str | None = None
    transaction_id: str | None = None

    @classmethod
    def from_target(cls: type[AnyEntry], target: Target) -> AnyEntry:
        """Create the entry of a selected session; it ends now if no request is possible."""
        known = target.session
        entry = cls(known.each(escaped)._replace(id=known.id))
        if target.ended:
            entry.end("ended", "there is no session with this id")
        else:
            try:
                segment(entry.id)
            except CitrixError:
                entry.end("failed", "the API returned no usable id for this session; run again")
        return entry

    @property
    def id(self) -> str:
        """Return the id of the session for requests."""
        return self.session.id

    @property
    def is_over(self) -> bool:
        """Return whether the session has ended, and is therefore in the requested state."""
        return self.ended_is_fine and self.result == "ended"

    def end(self, result: str, reason: str | None = None, changed: bool = False) -> None:
        """Set the result."""
        self.result, self.reason, self.changed = result, reason, changed

    def to_result(self) -> dict:
        """Return the entry in the form of the result."""
        # All fields are plain: asdict() would copy each of them at ten times the cost.
        fields = dict(vars(self))
        session = fields.pop("session")
        return {**session._asdict(), "id": escaped(session.id), **fields}

    def difference(self) -> tuple[str, str]:
        """Return the change in words, before and after."""
        return f"not {self.result}", self.result


def task_result(
    module: Any,
    api: Api,
    selection: Selection | None,
    entries: Sequence[Entry],
    results: Sequence[str],
    normal_if_ended: bool = False,
) -> dict:
    """Return the result of a task, with "failed" if the requested states were not reached.

    on_gap decides about gaps: sessions that ended or cannot be recorded, named users without a session, or no session.
    An ended session counts as stopped, but is reported, because a wrong id or site has the same effect. module: for
    its params, check_mode and warn(). selection: None if an empty selection is valid. results: all possible results.
    normal_if_ended: whether it is normal that there is no session, or that it has ended.
    """
    counts = Counter(entry.result for entry in entries)
    summary = {result: counts[result] for result in results}
    result: dict = {
        "changed": any(entry.changed for entry in entries),
        "msg": ("Check mode, nothing was sent; a run would process " if module.check_mode else "") + _sentence(summary),
        "sessions": [entry.to_result() for entry in entries],
        "list_complete": api.list_complete,
        "summary": {**summary, **api.throttle.counts()},
        "diff": _diff(entries),
    }
    problems = _fitting(_problems(entries, FAILURES))
    gaps = [] if normal_if_ended else _absences(api, selection, entries, module.params)
    gaps += _problems([entry for entry in entries if not entry.is_over], GAPS)
    gaps += selection.unidentified_warnings if selection else []
    warnings = unused_exclusions(selection.unused) if selection else []
    if not selection and not entries and not gaps and not normal_if_ended:
        warnings = ["No session matches a rule: check the rules, and their from and until, if users are connected."]
    if not normal_if_ended:
        warnings += _problems([entry for entry in entries if entry.is_over], GAPS)
    if _gap_fails(module.params) or _none_permitted(entries):
        problems += gaps
    else:
        warnings += gaps
    for warning in warnings:
        module.warn(warning)
    if problems:
        result.update(failed=True, msg=" ".join([result["msg"], *problems]))
    return result


def unused_exclusions(unused: Mapping[str, list[str]]) -> list[str]:
    """Return the warnings about excluded users and machines without a selected session."""
    texts = {
        "exclude_user": "exclude_user: no selected session belongs to",
        "exclude_machine": "exclude_machine: no selected session runs on",
    }
    return [f"{texts[option]} {_few(names)}; check the names." for option, names in unused.items()]


def _gap_fails(params: dict) -> bool:
    if params.get("on_gap"):
        return params["on_gap"] == "fail"
    return any(params.get(selector) is not None for selector in NAMED)


def _none_permitted(entries: Sequence[Entry]) -> bool:
    """Return whether there are sessions to start, or to stop, each denied or unidentified."""
    possible: dict[bool, set[str]] = {True: set(), False: set()}
    for entry in entries:
        if entry.result not in GAPS[:2]:
            possible[entry.ended_is_fine].add(entry.result)
    return any(results and results <= set(GAPS[2:]) for results in possible.values())


def _absences(api: Api, selection: Selection | None, entries: Sequence[Entry], params: dict) -> list[str]:
    if selection and selection.absent:
        few = _few(selection.absent)
        others = [name for name in ("machine", "delivery_group", "application") if params.get(name)]
        if others:
            matched = " and ".join(others)
            return [
                f"No session of {few} also matches {matched}: check these selectors and the name, or run again later."
            ]
        return [
            f"No session was found for {few}: check the name, and its form with citrix_sessions_info, or run again "
            "when the user is logged on."
        ]
    if not entries and not any_visible(api):
        return ["The account sees no session and no machine: check its role, its scope and site_id."]
    if selection and not entries:
        return ["No sessions matched, or all matching sessions were excluded."]
    return []


def _few(names: list[str], separator: str = ", ") -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return separator.join(visible(name) for name in names[:SHOWN]) + more


def _sentence(summary: dict[str, int]) -> str:
    parts = ", ".join(f"{count} {result.replace('_', ' ')}" for result, count in summary.items() if count)
    total = sum(summary.values())
    return f"{total} session{'' if total == 1 else 's'}: {parts or 'none found'}."


def _problems(entries: Sequence[Entry], results: tuple[str, ...]) -> list[str]:
    """Return one line for each kind of problem, with its first sessions."""
    kinds: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if entry.result in results:
            kinds.setdefault((entry.result, _kind(entry)), []).append(entry)
    return [_problem(result, found) for (result, _reason), found in kinds.items()]


def _fitting(problems: Sequence[str]) -> list[str]:
    """Return the first problems, at least one, that fit into a message."""
    fitting = max(1, sum(size <= ROOM for size in accumulate(map(len, problems))))
    shown, more = list(problems[:fitting]), len(problems) - fitting
    return [*shown, f"Other problems: {more}; see the reason of each session."] if more > 0 else shown


def _kind(entry: Entry) -> str:
    """Return the reason without the ids of session and request."""
    reason = re.sub(r"\[transaction [^]]*\]", "", entry.reason or "")
    return reason.replace(entry.id, "") if entry.id else reason


def _problem(result: str, entries: Sequence[Entry]) -> str:
    reason = NOT_RECORDABLE.get(entries[0].reason or "", entries[0].reason or "")
    few = _few([_name(entry) for entry in entries], "; ")
    return f"{len(entries)} {result.replace('_', ' ')} ({few}): {reason.rstrip('.')}."


def _name(entry: Entry) -> str:
    session = entry.session
    if not session.machine:
        return clean(session.id)
    state = f", {session.session_state}" if session.session_state else ""
    return clean(f"{session.user or 'no name'} on {session.machine}{state}")


def _diff(entries: Sequence[Entry]) -> dict:
    """Return the changes: before and after, one line for each session."""
    before, after = {}, {}
    for entry in entries:
        if entry.changed:
            # One text per session: ansible takes longer for each value of a result than this module for the session.
            who = f"{entry.session.user or 'no name'} on {entry.session.machine or 'an unknown machine'}"
            old, new = entry.difference()
            shown = escaped(entry.id)
            before[shown], after[shown] = f"{who}: {old}", f"{who}: {new}"
    return {"before": before, "after": after}
