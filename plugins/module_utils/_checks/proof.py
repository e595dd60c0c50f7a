# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove a recording with a consenting user: start, second start, stop."""

from __future__ import annotations

import math
import time

from .._actions.converge import converge
from .._actions.recording import RecordingEntry, Wanted
from .._site import selection, sessions
from .check import Check, Finding, Probe, failed, ok, skipped

STOP_IT = "Stop it: citrix_session_recording with state stopped and this session_id."
NEEDED = "Name an active HDX session that is not recorded."
LONGEST = 60
"""Seconds after which the recording is stopped, unless the API is slow."""


def session(probe: Probe) -> Finding:
    """Read the session and its recording status: only a session that is not recorded is used."""
    if probe.check_mode:
        return skipped("check mode changes nothing")
    # Lists have been read; the proof has its own requests.
    probe.wire.limit = math.inf
    params = {**dict.fromkeys(selection.ARGUMENT_SPEC), "session_id": [probe.prove_session_id], "max_sessions": 1}
    (target,) = selection.select(probe.api, params).targets
    if target.ended:
        return failed("there is no session with this id", NEEDED, reason="ended")
    if target.denied:
        return failed(target.denied, "Name a session that the guard permits.", reason="denied")
    if target.not_recordable:
        reason = sessions.NOT_RECORDABLE[target.not_recordable]
        return failed(f"the session cannot be recorded: {reason}", NEEDED, reason=target.not_recordable)
    recorded = sessions.is_recorded(probe.api.send(sessions.recording_status(target.session.id)).body)
    if recorded is not False:
        state = "recorded already, and the proof would interrupt it" if recorded else "in an unknown recording state"
        return failed(f"the session is {state}", NEEDED, recorded=recorded)
    probe.target = target
    return ok("the session is recordable, and is not recorded", id=target.session.id)


def _bring(probe: Probe, recorded: bool) -> tuple[RecordingEntry, float]:
    began = time.monotonic()
    (entry,) = converge(probe.api, [(probe.target, Wanted(recorded, lasts=LONGEST))], False)
    return entry, time.monotonic() - began


def start(probe: Probe) -> Finding:
    """Start the recording, which notifies the user, and wait until the status shows it."""
    entry, seconds = _bring(probe, True)
    facts = {"result": entry.result, "seconds": round(seconds, 2)}
    if entry.result == "started":
        return ok(f"started; the status shows it after {seconds:.1f} s", **facts)
    if entry.result == "unchanged":
        return failed("another run or a policy has started the recording, which is left as it is", NEEDED, **facts)
    remedy = "Check the Session Recording agent on the machine, the recording server and the role of the account."
    return failed(f"{entry.result}: {entry.reason}", remedy, **facts)


def second_start(probe: Probe) -> Finding:
    """Start a second time, which must send nothing."""
    before = probe.api.retrier.writes_sent
    entry, _seconds = _bring(probe, True)
    sent = probe.api.retrier.writes_sent - before
    if entry.result == "unchanged" and not sent:
        return ok("a second start sent no request", requests=sent)
    return failed(f"{entry.result}, {sent} requests sent", "Report it: users may be notified twice.", requests=sent)


def stop(probe: Probe) -> Finding:
    """Stop a recording that the proof started, or may have."""
    if not probe.api.retrier.writes_sent:
        return skipped("nothing was started")
    entry, seconds = _bring(probe, False)
    facts = {"result": entry.result, "seconds": round(seconds, 2)}
    if entry.result in ("stopped", "unchanged", "ended"):
        return ok(f"{entry.result}; the session is not recorded, as before, after {seconds:.1f} s", **facts)
    return failed(f"{entry.result}, the session may still be recorded: {entry.reason}", STOP_IT, **facts)


CHECKS = (
    Check("proof_session", session, ("site",)),
    Check("proof_start", start, ("proof_session",)),
    Check("proof_second_start", second_start, ("proof_start",)),
    Check("proof_stop", stop),
)
