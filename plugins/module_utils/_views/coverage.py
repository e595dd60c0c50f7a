# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report recording coverage: the recording state of each session, and the figures."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Callable, NamedTuple

from .._client.api import Api
from .._client.transport import VERSION
from .._common.errors import ApiError, CitrixError, OptionError
from .._common.text import clean, escaped, folded, nested, objects
from .._common.times import rfc3339
from .._site import machines, selectors, sessions, sites
from .._site.refs import SessionRef
from .._site.selectors import SELECTORS, Query
from .._site.sessions import NOT_RECORDABLE, Ended

ARGUMENT_SPEC = {
    **selectors.ARGUMENT_SPEC,
    "dest": {"type": "path", "required": True},
    "unrecorded_limit": {"type": "int", "default": 1000},
}

SCHEMA_VERSION = 1
"""Version of the document; see coverage.schema.json of the role recording_coverage."""

ROW_FIELDS = (*sessions.RECORDING_FIELDS, "ApplicationsInUse", "StartTime", "FormattedStartTime")

UNPROVEN = ("not_recorded", "unknown")
"""Results of recordable sessions that are not known to be recorded."""
RECORDABLE = ("recorded", *UNPROVEN)
RESULTS = (*RECORDABLE, "not_recordable", "ended")

NOT_RECORDED = "the API reports the session as not recorded"
NOT_REPORTED = "the API does not report whether it is recorded"
NO_ID = "the API returned no usable id for this session"


class Row(NamedTuple):
    """One session, all of it printable except the id; None for data that the API omits."""

    session: SessionRef
    applications: tuple[str, ...]
    since: str | None
    """Its start, in RFC 3339 if the API has that."""
    result: str = ""
    """One of RESULTS; "" until the status is read."""
    reason: str | None = None
    """A key of NOT_RECORDABLE if the session is not recordable, otherwise a sentence."""

    @classmethod
    def from_session(cls, session: dict) -> Row:
        """Read the required data of a session."""
        started = nested(session, "FormattedStartTime") or nested(session, "StartTime")
        known = SessionRef.from_session(nested(session, "Id") or "", session)
        row = cls(known.each(_shown)._replace(id=known.id), tuple(_applications(session)), _shown(started))
        reason = sessions.not_recordable(session)
        if reason:
            return row.with_result("not_recordable", reason)
        return row if row.session.id else row.with_result("unknown", NO_ID)

    def with_result(self, result: str, reason: str | None = None) -> Row:
        """Return the row with its result."""
        return self._replace(result=result, reason=reason)

    def judged(self, states: dict[str, sessions.Recorded]) -> Row:
        """Return the row with its result after the statuses were read."""
        if self.result:
            return self
        state = states[self.session.id]
        if isinstance(state, Ended):
            return self.with_result("ended")
        if isinstance(state, CitrixError):
            return self.with_result("unknown", _why(state))
        if state is None:
            return self.with_result("unknown", NOT_REPORTED)
        return self.with_result("recorded") if state else self.with_result("not_recorded", NOT_RECORDED)

    def to_result(self) -> dict:
        """Return the row in the form of coverage.json."""
        entry = {**self._asdict(), "applications": list(self.applications)}
        session = entry.pop("session")
        return {**session._asdict(), "id": escaped(session.id), **entry}

    def cells(self) -> list[str]:
        """Return the row in the form of the table."""
        facts = self.to_result()
        return ["; ".join(facts[name]) if name == "applications" else facts[name] or "" for name in COLUMNS]


COLUMNS = (
    "id",
    "user",
    "machine",
    "delivery_group",
    "applications",
    "session_state",
    "since",
    "result",
    "reason",
)


def checked_query(params: dict) -> Query:
    """Return the query of the options; raises OptionError for invalid ones."""
    if params["unrecorded_limit"] < 0:
        raise OptionError("unrecorded_limit", f"must be 0, for none, or more, not {params['unrecorded_limit']}")
    return Query.from_params(params)


def read(api: Api, query: Query, warn: Callable[[str], None]) -> list[Row]:
    """Return a row for each session, in the order of the machines.

    Warns of unreadable statuses; raises the first error if none could be read.
    """
    rows = [Row.from_session(session) for session in selectors.find_sessions(api, query, ROW_FIELDS, warn)]
    states = sessions.read_known(api, [row.session.id for row in rows if not row.result], warn)
    return sorted((row.judged(states) for row in rows), key=lambda row: folded(row.session.machine or ""))


