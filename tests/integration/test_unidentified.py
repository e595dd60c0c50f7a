# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names without a session, and sessions without a user in the API: reported by each module."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.extensions.eda.plugins.event_source import citrix_sessions as source
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_recording_coverage as coverage
from ansible_collections.sessionops.citrix.plugins.modules import citrix_recording_policy as policy
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_message as message
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording as recording
from ansible_collections.sessionops.citrix.plugins.modules import citrix_sessions_info as sessions

ANNA, BERT = ({"Name": f"LAB\\{name}", "PrincipalName": f"{name}@lab.example"} for name in ("anna", "bert"))
RULE = {"name": "Watched", "user": "LAB\\anna", "state": "started"}
EVERYONE = {"name": "Everyone", "all_sessions": True, "state": "started"}
UNKNOWN = "the API does not return the user"


@pytest.fixture
def fleet(simulator):
    """Return a function that creates sessions of users on a machine; {} for an omitted user."""

    def have(*users: dict, **session) -> list[str]:
        group = {"delivery_group": "Office"}
        plan = {"name": "LAB\\vda01", "sessions": [{"user": user, **session} for user in users], **group}
        empty = {"name": "LAB\\vda02", "sessions": [], **group}
        return list(simulator.fleet(delivery_groups=["Office"], applications=[], machines=[plan, empty]))

    return have


@pytest.fixture
def by_user(simulator, client, tmp_path):
    r"""Return the modules that select by user, each as a function that runs it for LAB\anna."""
    options = {"user": "LAB\\anna"}
    message_options = {"title": "Recording", "text": "This session is recorded."}
    return {
        "info": lambda **more: client(sessions, simulator.cloud, **options, **more),
        "coverage": lambda **more: client(coverage, simulator.cloud, dest=str(tmp_path), **options, **more),
        "start": lambda **more: client(recording, simulator.cloud, state="started", **options, **more),
        "stop": lambda **more: client(recording, simulator.cloud, state="stopped", **options, **more),
        "message": lambda **more: client(message, simulator.cloud, **message_options, **options, **more),
    }


def touched(simulator) -> bool:
    return any(each["starts"] or each["stops"] or each["messages"] for each in simulator.state().values())


@pytest.mark.parametrize("way", ["info", "coverage", "start", "stop", "message"])
def test_user_no_session_identified_fails(simulator, fleet, by_user, way):
    fleet({}, {}, recorded=way == "stop")
    for more in [{}] if way in ("info", "coverage") else [{}, {"on_gap": "warn"}]:
        with pytest.raises(OptionError, match=rf"^user: {UNKNOWN} of any of 2 sessions; check the role"):
            by_user[way](**more)
    assert not touched(simulator)


@pytest.mark.parametrize("way", ["info", "coverage"])
def test_user_some_sessions_unidentified_warns(fleet, by_user, way):
    fleet({}, BERT)
    warnings = by_user[way]()["warnings"]
    assert any(f"{UNKNOWN}s of 1 sessions" in warning for warning in warnings)


@pytest.mark.parametrize("way", ["start", "stop", "message"])
def test_user_some_sessions_unidentified_is_gap(simulator, fleet, by_user, way):
    fleet({}, BERT, recorded=way == "stop")
    result = by_user[way]()
    assert result["failed"] and f"{UNKNOWN}s of 1 sessions" in result["msg"]
    result = by_user[way](on_gap="warn")
    assert "failed" not in result and any(UNKNOWN in warning for warning in result["warnings"])
    assert not touched(simulator)


@pytest.mark.parametrize("way", ["info", "coverage", "start"])
def test_user_anonymous_sessions_are_identified(fleet, by_user, way):
    fleet({}, anonymous=True)
    result = by_user[way]()
    assert UNKNOWN not in "".join([*result["warnings"], str(result.get("msg"))])


def test_policy_no_session_identified_fails(simulator, client, fleet):
    fleet({}, {})
    result = client(policy, simulator.cloud, rules=[RULE])
    assert result["failed"] and f"rules[Watched]: user: {UNKNOWN}s of 2 sessions" in result["msg"]


def test_policy_some_sessions_unidentified_is_gap(simulator, client, fleet):
    fleet(ANNA, {})
    result = client(policy, simulator.cloud, rules=[RULE])
    assert "failed" not in result
    assert [f"rules[Watched]: user: {UNKNOWN}s of 1 sessions" in each for each in result["warnings"]] == [True]
    assert client(policy, simulator.cloud, rules=[RULE], on_gap="fail")["failed"]


