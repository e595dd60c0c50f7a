# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: counts, sentence, difference, and whether a gap is a failure or a warning."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._recording import Entry, Wanted
from ansible_collections.sessionops.citrix.plugins.module_utils._report import RESULTS, recording_result

START, STOP = Wanted(recorded=True), Wanted(recorded=False)
CHANGES = ("started", "stopped", "requested")


def an_entry(result, number=1, reason=None, **fields):
    return Entry(
        **{
            "id": f"id-{number}",
            "user": f"LAB\\user{number:03}",
            "machine": "LAB\\vda-001",
            "session_state": "Active",
            "result": result,
            "reason": reason,
            "changed": result in CHANGES,
            **fields,
        }
    )


@pytest.fixture
def reported(fake_api):
    """Return a function that gives (result, warnings) for these entries."""

    def report(*entries, wanted=START, on_gap=None, session_id=None, machine=None):
        warnings = []
        params = {"on_gap": on_gap, "session_id": session_id, "machine": machine}
        module = SimpleNamespace(params=params, check_mode=False, warn=warnings.append)
        return recording_result(module, fake_api, list(entries), wanted), warnings

    return report


def test_a_result_has_everything(reported, fake_api):
    fake_api.pace.requests, fake_api.pace.throttled = 6, 2
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
    }
    assert warnings == []


@pytest.mark.parametrize("outcome", RESULTS)
def test_every_result_is_counted_and_told(reported, outcome):
    result, _warnings = reported(an_entry(outcome, reason="for a reason"))
    assert result["summary"][outcome] == 1
    assert result["msg"].startswith(f"1 session: 1 {outcome.replace('_', ' ')}.")
    assert result["changed"] is (outcome in CHANGES)


@pytest.mark.parametrize(("wanted", "outcome"), [(START, "started"), (STOP, "stopped"), (START, "requested")])
def test_the_difference_has_what_changed_and_nothing_else(reported, wanted, outcome):
    known = None if outcome == "requested" else wanted.recorded
    changed = an_entry(outcome, 1, recorded_before=not wanted.recorded, recorded=known)
    result, _warnings = reported(changed, an_entry("unchanged", 2), an_entry("ended", 3), wanted=wanted)
    about = {"user": "LAB\\user001", "machine": "LAB\\vda-001"}
    assert result["diff"] == {
        "before": {"id-1": {**about, "recorded": not wanted.recorded}},
        "after": {"id-1": {**about, "recorded": known}},
    }


def test_without_a_change_the_difference_is_empty(reported):
    result, _warnings = reported(an_entry("unchanged"))
    assert result["diff"] == {"before": {}, "after": {}}
    assert result["changed"] is False


@pytest.mark.parametrize("outcome", ["unconfirmed", "failed"])
@pytest.mark.parametrize("on_gap", [None, "warn", "fail"])
@pytest.mark.parametrize("wanted", [START, STOP])
def test_a_failure_fails_the_task_with_the_whole_result(reported, outcome, on_gap, wanted):
    entries = [an_entry("started", 1), an_entry(outcome, 2, "the API said no.")]
    result, warnings = reported(*entries, wanted=wanted, on_gap=on_gap, machine=["LAB\\vda-001"])
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
SELECTORS = [({"session_id": ["id-1"]}, "fail"), ({"machine": ["LAB\\vda-001"]}, "warn")]


@pytest.mark.parametrize(("entry", "told"), GAPS)
@pytest.mark.parametrize(("selector", "default"), SELECTORS)
@pytest.mark.parametrize("on_gap", [None, "fail", "warn"])
def test_a_gap_fails_or_warns_as_asked_and_otherwise_by_the_selector(reported, entry, told, selector, default, on_gap):
    result, warnings = reported(entry, on_gap=on_gap, **selector)
    if (on_gap or default) == "fail":
        assert result["failed"] is True
        assert told in result["msg"]
        assert warnings == []
    else:
        assert "failed" not in result
        (warning,) = warnings
        assert warning.startswith(f"1 {entry.result.replace('_', ' ')} (LAB\\user001 on LAB\\vda-001, ")
        assert told in warning


@pytest.mark.parametrize("wanted", [START, STOP])
@pytest.mark.parametrize(("selector", "default"), SELECTORS)
@pytest.mark.parametrize("on_gap", [None, "fail", "warn"])
def test_an_empty_selection_is_a_gap(reported, wanted, selector, default, on_gap):
    result, warnings = reported(wanted=wanted, on_gap=on_gap, **selector)
    assert result["msg"].startswith("0 sessions: none found.")
    assert result["sessions"] == []
    assert ("failed" in result) is ((on_gap or default) == "fail")
    assert bool(warnings) is ((on_gap or default) == "warn")
    assert "No session was found" in (warnings[0] if warnings else result["msg"])


@pytest.mark.parametrize(("selector", "_default"), SELECTORS)
@pytest.mark.parametrize("on_gap", [None, "fail", "warn"])
def test_a_session_that_has_ended_is_as_good_as_stopped(reported, selector, _default, on_gap):
    result, warnings = reported(an_entry("ended", 1, "gone"), wanted=STOP, on_gap=on_gap, **selector)
    assert "failed" not in result
    # It is told all the same: a wrong id or a wrong site looks like that too.
    assert len(warnings) == 1


def test_there_is_one_warning_for_each_kind_of_gap(reported):
    entries = [an_entry("not_recordable", number, "not_active") for number in range(1, 6)]
    entries += [an_entry("not_recordable", 6, "not_hdx"), an_entry("ended", 7, "gone")]
    result, warnings = reported(*entries, machine=["LAB\\vda-001"])
    assert len(warnings) == 3
    assert warnings[0].startswith("5 not recordable (LAB\\user001 ")
    assert " and 2 more): only active sessions can be recorded" in warnings[0]
    assert "LAB\\user003" in warnings[0] and "LAB\\user004" not in warnings[0]
    assert len(result["sessions"]) == 7


def test_reasons_that_differ_by_ids_only_are_of_one_kind(reported):
    entries = [
        an_entry("failed", number, f"Could not start session id-{number}: HTTP 403. [transaction t-{number}]")
        for number in range(1, 5)
    ]
    result, _warnings = reported(*entries)
    assert result["msg"].count("HTTP 403") == 1
    assert "4 failed (" in result["msg"] and "and 1 more" in result["msg"]


def test_failures_and_gaps_are_told_together(reported):
    entries = [an_entry("failed", 1, "HTTP 403"), an_entry("ended", 2, "gone")]
    result, warnings = reported(*entries, session_id=["id-1", "id-2"])
    assert "HTTP 403." in result["msg"] and "gone." in result["msg"]
    assert warnings == []


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"user": None}, "(anonymous on LAB\\vda-001, Active)"),
        ({"machine": None}, "(id-1)"),
        ({"user": "LAB\\a\nb\x1b[31m"}, "(LAB\\a b [31m on LAB\\vda-001, Active)"),
        ({"user": "x" * 1000}, "..."),
    ],
)
def test_a_session_is_named_by_its_user_and_machine_as_far_as_known(reported, fields, shown):
    result, _warnings = reported(an_entry("failed", reason="no", **fields))
    assert shown in result["msg"]
    assert result["msg"].isprintable()
    assert len(result["msg"]) < 400


def test_a_session_of_unknown_state_is_not_said_to_be_none(reported):
    result, _warnings = reported(an_entry("failed", reason="no", session_state=None))
    assert "None" not in result["msg"]
