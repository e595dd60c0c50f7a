# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebooks record exactly the selected users, and notify all of them."""

from __future__ import annotations

import json
import socket

import pytest
import requests
import yaml
from ansible_rulebook.util import substitute_variables
from jinja2 import UndefinedError
from support.simulator_process import COLLECTION

NAME = "sessionops.citrix"
TOKEN = "1234567890"
"""A number as a name."""


def started(simulator) -> dict[str, tuple[int, int]]:
    """Return (starts, notifications) of each session with a start, by user."""
    return {
        session["user"]: (session["starts"], session["notices"])
        for session in simulator.state().values()
        if session["starts"]
    }


def session_of(simulator, user: str) -> dict:
    return next(session for session in simulator.state().values() if session["user"] == user)


def nothing_is_given_away(simulator, output: str) -> bool:
    """Return whether the output contains no secret and no token."""
    headers = [call["headers"].get("authorization", "") for call in simulator.calls()]
    secrets = {simulator.facts["client_secret"], *(header.rpartition("=")[2] for header in headers if header)}
    return len(secrets) > 1 and not any(secret in output for secret in secrets)


# Logon of a watched user


def test_watched_users_recorded_at_logon_and_reconnect(simulator, run, shown):
    """user001 and user002 of the guide are logged on, user007 is disconnected, user051 logs on."""
    variables = yaml.safe_load(shown["vars.yml"])
    assert set(variables) == {"citrix_watched_users", "citrix_interval"}
    watched = [*variables["citrix_watched_users"], "user007@lab.example", "LAB\\user051"]
    rulebook = run(f"{NAME}.record_watched_users", variables={"citrix_watched_users": watched, "citrix_interval": 1})
    expected = {"LAB\\user001": (1, 1), "LAB\\user002": (1, 1)}
    rulebook.wait_for(lambda: started(simulator) == expected)
    simulator.log_on("LAB\\vda-003")
    expected["LAB\\user051"] = (1, 1)
    rulebook.wait_for(lambda: started(simulator) == expected)
    simulator.reconnect(session_of(simulator, "LAB\\user007")["id"])
    simulator.log_on("LAB\\vda-003")
    expected["LAB\\user007"] = (1, 1)
    rulebook.wait_for(lambda: started(simulator) == expected)
    rulebook.wait_for(lambda: rulebook.output.count("PLAY RECAP") == 4)
    assert session_of(simulator, "LAB\\user051")["recorded"]
    assert started(simulator) == expected
    assert nothing_is_given_away(simulator, rulebook.output)


@pytest.mark.parametrize("restart", ["true", "false"])
def test_watched_user_recorded_after_failed_start_and_stop(simulator, run, restart):
    """All variables are text, as from a form or the environment."""
    simulator.fault({"path": "startRecording", "answer": {"status": 503}, "times": 1})
    variables = {
        "citrix_watched_users": "LAB\\user001",
        "citrix_interval": "1",
        # Longer than a play under load, so that no event follows the start.
        "citrix_retry_after": "20",
        "citrix_restart_stopped": restart,
    }
    rulebook = run(f"{NAME}.record_watched_users", env={"CITRIX_RETRIES": "0"}, variables=variables)
    rulebook.wait_for(lambda: session_of(simulator, "LAB\\user001")["recorded"])
    rulebook.wait_for(lambda: rulebook.output.count("PLAY RECAP") >= 2)
    # Events must not wait for their plays, and the source must see that the session is recorded.
    seen = 0
    while rulebook.output.count("PLAY [Note") > seen:
        seen = rulebook.output.count("PLAY [Note")
        rulebook.wait_for(lambda seen=seen: rulebook.output.count("PLAY RECAP") >= seen)
        listings = simulator.listings()
        rulebook.wait_for(lambda listings=listings: simulator.listings() > listings + 3)
    simulator.stop_recording(session_of(simulator, "LAB\\user001")["id"])
    before = simulator.listings()
    if restart == "true":
        rulebook.wait_for(lambda: session_of(simulator, "LAB\\user001")["recorded"])
    else:
        rulebook.wait_for(lambda: simulator.listings() > before + 4)
        assert not session_of(simulator, "LAB\\user001")["recorded"]


def test_empty_list_of_watched_users_selects_no_user(simulator, run):
    rulebook = run(f"{NAME}.record_watched_users", variables={"citrix_watched_users": None})
    rulebook.ended()
    assert "user: is empty; set at least one value" in rulebook.output
    assert simulator.calls() == []


