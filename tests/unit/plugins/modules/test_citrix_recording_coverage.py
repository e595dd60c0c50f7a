# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_recording_coverage: from options to files and result, once including HTTP requests."""

from __future__ import annotations

import csv
import json

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._views import history
from ansible_collections.sessionops.citrix.plugins.modules import citrix_recording_coverage as under_test

TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
GIVEN = {"customer_id": "customer1", "site_id": "site1", "access_token": TOKEN}
BASE = "https://api.cloud.com/cvad/manage"
STATUS = "GET Sessions/RecordingStatus?id="
SESSIONS = [
    {"Id": "1", "State": "Active", "User": {"Name": "LAB\\user001"}, "Machine": {"Name": "LAB\\vda-001"}},
    {"Id": "2", "State": "Active", "User": {"Name": "=cmd|'/C calc'!A0"}, "Machine": {"Name": "LAB\\vda-001"}},
    {"Id": "3", "State": "Disconnected", "Machine": {"Name": "LAB\\vda-001"}},
]


@pytest.fixture
def site(fake_api):
    fake_api.on("GET Sessions", {"Items": SESSIONS})
    fake_api.on("GET Sites/site1", {"Name": "LAB"})
    fake_api.on(f"{STATUS}1", {"IsSessionBeingRecorded": True})
    fake_api.on(f"{STATUS}2", {"IsSessionBeingRecorded": False})
    return fake_api


