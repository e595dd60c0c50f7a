# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Converge sessions: read, decide, act, confirm by reading the recording status."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from random import shuffle

from .._client.api import Api
from .._client.dispatch import Calls, send_all
from .._client.progress import Progress
from .._client.workers import side_by_side
from .._common.errors import ApiError, BatchLost, CitrixError, JobFailed, Stalled
from .._site import sessions
from .._site.guard import Start
from .._site.selection import Target
from .locks import NoLocks, SessionLocks, site_key
from .recording import RecordingEntry, StoppingEntry, Wanted
from .results import UNIDENTIFIED

LEAST_READS = 3
"""Minimum number of status reads after a request, for any wait_timeout and any delay before the reads."""
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0
"""Seconds between two reads of a state that has not changed yet."""

LONGEST_LOCK_WAIT = 10.0
"""Maximum seconds to wait for a session that another run is changing."""
LOCK_PAUSE = 0.1
"""Seconds between two attempts to lock such a session."""


@dataclass
class Case:
    """A session on its way to the requested state."""

    entry: RecordingEntry
    wanted: Wanted
    since: float = 0.0
    """When the response to its request arrived, in active seconds of the run."""
    uncertain: CitrixError | None = None
    """Why it is unknown whether the server acted on the request; None if it was accepted."""
    reads: int = 0
    """Status reads since the request."""
    repeat: bool = False
    """Whether to resend the request if the state stays unchanged: it was lost with its whole batch."""

    @property
    def failed(self) -> bool:
        """Return whether the API reports that the accepted request failed."""
        return isinstance(self.uncertain, JobFailed)

    @property
    def patience(self) -> int:
        """Return the seconds after the request in which the state may change."""
        return 0 if self.failed else self.wanted.wait_timeout

    @classmethod
    def from_target(cls, target: Target, wanted: Wanted) -> Case:
        """Create the case of a selected session; its entry ends now if no request is possible."""
        entry = (RecordingEntry if wanted.recorded else StoppingEntry).from_target(target)
        if wanted.recorded and not entry.result and target.denied:
            entry.end("denied", target.denied)
        elif wanted.recorded and not entry.result and target.not_recordable:
            entry.end("not_recordable", target.not_recordable)
        elif not entry.result and target.unidentified and not wanted.include_unidentified:
            entry.end("unidentified", UNIDENTIFIED)
        return cls(entry, wanted)

    def accept(self) -> None:
        """End the entry whose request was (or would be) accepted, if the task does not wait for it."""
        self.entry.recorded = self.wanted.recorded if self.wanted.wait else None
        self.entry.end(self.wanted.result if self.wanted.wait else "requested", changed=True)

    def settle(self, state: sessions.Recorded, now: float) -> bool:
        """Evaluate one status read after the request; return True if no other is needed."""
        self.reads += 1
        entry, wanted = self.entry, self.wanted
        if isinstance(state, sessions.Ended):
            entry.end("ended", "the session ended after the request, before it could be confirmed")
        elif state is wanted.recorded:
            entry.recorded = state
            entry.end(wanted.result, changed=True)
        elif isinstance(state, Stalled) or (self.reads >= LEAST_READS and now - self.since >= self.patience):
            entry.recorded = state if isinstance(state, bool) else None
            if not (self.repeat and isinstance(state, bool)):
                result = "failed" if self.failed and isinstance(state, bool) else "unconfirmed"
                entry.end(result, str(self.uncertain) if self.uncertain else wanted.not_confirmed(state))
        else:
            return False
        return True


def converge(api: Api, targets: Iterable[tuple[Target, Wanted]], check_mode: bool) -> list[RecordingEntry]:
    """Set the requested state of each session and return an entry for each, in their order.

    In check mode, everything is read and nothing sent; the entries predict the results of a run. After the first
    request, an error is the result of its session and does not end the run. A session that another run is changing is
    processed last, and waited for at most LONGEST_LOCK_WAIT seconds.
    """
    cases = [Case.from_target(target, wanted) for target, wanted in targets]
    wanted = {case.wanted for case in cases}
    limited = [case for case in cases if not case.wanted.still_due]
    # An end that an earlier run has set is sent whatever the limits are.
    if limited:
        api.guard.check(len(limited), [Start(each.notify_user, each.lasts) for each in wanted if each.recorded])
    todo = [case for case in cases if not case.entry.result]
    # Two runs at the same time, on hosts that share no locks, rarely process the same session.
    shuffle(todo)
    locks = NoLocks()
    if todo and not check_mode:
        locks = SessionLocks(site_key(api), api.warn)
    _process_all(api, todo, check_mode, locks)
    locked = [case for case in todo if not case.entry.result]
    latest = api.throttle.active_seconds() + LONGEST_LOCK_WAIT
    while locked:
        if api.throttle.pause(LOCK_PAUSE) or api.throttle.active_seconds() >= latest:
            locks = NoLocks()
        _process_all(api, [case for case in locked if locks.take(case.entry.id)], check_mode, locks)
        locked = [case for case in locked if not case.entry.result]
    return [case.entry for case in cases]


