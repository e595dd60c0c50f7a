# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guide to event-driven runs shows, as it stands there."""

from __future__ import annotations

import re
import textwrap

import pytest
from simulator_process import COLLECTION

GUIDE = COLLECTION / "docs" / "docsite" / "rst" / "guide_eda.rst"


@pytest.fixture
def shown(tmp_path):
    """The files of the guide, written into a folder, by their names."""
    text = GUIDE.read_text(encoding="utf-8")
    for name, body in re.findall(r":caption: (\S+)\n\n((?: +.*\n|\n)+)", text):
        (tmp_path / name).write_text(textwrap.dedent(body), encoding="utf-8")
    return tmp_path


def test_the_rulebook_of_the_guide_tells_who_comes_and_goes(simulator, run, shown):
    rulebook = run("rulebook.yml", own=True)
    rulebook.wait_for(lambda: simulator.listings() > 0)
    session = simulator.log_on("LAB\\vda-001")
    rulebook.wait_for(lambda: "LAB\\user051 came to LAB\\vda-001" in rulebook.output)
    simulator.disconnect(session["id"])
    rulebook.wait_for(lambda: "LAB\\user051 left; the session was Active" in rulebook.output)
    simulator.log_off(session["id"])
    rulebook.wait_for(lambda: "LAB\\user051 is gone" in rulebook.output)


def test_the_watched_users_of_the_guide_are_recorded(simulator, run, shown):
    run("sessionops.citrix.record_watched_users", own=True).wait_for(
        lambda: (
            {session["user"] for session in simulator.state().values() if session["starts"]}
            == {"LAB\\user001", "LAB\\user002"}
        )
    )
