# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desired-state engine: read, decide, act, confirm. A 200 proves nothing; only the recording status does."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable

from ansible_collections.sessionops.citrix.plugins.module_utils import _sessions
from ansible_collections.sessionops.citrix.plugins.module_utils._api import Api, Call
from ansible_collections.sessionops.citrix.plugins.module_utils._calls import Calls, send_all
from ansible_collections.sessionops.citrix.plugins.module_utils._entries import Entry
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import (
    ApiError,
    BatchLost,
    CitrixError,
    OptionError,
    Stalled,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._selection import Target

ARGUMENT_SPEC = {
    "state": {"type": "str", "required": True, "choices": ["started", "stopped"]},
    "notify_user": {"type": "bool", "default": True},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 30},
}
RESULTS = ("started", "stopped", "requested", "unchanged", "not_recordable", "ended", "unconfirmed", "failed")
LEAST_READS = 3
"""Reads after a request, however short wait_timeout is and however late the turn of a session comes."""
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0
"""Seconds between two readings of a state that has not changed yet."""


@dataclass(frozen=True)
class Wanted:
    """What a task asks for. wait_timeout: seconds from a session's own request on."""

    recorded: bool
    notify_user: bool = True
    wait: bool = True
    wait_timeout: int = 30

    @classmethod
    def of(cls, params: dict) -> Wanted:
        """Check the options of this engine; raises OptionError."""
        if not 0 <= params["wait_timeout"] <= 3600:
            raise OptionError("wait_timeout", f"must be from 0 to 3600 seconds, not {params['wait_timeout']}")
        recorded = params["state"] == "started"
        return cls(recorded, params["notify_user"], params["wait"], params["wait_timeout"])

    @property
    def result(self) -> str:
        """The result of a session that now is as wanted and was not before."""
        return "started" if self.recorded else "stopped"

    def call(self, session_id: str) -> Call:
        """The request that asks for it."""
        if self.recorded:
            return _sessions.start_recording(session_id, self.notify_user)
        return _sessions.stop_recording(session_id)


@dataclass
class RecordingEntry(Entry):
    """What became of the recording of one session."""

    recorded_before: bool | None = None
    recorded: bool | None = None
    notify_user: bool | None = None

    def end(self, result: str, reason: str | None = None, changed: bool = False) -> None:
        super().end(result, reason, changed)
        if result == "ended":
            self.recorded = None

    def difference(self) -> tuple[dict, dict]:
        return {"recorded": self.recorded_before}, {"recorded": self.recorded}

    def tell(self, wanted: Wanted) -> None:
        """Note what the request says about telling the user; a stop says nothing."""
        self.notify_user = wanted.notify_user if wanted.recorded else None

    def observe(self, state: _sessions.Recorded, wanted: Wanted) -> None:
        """Take in the state read before anything is done, and end the entry if nothing is to be done."""
        if isinstance(state, _sessions.Ended):
            self.end("ended", "the session ended before the request")
        elif isinstance(state, CitrixError):
            self.end("failed", f"nothing was sent: {state}")
        elif state is None:
            self.end("failed", "the API does not say whether the session is being recorded; nothing was sent")
        else:
            self.recorded_before = self.recorded = state
            if state is wanted.recorded:
                self.end("unchanged")


@dataclass
class Watch:
    """A request that may have taken effect: since when (seconds of the pace's clock), and what is known so far."""

    entry: RecordingEntry
    since: float
    doubt: str | None = None
    """Why it is not even known that the server took the request; None where it was accepted."""
    reads: int = 0
    repeat: bool = False
    """Whether the request may be sent once more, should the state stay as it was: it was lost with its whole batch."""


def converge(
    api: Api, targets: list[Target], wanted: Wanted, check_mode: bool, sleep: Callable[[float], None] = time.sleep
) -> list[RecordingEntry]:
    """Bring the selected sessions to the wanted state and return an entry for each, in their order.

    In check mode everything is read and nothing sent; the entries say what a run would do. From the first request on,
    an error is the result of its session and not the end of the run.
    """
    entries = [RecordingEntry.of(target) for target in targets]
    for entry, target in zip(entries, targets):
        if wanted.recorded and not entry.result and target.not_recordable:
            entry.end("not_recordable", target.not_recordable)
    open_entries = {entry.id: entry for entry in entries if not entry.result}
    for session_id, state in _sessions.read_recorded(api, list(open_entries)).items():
        open_entries[session_id].observe(state, wanted)
    to_change = [entry for entry in entries if not entry.result]
    if check_mode:
        for entry in to_change:
            entry.tell(wanted)
            _accept(entry, wanted)
    else:
        left = _confirm(api, _request(api, to_change, wanted, may_repeat=True), wanted, sleep)
        _confirm(api, _request(api, left, wanted, may_repeat=False), wanted, sleep)
    return entries


