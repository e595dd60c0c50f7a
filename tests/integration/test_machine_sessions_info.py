# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use citrix_machine_sessions_info in plays."""

from __future__ import annotations

import pytest

INFO = "sessionops.citrix.citrix_machine_sessions_info"
MACHINE = "LAB\\vda-001"


@pytest.mark.parametrize("deployment", ["cloud", "gov", "on_premises", "on_premises_direct"])
def test_sessions_of_machines_match_site(simulator, modules, deployment):
    tasks = [{INFO: {"machine": [MACHINE, "LAB\\VDA-002"]}}]
    run = modules(tasks, connection=getattr(simulator, deployment))
    assert run.code == 0, run.output
    expected = {**by_id(simulator, MACHINE), **by_id(simulator, "LAB\\vda-002")}
    assert [session["id"] for session in run.result["sessions"]] == list(expected)
    assert run.result["machines"] == {MACHINE: 10, "LAB\\VDA-002": 10}
    for session in run.result["sessions"]:
        assert session["machine"]["name"] == expected[session["id"]]["machine"]
        assert "recorded" not in session
        assert {"ip_address", "receiver_ip_address"} <= set(session["client"])
    assert not run.result["changed"]


def by_id(simulator, machine):
    return {session["id"]: session for session in simulator.sessions_on(machine)}


def test_recording_adds_status_of_each_session(simulator, play):
    run = play([{INFO: {"machine": [MACHINE], "fields": ["State"], "recording": True}}], connection=simulator.cloud)
    truth = by_id(simulator, MACHINE)
    assert {session["id"]: session["recorded"] for session in run.result["sessions"]} == {
        session_id: session["recorded"] for session_id, session in truth.items()
    }
    assert {True, False} == {session["recorded"] for session in truth.values()}


def test_unknown_status_is_null(simulator, modules):
    simulator.fault({"path": "RecordingStatus", "answer": {"status": 200, "body": {}}})
    run = modules([{INFO: {"machine": [MACHINE], "fields": ["Id"], "recording": True}}], connection=simulator.cloud)
    assert {session["recorded"] for session in run.result["sessions"]} == {None}


def test_unreadable_statuses_fail_task(simulator, modules):
    refused = {"status": 403, "body": {"type": "x", "detail": "No rights."}}
    simulator.fault({"path": "RecordingStatus", "answer": refused})
    run = modules([{INFO: {"machine": [MACHINE], "fields": ["Id"], "recording": True}}], connection=simulator.cloud)
    assert run.code != 0
    assert "No rights." in run.result["msg"]


def test_fields_reduce_response_and_include_id(simulator, modules):
    run = modules([{INFO: {"machine": [MACHINE], "fields": ["State", "User"]}}], connection=simulator.cloud)
    assert {frozenset(session) for session in run.result["sessions"]} == {frozenset({"id", "state", "user"})}
    listing = next(call for call in simulator.calls() if call["path"].endswith("/Sessions"))
    assert listing["query"]["fields"] == "Id,State,User,Machine"


def test_machine_found_by_dns_name_and_id(simulator, modules):
    machine_id = simulator.get("Machines/LAB%7Cvda-001")["Id"]
    names = ["vda-001.lab.example", "VDA-005.lab.example", machine_id]
    run = modules([{INFO: {"machine": names, "fields": ["Id"]}}], connection=simulator.cloud)
    assert run.code == 0, run.output
    assert run.result["machines"] == dict.fromkeys(names, 10)
    assert len(run.result["sessions"]) == 20


def test_continuation_token_of_unpaged_list_not_sent(simulator, modules):
    simulator.reset(machine_repeats=True)
    run = modules([{INFO: {"machine": [MACHINE], "fields": ["Id"]}}], connection=simulator.cloud)
    assert [session["id"] for session in run.result["sessions"]] == list(by_id(simulator, MACHINE))
    assert simulator.counts()["Sessions"] == 1


def test_each_unknown_machine_named(simulator, modules):
    machines = ["LAB\\none", MACHINE, "none.lab.example"]
    run = modules([{INFO: {"machine": machines}}], connection=simulator.cloud)
    assert run.code != 0
    assert "LAB\\none, none.lab.example;" in run.result["msg"]
    assert "site_id" in run.result["msg"]


def test_several_sites_listed_in_error(simulator, modules):
    simulator.reset(sites=2)
    run = modules([{INFO: {"machine": [MACHINE]}}], connection=simulator.cloud)
    assert run.code != 0
    assert simulator.facts["site_id"] in run.result["msg"]
    chosen = modules(
        [{INFO: {"machine": [MACHINE], "site_id": simulator.facts["site_id"], "fields": ["Id"]}}],
        connection=simulator.cloud,
    )
    assert chosen.code == 0, chosen.output
    assert simulator.counts()["me"] == 1


@pytest.mark.parametrize(
    "options", [{"machine": []}, {"machine": ["a\tb"]}, {"machine": [MACHINE], "fields": ["state"]}]
)
def test_invalid_options_rejected_before_any_request(simulator, modules, options):
    run = modules([{INFO: options}], connection=simulator.cloud)
    assert run.code != 0
    assert next(iter(set(options) - {"machine"}), "machine") in run.result["msg"]
    assert simulator.calls() == []
