# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that report no progress and do not end are neither canceled nor resent."""

from __future__ import annotations

from collections import Counter

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client import batches, jobs
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording as recording

MACHINE = "LAB\\vda-001"


@pytest.mark.parametrize("notify", [True, False])
@pytest.mark.parametrize("way", ["direct", "items", "batch"])
@pytest.mark.parametrize(("lag", "result"), [("never", "unconfirmed"), (0, "started")])
def test_endless_job_result_from_status(simulator, client, monkeypatch, notify, way, lag, result):
    monkeypatch.setattr(jobs, "LIMIT", 0.2)
    if way == "batch":
        monkeypatch.setattr(batches, "LARGE", 2)
    simulator.reset(sessions=15, mix="recordable", write_jobs=way != "batch", job_seconds=60, job_progress=False)
    simulator.fault({"path": "startRecording", "lag": lag})
    connection = {**simulator.cloud, "batch_size": 0 if way == "direct" else 10}
    shown = client(
        recording, connection, state="started", machine=[MACHINE], notify_user=notify, wait_timeout=1, on_gap="warn"
    )
    assert Counter(entry["result"] for entry in shown["sessions"]) == {result: 3}
    assert [(entry["starts"], entry["notices"]) for entry in simulator.sessions_on(MACHINE)] == [(1, int(notify))] * 3
    kinds = [call["path"].rpartition("/")[2] for call in simulator.calls(items=True)]
    assert "$cancel" not in kinds
    assert kinds.count("$startRecording") == 3
