# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users are found by the search property that a site supports, however it rejects the other."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording, citrix_sessions_info

USERS = ["LAB\\user001", "user002", "user003@lab.example"]


@pytest.mark.parametrize("unknown", ["empty", "refused"])
@pytest.mark.parametrize("known", ["both", "CurrentUser", "UserName"])
def test_users_found_by_either_property(simulator, client, known, unknown):
    settings = {"unknown_search": "refused"} if unknown == "refused" else {}
    simulator.reset(user_search=known, **settings)
    found = client(citrix_sessions_info, simulator.cloud, user=USERS, fields=["User"])["sessions"]
    assert {session["user"]["name"] for session in found} == {"LAB\\user001", "LAB\\user002", "LAB\\user003"}


def test_absent_user_is_gap_after_full_list(simulator, client):
    result = client(citrix_session_recording, simulator.cloud, user=["LAB\\absent"], state="started", on_gap="warn")
    assert result["sessions"] == []
    assert "LAB\\absent" in result["warnings"][0]
    assert [call["method"] for call in simulator.calls() if call["path"].endswith(("$search", "/Sessions"))] == [
        "POST",
        "POST",
        "GET",
    ]
