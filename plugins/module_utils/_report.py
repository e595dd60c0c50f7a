# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a task: what became of every session, counted, told in a sentence, and whether that is a failure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict
from typing import Any

from ansible_collections.sessionops.citrix.plugins.module_utils._api import Api
from ansible_collections.sessionops.citrix.plugins.module_utils._recording import Entry, Wanted
from ansible_collections.sessionops.citrix.plugins.module_utils._selection import NAMED
from ansible_collections.sessionops.citrix.plugins.module_utils._sessions import NOT_RECORDABLE
from ansible_collections.sessionops.citrix.plugins.module_utils._text import clean

ARGUMENT_SPEC = {"on_gap": {"type": "str", "choices": ["fail", "warn"]}}

RESULTS = ("started", "stopped", "requested", "unchanged", "not_recordable", "ended", "unconfirmed", "failed")
FAILURES = ("unconfirmed", "failed")
SHOWN = 3
"""Sessions that a message names; the result has them all."""


def recording_result(module: Any, api: Api, entries: list[Entry], wanted: Wanted) -> dict:
    """Return the result of a recording task; "failed" is in it where the task did not reach what was asked.

    on_gap decides about what could not be done as asked: sessions that ended or cannot be recorded, or none at all.
    module: for its params, check_mode and warn().
    """
    counts = Counter(entry.result for entry in entries)
    summary = {result: counts[result] for result in RESULTS}
    result: dict = {
        "changed": any(entry.changed for entry in entries),
        "msg": ("Check mode, nothing was sent. " if module.check_mode else "") + _sentence(counts),
        "sessions": [asdict(entry) for entry in entries],
        "summary": {**summary, "requests": api.pace.requests, "throttled": api.pace.throttled},
        "diff": _diff(entries),
    }
    problems = _problems(entries, FAILURES)
    gaps = _problems(entries, ("not_recordable", "ended"))
    if not entries:
        gaps = ["No session was found: nobody is connected there, so there is nothing to record or stop."]
    # What has ended is as good as stopped; it is told all the same, since a wrong id or site looks like that too.
    if _gap_fails(module.params) and (wanted.recorded or not entries):
        problems += gaps
    else:
        for gap in gaps:
            module.warn(gap)
    if problems:
        result.update(failed=True, msg=" ".join([result["msg"], *problems]))
    return result


def _gap_fails(params: dict) -> bool:
    named = any(params[selector] for selector in NAMED)
    return (params["on_gap"] or ("fail" if named else "warn")) == "fail"


def _sentence(counts: Counter) -> str:
    parts = ", ".join(f"{counts[result]} {result.replace('_', ' ')}" for result in RESULTS if counts[result])
    total = sum(counts.values())
    return f"{total} session{'' if total == 1 else 's'}: {parts or 'none found'}."


def _problems(entries: list[Entry], results: tuple[str, ...]) -> list[str]:
    """Return one line for each kind of problem, with the first few sessions that have it."""
    kinds: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if entry.result in results:
            kinds.setdefault((entry.result, _kind(entry)), []).append(entry)
    return [_problem(result, found) for (result, _reason), found in kinds.items()]


def _kind(entry: Entry) -> str:
    """Return the reason without what is the session's own: its id, and that of the request."""
    reason = re.sub(r"\[transaction [^]]*\]", "", entry.reason or "")
    return reason.replace(entry.id, "") if entry.id else reason


def _problem(result: str, entries: list[Entry]) -> str:
    reason = NOT_RECORDABLE.get(entries[0].reason or "", entries[0].reason or "")
    shown = "; ".join(_name(entry) for entry in entries[:SHOWN])
    more = f" and {len(entries) - SHOWN} more" if len(entries) > SHOWN else ""
    return f"{len(entries)} {result.replace('_', ' ')} ({shown}{more}): {reason.rstrip('.')}."


def _name(entry: Entry) -> str:
    if not entry.machine:
        return clean(entry.id)
    state = f", {entry.session_state}" if entry.session_state else ""
    return clean(f"{entry.user or 'anonymous'} on {entry.machine}{state}")


def _diff(entries: list[Entry]) -> dict:
    """Return what changed, as before and after, keyed by session id; null stands for what is not known."""
    before, after = {}, {}
    for entry in entries:
        if entry.changed:
            who = {"user": entry.user, "machine": entry.machine}
            before[entry.id] = {**who, "recorded": entry.recorded_before}
            after[entry.id] = {**who, "recorded": entry.recorded}
    return {"before": before, "after": after}
