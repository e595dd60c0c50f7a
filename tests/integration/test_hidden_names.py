# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that playbooks print show each hidden character in a name as an escape."""

from __future__ import annotations

import json
import re

import pytest

NAME = "LAB\\eve\u200b\u202e\nok: [localhost]\u2028"
HIDDEN = re.compile("[\u200b\u202e\u2028]")


@pytest.mark.parametrize("playbook", ["machine_sessions", "record"])
def test_playbook_hidden_characters_of_names_escaped(simulator, ansible, playbook):
    session = {
        "Id": "3cfab8ca-9651-5900-9dc2-ba3b489fe4cf",
        "State": "Disconnected",
        "User": {"Name": NAME},
        "Machine": {"Name": "LAB\\vda-001"},
    }
    simulator.fault({"path": "/Sessions(/\\$search)?$", "answer": {"status": 200, "body": {"Items": [session]}}})
    extra = json.dumps({"citrix_machine": ["LAB\\vda-001"]})
    run = ansible("ansible-playbook", f"sessionops.citrix.{playbook}", "-e", extra, env=simulator.environment)
    assert run.code == 0, run.output
    assert "\\u200b" in run.output
    assert not HIDDEN.search(run.output)
    assert re.search(r"\\+nok: \[localhost\]", run.output)
