# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report by playbook and role: its files, its minimum, and its requests."""

from __future__ import annotations

import csv
import html
import json
import re
import sqlite3
import time
from collections import Counter

import jsonschema
import pytest
from ansible_collections.sessionops.citrix.plugins.modules import citrix_recording_coverage as coverage
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
from support.simulator_process import COLLECTION

SCHEMA = json.loads((COLLECTION / "roles/recording_coverage/files/coverage.schema.json").read_text(encoding="utf-8"))
FILES = ["coverage.csv", "coverage.html", "coverage.json"]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "the reports"
    folder.mkdir()
    return folder


@pytest.fixture
def report(simulator, ansible, folder):
    """Return a function that runs the playbook with these variables."""

    def run(*arguments, **variables):
        extra = json.dumps({"citrix_dest": str(folder), **variables})
        return ansible(
            "ansible-playbook", "sessionops.citrix.coverage", "-e", extra, *arguments, env=simulator.environment
        )

    return run


def table(folder):
    with (folder / "coverage.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_report_files_match_simulator(simulator, report, folder):
    simulator.reset(machines=8, sessions=80, names="hostile")
    truth = simulator.state()
    run = report(citrix_unrecorded_limit=5, citrix_batch_size=50)
    assert run.code == 0, run.output
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o640}
    figures = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(figures)
    rows = table(folder)
    assert {row["id"] for row in rows} == set(truth)
    kinds = {True: "recorded", False: "not_recorded"}
    for row in rows:
        known = truth[row["id"]]
        recordable = known["state"] == "Active" and known["protocol"] == "Hdx"
        assert row["result"] == (kinds[known["recorded"]] if recordable else "not_recordable")
        assert [row[name] for name in ("user", "machine", "delivery_group")] == [
            known[name] for name in ("user", "machine", "delivery_group")
        ]
        assert row["applications"] == "; ".join(known["applications"])
    gaps = [row["id"] for row in rows if row["result"] == "not_recorded"]
    assert [gap["id"] for gap in figures["gaps"]] == gaps[:5]
    assert figures["gaps_total"] == len(gaps)
    page = (folder / "coverage.html").read_text(encoding="utf-8")
    assert f"The first 5 of {len(gaps)} recordable sessions" in page
    for part in figures["delivery_groups"] + figures["machines"]:
        name = html.escape(part["name"]).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
        assert f">{name}</th>" in page or f">{name}</a></th>" in page
    counts = simulator.counts()
    assert counts["status"] == 0
    assert counts["$batch"] == 2
    # Every request counts, including the sign-in.
    assert figures["requests"] == len(simulator.calls())


def test_low_coverage_fails_after_report_written(report, folder):
    run = report(citrix_minimum=99.5)
    assert run.code != 0
    assert (
        "Coverage 12.5 % (10 of 50 sessions are not recordable): 5 of 40 recordable sessions are recorded" in run.output
    )
    assert "less than recording_coverage_minimum, 99.5 %" in " ".join(run.output.split())
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert "12.5&nbsp;%" in (folder / "coverage.html").read_text(encoding="utf-8")


def test_playbook_adds_each_run_to_history(simulator, report, folder, tmp_path):
    for arguments, runs in ((["--check"], None), ([], 1), ([], 2)):
        run = report(*arguments, citrix_history="past.sqlite", citrix_history_days=30, citrix_minimum=12.5)
        assert run.code == 0, run.output
        assert (tmp_path / "past.sqlite").exists() is (runs is not None)
    with sqlite3.connect(tmp_path / "past.sqlite") as file:
        assert file.execute("SELECT count(*) FROM runs").fetchone() == (2,)
    page = (folder / "coverage.html").read_text(encoding="utf-8")
    assert "2 reports, lowest 12.5&nbsp;%, highest 12.5&nbsp;%" in page
    before = simulator.mark()
    run = report(citrix_history="past.sqlite", citrix_user=["LAB\\user001"])
    assert run.code == 2
    assert "history: cannot be combined with user" in " ".join(run.output.split())
    assert report(citrix_history="past.sqlite", citrix_history_days=0).code == 2
    assert not [call for call in simulator.calls(before) if call["path"].endswith("/Sessions")]
    run = report(citrix_history=" ")
    assert run.code == 0, run.output
    assert "Coverage over time" not in (folder / "coverage.html").read_text(encoding="utf-8")


def test_metrics_agree_with_simulator(simulator, report, folder, tmp_path):
    metrics = tmp_path / "citrix.prom"
    assert report("--check", citrix_metrics="citrix.prom").code == 0
    assert not metrics.exists()
    run = report(citrix_metrics="citrix.prom")
    assert run.code == 0, run.output
    assert metrics.stat().st_mode & 0o777 == 0o644
    families = {each.name: each.samples for each in parse(metrics.read_text(encoding="utf-8"))}
    found, truth = Counter(), Counter()
    for sample in families["citrix_recording_sessions"]:
        assert sample.labels["site_id"] == simulator.facts["site_id"]
        found[sample.labels["delivery_group"], sample.labels["state"], sample.labels.get("reason")] += int(sample.value)
    for session in simulator.state().values():
        state = "recorded" if session["recorded"] else "not_recorded"
        reason = "not_hdx" if session["protocol"] != "Hdx" else "not_active" if session["state"] != "Active" else None
        truth[session["delivery_group"], "not_recordable" if reason else state, reason] += 1
    assert +found == truth
    figures = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))
    assert families["citrix_recording_coverage_ratio"][0].value == figures["sessions"]["coverage_percent"] / 100
    assert families["citrix_recording_report_requests"][0].value == figures["requests"]


