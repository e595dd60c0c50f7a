# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a long run in the log of the host."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.converge import converge
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.recording import Wanted
from ansible_collections.sessionops.citrix.plugins.module_utils._client import progress as _progress
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import Call
from ansible_collections.sessionops.citrix.plugins.module_utils._client.dispatch import send_all
from ansible_collections.sessionops.citrix.plugins.module_utils._client.progress import INTERVAL, Progress
from ansible_collections.sessionops.citrix.plugins.module_utils._site.selection import Target


def test_progress_logged_at_intervals(clock):
    lines = []
    progress = Progress(lines.append, 100, "eggs are boiled", clock)
    for _egg in range(100):
        clock.sleep(INTERVAL / 10)
        progress.add()
    assert lines == [f"{done} of 100 eggs are boiled" for done in range(10, 101, 10)]


def test_progress_short_run_logs_nothing(clock):
    lines = []
    progress = Progress(lines.append, 2, "eggs are boiled", clock)
    progress.add(2)
    clock.sleep(INTERVAL - 1)
    progress.add(0)
    assert lines == []


@pytest.fixture
def at_once(monkeypatch):
    """Log every step."""
    monkeypatch.setattr(_progress, "INTERVAL", 0.0)


def test_progress_of_many_calls_logged(fake_api, at_once):
    fake_api.max_concurrency = 1
    fake_api.on("GET it", {})
    list(send_all(fake_api, {number: Call("GET", "it", "read it") for number in range(3)}))
    assert fake_api.logged == [f"{number} of 3 calls are completed" for number in (1, 2, 3)]


def test_progress_of_converge_logged(fake_api, at_once, clock):
    for number in "12":
        fake_api.on(f"GET Sessions/RecordingStatus?id={number}", {"IsSessionBeingRecorded": True})
    targets = [(Target.from_session(number, {"Id": number}), Wanted(recorded=True)) for number in "12"]
    converge(fake_api, targets, False)
    assert "2 of 2 sessions are processed" in fake_api.logged
