# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selections: rejected options, counts, and names that cannot change a selection."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_machines_info as machines
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_message as message
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording as recording
from ansible_collections.sessionops.citrix.plugins.modules import citrix_sessions_info as sessions

MACHINE = "LAB\\vda-001"
GROUP = "Office Desktops"
VICTIM = ["LAB\\user001", "user001", "user001@lab.example"]
WRITERS = {
    recording: {"state": "started"},
    message: {"title": "Recording", "text": "This session is recorded."},
}
SELECTING = pytest.mark.parametrize(("module", "required"), WRITERS.items(), ids=["recording", "message"])


@pytest.fixture
def refusal(simulator, client):
    """Return a function that runs a task which must be rejected before any call."""

    def run(module, **options) -> str:
        with pytest.raises(OptionError) as caught:
            client(module, simulator.cloud, **options)
        assert simulator.calls() == []
        return str(caught.value)

    return run


@SELECTING
@pytest.mark.parametrize("none", [{}, {"all_sessions": False}, {"exclude_machine": [MACHINE]}])
def test_task_without_selector_rejected(refusal, module, required, none):
    shown = refusal(module, **required, **none)
    assert shown.startswith("session_id, machine, user, delivery_group, application: no selector is set;")
    assert "set all_sessions to true" in shown


@SELECTING
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"session_id": ["a"], "user": ["b"]}, "session_id: cannot be combined; remove it or user"),
        (
            {"session_id": ["a"], "machine": ["b"], "application": ["c"]},
            "session_id: cannot be combined; remove it or machine and application",
        ),
        (
            {"session_id": ["a"], "all_sessions": True},
            "all_sessions: selects every session of the site; remove it or s",
        ),
        (
            {"user": ["a"], "delivery_group": ["b"], "all_sessions": True},
            "all_sessions: selects every session of the site; remove it or user and delivery_group",
        ),
    ],
)
def test_contradictory_selectors_named(refusal, module, required, options, named):
    assert refusal(module, **required, **options).startswith(named)


# An empty answer of a survey is "".
@pytest.mark.parametrize("empty", ["", [""], ["vda-001", "  "]])
@pytest.mark.parametrize("option", ["session_id", "machine", "user", "delivery_group", "application"])
@SELECTING
def test_empty_name_rejected_with_option_name(refusal, module, required, option, empty):
    assert refusal(module, **required, **{option: empty}).startswith(f"{option}: contains an empty name;")


@pytest.mark.parametrize("option", ["exclude_user", "exclude_machine"])
@SELECTING
def test_empty_name_in_exclusions_rejected(refusal, module, required, option):
    assert refusal(module, **required, all_sessions=True, **{option: ""}).startswith(
        f"{option}: contains an empty name;"
    )


@SELECTING
def test_empty_exclusions_exclude_none(simulator, client, module, required):
    result = client(module, simulator.cloud, True, **required, machine=[MACHINE], exclude_user=[], exclude_machine=[])
    assert len(result["sessions"]) == 10


@pytest.mark.parametrize(
    ("module", "options", "named"),
    [
        *((sessions, {option: ""}, option) for option in ("machine", "user", "delivery_group", "application")),
        *((machines, {option: ""}, option) for option in ("machine", "delivery_group", "fields")),
        *((module, {"limit": -1}, "limit") for module in (sessions, machines)),
        *(
            (message, {"machine": [MACHINE], **{**WRITERS[message], option: " "}}, option)
            for option in ("title", "text")
        ),
    ],
)
def test_invalid_options_rejected_by_name(refusal, module, options, named):
    assert refusal(module, **options).startswith(f"{named}: ")


@pytest.mark.parametrize(
    "options",
    [
        {"machine": ["LAB\\none", MACHINE, "none.lab.example"]},
        {"machine": ["LAB\\none", "none.lab.example"], "user": ["LAB\\user001"]},
        {"all_sessions": True, "exclude_machine": ["none.lab.example", MACHINE, "LAB\\none"]},
        {"delivery_group": ["none.lab.example", GROUP, "LAB\\none"]},
        {"application": ["none.lab.example", "Text Editor", "LAB\\none"]},
        {"machine": [MACHINE], "application": ["none.lab.example", "Text Editor", "LAB\\none"]},
    ],
)
@SELECTING
def test_missing_objects_all_named_before_any_write(simulator, client, module, required, options):
    with pytest.raises(OptionError) as caught:
        client(module, simulator.cloud, **required, **options)
    option, _colon, shown = str(caught.value).partition(": ")
    assert option == next(name for name, values in options.items() if values is not True and "LAB\\none" in values)
    missing = shown.partition(";")[0].partition(" has no ")[2]
    assert sorted(missing.split(", ")) == ["LAB\\none", "none.lab.example"]
    assert not any(kind.startswith("$") and kind != "$search" for kind in simulator.kinds())


