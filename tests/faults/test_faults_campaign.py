# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The campaign itself: complete faults, repeatable runs, and effective checks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support import figures_page

from faults import checks, table
from faults.__main__ import LONG, RARE_RUNS, plans
from faults.catalogue import FAILS, FAULTS
from faults.relay import Twist
from faults.runners import Forks
from faults.runs import Outcome, Plan, run
from faults.station import Station

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def test_short_campaign_has_each_common_fault_twice():
    counts = Counter(plan.fault for plan in plans(232, 1, []))
    assert sum(counts.values()) == 232
    assert {name for name, fault in FAULTS.items() if not fault.rare} == {
        name for name, count in counts.items() if count > 1
    }


def test_long_campaign_has_every_fault_task_and_way():
    planned = list(plans(3 * LONG, 1, []))
    assert len(planned) == 3 * LONG
    assert len({plan.label for plan in planned}) == len(planned)
    found = {(plan.fault, plan.scene, plan.batched) for plan in planned}
    for name, fault in FAULTS.items():
        of_it = {(scene, batched) for each, scene, batched in found if each == name}
        ways = 1 if fault.batched is not None else 2
        assert len(of_it) == (RARE_RUNS if fault.rare else ways * len(fault.scenes)), name


def test_same_seed_gives_same_runs():
    assert list(plans(300, 7, [])) == list(plans(300, 7, []))
    assert list(plans(300, 7, [])) != list(plans(300, 8, []))


def test_label_reproduces_its_run():
    assert all(Plan.of(plan.label) == plan for plan in plans(300, 1, []))


def test_table_counts_runs_and_has_their_sum():
    rows = {"a": table.Row(2, 1, 0), "none": table.Row(), "b": table.Row(0, 0, 1)}
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.markdown(rows).splitlines()]
    assert lines[2:] == [["a", "3", "2", "1", "0"], ["b", "1", "0", "0", "1"], ["**all**", "4", "2", "1", "1"]]


def test_page_has_marks():
    text = PAGE.read_text(encoding="utf-8")
    assert text.count(figures_page.begin(table.MAKER)) == 1


