# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report changes of sessions between polls, each once, as an event."""

from __future__ import annotations

import re
import time
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache
from typing import Any, Callable, NamedTuple

from .._client.api import Api
from .._client.dispatch import send_all
from .._common.errors import CitrixError, Interrupted, OptionError
from .._common.options import check_ranges, values_of
from .._common.text import escaped, nested
from .._site import selection, selectors, sessions
from .._site.refs import SessionRef
from .._site.selection import Target
from .._site.selectors import Query
from .._site.user_matcher import UserMatcher
from .._site.users import People

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
REQUIRED_EVENTS = {"initial": NEW, "unrecorded_after": UNRECORDED, "unrecorded_repeat": UNRECORDED}
"""Options that have no effect without an event."""
RANGES = {"interval": (1, 86400), "unrecorded_after": (0, 86400), "unrecorded_repeat": (0, 86400)}

LONGEST_REPEAT = 3600
"""Maximum seconds between two reports of an unrecorded session, unless unrecorded_repeat is longer."""

LONGEST_IDLE = 120
"""Seconds without use after which a client is replaced: it would treat the API as stalled."""


class Seen(NamedTuple):
    """A session as known after a poll; None for data that was never read or given."""

    session: SessionRef
    recorded: bool | None = None
    unrecorded_seconds: float = 0.0
    """Seconds for which it was recordable and not recorded, since it was last recorded."""
    counting_from: float | None = None
    """When that time was last updated, if it continues."""
    reports: int = 0
    """How many times it was reported as unrecorded."""
    recording: bool = False
    """Whether it was last found recorded."""
    stopped: bool = False
    """Whether its recording was stopped between two polls, while it was recordable."""

    @classmethod
    def from_target(cls, target: Target, recorded: object) -> Seen:
        """Read the data of a session; a value that is not a boolean is an unknown recording state."""
        return cls(target.session.each(inert), recorded if isinstance(recorded, bool) else None)

    def facts(self) -> dict[str, Any]:
        """Return the data of the session for an event."""
        return {**self.session._asdict(), "recorded": self.recorded}


def inert(text: str) -> str:
    """Break template markers, because Ansible evaluates templates in variables of playbooks.

    Hidden characters become escapes, and so do those beyond U+FFFF: ansible-rulebook would split them, and no variable
    in the playbook could be read.
    """
    plain = re.sub(r"[\U00010000-\U0010ffff]", lambda char: char[0].encode("unicode_escape").decode(), escaped(text))
    return re.sub(r"\{(?=[{%#])", "{ ", plain)


class Patience(NamedTuple):
    """When to report an unrecorded session, in seconds without recording."""

    after: int
    repeat: int = 0
    """Seconds from the first to the second report; each further interval is twice as long. 0: one report only."""
    stopped: bool = True
    """Whether to report a session whose recording was stopped."""

    def allows(self, session: Seen) -> bool:
        """Return whether to report an unrecorded session once more."""
        if (session.stopped and not self.stopped) or (session.reports and not self.repeat):
            return False
        longest = max(self.repeat, LONGEST_REPEAT)
        waits = sum(min(self.repeat * 2**number, longest) for number in range(session.reports))
        return session.unrecorded_seconds >= self.after + waits


