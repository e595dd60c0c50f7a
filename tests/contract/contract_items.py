# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches of the simulator's log: what became of each, and their items as calls that the OpenAPI file can judge."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qsl

BATCH = "/$batch"
JSON = "application/json; charset=utf-8"


def answered_batches(calls: list[dict]) -> Iterator[tuple[dict, dict]]:
    """Yield each batch whose results are known, and the answer that holds them: its own, or that to its job's."""
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
    """Yield what each answered item would have been as a call of its own, as an entry of the log."""
    answers = {item["Reference"]: item for item in json.loads(answer["body"])["Items"]}
    for item in json.loads(batch["body"])["Items"]:
        if item["Reference"] in answers:
            yield _as_call(batch, item, answer, answers[item["Reference"]])


def reference_faults(batch: dict, answer: dict) -> list[str]:
    """Tell which items of a batch are not answered exactly once, and which answers nobody asked for."""
    asked = Counter(item["Reference"] for item in json.loads(batch["body"])["Items"])
    told = Counter(item["Reference"] for item in json.loads(answer["body"])["Items"])
    faults = [f"item {name!r} is sent {asked[name]} times" for name in asked if asked[name] > 1]
    faults += [f"item {name!r} is answered {told[name]} times" for name in asked if told[name] != 1]
    return faults + [f"item {name!r} is nobody's" for name in told if name not in asked]


def _as_call(batch: dict, item: dict, answer: dict, told: dict) -> dict:
    path, _mark, query = item["RelativeUrl"].partition("?")
    headers = {name: value for name, value in batch["headers"].items() if not name.startswith("content-")}
    if item.get("Body") is not None:
        headers["content-type"] = "application/json"
    headers.update((header["Name"].lower(), header["Value"]) for header in item.get("Headers") or ())
    # The answer to the batch has what the answers to its items leave out.
    answered = {"citrix-transactionid": answer["headers"]["citrix-transactionid"]}
    if told.get("Body") is not None:
        answered["content-type"] = JSON
    answered.update((header["Name"].lower(), header["Value"]) for header in told.get("Headers") or ())
    return {
        "method": item.get("Method") or "GET",
        "path": _address(batch["path"].removesuffix(BATCH), path),
        "query": dict(parse_qsl(query, keep_blank_values=True)),
        "headers": headers,
        "body": item.get("Body") or "",
        "status": told["Code"],
        "answer": {"headers": answered, "body": told.get("Body") or ""},
    }


def _address(base: str, path: str) -> str:
    """Return the path of an item on the server, or one that is none where its form does not fit the base."""
    if base == "/cvad/manage":
        return base + path if path.startswith("/") else f"RelativeUrl {path}"
    root, customer, site = base.rsplit("/", 2)
    return f"{root}/{path}" if path.startswith(f"{customer}/{site}/") else f"RelativeUrl {path}"
