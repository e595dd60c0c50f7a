# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Periods of policy rules: the state that a rule requires at a time."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from .._common import times
from .._common.errors import OptionError
from .._common.names import check_period, read_time

PERIOD_SPEC: dict[str, dict] = {
    "from": {"type": "str"},
    "until": {"type": "str"},
    "after_until": {"type": "str", "choices": ["stopped", "nothing"]},
}


class Period(NamedTuple):
    """The time in which a rule applies, in Unix time, and what it requires afterward."""

    start: float = -inf
    end: float = inf
    stops: bool = False
    """Whether the rule requires stopped recordings after its end; otherwise it no longer applies."""

    @classmethod
    def from_params(cls, params: dict) -> Period:
        """Check the period of a rule; raises OptionError."""
        start, end = (read_time(name, params[name], unset) for name, unset in (("from", -inf), ("until", inf)))
        check_period("from", start, end)
        if params["after_until"] and end == inf:
            raise OptionError("after_until", "is set without until; set until, or remove after_until")
        if params["after_until"] == "stopped" and params["state"] == "stopped":
            raise OptionError(
                "after_until",
                "a rule with state stopped has no recording to stop after until; remove after_until, and add a rule "
                "with state started and from to start recordings then",
            )
        return cls(start, end, stops=params["state"] == "started" and params["after_until"] != "nothing")

    def left_at(self, moment: float) -> float | None:
        """Return the seconds until the rule stops the recordings; None if it does not."""
        return self.end - moment if self.stops and self.end < inf else None

    def state_at(self, state: str, moment: float) -> str | None:
        """Return the state that a rule requires at a time; None if inactive. state: in the period."""
        if moment < self.start:
            return None
        if moment < self.end:
            return state
        return "stopped" if self.stops else None


def evaluated_at(params: dict, check_mode: bool) -> float:
    """Return the time of a policy: now, or the option at in check mode; raises OptionError."""
    if params["at"] is not None and not check_mode:
        raise OptionError("at", "is valid only in check mode; run with --check, or remove at")
    return read_time("at", params["at"], times.now())