def test_policy_absent_user_of_rule_warns(simulator, client, fleet):
    fleet(BERT)
    warnings = client(policy, simulator.cloud, rules=[RULE, EVERYONE])["warnings"]
    assert warnings == ["rules[Watched]: user: no session belongs to LAB\\anna; check the names if they are connected."]


@pytest.mark.parametrize("excluded", [["LAB\\vda02"], ["LAB\\vda01", "LAB\\vda02"]])
def test_excluded_machine_without_session_warns(simulator, client, fleet, excluded):
    fleet(BERT)
    options = {"all_sessions": True, "exclude_machine": excluded}
    expected = "exclude_machine: no selected session runs on LAB\\vda02; check the names."
    for run in (
        lambda: client(recording, simulator.cloud, True, state="started", **options),
        lambda: client(message, simulator.cloud, True, title="Recording", text="Hello", **options),
    ):
        assert expected in run()["warnings"]
    rules = [{"name": "All", "state": "started", **options}]
    assert f"rules[All]: {expected}" in client(policy, simulator.cloud, True, rules=rules)["warnings"]


@pytest.fixture
def listed(simulator):
    """Return a function that makes the site list an active session of Anna with these members."""

    def make(**members) -> None:
        session = {"Id": "7", "State": "Active", "User": ANNA, "Machine": {"Name": "LAB\\vda01"}, **members}
        simulator.fault({"path": "Sessions$", "answer": {"status": 200, "body": {"Items": [session]}}})

    return make


MACHINE_UNKNOWN = [{}, None, {"DeliveryGroup": {"Name": "Office"}}]


@pytest.mark.parametrize("machine", MACHINE_UNKNOWN)
@pytest.mark.parametrize("anonymous", [False, True])
def test_excluded_machine_unknown_machine_unidentified(simulator, client, fleet, listed, machine, anonymous):
    fleet(ANNA)
    listed(Machine=machine, IsAnonymousUser=anonymous)
    options = {"all_sessions": True, "exclude_machine": "LAB\\vda02", "state": "started"}
    runs = (
        lambda **more: client(recording, simulator.cloud, True, **options, **more),
        lambda **more: client(policy, simulator.cloud, True, rules=[{"name": "All", **options}], **more),
    )
    for run in runs:
        result = run()
        assert result["failed"] and result["sessions"][0]["result"] == "unidentified"
        assert "does not return the user, machine, delivery group or applications" in result["msg"]
        assert "failed" not in run(include_unidentified=True)


@pytest.mark.parametrize("machine", [*MACHINE_UNKNOWN, {"Name": "LAB\\vda01"}, {"DeliveryGroup": {"Name": ""}}])
@pytest.mark.parametrize(
    ("first", "possible"),
    [
        ({"machine": "LAB\\vda02"}, lambda machine: "Name" not in (machine or {})),
        ({"delivery_group": "Office"}, lambda machine: not (machine or {}).get("DeliveryGroup", {}).get("Name")),
        ({"machine": "LAB\\vda02", "user": "LAB\\bert"}, lambda machine: False),
    ],
)
def test_policy_unknown_machine_not_started_by_later_rule(simulator, client, fleet, listed, machine, first, possible):
    fleet(BERT)
    listed(Machine=machine)
    rules = [{"name": "Free", "state": "stopped", **first}, EVERYONE]
    (session,) = client(policy, simulator.cloud, True, rules=rules)["sessions"]
    if first == {"delivery_group": "Office"} and not possible(machine):
        assert session["rule"] == "Free"
    else:
        assert (session["rule"], session["result"] == "unidentified") == ("Everyone", possible(machine))


OFFICE = {"DeliveryGroup": {"Name": "Office"}}
IN_ANOTHER_FORM = [
    *(
        ({"machine": "LAB\\vda01"}, {"Machine": {"Name": name, **OFFICE}})
        for name in ("vda01", "lab.example\\vda01", "LAB\\vda01$", "LAB\\vda\u200b01")
    ),
    *(
        ({"delivery_group": "Office"}, {"Machine": {"Name": "LAB\\vda01", "DeliveryGroup": group}})
        for group in ("Office", ["Office"], {"Uid": 1}, {"Name": " "})
    ),
    *(
        ({"application": "Notepad"}, {"ApplicationsInUse": used})
        for used in (["Notepad"], "Notepad", {"Name": "Notepad"}, [None], [{"Id": 5}])
    ),
    ({"application": "Notepad"}, {}),
]
"""Selectors of a rule, and members of a session that may match them."""


