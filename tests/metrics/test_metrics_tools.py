# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics, alerts and dashboard, judged by promtool and the parsers of prometheus_client."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections import Counter

import pytest
import yaml
from ansible_collections.sessionops.citrix.plugins.module_utils._site.refs import SessionRef
from ansible_collections.sessionops.citrix.plugins.module_utils._views import metrics
from ansible_collections.sessionops.citrix.plugins.module_utils._views.coverage import Row
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text
from support.reports import report
from support.simulator_process import COLLECTION

FILES = COLLECTION / "roles" / "recording_coverage" / "files"
ALERTS = FILES / "alerts.yml"
NOW = 1_780_000_000
USER = "LAB\\user001"
HOSTILE = ('a"b', "c\\d", "{e}=f,", "Ärzte 日本", "citrix_x 1")
GROUPS = {name: (7, 2, 1, 0, 0) for name in HOSTILE}


def rows(groups):
    """Return the sessions of a report; groups as in report()."""
    return [
        Row(
            SessionRef.from_session("id", {"User": {"Name": USER}, "Machine": {"DeliveryGroup": {"Name": name}}}),
            (),
            None,
            result,
            "not_active" if result == "not_recordable" else "HTTP 500 [transaction 1]",
        )
        for name, counts in groups.items()
        for result, count in zip(metrics.coverage.RESULTS, counts)
        for _session in range(count)
    ]


def written(groups, moment=NOW, **changes):
    return metrics.text(report(moment, groups, **changes), rows(groups))


def samples(text, read=read_openmetrics):
    """Return the value of each sample by its name and labels."""
    found = [sample for family in read(text) for sample in family.samples]
    values = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in found}
    assert len(values) == len(found)
    return values


