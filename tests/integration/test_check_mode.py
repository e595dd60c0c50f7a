# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode predicts the result of a run, for any selection and requested state."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_message as message
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording as recording
from hypothesis import event, given, settings
from hypothesis import strategies as st
from selections import SELECTORS, Fleet, selections
from support.simulator_process import Simulator

NO_SESSION = "00000000-0000-0000-0000-000000000000"
WRITES = ("$startRecording", "$stopRecording", "$sendMessage")


@pytest.fixture(scope="module")
def fleet():
    """Return 40 sessions of all kinds on 6 machines, in a separate simulator."""
    simulator = Simulator()
    yield Fleet(simulator, machines=6, sessions=40)
    simulator.close()


@st.composite
def targets(draw, fleet):
    """Draw selectors with exclusions, ids that may include an unknown one, or all sessions."""
    kinds = draw(st.sampled_from([*SELECTORS, (), ("session_id",)]))
    if kinds != ("session_id",):
        return {**({} if kinds else {"all_sessions": True}), **draw(selections(fleet, kinds))}
    known = [session["id"] for session in fleet.sessions]
    return {
        "session_id": draw(st.lists(st.sampled_from([*known, NO_SESSION, known[0].upper()]), min_size=1, max_size=5))
    }


TASKS = st.one_of(
    st.fixed_dictionaries(
        {"state": st.sampled_from(["started", "stopped"]), "wait": st.booleans(), "notify_user": st.booleans()}
    ).map(lambda options: (recording, options)),
    st.sampled_from(["information", "critical"]).map(
        lambda style: (message, {"title": "Recording", "text": "This session is recorded.", "style": style})
    ),
)
GAPS = st.sampled_from([None, "fail", "warn"])


def outcome(client, fleet, module, options, check_mode=False):
    """Run a module and return the parts of its result that are equal in check mode."""
    try:
        result = client(module, fleet.connection, check_mode=check_mode, **options)
    except OptionError as error:
        return str(error)
    preview = "Check mode, nothing was sent; a run would process "
    assert result["msg"].startswith(preview) == check_mode
    if check_mode:
        assert all(entry["transaction_id"] is None for entry in result["sessions"])
    return {
        **result,
        "msg": result["msg"].removeprefix(preview),
        "sessions": [{**entry, "transaction_id": None} for entry in result["sessions"]],
        "summary": {name: count for name, count in result["summary"].items() if name != "requests"},
    }


@settings(max_examples=60)
@given(data=st.data())
def test_check_mode_predicts_run(fleet, client, data):
    fleet.reset()
    module, options = data.draw(TASKS)
    options = {**options, **data.draw(targets(fleet)), "on_gap": data.draw(GAPS)}
    if data.draw(st.booleans()):
        earlier = data.draw(selections(fleet, ("delivery_group",)))
        outcome(client, fleet, recording, {"state": "started", **earlier})
    before, calls = fleet.simulator.state(), len(fleet.simulator.calls())
    preview = outcome(client, fleet, module, options, check_mode=True)
    assert fleet.simulator.state() == before
    assert not any(call["path"].endswith(WRITES) for call in fleet.simulator.calls()[calls:])
    assert outcome(client, fleet, module, options) == preview
    after = fleet.simulator.state()
    if isinstance(preview, str):
        assert after == before
        return
    changed = {entry["id"].lower() for entry in preview["sessions"] if entry["changed"]}
    assert changed == {session for session in before if after[session] != before[session]}
    assert preview["changed"] == bool(changed)
    assert set(preview["diff"]["after"]) == {entry["id"] for entry in preview["sessions"] if entry["changed"]}
    event(f"{module.__name__.rpartition('_')[2]}: {'some' if changed else 'no'} change")
