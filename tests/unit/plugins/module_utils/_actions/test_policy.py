# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies: validate and name rules, and find the rule of each session."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.periods import PERIOD_SPEC
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.policy import assign, report
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.recording import ARGUMENT_SPEC, RESULTS, Wanted
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.rules import RULE_SPEC, rules_of, unreachable
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._site import selection
from ansible_collections.sessionops.citrix.plugins.module_utils._site.selectors import SELECTORS, Query
from hypothesis import given
from hypothesis import strategies as st

LISTING, MACHINES = "GET Sessions", "POST Machines/$search"
FIRST, SECOND = "LAB\\vda-001", "LAB\\vda-002"
NOW = 1_000_000.0
EVERYONE = {"name": "Everyone", "all_sessions": True, "state": "started"}


def policy(*rules, **given):
    of_all = {"on_gap": "warn", "wait": True, "wait_timeout": 30, "include_unidentified": False}
    return {"rules": list(rules), **of_all, **given}


def rule(name="Contractors", state="started", **given):
    return {"name": name, "state": state, **given}


def a_session(session_id, user="LAB\\user001", machine=FIRST, group="Office", applications=()):
    return {
        "Id": session_id,
        "State": "Active",
        "User": {"Name": user, "PrincipalName": None},
        "Machine": {"Id": None, "Name": machine, "DeliveryGroup": {"Id": None, "Name": group}},
        "ApplicationsInUse": [{"Id": None, "Name": name} for name in applications],
    }


@pytest.fixture
def assigned(fake_api):
    """Return a function that returns {id: rule} for sessions, on a site with two of each object."""
    fake_api.on(MACHINES, lambda call: {"Items": [{"Id": name, "Name": name} for name in (FIRST, SECOND)]})
    for name in ("Office", "Sales"):
        fake_api.on(f"GET DeliveryGroups/{name}", {"Id": None, "Name": name})
    for name in ("Editor", "Chess"):
        fake_api.on(f"GET Applications/{name}", {"Id": None, "Name": name})

    def run(sessions, *rules):
        fake_api.on(LISTING, {"Items": sessions})
        return {
            target.session.id: each.name for target, each in assign(fake_api, rules_of(policy(*rules), NOW)).targets
        }

    return run


# Rules as written


def test_rule_has_selectors_and_requested_state():
    (found,) = rules_of(policy(rule(user=["user001"], notify_user=False), wait=False, wait_timeout=5), NOW)
    assert found.name == "Contractors"
    assert found.wanted == Wanted(True, notify_user=False, wait=False, wait_timeout=5, rule="Contractors")
    assert found.query == Query(user=("user001",))


def test_policy_rule_has_defaults_and_types_of_task():
    (found,) = rules_of(policy({"name": 7, "state": "stopped", "machine": FIRST, "max_sessions": "5"}), NOW)
    assert (found.name, found.query.machine, found.params["max_sessions"]) == ("7", (FIRST,), 5)
    (found,) = rules_of(policy(EVERYONE), NOW)
    assert (found.params["max_sessions"], found.wanted.notify_user) == (1000, True)


def test_policy_task_options_not_modified():
    written = policy(rule(machine=FIRST))
    rules_of(written, NOW)
    assert written == policy(rule(machine=FIRST))


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (rule(), r"(?<!, )machine, user, delivery_group, application: no selector is set"),
        (rule(exclude_user=["a"]), "no selector is set; set at least one"),
        (rule(user=["a"], state="paused"), "value of state must be one of: started, stopped, got: paused"),
        ({"name": "Contractors", "user": ["a"]}, "missing required arguments: state"),
        (rule(users=["a"]), "unknown option users; use name, machine, user, delivery_group, application, all_s"),
        (rule(user=["a"], session_id=["1"]), "unknown option session_id"),
        (rule(user=["a"], wait=True, on_gap="warn"), "unknown option on_gap, wait;"),
        (rule(user=["a"], max_sessions="many"), "argument 'max_sessions' is of type"),
        (rule(user=["a"], notify_user="perhaps"), "notify_user: perhaps is not a boolean"),
        (rule(user=["a"], max_sessions=0), "max_sessions: must be 1 or more, not 0"),
        (rule(user=[]), "user: is empty"),
        (rule(machine=["LAB\x0bda-001"]), "machine: .* control character"),
        (rule(delivery_group=[" "]), "delivery_group: contains an empty name"),
        (rule(user=["a"], exclude_machine=[""]), "exclude_machine: contains an empty name"),
        (rule(user=["a"], all_sessions=True), "all_sessions: selects every session of the site; remove it or user"),
        (rule(user=["a"], until="tomorrow"), "until: 'tomorrow' is not a time with a zone; write it as in RFC 3339"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_policy_invalid_rule_rejected_with_name(wrong, expected, place):
    rules = [EVERYONE]
    rules.insert(place, wrong)
    with pytest.raises(OptionError, match=rf"^rules\[Contractors\]: .*{expected}"):
        rules_of(policy(*rules), NOW)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"state": "started", "user": ["a"]}, "missing required arguments: name"),
        ({"state": "started", "user": ["a"], "name": None}, "name: is null"),
        (rule(name="", user=["a"]), "has an empty name"),
        (rule(name=" \t", user=["a"]), "has an empty name"),
        ({"users": ["a"]}, "unknown option users"),
    ],
)
def test_policy_unnamed_rule_rejected_with_position(wrong, expected):
    with pytest.raises(OptionError, match=rf"^rules\[number 2\]: .*({expected})"):
        rules_of(policy(EVERYONE, wrong), NOW)


