# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check recording statuses and throughput: single reads, batches, rate limits."""

from __future__ import annotations

import re
import time
import uuid
from collections import Counter
from functools import partial

from .._client.batches import as_call
from .._client.calls import Call
from .._client.workers import side_by_side
from .._common.errors import ApiError, CitrixError
from .._common.text import nested, objects
from .._site.sessions import AMBIGUOUS_STATUSES, is_recorded, recording_status
from .check import Check, Finding, Probe, failed, in_words, listed, ok, skipped, status_of, warning
from .kinds import kind_of, rounded
from .reading import NO_SESSION, SAMPLE

BATCH = 20
"""Calls of the large batch."""
CAREFUL = 4
"""Concurrent requests that are suggested if the API throttles, or reads are slow."""
SLOW = 2.0
"""Minimum seconds of a slow read."""
SESSION_RECORDING = "Check that Session Recording is set up for the site, and the version of the product."


def _ids(probe: Probe) -> list[str]:
    return [session_id for session in probe.sessions[:SAMPLE] if (session_id := nested(session, "Id"))]


def _timed(probe: Probe, call: Call) -> tuple[dict, float]:
    began = time.monotonic()
    return probe.api.send(call).body, time.monotonic() - began


def status(probe: Probe) -> Finding:
    """Read the recording status of up to 20 sessions."""
    ids = _ids(probe)
    if not ids:
        return skipped(NO_SESSION)
    calls = {session_id: recording_status(session_id) for session_id in ids}
    found = dict(side_by_side(partial(_timed, probe), calls, min(CAREFUL, probe.api.max_concurrency)))
    errors = [each for each in found.values() if isinstance(each, CitrixError)]
    read = [each for each in found.values() if not isinstance(each, CitrixError)]
    if not read:
        raise errors[0]
    probe.status_seconds = sorted(seconds for _body, seconds in read)[len(read) // 2]
    states = Counter(is_recorded(body) for body, _seconds in read)
    observed = (
        f"{states[True]} of {in_words(len(ids), 'session')} recorded, {states[None]} unknown, "
        f"{len(errors)} not readable, {probe.status_seconds * 1000:.0f} ms each"
    )
    facts = {
        "recorded": rounded(states[True]),
        "unknown": rounded(states[None]),
        "not_readable": Counter(str(status_of(error)) for error in errors),
        "seconds": round(probe.status_seconds, 3),
        "field": kind_of(read[0][0].get("IsSessionBeingRecorded")),
    }
    if states[None] == len(read):
        return failed(observed, SESSION_RECORDING, **facts)
    if states[None] or [error for error in errors if status_of(error) not in AMBIGUOUS_STATUSES]:
        return warning(observed, SESSION_RECORDING, **facts)
    return ok(observed, **facts)


def unknown_session(probe: Probe) -> Finding:
    """Read the recording status of a session that does not exist."""
    remedy = "None is required, but a session that ends during a run may be reported as failed. Report it."
    try:
        probe.api.send(recording_status(str(uuid.uuid4())))
    except ApiError as error:
        observed = f"the status of an unknown session is HTTP {error.status}"
        facts = {"http_status": error.status, "error_body": error.by_api}
        return ok(observed, **facts) if error.status in AMBIGUOUS_STATUSES else warning(observed, remedy, **facts)
    return warning("the status of an unknown session is a success", remedy, http_status=200)


def _batch(size: int, probe: Probe) -> Finding:
    """Send reads in one batch, and compare its time with that of single reads."""
    ids = _ids(probe)
    if not ids:
        return skipped(NO_SESSION)
    calls = {str(at): recording_status(ids[at % len(ids)]) for at in range(size)}
    remedy = "Leave batch_size at 0."
    try:
        body, seconds = _timed(probe, as_call(probe.api, calls, False))
    except ApiError as error:
        probe.suggested["batch_size"] = 0
        return warning(f"a batch of {size} is refused (HTTP {error.status})", remedy, http_status=error.status)
    items = objects(body.get("Items"))
    codes = Counter(str(item.get("Code")) for item in items)
    single = probe.status_seconds * size
    observed = f"{len(items)} of {size} items, statuses {listed(codes)}, {seconds:.2f} s; {single:.2f} s one by one"
    facts = {
        "items": len(items),
        "http_statuses": {code: count for code, count in codes.items() if re.fullmatch(r"[1-5]\d\d", code)},
        "seconds": round(seconds, 3),
        "seconds_one_by_one": round(single, 3),
        "body": kind_of(items[0].get("Body")) if items else "null",
        "headers": kind_of(items[0].get("Headers")) if items else "null",
    }
    # The sessions were read one by one before, and few can have ended since.
    if len(items) != size or not codes["200"] or set(codes) - {"200", *map(str, AMBIGUOUS_STATUSES)}:
        probe.suggested["batch_size"] = 0
        return warning(observed, remedy, **facts)
    probe.suggested["batch_size"] = size if size == BATCH and seconds < single else 0
    return ok(observed, **facts)


def rate_limit(probe: Probe) -> Finding:
    """Report rate limits that the API has shown so far, and suggest settings."""
    throttled = probe.wire.statuses[429] + probe.wire.statuses[503]
    headers = sorted(probe.wire.quota_headers)
    slow = throttled or probe.status_seconds > SLOW
    most = min(CAREFUL, probe.api.max_concurrency) if slow else probe.api.max_concurrency
    probe.suggested["max_concurrency"] = most
    settings = listed(f"{name} {value}" for name, value in sorted(probe.suggested.items()))
    observed = f"{in_words(throttled, 'request')} throttled, headers {listed(headers) or 'none'}; suggested: {settings}"
    facts = {"throttled": throttled, "headers": headers, "suggested": dict(probe.suggested)}
    if slow:
        remedy = f"Set max_concurrency to {most} or less, and run when less other traffic uses the API."
        return warning(observed, remedy, **facts)
    return ok(observed, **facts)


RECORDING = (
    Check("recording_status", status, ("sessions",)),
    Check("unknown_session", unknown_session, ("site",)),
)
THROUGHPUT = (
    Check("batch_of_2", partial(_batch, 2), ("recording_status",)),
    Check("batch_of_20", partial(_batch, BATCH), ("batch_of_2",)),
    Check("rate_limit", rate_limit, ("site",)),
)
