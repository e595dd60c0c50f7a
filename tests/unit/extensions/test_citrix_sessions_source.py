# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source around its watch: it survives failures, yields control, can be imported."""

from __future__ import annotations

import asyncio
import os
import runpy
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError, OptionError
from support.simulator_process import COLLECTION

SOURCE = COLLECTION / "extensions" / "eda" / "plugins" / "event_source" / "citrix_sessions.py"
ARGUMENTS = {"customer_id": "customer1", "client_id": "client1", "client_secret": "a-secret-that-no-one-knows"}


@pytest.fixture(scope="module")
def source():
    """Return the namespace of the source, run as ansible-rulebook runs it."""
    return SimpleNamespace(**runpy.run_path(str(SOURCE)))


@pytest.fixture
def run(source, monkeypatch):
    """Return a function that runs main() with polls and returns the events and the waits.

    A poll that is an error fails. The source is canceled after the last poll, as at the end of ansible-rulebook.
    """

    def main(*polls, interval=60, begun=True):
        waits = []
        left = list(polls)
        names = source.main.__globals__

        async def sleep(seconds):
            waits.append(seconds)

        async def aside(_poll):
            if not left:
                raise asyncio.CancelledError
            return left.pop(0)

        async def collect():
            queue = asyncio.Queue()
            monkeypatch.setattr(names["asyncio"], "sleep", sleep)
            try:
                await source.main(queue, {})
            except asyncio.CancelledError:
                return [queue.get_nowait() for _event in range(queue.qsize())]

        watch = SimpleNamespace(interval=interval, begun=begun, poll=None)
        monkeypatch.setitem(names, "prepare", lambda args: watch)
        monkeypatch.setitem(names, "aside", aside)
        return asyncio.run(collect()), waits

    return main


def watching(poll, hangs=lambda: False):
    """Return a watcher with a replaced poll, and a list of its interruptions."""
    expected = []
    return SimpleNamespace(poll=poll, hangs=hangs, stop=expected.append), expected


def test_source_queues_each_event(run):
    assert run([{"type": "new"}], [], [{"type": "changed"}, {"type": "ended"}], interval=7) == (
        [{"type": "new"}, {"type": "changed"}, {"type": "ended"}],
        [7, 7, 7],
    )


def test_source_continues_after_failures_with_growing_pauses(run, caplog):
    failures = [CitrixError("The site is away.")] * 6
    events, waits = run([{"type": "new"}], *failures, [{"type": "ended"}], CitrixError("Again."), interval=60)
    assert events == [{"type": "new"}, {"type": "ended"}]
    assert waits == [60, 60, 120, 240, 480, 600, 600, 60, 60]
    assert caplog.messages[0] == ("The site is away. Next poll in 60 seconds, with all changes until then.")
    assert caplog.messages[6:] == [
        "The sessions can be read again.",
        "Again. Next poll in 60 seconds, with all changes until then.",
    ]


def test_source_pause_never_shorter_than_interval(source):
    assert [source.pause(3600, failures) for failures in (0, 1, 5, 10**6)] == [3600] * 4
    assert [source.pause(1, failures) for failures in (0, 1, 9, 10, 10**6)] == [1, 2, 512, 600, 600]


def test_source_option_rejected_by_site_ends_first_poll_only(run, caplog):
    error = OptionError("machine", "site s has no x")
    with pytest.raises(OptionError):
        run(error, begun=False)
    assert run(error, [{"type": "new"}], begun=True)[0] == [{"type": "new"}]
    # A temporary failure does not end it, even in the first poll.
    assert run(CitrixError("The site is away."), [{"type": "new"}], begun=False)[0] == [{"type": "new"}]


def test_source_poll_does_not_block_event_loop(source):
    others_had_a_turn = threading.Event()

    def poll():
        assert others_had_a_turn.wait(10)
        return ["event"]

    async def both():
        polling = asyncio.create_task(source.aside(watching(poll)[0]))
        await asyncio.sleep(0)
        others_had_a_turn.set()
        return await polling

    assert asyncio.run(both()) == ["event"]


def test_source_poll_returns_errors_and_raises_bugs(source):
    def fails():
        raise CitrixError("The site is away.")

    def breaks():
        raise KeyError("bug")

    assert str(asyncio.run(source.aside(watching(fails)[0]))) == "The site is away."
    with pytest.raises(KeyError, match="bug"):
        asyncio.run(source.aside(watching(breaks)[0]))


def test_source_hanging_poll_abandoned(source):
    release = threading.Event()
    watch, expected = watching(release.wait, hangs=lambda: True)
    error = asyncio.run(source.aside(watch))
    release.set()
    assert "a response of the API took too long" in str(error)
    assert expected == ["the run was ended (a response of the API took too long)"]


