# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail of a run: its lines, and how a run ends that cannot write them."""

from __future__ import annotations

import json
import re
from unittest.mock import Mock

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import audit_lines, trail
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.recording import RecordingEntry, Wanted
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.trail import Trail
from ansible_collections.sessionops.citrix.plugins.module_utils._common import times
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._site.refs import SessionRef

SESSION = SessionRef("s1", "LAB\\user001", "LAB\\vda-001", "Office Desktops", "Active")
WANTED = Wanted(recorded=True, notify_user=False, stop_after=60, rule="Contractors")


@pytest.fixture(autouse=True)
def no_system_log(monkeypatch):
    monkeypatch.setattr(trail, "SYSLOG_SOCKETS", ())


def a_trail(fake_api, path=None, reason=None, log=None):
    return Trail(fake_api, {"audit_log": path and str(path), "reason": reason}, log)


def lines_of(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def requested(fake_api, run, entry):
    """Request a start as Api.send() does."""
    with run:
        fake_api.observer.before((WANTED.call(entry),), "transaction1")


def test_trail_write_has_requested_line_and_result(fake_api, tmp_path, monkeypatch):
    monkeypatch.setattr(times, "now", lambda: 1767604411.9)
    path = tmp_path / "audit.jsonl"
    entry = RecordingEntry(SESSION)
    with a_trail(fake_api, path, reason="INC-7"):
        fake_api.observer.before((WANTED.call(entry),), "transaction1")
        (line,) = lines_of(path)
        entry.transaction_id = "transaction2"
        entry.end("failed", "the reason")
        fake_api.observer.after([entry])
    first, second = lines_of(path)
    assert first == line
    assert tuple(first) == (*audit_lines.FIELDS, "line", "previous_hash", "hash")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", first["time"])
    shown = {
        "event": "requested",
        "sequence": 1,
        "action": "start_recording",
        "customer_id": fake_api.customer_id,
        "site_id": fake_api.site_id(),
        "session_id": "s1",
        "user": "LAB\\user001",
        "machine": "LAB\\vda-001",
        "delivery_group": "Office Desktops",
        "notify_user": False,
        "stop_at": "2026-01-05T09:14:31Z",
        "reason": "INC-7",
        "rule": "Contractors",
        "result": None,
        "result_reason": None,
        "transaction_id": "transaction1",
    }
    assert {name: first[name] for name in shown} == shown
    result = {"result": "failed", "result_reason": "the reason", "transaction_id": "transaction2"}
    shown.update(event="result", sequence=2, **result)
    assert {name: second[name] for name in shown} == shown
    assert first["run_id"] == second["run_id"]


def test_trail_unsent_write_has_no_line(fake_api, tmp_path):
    entry = RecordingEntry(SESSION)
    with a_trail(fake_api, tmp_path / "audit.jsonl"):
        entry.end("unchanged")
        fake_api.observer.after([entry])
    assert lines_of(tmp_path / "audit.jsonl") == []


def test_trail_exit_writes_remaining_results(fake_api, tmp_path):
    entry = RecordingEntry(SESSION)
    with a_trail(fake_api, tmp_path / "audit.jsonl"):
        fake_api.observer.before((WANTED.call(entry),), "transaction1")
        entry.end("started", changed=True)
    assert [line["result"] for line in lines_of(tmp_path / "audit.jsonl")] == [None, "started"]


def test_trail_secret_in_reason_masked(fake_api, tmp_path):
    fake_api._authenticator.mask = lambda text: text.replace("the-secret", "***")
    entry = RecordingEntry(SESSION._replace(user="the-secret"))
    requested(fake_api, a_trail(fake_api, tmp_path / "audit.jsonl", reason="key the-secret"), entry)
    text = (tmp_path / "audit.jsonl").read_text()
    assert "the-secret" not in text and "key ***" in text


def test_trail_unwritable_file_rejected_at_once(fake_api, tmp_path):
    with pytest.raises(OptionError, match=r"^audit_log: .*none/audit\.jsonl cannot be written \(No such file"):
        a_trail(fake_api, tmp_path / "none" / "audit.jsonl")


def test_trail_full_disk_sends_nothing(fake_api, tmp_path, monkeypatch):
    monkeypatch.setattr(trail.AuditFile, "append", Mock(side_effect=OSError(28, "No space left")))
    with (
        a_trail(fake_api, tmp_path / "audit.jsonl"),
        pytest.raises(CitrixError, match=r"nothing was sent: audit_log: .*No sp"),
    ):
        fake_api.observer.before((WANTED.call(RecordingEntry(SESSION)),), "transaction1")


def test_trail_full_disk_after_write_warns_once(fake_api, tmp_path, monkeypatch):
    entries = [RecordingEntry(SESSION), RecordingEntry(SESSION._replace(id="s2"))]
    with a_trail(fake_api, tmp_path / "audit.jsonl"):
        for entry in entries:
            fake_api.observer.before((WANTED.call(entry),), "transaction1")
            entry.end("started", changed=True)
        monkeypatch.setattr(trail.AuditFile, "append", Mock(side_effect=OSError(28, "No space left")))
        for entry in entries:
            fake_api.observer.after([entry])
    assert [entry.result for entry in entries] == ["started"] * 2
    (warning,) = fake_api.warnings
    assert warning.startswith("The audit trail lacks results of requests that were sent. audit_log: ")


def test_trail_without_file_or_system_log_warns_once(fake_api):
    run = a_trail(fake_api, log=pytest.fail)
    requested(fake_api, run, RecordingEntry(SESSION))
    requested(fake_api, run, RecordingEntry(SESSION._replace(id="s2")))
    assert fake_api.warnings == [trail.NO_TRAIL]


def test_trail_without_write_does_not_warn(fake_api):
    with a_trail(fake_api):
        pass
    assert fake_api.warnings == []


@pytest.mark.parametrize("in_file", [False, True])
def test_trail_system_log_has_same_line(fake_api, tmp_path, monkeypatch, in_file):
    monkeypatch.setattr(trail, "SYSLOG_SOCKETS", ("/",))
    logged = []
    path = tmp_path / "audit.jsonl"
    requested(fake_api, a_trail(fake_api, path if in_file else None, log=logged.append), RecordingEntry(SESSION))
    assert json.loads(logged[0])["session_id"] == "s1"
    assert fake_api.warnings == []
    if in_file:
        assert logged == path.read_text().splitlines()
    else:
        assert json.loads(logged[0])["hash"] is None