@SELECTING
def test_max_sessions_counts_after_exclusions(simulator, client, module, required):
    options = {"machine": [MACHINE, "LAB\\vda-002"], "exclude_machine": ["vda-002.lab.example"]}
    options["exclude_user"] = ["LAB\\user001", "user002"]
    with pytest.raises(OptionError, match=r"^max_sessions: 8 sessions are selected and 7 are allowed.* to 8 or more"):
        client(module, simulator.cloud, **required, **options, max_sessions=7)
    assert not any(session["starts"] or session["messages"] for session in simulator.state().values())
    assert len(client(module, simulator.cloud, **required, **options, max_sessions=8)["sessions"]) == 8


@SELECTING
def test_named_user_without_session_is_gap_after_all_others(simulator, client, module, required):
    options = {**required, "user": ["LAB\\user001", "LAB\\absent", "user002@lab.example"], "exclude_user": ["user002"]}
    for on_gap in (None, "fail"):
        simulator.reset()
        result = client(module, simulator.cloud, **options, on_gap=on_gap)
        assert result["failed"]
        assert "No session was found for LAB\\absent: check the name" in result["msg"]
        assert [entry["user"] for entry in result["sessions"] if entry["changed"]] == ["LAB\\user001"]
        assert [
            session["user"] for session in simulator.state().values() if session["starts"] or session["messages"]
        ] == ["LAB\\user001"]
    simulator.reset()
    result = client(module, simulator.cloud, **options, on_gap="warn")
    assert "failed" not in result
    assert result["changed"]
    assert any("LAB\\absent" in warning for warning in result["warnings"])


@SELECTING
@pytest.mark.parametrize(
    "others",
    [
        {"application": ["Drawing"]},
        {"machine": ["LAB\\vda-003"]},
        {"delivery_group": ["Engineering"]},
        {"machine": ["LAB\\vda-003"], "application": ["Drawing"]},
    ],
)
def test_named_user_without_matching_session_reported(simulator, client, module, required, others):
    result = client(module, simulator.cloud, **required, user=["LAB\\user001"], **others)
    assert result["failed"]
    shown = f"No session of LAB\\user001 also matches {' and '.join(others)}: check these selectors"
    assert shown in result["msg"]
    assert "No session was found" not in result["msg"]


@SELECTING
def test_empty_selection_fails_for_named_users_else_warns(simulator, client, module, required):
    result = client(module, simulator.cloud, **required, user=["LAB\\user001"], exclude_user=["user001"])
    assert result["failed"]
    assert "No sessions matched" in result["msg"]
    everywhere = {"delivery_group": [GROUP], "exclude_machine": ["LAB\\vda-001", "LAB\\vda-004"]}
    empty = client(module, simulator.cloud, **required, **everywhere)
    assert empty["sessions"] == []
    assert "failed" not in empty
    assert "No sessions matched" in empty["warnings"][0]
    assert client(module, simulator.cloud, **required, **everywhere, on_gap="fail")["failed"]


@SELECTING
def test_named_ended_session_is_gap(simulator, client, module, required):
    leaving, staying = (session["id"] for session in simulator.sessions_on(MACHINE)[:2])
    simulator.fault({"path": leaving, "vanish": True})
    for on_gap in (None, "warn"):
        result = client(module, simulator.cloud, **required, session_id=[leaving, staying.upper()], on_gap=on_gap)
        ended, done = (entry["result"] for entry in result["sessions"])
        assert ended == "ended"
        assert done in ("started", "unchanged", "sent")
        assert result.get("failed", False) == (on_gap is None)
        assert "no session with this id" in (result["msg"] if on_gap is None else result["warnings"][0])


# Sessions as a broker might list them


