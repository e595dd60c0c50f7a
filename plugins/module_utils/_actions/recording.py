# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task wants of the recording of a session, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .._client.calls import Call
from .._common.errors import CitrixError, OptionError
from .._site import sessions
from .results import Entry

ARGUMENT_SPEC = {
    "state": {"type": "str", "required": True, "choices": ["started", "stopped"]},
    "notify_user": {"type": "bool", "default": True},
    "include_unidentified": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 30},
}
IN_WORDS = {True: "recorded", False: "not recorded", None: "recording unknown"}
RESULTS = (
    "started",
    "stopped",
    "requested",
    "unchanged",
    "not_recordable",
    "denied",
    "unidentified",
    "ended",
    "unconfirmed",
    "failed",
)
UNIDENTIFIED = "the API does not give the user, who may be one whom the task names or excludes"


class Wanted(NamedTuple):
    """What a task asks for. wait_timeout: seconds from a session's own request on."""

    recorded: bool
    notify_user: bool = True
    wait: bool = True
    wait_timeout: int = 30
    include_unidentified: bool = False
    until: float | None = None
    """Unix time at which the rule of a policy stops the recording; None without an end."""

    @classmethod
    def from_params(cls, params: dict) -> Wanted:
        """Check the options of this engine; raises OptionError."""
        if not 0 <= params["wait_timeout"] <= 3600:
            raise OptionError("wait_timeout", f"must be from 0 to 3600 seconds, not {params['wait_timeout']}")
        recorded = params["state"] == "started"
        return cls(recorded, **{name: params[name] for name in ARGUMENT_SPEC if name != "state"})

    @property
    def result(self) -> str:
        """The result of a session that now is as wanted and was not before."""
        return "started" if self.recorded else "stopped"

    def call(self, session_id: str) -> Call:
        """The request that asks for it."""
        if self.recorded:
            return sessions.start_recording(session_id, self.notify_user)
        return sessions.stop_recording(session_id)

    def not_confirmed(self, state: bool | CitrixError | None) -> str:
        """Say why an accepted request is not confirmed, by the last reading."""
        if isinstance(state, CitrixError):
            return str(state)
        told = {
            None: "does not report whether the session is recorded",
            True: "still reports the session as recorded",
            False: "still reports the session as not recorded",
        }
        remedies = {
            True: "check the Session Recording agent on the machine, the recording server and its policy",
            False: "check whether a recording policy starts it again",
        }
        after = f"the request was accepted, and {self.wait_timeout} seconds later the API"
        return f"{after} {told[state]}; {remedies[self.recorded]}"


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

    def difference(self) -> tuple[str, str]:
        return IN_WORDS[self.recorded_before], IN_WORDS[self.recorded]

    def tell(self, wanted: Wanted) -> None:
        """Note what the request says about telling the user; a stop says nothing."""
        self.notify_user = wanted.notify_user if wanted.recorded else None

    def observe(self, state: sessions.Recorded, wanted: Wanted) -> None:
        """Take in the state read before anything is done, and end the entry if nothing is to be done."""
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
    """What became of a recording that is to stop."""

    ended_is_fine = True
