# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and machines that the API names in another form than the task: never mistaken."""

from __future__ import annotations

import json

import pytest
from ansible_collections.sessionops.citrix.plugins.modules import citrix_recording_policy as policy
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_message as message
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording as recording
from ansible_collections.sessionops.citrix.plugins.modules import citrix_sessions_info as sessions

SID = "S-1-5-21-1-2-3-1001"
EVERYONE = {"all_sessions": True, "state": "started"}
GREETING = {"all_sessions": True, "title": "Recording", "text": "Hello"}
NO_ONE = {"all_sessions": True, "state": "stopped"}
BERT = {"Name": "LAB\\bert", "PrincipalName": "bert@contoso.com"}
ANNA = {
    "account": {"Name": "LAB\\anna"},
    "account with blanks": {"Name": " LAB\\anna "},
    "UPN": {"PrincipalName": "anna@contoso.com"},
    "UPN and SID": {"PrincipalName": "anna@contoso.com", "Sid": SID},
    "UPN as name": {"Name": "anna@contoso.com"},
    "Entra UPN": {"Name": "AzureAD\\anna@contoso.com"},
    "Entra name": {"Name": "AzureAD\\anna"},
    "short name": {"SamAccountName": "anna"},
    "short name as name": {"Name": "anna"},
    "short name with a domain": {"SamAccountName": "anna", "Domain": "LAB"},
    "short name with a DNS domain": {"SamAccountName": "anna", "Domain": "lab.example"},
    "DNS domain": {"Name": "lab.example\\anna"},
    "SID": {"Sid": SID},
    "blank": {"Name": " ", "PrincipalName": "\t", "SamName": "\u00a0"},
    "domain alone": {"Name": "LAB\\"},
    "display name": {"DisplayName": "Anna"},
    "slash": {"Name": "LAB/anna"},
    "pipe": {"SamName": "LAB|anna"},
    "two backslashes": {"Name": "LAB\\\\anna"},
    "backslash without a domain": {"Name": "\\anna"},
    "dot as the domain": {"Name": ".\\anna"},
    "invisible character": {"Name": "LAB\\an\u200bna", "PrincipalName": "an\u200bna@contoso.com"},
    "lost character": {"Name": "LAB\\ann\ufffd"},
    "full-width separator": {"Name": "LAB\uff3canna"},
    "distinguished name": {"Name": "CN=anna,OU=Staff,DC=lab,DC=example"},
    "path": {"Name": "lab.example/Staff/anna"},
    "claim": {"Name": "i:0#.w|lab\\anna"},
    "object id": {"Name": "3fcab8ca-9651-5900-9dc2-ba3b489fe4cf"},
    "text of null": {"Name": "null"},
}
"""Forms in which the API may name one user."""
NAMES = ["LAB\\anna", "anna@contoso.com", "anna", "AzureAD\\anna@contoso.com", "azuread\\anna"]


@pytest.fixture
def fleet(simulator):
    """Return a function that creates a session for each User block, and returns their ids."""

    def have(*users: dict, recorded: bool = False) -> list[str]:
        sessions = [{"user": user, "recorded": recorded} for user in users]
        machine = {"name": "LAB\\vda01", "delivery_group": "Office", "sessions": sessions}
        return list(simulator.fleet(delivery_groups=["Office"], applications=[], machines=[machine]))

    return have


def touched(simulator) -> set[str]:
    state = simulator.state()
    return {each for each in state if state[each]["starts"] or state[each]["stops"] or state[each]["messages"]}


def started(simulator) -> list[str]:
    return [session_id for session_id, session in simulator.state().items() if session["starts"]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ANNA)
def test_excluded_user_in_any_form_not_started(simulator, client, fleet, name, form):
    own, other = fleet(ANNA[form], BERT)
    result = client(recording, simulator.cloud, exclude_user=name, **EVERYONE)
    assert started(simulator) == [other]
    assert {entry["result"] for entry in result["sessions"] if entry["id"] == own} <= {"unidentified"}
    rules = [{"name": "Anna", "user": name, "state": "stopped"}, {"name": "All", **EVERYONE}]
    fleet(ANNA[form], BERT)
    client(policy, simulator.cloud, rules=rules)
    assert started(simulator) == [other]


