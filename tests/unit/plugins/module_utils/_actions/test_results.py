# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results: entries, counts, message, diff, and whether a gap fails or warns."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import messages
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.recording import (
    RESULTS,
    RecordingEntry,
    StoppingEntry,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.results import Entry, task_result
from ansible_collections.sessionops.citrix.plugins.module_utils._site.refs import SessionRef
from ansible_collections.sessionops.citrix.plugins.module_utils._site.selection import Selection, Target
from hypothesis import given
from hypothesis import strategies as st

SESSION = {
    "Id": "1",
    "State": "Active",
    "Machine": {"Name": "LAB\\vda-001", "DeliveryGroup": {"Id": "g1", "Name": "Office Desktops"}},
    "User": {"Name": "LAB\\user001", "DisplayName": "User 001"},
    "UntrustedUserName": "LAB\\someone",
}


def test_entry_has_user_and_machine():
    assert Entry.from_target(Target.from_session("1", SESSION)).to_result() == {
        "id": "1",
        "user": "LAB\\user001",
        "machine": "LAB\\vda-001",
        "delivery_group": "Office Desktops",
        "session_state": "Active",
        "changed": False,
        "result": "",
        "reason": None,
        "transaction_id": None,
    }


def test_result_hidden_characters_escaped(reported):
    hidden = "a\u200bb\u202e\nok: [host]"
    session = {
        "User": {"Name": hidden},
        "State": hidden,
        "Machine": {"Name": hidden, "DeliveryGroup": {"Name": hidden}},
    }
    entry = Entry.from_target(Target.from_session(hidden, session))
    entry.end("sent", changed=True)
    result, _warnings = reported(entry)
    shown = r"a\u200bb\u202e\nok: [host]"
    assert list(result["sessions"][0].values())[:5] == [shown] * 5
    assert result["diff"]["after"] == {shown: f"{shown} on {shown}: sent"}
    # The API has the session under its actual id.
    assert entry.id == hidden


def test_entry_has_requested_session_id():
    assert Entry.from_target(Target.from_session("ABC", {**SESSION, "Id": "abc"})).id == "ABC"


def test_ended_session_has_result_ended():
    entry = Entry.from_target(Target.from_session("1", None))
    assert (entry.id, entry.result, entry.changed) == ("1", "ended", False)
    assert entry.reason == "there is no session with this id"
    assert entry.session == SessionRef("1")


@pytest.mark.parametrize("session_id", ["", ".", "..", "\ud800"])
def test_entry_without_valid_id_failed_with_known_data(session_id):
    entry = Entry.from_target(Target.from_session(session_id, {**SESSION, "Id": session_id}))
    assert (entry.id, entry.result, entry.changed, entry.session.user) == (session_id, "failed", False, "LAB\\user001")
    assert entry.reason == "the API returned no usable id for this session; run again"


@pytest.mark.parametrize("session_id", ["", "."])
def test_entry_ended_session_with_any_id_is_ended(session_id):
    assert Entry.from_target(Target.from_session(session_id, None)).result == "ended"


def test_entry_has_requested_class():
    class Special(Entry):
        pass

    assert isinstance(Special.from_target(Target.from_session("1", SESSION)), Special)


@pytest.mark.parametrize("changed", [True, False])
def test_entry_ended_session_has_reason(changed):
    entry = Entry.from_target(Target.from_session("1", SESSION))
    entry.end("sent", "a reason", changed)
    assert (entry.result, entry.reason, entry.changed) == ("sent", "a reason", changed)


def test_result_changed_from_entries():
    entry = Entry.from_target(Target.from_session("1", SESSION))
    entry.end("sent", changed=True)
    assert entry.difference() == ("not sent", "sent")
    assert entry.reason is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
ALIENS = st.fixed_dictionaries(
    {},
    optional={
        "Machine": JSON | st.fixed_dictionaries({}, optional={"Name": JSON, "DeliveryGroup": JSON}),
        **dict.fromkeys(("Id", "State", "User", "Other"), JSON),
    },
)


@given(ALIENS)
def test_entry_from_session_of_any_shape(session):
    before = copy.deepcopy(session)
    entry = Entry.from_target(Target.from_session("1", session)).to_result()
    assert session == before
    for name in ("user", "machine", "delivery_group", "session_state"):
        assert entry[name] is None or (isinstance(entry[name], str) and entry[name])


CHANGES = ("started", "stopped", "requested")


def an_entry(result, number=1, reason=None, **fields):
    session = SessionRef(f"id-{number}", f"LAB\\user{number:03}", "LAB\\vda-001", session_state="Active")
    named = {name: fields.pop(name) for name in SessionRef._fields if name in fields}
    own = {"result": result, "reason": reason, "changed": result in CHANGES, **fields}
    return RecordingEntry(session._replace(**named), **own)


@pytest.fixture
def reported(fake_api):
    """Return a function that returns (result, warnings) for entries, by default of a machine."""

    def run(
        *entries, absent=(), unused=(), results=RESULTS, ended_is_fine=False, on_gap=None, check_mode=False, **selector
    ):
        warnings = []
        params = {"on_gap": on_gap, "session_id": None, "user": None, **selector}
        module = SimpleNamespace(params=params, check_mode=check_mode, warn=warnings.append)
        selection = Selection([], list(absent), {"exclude_user": list(unused)} if unused else {})
        if ended_is_fine:
            entries = [StoppingEntry(**vars(entry)) for entry in entries]
        return task_result(module, fake_api, selection, list(entries), results), warnings

    return run


def test_result_has_all_keys(reported, fake_api):
    fake_api.counts = {"requests": 6, "throttled": 2, "waited_seconds": 1.5}
    result, warnings = reported(an_entry("started", 1, recorded=True), an_entry("unchanged", 2))
    assert result["changed"] is True
    assert "failed" not in result
    assert result["msg"] == "2 sessions: 1 started, 1 unchanged."
    assert [entry["id"] for entry in result["sessions"]] == ["id-1", "id-2"]
    assert result["summary"] == {
        **dict.fromkeys(RESULTS, 0),
        "started": 1,
        "unchanged": 1,
        "requests": 6,
        "throttled": 2,
        "waited_seconds": 1.5,
    }
    assert warnings == []


@pytest.mark.parametrize("outcome", RESULTS)
def test_result_counts_and_message_per_status(reported, outcome):
    result, _warnings = reported(an_entry(outcome, reason="for a reason"))
    assert result["summary"][outcome] == 1
    assert result["msg"].startswith(f"1 session: 1 {outcome.replace('_', ' ')}.")
    assert result["changed"] is (outcome in CHANGES)


@pytest.mark.parametrize("results", [RESULTS, messages.RESULTS])
def test_result_counts_have_all_possible_keys(reported, results):
    result, _warnings = reported(an_entry(results[0]), results=results)
    assert list(result["summary"]) == [*results, "requests", "throttled", "waited_seconds"]


def test_result_check_mode_in_message(reported):
    result, _warnings = reported(an_entry("started"), check_mode=True)
    assert result["msg"] == "Check mode, nothing was sent; a run would process 1 session: 1 started."


@pytest.mark.parametrize(
    ("outcome", "before", "after", "words"),
    [
        ("started", False, True, ("not recorded", "recorded")),
        ("stopped", True, False, ("recorded", "not recorded")),
        ("requested", False, None, ("not recorded", "recording unknown")),
    ],
)
def test_diff_has_only_changes(reported, outcome, before, after, words):
    changed = an_entry(outcome, 1, recorded_before=before, recorded=after)
    result, _warnings = reported(changed, an_entry("unchanged", 2), an_entry("ended", 3))
    assert result["diff"] == {
        "before": {"id-1": f"LAB\\user001 on LAB\\vda-001: {words[0]}"},
        "after": {"id-1": f"LAB\\user001 on LAB\\vda-001: {words[1]}"},
    }


def test_diff_equals_entry(reported):
    entry = Entry(SessionRef("id-1", "LAB\\user001", "LAB\\vda-001"), changed=True, result="sent")
    result, _warnings = reported(entry, results=messages.RESULTS)
    assert result["diff"] == {
        "before": {"id-1": "LAB\\user001 on LAB\\vda-001: not sent"},
        "after": {"id-1": "LAB\\user001 on LAB\\vda-001: sent"},
    }
    assert "recorded" not in result["sessions"][0]


def test_diff_names_known_data(reported):
    result, _warnings = reported(Entry(SessionRef("id-1"), changed=True, result="sent"), results=messages.RESULTS)
    assert result["diff"]["after"] == {"id-1": "no name on an unknown machine: sent"}


def test_diff_without_change_is_empty(reported):
    result, _warnings = reported(an_entry("unchanged"))
    assert result["diff"] == {"before": {}, "after": {}}
    assert result["changed"] is False


@pytest.mark.parametrize("outcome", ["unconfirmed", "failed"])
@pytest.mark.parametrize("on_gap", [None, "warn", "fail"])
@pytest.mark.parametrize("ended_is_fine", [True, False])
def test_failure_fails_task_with_complete_result(reported, outcome, on_gap, ended_is_fine):
    entries = [an_entry("started", 1), an_entry(outcome, 2, "the API said no.")]
    result, warnings = reported(*entries, ended_is_fine=ended_is_fine, on_gap=on_gap)
    assert result["failed"] is True
    assert result["changed"] is True
    assert len(result["sessions"]) == 2
    assert result["summary"][outcome] == 1
    assert list(result["diff"]["after"]) == ["id-1"]
    assert f"1 {outcome} (LAB\\user002 on LAB\\vda-001, Active): the API said no." in result["msg"]
    assert warnings == []


GAPS = [
    (an_entry("not_recordable", 1, "not_active", session_state="Disconnected"), "only active sessions can be recorded"),
    (an_entry("ended", 1, "the session ended before the request"), "the session ended before the request"),
]
SELECTORS = [
    ({"session_id": ["id-1"]}, "fail"),
    ({"user": ["LAB\\user001"]}, "fail"),
    ({"user": ["LAB\\user001"], "machine": ["LAB\\vda-001"]}, "fail"),
    ({"machine": ["LAB\\vda-001"]}, "warn"),
    ({"delivery_group": ["Office"], "application": ["Editor"]}, "warn"),
    ({"all_sessions": True}, "warn"),
]


@pytest.mark.parametrize(("entry", "expected"), GAPS)
@pytest.mark.parametrize(("selector", "default"), SELECTORS)
@pytest.mark.parametrize("on_gap", [None, "fail", "warn"])
def test_gap_fails_or_warns_by_on_gap_or_selector(reported, entry, expected, selector, default, on_gap):
    result, warnings = reported(entry, on_gap=on_gap, **selector)
    if (on_gap or default) == "fail":
        assert result["failed"] is True
        assert expected in result["msg"]
        assert warnings == []
    else:
        assert "failed" not in result
        (warning,) = warnings
        assert warning.startswith(f"1 {entry.result.replace('_', ' ')} (LAB\\user001 on LAB\\vda-001, ")
        assert expected in warning


@pytest.mark.parametrize("ended_is_fine", [True, False])
@pytest.mark.parametrize(("selector", "default"), SELECTORS)
@pytest.mark.parametrize("on_gap", [None, "fail", "warn"])
def test_gap_empty_selection(reported, ended_is_fine, selector, default, on_gap):
    result, warnings = reported(ended_is_fine=ended_is_fine, on_gap=on_gap, **selector)
    assert result["msg"].startswith("0 sessions: none found.")
    assert result["sessions"] == []
    assert ("failed" in result) is ((on_gap or default) == "fail")
    assert bool(warnings) is ((on_gap or default) == "warn")
    assert "No sessions matched, or all matching" in (warnings[0] if warnings else result["msg"])


@pytest.mark.parametrize("on_gap", ["fail", "warn"])
@pytest.mark.parametrize("selection", [Selection([], [], {}), None])
def test_task_result_no_visible_machine_is_gap(fake_api, on_gap, selection):
    fake_api.on("GET Machines", {"Items": []})
    warnings = []
    module = SimpleNamespace(params={"on_gap": on_gap}, check_mode=False, warn=warnings.append)
    result = task_result(module, fake_api, selection, [], RESULTS)
    expected = result["msg"] if on_gap == "fail" else " ".join(warnings)
    assert "The account sees no session and no machine: check its role" in expected
    assert bool(result.get("failed")) is (on_gap == "fail")
    assert len(warnings) == int(on_gap == "warn")


@pytest.mark.parametrize("on_gap", ["fail", "warn"])
def test_task_result_policy_matches_no_session_one_warning(fake_api, on_gap):
    warnings = []
    module = SimpleNamespace(params={"on_gap": on_gap}, check_mode=False, warn=warnings.append)
    result = task_result(module, fake_api, None, [], RESULTS)
    assert "failed" not in result
    assert [warning.split(":")[0] for warning in warnings] == ["No session matches a rule"]


@pytest.mark.parametrize("complete", [True, False])
def test_task_result_incomplete_list_reported(reported, fake_api, complete):
    fake_api.list_complete = complete
    result, _warnings = reported(an_entry("unchanged"))
    assert result["list_complete"] is complete
    assert fake_api.calls == []


@pytest.mark.parametrize("ended_is_fine", [True, False])
@pytest.mark.parametrize("entries", [[], [an_entry("unchanged")]])
@pytest.mark.parametrize("on_gap", [None, "fail", "warn"])
def test_gap_named_user_without_session_despite_others(reported, ended_is_fine, entries, on_gap):
    absent = ["LAB\\user002", "user003"]
    result, warnings = reported(
        *entries, absent=absent, user=["LAB\\user001", *absent], ended_is_fine=ended_is_fine, on_gap=on_gap
    )
    expected = (
        "No session was found for LAB\\user002, user003: check the name, and its form with citrix_sessions_info, or "
        "run again when the user is logged on."
    )
    if on_gap == "warn":
        assert ("failed" in result, warnings) == (False, [expected])
    else:
        assert (result["failed"], warnings) == (True, [])
        assert result["msg"].endswith(f" {expected}")
    assert len(result["sessions"]) == len(entries)


def test_gap_names_first_users_without_session(reported):
    absent = [f"LAB\\user{number:03}" for number in range(1, 6)]
    result, _warnings = reported(an_entry("unchanged"), absent=absent, user=absent)
    assert "No session was found for LAB\\user001, LAB\\user002, LAB\\user003 and 2 more: " in result["msg"]


@pytest.mark.parametrize("ended_is_fine", [True, False])
@pytest.mark.parametrize("on_gap", [None, "fail", "warn"])
@pytest.mark.parametrize(("selector", "_default"), SELECTORS)
def test_exclusion_without_match_warns_without_gap(reported, selector, _default, on_gap, ended_is_fine):
    """It may be a typo, but a user excluded from many runs need not have a session each time."""
    unused = ["LAB\\usr002", "user003"]
    result, warnings = reported(
        an_entry("unchanged"), unused=unused, ended_is_fine=ended_is_fine, on_gap=on_gap, **selector
    )
    assert "failed" not in result
    assert warnings == ["exclude_user: no selected session belongs to LAB\\usr002, user003; check the names."]


def test_exclusion_warning_names_first_of_many(reported):
    unused = [f"LAB\\user{number:03}" for number in range(1, 6)]
    _result, warnings = reported(an_entry("unchanged"), unused=unused)
    assert warnings == [
        "exclude_user: no selected session belongs to LAB\\user001, LAB\\user002, LAB\\user003 and 2 more; "
        "check the names."
    ]


def test_exclusion_without_match_reported_with_other_problems(reported):
    entries = [an_entry("failed", 1, "HTTP 403"), an_entry("ended", 2, "session ended")]
    result, warnings = reported(*entries, unused=["user009"], machine=["LAB\\vda-001"])
    assert "HTTP 403." in result["msg"] and "user009" not in result["msg"]
    assert [warning.split(" ")[0] for warning in warnings] == ["exclude_user:", "1"]


@pytest.mark.parametrize("name", ["LAB\\a\u202eb\x1b[31m", "x" * 1000])
def test_gap_user_shown_on_one_short_printable_line(reported, name):
    result, warnings = reported(absent=[name], unused=[name], user=[name])
    for expected in (result["msg"], *warnings):
        assert expected.isprintable() and len(expected) < 500


@pytest.mark.parametrize(("selector", "_default"), SELECTORS)
@pytest.mark.parametrize("on_gap", [None, "fail", "warn"])
def test_gap_ended_session_ignored_if_allowed(reported, selector, _default, on_gap):
    result, warnings = reported(an_entry("ended", 1, "session ended"), ended_is_fine=True, on_gap=on_gap, **selector)
    assert "failed" not in result
    # It is still reported: a wrong id or a wrong site has the same effect.
    assert len(warnings) == 1


@pytest.mark.parametrize("on_gap", ["fail", "warn"])
def test_gap_starts_and_stops_counted_separately(reported, on_gap):
    stopping = StoppingEntry(**vars(an_entry("ended", 1, "session ended")))
    result, warnings = reported(stopping, an_entry("ended", 2, "session ended"), on_gap=on_gap)
    expected = [warning.split(" (")[1].split(" on ")[0] for warning in warnings]
    assert expected == (["LAB\\user001"] if on_gap == "fail" else ["LAB\\user001", "LAB\\user002"])
    assert ("failed" in result) is (on_gap == "fail")
    assert ("LAB\\user002" in result["msg"], "LAB\\user001" in result["msg"]) == (on_gap == "fail", False)


@pytest.mark.parametrize("name", ["LAB\\user001", "x" * 1000])
def test_message_many_reasons_limited_length(reported, name):
    reasons = [f"{number} {'x' * 600}" for number in range(50)]
    result, _warnings = reported(*(an_entry("failed", n, reason, user=name) for n, reason in enumerate(reasons)))
    expected = sum(f": {reason}." in result["msg"] for reason in reasons)
    assert expected >= 1 and len(result["msg"]) < 2000
    assert f"Other problems: {50 - expected}; see the reason of each session." in result["msg"]


def test_message_has_failures_and_gaps(reported):
    entries = [an_entry("failed", 1, "HTTP 403"), an_entry("ended", 2, "session ended")]
    result, warnings = reported(*entries, session_id=["id-1", "id-2"])
    assert "HTTP 403." in result["msg"] and "session ended." in result["msg"]
    assert warnings == []


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"user": None}, "(no name on LAB\\vda-001, Active)"),
        ({"machine": None}, "(id-1)"),
        ({"user": "LAB\\a\nb\x1b[31m"}, "(LAB\\a b\\x1b[31m on LAB\\vda-001, Active)"),
        ({"user": "x" * 1000}, "..."),
    ],
)
def test_session_named_by_known_user_and_machine(reported, fields, shown):
    result, _warnings = reported(an_entry("failed", reason="no", **fields))
    assert shown in result["msg"]
    assert result["msg"].isprintable()
    assert len(result["msg"]) < 400


def test_session_of_unknown_state_not_reported_missing(reported):
    result, _warnings = reported(an_entry("failed", reason="no", session_state=None))
    assert "None" not in result["msg"]