@pytest.mark.parametrize(
    ("limits", "is_reported"),
    [
        ({}, True),
        ({"state": "stopped", "exclude_user": []}, True),
        ({"exclude_user": ["LAB\\user001"]}, False),
        ({"exclude_machine": FIRST}, False),
        ({"from": "2026-01-01T00:00:00Z"}, False),
        ({"until": "2036-01-01T00:00:00Z"}, False),
        ({"all_sessions": False, "user": ["LAB\\user001"]}, False),
    ],
)
def test_policy_rules_below_one_for_all_are_reported(limits, is_reported):
    rules = [rule(name="Above", user=["a"]), {**EVERYONE, **limits}, rule(name="B", user=["b"]), rule(user=["c"])]
    expected = "rules[Everyone]: selects all sessions, so no session is left to B, Contractors; move it below them."
    assert unreachable(rules_of(policy(*rules), NOW)) == [expected] * is_reported
    assert unreachable(rules_of(policy(*rules[:2]), NOW)) == []


def test_policy_rule_name_shown_on_one_printable_line():
    with pytest.raises(OptionError) as error:
        rules_of(policy(rule(name="Contr\x1b[31m\nactors" + "x" * 1000)), NOW)
    assert str(error.value).isprintable() and len(str(error.value)) < 600


def test_policy_requires_rules():
    with pytest.raises(OptionError, match=r"^rules: is empty"):
        rules_of(policy(), NOW)


def test_policy_duplicate_rule_name_rejected():
    with pytest.raises(OptionError, match=r"^rules: 'A' is the name of 2 rules"):
        rules_of(policy(rule("A", user=["a"]), EVERYONE, rule("A", user=["b"])), NOW)


@pytest.mark.parametrize("wait_timeout", [-1, 3601])
def test_policy_shared_option_error_names_no_rule(wait_timeout):
    with pytest.raises(OptionError, match=r"^wait_timeout: must be from 0 to 3600"):
        rules_of(policy(EVERYONE, wait_timeout=wait_timeout), NOW)


# The rule of a session


def test_policy_first_matching_rule_wins(assigned, fake_api):
    sessions = [a_session("1"), a_session("2", "LAB\\user002"), a_session("3", "LAB\\user003", SECOND, "Sales")]
    rules = [rule("One", "stopped", user=["user002"]), rule("Two", delivery_group=["Office"])]
    assert assigned(sessions, *rules) == {"1": "Two", "2": "One"}
    assert assigned(sessions, *reversed(rules)) == {"1": "Two", "2": "Two"}
    assert fake_api.writes == []


def test_policy_lists_sessions_once_with_fields_of_all_rules(assigned, fake_api):
    rules = [rule(str(number), machine=[FIRST], application=["Editor"]) for number in range(3)]
    assigned([], *rules, EVERYONE)
    assert fake_api.sent().count(LISTING) == 1
    fields = next(call.query["fields"] for call in fake_api.calls if call.path == "Sessions").split(",")
    assert {*selection.FIELDS, "ApplicationsInUse"} == set(fields)
    assigned([], EVERYONE)
    assert "ApplicationsInUse" not in fake_api.calls[-1].query["fields"]


def test_policy_excluded_session_matches_next_rules(assigned):
    sessions = [a_session("1"), a_session("2", "LAB\\user002"), a_session("3", "LAB\\user003", SECOND)]
    first = rule("Office", delivery_group=["Office"], exclude_user=["user002"], exclude_machine=[SECOND])
    assert assigned(sessions, first) == {"1": "Office"}
    assert assigned(sessions, first, rule("Rest", "stopped", all_sessions=True)) == {
        "1": "Office",
        "2": "Rest",
        "3": "Rest",
    }
    # Nor to any other rule that excludes it too.
    rest = rule("Rest", "stopped", all_sessions=True, exclude_user=["LAB\\user002"])
    assert assigned(sessions, first, rest) == {"1": "Office", "3": "Rest"}


