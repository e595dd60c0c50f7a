# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requested state of the recording of a session, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, NamedTuple

from .._client.calls import Call
from .._common import times
from .._common.errors import CitrixError, OptionError
from .._site import sessions
from . import audit_lines
from .results import Entry
from .trail import Write

WAIT_SPEC = {"wait": {"type": "bool", "default": True}, "wait_timeout": {"type": "int", "default": 30}}
ARGUMENT_SPEC = {
    "state": {"type": "str", "required": True, "choices": ["started", "stopped"]},
    "notify_user": {"type": "bool", "default": True},
    **WAIT_SPEC,
}
STOP_AFTER_SPEC = {"stop_after": {"type": "int"}}
LONGEST = 366 * 24 * 3600
"""Seconds after which a recording may end."""
IN_WORDS = {True: "recorded", False: "not recorded", None: "recording unknown"}
RESULTS = tuple(result for result in audit_lines.RESULTS if result != "sent")


class Wanted(NamedTuple):
    """The state that a task requests; wait_timeout: seconds after a session's own request."""

    recorded: bool
    notify_user: bool = True
    wait: bool = True
    wait_timeout: int = 30
    include_unidentified: bool = False
    stop_after: int | None = None
    """Seconds from the request until a started recording must end; None if it has no end."""
    rule: str | None = None
    """The rule of a policy that requests it."""
    lasts: float | None = None
    """Seconds until a recording requested now must end, by the task or its rule; None if it has no end."""
    still_due: Callable[[str], bool] | None = None
    """For an end that the run that started a recording set: whether a session is due at this moment."""

    @classmethod
    def from_params(cls, params: dict) -> Wanted:
        """Check the options of the recording; raises OptionError."""
        if not 0 <= params["wait_timeout"] <= 3600:
            raise OptionError("wait_timeout", f"must be from 0 to 3600 seconds, not {params['wait_timeout']}")
        recorded, stop_after = params["state"] == "started", params.get("stop_after")
        if stop_after is not None:
            if not recorded:
                raise OptionError("stop_after", "is valid only with state started; remove it")
            if not 1 <= stop_after <= LONGEST:
                raise OptionError("stop_after", f"must be from 1 to {LONGEST} seconds, not {stop_after}")
            if not params["audit_log"]:
                raise OptionError(
                    "stop_after",
                    "requires audit_log, from which citrix_recording_due reads the end; set audit_log, or "
                    "citrix_audit_log of the playbook",
                )
        given = {name: params[name] for name in (*ARGUMENT_SPEC, "include_unidentified") if name != "state"}
        return cls(recorded, **given, stop_after=stop_after, lasts=stop_after)

    @property
    def result(self) -> str:
        """Return the result of a session that changed to the requested state."""
        return "started" if self.recorded else "stopped"

    def stop_at(self) -> str | None:
        """Return the end of a recording that is requested now, as RFC 3339; None if it has no end."""
        return times.rfc3339(times.now() + self.stop_after) if self.stop_after else None

    def call(self, entry: RecordingEntry) -> Call:
        """Return the request for it, with its subject for the audit trail."""
        if self.recorded:
            call = sessions.start_recording(entry.id, self.notify_user)
            entry.stop_at = self.stop_at()
            write = Write(entry, "start_recording", self.notify_user, entry.stop_at, self.rule)
        else:
            call = sessions.stop_recording(entry.id)
            write = Write(entry, "stop_recording", rule=self.rule)
        # Without a wait, no later read shows whether the API accepted it.
        return call._replace(subject=write, proof="" if self.wait else "Id")

    def not_confirmed(self, state: bool | CitrixError | None) -> str:
        """Return why an accepted request is not confirmed, by the last status read."""
        if isinstance(state, CitrixError):
            return str(state)
        texts = {
            None: "does not report whether the session is recorded",
            True: "still reports the session as recorded",
            False: "still reports the session as not recorded",
        }
        remedies = {
            True: "check the Session Recording agent on the machine, the recording server and its policy",
            False: "check whether a recording policy starts it again",
        }
        after = f"the request was accepted, and {self.wait_timeout} seconds later the API"
        return f"{after} {texts[state]}; {remedies[self.recorded]}"


@dataclass
class RecordingEntry(Entry):
    """Result of the recording of one session."""

    recorded_before: bool | None = None
    recorded: bool | None = None
    notify_user: bool | None = None
    stop_at: str | None = None

    def end(self, result: str, reason: str | None = None, changed: bool = False) -> None:
        super().end(result, reason, changed)
        if result == "ended":
            self.recorded = None
        if result in ("ended", "failed"):
            self.stop_at = None

    def difference(self) -> tuple[str, str]:
        return IN_WORDS[self.recorded_before], IN_WORDS[self.recorded]

    def set_requested(self, wanted: Wanted) -> None:
        """Save the notification and the end that a request asks for; a stop has neither."""
        self.notify_user = wanted.notify_user if wanted.recorded else None
        self.stop_at = self.stop_at or wanted.stop_at()

    def observe(self, state: sessions.Recorded, wanted: Wanted) -> None:
        """Save the state before any request, and end the entry if no request is needed."""
        if isinstance(state, sessions.Ended):
            self.end("ended", "the session ended before the request")
        elif isinstance(state, CitrixError):
            self.end("failed", f"nothing was sent: {state}")
        elif state is None:
            self.end(
                "failed",
                "nothing was sent: the API does not report whether the session is being recorded; check that Session "
                "Recording is set up for the site, and run again",
            )
        else:
            self.recorded_before = self.recorded = state
            if state is wanted.recorded:
                self.end("unchanged")


class StoppingEntry(RecordingEntry):
    """Result of a recording to stop."""

    ended_is_fine = True
