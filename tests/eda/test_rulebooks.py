# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rulebooks do: nobody is recorded who was not meant, and nobody without being told."""

from __future__ import annotations

import json
import socket

import pytest
import requests

NAME = "sessionops.citrix"
MACHINE = "LAB\\vda-001"
TOKEN = "1234567890"
"""It looks like a number on purpose."""


def started(simulator) -> dict[str, tuple[int, int]]:
    """Return (starts, notices) of each session whose recording was asked for, by its user."""
    return {
        session["user"]: (session["starts"], session["notices"])
        for session in simulator.state().values()
        if session["starts"]
    }


def session_of(simulator, user: str) -> dict:
    return next(session for session in simulator.state().values() if session["user"] == user)


def nothing_is_given_away(simulator, output: str) -> bool:
    """Tell whether neither secret nor token is in what was printed."""
    headers = [call["headers"].get("authorization", "") for call in simulator.calls()]
    secrets = {simulator.facts["client_secret"], *(header.rpartition("=")[2] for header in headers if header)}
    return len(secrets) > 1 and not any(secret in output for secret in secrets)


# A watched user logs on


def test_watched_users_are_recorded_when_they_come_and_when_they_come_back(simulator, run):
    """user001 is there at the start, user007 is disconnected, user051 is to come; nobody else is meant."""
    watched = ["LAB\\user001", "user007@lab.example", "LAB\\user051"]
    rulebook = run(f"{NAME}.record_watched_users", variables={"citrix_watched_users": watched, "citrix_interval": 1})
    expected = {"LAB\\user001": (1, 1)}
    rulebook.wait_for(lambda: started(simulator) == expected)
    simulator.log_on("LAB\\vda-003")
    expected["LAB\\user051"] = (1, 1)
    rulebook.wait_for(lambda: started(simulator) == expected)
    simulator.reconnect(session_of(simulator, "LAB\\user007")["id"])
    simulator.log_on("LAB\\vda-003")
    expected["LAB\\user007"] = (1, 1)
    rulebook.wait_for(lambda: started(simulator) == expected)
    rulebook.wait_for(lambda: rulebook.output.count("PLAY RECAP") == 3)
    assert session_of(simulator, "LAB\\user051")["recorded"]
    assert started(simulator) == expected
    assert nothing_is_given_away(simulator, rulebook.output)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"citrix_watched_users": None}, "user: is empty; name at least one"),
        ({}, "'citrix_watched_users' is undefined"),
    ],
)
def test_no_list_of_watched_users_is_not_everybody(simulator, run, variables, message):
    rulebook = run(f"{NAME}.record_watched_users", variables=variables)
    rulebook.ended()
    assert message in rulebook.output
    assert simulator.calls() == []


# An alert arrives