UPN = {"PrincipalName": "anna.smith@contoso.com"}
UNLIKE = [
    ("LAB\\asmith", UPN),
    ("LAB\\asmith", {**UPN, "Sid": SID}),
    ("LAB\\asmith", {"Name": "AzureAD\\anna.smith@contoso.com"}),
    ("LAB\\asmith", {"Name": "AzureAD\\AnnaSmith"}),
    ("LAB\\asmith", {"Name": SID}),
    ("asmith", UPN),
    ("anna.smith@contoso.com", {"Name": "LAB\\asmith"}),
    ("anna.smith@contoso.com", {"SamAccountName": "asmith", "Domain": "LAB"}),
    ("AzureAD\\AnnaSmith", UPN),
]
"""Names of one user that cannot be compared: in the task, and in the API."""


@pytest.fixture
def ways(simulator, client):
    """Return tasks that write to all sessions except those of a user, by the name of the user."""
    write = {
        "start": lambda name: client(recording, simulator.cloud, exclude_user=name, **EVERYONE),
        "stop": lambda name: client(recording, simulator.cloud, exclude_user=name, **NO_ONE),
        "message": lambda name: client(message, simulator.cloud, exclude_user=name, **GREETING),
    }
    rules = {
        "rule": lambda name: [{"name": "All", "exclude_user": name, **EVERYONE}],
        "stop rule": lambda name: [{"name": "All", "exclude_user": name, **NO_ONE}],
        "rule above": lambda name: [{"name": "One", "user": name, "state": "stopped"}, {"name": "All", **EVERYONE}],
        "stop rule below": lambda name: [{"name": "One", "user": name, "state": "started"}, {"name": "All", **NO_ONE}],
    }
    return {
        **write,
        **{
            way: lambda name, made=made: client(policy, simulator.cloud, rules=made(name))
            for way, made in rules.items()
        },
    }


@pytest.mark.parametrize("way", ["start", "stop", "message", "rule", "stop rule", "rule above", "stop rule below"])
@pytest.mark.parametrize(("name", "user"), UNLIKE)
def test_excluded_user_with_unlike_names_not_touched(simulator, fleet, ways, name, user, way):
    _own, other = fleet(user, BERT, recorded="stop" in way)
    result = ways[way](name)
    assert touched(simulator) == {other}
    assert (result["summary"]["unidentified"], "failed" in result) == (1, False)


@pytest.mark.parametrize("way", ["start", "stop", "message", "rule", "stop rule"])
def test_every_session_incomparable_fails(fleet, ways, way):
    fleet(UPN, recorded="stop" in way)
    result = ways[way]("LAB\\asmith")
    assert result["failed"] and "only in another form" in result["msg"]


@pytest.mark.parametrize("way", ["start", "stop", "message", "rule", "stop rule", "rule above", "stop rule below"])
@pytest.mark.parametrize(
    "users",
    [
        # The excluded user has another UPN; sessions of the other user show one that leads to another account.
        [{"Name": "LAB\\asmith", **UPN}, {"PrincipalName": "bert@contoso.com"}],
        [{"Name": "LAB\\asmith", "Sid": "S-1-5-21-1-2-3-7"}, {"PrincipalName": "bert@contoso.com", "Sid": SID}],
        [{}, {"PrincipalName": "bert@contoso.com"}, BERT],
        [{}, {"PrincipalName": "b@contoso.com"}, {"PrincipalName": "b@contoso.com", "Sid": SID}, {"Sid": SID, **BERT}],
    ],
)
def test_user_linked_to_other_names_is_identified(simulator, fleet, ways, users, way):
    _first, *others = fleet(*users, recorded="stop" in way)
    ways[way]("LAB\\asmith")
    assert touched(simulator) >= set(others)


@pytest.mark.parametrize("form", ["UPN", "short name", "DNS domain", "Entra name"])
def test_excluded_user_another_session_full_not_started(simulator, client, fleet, form):
    """The name is used, so no warning names it."""
    _full, _own, other = fleet({"Name": "LAB\\anna", "Sid": SID}, ANNA[form], BERT)
    result = client(recording, simulator.cloud, exclude_user="LAB\\anna", **EVERYONE)
    assert started(simulator) == [other]
    assert result["summary"]["unidentified"] == 1


@pytest.mark.parametrize(
    ("name", "known", "other"),
    [
        ("LAB\\anna", {}, {"Name": "UTH\\anna"}),
        ("anna@contoso.com", {}, {"PrincipalName": "anna@uth.example"}),
        ("anna@contoso.com", {}, {"Name": "UTH\\anna", "PrincipalName": "anna@uth.example"}),
        ("LAB\\anna", {}, {"Name": "AzureAD\\bert@contoso.com"}),
        (
            "LAB\\anna",
            {"Name": "LAB\\anna", "PrincipalName": "anna@contoso.com"},
            {"PrincipalName": "anna@uth.example"},
        ),
        ("LAB\\anna", {"Name": "UTH\\anna", "Sid": SID}, {"PrincipalName": "anna@uth.example", "Sid": SID}),
    ],
)
def test_other_user_with_short_name_started(simulator, client, fleet, name, known, other):
    *_first, own = fleet(known, other)
    client(recording, simulator.cloud, exclude_user=name, include_unidentified=not known, **EVERYONE)
    assert own in started(simulator)


