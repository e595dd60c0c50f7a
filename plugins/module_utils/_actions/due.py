# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the recordings that are due to stop in an audit trail."""

from __future__ import annotations

import os
from collections.abc import Sequence
from glob import escape, glob
from threading import Lock
from typing import Any, NamedTuple

from .._client.api import Api
from .._common import times
from .._common.errors import OptionError
from .._common.text import clean, nested
from .._site.refs import SessionRef
from .._site.selection import Target
from . import audit_lines
from .audit_file import HEAD, require_regular
from .audit_reader import TrailReader, ends_before
from .recording import RESULTS, RecordingEntry, Wanted
from .results import task_result
from .trail import Write

HARMLESS = ("unfinished", "cut_off")
"""Problems of killed runs: such a recording counts as started."""
LATE_EFFECT = 3600
"""Seconds after its end in which a start that was not confirmed may still take effect."""


class Planned(NamedTuple):
    """A recording that a run has started, or may have, with an end."""

    session: SessionRef
    stop_at: float
    run_id: object
    confirmed: bool = False
    """Whether the session was recorded after the start."""


class PlannedStops:
    """Recordings of a site with an end, by the order of the lines of the trail, not by time."""

    def __init__(self, customer_id: str, site_id: str) -> None:
        self._site = _in_lower_case(customer_id, site_id)
        self._planned: dict[str, Planned] = {}
        self._replaced: dict[str, tuple[object, Planned | None]] = {}
        """By session, the run that requested its last start, and the plan before that."""

    def add(self, entry: dict) -> None:
        """Follow a line of the trail."""
        session_id, action = (nested(entry, "session_id") or "").lower(), entry.get("action")
        if not session_id or _in_lower_case(entry.get("customer_id"), entry.get("site_id")) != self._site:
            return
        result = entry.get("result") if entry.get("event") == audit_lines.RESULT else None
        if action == "start_recording":
            if entry.get("event") == audit_lines.REQUESTED:
                self._start(session_id, entry)
            elif result == "ended":
                self._end(session_id)
            elif result == "failed":
                self._revert(session_id, entry)
            else:
                self._confirm(session_id, entry)
        elif action == "stop_recording" and result in ("stopped", "ended"):
            self._end(session_id)
        elif action == "stop_recording" and result == "unchanged":
            self._close(session_id, entry)

    def _start(self, session_id: str, entry: dict) -> None:
        run_id, stop_at = entry.get("run_id"), times.instant(str(entry.get("stop_at")))
        before = self._planned.pop(session_id, None)
        # A run may send a lost request once more.
        if self._replaced.get(session_id, (None,))[0] != run_id and (before or stop_at is not None):
            self._replaced[session_id] = run_id, before
        if stop_at is not None:
            names = (nested(entry, name) for name in ("user", "machine", "delivery_group"))
            session = SessionRef(entry["session_id"], *names)
            self._planned[session_id] = Planned(session, stop_at, run_id)

    def _revert(self, session_id: str, entry: dict) -> None:
        """Restore the plan before a start that had no effect."""
        run_id, before = self._replaced.pop(session_id, (None, None))
        if run_id == entry.get("run_id"):
            self._planned.pop(session_id, None)
            if before:
                self._planned[session_id] = before

    def _confirm(self, session_id: str, entry: dict) -> None:
        self._replaced.pop(session_id, None)
        planned = self._planned.get(session_id)
        if planned and planned.run_id == entry.get("run_id"):
            self._planned[session_id] = planned._replace(confirmed=entry.get("result") == "started")

    def _close(self, session_id: str, entry: dict) -> None:
        """End the plan of a recording that others have stopped, but not one that was made since."""
        stop_at = times.instant(str(entry.get("stop_at")))
        planned, (run_id, before) = self._planned.get(session_id), self._replaced.get(session_id, (None, None))
        if planned and planned.stop_at == stop_at:
            self._end(session_id)
        elif before and before.stop_at == stop_at:
            self._replaced[session_id] = run_id, None

    def _end(self, session_id: str) -> None:
        self._planned.pop(session_id, None)
        self._replaced.pop(session_id, None)

    def due(self, moment: float) -> dict[str, Planned]:
        """Return the recordings that must have ended by a time, by session."""
        return {name: planned for name, planned in self._planned.items() if planned.stop_at <= moment}

    def later(self, moment: float) -> list[float]:
        """Return the ends after a time."""
        return [planned.stop_at for planned in self._planned.values() if planned.stop_at > moment]


