# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The format of the audit trail: one JSON object a line, chained by hashes.

Each write has a line with the event `requested` before its request is sent, and one with the event `result` after it.
FIELDS lists the members. A line is chained to the line before it by three members, which are null in the system log:

- `line`: the number of the line, counted through all rotated files
- `previous_hash`: the hash of the line before it, null in the first line
- `hash`: SHA-256 of all bytes of the line before `,"hash":`, as hex digits

A line that was cut off counts as a line; its hash is the SHA-256 of all its bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from .._common.text import read_json

FIELDS = (
    "time",
    "event",
    "run_id",
    "sequence",
    "action",
    "customer_id",
    "site_id",
    "session_id",
    "user",
    "machine",
    "delivery_group",
    "notify_user",
    "stop_at",
    "reason",
    "operator",
    "awx_job_id",
    "awx_job_template",
    "awx_user",
    "host",
    "rule",
    "result",
    "result_reason",
    "transaction_id",
    "version",
)
"""Members of a line, in their order; each may be null except the first five.

time: RFC 3339 in UTC with microseconds. event: `requested` or `result`. sequence: number of the line in its run.
action: `start_recording`, `stop_recording` or `send_message`. stop_at: RFC 3339 in UTC, the end of the recording that
a start sets, or that a `result` without a request closes; null otherwise. result, result_reason: null in `requested`,
then as in the result of the module. transaction_id: that of the request, which a batch shares.
"""
REQUESTED, RESULT = "requested", "result"
RESULTS = (
    "started",
    "stopped",
    "sent",
    "requested",
    "unchanged",
    "not_recordable",
    "denied",
    "unidentified",
    "ended",
    "unconfirmed",
    "failed",
)
"""Results of sessions, of all modules that write."""
LONGEST = 64 * 1024
"""Maximum bytes of a line; no field is longer than a tenth of it."""

# One for all lines: json.dumps() would create one for each.
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_HASH = re.compile(rb',"hash":"([0-9a-f]{64})"\}\Z')


def encode(entry: Mapping[str, Any], line: int | None = None, previous: str | None = None) -> tuple[bytes, str]:
    """Return an entry as a line with its line break, and its hash; unchained without a number."""
    chained = {**entry, "line": line, "previous_hash": previous}
    # ASCII: text of the API can neither break the line nor send control sequences to a terminal.
    text = _ENCODER.encode(chained)[:-1].encode()
    if line is None:
        return text + b',"hash":null}\n', ""
    digest = hashlib.sha256(text).hexdigest()
    return text + f',"hash":"{digest}"}}\n'.encode(), digest


def decode(line: bytes) -> dict | None:
    """Return the members of a line without its line break; None if invalid, or its hash differs."""
    found = _HASH.search(line)
    if not found or found.group(1).decode() != digest_of(line):
        return None
    entry = read_json(line.decode("ascii", "replace"))
    if not isinstance(entry, dict) or not isinstance(entry.get("line"), int):
        return None
    return entry


def digest_of(line: bytes) -> str:
    """Return the hash of a line without its line break, as the next line must have it."""
    return hashlib.sha256(_HASH.sub(b"", line)).hexdigest()


def named_digest(line: bytes) -> str | None:
    """Return the hash that a line names, correct or not."""
    found = _HASH.search(line)
    return found.group(1).decode() if found else None