def test_missing_list_of_watched_users_selects_no_user():
    """An alert without a token shows how ansible-rulebook ends in this case."""
    rulebook = COLLECTION / "extensions" / "eda" / "rulebooks" / "record_watched_users.yml"
    [ruleset] = yaml.safe_load(rulebook.read_text(encoding="utf-8"))
    [source] = ruleset["sources"]
    with pytest.raises(UndefinedError, match="'citrix_watched_users' is undefined"):
        substitute_variables(source[f"{NAME}.citrix_sessions"], {})


# Alerts


@pytest.mark.parametrize(
    ("token", "passed"),
    [("", None), (None, None), (" ", None), ("two words", None), (12, "12"), ("a-b.c", "a-b.c")],
)
def test_alert_token_with_blank_is_rejected(token, passed):
    """The webhook would listen and reject every alert, or accept the token None."""
    rulebook = COLLECTION / "extensions" / "eda" / "rulebooks" / "record_on_alert.yml"
    [ruleset] = yaml.safe_load(rulebook.read_text(encoding="utf-8"))
    template = ruleset["sources"][0]["eda.builtin.webhook"]["token"]
    if passed:
        assert substitute_variables(template, {"CITRIX_ALERT_TOKEN": token}) == passed
    else:
        with pytest.raises(UndefinedError, match="'CITRIX_ALERT_TOKEN_without_blanks' is undefined"):
            substitute_variables(template, {"CITRIX_ALERT_TOKEN": token})


@pytest.fixture
def listen(run):
    """Return a function that runs the rulebook and returns one that sends it an alert."""

    def start(env: dict | None = None, **variables: object):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        rulebook = run(
            f"{NAME}.record_on_alert",
            env={"CITRIX_ALERT_TOKEN": TOKEN, **(env or {})},
            variables={"citrix_alert_port": str(port), **variables},
        )

        def send(body: object, token: str | None = TOKEN) -> int:
            headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
            with requests.Session() as http:
                http.trust_env = False
                # As sent by curl: without a JSON content type.
                url = f"http://127.0.0.1:{port}/alert"
                return http.post(url, data=json.dumps(body), headers=headers, timeout=30).status_code

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        rulebook.wait_for(listens)
        send.rulebook = rulebook
        return send

    return start


@pytest.fixture
def alert(listen):
    """Return a function that sends an alert and returns the status; it has the rulebook."""
    return listen()


def bad_names(marker: str) -> list:
    """Return text that is not one user name: wildcards, blanks, templates, patterns."""
    template = f"{{{{ lookup('pipe', 'touch {marker}') }}}}"
    return [
        *("", " ", "*", "LAB\\*", "LAB\\user00?", "%", "LAB\\", "\\user002", "@lab.example", "user002@"),
        *("LAB\\user002,LAB\\user003", "LAB\\user002\n", "LAB\\user002\nLAB\\user003", "LAB\\user002\u202e"),
        *("['LAB\\user002', 'LAB\\user003']", "LAB\\user002@lab.example", "LAB\\\\user002"),
        *(template, f"LAB\\{template}", "{% raw %}", "{# #}", f"LAB\\user002{template}"),
        *(["LAB\\user002"], {"name": "LAB\\user002"}, None),
    ]


def test_only_user_of_alert_recorded(simulator, alert, tmp_path):
    """LAB and PARTNER both have a user013; an alert that includes the domain is accepted."""
    marker = tmp_path / "a-template-was-run"
    template = f"{{{{ lookup('pipe', 'touch {marker}') }}}}"
    rulebook = alert.rulebook
    good = {"user": "LAB\\user002"}
    assert [alert(good, None), alert(good, "wrong"), alert(good, "")] == [401, 401, 401]
    bad = bad_names(str(marker))
    assert {alert({"user": name}) for name in bad} == {200}
    assert {alert(body) for body in ({}, {"users": "LAB\\user002"}, [good], "LAB\\user002")} == {200}
    assert alert({"user": "user013"}) == 200
    # Other members of an alert change neither the recorded user nor the notification.
    more = {"reason": template, "notify_user": False, "citrix_notify_user": False, "citrix_all_sessions": True}
    assert alert({"user": "PARTNER\\user013", **more}) == 200
    assert alert({"user": "USER004@lab.example"}) == 200
    expected = {"PARTNER\\user013": (1, 1), "LAB\\user004": (1, 1)}
    rulebook.wait_for(lambda: started(simulator) == expected)
    rulebook.wait_for(lambda: rulebook.output.count("PLAY RECAP") == 3)
    assert rulebook.output.count("An alert was rejected.") == len(bad) + 4
    assert "'user013' matches several users" in rulebook.output
    assert started(simulator) == expected
    assert not marker.exists()
    assert nothing_is_given_away(simulator, rulebook.output)
    assert TOKEN not in rulebook.output


