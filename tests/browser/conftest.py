# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of the playbook about a simulated site, and a browser that opens them."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._views import history
from chromium import Page
from support.commands import clean_environment
from support.reports import report as earlier_report
from support.simulator_process import Simulator
from support.step import find_chromium

HOUR, DAY = 3600, 86400
MINIMUM = 10.5
"""Minimum coverage of the reports with a chart."""
AXE = Path(".venv") / "axe" / "node_modules" / "axe-core" / "axe.min.js"
"""Checks of accessibility, which make browser installs from npm."""
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


def violations(page: Page) -> list:
    """Return violations that axe finds on the open page: rule, and elements with the failure."""
    page.run(AXE.read_text(encoding="utf-8") + "; null")
    found = page.run("axe.run().then(found => found.violations)")
    return [(each["id"], [(node["html"][:200], node["failureSummary"]) for node in each["nodes"]]) for each in found]


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
def playbook(ansible_processes, simulator, tmp_path_factory):
    """Return a function that runs a playbook with these variables, connected to the simulator."""
    home = tmp_path_factory.mktemp("home")
    environment = {**simulator.environment, **clean_environment(home)}

    def run(name: str, **variables) -> None:
        done = ansible_processes.run("ansible-playbook", name, "-e", json.dumps(variables), env=environment, cwd=home)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


@pytest.fixture(scope="session")
def new_report(playbook, tmp_path_factory):
    """Return a function that creates a report with these variables of the playbook."""

    def make(**variables) -> Report:
        folder = tmp_path_factory.mktemp("report")
        playbook("sessionops.citrix.coverage", citrix_dest=str(folder), **variables)
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


def earlier(simulator, folder, count):
    """Fill a history with hourly reports; it has a gap, and a report without coverage."""
    path = str(folder / "history.sqlite")
    site = {name: simulator.facts[name] for name in ("customer_id", "site_id")}
    ages = [HOUR * number + (3 * DAY if number > count // 2 else 0) for number in range(1, count)]
    now = time.time()
    rows = []
    for number, age in enumerate(ages):
        percent = 100 if number == count // 3 else 20 + number % 60
        groups = {"Contractors": (percent, 100 - percent, 0, 0, 0), "Staff": (1, 9, 0, 2, 0)}
        document = earlier_report(now - age, groups, **site, list_complete=number != 1)
        counts = [
            [group["name"], *(group[result] for result in history.coverage.RESULTS)]
            for group in document["delivery_groups"]
        ]
        rows.append([*history._series(document), document["finished_at"], document, counts])
    history._create("history", path)
    file = sqlite3.connect(path)
    with closing(file), file:
        file.executemany(
            "INSERT INTO runs (customer_id, site_id, selection, finished_at, figures, delivery_groups)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            ([*keys, json.dumps(document), json.dumps(counts)] for *keys, document, counts in reversed(rows)),
        )
    return path


@pytest.fixture(scope="session", params=[8, 10_000], ids=["few", "many"])
def charted(request, simulator, new_report, tmp_path_factory):
    """Return a report with so many runs in its history, and the times and coverage of all runs."""
    simulator.reset(machines=20, sessions=200)
    path = earlier(simulator, tmp_path_factory.mktemp("history"), request.param)
    report = new_report(citrix_history=path, citrix_history_days=1000, citrix_minimum=MINIMUM)
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute("SELECT finished_at, figures FROM runs ORDER BY finished_at, id").fetchall()
    runs = [(at, json.loads(figures)) for at, figures in rows]
    assert len(runs) == request.param
    return report, [(at, run["sessions"]["coverage_percent"] if run["list_complete"] else None) for at, run in runs]


@pytest.fixture(scope="session")
def page(tmp_path_factory):
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium on this machine")
    page = Page(program, tmp_path_factory.mktemp("profile"))
    yield page
    page.close()
