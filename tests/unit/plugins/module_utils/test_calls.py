# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many calls: one outcome for each, in batches where that is wanted and possible."""

from __future__ import annotations

from ansible_collections.sessionops.citrix.plugins.module_utils._api import Answer, Call
from ansible_collections.sessionops.citrix.plugins.module_utils._calls import send_all
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import ApiError


def test_calls_are_sent_through_the_api(fake_api):
    fake_api.on("GET Machines/1", {"Id": "1"})
    fake_api.on("GET Machines/2", 404)
    calls = {number: Call("GET", f"Machines/{number}", f"read the machine {number}") for number in (1, 2)}
    outcomes = dict(send_all(fake_api, calls))
    assert outcomes[1] == Answer({"Id": "1"}, "transaction-of-GET Machines/1")
    assert isinstance(outcomes[2], ApiError) and outcomes[2].status == 404
