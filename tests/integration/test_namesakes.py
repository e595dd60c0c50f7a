# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random fleets and selections: each selection equals that of the reference, or is rejected."""

from __future__ import annotations

import logging
from unittest import mock

import pytest
from ansible_collections.sessionops.citrix.extensions.eda.plugins.event_source import citrix_sessions as source
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError, OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_recording_coverage as coverage
from ansible_collections.sessionops.citrix.plugins.modules import citrix_recording_policy as policy
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording as recording
from ansible_collections.sessionops.citrix.plugins.modules import citrix_sessions_info as sessions_info
from hypothesis import given, settings
from hypothesis import strategies as st
from namesakes import ABSENT_AND_DOUBTFUL, BAD_NAMES, EXCLUSIONS, NAMES, SELECTIONS, SESSIONS, Reference, plain, plan
from support.simulator_process import Simulator


@pytest.fixture(scope="module")
def simulator():
    made = Simulator()
    made.reset(wildcards=True)
    yield made
    made.close()


class Rejected(Exception):
    """The reference rejects the selection."""


def expected(reference: Reference, options: dict, waits: bool) -> dict[int, str]:
    """Return the expected result of each selected session, in the simplest form.

    waits: whether users may log on later, so that none of them requires a session yet.
    """
    run = reference.found(options)
    if "user" in options and reference.hides_users(options) and not waits:
        raise Rejected
    for option in ("user", "exclude_user"):
        for name, persons in reference.persons(run, options.get(option, [])).items():
            if len(persons) > 1 and "\\" not in name and "@" not in name:
                raise Rejected
            if not persons and "\u00a0" in name.strip() and not waits:
                raise Rejected
    excluded = set().union(
        *(person for persons in reference.persons(run, options.get("exclude_user", [])).values() for person in persons)
    )
    named = reference.named(run) - reference.possible(run, options.get("exclude_user", []))
    return {
        at: "started" if at in named or "exclude_user" not in options else "unidentified"
        for at in run
        if at not in excluded and not reference.excluded_machine(reference.sessions[at], options)
    }


def outcome(run) -> dict[str, str]:
    try:
        return {entry["id"]: entry["result"] for entry in run()["sessions"]}
    except OptionError as error:
        raise Rejected from error


def compare(simulator, sessions, options, run, waits: bool = False) -> None:
    """Compare the results of a task with those of the reference."""
    ids = list(simulator.fleet(**plan(sessions)))
    reference = Reference(sessions)
    try:
        wanted = {ids[at]: result for at, result in expected(reference, options, waits).items()}
    except Rejected:
        with pytest.raises(Rejected):
            outcome(run)
        return
    assert outcome(run) == wanted


@settings(max_examples=150)
@given(sessions=SESSIONS, selection=SELECTIONS, exclusions=EXCLUSIONS)
def test_recording_starts_sessions_of_reference(simulator, client, sessions, selection, exclusions):
    options = {**selection, **exclusions}
    everyone = {} if selection else {"all_sessions": True}

    def run():
        return client(recording, simulator.cloud, True, state="started", on_gap="warn", **everyone, **options)

    compare(simulator, sessions, options, run)


@settings(max_examples=100)
@given(sessions=SESSIONS, first=SELECTIONS, exclusions=EXCLUSIONS)
def test_policy_assigns_rules_of_reference(simulator, client, sessions, first, exclusions):
    """The first rule stops, the second starts the rest: never users that the first may match."""
    ids = list(simulator.fleet(**plan(sessions)))
    reference = Reference(sessions)
    everyone = list(range(len(reference.sessions)))
    rules = [
        {"name": "First", "state": "stopped", **({} if first else {"all_sessions": True}), **first},
        {"name": "Rest", "state": "started", "all_sessions": True, **exclusions},
    ]

    def run():
        return client(policy, simulator.cloud, True, rules=rules)

    met, wanted, ambiguous = {}, {}, False
    for option, names in (("user", first.get("user", [])), ("exclude_user", exclusions.get("exclude_user", []))):
        places = first if option == "user" else {}
        for name, persons in reference.persons(everyone, names).items():
            persons = [
                person for person in persons if any(reference.at_place(reference.sessions[at], places) for at in person)
            ]
            ambiguous |= len(persons) > 1 and "\\" not in name and "@" not in name
            ambiguous |= not persons and "\u00a0" in name.strip()
            met.setdefault(option, set()).update(*persons)
    if ambiguous:
        with pytest.raises(Rejected):
            outcome(run)
        return
    named = reference.named(everyone)
    may_be = {
        option: reference.possible(everyone, each.get(option, []))
        for option, each in (("user", first), ("exclude_user", exclusions))
    }
    for at, session in enumerate(reference.sessions):
        fits_place = reference.at_place(session, first)
        if fits_place and ("user" not in first or at in met["user"]):
            wanted[ids[at]] = "unchanged"
        elif at not in met.get("exclude_user", ()) and not reference.excluded_machine(session, exclusions):
            asked = [name for name, counts in (("user", fits_place), ("exclude_user", True)) if counts]
            given = {**first, **exclusions}
            unidentified = any(name in given and (at not in named or at in may_be[name]) for name in asked)
            wanted[ids[at]] = "unidentified" if unidentified else "started"
    assert outcome(run) == wanted