def test_prepare_validate_certs_false_warned_once(source, caplog):
    given = {
        "deployment": "on_premises",
        "api_url": "https://ddc01.example.com",
        "username": "LAB\\a",
        "password": "x-1",
    }
    watch = source.prepare({**given, "validate_certs": False})
    watch._connect(), watch._connect()
    assert [message.split(",")[0] for message in caplog.messages] == ["validate_certs: is false"]


def test_source_poll_does_not_delay_exit(source):
    """A server may request a wait of minutes, and asyncio waits for its own threads at the end."""
    script = (
        "import asyncio, runpy, sys, time, types\n"
        f"source = runpy.run_path({str(SOURCE)!r})\n"
        "watch = types.SimpleNamespace(poll=lambda: time.sleep(60), hangs=lambda: False)\n"
        "asyncio.run(asyncio.wait_for(source['aside'](watch), 0.1))\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert "TimeoutError" in ended.stderr


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"client_secret": None}, "client_secret: is missing for deployment cloud"),
        ({"events": ["left"]}, "value of events must be one or more of: new, ended, changed, unrecorded. Got no match"),
        ({"interval": "soon"}, "argument 'interval' is of type str and we were unable to convert to int"),
        ({"interval": 0}, "interval: must be from 1 to 86400"),
        ({"intervals": 5, "exclude_user": []}, "exclude_user, intervals: there is no such option"),
        ({"deployment": "moon"}, "value of deployment must be one of: cloud, japan, gov, on_premises, got: moon"),
        ({"api_url": "http://ddc01.example.com"}, "api_url: http:// would send credentials"),
        ({"validate_certs": False}, "validate_certs: can be false on premises only"),
        ({"timeout": 0}, "timeout: must be from 1 to 300, not 0"),
        ({"user": []}, "user: is empty; set at least one value"),
    ],
)
def test_source_invalid_options_rejected_like_in_modules(source, given, message):
    options = {name: value for name, value in {**ARGUMENTS, **given}.items() if value is not None}
    with pytest.raises(CitrixError) as failure:
        source.prepare(options)
    assert message in str(failure.value)
    assert ARGUMENTS["client_secret"] not in str(failure.value)


@pytest.mark.parametrize("name", ["user", "machine", "application"])
def test_source_null_selector_rejected(source, name):
    with pytest.raises(CitrixError, match=f"{name}: is null, as is an option without a value in YAML"):
        source.prepare({**ARGUMENTS, name: None})


def test_source_null_delivery_group_selects_all(source):
    """The rulebook report_unrecorded has no other way to leave it out."""
    assert source.prepare({**ARGUMENTS, "delivery_group": None})


def test_source_reads_options_of_environment(source, monkeypatch):
    with pytest.raises(CitrixError, match="customer_id: is required"):
        source.prepare({})
    for name, value in ARGUMENTS.items():
        monkeypatch.setenv(f"CITRIX_{name.upper()}", value)
    assert source.prepare({}).interval == 60


def test_source_without_requests_names_missing_package(source, monkeypatch):
    transport = source.prepare.__globals__["transport"]
    monkeypatch.setattr(transport, "REQUESTS_IMPORT_ERROR", "no such module")
    with pytest.raises(CitrixError, match=r"requires the Python library requests; install it for .*python"):
        source.prepare(ARGUMENTS)


@pytest.mark.parametrize("there", [None, "package", "namespace"])
def test_source_finds_its_collection(tmp_path, there):
    """Also if Python has no path to it, and despite another package with its name."""
    package = tmp_path / "ansible_collections"
    package.mkdir()
    if there == "package":
        (package / "__init__.py").write_text("", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path) if there else ""}
    script = f"import runpy; print(runpy.run_path({str(SOURCE)!r})['events'].__file__)"
    ended = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stdout.strip() == str(COLLECTION / "plugins" / "module_utils" / "_views" / "events.py"), ended.stderr


def test_source_without_ansible_core_names_missing_package(tmp_path):
    """As in the Python of an ansible-rulebook that was installed by itself."""
    (tmp_path / "ansible").mkdir()
    (tmp_path / "ansible" / "__init__.py").write_text("", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, str(SOURCE)], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert f"ImportError: citrix_sessions requires ansible-core; install it for {sys.executable}." in ended.stderr


def test_source_client_cannot_write(source, monkeypatch):
    made = []
    monkeypatch.setitem(source.prepare.__globals__, "connect", lambda *given: made.append(given) or SimpleNamespace())
    watch = source.prepare(ARGUMENTS)
    watch._connect()
    [(_settings, check_mode, *_rest)] = made
    assert check_mode is True
