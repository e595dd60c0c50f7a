# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Periods of policy rules: the state that a rule requires at each time, and invalid times."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.periods import (
    PERIOD_SPEC,
    Period,
    evaluated_at,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._common import times
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError

START, END = "2026-12-01T08:00:00+01:00", "2026-12-01T10:30:00Z"
FIRST, LAST = 1796108400.0, 1796121000.0
BEFORE, WITHIN, AFTER = FIRST - 0.001, LAST - 0.001, LAST


def period(state="started", **given) -> Period:
    return Period.from_params({**dict.fromkeys(PERIOD_SPEC), "state": state, **given})


@pytest.mark.parametrize(
    ("state", "given", "expected"),
    [
        ("started", {}, ("started", "started", "started", "started")),
        ("started", {"from": START}, (None, "started", "started", "started")),
        ("started", {"until": END}, ("started", "started", "started", "stopped")),
        ("started", {"from": START, "until": END}, (None, "started", "started", "stopped")),
        ("started", {"until": END, "after_until": "stopped"}, ("started", "started", "started", "stopped")),
        ("started", {"from": START, "until": END, "after_until": "nothing"}, (None, "started", "started", None)),
        ("stopped", {"from": START}, (None, "stopped", "stopped", "stopped")),
        ("stopped", {"until": END}, ("stopped", "stopped", "stopped", None)),
        ("stopped", {"until": END, "after_until": "nothing"}, ("stopped", "stopped", "stopped", None)),
    ],
)
def test_state_at_each_time_as_rule_requires(state, given, expected):
    made = period(state, **given)
    assert tuple(made.state_at(state, moment) for moment in (BEFORE, FIRST, WITHIN, AFTER)) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"from": END, "until": START}, "until: is not later than from"),
        ({"from": START, "until": "2026-12-01T07:00:00Z"}, "until: is not later than from"),
        ({"after_until": "nothing"}, "after_until: is set without until"),
        ({"from": START, "after_until": "stopped"}, "after_until: is set without until"),
        ({"state": "stopped", "until": END, "after_until": "stopped"}, "after_until: a rule with state stopped"),
    ],
)
def test_from_params_contradiction_names_option(given, expected):
    with pytest.raises(OptionError, match=f"^{expected}"):
        period(**given)


@pytest.mark.parametrize("option", ["from", "until"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-12-01",
        "2026-12-01T08:00:00",
        "2026-12-01T08:00Z",
        "2026-12-01T08:00:00+0100",
        "2026-12-01T08:00:00 Europe/Berlin",
        "2026-13-01T08:00:00Z",
        "2026-12-01T24:30:00Z",
        "2026-12-01T08:00:00+25:00",
        "1796108400",
        "Tue, 01 Dec 2026 08:00:00 GMT",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "٢٠٢٦-12-01T08:00:00Z",
    ],
)
def test_from_params_other_time_names_option_and_form(option, text):
    with pytest.raises(OptionError, match=rf"^{option}: .*is not a time with a zone; write it as in RFC 3339"):
        period(**{option: text})


@pytest.mark.parametrize(
    "text", [START, "2026-12-01 08:00:00+01:00", "2026-12-01t07:00:00z", " 2026-12-01T07:00:00.000000Z\n"]
)
def test_from_params_reads_every_spelling_of_time(text):
    assert period(**{"from": text}).start == FIRST


def test_evaluated_at_uses_clock_or_option(monkeypatch):
    monkeypatch.setattr(times, "now", lambda: 5.0)
    assert evaluated_at({"at": None}, check_mode=False) == 5.0
    assert evaluated_at({"at": START}, check_mode=True) == FIRST


@pytest.mark.parametrize(
    ("text", "check_mode", "expected"),
    [(START, False, "at: is valid only in check mode"), ("soon", True, "at: 'soon' is not a time with a zone")],
)
def test_evaluated_at_invalid_names_option(text, check_mode, expected):
    with pytest.raises(OptionError, match=f"^{expected}"):
        evaluated_at({"at": text}, check_mode)
