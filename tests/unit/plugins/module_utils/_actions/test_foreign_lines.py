# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of an audit trail with any members: searched and followed without exceptions."""

from __future__ import annotations

from ansible_collections.sessionops.citrix.plugins.module_utils._actions.audit_lines import FIELDS
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.audit_search import Conditions
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.due import PlannedStops
from hypothesis import example, given
from hypothesis import strategies as st

SITE = {"customer_id": "customer1", "site_id": "site1"}
START = {**SITE, "event": "requested", "action": "start_recording", "stop_at": "2026-12-01T09:00:00Z"}
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.text(max_size=9), max_size=1)
KNOWN = st.sampled_from([START, {**START, "event": "result"}, {**START, "action": "stop_recording"}])


@given(KNOWN, st.dictionaries(st.sampled_from(FIELDS), VALUES))
@example(START, {})
@example(START, {"session_id": "1", "user": ["LAB\\user001"]})
@example(SITE, {"result": ["started"]})
def test_foreign_line_never_raises(known, members):
    entry = {**known, **members, **SITE}
    wanted = Conditions(since=0.0, until=float("inf"), names={}, result=frozenset({"started"}))
    assert wanted.matches(entry) is (entry.get("result") == "started")
    stops = PlannedStops("customer1", "site1")
    stops.add(entry)
    stops.add({**START, "event": "result", "session_id": entry.get("session_id")})
    for planned in stops.due(float("inf")).values():
        assert all(isinstance(name, (str, type(None))) for name in planned.session)
