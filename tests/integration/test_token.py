# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_token: one sign-in for all tasks of a play, and no token in its output."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

TOKEN = "sessionops.citrix.citrix_token"
SIGN_IN = {TOKEN: {}, "register": "citrix", "no_log": True}
HANDED_ON = {
    "access_token": "{{ citrix.access_token | default(omit) }}",
    "site_id": "{{ citrix.site_id | default(omit) }}",
}


def tokens_of(simulator) -> set[str]:
    """Return the tokens that were sent, from the log."""
    sent = [call["headers"].get("authorization", "") for call in simulator.calls()]
    return {value.split("=", 1)[1] for value in sent if value.startswith("CWSAuth")}


def test_one_sign_in_serves_all_tasks_of_play(simulator, play):
    tasks = [
        SIGN_IN,
        {"sessionops.citrix.citrix_sessions_info": {"fields": ["User"]}},
        {"sessionops.citrix.citrix_session_recording": {"state": "started", "user": ["LAB\\user001"]}},
    ]
    # Variables of the environment neither cause nor prevent a sign-in.
    old = {"CITRIX_ACCESS_TOKEN": "the-token-of-yesterday-which-is-no-longer-valid"}
    run = play(tasks, "-vvvv", connection={**simulator.cloud, **HANDED_ON}, env=old)
    assert run.code == 0, run.output
    counts = simulator.counts()
    assert (counts["sign-in"], counts["me"]) == (1, 1)
    # A list; then two searches, a status, a start and the status again.
    assert sum(counts.values()) == 2 + 1 + 5
    (token,) = tokens_of(simulator)
    assert len(token) > 20
    assert token not in run.output
    assert simulator.facts["client_secret"] not in run.output


@pytest.mark.parametrize("deployment", ["cloud", "gov", "on_premises"])
def test_token_and_site_used_until_expiry(simulator, modules, deployment):
    connection = getattr(simulator, deployment)
    shown = modules([{TOKEN: {}, "check_mode": True}], connection=connection).result
    assert (shown["site_id"], shown["changed"]) == (simulator.facts["site_id"], False)
    assert shown["customer_id"] == ("CitrixOnPremises" if deployment == "on_premises" else "simulated")
    ends = datetime.strptime(shown["expires_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    assert timedelta(minutes=50) < ends - datetime.now(timezone.utc) <= timedelta(hours=1)

    handed_on = {**connection, "access_token": shown["access_token"], "site_id": shown["site_id"]}
    run = modules([{"sessionops.citrix.citrix_sessions_info": {"fields": ["User"]}}, {TOKEN: {}}], handed_on)
    assert run.code == 0, run.output
    # A list; each token is new, also if the previous one is still valid.
    assert simulator.kinds() == ["sign-in", "me", "Sessions", "sign-in"]
    assert tokens_of(simulator) == {shown["access_token"]} != {run.result["access_token"]}
    assert not [name for name in ("client_secret", "password") if simulator.facts[name] in run.output]


@pytest.mark.parametrize("offset", [-7200, -3500, 0, 3500, 7200])
def test_token_lifetime_by_clock_of_controller(simulator, modules, offset):
    """Otherwise, a host whose clock is ahead would sign in again after seconds."""
    simulator.reset(clock_offset=offset)
    shown = modules([{TOKEN: {}}], connection=simulator.on_premises).result
    ends = datetime.strptime(shown["expires_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    assert timedelta(minutes=58) < ends - datetime.now(timezone.utc) <= timedelta(minutes=61)


def test_failure_has_reason_and_no_secret(simulator, modules):
    simulator.reset(sites=2)
    wrong = {TOKEN: {"client_secret": "not-the-secret-of-this-client"}, "ignore_errors": True}
    run = modules([wrong, {TOKEN: {}}], connection=simulator.cloud)
    assert run.code != 0
    refused, undecided = run.results
    assert "check customer_id, client_id and client_secret" in refused["msg"]
    assert refused["failure"]["status"] == 400
    assert undecided["msg"].startswith("site_id: the account has several sites; set one of:")
    assert simulator.facts["site_id"] in undecided["msg"]
    assert simulator.kinds() == ["sign-in", "sign-in", "me"]
    assert "Traceback" not in run.output
    for secret in ("not-the-secret-of-this-client", simulator.facts["client_secret"], *tokens_of(simulator)):
        assert secret not in run.output