def test_policy_sessions_keep_order_of_list(assigned):
    sessions = [a_session(str(number), f"LAB\\user00{number % 3}") for number in range(6)]
    rules = [rule("A", user=["user002"]), rule("B", user=["user000", "user001"])]
    assert list(assigned(sessions, *rules)) == ["0", "1", "2", "3", "4", "5"]


def test_policy_session_without_machine_matches_no_machine_rule(assigned):
    bare = {"Id": "1", "State": "Active"}
    assert assigned([bare], rule(machine=[FIRST]), rule("Group", delivery_group=["Office"])) == {}
    assert assigned([bare], EVERYONE) == {"1": "Everyone"}


def test_policy_display_name_does_not_affect_rule_match(assigned):
    session = {**a_session("1"), "UntrustedUserName": "LAB\\user002"}
    session["User"]["DisplayName"] = "user002"
    assert assigned([session], rule("Free", "stopped", user=["user002", "LAB\\user002"]), EVERYONE) == {"1": "Everyone"}
    assert assigned([session], {**EVERYONE, "exclude_user": ["user002"]}) == {"1": "Everyone"}


# Errors before the first write


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"machine": ["LAB\\nowhere"]}, r"machine: site site1 has no LAB\\nowhere;"),
        ({"exclude_machine": ["LAB\\nowhere"], "all_sessions": True}, r"exclude_machine: site site1 has no LAB"),
        ({"delivery_group": ["Nowhere"]}, "delivery_group: site site1 has no Nowhere;"),
        ({"application": ["Nothing"]}, "application: site site1 has no Nothing;"),
    ],
)
def test_policy_missing_object_reported_with_its_rule(assigned, fake_api, wrong, expected):
    fake_api.on("GET DeliveryGroups/Nowhere", 404)
    fake_api.on("GET Applications/Nothing", 404)
    with pytest.raises(OptionError, match=rf"^rules\[Contractors\]: {expected}"):
        assigned([a_session("1")], rule(**wrong), EVERYONE)
    assert LISTING not in fake_api.sent()


@pytest.mark.parametrize(
    "wrong", [{"machine": ["LAB\\nowhere"]}, {"delivery_group": ["Nowhere"]}, {"application": ["Nothing"]}]
)
def test_assign_unknown_object_blocks_rules_below(fake_api, wrong):
    fake_api.on("GET DeliveryGroups/Nowhere", 404)
    fake_api.on("GET Applications/Nothing", 404)
    fake_api.on(MACHINES, {"Items": []})
    fake_api.on(LISTING, {"Items": [a_session("1", "LAB\\user001"), a_session("2", "LAB\\user002")]})
    first = rule("First", user=["LAB\\user001"])
    found = assign(fake_api, rules_of(policy(first, rule("Second", **wrong), EVERYONE), NOW))
    assert [(target.session.id, each.name) for target, each in found.targets] == [("1", "First")]
    assert found.not_applied.startswith(f"rules[Second]: {next(iter(wrong))}: site site1 has no ")
    assert found.not_applied.endswith(" These rules were not applied: Second, Everyone.")


def test_assign_machines_of_all_rules_in_one_search(fake_api):
    machines = [{"Id": f"m{number}", "Name": f"LAB\\vda-{number:03}"} for number in range(1, 41)]
    fake_api.on(MACHINES, {"Items": machines})
    fake_api.on(LISTING, {"Items": []})
    names = [machine["Name"] for machine in machines]
    rules = [rule(f"Rule {at}", machine=[name], exclude_machine=names[:1]) for at, name in enumerate(names)]
    assign(fake_api, rules_of(policy(*rules), NOW))
    assert fake_api.sent().count(MACHINES) == 1


def test_policy_each_rule_has_own_session_limit(assigned):
    sessions = [a_session(str(number), f"LAB\\user00{number}") for number in range(5)]
    three = rule("Three", "stopped", user=["user001", "user002", "user003"])
    assert len(assigned(sessions, {**three, "max_sessions": 3}, {**EVERYONE, "max_sessions": 2})) == 5
    with pytest.raises(OptionError, match=r"^rules\[Three\]: max_sessions: 3 sessions are selected and 2 are allowed"):
        assigned(sessions, {**three, "max_sessions": 2}, EVERYONE)
    with pytest.raises(OptionError, match=r"^rules\[Everyone\]: max_sessions: 2 sessions are selected and 1 are"):
        assigned(sessions, three, {**EVERYONE, "max_sessions": 1})


TWO_PEOPLE = [a_session("1", "LAB\\user001"), a_session("2", "CORP\\user001")]


