# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use citrix_sessions_info in plays; other files test each selector with many examples."""

from __future__ import annotations

from unittest.mock import patch

from ansible_collections.sessionops.citrix.plugins.module_utils._client import search
from ansible_collections.sessionops.citrix.plugins.modules import citrix_sessions_info as sessions

INFO = "sessionops.citrix.citrix_sessions_info"


def ids(result):
    return [session["id"] for session in result["sessions"]]


def test_play_lists_sessions(simulator, play):
    tasks = [
        {INFO: {}},
        {INFO: {"application": ["Drawing"], "limit": 2, "fields": ["Id"], "recording": True}, "check_mode": True},
    ]
    run = play(tasks, "--diff", connection=simulator.on_premises)
    assert run.code == 0, run.output
    all_sessions, recorded = run.results
    truth = simulator.state()
    assert ids(all_sessions) == list(truth)
    for session in all_sessions["sessions"]:
        known = truth[session["id"]]
        assert session["machine"]["name"] == known["machine"]
        assert (session["user"]["name"] or "", session["is_anonymous_user"]) == (known["user"], known["anonymous"])
        assert "recorded" not in session
        assert {"ip_address", "receiver_ip_address"} <= set(session["client"])
    drawing = [session for session in truth.values() if "Drawing" in session["applications"]]
    assert recorded["sessions"] == [{"id": each["id"], "recorded": each["recorded"]} for each in drawing[:2]]
    assert not any(result["changed"] for result in run.results)
    assert simulator.counts() == {"sign-in": 2, "me": 2, "Applications": 1, "Sessions": 2, "status": 2}


def test_list_filtered_by_each_option(simulator, modules):
    filters = [{"property": "ConnectionProtocol", "operator": "NotEquals", "value": "Hdx"}]
    tasks = [
        {INFO: {"session_state": ["Disconnected", "Unknown"], "fields": ["State"]}},
        {INFO: {"delivery_group": ["Engineering"], "search_filters": filters, "fields": ["Connection", "Machine"]}},
        {INFO: {"user": ["user001@lab.example", "LAB\\absent"], "fields": ["User"]}},
    ]
    run = modules(tasks, connection=simulator.on_premises)
    assert run.code == 0, run.output
    away, foreign, one = run.results
    truth = simulator.state()
    assert away["sessions"] == [
        {"id": session["id"], "state": "Disconnected"}
        for session in truth.values()
        if session["state"] == "Disconnected"
    ]
    assert {frozenset(session) for session in foreign["sessions"]} == {frozenset({"id", "connection", "machine"})}
    assert ids(foreign) == [
        session["id"]
        for session in truth.values()
        if session["delivery_group"] == "Engineering" and session["protocol"] != "Hdx"
    ]
    # A user without a session is not a failure here, but is searched for in the list of all sessions.
    assert [session["user"]["name"] for session in one["sessions"]] == ["LAB\\user001"]

    assert simulator.counts() == {"sign-in": 3, "me": 3, "DeliveryGroups": 1, "$search": 4, "Sessions": 1}
    lean = next(call for call in simulator.calls() if "Disconnected" in (call["body"] or ""))
    assert lean["query"]["fields"] == "Id,State"


def test_unreadable_statuses_null_with_warning(simulator, client):
    unknown = simulator.sessions_on("LAB\\vda-001")[0]["id"]
    refused = {"status": 403, "body": {"type": "x", "detail": "No rights."}}
    simulator.fault({"path": "RecordingStatus", "session": unknown, "answer": refused})
    found = client(sessions, simulator.cloud, machine=["LAB\\vda-001"], fields=["Id"], recording=True)
    truth = {session["id"]: session["recorded"] for session in simulator.sessions_on("LAB\\vda-001")}
    assert {session["id"]: session["recorded"] for session in found["sessions"]} == {**truth, unknown: None}
    (warning,) = found["warnings"]
    assert "1 of 10" in warning
    assert "No rights." in warning


def test_limit_ends_reading(simulator, client):
    simulator.reset(sessions=200)
    with patch.object(search, "PAGE_SIZE", 50):
        found = client(sessions, simulator.cloud, session_state=["Active", "Connected"], limit=60, fields=["Id"])
    assert len(found["sessions"]) == 60
    assert simulator.listings() == 2


def test_invalid_options_rejected(simulator, modules):
    simulator.reset(sessions=200)
    unsent = {
        "value of session_state must be one or more of: Active": {"session_state": ["Gone"]},
    }
    unfit = {
        "delivery_group: site": {"delivery_group": ["Engineering", "Nowhere"]},
        "'user013' matches several users; use one of the full names: LAB\\user013, PARTNER\\user013": {
            "user": ["user013"]
        },
    }
    tasks = [{INFO: options, "ignore_errors": True} for options in (*unsent.values(), *unfit.values())]
    run = modules(tasks, connection=simulator.cloud)
    for named, result in zip((*unsent, *unfit), run.results):
        assert result["failed"]
        assert named in result["msg"]
    assert "has no Nowhere;" in run.results[-2]["msg"]
    assert "Traceback" not in run.output
    # The last two tasks sent all of these.
    assert simulator.counts() == {"sign-in": 2, "me": 2, "DeliveryGroups": 2, "$search": 2}