def test_copied_page_finds_parts_of_role(simulator, play, folder, tmp_path):
    own = tmp_path / "own.html.j2"
    page = COLLECTION / "roles" / "recording_coverage" / "templates" / "coverage.html.j2"
    own.write_text(page.read_text(encoding="utf-8").replace("<main>", "<main>Our page"), encoding="utf-8")
    options = {
        "recording_coverage_dest": str(folder),
        "recording_coverage_history": str(folder / "history.sqlite"),
        "recording_coverage_template": str(own),
    }
    role = {"ansible.builtin.include_role": {"name": "sessionops.citrix.recording_coverage"}, "register": "unused"}
    run = play([{**role, "vars": options}], connection=simulator.cloud)
    assert run.code == 0, run.output
    written = (folder / "coverage.html").read_text(encoding="utf-8")
    assert written.count("Our page") == 1
    assert "1 report, lowest 12.5&nbsp;%" in written


SHORT = {"path": "/Sessions$", "answer": {"status": 200, "body": {"Items": [], "TotalItems": 500}}}
EMPTY = {"path": "/(Sessions|Machines)$", "answer": {"status": 200, "body": {"Items": []}}}


@pytest.mark.parametrize(
    ("fault", "warning", "cause"),
    [
        (SHORT, "the API reports 500 and returned 0, even when read again", "returned fewer than it reports"),
        (EMPTY, "The account sees no session and no machine", "sees no session and no machine"),
    ],
)
@pytest.mark.parametrize("minimum", [0, 50])
def test_coverage_sessions_missing_fails_with_minimum(simulator, report, folder, fault, warning, cause, minimum):
    simulator.fault(fault)
    run = report(citrix_minimum=minimum)
    assert (run.code != 0) is (minimum > 0), run.output
    words = " ".join(run.output.split())
    assert warning in words
    assert (cause in words.partition("Sessions may be missing")[2]) is (minimum > 0)
    figures = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))
    assert (figures["list_complete"], figures["machines_visible"]) == (fault is EMPTY, fault is SHORT)
    page = (folder / "coverage.html").read_text(encoding="utf-8")
    assert ('id="incomplete"' in page, 'id="invisible"' in page) == (fault is SHORT, fault is EMPTY)


def test_role_sets_stats_and_accepts_own_page(simulator, play, folder, tmp_path):
    own = tmp_path / "own.html.j2"
    own.write_text("{{ recording_coverage_result.coverage.sessions.recorded }} of us", encoding="utf-8")
    options = {
        "recording_coverage_dest": str(folder),
        "recording_coverage_machine": ["LAB\\vda-001"],
        "recording_coverage_template": str(own),
    }
    role = {"ansible.builtin.include_role": {"name": "sessionops.citrix.recording_coverage"}, "register": "unused"}
    environment = {"ANSIBLE_SHOW_CUSTOM_STATS": "true"}
    run = play([{**role, "vars": options}], connection=simulator.on_premises, env=environment)
    assert run.code == 0, run.output
    shown = re.search(r"RUN: (\{.*\})", run.output, re.DOTALL)
    stats = json.loads(shown.group(1))
    assert stats["recording_coverage_percent"] == 12.5
    assert stats["recording_coverage_sessions"]["total"] == 10
    assert (folder / "coverage.html").read_text(encoding="utf-8") == "1 of us"


def test_check_mode_reads_and_writes_nothing(simulator, report, folder):
    # The exact minimum is sufficient.
    run = report("--check", citrix_minimum=12.5)
    assert run.code == 0, run.output
    assert "Coverage 12.5 %" in run.output
    assert list(folder.iterdir()) == []
    assert simulator.counts()["status"] == 40


def test_site_without_sessions_meets_any_minimum(simulator, report, folder):
    simulator.reset(machines=1, sessions=0)
    run = report(citrix_minimum=100)
    assert run.code == 0, run.output
    assert "No session was recordable." in (folder / "coverage.html").read_text(encoding="utf-8")
    assert table(folder) == []


def test_missing_variables_named(simulator, ansible, report):
    for run in (ansible("ansible-playbook", "sessionops.citrix.coverage"), report(citrix_dest="/nowhere/at/all")):
        assert run.code != 0
        assert re.search("existing directory|directory /nowhere/at/all does not exist", run.output)
    assert simulator.calls() == []


def test_report_of_5000_sessions_in_seconds(simulator, client, folder):
    simulator.reset(machines=100, sessions=5000)
    began = time.process_time()
    found = client(coverage, simulator.cloud, dest=str(folder), batch_size=500)
    assert time.process_time() - began < 30
    assert found["coverage"]["sessions"]["recordable"] == 4000
    assert len(table(folder)) == 5000
    assert len(found["coverage"]["gaps"]) == 1000
