# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply one function to many items in parallel."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from queue import SimpleQueue
from threading import Thread, local
from typing import Callable, TypeVar, Union

from .._common.errors import CitrixError, Interrupted

Key = TypeVar("Key")
Item = TypeVar("Item")
Value = TypeVar("Value")

_thread = local()
""".share: the number of workers that this thread may use, including itself."""


def side_by_side(
    function: Callable[[Item], Value], items: Mapping[Key, Item], workers: int
) -> Iterator[tuple[Key, Union[Value, CitrixError]]]:
    """Apply a function to many items in threads and yield (key, outcome) as they end.

    A CitrixError is an outcome; any other exception is a bug and ends the run. Only as many items as workers are in
    progress, so an abandoned iteration leaves nothing queued. If one of these threads calls it, it uses a share of the
    workers, so that the total is limited. Interrupted, raised while it waits, is the outcome of items in progress; the
    others are tried, and end immediately.
    """
    workers = min(workers, getattr(_thread, "share", workers))
    if len(items) <= 1 or workers == 1:
        for key, item in items.items():
            yield key, _outcome(function, item)
        return
    todo = iter(items.items())
    waiting: SimpleQueue = SimpleQueue()
    done: SimpleQueue = SimpleQueue()
    # Not a ThreadPoolExecutor: its futures cost up to a tenth of a call, and it waits for all of them at the end.
    count = min(workers, len(items))
    arguments = (function, waiting, done, workers // count)
    threads = [Thread(target=_work, args=arguments, daemon=True) for _each in range(count)]
    for thread in threads:
        thread.start()
    try:
        in_progress = dict(islice(todo, count))
        for pair in in_progress.items():
            waiting.put(pair)
        while in_progress:
            try:
                key, outcome, bug = done.get()
            except Interrupted as error:
                yield from dict.fromkeys(in_progress, error).items()
                yield from ((key, _outcome(function, item)) for key, item in todo)
                return
            if bug:
                raise bug
            del in_progress[key]
            yield key, outcome
            for pair in islice(todo, 1):
                in_progress[pair[0]] = pair[1]
                waiting.put(pair)
    finally:
        for _each in threads:
            waiting.put(None)
    # All have responded and end by themselves, but not during the shutdown of the interpreter, which would complain.
    for thread in threads:
        thread.join()


def _work(function: Callable[[Item], Value], waiting: SimpleQueue, done: SimpleQueue, share: int) -> None:
    _thread.share = share
    for key, item in iter(waiting.get, None):
        outcome = None
        try:
            outcome = _outcome(function, item)
        finally:
            # A bug ends this thread, and is raised in the caller.
            done.put((key, outcome, sys.exc_info()[1]))


def _outcome(function: Callable[[Item], Value], item: Item) -> Union[Value, CitrixError]:
    try:
        return function(item)
    except CitrixError as error:
        return error