def _process_all(api: Api, cases: list[Case], check_mode: bool, locks: NoLocks) -> None:
    """Process all sessions that no other run has locked, in blocks."""
    # Not all reads before all requests: a state should be recent when it is used, and no session waits for all others.
    size = max(api.batches.size, 1)
    chunks = {at: cases[at : at + size] for at in range(0, len(cases), size)}
    watched = []
    progress = Progress(api.log, len(cases), "sessions are processed")
    for at, outcome in side_by_side(lambda chunk: _process(api, chunk, check_mode, locks), chunks, api.max_concurrency):
        progress.add(len(chunks[at]))
        if isinstance(outcome, CitrixError):
            for case in chunks[at]:
                case.entry.end("failed", str(outcome))
            _finish(api, locks, chunks[at])
        else:
            watched += outcome
    left = _confirm(api, watched, locks)
    _confirm(api, _request(api, left, may_repeat=False), locks)
    _finish(api, locks, left)


def _process(api: Api, cases: list[Case], check_mode: bool, locks: NoLocks) -> list[Case]:
    """Read the states and send the required requests; return the cases to confirm."""
    by_id = {case.entry.id: case for case in cases}
    locked = {session_id for session_id in by_id if locks.take(session_id)}
    for session_id, state in sessions.read_recorded(api, list(by_id)).items():
        case = by_id[session_id]
        if session_id in locked or state is case.wanted.recorded:
            case.entry.observe(state, case.wanted)
    for case in cases:
        if case.entry.id in locked and not case.entry.result and case.wanted.still_due:
            # The lock is held, so no other run can change the session from here on.
            if not case.wanted.still_due(case.entry.id):
                case.entry.end("unchanged", "another run has stopped this recording since")
    to_change = [case for case in cases if case.entry.id in locked and not case.entry.result]
    watched = []
    if not check_mode:
        watched = _request(api, to_change, may_repeat=True)
    else:
        for case in to_change:
            case.entry.set_requested(case.wanted)
            case.accept()
    _finish(api, locks, [by_id[session_id] for session_id in locked])
    return watched


def _finish(api: Api, locks: NoLocks, cases: Iterable[Case]) -> None:
    """Release the sessions that have a result, after the audit trail has it."""
    done = [case.entry for case in cases if case.entry.result]
    api.observer.after(done)
    for entry in done:
        locks.release(entry.id)


def _request(api: Api, cases: list[Case], may_repeat: bool) -> list[Case]:
    """Send the requests; return the cases to confirm."""
    by_id = {case.entry.id: case for case in cases}
    watched = []
    conflicts: dict[int, list[str]] = {404: [], 409: []}
    calls = Calls(by_id, lambda session_id: by_id[session_id].wanted.call(by_id[session_id].entry))
    for session_id, outcome in send_all(api, calls):
        case = by_id[session_id]
        entry = case.entry
        entry.transaction_id = outcome.transaction_id
        if isinstance(outcome, CitrixError) and not outcome.may_have_acted:
            entry.end("failed", str(outcome))
            if isinstance(outcome, ApiError) and outcome.status in conflicts:
                conflicts[outcome.status].append(session_id)
            continue
        entry.set_requested(case.wanted)
        uncertain = outcome if isinstance(outcome, CitrixError) else None
        if uncertain or case.wanted.wait:
            case.since, case.uncertain, case.reads = api.throttle.active_seconds(), uncertain, 0
            # A status may lag for longer than the wait: a resend would notify the user twice.
            case.repeat = may_repeat and isinstance(outcome, BatchLost) and not entry.notify_user
            watched.append(case)
        else:
            case.accept()
    # The state has changed meanwhile, or the session has ended. A 404 may be about something else, such as a recording
    # server: then the session is still recorded.
    ended = sessions.ended_of(api, conflicts[404])
    states = sessions.read_recorded(api, [each for each in chain(*conflicts.values()) if each not in ended])
    for session_id, state in {**states, **ended}.items():
        entry = by_id[session_id].entry
        entry.recorded = state if isinstance(state, bool) else None
        if isinstance(state, sessions.Ended):
            entry.end("ended", "the session ended before the request")
    return watched


def _confirm(api: Api, cases: list[Case], locks: NoLocks) -> list[Case]:
    """Read the states until confirmed or timed out; return the cases to resend."""
    pause = FIRST_PAUSE
    again = []
    while cases:
        states = sessions.read_recorded(api, [case.entry.id for case in cases])
        now = api.throttle.active_seconds()
        still_open = []
        for case in cases:
            if not case.settle(states[case.entry.id], now):
                still_open.append(case)
            elif not case.entry.result:
                again.append(case)
        _finish(api, locks, cases)
        cases = still_open
        if cases:
            api.throttle.pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
    return again
