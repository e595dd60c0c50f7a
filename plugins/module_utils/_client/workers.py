# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply one function to many items in parallel."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import chain, islice
from queue import Empty, SimpleQueue
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

    A CitrixError is an outcome; any other exception is a bug and ends the run. For each worker, one item is in progress
    and one is ready; an abandoned iteration starts no other. If one of these threads calls it, it uses a share of the
    workers, so that the total is limited. Interrupted, raised while it waits, is the outcome of items in progress; the
    others are tried, and end immediately.
    """
    workers = min(workers, getattr(_thread, "share", workers))
    if len(items) <= 1 or workers == 1:
        for key, item in items.items():
            yield key, _outcome(function, item)
        return
    todo = iter(items.items())
    ready: SimpleQueue = SimpleQueue()
    done: SimpleQueue = SimpleQueue()
    outcomes: dict[Key, Union[Value, CitrixError]] = {}
    # Not a ThreadPoolExecutor: its futures cost up to a tenth of a call, and it waits for all of them at the end.
    count = min(workers, len(items))
    arguments = (function, ready, outcomes, done, workers // count)
    threads = [Thread(target=_work, args=arguments, daemon=True) for _each in range(count)]
    # Without an item that is ready, each worker would wait for this thread after each item.
    begun = dict(islice(todo, 2 * count))
    for pair in begun.items():
        ready.put(pair)
    not_started = iter(threads)
    try:
        while begun:
            try:
                # If the host permits no more threads, the others do their work.
                with suppress(RuntimeError):
                    for thread in not_started:
                        thread.start()
                if not any(thread.ident for thread in threads):
                    break
                key, bug = done.get()
            except Interrupted as error:
                for key in begun:
                    outcomes.setdefault(key, error)
                break
            if bug:
                raise bug
            del begun[key]
            yield key, outcomes.pop(key)
            for pair in islice(todo, 1):
                begun[pair[0]] = pair[1]
                ready.put(pair)
        rest = dict(_withdraw(ready))
        yield from [(key, outcomes[key]) for key in begun if key not in rest]
        yield from ((key, _outcome(function, item)) for key, item in chain(rest.items(), todo))
    finally:
        _withdraw(ready)
        for _each in threads:
            ready.put(None)
    # All have responded and end by themselves, but not during the shutdown of the interpreter, which would complain.
    for thread in threads:
        if thread.ident and not begun:
            thread.join()


def _withdraw(queue: SimpleQueue) -> list:
    """Take everything out of a queue, and return it."""
    taken = []
    with suppress(Empty):
        while True:
            taken.append(queue.get_nowait())
    return taken


def _work(function: Callable[[Item], Value], ready: SimpleQueue, outcomes: dict, done: SimpleQueue, share: int) -> None:
    _thread.share = share
    for key, item in iter(ready.get, None):
        try:
            # Not in the queue: an interrupted get() may lose what it takes.
            outcomes[key] = _outcome(function, item)
        finally:
            # A bug ends this thread, and is raised in the caller.
            done.put((key, sys.exc_info()[1]))


def _outcome(function: Callable[[Item], Value], item: Item) -> Union[Value, CitrixError]:
    try:
        return function(item)
    except CitrixError as error:
        return error