def follow(before: Seen | None, found: Seen, recordable: bool, now: float, patience: Patience) -> Seen:
    """Return the known data of a session after a poll; data missing in the poll stays unchanged.

    The time without recording adds up while the session is recordable, with any interruptions. It restarts when the
    session is found recorded.
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
    """Yield the events between two polls: first the ends, then the others, session by session."""
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


def _is_recordable(target: Target) -> bool:
    return target.not_recordable is None and target.denied is None


class SessionWatcher:
    """Poll the selected sessions, or all, and report changes."""

    def __init__(
        self,
        params: dict,
        connect: Callable[[], Api],
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raise OptionError for invalid options, before any request."""
        check_ranges(params, RANGES)
        self._events = frozenset(values_of(params, "events"))
        for name, event in REQUIRED_EVENTS.items():
            if params[name] and event not in self._events:
                raise OptionError(name, f"requires the event {event}; add it to events")
        self._query = Query.from_params(params)
        self._patience = Patience(*(params[f"unrecorded_{name}"] for name in Patience._fields))
        self._initial = params["initial"]
        self.interval: int = params["interval"]
        self._connect = connect
        self._warn = warn
        # Each poll finds the same users absent.
        self._warn_once = lru_cache(warn)
        self._clock = clock
        self._api: Api | None = None
        self._polling: Api | None = None
        self._known: dict[str, Seen] | None = None

    @property
    def begun(self) -> bool:
        """Return whether a poll has succeeded."""
        return self._known is not None

    def hangs(self) -> bool:
        """Return whether the current poll waits for an endless response."""
        return self._polling is not None and self._polling.throttle.hangs()

    def stop(self, why: str) -> None:
        """Abandon the current poll: it sends nothing more, and its result is discarded."""
        api, self._polling = self._polling, None
        if api:
            api.throttle.stop(why)

    def poll(self) -> list[dict[str, Any]]:
        """Poll once, and return the events since the last poll.

        Raises CitrixError if the poll failed: then nothing is changed, and the next poll reports all of it.
        """
        # State of a failed poll, such as a refused sign-in, must not affect the next one.
        api, self._api = self._api or self._connect(), None
        self._polling = api
        targets, unread = self._found(api)
        states = self._recorded(api, targets) if UNRECORDED in self._events else {}
        now, known = self._clock(), self._known or {}
        after = {session_id: known[session_id] for session_id in unread}
        for session_id, target in targets.items():
            found = Seen.from_target(target, states.get(session_id))
            recordable = _is_recordable(target)
            after[session_id] = follow(known.get(session_id), found, recordable, now, self._patience)
        if self._polling is not api:
            raise Interrupted("The poll was canceled; the next one reads everything again.")
        before = self._known
        if before is None:
            before = {} if self._initial else {name: session._replace(reports=0) for name, session in after.items()}
        self._known = after
        self._api = api if self.interval <= LONGEST_IDLE else None
        return [event for event in differences(before, after) if event["type"] in self._events]

    def _found(self, api: Api) -> tuple[dict[str, Target], list[str]]:
        """Return the listed sessions, the unlisted ones that still exist, and unreadable ones."""
        people = People()
        judge = api.guard.judge(api, people)
        users = UserMatcher("user", self._query.user, people, waits=True)
        offered: dict[str, tuple[Target, int]] = {}

        def offer(session_id: str, session: dict) -> None:
            target = judge.of_place(Target.from_session(session_id, session), session)
            offered[session_id] = target, people.add(session)

        for session in selectors.find_sessions(api, self._query, selection.FIELDS, self._warn_once, users):
            session_id = nested(session, "Id")
            if session_id:
                offer(session_id, session)
        unread = self._find_unlisted(api, offered, offer)
        return {name: judge.of_user(target, person) for name, (target, person) in offered.items()}, unread

    def _find_unlisted(self, api: Api, listed: Container[str], offer: Callable[[str, dict], None]) -> list[str]:
        """Offer known sessions that still exist but are not listed; return the unreadable ones.

        A list may be incomplete, so a session has ended only if the API reports that it does not exist.
        """
        missing = [session_id for session_id in self._known or () if session_id not in listed]
        unread: dict[str, CitrixError] = {}
        for session_id, outcome in send_all(api, {name: sessions.details(name) for name in missing}):
            if not isinstance(outcome, CitrixError):
                offer(session_id, outcome.body)
            elif not sessions.is_missing(outcome):
                unread[session_id] = outcome
        if unread:
            self._warn(f"It is unknown whether {len(unread)} sessions have ended. {next(iter(unread.values()))}")
        return list(unread)

    def _recorded(self, api: Api, targets: Mapping[str, Target]) -> Mapping[str, object]:
        ids = [name for name, target in targets.items() if _is_recordable(target)]
        try:
            return sessions.read_known(api, ids, self._warn) if ids else {}
        except CitrixError as error:
            self._warn(f"The recording status of all sessions is unknown. {error}")
            return {}
