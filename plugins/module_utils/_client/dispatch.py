# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make many calls at once: each gets exactly one outcome, a response or an error."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Callable, TypeVar

from . import jobs
from .api import Api
from .batches import Outcome, send_batches
from .calls import SITE, Call
from .progress import Progress
from .workers import side_by_side

Key = TypeVar("Key")


class Calls(Mapping[Key, Call]):
    """Calls that are created when their turn comes: 100,000 at once would use too much memory."""

    def __init__(self, keys: Collection[Key], call_of: Callable[[Key], Call]) -> None:
        self._keys = keys
        self._call_of = call_of

    def __getitem__(self, key: Key) -> Call:
        return self._call_of(key)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def send_all(api: Api, calls: Mapping[Key, Call]) -> Iterator[tuple[Key, Outcome]]:
    """Make many calls of one scope, and yield (key, outcome) as they end, in any order.

    With a batch_size they are sent in batches, else each alone on one of max_concurrency connections.
    """
    if not calls:
        return
    outcomes = (
        send_batches(api, calls)
        if _fit_batches(api, calls)
        else side_by_side(lambda call: jobs.send(api, call), calls, api.max_concurrency)
    )
    progress = Progress(api.log, len(calls), "calls are completed")
    for key, outcome in outcomes:
        progress.add()
        yield key, outcome


def _fit_batches(api: Api, calls: Mapping[Key, Call]) -> bool:
    return api.batches.size > 1 and len(calls) > 1 and next(iter(calls.values())).scope == SITE
