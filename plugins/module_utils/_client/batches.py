# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send many calls in one request, $batch, and return the outcome of each item.

https://github.com/citrix/citrix-daas-rest-go/blob/main/citrixorchestration/docs/BatchAPIsDAAS.md
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar, Union

from .._common.errors import ApiError, BatchLost, CitrixError, JobError
from .._common.text import objects
from . import jobs
from .api import Api
from .calls import Call, Response
from .retries import may_repeat
from .retry_after import retry_delay
from .transport import LOST, CaseInsensitiveDict, Reply
from .workers import side_by_side

Key = TypeVar("Key")
Outcome = Union[Response, CitrixError]
"""Outcome of a call."""

LARGE = 250
"""Minimum number of items of a batch as a job: a server may lose the response to one that takes over 90 seconds."""
REFUSED = (400, 404, 405, 413, 501)
"""Responses of a server that does not support this batch: nothing was done."""
LEFT_OUT = "The response to a batch does not contain this call; check proxies, or remove batch_size."
TOO_SLOW = (LOST, 504)
"""Outcome of a batch that should have been a job."""
DOUBTFUL = (400, 404)
"""Responses to the item of a read that may be about the item: how a batch addresses calls is not fully documented."""


def send_batches(api: Api, calls: Mapping[Key, Call]) -> Iterator[tuple[Key, Outcome]]:
    """Make many calls of the site, api.batches.size per request, and yield (key, outcome).

    Calls without a result that may be resent are sent alone, with a renewed token and under the rate limit. So are
    reads of something that seems to be missing: if it exists, no more batches are sent.
    """
    keys = list(calls)
    size = api.batches.size
    chunks = {at: keys[at : at + size] for at in range(0, len(keys), size)}
    alone: list[Key] = []
    doubtful: dict[Key, ApiError] = {}
    for at, outcomes in side_by_side(
        lambda chunk: _send(api, {key: calls[key] for key in chunk}), chunks, api.max_concurrency
    ):
        if isinstance(outcomes, CitrixError):
            outcomes = dict.fromkeys(chunks[at], outcomes)
        alone += [key for key in chunks[at] if key not in outcomes]
        for key, outcome in outcomes.items():
            if isinstance(outcome, ApiError) and outcome.status in DOUBTFUL and not calls[key].write:
                doubtful[key] = outcome
            else:
                yield key, outcome
    left = {key: calls[key] for key in (*alone, *doubtful)}
    for key, outcome in side_by_side(lambda call: jobs.send(api, call), left, api.max_concurrency):
        if key in doubtful and isinstance(outcome, Response):
            api.batches.give_up(doubtful[key])
        yield key, outcome


def _send(api: Api, batch: Mapping[Key, Call]) -> dict[Key, Outcome]:
    """Return the outcomes of a batch; a call without an outcome may be resent."""
    if not api.batches.size:
        return {}
    as_job = api.batches.as_jobs or len(batch) >= LARGE
    call = as_call(api, batch, as_job)
    try:
        response = api.send(call)
    except CitrixError as error:
        status = error.status if isinstance(error, ApiError) else LOST
        if status in REFUSED:
            api.batches.give_up(error)
            return {}
        if not error.may_have_acted:
            return dict.fromkeys(batch, error)
        if status in TOO_SLOW and not as_job:
            api.batches.as_jobs = True
            if not call.write:
                return _send(api, batch)
        return _uncertain(batch, error)
    if response.job_id:
        try:
            # A failed job may have processed some of its items: the results show which.
            jobs.ended(api, call, response.job_id, jobs.deadline(api))
            response = jobs.results(api, call, response.job_id)
        except CitrixError as error:
            return _uncertain(batch, error)
    return _outcomes(api, batch, response)


def as_call(api: Api, batch: Mapping[Key, Call], as_job: bool) -> Call:
    """Return the call of a batch; it writes if one of its items does."""
    items = [{"Reference": str(at), **_item(api, call)} for at, call in enumerate(batch.values())]
    writes = tuple(call for call in batch.values() if call.write)
    return Call(
        "POST",
        "$batch",
        f"send a batch of {len(batch)} calls",
        query={"async": "true"} if as_job else {},
        body={"Items": items},
        write=bool(writes),
        final=TOO_SLOW,
        parts=writes,
    )


def _item(api: Api, call: Call) -> dict:
    item = {"Method": call.method, "RelativeUrl": api.relative_url(call)}
    return item if call.body is None else {**item, "Body": json.dumps(call.body)}


def _outcomes(api: Api, batch: Mapping[Key, Call], response: Response) -> dict[Key, Outcome]:
    """Read the response to a batch: {Items: [{Reference, Code, Headers, Body}]}, in any order."""
    keys = {str(at): key for at, key in enumerate(batch)}
    outcomes: dict[Key, Outcome] = {}
    accepted: dict[Key, tuple[Call, Response, float]] = {}
    until = jobs.deadline(api)
    for reference, item in _unambiguous(objects(response.body.get("Items"))).items():
        status = _status(item)
        if reference not in keys or status is None:
            continue
        key = keys.pop(reference)
        call = batch[key]
        reply = _reply(call, status, item)
        if status == 429:
            # The batch was accepted, but no more of its items are accepted for now.
            api.throttle.suspend(retry_delay(reply.headers, reply.text, time.time()))
        if status == 401 or may_repeat(status, call.write, call.final):
            continue
        outcome = _read(api, call, reply, response.transaction_id)
        if isinstance(outcome, Response) and outcome.job_id is not None:
            accepted[key] = call, outcome, until
        else:
            outcomes[key] = outcome
    outcomes.update(side_by_side(lambda job: jobs.finish(api, *job), accepted, api.max_concurrency))
    missing = {key: batch[key] for key in keys.values()}
    return {**outcomes, **_uncertain(missing, BatchLost(LEFT_OUT))}


def _unambiguous(items: Iterable[dict]) -> dict[str, dict]:
    """Return the items by reference, without those whose reference is not unique."""
    found: dict[str, dict] = {}
    ambiguous = set()
    for item in items:
        reference = str(item.get("Reference"))
        if found.setdefault(reference, item) != item:
            ambiguous.add(reference)
    return {reference: item for reference, item in found.items() if reference not in ambiguous}


def _status(item: dict) -> int | None:
    code = str(item.get("Code"))
    return int(code) if re.fullmatch("[1-9][0-9]{2}", code) else None


def _reply(call: Call, status: int, item: dict) -> Reply:
    headers, body = item.get("Headers"), item.get("Body")
    if not isinstance(headers, dict):
        headers = {header.get("Name"): header.get("Value") for header in objects(headers)}
    # Most writes do not use their response body, which is the larger part of the data, unless it may be an error.
    if body is None or (call.write and not call.proof and status == 200 and "rror" not in str(body)):
        body = ""
    text = body if isinstance(body, str) else json.dumps(body)
    return Reply(status, CaseInsensitiveDict({str(name): str(value) for name, value in headers.items()}), text)


def _read(api: Api, call: Call, reply: Reply, transaction_id: str) -> Outcome:
    try:
        return api.read(call, reply, transaction_id)
    except CitrixError as error:
        return error


def _uncertain(batch: Mapping[Key, Call], error: CitrixError) -> dict[Key, Outcome]:
    """Return the outcomes of calls with lost responses: reads are resent, writes are uncertain.

    A JobError is kept: the job continues, so its writes are not resent.
    """
    lost = error if isinstance(error, JobError) else BatchLost(str(error))
    lost.transaction_id = error.transaction_id
    return {key: lost for key, call in batch.items() if call.write}
