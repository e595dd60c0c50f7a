# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a fault rule changes the work itself, where an answer in its place is not enough."""

from __future__ import annotations

from typing import NamedTuple

BATCH_FAULTS = (
    "item_missing",
    "item_twice",
    "unknown_reference",
    "item_accepted",
    "job_failed",
    "job_canceled",
    "job_warning",
    "results_lost",
)


class Twist(NamedTuple):
    """``lag``: seconds (infinity: never) until RecordingStatus shows a change. ``batch``: one of BATCH_FAULTS."""

    lag: float = 0.0
    batch: str = ""


AS_ASKED = Twist()