@pytest.mark.parametrize(("first", "members"), IN_ANOTHER_FORM)
def test_policy_place_in_another_form_not_started(simulator, client, listed, first, members):
    plan = {"name": "LAB\\vda01", "delivery_group": "Office", "sessions": [{"user": ANNA}]}
    simulator.fleet(delivery_groups=["Office"], applications=["Notepad"], machines=[plan])
    listed(**members)
    rules = [{"name": "Free", "state": "stopped", **first}, EVERYONE]
    (session,) = client(policy, simulator.cloud, True, rules=rules)["sessions"]
    assert (session["rule"], session["result"]) == ("Everyone", "unidentified")


@pytest.mark.parametrize("used", [None, [], [{"Name": "Editor"}]])
def test_policy_session_without_application_started(simulator, client, listed, used):
    simulator.fleet(delivery_groups=["Office"], applications=["Notepad"], machines=[])
    listed(ApplicationsInUse=used)
    rules = [{"name": "Free", "state": "stopped", "application": "Notepad"}, EVERYONE]
    (session,) = client(policy, simulator.cloud, True, rules=rules)["sessions"]
    assert session["result"] != "unidentified"


def test_group_id_in_another_spelling_is_same_group(simulator, client, listed):
    plan = {"name": "LAB\\vda01", "delivery_group": "Office", "sessions": [{"user": ANNA}]}
    simulator.fleet(delivery_groups=["Office"], applications=[], machines=[plan])
    group_id = simulator.get("DeliveryGroups/Office")["Id"]
    listed(Machine={"Name": "LAB\\vda01", "DeliveryGroup": {"Id": f"{{{group_id.upper()}}}", "Name": "Other"}})
    rules = [{"name": "Free", "state": "stopped", "delivery_group": "Office"}, EVERYONE]
    (session,) = client(policy, simulator.cloud, True, rules=rules)["sessions"]
    assert session["rule"] == "Free"


@pytest.fixture
def watch(simulator, caplog):
    """Return a function that creates an event source for users."""

    def create(*users: str):
        caplog.clear()
        return source.prepare({**simulator.cloud, "initial": True, "user": list(users)})

    return create


@pytest.mark.parametrize("name", ["LAB\\an\u00a0na", "LAB\\an\u200dna", "LAB\\anna"])
def test_event_source_waits_for_absent_user(fleet, watch, caplog, name):
    fleet(BERT)
    watching = watch("LAB\\bert", name)
    assert [event["session"]["user"] for event in watching.poll()] == ["LAB\\bert"]
    assert watching.poll() == []
    (record,) = caplog.records
    assert record.getMessage().startswith("user: no session belongs to LAB\\an")
    fleet(BERT, {"Name": name})
    (new,) = (event for event in watching.poll() if event["type"] == "new" and event["session"]["user"] != "LAB\\bert")
    assert new["session"]["user"].startswith("LAB\\an")


def test_event_source_reports_unidentified_sessions(fleet, watch, caplog):
    fleet({}, {})
    watching = watch("LAB\\anna")
    assert watching.poll() == []
    assert any(f"{UNKNOWN}s of 2 sessions" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("state", ["started", "stopped"])
@pytest.mark.parametrize(
    ("options", "hidden"),
    [
        ({"machine": ["LAB\\vda-001", "LAB\\vda-002"]}, {"Machine": None}),
        ({"machine": ["LAB\\vda-001"], "delivery_group": ["Office Desktops"]}, {"Machine": {"Name": "LAB\\vda-001"}}),
        ({"delivery_group": ["Office Desktops"]}, {"Machine": None}),
        ({"delivery_group": ["Office Desktops"]}, {"Machine": {"Name": "LAB\\vda-001", "DeliveryGroup": {"Id": None}}}),
    ],
)
def test_sessions_of_ignored_search_are_unidentified(simulator, client, state, options, hidden):
    """A server that ignores the search and omits its data would select the whole site."""
    simulator.reset(mix="recordable")
    if state == "stopped":
        client(recording, simulator.cloud, state="started", all_sessions=True, notify_user=False)
    items = [{**item, **hidden} for item in simulator.get("Sessions")["Items"]]
    simulator.fault({"path": "Sessions/.search$", "answer": {"status": 200, "body": {"Items": items}}})
    before = simulator.state()
    result = client(recording, simulator.cloud, state=state, **options)
    assert result["failed"] and not result["changed"]
    assert {entry["result"] for entry in result["sessions"]} == {"unidentified"}
    assert simulator.state() == before
