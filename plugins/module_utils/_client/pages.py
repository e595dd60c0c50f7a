# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists, page after page, until no continuation token is left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Callable

from .._common.errors import ApiError, CitrixError
from .._common.text import nested, objects
from .calls import Answer, Call

SAFE_LIMIT = 250
"""Objects a page that every server gives: the documented default."""


def read_items(send: Callable[[Call], Answer], call: Call) -> Iterator[dict]:
    """Yield the items of a list, each once. Anything in a list that is not an object is ignored.

    A call without a limit takes no continuation token: it has one page. A token that repeats ends the list if it is
    complete or the page brought nothing new; it is an error otherwise, since items may be missing.
    """
    ids: set[str] = set()
    tokens: set[str] = set()
    first, restarted = call, False
    while True:
        try:
            body = send(call).body
        except ApiError as error:
            if _limit_refused(error, call):
                first = _with_query(first, limit=str(SAFE_LIMIT))
                call = _with_query(call, limit=str(SAFE_LIMIT))
            elif error.status == 400 and "continuationToken" in call.query and not restarted:
                # Tokens expire: the list is read once more from its beginning.
                call, restarted = first, True
                tokens.clear()
            else:
                raise
            continue
        if not isinstance(body.get("Items", ""), (list, type(None))):
            raise CitrixError(f"Could not {call.what}: the answer is no list; check api_url and proxies.")
        new = 0
        for item in objects(body["Items"]):
            own_id = nested(item, "Id")
            if own_id not in ids:
                if own_id:
                    ids.add(own_id)
                new += 1
                yield item
        token = str(body.get("ContinuationToken") or "")
        if not token or "limit" not in call.query:
            return
        if token in tokens:
            if not new or _is_complete(body.get("TotalItems"), len(ids)):
                return
            raise CitrixError(f"Could not {call.what}: the API repeats a page; run again, or name fewer sessions.")
        tokens.add(token)
        call = _with_query(call, continuationToken=token)


def _with_query(call: Call, **query: str) -> Call:
    return call._replace(query={**call.query, **query})


def _limit_refused(error: ApiError, call: Call) -> bool:
    named = error.status == 400 and re.search(r"\blimit\b", error.text, re.IGNORECASE)
    return bool(named) and int(call.query.get("limit", 0)) > SAFE_LIMIT


def _is_complete(total: object, count: int) -> bool:
    return isinstance(total, int) and 0 < total <= count
