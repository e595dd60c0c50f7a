# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to sessions while one looks at them again and again: each thing is told once, as an event."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Callable, NamedTuple

from .._client.api import Api
from .._client.dispatch import send_all
from .._common.errors import CitrixError, Interrupted, OptionError
from .._common.text import escaped, nested
from .._site import selectors, sessions
from .._site.refs import SessionRef
from .._site.selection import Target
from .._site.selectors import Query
from .._site.users import People, UserMatcher

NEW, ENDED, CHANGED, UNRECORDED = "new", "ended", "changed", "unrecorded"

ARGUMENT_SPEC: dict[str, dict] = {
    **selectors.ARGUMENT_SPEC,
    "events": {
        "type": "list",
        "elements": "str",
        "choices": [NEW, ENDED, CHANGED, UNRECORDED],
        "default": [NEW, ENDED, CHANGED],
    },
    "interval": {"type": "int", "default": 60},
    "initial": {"type": "bool", "default": False},
    "unrecorded_after": {"type": "int", "default": 0},
    "unrecorded_repeat": {"type": "int", "default": 0},
    "unrecorded_stopped": {"type": "bool", "default": True},
}
RANGES = {"interval": (1, 86400), "unrecorded_after": (0, 86400), "unrecorded_repeat": (0, 86400)}

LONGEST_REPEAT = 3600
"""Most seconds from one report of an unrecorded session to the next, unless unrecorded_repeat is longer."""

LONGEST_IDLE = 120
"""Seconds after which a client is not used again: one that heard nothing for long takes the API for stalled."""


class Seen(NamedTuple):
    """A session as it is known after a look; None is what the API has never said, or nobody asked."""

    session: SessionRef
    recorded: bool | None = None
    unrecorded_seconds: float = 0.0
    """How long it could have been recorded and was not, since it was recorded last."""
    counting_from: float | None = None
    """When that time was last added up, if it goes on."""
    reports: int = 0
    """How often it is reported as unrecorded."""
    recording: bool = False
    """Whether it was found recorded, and nothing else was found since."""
    stopped: bool = False
    """Whether its recording was stopped: between two looks, while it could be recorded."""

    @classmethod
    def from_target(cls, target: Target, recorded: object) -> Seen:
        """Take what is told of a session; anything but a boolean is an unknown recording state."""
        return cls(target.session.each(inert), recorded if isinstance(recorded, bool) else None)

    def facts(self) -> dict[str, Any]:
        """Return what an event says of the session."""
        return {**self.session._asdict(), "recorded": self.recorded}


def inert(text: str) -> str:
    """Break what begins a template: events become variables of playbooks, where Ansible takes text for templates.

    Hidden characters are shown as escapes, and so are those beyond U+FFFF: ansible-rulebook would split them, and no
    variable of the playbook could be read.
    """
    plain = re.sub(r"[\U00010000-\U0010ffff]", lambda char: char[0].encode("unicode_escape").decode(), escaped(text))
    return re.sub(r"\{(?=[{%#])", "{ ", plain)


class Patience(NamedTuple):
    """When an unrecorded session is reported, in seconds for which it was unrecorded."""

    after: int
    repeat: int = 0
    """From the first report to the second; each further time is twice as long. 0: no second report."""
    stopped: bool = True
    """Whether a session is reported whose recording was stopped."""

    def allows(self, session: Seen) -> bool:
        """Tell whether a session found unrecorded is to be reported once more."""
        if (session.stopped and not self.stopped) or (session.reports and not self.repeat):
            return False
        longest = max(self.repeat, LONGEST_REPEAT)
        waits = sum(min(self.repeat * 2**number, longest) for number in range(session.reports))
        return session.unrecorded_seconds >= self.after + waits


def follow(before: Seen | None, found: Seen, recordable: bool, now: float, patience: Patience) -> Seen:
    """Return what is known of a session after a look that found this of it: what was left open stays as it was.

    The time for which a session is unrecorded adds up while it can be recorded, whatever comes in between. It begins
    anew when the session is found recorded.
    """
    earlier = before or found
    session = SessionRef._make(old if new is None else new for old, new in zip(earlier.session, found.session))
    known = found._replace(session=session, recorded=earlier.recorded if found.recorded is None else found.recorded)
    if found.recorded:
        return known._replace(recording=True)
    passed = now - earlier.counting_from if earlier.counting_from is not None else 0.0
    known = known._replace(
        unrecorded_seconds=earlier.unrecorded_seconds + passed,
        reports=earlier.reports,
        stopped=earlier.stopped,
    )
    if not recordable:
        return known
    if found.recorded is None:
        counting_from = None if earlier.counting_from is None else now
        return known._replace(counting_from=counting_from, recording=earlier.recording)
    known = known._replace(counting_from=now, stopped=earlier.stopped or earlier.recording)
    return known._replace(reports=known.reports + patience.allows(known))