def _in_lower_case(*ids: object) -> tuple[str, ...]:
    """Return ids for comparisons: two tasks may write the ids of one site in different case."""
    return tuple(str(each).lower() for each in ids)


class DueStops:
    """The stops that are due by the trail of a site, while other runs go on writing to it."""

    def __init__(self, api: Api, params: dict) -> None:
        """Read the trail with its rotated files; raises OptionError for invalid options."""
        given = {"state": "stopped", "notify_user": False, "include_unidentified": False, **params}
        self._wanted = Wanted.from_params(given)
        path = params["audit_log"]
        if not path:
            raise OptionError("audit_log", "is required; set it to the audit trail of the runs that started recordings")
        try:
            require_regular(path)
            self._tail = open(path, "rb")
        except OSError as error:
            raise OptionError(
                "audit_log", f"{clean(path)} cannot be read ({error.strerror}); set the path of an audit trail"
            ) from None
        self._tail.seek(0, os.SEEK_END)
        self._lock = Lock()
        self._stops = PlannedStops(api.customer_id, api.site_id())
        files = [name for name in [path, *glob(escape(path) + "[.-]*")] if not name.endswith(HEAD)]
        reader = TrailReader(files)
        first = None
        oldest: dict = {}
        for place, entry in reader.entries():
            first, oldest = (first, oldest) if first else (place, entry)
            self._stops.add(entry)
        self.damage = {kind: count for kind, count in reader.counts.items() if kind not in HARMLESS}
        # Older files may have been removed, but not kept under other names.
        if any(problem.kind == "missing" and problem.place == first for problem in reader.problems):
            others = {*glob(escape(os.path.splitext(path)[0]) + "*")}.difference(files)
            self.damage["missing"] -= not any(ends_before(name, oldest) for name in filter(os.path.isfile, others))
        self.moment = times.now()
        self._due = {planned.session.id: planned for planned in self._stops.due(self.moment).values()}
        if not reader.lines:
            api.warn(f"audit_log: {clean(path)} has no lines, so nothing can be due; check the path.")

    def targets(self) -> list[tuple[Target, Wanted]]:
        """Return the sessions to stop."""
        wanted = self._wanted._replace(still_due=self._is_due)
        return [(Target(planned.session), wanted) for planned in self._due.values()]

    def _is_due(self, session_id: str) -> bool:
        """Return whether a session is due after the lines that were added since."""
        with self._lock:
            for line in iter(self._tail.readline, b""):
                if not line.endswith(b"\n"):
                    # A line that is being written: read it as a whole next time.
                    self._tail.seek(-len(line), os.SEEK_CUR)
                    break
                entry = audit_lines.decode(line.rstrip(b"\n"))
                if entry:
                    self._stops.add(entry)
            return session_id.lower() in self._stops.due(self.moment)

    def _is_over(self, entry: RecordingEntry) -> bool:
        """Return whether a recording has ended without a request of this run."""
        if entry.result == "unchanged" and entry.recorded is False:
            planned = self._due[entry.id]
            return planned.confirmed or self.moment >= planned.stop_at + LATE_EFFECT
        return entry.result == "ended" and not entry.transaction_id

    def result(self, module: Any, api: Api, entries: Sequence[RecordingEntry]) -> dict:
        """Return the result of the task; the trail gets the plans that end without a stop."""
        for entry in entries:
            entry.stop_at = times.rfc3339(self._due[entry.id].stop_at)
        over = [entry for entry in entries if self._is_over(entry)]
        api.observer.note([Write(entry, "stop_recording", stop_at=entry.stop_at) for entry in over])
        later = self._stops.later(self.moment)
        result = task_result(module, api, None, entries, RESULTS, normal_if_ended=True)
        for session in result["sessions"]:
            # The trail does not have the state, and a stop has no notification.
            del session["session_state"], session["notify_user"]
        result.update(pending=len(later), next_stop_at=times.rfc3339(min(later)) if later else None)
        if not entries:
            result["msg"] = "No recording is due."
        if later:
            result["msg"] += f" Not due yet: {len(later)}, the next at {result['next_stop_at']}."
        if any(self.damage.values()):
            kinds = ", ".join(f"{kind}: {count}" for kind, count in self.damage.items() if count)
            result["msg"] += (
                f" The audit trail is damaged ({kinds}), so recordings that are due may be missing; "
                "read it with citrix_audit_info."
            )
            result["failed"] = True
        return result