@pytest.fixture
def listed(simulator):
    """Return a function that makes every list and search return these sessions."""
    group = {"Id": simulator.get("DeliveryGroups/Office%20Desktops")["Id"], "Name": GROUP}
    editor = {"Id": simulator.get("Applications/Text%20Editor")["Id"], "Name": "Text Editor"}

    def make(*blocks: dict) -> list[str]:
        common = {
            "State": "Active",
            "Machine": {"Name": MACHINE, "DnsName": "vda-001.lab.example", "DeliveryGroup": group},
            "Connection": {"Protocol": "Hdx"},
            "ApplicationsInUse": [editor],
        }
        items = [{"Id": f"session-{at}", **common, **block} for at, block in enumerate(blocks)]
        rule = {"path": r"Sessions(/\$search)?$", "answer": {"status": 200, "body": {"Items": items}}}
        simulator.fault(rule)
        return [item["Id"] for item in items]

    return make


EVERYWHERE = [
    {"machine": [MACHINE]},
    {"machine": ["vda-001.lab.example"]},
    {"machine": [MACHINE, "vda-001.lab.example"]},
    {"delivery_group": [GROUP]},
    {"application": ["Text Editor"]},
    {"machine": [MACHINE], "delivery_group": [GROUP]},
    {"machine": [MACHINE], "application": ["Text Editor"]},
    {"all_sessions": True},
]
PRETENDERS = [
    {"User": {"Name": "LAB\\mallory", "DisplayName": "LAB\\user001"}},
    {"User": {"Name": "LAB\\mallory", "DisplayName": "user001"}, "UntrustedUserName": "LAB\\user001"},
    {"User": {"Name": "LAB\\mallory", "CommonName": "user001"}, "UntrustedUserName": "user001@lab.example"},
    {
        "User": {"Name": "", "DisplayName": "user001@lab.example"},
        "IsAnonymousUser": True,
        "UntrustedUserName": "user001",
    },
    {"User": None, "UntrustedUserName": "LAB\\user001", "Client": {"Name": "user001"}},
    {"User": {"Name": "LAB\\user001 ", "PrincipalName": "user001@lab.example.evil.example", "SamName": "user0011"}},
]


@pytest.mark.parametrize("options", EVERYWHERE)
def test_display_name_does_not_affect_exclusion(simulator, client, listed, options):
    all_ids = listed(*PRETENDERS)
    result = client(message, simulator.cloud, True, **WRITERS[message], **options, exclude_user=VICTIM)
    assert [entry["id"] for entry in result["sessions"]] == all_ids


@pytest.mark.parametrize("name", VICTIM)
@pytest.mark.parametrize("more", [{}, {"machine": [MACHINE]}, {"application": ["Text Editor"]}])
def test_display_name_does_not_affect_selection(simulator, client, listed, name, more):
    listed(*PRETENDERS, {"Id": "own", "User": {"Name": "LAB\\user001", "PrincipalName": "user001@lab.example"}})
    result = client(message, simulator.cloud, True, **WRITERS[message], user=[name], **more)
    assert [entry["id"] for entry in result["sessions"]] == ["own"]


@pytest.mark.parametrize("options", EVERYWHERE)
@pytest.mark.parametrize("exclusions", [{}, {"exclude_user": VICTIM, "exclude_machine": ["LAB\\vda-002"]}])
def test_sessions_without_user_selected(simulator, client, listed, options, exclusions):
    users = [
        None,
        {},
        "LAB\\user001",
        ["LAB\\user001"],
        {"Name": None, "PrincipalName": ""},
        {"Name": "", "SamName": ""},
    ]
    all_ids = listed(*({"User": user} for user in users), {"User": {"Name": "LAB\\user009"}})
    result = client(message, simulator.cloud, True, **WRITERS[message], **options, **exclusions)
    assert [entry["id"] for entry in result["sessions"]] == all_ids
    assert [entry["user"] for entry in result["sessions"]] == [None] * len(users) + ["LAB\\user009"]


@pytest.mark.parametrize("machine", [None, {}, {"Name": MACHINE, "DnsName": None}])
@pytest.mark.parametrize("options", [options for options in EVERYWHERE if "application" not in options])
def test_session_with_missing_machine_data_accepted(simulator, client, listed, options, machine):
    listed({"Machine": machine, "User": {"Name": "LAB\\user001"}})
    result = client(message, simulator.cloud, True, **WRITERS[message], **options)
    assert [entry["user"] for entry in result["sessions"]] == ["LAB\\user001"]
