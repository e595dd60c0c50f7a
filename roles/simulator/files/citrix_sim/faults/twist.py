# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change the processing of a request, for faults that no replaced response can simulate."""

from __future__ import annotations

from typing import NamedTuple

BATCH_FAULTS = (
    "item_missing",
    "item_twice",
    "unknown_reference",
    "item_accepted",
    "paths_unknown",
    "job_failed",
    "job_canceled",
    "job_warning",
    "results_lost",
)


class Twist(NamedTuple):
    """``lag``: seconds until RecordingStatus shows a change, or infinity; ``batch``: a fault."""

    lag: float = 0.0
    batch: str = ""


UNCHANGED = Twist()
