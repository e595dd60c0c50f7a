# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_coverage_history_info: from the options to the result, without a connection."""

from __future__ import annotations

import time

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.options import OPTIONS
from ansible_collections.sessionops.citrix.plugins.module_utils._views import history
from ansible_collections.sessionops.citrix.plugins.modules import citrix_coverage_history_info as under_test
from support.reports import report

TOKEN = "fake-token"
GIVEN = {}
NOW = int(time.time())


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "history.sqlite"
    for age in (2, 1, 0):
        history.record(str(path), report(NOW - age, {"Contractors": (5, 1, 1, 2, 1)}), 400)
    return path


def test_newest_records_returned_and_counted(executed, wire, path):
    code, result = executed(path=str(path), limit=2)
    assert (code, result["runs_total"]) == (0, 3)
    assert [run["finished_at"] for run in result["runs"]] == [report(NOW - age, {})["finished_at"] for age in (1, 0)]
    assert result["runs"][0]["sessions"]["coverage_percent"] == 71.4
    assert result["runs"][0]["delivery_groups"][0]["name"] == "Contractors"
    assert len(wire.calls) == 0


def test_connection_options_not_accepted():
    assert set(under_test.ARGUMENT_SPEC) & set(OPTIONS) == {"site_id"}


def test_check_mode_returns_same_result(executed, path):
    assert executed(path=str(path), _ansible_check_mode=True) == executed(path=str(path))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "missing required arguments: path"),
        ({"path": "/nonexistent.sqlite"}, "path: /nonexistent.sqlite is not a file"),
        ({"path": "/", "limit": 0}, "limit: must be 1 or more, not 0"),
        ({"path": "/", "since": "last week"}, "since: must be a date or a time"),
        ({"path": "/", "until": "9999-12-31T23:59:59-05:00"}, "until: must be a date or a time"),
        ({"path": "/", "customer_id": "customer1"}, "Unsupported parameters"),
    ],
)
def test_invalid_options_named(executed, options, message):
    code, result = executed(**options)
    assert code == 1
    assert message in result["msg"]
