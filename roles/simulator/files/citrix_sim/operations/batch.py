# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``POST /$batch``: process many calls in parallel, and return their responses in any order."""

from __future__ import annotations

import zlib
from functools import partial
from json.encoder import encode_basestring
from typing import Callable

from ..http.message import LateReply, Reply, Request, encode, json_reply, refuse, text_reply
from ..state.jobs import Conclusion
from ..state.runs import Run, due_times
from .batch_items import Item, Requests, read_items
from .call import BeginItem, Call
from .jobs import accept
from .paging import read_flag

# A synchronous batch that takes longer loses its results, as published; processing continues.
SYNC_SECONDS = 90.0
JOB_TYPE = "Batch"


def do_batch(call: Call) -> Reply:
    """``POST /$batch``."""
    settings = call.state.settings
    if not settings.batch_support:
        raise refuse(404, "notFound", "No such path.", path=call.request.path)
    if call.begin_item is None:
        raise refuse(400, "invalid", "A batch cannot be an item of a batch.")
    as_job = read_flag(call.request, "async", False)
    items = read_items(call.json_body())
    if settings.batch_limit and len(items) > settings.batch_limit:
        raise refuse(400, "invalid", f"A batch may have at most {settings.batch_limit} items.", name="Items")
    run = _run(call, items, call.begin_item, as_job)
    if as_job:
        return accept(call, JOB_TYPE, run, partial(_conclude, call, items))
    run.start()
    if run.seconds <= 0:
        return _answer(call, items, run)
    if run.seconds > SYNC_SECONDS:
        return LateReply(SYNC_SECONDS, _timed_out)
    return LateReply(run.seconds, partial(_answer, call, items, run))


def _timed_out() -> Reply:
    return json_reply({"statusCode": 504, "message": "The batch took too long."}, 504)


def _run(call: Call, items: list[Item], begin_item: BeginItem, as_job: bool) -> Run:
    requests = Requests(call.request, call.address)
    begun = [begin_item(*_made(call, requests, item)) for item in items]
    works = [work for _cost, work in begun]
    if call.twist.batch == "item_accepted" and items:
        at = next((at for at, item in enumerate(items) if item.method == "POST"), len(items) // 2)
        works[at] = partial(_as_job, call, works[at])
    times: list[float | None] = [*due_times([cost for cost, _work in begun], call.state.settings.batch_parallelism)]
    if as_job and call.twist.batch in ("job_failed", "job_canceled"):
        # The worst case: a part of the items was processed.
        half = len(items) // 2
        times[half:] = [None] * (len(items) - half)
    return Run(works, times)


def _made(call: Call, requests: Requests, item: Item) -> tuple[Request, Reply | None]:
    request, refusal = requests.make(item)
    if call.twist.batch == "paths_unknown":
        refusal = refuse(404, "notFound", "RelativeUrl does not match this base.", RelativeUrl=item.url).reply
    return request, refusal


def _as_job(call: Call, work: Callable[[], Reply]) -> Reply:
    return accept(call, "Unknown", Run([work], [0.0]))


def _answer(call: Call, items: list[Item], run: Run) -> Reply:
    """Return the replies to all items in a constant order, which differs from the request's."""
    shown = [(item.reference, _show(item, reply)) for item, reply in zip(items, run.finish())]
    middle = len(shown) // 2
    if shown and call.twist.batch == "item_missing":
        del shown[middle]
    elif shown and call.twist.batch == "item_twice":
        shown.append(shown[middle])
    elif call.twist.batch == "unknown_reference":
        shown.append(("not-in-request", '{"Reference":"not-in-request","Code":200,"Headers":[],"Body":null}'))
    mixed = sorted(shown, key=lambda pair: zlib.crc32(pair[0].encode()))
    return text_reply(f'{{"Items":[{",".join([text for _name, text in (mixed if mixed != shown else mixed[::-1])])}]}}')


def _show(item: Item, reply: Reply) -> str:
    """Return the JSON text of a reply. Quoting the body, a string, by itself halves the cost."""
    headers = encode([{"Name": name, "Value": value} for name, value in reply.headers])
    body = encode_basestring(reply.body.decode("utf-8", "replace")) if reply.body else "null"
    return f'{{"Reference":{encode(item.reference)},"Code":{reply.status},"Headers":{headers},"Body":{body}}}'


def _conclude(call: Call, items: list[Item], run: Run) -> Conclusion:
    """Return the end of the job of a batch: failed items do not make the job fail."""
    twist = call.twist.batch
    if twist == "job_failed":
        run.finish()
        return Conclusion("Failed", None, "The batch failed.")
    if twist == "job_canceled":
        run.finish()
        return Conclusion("Canceled", None)
    reply = _answer(call, items, run)
    if twist == "results_lost":
        return Conclusion("Complete", None)
    return Conclusion("CompleteWithWarning" if twist == "job_warning" else "Complete", reply)