def table(folder):
    with (folder / "coverage.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_files_equal_result(module, site, tmp_path):
    result = under_test.run(module(dest=str(tmp_path)), site)
    assert result["changed"] is True
    assert result["msg"].startswith(
        "Coverage 50.0 % (1 of 3 sessions are not recordable): 1 of 2 recordable sessions are recorded; 1"
    )
    assert (result["csv"], result["json"]) == (str(tmp_path / "coverage.csv"), str(tmp_path / "coverage.json"))
    assert json.loads((tmp_path / "coverage.json").read_text(encoding="utf-8")) == result["coverage"]
    assert [gap["id"] for gap in result["coverage"]["gaps"]] == ["2"]
    assert result["coverage"]["gaps"][0]["user"] == "=cmd|'/C calc'!A0"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coverage.csv", "coverage.json"]


def test_csv_has_every_session_and_no_formula(module, site, tmp_path):
    under_test.run(module(dest=str(tmp_path), unrecorded_limit=0), site)
    rows = table(tmp_path)
    assert [(row["id"], row["result"], row["reason"]) for row in rows] == [
        ("1", "recorded", ""),
        ("2", "not_recorded", "the API reports the session as not recorded"),
        ("3", "not_recordable", "not_active"),
    ]
    assert rows[1]["user"] == "'=cmd|'/C calc'!A0"


def test_check_mode_reads_and_writes_nothing(module, site, tmp_path):
    rehearsal = under_test.run(module(check_mode=True, dest=str(tmp_path)), site)
    assert list(tmp_path.iterdir()) == []
    calls = site.sent()
    result = under_test.run(module(dest=str(tmp_path)), site)
    assert sorted(site.sent()) == sorted(calls * 2)
    changing = ("started_at", "finished_at", "requests")
    for each in (rehearsal, result):
        for name in changing:
            del each["coverage"][name]
    assert rehearsal == result


def test_report_without_sessions(module, fake_api, tmp_path):
    fake_api.on("GET Sessions", {"Items": []})
    fake_api.on("GET Sites/site1", {"Name": "LAB"})
    result = under_test.run(module(dest=str(tmp_path)), fake_api)
    assert result["coverage"]["sessions"]["coverage_percent"] is None
    assert table(tmp_path) == []


def test_api_error_keeps_old_report(module, site, tmp_path):
    (tmp_path / "coverage.csv").write_text("old", encoding="utf-8")
    for key in ("1", "2"):
        site.on(f"{STATUS}{key}", 403)
    with pytest.raises(ApiError, match="HTTP 403"):
        under_test.run(module(dest=str(tmp_path)), site)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize(
    "given",
    [
        {"unrecorded_limit": -1},
        {"user": []},
        {"machine": ["LAB\x0bda-001"]},
        {"dest": " "},
        {"dest": "/dev/null"},
        {"history": "/dev/null"},
        {"history_days": 0},
        {"metrics": "citrix.txt"},
        {"metrics": "."},
        {"metrics": ""},
        {"metrics": "citrix.prom", "user": ["LAB\\user001"]},
        {"metrics": "/dev/null/citrix.prom"},
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_invalid_options_rejected_before_any_call(module, fake_api, tmp_path, given, check_mode):
    with pytest.raises(OptionError, match=f"^{next(iter(given))}: "):
        under_test.run(module(check_mode=check_mode, **{"dest": str(tmp_path), **given}), fake_api)
    assert fake_api.calls == []


@pytest.mark.parametrize(
    ("option", "name"), [("dest", "none"), ("history", "none/history.sqlite"), ("metrics", "none/x.prom")]
)
def test_missing_directory_warns_in_check_mode_only(module, site, tmp_path, option, name):
    options = {"dest": str(tmp_path), option: str(tmp_path / name)}
    with pytest.raises(OptionError, match=rf"^{option}: directory .* does not exist"):
        under_test.run(module(**options), site)
    assert site.calls == []
    rehearsal = module(check_mode=True, **options)
    assert under_test.run(rehearsal, site)["changed"]
    assert any("does not exist" in call.args[0] for call in rehearsal.warn.call_args_list)


def test_history_has_each_run_and_no_user_names(module, site, tmp_path):
    path = tmp_path / "history.sqlite"
    for _run in range(2):
        result = under_test.run(module(dest=str(tmp_path), history=str(path)), site)
    assert (result["history"]["path"], result["history"]["runs"]) == (str(path), 2)
    (line,) = result["history"]["lines"]
    assert {point["coverage_percent"] for point in line} == {50.0}
    (second, first), total = history.read(
        {"path": str(path), "since": None, "until": None, "site_id": None, "limit": 9}
    )
    assert total == 2
    assert second["sessions"] == first["sessions"] == result["coverage"]["sessions"]
    for name in ("user001", "cmd", "vda-001"):
        assert name.encode() not in path.read_bytes()


def test_metrics_replaced_without_names(module, site, tmp_path):
    path = tmp_path / "citrix.prom"
    site.on("GET Machines/LAB%7Cvda-001/Sessions", {"Items": SESSIONS})
    for _run in range(2):
        under_test.run(module(dest=str(tmp_path), metrics=str(path), machine=["LAB\\vda-001"]), site)
        text = path.read_text(encoding="utf-8")
        assert 'site="LAB",site_id="site1",selection="machine: LAB\\\\vda-001"} 0.5\n' in text
        assert "user001" not in text
        path.write_text("old", encoding="utf-8")


def test_check_mode_writes_no_history_and_metrics(module, site, tmp_path):
    files = {"history": str(tmp_path / "history.sqlite"), "metrics": str(tmp_path / "citrix.prom")}
    result = under_test.run(module(check_mode=True, dest=str(tmp_path), **files), site)
    assert "history" not in result
    assert list(tmp_path.iterdir()) == []


# With HTTP requests


def test_module_succeeds_over_http(executed, wire, tmp_path):
    wire.get(f"{BASE}/Sessions", json={"Items": SESSIONS[:1]})
    wire.get(f"{BASE}/Sessions/RecordingStatus", json={"IsSessionBeingRecorded": True})
    wire.get(f"{BASE}/Sites/site1", json={"Name": "LAB"})
    code, result = executed(dest=str(tmp_path))
    assert (code, result["changed"]) == (0, True)
    assert result["coverage"]["sessions"]["coverage_percent"] == 100.0
    assert (result["coverage"]["requests"], len(wire.calls)) == (3, 3)
    assert [row["id"] for row in table(tmp_path)] == ["1"]


def test_module_fails_over_http_with_api_error(executed, wire, tmp_path):
    wire.get(f"{BASE}/Sessions", status=403, json={"detail": "Denied."}, headers={"Citrix-TransactionId": "t1"})
    code, result = executed(dest=str(tmp_path))
    assert code == 1
    assert result["failure"] == {"status": 403, "detail": "Denied.", "transaction_id": "t1"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, "missing required arguments: dest"),
        ({"dest": "/nowhere/at/all"}, "dest: directory /nowhere/at/all does not exist; create it"),
        ({"dest": ".", "session_id": "1"}, "Unsupported parameters"),
    ],
)
def test_invalid_arguments_rejected(executed, wire, args, expected):
    code, result = executed(**args)
    assert code == 1
    assert expected in result["msg"]
    assert len(wire.calls) == 0