def is_typical(outcome: Outcome) -> bool:
    """Return whether a run changed some sessions and not others, if its task changes any."""
    results = {entry["result"] for entry in outcome.result["sessions"]} if outcome.scene.writes else set()
    return (
        outcome.scene.writes <= bool(outcome.trail)
        and not outcome.check_mode
        and (not outcome.scene.writes or results == {"sent"} or ("started" in results and len(results) > 1))
    )


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Return {scene: the outcome of its run without faults}."""
    forks = Forks(tmp_path_factory.mktemp("forks"))
    station = Station(tmp_path_factory.mktemp("station"), forks)
    made = {}
    for scene in ("start", "message", "token", "sessions"):
        number = 0
        while scene not in made or not is_typical(made[scene]):
            made[scene] = run(station, Plan("none", scene, False, number))
            number += 1
    yield made
    station.close()
    forks.close()


def test_valid_run_violates_nothing(outcomes):
    assert {scene: checks.violations(outcome) for scene, outcome in outcomes.items()} == {
        scene: [] for scene in outcomes
    }


def with_result(outcome: Outcome, edit: Callable[[dict], object]) -> Outcome:
    result = json.loads(outcome.stdout)
    edit(result)
    return replace(outcome, stdout=json.dumps(result))


def with_state(outcome: Outcome, session_id: str, **changes: object) -> Outcome:
    after = {**outcome.after, session_id: {**outcome.after[session_id], **changes}}
    return replace(outcome, after=after)


def failed(outcome: Outcome, message: object) -> Outcome:
    return replace(with_result(outcome, lambda result: result.update(failed=True, msg=message)), code=1)


def hidden(outcome: Outcome, edit: Callable[[dict], object]) -> Outcome:
    return replace(with_result(outcome, edit), trouble=replace(outcome.trouble, hidden=True))


def of_kind(outcome: Outcome, *results: str) -> str:
    return next(entry["id"] for entry in outcome.result["sessions"] if entry["result"] in results)


def a_call(outcome: Outcome, path: str, authorization: str = "CWSAuth bearer=x") -> Outcome:
    call = {**outcome.calls[-1], "path": path, "headers": {"authorization": authorization}}
    return replace(outcome, calls=[*outcome.calls, call])


BREAKS: dict[str, list[tuple[str, Callable[[Outcome], Outcome]]]] = {
    "answers": [
        ("start", lambda good: replace(good, code=None)),
        ("start", lambda good: replace(good, code=1)),
        ("start", lambda good: replace(good, stdout="")),
        ("start", lambda good: replace(good, stdout=good.stdout + "{}")),
        ("start", lambda good: replace(good, stderr="Traceback (most recent call last):")),
        ("start", lambda good: with_result(good, lambda result: result.update(exception="x"))),
    ],
    "explained": [
        ("start", lambda good: failed(good, None)),
        ("start", lambda good: failed(good, "check\nthis")),
        ("start", lambda good: failed(good, "check " * 1000)),
        ("start", lambda good: failed(good, "It went wrong.")),
        ("start", lambda good: failed(good, "Set the name, give it, check it and run again.")),
    ],
    "accounted": [
        ("start", lambda good: with_result(good, lambda result: result["sessions"].pop())),
        ("start", lambda good: with_result(good, lambda result: result["sessions"].append(result["sessions"][0]))),
        ("sessions", lambda good: with_result(good, lambda result: result["sessions"].pop())),
    ],
    "changed_is_real": [
        ("start", lambda good: with_state(good, of_kind(good, "started"), recorded=False)),
        ("message", lambda good: with_state(good, of_kind(good, "sent"), messages=[])),
        ("start", lambda good: with_result(good, lambda result: result.update(changed=False))),
    ],
    "change_is_reported": [
        ("start", lambda good: with_result(good, lambda result: result["sessions"].clear())),
        ("start", lambda good: with_state(good, of_kind(good, "unchanged", "not_recordable"), starts=7)),
        (
            "start",
            lambda good: with_result(
                good, lambda result: [each.update(changed=False, result="failed") for each in result["sessions"]]
            ),
        ),
    ],
    "once": [
        ("start", lambda good: with_state(good, of_kind(good, "started"), starts=7)),
        ("start", lambda good: with_state(good, of_kind(good, "started"), stops=2)),
        ("start", lambda good: with_state(good, of_kind(good, "started"), notices=2)),
        ("message", lambda good: with_state(good, of_kind(good, "sent"), messages=[{}, {}])),
    ],
    "confirmed": [
        ("start", lambda good: with_state(good, of_kind(good, "started"), reported=False)),
        (
            "sessions",
            lambda good: with_result(
                good, lambda result: [each.update(recorded=not each["recorded"]) for each in result["sessions"]]
            ),
        ),
    ],
    "within_budget": [("start", lambda good: replace(good, seconds=good.trouble.budget + 1))],
    "as_expected": [
        ("start", lambda good: replace(good, trouble=replace(good.trouble, may=FAILS))),
        ("start", lambda good: failed(good, "check this")),
    ],
    "signs_in_once": [("start", lambda good: a_call(good, "/cctrustoauth2/x/tokens/clients"))],
    "check_mode_writes_nothing": [
        ("start", lambda good: replace(good, check_mode=True)),
        ("sessions", lambda good: a_call(good, "/cvad/manage/Sessions/1/$stopRecording")),
    ],
    "shows_itself": [
        ("start", lambda good: replace(good, trouble=replace(good.trouble, rules=[{"path": "/nowhere$"}]))),
        ("start", lambda good: replace(good, trouble=replace(good.trouble, rules=[{"path": "/me$", "after": 1}]))),
        ("start", lambda good: replace(good, trouble=replace(good.trouble, twist=Twist()))),
        ("start", lambda good: replace(good, trouble=replace(good.trouble, status=418))),
        ("start", lambda good: replace(good, trouble=replace(good.trouble, runs=2), due=[])),
    ],
    "short_lists_are_reported": [
        ("sessions", lambda good: with_result(good, lambda result: result.update(list_complete=False))),
        ("sessions", lambda good: replace(good, trouble=replace(good.trouble, short=True))),
        ("sessions", lambda good: replace(good, trouble=replace(good.trouble, unreadable=True))),
    ],
    "hides_nothing": [
        ("start", lambda good: hidden(good, lambda result: result.update(msg="a\u202eb"))),
        ("start", lambda good: hidden(good, lambda result: result["sessions"][0].update(machine="a\u200bb"))),
    ],
    "trail_is_complete": [
        ("start", lambda good: replace(good, trail="")),
        ("start", lambda good: replace(good, trail=good.trail[:-1])),
        ("start", lambda good: replace(good, trail=good.trail.partition("\n")[2])),
        ("start", lambda good: replace(good, trail=good.trail.replace("INC-7", "INC-8", 1))),
        ("start", lambda good: replace(good, trail="".join(good.trail.splitlines(keepends=True)[:-1]))),
        ("start", lambda good: a_call(good, "/cvad/manage/Sessions/1/$startRecording")),
    ],
    "stays_home": [
        ("start", lambda good: replace(good, foreign=[b"GET /"])),
        ("start", lambda good: a_call(good, "/cvad/manage/me", "Basic eDp5")),
    ],
}


def call(number: int, path: str, answer: object = None, **more: object) -> dict:
    sent = {"headers": {}, "body": json.dumps(answer)} if answer is not None else None
    return {
        "n": number,
        "path": f"/cvad/manage/{path}",
        "query": {},
        "status": 200,
        "batch": None,
        "answer": sent,
        **more,
    }


def a_reading(number: int, session_id: str, state: object) -> list[dict]:
    return [call(number, "Sessions/RecordingStatus", {"IsSessionBeingRecorded": state}, query={"id": session_id})]


def a_reading_in_a_batch(number: int, session_id: str, state: object) -> list[dict]:
    url = f"/Sessions/RecordingStatus?id={session_id}"
    body = json.dumps({"Items": [{"Reference": "7", "RelativeUrl": url}]})
    text = {"Items": [{"Reference": "7", "Code": 200, "Body": json.dumps({"IsSessionBeingRecorded": state})}]}
    item = call(number + 1, "Sessions/RecordingStatus", query={"id": session_id}, batch=number)
    return [call(number, "$batch", text, body=body), item]


def a_reading_in_a_job(number: int, session_id: str, state: object) -> list[dict]:
    batch, item = a_reading_in_a_batch(number, session_id, state)
    accepted = {"headers": {"location": f"https://x/cvad/manage/Jobs/{number}"}, "body": ""}
    results = {**batch, "n": number + 2, "path": f"/cvad/manage/Jobs/{number}/Results", "body": ""}
    return [{**batch, "status": 202, "answer": accepted}, item, results]


@pytest.mark.parametrize("read", [a_reading, a_reading_in_a_batch, a_reading_in_a_job])
def test_silent_start_may_repeat_if_all_reads_show_old_state(outcomes, read):
    good = outcomes["start"]
    session_id = of_kind(good, "started")
    path = f"Sessions/{session_id}/$startRecording"

    def found(*states: object) -> list[str]:
        between = [each for at, state in enumerate(states) for each in read(10 * (at + 1), session_id, state)]
        repeated = with_state(good, session_id, starts=good.before[session_id]["starts"] + 2)
        return list(checks.once(replace(repeated, calls=[call(5, path), *between, call(99, path)])))

    assert found(False) == found(False, False) == []
    for states in ((), (True,), (False, True), (None,)):
        assert len(found(*states)) == 1


def test_each_check_has_a_violation():
    assert {*BREAKS, "keeps_secrets"} == set(checks.CHECKS)


@pytest.mark.parametrize("check", sorted(BREAKS))
def test_check_finds_its_violation(outcomes, check):
    for scene, spoil in BREAKS[check]:
        found = {name for name, _problem in checks.violations(spoil(outcomes[scene]))}
        assert check in found


@pytest.mark.parametrize("place", ["stdout", "stderr", "files", "log", "trail"])
def test_check_finds_secret_in_any_place_and_encoding(outcomes, place):
    good = outcomes["start"]
    assert len(good.secrets) > 3
    for secret in good.secrets:
        for spelling in checks._spellings(secret):
            bad = replace(good, **{place: f"{getattr(good, place)} x{spelling}x"})
            assert "keeps_secrets" in {name for name, _problem in checks.violations(bad)}


def test_check_allows_token_of_citrix_token_once(outcomes):
    good = outcomes["token"]
    assert good.result["access_token"] in good.secrets
    twice = with_result(good, lambda result: result.update(again=result["access_token"]))
    assert ["keeps_secrets"] == [name for name, _problem in checks.violations(twice)]
