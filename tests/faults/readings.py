# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the log of a simulator by session: requests for changes, and reads of its state."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

REFUSED = (401, 429)
"""Responses to requests without processing."""


def requests(calls: list[dict], operation: str) -> dict[str, list[int]]:
    """Return {session: [number of call or batch]} of its requests; operation: "startRecording"."""
    found = defaultdict(list)
    for call in calls:
        path = re.search(rf"/Sessions/([^/]+)/\${operation}$", call["path"])
        if path and call["status"] not in REFUSED:
            # An item is logged when it is processed, which may be long after its batch was sent.
            found[path.group(1)].append(call["batch"] or call["n"])
    return {session_id: sorted(numbers) for session_id, numbers in found.items()}


def readings(calls: list[dict]) -> dict[str, list[tuple[int, object]]]:
    """Return {session: [(number of the call or batch, value of RecordingStatus)]}."""
    found = defaultdict(list)
    for call in calls:
        if call["path"].endswith("/RecordingStatus") and not call["batch"]:
            found[call["query"]["id"]].append((call["n"], _state((call["answer"] or {}).get("body"))))
        elif call["path"].endswith("/$batch"):
            for session_id, state in _of_batch(call, calls):
                found[session_id].append((call["n"], state))
    return found


def _of_batch(call: dict, calls: list[dict]) -> Iterator[tuple[str, object]]:
    answer = call["answer"] or {"headers": {}, "body": ""}
    if call["status"] == 202:
        results = f"{urlsplit(answer['headers']['location']).path}/Results"
        answer = next((each["answer"] for each in calls if each["path"] == results and each["answer"]), answer)
    ids = {}
    for item in json.loads(call["body"])["Items"]:
        url = urlsplit(item["RelativeUrl"])
        if url.path.endswith("/RecordingStatus"):
            ids[item["Reference"]] = parse_qs(url.query)["id"][0]
    for item in (_json(answer["body"]) or {}).get("Items") or []:
        if item.get("Reference") in ids:
            yield ids[item["Reference"]], _state(item.get("Body"))


def _state(text: str | None) -> object:
    body = _json(text)
    return body.get("IsSessionBeingRecorded") if isinstance(body, dict) else None


def _json(text: str | None) -> dict | None:
    try:
        return json.loads(text or "")
    except ValueError:
        return None
