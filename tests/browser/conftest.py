# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of the playbook about a simulated site, and a browser that opens them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from chromium import Page
from support.simulator_process import COLLECTION, Simulator
from support.step import find_chromium

BIN = Path(sys.executable).parent
EVIL = "document.title = 'owned'"
NAMES = (
    f"<script>{EVIL}</script>",
    f'"><img src=x onerror="{EVIL}">',
    f"</title></svg></table></script><svg onload={EVIL.replace(' ', '')}>",
    f"' onmouseover='{EVIL}' autofocus onfocus='{EVIL}",
    "<!--<style>*{display:none}</style><base href=https://host.example/>",
    "{{ 7 * 7 }}{% for x in y %}",
    "&lt;b&gt; &amp;amp; \u202egnp.exe\u0000\ud800",
    '=HYPERLINK("https://host.example/","Click")',
    "W" * 250,
)


@dataclass(frozen=True)
class Report:
    """The files that a run wrote."""

    folder: Path

    @property
    def page(self) -> Path:
        return self.folder / "coverage.html"

    @cached_property
    def figures(self) -> dict:
        return json.loads((self.folder / "coverage.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def simulator():
    simulator = Simulator()
    yield simulator
    simulator.close()


@pytest.fixture(scope="session")
def new_report(simulator, tmp_path_factory):
    """Return a function that runs the playbook against the simulator."""

    def make() -> Report:
        folder = tmp_path_factory.mktemp("report")
        environment = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(tmp_path_factory.mktemp("home")),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]),
            **{f"CITRIX_{name.upper()}": value for name, value in simulator.cloud.items()},
        }
        command = [str(BIN / "ansible-playbook"), "sessionops.citrix.coverage", "-e", f"citrix_dest={folder}"]
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return Report(folder)

    return make


@pytest.fixture(scope="session")
def hostile(simulator, new_report):
    """Return the report of a fleet of all kinds of sessions whose names attack the page."""
    simulator.reset(machines=24, sessions=240)
    sessions = simulator.get("Sessions")["Items"]
    for at, session in enumerate(sessions):
        machine = session["Machine"]
        machine["Name"] += NAMES[at // 10 % len(NAMES)]
        machine["DeliveryGroup"]["Name"] += NAMES[at // 10 % len(NAMES)]
        session["FormattedStartTime"] += NAMES[at % len(NAMES)]
        session["LogoffInProgress"] = at % 60 == 3
        for named in [*session["ApplicationsInUse"], *([session["User"]] if session["User"]["Name"] else [])]:
            named["Name"] += NAMES[at % len(NAMES)]
    refused = {"status": 403, "body": {"type": "x", "detail": NAMES[1]}}
    simulator.fault(
        {"path": "/Sessions$", "answer": {"status": 200, "body": {"Items": sessions}}},
        {"path": "/Sites/", "answer": {"status": 200, "body": {"Id": "x", "Name": NAMES[2]}}},
        {"path": "RecordingStatus", "session": sessions[0]["Id"], "answer": refused},
        {"path": "RecordingStatus", "session": sessions[1]["Id"], "answer": {"status": 200, "body": {}}},
        {"path": "RecordingStatus", "session": sessions[2]["Id"], "vanish": True},
    )
    return new_report()


@pytest.fixture(scope="session")
def empty(simulator, new_report):
    """Return the report of a site without sessions."""
    simulator.reset(machines=1, sessions=0)
    return new_report()


@pytest.fixture(params=["hostile", "empty"])
def report(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def page(tmp_path_factory):
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium on this machine")
    page = Page(program, tmp_path_factory.mktemp("profile"))
    yield page
    page.close()