@settings(max_examples=60)
@given(sessions=SESSIONS, selection=SELECTIONS)
def test_views_show_sessions_of_reference(simulator, client, tmp_path_factory, sessions, selection):
    folder = tmp_path_factory.getbasetemp()

    def shown(entries):
        return {"sessions": [{"id": entry["id"], "result": "started"} for entry in entries]}

    for read in (
        lambda: client(sessions_info, simulator.cloud, fields=["Id"], **selection)["sessions"],
        lambda: client(coverage, simulator.cloud, dest=str(folder), **selection)["coverage"]["gaps"],
    ):
        compare(simulator, sessions, selection, lambda read=read: shown(read()))


@settings(max_examples=40)
@given(sessions=SESSIONS, selection=SELECTIONS)
def test_event_source_reports_sessions_of_reference(simulator, sessions, selection):
    def poll():
        events = source.prepare({**simulator.cloud, "initial": True, **selection}).poll()
        return {"sessions": [{"id": event["session"]["id"], "result": "started"} for event in events]}

    with mock.patch.object(logging.getLogger("sessionops.citrix.citrix_sessions"), "disabled", True):
        compare(simulator, sessions, selection, poll, waits=True)


@settings(max_examples=150)
@given(
    option=st.sampled_from(["user", "exclude_user", "machine", "exclude_machine", "delivery_group", "application"]),
    bad=st.sampled_from(BAD_NAMES),
    good=st.lists(st.sampled_from(NAMES["user"]), max_size=2),
    alone=st.booleans(),
)
def test_invalid_names_rejected_everywhere(simulator, client, option, bad, good, alone):
    simulator.reset(wildcards=True)
    value = bad if alone and not isinstance(bad, (list, type(None))) else [*good, bad]
    selection = {option: value, **({"all_sessions": True} if option.startswith("exclude") else {})}
    ways = [
        lambda: client(recording, simulator.cloud, True, state="started", **selection),
        lambda: client(policy, simulator.cloud, True, rules=[{"name": "Rule", "state": "started", **selection}]),
    ]
    if option in sessions_info.ARGUMENT_SPEC:
        ways += [
            lambda: client(sessions_info, simulator.cloud, **selection),
            lambda: source.prepare({**simulator.cloud, **selection}),
        ]
    for way in ways:
        with pytest.raises(CitrixError, match=option):
            way()
    assert simulator.calls() == []


@settings(max_examples=30)
@given(sessions=SESSIONS, name=st.sampled_from(ABSENT_AND_DOUBTFUL), option=st.sampled_from(["user", "exclude_user"]))
def test_lookalike_names_rejected(simulator, client, sessions, name, option):
    known = {"person": "bert", "members": ("Name",), "machine": 0, "application": None, "anonymous": False}
    simulator.fleet(**plan([*sessions, known]))
    selection = {option: [name], **({"all_sessions": True} if option == "exclude_user" else {})}
    with pytest.raises(OptionError, match="has no session and contains invisible characters"):
        client(recording, simulator.cloud, state="started", **selection)
    assert not any(session["starts"] for session in simulator.state().values())
    assert plain(name) not in {plain(each) for each in NAMES["user"]}
