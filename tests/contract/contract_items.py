# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches in the simulator's log: results, and items as calls for the OpenAPI file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qsl

BATCH = "/$batch"
JSON = "application/json; charset=utf-8"


def answered_batches(calls: list[dict]) -> Iterator[tuple[dict, dict]]:
    """Yield each batch with results, and the response with its results: its own, or its job's."""
    results = {
        call["path"].removesuffix("/Results").rpartition("/")[2]: call["answer"]
        for call in calls
        if call["path"].endswith("/Results") and call["status"] == 200
    }
    for call in calls:
        if not call["path"].endswith(BATCH):
            continue
        if call["status"] == 200:
            yield call, call["answer"]
        elif call["status"] == 202:
            job_id = call["answer"]["headers"]["location"].rpartition("/")[2]
            if job_id in results:
                yield call, results[job_id]


def items_of(batch: dict, answer: dict) -> Iterator[dict]:
    """Yield each processed item as a separate call, in the form of a log entry."""
    answers = {item["Reference"]: item for item in json.loads(answer["body"])["Items"]}
    for item in json.loads(batch["body"])["Items"]:
        if item["Reference"] in answers:
            yield _as_call(batch, item, answer, answers[item["Reference"]])


def reference_faults(batch: dict, answer: dict) -> list[str]:
    """Return the items without exactly one response, and responses without an item."""
    sent = Counter(item["Reference"] for item in json.loads(batch["body"])["Items"])
    responses = Counter(item["Reference"] for item in json.loads(answer["body"])["Items"])
    faults = [f"item {name!r} is sent {sent[name]} times" for name in sent if sent[name] > 1]
    faults += [f"item {name!r} is answered {responses[name]} times" for name in sent if responses[name] != 1]
    return faults + [f"item {name!r} is unknown" for name in responses if name not in sent]


def _as_call(batch: dict, item: dict, answer: dict, response: dict) -> dict:
    path, _mark, query = item["RelativeUrl"].partition("?")
    headers = {name: value for name, value in batch["headers"].items() if not name.startswith("content-")}
    if item.get("Body") is not None:
        headers["content-type"] = "application/json"
    headers.update((header["Name"].lower(), header["Value"]) for header in item.get("Headers") or ())
    # The response to the batch has the values that the response to its items omit.
    answered = {"citrix-transactionid": answer["headers"]["citrix-transactionid"]}
    if response.get("Body") is not None:
        answered["content-type"] = JSON
    answered.update((header["Name"].lower(), header["Value"]) for header in response.get("Headers") or ())
    return {
        "method": item.get("Method") or "GET",
        "path": _address(batch["path"].removesuffix(BATCH), path),
        "query": dict(parse_qsl(query, keep_blank_values=True)),
        "headers": headers,
        "body": item.get("Body") or "",
        "status": response["Code"],
        "answer": {"headers": answered, "body": response.get("Body") or ""},
    }


def _address(base: str, path: str) -> str:
    """Return the path of an item on the server, or an invalid one if it does not match the base."""
    if base == "/cvad/manage":
        return base + path if path.startswith("/") else f"RelativeUrl {path}"
    root, customer, site = base.rsplit("/", 2)
    return f"{root}/{path}" if path.startswith(f"{customer}/{site}/") else f"RelativeUrl {path}"