@pytest.mark.parametrize("option", ["user", "exclude_user"])
def test_policy_ambiguous_user_rejected_with_rule(assigned, option):
    wrong = rule(**{"all_sessions": option != "user", option: ["user001"]})
    with pytest.raises(
        OptionError, match=rf"^rules\[Contractors\]: {option}: 'user001' matches several users; .*: CORP"
    ):
        assigned(TWO_PEOPLE, wrong)


def test_policy_ambiguous_name_rejected_despite_earlier_rule(assigned):
    """Otherwise, the matching user would depend on the sessions of other users."""
    before = rule("Before", "stopped", user=["CORP\\user001"])
    with pytest.raises(OptionError, match=r"^rules\[Contractors\]: user: 'user001' matches several users"):
        assigned(TWO_PEOPLE, before, rule(user=["user001"]))


def test_policy_user_without_session_is_no_error(assigned):
    assert assigned([], rule(user=["LAB\\absent1"], exclude_user=["LAB\\absent2"])) == {}


# Reports


def test_policy_result_has_rule_of_session_and_counts_of_rule(assigned, fake_api):
    rules = rules_of(policy(rule("One", user=["user001"]), rule("Two", "stopped", user=["user002"]), EVERYONE), NOW)
    fake_api.on(LISTING, {"Items": [a_session("1"), a_session("2", "LAB\\user002"), a_session("3")]})
    found = assign(fake_api, rules)
    outcomes = ["started", "unchanged", "failed"]
    result = report(
        SimpleNamespace(warn=pytest.fail, params={"on_gap": "warn"}),
        {"sessions": [{"id": str(at), "result": each} for at, each in enumerate(outcomes, 1)]},
        rules,
        found,
        NOW,
    )
    assert result["at"] == "1970-01-12T13:46:40Z"
    assert [session["rule"] for session in result["sessions"]] == ["One", "Two", "One"]
    none = dict.fromkeys(RESULTS, 0)
    assert result["rules"] == [
        {"name": "One", "state": "started", "applied": True, "sessions": 2, **none, "started": 1, "failed": 1},
        {"name": "Two", "state": "stopped", "applied": True, "sessions": 1, **none, "unchanged": 1},
        {"name": "Everyone", "state": "started", "applied": True, "sessions": 0, **none},
    ]


# Any rules

PEOPLE = ("LAB\\ada", "LAB\\bob", "CORP\\eve")
SITE = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from((FIRST, SECOND)),
        st.sampled_from(("Office", "Sales")),
        st.sets(st.sampled_from(("Editor", "Chess"))),
    ),
    max_size=8,
)


def some(*values):
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


RULES = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "user": some(*PEOPLE),
            "machine": some(FIRST, SECOND),
            "delivery_group": some("Office", "Sales"),
            "application": some("Editor", "Chess"),
            "exclude_user": some(*PEOPLE),
            "exclude_machine": some(FIRST, SECOND),
        },
    ),
    min_size=1,
    max_size=4,
)


def fits(written, person, machine, group, applications):
    """Return whether a rule applies to a session, in the simplest form."""
    return (
        person in written.get("user", PEOPLE)
        and machine in written.get("machine", (FIRST, SECOND))
        and group in written.get("delivery_group", ("Office", "Sales"))
        and ("application" not in written or not applications.isdisjoint(written["application"]))
        and person not in written.get("exclude_user", ())
        and machine not in written.get("exclude_machine", ())
    )


@given(SITE, RULES)
def test_policy_each_session_has_first_matching_rule(new_fake_api, site, written):
    api = new_fake_api()
    api.on(MACHINES, lambda call: {"Items": [{"Id": name, "Name": name} for name in (FIRST, SECOND)]})
    for kind, names in (("DeliveryGroups", ("Office", "Sales")), ("Applications", ("Editor", "Chess"))):
        for name in names:
            api.on(f"GET {kind}/{name}", {"Id": None, "Name": name})
    api.on(LISTING, {"Items": [a_session(str(at), *each) for at, each in enumerate(site)]})
    selectors = set(SELECTORS)
    rules = [rule(str(at), all_sessions=not selectors & each.keys(), **each) for at, each in enumerate(written)]
    expected = {}
    for number, session in enumerate(site):
        first = next((str(at) for at, each in enumerate(written) if fits(each, *session)), None)
        if first is not None:
            expected[str(number)] = first
    found = assign(api, rules_of(policy(*rules), NOW))
    assert {target.session.id: each.name for target, each in found.targets} == expected
    assert api.sent().count(LISTING) == 1


def test_policy_rule_accepts_selectors_of_task():
    """Except the ids of sessions, which are short-lived, and the options of the whole policy."""
    recording = {*selection.ARGUMENT_SPEC, *ARGUMENT_SPEC}
    assert set(RULE_SPEC) == {"name", *PERIOD_SPEC, *recording} - {
        "session_id",
        "wait",
        "wait_timeout",
        "include_unidentified",
    }
