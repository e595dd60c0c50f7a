# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One function on many items, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import Callable, TypeVar, Union

from ansible_collections.sessionops.citrix.plugins.module_utils._errors import CitrixError

Key = TypeVar("Key")
Item = TypeVar("Item")
Value = TypeVar("Value")


def side_by_side(
    function: Callable[[Item], Value], items: Mapping[Key, Item], workers: int
) -> Iterator[tuple[Key, Union[Value, CitrixError]]]:
    """Apply a function to many items in threads and yield (key, outcome) as they end.

    A CitrixError is an outcome; anything else that is raised is a bug and ends the run. Only as many items are under
    way as there are workers, so an abandoned iteration leaves nothing queued.
    """
    if len(items) <= 1 or workers == 1:
        for key, item in items.items():
            yield key, _outcome(function, item)
        return
    todo = iter(items.items())
    with ThreadPoolExecutor(max_workers=min(workers, len(items))) as pool:
        under_way: dict[Future, Key] = {}
        while True:
            for key, item in islice(todo, workers - len(under_way)):
                under_way[pool.submit(_outcome, function, item)] = key
            if not under_way:
                return
            done, _not_done = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                yield under_way.pop(future), future.result()


def _outcome(function: Callable[[Item], Value], item: Item) -> Union[Value, CitrixError]:
    try:
        return function(item)
    except CitrixError as error:
        return error
