# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send messages to users of sessions: once each, never resent after a lost response."""

from __future__ import annotations

from typing import NamedTuple

from .._client.api import Api
from .._client.calls import Call
from .._client.dispatch import send_all
from .._common.errors import CitrixError, JobFailed, OptionError
from .._common.names import is_blank
from .._site import sessions
from .._site.selection import Target
from .results import UNIDENTIFIED, Entry
from .trail import Write

ARGUMENT_SPEC = {
    "title": {"type": "str", "required": True},
    "text": {"type": "str", "required": True},
    "style": {
        "type": "str",
        "default": "information",
        "choices": ["information", "exclamation", "question", "critical"],
    },
}
RESULTS = ("sent", "denied", "unidentified", "ended", "unconfirmed", "failed")


class Message(NamedTuple):
    """The message for each session."""

    title: str
    text: str
    style: str
    include_unidentified: bool = False

    @classmethod
    def from_params(cls, params: dict) -> Message:
        """Check the options of a message; raises OptionError."""
        for name in ("title", "text"):
            if is_blank(params[name]):
                raise OptionError(name, "is empty; write the text for the user")
        return cls(params["title"], params["text"], params["style"].capitalize(), params["include_unidentified"])

    def call(self, entry: Entry) -> Call:
        """Return the request that sends it to a session, with its subject for the audit trail."""
        call = sessions.send_message(entry.id, self.title, self.text, self.style)
        return call._replace(subject=Write(entry, "send_message"))


def send(api: Api, targets: list[Target], message: Message, check_mode: bool) -> list[Entry]:
    """Send the message to each session and return an entry for each; check mode sends none."""
    api.guard.check(len(targets))
    entries = [Entry.from_target(target) for target in targets]
    for entry, target in zip(entries, targets):
        if target.denied and not entry.result:
            entry.end("denied", target.denied)
        elif target.unidentified and not entry.result and not message.include_unidentified:
            entry.end("unidentified", UNIDENTIFIED)
    by_id = {entry.id: entry for entry in entries if not entry.result}
    if check_mode:
        for entry in by_id.values():
            entry.end("sent", changed=True)
        return entries
    calls = {session_id: message.call(entry) for session_id, entry in by_id.items()}
    missing = []
    for session_id, outcome in send_all(api, calls):
        entry = by_id[session_id]
        entry.transaction_id = outcome.transaction_id
        if not isinstance(outcome, CitrixError):
            entry.end("sent", changed=True)
        elif outcome.may_have_acted and not isinstance(outcome, JobFailed):
            entry.end("unconfirmed", f"the user may have received it, so it was not resent: {outcome}")
        else:
            entry.end("failed", str(outcome))
        if sessions.is_missing(outcome):
            missing.append(session_id)
        else:
            api.observer.after([entry])
    for session_id in sessions.ended_of(api, missing):
        by_id[session_id].end("ended", "the session ended before the message")
    api.observer.after([by_id[session_id] for session_id in missing])
    return entries
