# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage reports as the module returns them, for tests of the history and the metrics."""

from __future__ import annotations

from collections import Counter

from ansible_collections.sessionops.citrix.plugins.module_utils._common.times import rfc3339
from ansible_collections.sessionops.citrix.plugins.module_utils._views import coverage


def report(moment: float, groups: dict[str | None, tuple[int, ...]], **changes) -> dict:
    """Return a report that ended at a time; groups: sessions of each group by RESULTS."""
    counts = {name: Counter(dict(zip(coverage.RESULTS, numbers))) for name, numbers in groups.items()}
    total = sum(counts.values(), Counter())
    document = {
        "tool": "sessionops.citrix 1.0.0",
        "customer_id": "customer1",
        "site_id": "site1",
        "site_name": "LAB",
        "selection": {},
        "started_at": rfc3339(moment - 4),
        "finished_at": rfc3339(moment),
        "list_complete": True,
        "machines_visible": True,
        "sessions": coverage.figures(total),
        "not_recordable_reasons": {"logging_off": 0, "not_active": total["not_recordable"], "not_hdx": 0},
        "delivery_groups": [{"name": name, **coverage.figures(each)} for name, each in counts.items()],
        "requests": 11,
        "throttled": 2,
        "waited_seconds": 0.5,
    }
    return {**document, **changes}
