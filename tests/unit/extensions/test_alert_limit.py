# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter of alerts accepts a limited number of them in an hour."""

from __future__ import annotations

import runpy
import time
from pathlib import Path

import pytest
from ansible_collections.sessionops.citrix import plugins

FILTER = Path(plugins.__path__[0]).parent / "extensions" / "eda" / "plugins" / "event_filter" / "alert_user.py"
ALERT = {"payload": {"user": "LAB\\user001"}}
REJECTED = {"payload": {"user": "*"}}


@pytest.fixture
def alert(monkeypatch):
    """Return a function that passes an alert to a filter, as ansible-rulebook loads it."""
    run = runpy.run_path(str(FILTER))["main"]
    monkeypatch.delenv("CITRIX_ALERTS_PER_HOUR", raising=False)

    def send(at: float = 0.0, event=None, **arguments) -> str:
        monkeypatch.setattr(time, "monotonic", lambda: at)
        return run(event or ALERT, **arguments)["alert"]

    return send


def test_alerts_default_limit_is_twenty_in_an_hour(alert):
    assert [alert(at) for at in range(21)] == ["accepted"] * 20 + ["limited"]
    assert alert(3599.0) == "limited"
    assert [alert(3600.0), alert(3600.5)] == ["accepted", "limited"]


def test_alerts_limit_of_environment_and_option(alert, monkeypatch):
    monkeypatch.setenv("CITRIX_ALERTS_PER_HOUR", "2")
    assert [alert() for _number in range(3)] == ["accepted", "accepted", "limited"]
    assert alert(per_hour=3) == "accepted"


@pytest.mark.parametrize("limit", ["", "many", "-1", "1.5", "0", None])
def test_alerts_invalid_limit_accepts_none(alert, limit):
    assert alert(per_hour=limit) == ("accepted" if limit is None else "limited")


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (f"{'d' * 256}\\{'u' * 256}", "accepted"),
        (f"LAB\\{'u' * 257}", "rejected"),
        (f"u@{'d' * 257}", "rejected"),
        ("u" * 1_000_000, "rejected"),
    ],
)
def test_alerts_names_longer_than_any_rejected(alert, user, expected):
    assert alert(event={"payload": {"user": user}}) == expected


def test_alerts_rejected_alerts_do_not_count(alert):
    assert [alert(event=REJECTED, per_hour=1) for _number in range(3)] == ["rejected"] * 3
    assert [alert(per_hour=1), alert(event=REJECTED, per_hour=1)] == ["accepted", "rejected"]