def test_alert_of_excluded_user_records_no_one(simulator, listen):
    """Name the excluded users by account and UPN in alerts, and by the other in the exclusion."""
    alert = listen(citrix_alert_exclude_user=["USER002@lab.example", "lab\\user004"])
    for name in ("LAB\\user002", "user004@lab.example", "LAB\\user001"):
        assert alert({"user": name}) == 200
    # Alerts are processed in turn.
    alert.rulebook.wait_for(lambda: started(simulator))
    assert started(simulator) == {"LAB\\user001": (1, 1)}
    assert "all matching sessions were excluded" in alert.rulebook.output


def test_alerts_beyond_limit_of_an_hour_ignored(simulator, listen):
    alert = listen(env={"CITRIX_ALERTS_PER_HOUR": "2"})
    for name in ("LAB\\user002", "not a user *", "LAB\\user004", "LAB\\user005", "LAB\\user008"):
        assert alert({"user": name}) == 200
    rulebook = alert.rulebook
    rulebook.wait_for(lambda: rulebook.output.count("PLAY RECAP") == 2)
    rulebook.wait_for(lambda: rulebook.output.count("limit of alerts in an hour is reached") == 2)
    assert started(simulator) == {"LAB\\user002": (1, 1), "LAB\\user004": (1, 1)}


def test_repeated_alerts_notify_user_once(simulator, alert):
    """A name of a million letters between them ends neither the rulebook nor its list of alerts."""
    names = ("LAB\\user002", "x" * 1_000_000, "user002@lab.example", "lab\\USER002", "LAB\\user002")
    assert [alert({"user": name}) for name in names] == [200] * 5
    rulebook = alert.rulebook
    rulebook.wait_for(lambda: rulebook.output.count("PLAY RECAP") == 4)
    assert rulebook.output.count("An alert was rejected.") == 1
    assert started(simulator) == {"LAB\\user002": (1, 1)}


def test_alert_with_characters_beyond_bmp_accepted(simulator, alert):
    name = "LAB\\\U0001f600 \U00020000"
    assert alert({"user": name}) == 200
    alert.rulebook.wait_for(lambda: "PLAY RECAP" in alert.rulebook.output)
    assert f"No session was found for {name}" in alert.rulebook.output
    assert nothing_is_given_away(simulator, alert.rulebook.output)


def test_alerts_not_accepted_without_token(simulator, run):
    rulebook = run(f"{NAME}.record_on_alert")
    rulebook.ended()
    assert "'CITRIX_ALERT_TOKEN' is undefined" in rulebook.output
    assert simulator.calls() == []


# Sessions that stay unrecorded


def test_unrecorded_session_reported_once_and_not_changed(simulator, run, shown):
    """The delivery group of the guide, Contractors, has only the machine vda-003."""
    variables = yaml.safe_load(shown["unrecorded.yml"])
    assert set(variables) == {"citrix_delivery_group", "citrix_unrecorded_minutes"}
    variables |= {"citrix_unrecorded_minutes": "0.05", "citrix_interval": "1"}
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


@pytest.mark.parametrize("minutes", ["soon", "-1", ""])
def test_unrecorded_minutes_non_number_rejected(simulator, run, minutes):
    rulebook = run(f"{NAME}.report_unrecorded", variables={"citrix_unrecorded_minutes": minutes})
    rulebook.ended()
    assert "unrecorded_after: must be from 0 to 86400" in rulebook.output
    assert simulator.calls() == []


# Rulebooks of users


def test_rulebook_of_guide_prints_logons_and_logoffs(simulator, run, shown, tmp_path):
    (tmp_path / "rulebook.yml").write_text(shown["rulebook.yml"], encoding="utf-8")
    rulebook = run("rulebook.yml")
    rulebook.wait_for(lambda: simulator.listings() > 0)
    simulator.log_on("LAB\\vda-001")
    simulator.disconnect(session_of(simulator, "LAB\\user001")["id"])
    simulator.log_off(session_of(simulator, "LAB\\user002")["id"])
    for text in (
        "LAB\\user051 logged on to LAB\\vda-001",
        "LAB\\user001 disconnected; the session was Active",
        "LAB\\user002 logged off",
    ):
        rulebook.wait_for(lambda text=text: text in rulebook.output)