@pytest.fixture
def alert(run):
    """Return a function that sends an alert and returns the status of the answer; it has the rulebook as .rulebook."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {"citrix_alert_port": port}
    rulebook = run(f"{NAME}.record_on_alert", env={"CITRIX_ALERT_TOKEN": TOKEN}, variables=variables)

    def send(body: object, token: str | None = TOKEN) -> int:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        with requests.Session() as http:
            http.trust_env = False
            # As curl sends it: with no word of JSON in a header.
            url = f"http://127.0.0.1:{port}/alert"
            return http.post(url, data=json.dumps(body), headers=headers, timeout=30).status_code

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    rulebook.wait_for(listens)
    send.rulebook = rulebook
    return send


def bad_names(marker: str) -> list:
    """Return what is no name of one user: wildcards, nothing, templates, what reaches for more than one."""
    template = f"{{{{ lookup('pipe', 'touch {marker}') }}}}"
    return [
        *("", " ", "*", "LAB\\*", "LAB\\user00?", "%", "LAB\\", "\\user002", "@lab.example", "user002@"),
        *("LAB\\user002,LAB\\user003", "LAB\\user002\n", "LAB\\user002\nLAB\\user003", "LAB\\user002\u202e"),
        *("['LAB\\user002', 'LAB\\user003']", "LAB\\user002@lab.example", "LAB\\\\user002"),
        *(template, f"LAB\\{template}", "{% raw %}", "{# #}", f"LAB\\user002{template}"),
        *(["LAB\\user002"], {"name": "LAB\\user002"}, None),
    ]


def test_only_the_user_that_an_alert_names_is_recorded(simulator, alert, tmp_path):
    marker = tmp_path / "a-template-was-run"
    template = f"{{{{ lookup('pipe', 'touch {marker}') }}}}"
    rulebook = alert.rulebook
    good = {"user": "LAB\\user002"}
    assert [alert(good, None), alert(good, "wrong"), alert(good, "")] == [401, 401, 401]
    bad = bad_names(str(marker))
    assert {alert({"user": name}) for name in bad} == {200}
    assert {alert(body) for body in ({}, {"users": "LAB\\user002"}, [good], "LAB\\user002")} == {200}
    # What else an alert says changes nothing: neither who is recorded, nor that he is told.
    more = {"reason": template, "notify_user": False, "citrix_notify_user": False, "citrix_all_sessions": True}
    assert alert({"user": "LAB\\user003", **more}) == 200
    assert alert({"user": "USER004@lab.example"}) == 200
    expected = {"LAB\\user003": (1, 1), "LAB\\user004": (1, 1)}
    rulebook.wait_for(lambda: started(simulator) == expected)
    rulebook.wait_for(lambda: rulebook.output.count("PLAY RECAP") == 2)
    assert rulebook.output.count("An alert was refused.") == len(bad) + 4
    assert started(simulator) == expected
    assert not marker.exists()
    assert nothing_is_given_away(simulator, rulebook.output)
    assert TOKEN not in rulebook.output


def test_a_name_of_several_people_records_nobody(simulator, alert):
    """LAB and PARTNER both have a user013; an alert that says which one is heard."""
    rulebook = alert.rulebook
    alert({"user": "user013"})
    alert({"user": "PARTNER\\user013"})
    rulebook.wait_for(lambda: rulebook.output.count("PLAY RECAP") >= 2 and started(simulator))
    assert "'user013' is the name of several people" in rulebook.output
    assert started(simulator) == {"PARTNER\\user013": (1, 1)}


def test_without_a_token_no_alert_is_listened_for(simulator, run):
    rulebook = run(f"{NAME}.record_on_alert")
    rulebook.ended()
    assert "'CITRIX_ALERT_TOKEN' is undefined" in rulebook.output
    assert simulator.calls() == []


# A session is unrecorded for some minutes


def test_an_unrecorded_session_is_reported_once_and_nothing_is_changed(simulator, run):
    """Of the delivery group Contractors is the machine vda-003 alone."""
    variables = {
        "citrix_delivery_group": ["Contractors"],
        "citrix_unrecorded_minutes": 0.05,
        "citrix_interval": 1,
    }
    unrecorded = {session["id"] for session in simulator.recordable_on("LAB\\vda-003")}
    rulebook = run(f"{NAME}.report_unrecorded", variables=variables)

    def reported() -> list[str]:
        lines = [line for line in rulebook.output.splitlines() if line.startswith("Not recorded for 0 minutes: ")]
        return [line.rpartition(" ")[2] for line in lines]

    rulebook.wait_for(lambda: set(reported()) == unrecorded)
    new = simulator.log_on("LAB\\vda-003")
    rulebook.wait_for(lambda: new["id"] in reported())
    assert sorted(reported()) == sorted([*unrecorded, new["id"]])
    assert f"LAB\\user051 on LAB\\vda-003, Contractors, session {new['id']}" in rulebook.output
    assert started(simulator) == {}
    assert simulator.counts()["$startRecording"] == simulator.counts()["$stopRecording"] == 0
    assert nothing_is_given_away(simulator, rulebook.output)
