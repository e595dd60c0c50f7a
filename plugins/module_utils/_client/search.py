# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send lists and searches for many objects of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from .._common.names import id_key
from .._common.text import nested
from .calls import Call

PAGE_SIZE = 1000
"""Objects per page; the documented maximum.

https://developer-docs.citrix.com/en-us/citrix-daas-service-apis/citrix-daas-rest-apis/how-to-use-paging-to-query-many-objects-through-multiple-api-calls
"""
MOST_FILTERS = 100
"""Filters in one group. No maximum is documented, so long lists are split into several searches."""

Filter = dict[str, str]


def listing(path: str, what: str, fields: Iterable[str] = ()) -> Call:
    """List all objects of a kind, without fields with all of them."""
    return Call("GET", path, what, page_query(fields))


def page_query(fields: Iterable[str] = ()) -> dict[str, str]:
    """Return the query of a call with pages."""
    names = ",".join(fields)
    return {"limit": str(PAGE_SIZE), **({"fields": names} if names else {})}


def compare(name: str, value: str, operator: str = "Equals") -> Filter:
    """Return one condition of a search. Text is compared without regard to case."""
    return {"Property": name, "Operator": operator, "Value": value}


def searches(
    path: str, what: str, fields: Iterable[str], filters: Sequence[Filter] = (), groups: Sequence[Sequence[Filter]] = ()
) -> Iterator[Call]:
    """Yield searches for all filters and at least one of each group. A POST each, but it reads.

    Several of them may find the same object.
    """
    query = page_query(fields)
    for pieces in product(*(_cut(group) for group in groups)):
        single = [*filters, *(piece[0] for piece in pieces if len(piece) == 1)]
        joined = [("And", single)] if single else []
        joined += [("Or", piece) for piece in pieces if len(piece) > 1]
        body: dict = {"SearchFilters": single} if single else {}
        if sum(len(conditions) for _how, conditions in joined) > 1:
            # A server uses the groups instead of flat filters, not in addition (documented for the search of the SDK).
            groups_of = [{"SearchFilterGroupType": how, "SearchFilters": conditions} for how, conditions in joined]
            body = {"SearchFilterGroupsType": "And", "SearchFilterGroups": groups_of}
        yield Call("POST", f"{path}/$search", what, query, body)


def distinct(items: Iterable[dict]) -> Iterator[dict]:
    """Yield each object once: it may move between two pages, or be in two lists."""
    seen = set()
    for item in items:
        key = id_key(nested(item, "Id") or "")
        if key not in seen:
            if key:
                seen.add(key)
            yield item


def _cut(group: Sequence[Filter]) -> list[list[Filter]]:
    return [list(group[at : at + MOST_FILTERS]) for at in range(0, len(group), MOST_FILTERS)]