def machines_visible(api: Api, rows: Sequence[Row], warn: Callable[[str], None]) -> bool:
    """Return whether the account sees a machine; without sessions, check that and warn."""
    if rows:
        return True
    visible = machines.any_visible(api)
    warn(
        "No session was found, but the account sees machines: check the selectors if users are connected."
        if visible
        else "The account sees no session and no machine: check its role, its scope and site_id."
    )
    return visible


def document(api: Api, query: Query, rows: Sequence[Row], unrecorded_limit: int, started: float, visible: bool) -> dict:
    """Return the figures, with the first unrecorded or unknown sessions.

    started: time of the first read. visible: whether the account can see a machine.
    """
    gaps = [row for row in rows if row.result in UNPROVEN]
    reasons = Counter(row.reason for row in rows if row.result == "not_recordable")
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": f"sessionops.citrix {VERSION}",
        "customer_id": api.customer_id,
        "site_id": api.site_id(),
        "site_name": _shown(sites.name_of(api)),
        "selection": {name: list(getattr(query, name)) for name in SELECTORS if getattr(query, name)},
        "started_at": rfc3339(started),
        "finished_at": rfc3339(time.time()),
        "list_complete": api.list_complete,
        "machines_visible": visible,
        "sessions": figures(Counter(row.result for row in rows)),
        "not_recordable_reasons": {reason: reasons[reason] for reason in NOT_RECORDABLE},
        "delivery_groups": _parts((row.session.delivery_group, row.result) for row in rows),
        "machines": _parts((row.session.machine, row.result) for row in rows),
        "gaps_total": len(gaps),
        "gaps": [row.to_result() for row in gaps[:unrecorded_limit]],
        **api.throttle.counts(),
    }


def figures(counts: Counter) -> dict:
    """Return the number of sessions by result, and the coverage."""
    recordable = sum(counts[result] for result in RECORDABLE)
    return {
        "coverage_percent": percent(counts["recorded"], recordable),
        "total": sum(counts.values()),
        "recordable": recordable,
        **{result: counts[result] for result in RESULTS},
    }


def percent(part: int, whole: int) -> float | None:
    """Return a percentage with one decimal, rounded down: 100.0 means all; None without a total."""
    return part * 1000 // whole / 10 if whole else None


def sentence(document: dict) -> str:
    """Return the figures of document() as a sentence."""
    counts = document["sessions"]
    rest = ", ".join(f"{counts[result]} {result.replace('_', ' ')}" for result in RESULTS[1:])
    if not counts["recordable"]:
        return f"No recordable session was found: {rest}."
    share = f"{counts['recorded']} of {counts['recordable']} recordable sessions are recorded"
    # In addition to the percentage: one session of a hundred recordable ones must not read like all of them.
    left_out = counts["not_recordable"]
    beside = f" ({left_out} of {counts['total']} sessions are not recordable)" if left_out else ""
    return f"Coverage {counts['coverage_percent']} %{beside}: {share}; {rest}."


def _parts(results: Iterable[tuple[str | None, str]]) -> list[dict]:
    """Return the figures of each name, those with the most unrecorded or unknown sessions first."""
    names: defaultdict[str | None, Counter] = defaultdict(Counter)
    for name, result in results:
        names[name][result] += 1
    worst = sorted(names, key=lambda name: (-sum(names[name][gap] for gap in UNPROVEN), folded(name or "")))
    return [{"name": name, **figures(names[name])} for name in worst]


def _why(error: CitrixError) -> str:
    if not isinstance(error, ApiError):
        return clean(error)
    shown = f" ({error.detail})" if error.detail else ""
    return f"its status could not be read: HTTP {error.status}{shown} [transaction {error.transaction_id}]"


def _applications(session: dict) -> Iterable[str]:
    for application in objects(session.get("ApplicationsInUse")):
        name = _shown(nested(application, "Name"))
        if name:
            yield name


def _shown(text: str | None) -> str | None:
    """Return a text with hidden characters as escapes; the same object if it has none."""
    shown = escaped(text.strip()) if text else None
    return text if shown == text else shown or None
