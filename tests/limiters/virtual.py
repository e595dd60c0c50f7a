# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual time: real threads, one at a time, and a clock that jumps to the next event."""

from __future__ import annotations

import heapq
import threading
from collections import deque
from contextlib import ExitStack, contextmanager
from itertools import count
from types import SimpleNamespace
from typing import Callable
from unittest import mock

EPOCH = 1_800_000_000.0
"""Unix time at which virtual time begins."""


class VirtualTime:
    """A clock, and the parts of `threading` and `time` that wait for it."""

    def __init__(self) -> None:
        self.now = 0.0
        self._numbers = count()
        self._due: list[tuple[float, int, list]] = []
        self._local = threading.local()
        self._failures: list[BaseException] = []

    @contextmanager
    def inside(self, *modules):
        """Replace the clock and the locks of these modules."""
        times = SimpleNamespace(monotonic=lambda: self.now, time=lambda: EPOCH + self.now)
        threads = SimpleNamespace(Lock=lambda: Lock(self), Condition=lambda: Condition(self), Event=lambda: Event(self))
        with ExitStack() as stack:
            for module in modules:
                for name, stand_in in (("time", times), ("threading", threads)):
                    if hasattr(module, name):
                        stack.enter_context(mock.patch.object(module, name, stand_in))
            yield

    def run(self, *functions: Callable[[], object]) -> None:
        """Run each function in a thread of its own until all have ended; raises their exception."""
        self._left = len(functions)
        self._ended = threading.Event()
        for function in functions:
            baton = self._baton()
            self._wake(baton, self.now)
            threading.Thread(target=self._thread, args=(function, baton), daemon=True).start()
        self._next()
        self._ended.wait()
        if self._failures:
            raise self._failures[0]

    def sleep(self, seconds: float) -> None:
        self.block(self.baton(), max(seconds, 0.0))

    def baton(self) -> list:
        """Return the object that wakes this thread, constant until then."""
        return self._local.baton

    def block(self, baton: list, seconds: float | None = None) -> None:
        """Let other threads run until this one is woken, or for that many seconds."""
        if seconds is not None:
            self._wake(baton, self.now + seconds)
        self._next()
        baton[0].acquire()
        self._local.baton = self._baton()

    def wake(self, baton: list) -> None:
        self._wake(baton, self.now)

    def _wake(self, baton: list, at: float) -> None:
        heapq.heappush(self._due, (at, next(self._numbers), baton))

    def _next(self) -> None:
        while self._due:
            at, _number, baton = heapq.heappop(self._due)
            if not baton[1]:
                baton[1] = True
                self.now = at
                baton[0].release()
                return
        self._failures.append(RuntimeError("every thread waits for another one"))
        self._ended.set()

    @staticmethod
    def _baton() -> list:
        lock = threading.Lock()
        lock.acquire()
        return [lock, False]

    def _thread(self, function: Callable[[], object], baton: list) -> None:
        baton[0].acquire()
        self._local.baton = self._baton()
        try:
            function()
        except BaseException as error:
            self._failures.append(error)
        self._left -= 1
        if self._left:
            self._next()
        else:
            self._ended.set()


class Lock:
    """Like threading.Lock; the longest waiting thread gets it."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._locked = False
        self._waiting: deque[list] = deque()

    def __enter__(self) -> None:
        if self._locked:
            self._waiting.append(self._time.baton())
            self._time.block(self._waiting[-1])
        self._locked = True

    def __exit__(self, *_raised: object) -> None:
        self._locked = bool(self._waiting)
        if self._waiting:
            self._time.wake(self._waiting.popleft())


class Condition:
    """Like threading.Condition, without a lock, because a thread runs until it waits."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._waiting: deque[list] = deque()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_raised: object) -> None:
        pass

    def wait(self, timeout: float | None = None) -> None:
        baton = self._time.baton()
        self._waiting.append(baton)
        self._time.block(baton, timeout)
        if baton in self._waiting:
            self._waiting.remove(baton)

    def notify(self) -> None:
        if self._waiting:
            self._time.wake(self._waiting.popleft())

    def notify_all(self) -> None:
        while self._waiting:
            self.notify()


class Event(Condition):
    """Like threading.Event, with the methods in use."""

    def set(self) -> None:
        self.notify_all()
