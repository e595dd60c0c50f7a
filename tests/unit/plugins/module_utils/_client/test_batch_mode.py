# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose between batches, jobs and single calls, depending on the server."""

from __future__ import annotations

from ansible_collections.sessionops.citrix.plugins.module_utils._client.batch_mode import BatchMode
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError


def test_batch_mode_disabled_warns_once():
    warnings = []
    mode = BatchMode(50, warnings.append)
    for _count in range(3):
        mode.give_up(CitrixError("No such path."))
    assert mode.size == 0
    assert warnings == [
        "batch_size: every call was sent alone, because the API refused a batch of 50. No such path.",
    ]
