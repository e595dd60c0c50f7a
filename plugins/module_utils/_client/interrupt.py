# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End a run after a signal, if its result has no reader, or if its server does not respond."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Callable, Generic, Protocol, TypeVar

from .._common.errors import CitrixError, Interrupted, Stalled
from .throttle import Throttle

Value = TypeVar("Value")

SIGNALS = (signal.SIGTERM, signal.SIGINT)
INTERVAL = 0.5
"""Seconds between two checks."""
GRACE = 3.0
"""Seconds in which requests in progress may still get a response."""
STDOUT = 1
HANGS = "the run was ended (a response of the API took too long)"
ORPHANED = "the run was interrupted (nothing reads its result anymore)"


class InterruptHandler:
    """A context in which a run can be interrupted.

    First, no more requests are sent. GRACE seconds later, requests in progress are canceled: Interrupted is raised in
    the main thread. Both times, the run continues to its end with the results so far, if they can be read.
    """

    def __init__(self, throttle: Throttle, log: Callable[[str], None]) -> None:
        self._throttle = throttle
        self._log = log
        self._signal = 0
        self._why = ""
        self._given_up = False
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._handlers: dict[int, object] = {}
        self._parent = os.getppid()
        self._leaders_parent = _leaders_parent()

    def __enter__(self) -> None:
        # Only the main thread can be interrupted, and only it can set signal handlers.
        if threading.current_thread() is threading.main_thread():
            self._handlers = {number: signal.signal(number, self._take) for number in SIGNALS}
            self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        # No signal may arrive after the handlers are removed, and the thread must not end during the shutdown.
        if self._thread.is_alive():
            self._thread.join()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _take(self, number: int, frame: FrameType | None) -> None:
        # Nothing else: a lock that it takes could be held by the interrupted code.
        if self._given_up and not self._left.is_set():
            self._given_up = False
            raise Interrupted(
                f"Canceled requests in progress, because {self._why}; the log of the host that runs the module "
                "lists the accepted requests. Run again to process the rest.",
                in_progress=True,
            )
        self._signal = number

    def _look(self) -> None:
        while not self._why:
            if self._left.wait(INTERVAL):
                return
            self._why = self._reason()
        self._log(f"{self._why}: no further requests are sent")
        self._throttle.stop(self._why)
        if self._why == ORPHANED:
            self._die()
        while not self._left.wait(GRACE):
            if self._throttle.in_progress():
                self._given_up = True
                os.kill(os.getpid(), signal.SIGTERM)
                return

    def _die(self) -> None:
        """End the process as soon as requests in progress have their response, and it is logged.

        A result would only block a worker of ansible-playbook that has no parent for it.
        """
        latest = time.monotonic() + GRACE
        while self._throttle.in_progress() and time.monotonic() < latest:
            time.sleep(INTERVAL / 10)
        time.sleep(INTERVAL)
        os._exit(1)

    def _reason(self) -> str:
        if self._signal:
            return f"the run was interrupted ({signal.Signals(self._signal).name})"
        if _has_no_reader() or os.getppid() != self._parent or _leaders_parent() not in (self._leaders_parent, None):
            return ORPHANED
        if self._throttle.hangs():
            return HANGS
        return ""


class Interruptible(Protocol):
    """An object that may hang and can stop sending: a Throttle, or an object with one."""

    def hangs(self) -> bool: ...

    def stop(self, why: str) -> None: ...


class Background(Generic[Value]):
    """A function in a thread of its own, abandoned if the API does not complete a response.

    For callers that are not a process of their own like a module. The thread ends with the process.
    """

    def __init__(self, function: Callable[[], Value], watched: Interruptible) -> None:
        self._function = function
        self._watched = watched
        self._values: list[Value] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def is_over(self) -> bool:
        """Return whether value() can return or raise."""
        if self._thread.is_alive() and self._watched.hangs():
            self._watched.stop(HANGS)
            self._error = Stalled(f"Canceled requests in progress, because {HANGS}; check proxies, and run again.")
            return True
        return not self._thread.is_alive()

    def value(self) -> Value:
        """Return the result of the function, or raise its exception."""
        if self._error:
            raise self._error
        return self._values[0]

    def _work(self) -> None:
        try:
            self._values.append(self._function())
        except CitrixError as error:
            self._error = error
        finally:
            # A bug ends this thread, and is raised in the caller of value().
            self._error = self._error or sys.exc_info()[1]


def _has_no_reader() -> bool:
    """Return whether the reader of the result, a connection or a process, has ended."""
    poll = select.poll()
    poll.register(STDOUT, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _descriptor, event in poll.poll(0))


def _leaders_parent() -> int | None:
    """Return the process that started the session of this process; None if that is unknown.

    The worker of an ansible-playbook leads a session of its own, and outlives an ansible-playbook that is killed.
    """
    try:
        with open(f"/proc/{os.getsid(0)}/stat", "rb") as stat:
            return int(stat.read().rpartition(b")")[2].split()[1])
    except OSError:
        return None
