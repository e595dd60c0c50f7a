# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interruptions: signals and closed readers end a run, and nothing else does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client import interrupt as _watch
from ansible_collections.sessionops.citrix.plugins.module_utils._client.interrupt import (
    HANGS,
    ORPHANED,
    SIGNALS,
    Background,
    InterruptHandler,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import Interrupted, Stalled

PATIENCE = 10
"""Seconds after which an event counts as missing."""


class FakeThrottle:
    """Record that it is interrupted."""

    def __init__(self):
        self.why = []
        self.interrupted = threading.Event()
        self.busy = False
        self.stuck = False

    def stop(self, why):
        self.why.append(why)
        self.interrupted.set()

    def in_progress(self):
        return self.busy

    def hangs(self):
        return self.stuck


@pytest.fixture
def throttle(monkeypatch):
    """Return a throttle, for a handler with a short grace period and a reader."""
    monkeypatch.setattr(_watch, "INTERVAL", 0.02)
    monkeypatch.setattr(_watch, "GRACE", 0.2)
    monkeypatch.setattr(_watch, "_has_no_reader", lambda: False)
    return FakeThrottle()


@pytest.fixture
def log():
    return []


@pytest.fixture
def died(monkeypatch):
    """Return the exit codes of the process."""
    codes = []

    def die(code):
        codes.append(code)
        raise SystemExit

    monkeypatch.setattr(_watch.os, "_exit", die)
    return codes


@pytest.mark.parametrize("number", SIGNALS)
def test_interrupt_signal_lets_run_finish(throttle, log, number):
    with InterruptHandler(throttle, log.append):
        os.kill(os.getpid(), number)
        assert throttle.interrupted.wait(PATIENCE)
        # Longer than the grace period: no request is in progress, so none is abandoned.
        time.sleep(0.5)
    assert throttle.why == [f"the run was interrupted ({number.name})"]
    assert log == [f"{throttle.why[0]}: no further requests are sent"]


def test_interrupt_signal_stops_within_half_second(monkeypatch, log):
    monkeypatch.setattr(_watch, "_has_no_reader", lambda: False)
    throttle = FakeThrottle()
    with InterruptHandler(throttle, log.append):
        os.kill(os.getpid(), signal.SIGTERM)
        # The machine may be busy.
        assert throttle.interrupted.wait(0.5 + 0.9)


def test_interrupt_requests_in_progress_abandoned_after_grace(throttle, log):
    throttle.busy = True
    with InterruptHandler(throttle, log.append):
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted, match=r"^Canceled requests in progress, because the run") as caught:
            threading.Event().wait(PATIENCE)
        # Once is enough: the run has its result to report.
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.5)
    assert caught.value.may_have_acted
    assert len(throttle.why) == 1


def test_interrupt_unfinished_response_ends_run(throttle, log):
    throttle.stuck = True
    with InterruptHandler(throttle, log.append):
        assert throttle.interrupted.wait(PATIENCE)
    assert throttle.why == ["the run was ended (a response of the API took too long)"]


@pytest.mark.parametrize("check", ["_has_no_reader", "getppid", "_leaders_parent"])
def test_interrupt_closed_reader_ends_run_without_result(throttle, log, died, monkeypatch, check):
    monkeypatch.setattr(_watch, "GRACE", PATIENCE)
    throttle.busy = True
    with InterruptHandler(throttle, log.append):
        owner = _watch.os if check == "getppid" else _watch
        monkeypatch.setattr(owner, check, lambda: -1)
        assert throttle.interrupted.wait(PATIENCE)
        assert not died
        throttle.busy = False
        end = time.monotonic() + PATIENCE
        while not died and time.monotonic() < end:
            time.sleep(0.01)
    assert (died, throttle.why) == ([1], [ORPHANED])


def test_interrupt_closed_reader_slow_server_not_waited_for(throttle, log, died, monkeypatch):
    throttle.busy = True
    monkeypatch.setattr(_watch, "_has_no_reader", lambda: True)
    with InterruptHandler(throttle, log.append):
        time.sleep(1)
    assert died == [1]


def test_interrupt_hidden_session_leader_ignored(throttle, log, monkeypatch):
    with InterruptHandler(throttle, log.append):
        monkeypatch.setattr(_watch, "_leaders_parent", lambda: None)
        assert not throttle.interrupted.wait(0.3)


def test_interrupt_restores_handlers(throttle, log):
    before, threads = [signal.getsignal(number) for number in SIGNALS], threading.active_count()
    with pytest.raises(ValueError, match="of the run"), InterruptHandler(throttle, log.append):
        assert [signal.getsignal(number) for number in SIGNALS] != before
        raise ValueError("of the run")
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert threading.active_count() == threads
    assert not throttle.interrupted.wait(0.2)
    assert not log


def test_interrupt_other_thread_not_watched(throttle, log):
    before = [signal.getsignal(number) for number in SIGNALS]
    found = []

    def run():
        with InterruptHandler(throttle, log.append):
            found.append([signal.getsignal(number) for number in SIGNALS])

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [before]


def test_pipe_has_reader_until_other_end_closes(monkeypatch):
    reading, writing = os.pipe()
    monkeypatch.setattr(_watch, "STDOUT", writing)
    assert not _watch._has_no_reader()
    os.close(reading)
    assert _watch._has_no_reader()
    os.close(writing)


def in_process(expression, before=lambda process: None, **options):
    """Return a value of the tested file in a process as text; before: called first."""
    code = f"import sys; from {_watch.__name__} import _has_no_reader, _leaders_parent; sys.stdin.read()"
    command = [sys.executable, "-c", f"{code}; sys.stderr.write(str({expression}))"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, **options) as process:
        before(process)
        process.stdin.close()
        return process.stderr.read()


def test_has_no_reader_closed_stdout_detected():
    assert in_process("_has_no_reader()") == "False"
    assert in_process("_has_no_reader()", before=lambda process: process.stdout.close()) == "True"


def test_leaders_parent_is_process_that_started_session():
    assert in_process("_leaders_parent()", start_new_session=True) == str(os.getpid())


@pytest.mark.parametrize("file", [os.devnull, __file__])
def test_file_requires_no_reader(monkeypatch, file):
    with open(file, "rb") as stream:
        monkeypatch.setattr(_watch, "STDOUT", stream.fileno())
        assert not _watch._has_no_reader()


def outcome(background):
    """Wait until work in the background is done, and return its value."""
    latest = time.monotonic() + PATIENCE
    while not background.is_over():
        assert time.monotonic() < latest
        time.sleep(0.01)
    return background.value()


def test_background_value_returned_and_error_raised(throttle):
    assert outcome(Background(lambda: 7, throttle)) == 7
    for error in (Stalled("Nothing moves."), KeyError("bug")):

        def fails(error=error):
            raise error

        with pytest.raises(type(error)):
            outcome(Background(fails, throttle))
    assert throttle.why == []


def test_background_unfinished_response_abandoned(throttle):
    release = threading.Event()
    background = Background(release.wait, throttle)
    assert not background.is_over()
    throttle.stuck = True
    with pytest.raises(Stalled, match=r"^Canceled requests in progress, because .* too long\); check proxies"):
        outcome(background)
    release.set()
    assert throttle.why == [HANGS]