def promtool(*arguments, text=None):
    done = subprocess.run(["promtool", *map(str, arguments)], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_metrics_pass_promtool_and_both_parsers():
    text = written(GROUPS, list_complete=False, selection={"delivery_group": list(HOSTILE)})
    assert promtool("check", "metrics", text=text) == ""
    found = samples(text)
    assert found == samples(text, read_text)
    sessions = Counter()
    for (name, labels), value in found.items():
        labels = dict(labels)
        assert (labels["site"], labels["site_id"]) == ("LAB", "site1")
        assert labels["selection"] == f"delivery_group: {', '.join(HOSTILE)}"
        if name == "citrix_recording_sessions":
            sessions[labels["delivery_group"], labels["state"], labels.get("reason")] += int(value)
    assert +sessions == Counter(
        {
            (name, result, None): count
            for name in HOSTILE
            for result, count in zip(("recorded", "not_recorded", "unknown"), GROUPS[name])
        }
    )
    values = {name: value for (name, labels), value in found.items() if "delivery_group" not in dict(labels)}
    assert values == {
        "citrix_recording_coverage_ratio": 0.7,
        "citrix_recording_report_list_complete": 0,
        "citrix_recording_report_machines_visible": 1,
        "citrix_recording_report_requests": 11,
        "citrix_recording_report_throttled": 2,
        "citrix_recording_report_duration_seconds": 4,
        "citrix_recording_report_last_success_timestamp_seconds": NOW,
    }
    assert "user001" not in text
    assert "transaction" not in text


def test_many_delivery_groups_have_bounded_series():
    groups = {f"Group {number:04}": (1, 1, 0, 1, 0) for number in range(2500)}
    found = samples(written(groups))
    assert len(found) <= (metrics.GROUPS + 1) * 8 + 7
    recorded = {
        dict(labels)["delivery_group"]: value
        for (name, labels), value in found.items()
        if name == "citrix_recording_sessions" and dict(labels)["state"] == "recorded"
    }
    assert sum(recorded.values()) == 2500
    assert recorded["(other)"] == 2400


def test_site_without_recordable_session_has_no_ratio():
    groups = {"Staff": (0, 0, 0, 3, 1)}
    text = written(groups)
    promtool("check", "metrics", text=text)
    assert "_ratio" not in text
    assert 'state="not_recordable",reason="not_active"} 3\n' in text
    assert 'state="ended"} 1\n' in text
    promtool("check", "metrics", text=written({}, machines_visible=False))


SITE = 'site="LAB", site_id="site1"'
CASES = {
    "CitrixRecordingCoverageBelowMinimum": ("citrix_recording_coverage_ratio", "0.949+0x9", "0.95+0x9"),
    "CitrixRecordingReportMissing": (
        "citrix_recording_report_last_success_timestamp_seconds",
        "0+0x80",
        "60+60x80",
    ),
    "CitrixRecordingUnknownRising": (
        'citrix_recording_sessions{{{}, delivery_group="A", state="unknown"}}',
        "1+0x60 2+0x60",
        "2+0x60 1+0x60",
    ),
    "CitrixRecordingNothingSeen": ("citrix_recording_report_machines_visible", "0+0x9", "1+0x9"),
}
"""Series of each alert, with values that cause it and values that do not."""


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("fires", [True, False])
def test_alert_fires_only_with_its_cause(tmp_path, name, fires):
    series, bad, good = CASES[name]
    series = series.format(SITE) if "{" in series else f"{series}{{{SITE}}}"
    values = bad if fires else good
    at = "100m" if " " in values else "62m" if name.endswith("Missing") else "5m"
    alert = next(rule for rule in yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"] if rule["alert"] == name)
    assert set(alert["annotations"]) == {"summary", "description"}
    test = {
        "rule_files": [str(ALERTS)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": series, "values": values}],
                "promql_expr_test": [
                    {
                        "expr": f'count(ALERTS{{alertname="{name}", alertstate="firing", site="LAB"}}) or vector(0)',
                        "eval_time": at,
                        "exp_samples": [{"labels": "{}", "value": int(fires)}],
                    }
                ],
            }
        ],
    }
    path = tmp_path / "test.yml"
    path.write_text(json.dumps(test), encoding="utf-8")
    promtool("test", "rules", path)


def test_alert_fires_if_no_report_was_ever_written(tmp_path):
    test = {
        "rule_files": [str(ALERTS)],
        "tests": [
            {
                "input_series": [],
                "alert_rule_test": [
                    {
                        "alertname": "CitrixRecordingReportMissing",
                        "eval_time": "5m",
                        "exp_alerts": [
                            {
                                "exp_labels": {"severity": "critical"},
                                "exp_annotations": {
                                    "summary": "No coverage report of any site for an hour",
                                    "description": "The job failed, did not run, or could not write its metrics.",
                                },
                            }
                        ],
                    }
                ],
            }
        ],
    }
    path = tmp_path / "test.yml"
    path.write_text(json.dumps(test), encoding="utf-8")
    promtool("test", "rules", path)


def test_alerts_and_dashboard_use_series_of_report(tmp_path):
    dashboard = json.loads((FILES / "dashboard.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0]["rules"]
    series = samples(written(GROUPS, time.time()))
    names = {name for name, _labels in series}
    labels = {label for _name, pairs in series for label, _value in pairs} | {"reason"}
    variables = [variable["query"] for variable in dashboard["templating"]["list"]]
    for query in [*queries, *(rule["expr"] for rule in rules), *variables]:
        assert set(re.findall(r"citrix_\w+", query)) <= names
        assert set(re.findall(r"(\w+)=", query)) <= labels
    assert {panel["id"] for panel in dashboard["panels"]} == set(range(1, len(dashboard["panels"]) + 1))
    assert {name for query in queries for name in re.findall(r"citrix_\w+", query)} >= names - {
        "citrix_recording_report_list_complete",
        "citrix_recording_report_machines_visible",
    }
    # promtool parses each query of the dashboard as a rule.
    recorded = [
        {"record": f"panel:{number}", "expr": query.replace("$site", ".*")} for number, query in enumerate(queries)
    ]
    path = tmp_path / "panels.yml"
    path.write_text(json.dumps({"groups": [{"name": "panels", "rules": recorded}]}), encoding="utf-8")
    promtool("check", "rules", path, ALERTS)