@pytest.mark.parametrize("form", ["UPN", "short name", "DNS domain"])
def test_user_in_another_form_unidentified(simulator, client, fleet, form):
    fleet(ANNA[form], BERT)
    found = client(sessions, simulator.cloud, user="LAB\\anna")
    assert found["sessions"] == []
    assert any("of 1 sessions" in warning and "may match" in warning for warning in found["warnings"])
    result = client(recording, simulator.cloud, user="LAB\\anna", state="started")
    assert result["failed"] and "of 1 sessions" in result["msg"]


@pytest.mark.parametrize(
    ("name", "user"), [*(("LAB\\anna", ANNA[form]) for form in ("UPN", "short name", "DNS domain")), *UNLIKE]
)
def test_denied_user_in_another_form_is_denied(simulator, modules, fleet, name, user, tmp_path):
    fleet(user, BERT)
    guard = tmp_path / "guard.json"
    guard.write_text(json.dumps({"denied_users": [name]}), encoding="utf-8")
    task = {"sessionops.citrix.citrix_session_recording": EVERYONE}
    env = {"CITRIX_GUARD": str(guard), "CITRIX_AUDIT_LOG": str(tmp_path / "audit.jsonl")}
    modules([task], simulator.cloud, env=env)
    assert len(started(simulator)) == 1


MACHINES = [
    ({"DnsName": "vda01.lab.example"}, {"Name": "LAB\\vda01"}),
    ({"Name": "vda01"}, {"Name": "LAB\\vda01"}),
    ({"Name": "LAB\\vda01 "}, {"Name": "LAB\\vda01"}),
    ({"Name": " "}, {"Name": "LAB\\vda01"}),
    *(
        ({"Name": name}, {"Name": "LAB\\vda01", "DnsName": "vda01.lab.example"})
        for name in (
            "LAB/vda01",
            "LAB|vda01",
            "LAB\\\\vda01",
            "\\vda01",
            "LAB\\vda01$",
            "lab.example\\vda01",
            "LAB\\vd\u200ba01",
            "vda01.lab.example.",
        )
    ),
    ({"Name": "LAB\\vda01"}, {"DnsName": "vda01.lab.example"}),
]
"""The machine in the session, and that in the list of machines."""


@pytest.mark.parametrize(("in_session", "in_list"), MACHINES)
def test_excluded_machine_in_any_form_not_started(simulator, client, fleet, in_session, in_list):
    fleet(BERT, BERT)
    session = {"Id": "7", "State": "Active", "User": BERT}
    listed = [
        {**session, "Machine": in_session},
        {**session, "Id": "8", "Machine": {"Name": "LAB\\vda02", "DnsName": "x.y"}},
    ]
    simulator.fault(
        {"path": "Sessions$", "answer": {"status": 200, "body": {"Items": listed}}},
        {"path": "Machines/\\$search$", "answer": {"status": 200, "body": {"Items": [{"Id": "m1", **in_list}]}}},
    )
    name = in_list.get("Name") or in_list["DnsName"]
    result = client(recording, simulator.cloud, True, exclude_machine=name, **EVERYONE)
    outcomes = {entry["id"]: entry["result"] for entry in result["sessions"]}
    assert outcomes.get("7", "unidentified") == "unidentified"


@pytest.mark.parametrize("further", [{}, {"user": BERT["Name"]}], ids=["machine", "machine and user"])
@pytest.mark.parametrize(("in_session", "in_list"), MACHINES)
def test_session_listed_for_machine_in_any_form_is_selected(simulator, client, fleet, in_session, in_list, further):
    fleet(BERT)
    listed = [{"Id": "7", "State": "Active", "User": BERT, "Machine": in_session}]
    simulator.fault(
        {"path": "Sessions(/\\$search)?$", "answer": {"status": 200, "body": {"Items": listed}}},
        {"path": "Machines/\\$search$", "answer": {"status": 200, "body": {"Items": [{"Id": "m1", **in_list}]}}},
    )
    name = in_list.get("Name") or in_list["DnsName"]
    result = client(recording, simulator.cloud, True, machine=name, state="stopped", **further)
    assert [entry["id"] for entry in result["sessions"]] == ["7"]