def differences(before: Mapping[str, Seen], after: Mapping[str, Seen]) -> Iterator[dict[str, Any]]:
    """Yield what has happened between two looks, as events: first the ends, then the rest, session by session."""
    for session_id, session in before.items():
        if session_id not in after:
            yield {"type": ENDED, "session": session.facts()}
    for session_id, session in after.items():
        earlier, facts = before.get(session_id), session.facts()
        if earlier is None:
            yield {"type": NEW, "session": facts}
        else:
            changes = {name: value for name, value in earlier.facts().items() if value != facts[name]}
            if changes:
                yield {"type": CHANGED, "session": facts, "before": changes}
        if session.reports > (earlier.reports if earlier else 0):
            yield {"type": UNRECORDED, "session": facts, "unrecorded_seconds": int(session.unrecorded_seconds)}


class SessionWatcher:
    """Looks at the sessions that selectors pick, all of them without any, and tells what has happened."""

    def __init__(
        self,
        params: dict,
        connect: Callable[[], Api],
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises OptionError; nothing is sent yet."""
        for name, (low, high) in RANGES.items():
            if not low <= params[name] <= high:
                raise OptionError(name, f"must be from {low} to {high}, not {params[name]}")
        if not params["events"]:
            raise OptionError("events", "is empty; set at least one value")
        for name in ("unrecorded_after", "unrecorded_repeat"):
            if params[name] and UNRECORDED not in params["events"]:
                raise OptionError(name, f"requires the event {UNRECORDED}; add it to events")
        self._query = Query.from_params(params)
        self._events = frozenset(params["events"])
        self._patience = Patience(*(params[f"unrecorded_{name}"] for name in Patience._fields))
        self._initial = params["initial"]
        self.interval: int = params["interval"]
        self._connect = connect
        self._warn = warn
        # Each poll finds the same users absent.
        self._warn_once = lru_cache(warn)
        self._clock = clock
        self._api: Api | None = None
        self._looking: Api | None = None
        self._known: dict[str, Seen] | None = None

    @property
    def begun(self) -> bool:
        """Whether there was a look that did not fail."""
        return self._known is not None

    def hangs(self) -> bool:
        """Tell whether the look under way waits for an answer that does not get done."""
        return self._looking is not None and self._looking.throttle.hangs()

    def stop(self, why: str) -> None:
        """Give up the look under way: it sends nothing more, and what it still finds counts for nothing."""
        api, self._looking = self._looking, None
        if api:
            api.throttle.stop(why)

    def look(self) -> list[dict[str, Any]]:
        """Look once, and return what has happened since the last look.

        Raises CitrixError where the look failed: nothing is taken in then, and the next one tells it all.
        """
        # What a failed look leaves behind, a refused sign-in say, is no good for the next.
        api, self._api = self._api or self._connect(), None
        self._looking = api
        targets = self._listed(api)
        unread = self._find_unlisted(api, targets)
        states = self._recorded(api, targets) if UNRECORDED in self._events else {}
        now, known = self._clock(), self._known or {}
        after = {session_id: known[session_id] for session_id in unread}
        for session_id, target in targets.items():
            found = Seen.from_target(target, states.get(session_id))
            recordable = target.not_recordable is None
            after[session_id] = follow(known.get(session_id), found, recordable, now, self._patience)
        if self._looking is not api:
            raise Interrupted("The poll was canceled; the next one reads everything again.")
        before = self._known
        if before is None:
            before = {} if self._initial else {name: session._replace(reports=0) for name, session in after.items()}
        self._known = after
        self._api = api if self.interval <= LONGEST_IDLE else None
        return [event for event in differences(before, after) if event["type"] in self._events]

    def _listed(self, api: Api) -> dict[str, Target]:
        targets = {}
        users = UserMatcher("user", self._query.user, People(), waits=True)
        for session in selectors.find_sessions(api, self._query, sessions.RECORDING_FIELDS, self._warn_once, users):
            session_id = nested(session, "Id")
            if session_id:
                targets[session_id] = Target.from_session(session_id, session)
        return targets

    def _find_unlisted(self, api: Api, targets: dict[str, Target]) -> list[str]:
        """Add the known sessions that are not listed and live all the same; return those that could not be read.

        A list may come short, so a session has ended only where the API says of it that there is none.
        """
        missing = [session_id for session_id in self._known or () if session_id not in targets]
        unread: dict[str, CitrixError] = {}
        for session_id, outcome in send_all(api, {name: sessions.details(name) for name in missing}):
            if not isinstance(outcome, CitrixError):
                targets[session_id] = Target.from_session(session_id, outcome.body)
            elif not sessions.is_gone(outcome):
                unread[session_id] = outcome
        if unread:
            self._warn(f"It is unknown whether {len(unread)} sessions have ended. {next(iter(unread.values()))}")
        return list(unread)

    def _recorded(self, api: Api, targets: Mapping[str, Target]) -> Mapping[str, object]:
        ids = [name for name, target in targets.items() if target.not_recordable is None]
        try:
            return sessions.read_known(api, ids, self._warn) if ids else {}
        except CitrixError as error:
            self._warn(f"The recording status of all sessions is unknown. {error}")
            return {}