def _request(api: Api, entries: list[RecordingEntry], wanted: Wanted, may_repeat: bool) -> list[Watch]:
    """Send the requests; return those whose effect is still to be seen."""
    by_id = {entry.id: entry for entry in entries}
    watches = []
    conflicts = []
    for session_id, outcome in send_all(api, Calls(by_id, wanted.call)):
        entry = by_id[session_id]
        entry.transaction_id = outcome.transaction_id
        if _sessions.is_gone(outcome):
            entry.end("ended", "the session ended before the request")
            continue
        if isinstance(outcome, CitrixError) and not outcome.may_have_acted:
            entry.end("failed", str(outcome))
            if isinstance(outcome, ApiError) and outcome.status == 409:
                conflicts.append(session_id)
            continue
        entry.tell(wanted)
        doubt = str(outcome) if isinstance(outcome, CitrixError) else None
        if doubt or wanted.wait:
            repeat = may_repeat and isinstance(outcome, BatchLost)
            watches.append(Watch(entry, api.pace.active_seconds(), doubt, repeat=repeat))
        else:
            _accept(entry, wanted)
    # A conflict says that the state is another one by now; who changed it is not known.
    for session_id, state in _sessions.read_recorded(api, conflicts).items():
        by_id[session_id].recorded = state if isinstance(state, bool) else None
    return watches


def _accept(entry: RecordingEntry, wanted: Wanted) -> None:
    """End an entry whose request was accepted (or would be) as far as the task waits for it."""
    entry.recorded = wanted.recorded if wanted.wait else None
    entry.end(wanted.result if wanted.wait else "requested", changed=True)


def _confirm(api: Api, watches: list[Watch], wanted: Wanted, sleep: Callable[[float], None]) -> list[RecordingEntry]:
    """Read the states until each is as wanted or its time is up; return those whose request is to be sent again."""
    pause = FIRST_PAUSE
    again = []
    while watches:
        states = _sessions.read_recorded(api, [watch.entry.id for watch in watches])
        now = api.pace.active_seconds()
        still_open = []
        for watch in watches:
            if not _settle(watch, states[watch.entry.id], wanted, now):
                still_open.append(watch)
            elif not watch.entry.result:
                again.append(watch.entry)
        watches = still_open
        if watches:
            sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
    return again


def _settle(watch: Watch, state: _sessions.Recorded, wanted: Wanted, now: float) -> bool:
    """Take in one reading after a request; True once no other is needed."""
    watch.reads += 1
    entry = watch.entry
    if isinstance(state, _sessions.Ended):
        entry.end("ended", "the session ended after the request, before it could be confirmed")
    elif state is wanted.recorded:
        entry.recorded = state
        entry.end(wanted.result, changed=True)
    elif isinstance(state, Stalled) or (watch.reads >= LEAST_READS and now - watch.since >= wanted.wait_timeout):
        entry.recorded = state if isinstance(state, bool) else None
        if not (watch.repeat and isinstance(state, bool)):
            entry.end("unconfirmed", watch.doubt or _not_confirmed(state, wanted))
    else:
        return False
    return True


def _not_confirmed(state: _sessions.Recorded, wanted: Wanted) -> str:
    if isinstance(state, CitrixError):
        return str(state)
    told = {None: "does not say whether it is recorded", True: "still has it recorded", False: "has it not recorded"}
    remedies = {
        True: "check the Session Recording agent on the machine, the recording server and its policy",
        False: "check whether a recording policy starts it again",
    }
    after = f"the request was accepted, and {wanted.wait_timeout} seconds later the API"
    return f"{after} {told[state]}; {remedies[wanted.recorded]}"  # type: ignore[index]
