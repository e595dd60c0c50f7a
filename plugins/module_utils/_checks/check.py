# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run checks in order, each with one finding; a failure does not end the run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from types import MappingProxyType
from typing import Any, Callable, NamedTuple

from .._client.api import Api
from .._client.exchange import Reply, Request
from .._client.transport import Transport
from .._common.errors import CitrixError, Stalled
from .._common.options import Settings
from .._site.refs import SessionRef
from .._site.selection import Target
from .._site.users import user_of

ORDER = OK, SKIPPED, WARNING, FAILED = "ok", "skipped", "warning", "failed"
"""Statuses, the worst last."""
MOST_REQUESTS = 60
"""Maximum requests of a run without the proof, for a site of any size."""
QUOTA_HEADERS = (
    "Retry-After",
    *(f"{prefix}{name}" for prefix in ("RateLimit", "X-RateLimit") for name in ("", "-Limit", "-Remaining", "-Reset")),
)


class Finding(NamedTuple):
    """Result of one check; facts: values for the report, which replaces texts with their kinds."""

    status: str
    observed: str
    remedy: str = ""
    facts: Mapping[str, Any] = MappingProxyType({})


def ok(observed: str, **facts: Any) -> Finding:
    """Return the finding of a check without problems."""
    return Finding(OK, observed, "", facts)


def warning(observed: str, remedy: str, **facts: Any) -> Finding:
    """Return the finding of a check that found a limitation."""
    return Finding(WARNING, observed, remedy, facts)


def failed(observed: str, remedy: str, **facts: Any) -> Finding:
    """Return the finding of a check that found an obstacle."""
    return Finding(FAILED, observed, remedy, facts)


def skipped(observed: str) -> Finding:
    """Return the finding of a check that could not be made."""
    return Finding(SKIPPED, observed)


def of_error(error: CitrixError, remedy: str = "") -> Finding:
    """Return the finding for an error, with its own remedy unless another one is given."""
    text = str(error)
    its_remedy = error.remedy or text.partition("; ")[2].rstrip(".")
    problem = text.partition(f"; {its_remedy}")[0] if its_remedy else text
    traced = f" [transaction {error.transaction_id}]" if error.transaction_id else ""
    remedy = remedy or f"{its_remedy[:1].upper()}{its_remedy[1:]}."
    return Finding(
        FAILED, f"{problem}{traced}", remedy, {"error": type(error).__name__, "http_status": status_of(error)}
    )


def status_of(error: CitrixError) -> int | None:
    """Return the HTTP status of an error; None if there was no response."""
    status: int | None = error.to_result().get("failure", {}).get("status")
    return status


class BudgetSpent(Stalled):
    """Raised after the maximum number of requests."""


class Wire:
    """Count requests, statuses and quota headers, and stop sending at the limit."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._lock = Lock()
        self.limit: float = MOST_REQUESTS
        self.requests = 0
        self.statuses: Counter[int] = Counter()
        self.quota_headers: set[str] = set()

    def send(self, request: Request) -> Reply:
        """Send a request; raises BudgetSpent at the limit, and the errors of the transport."""
        with self._lock:
            if self.requests >= self.limit:
                raise BudgetSpent(f"Could not {request.what}: the site check has sent its {self.requests} requests")
            self.requests += 1
        reply = self.transport.send(request)
        with self._lock:
            self.statuses[reply.status] += 1
            self.quota_headers.update(name for name in QUOTA_HEADERS if name in reply.headers)
        return reply


@dataclass
class Probe:
    """The checked site: the client, and the findings of earlier checks."""

    api: Api
    settings: Settings
    check_mode: bool
    prove_session_id: str | None
    wire: Wire
    findings: dict[str, Finding] = field(default_factory=dict)
    first_reply: Reply | None = None
    first_reply_at: float = 0.0
    sign_in_error: CitrixError | None = None
    failure: dict | None = None
    """The first error response of the API that made a check fail."""
    me: dict = field(default_factory=dict)
    operations: set[str] | None = None
    """The operations that the roles permit, in lower case; None if unknown."""
    rights: list[dict] = field(default_factory=list)
    sessions: list[dict] = field(default_factory=list)
    """The first page of sessions, with all fields."""
    user_property: str = ""
    """The search property that found a session by its account."""
    machine: dict = field(default_factory=dict)
    status_seconds: float = 0.0
    """The time of one reading of a recording status."""
    suggested: dict[str, int] = field(default_factory=dict)
    target: Target = field(default_factory=lambda: Target(SessionRef("")))
    """The session of the proof."""

    @property
    def sample(self) -> dict:
        """Return the session for trying searches: one with a named user, if any."""
        named = (session for session in self.sessions if user_of(session))
        return next(named, self.sessions[0] if self.sessions else {})


class Check(NamedTuple):
    """A check: its id, its function, and the checks that it requires."""

    id: str
    run: Callable[[Probe], Finding]
    requires: tuple[str, ...] = ()


def run_check(probe: Probe, check: Check) -> tuple[Finding, float]:
    """Run a check and return its finding and its duration in seconds."""
    began = time.monotonic()
    blocked = [name for name in check.requires if probe.findings[name].status in (FAILED, SKIPPED)]
    try:
        finding = skipped(f"see the check {blocked[0]}") if blocked else check.run(probe)
    except BudgetSpent as error:
        finding = skipped(str(error))
    except CitrixError as error:
        finding = of_error(error)
        probe.failure = probe.failure or error.to_result().get("failure")
    probe.findings[check.id] = finding
    return finding, time.monotonic() - began


def in_words(number: int, noun: str) -> str:
    """Return a number with its noun, such as "1 session" or "2 sessions"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Iterable[object]) -> str:
    """Return names as one text."""
    return ", ".join(str(name) for name in names)
