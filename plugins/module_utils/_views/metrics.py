# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics of a report in OpenMetrics text, for the textfile collector of the node exporter."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Callable

from .._common.errors import OptionError
from .._common.text import folded
from .._common.times import timestamp
from .._site.selectors import Query
from .._site.sessions import NOT_RECORDABLE
from . import coverage, files, history
from .coverage import Row

ARGUMENT_SPEC = {"metrics": {"type": "path"}}

MODE = 0o644
"""The file has no names of people, and the exporter is another user."""
GROUPS = 100
"""Most delivery groups with series of their own; the others are counted together."""
OTHER_GROUPS, NO_NAME = "(other)", "(no name)"

REASONS = {"not_recordable": tuple(NOT_RECORDABLE)}
STATES = [(result, reason) for result in coverage.RESULTS for reason in REASONS.get(result, ("",))]
"""Results with their reasons; the text of a gap is no reason here, because every request has another one."""

PREFIX = "citrix_recording_"
FAMILIES = {
    "sessions": "Sessions in the last report, by result and by the reason why they are not recordable.",
    "coverage_ratio": "Recorded sessions divided by the recordable sessions of the site.",
    "group_coverage_ratio": "Recorded sessions divided by the recordable sessions of the delivery group.",
    "report_list_complete": "1 if each list in the last report was complete, 0 if sessions may be missing.",
    "report_machines_visible": "1 if the account saw a session or a machine, 0 if it saw none.",
    "report_requests": "Requests that the last report sent.",
    "report_throttled": "Requests of the last report that the API throttled.",
    "report_duration_seconds": "Duration of the last report.",
    "report_last_success_timestamp_seconds": "Time at which the last report ended, in seconds since 1970.",
}
"""Gauges, each with its help text: every run is a process of its own, so nothing is counted across runs."""


def check(params: dict, query: Query, warn: Callable[[str], None] | None) -> None:
    """Raise OptionError unless the metrics of a report can be written.

    warn: takes the message if the directory does not exist, in check mode.
    """
    path = params["metrics"]
    if path is None:
        return
    if query.user:
        raise OptionError("metrics", history.NO_NAMES)
    files.check_file("metrics", path, warn)
    if not path.endswith(".prom"):
        raise OptionError("metrics", "must end with .prom, because the collector ignores other files; rename it")


def write(path: str, document: dict, rows: Sequence[Row]) -> None:
    """Replace the file with the metrics of a report."""
    files.write_text("metrics", os.path.abspath(path), text(document, rows), MODE)


def text(document: dict, rows: Sequence[Row]) -> str:
    """Return the metrics of a report; rows: its sessions."""
    site = {"site": document["site_name"] or "", "site_id": document["site_id"]}
    if document["selection"]:
        parts = (f"{name}: {', '.join(values)}" for name, values in document["selection"].items())
        site["selection"] = "; ".join(parts)
    samples: dict[str, list[str]] = {name: [] for name in FAMILIES}
    for family, value, labels in _samples(document, rows):
        shown = ",".join(f'{name}="{_quoted(label)}"' for name, label in {**site, **labels}.items())
        samples[family].append(f"{PREFIX}{family}{{{shown}}} {value}\n")
    heads = {name: f"# HELP {PREFIX}{name} {FAMILIES[name]}\n# TYPE {PREFIX}{name} gauge\n" for name in FAMILIES}
    return "".join(heads[name] + "".join(lines) for name, lines in samples.items() if lines) + "# EOF\n"


def _samples(document: dict, rows: Sequence[Row]) -> Iterator[tuple[str, float, dict[str, str]]]:
    """Yield family, value and labels of each sample."""
    for group, states in _groups(rows).items():
        labels = {"delivery_group": group}
        for result, reason in STATES:
            why = {"reason": reason} if reason else {}
            yield "sessions", states[result, reason], {**labels, "state": result, **why}
        results: Counter = Counter()
        for (result, _reason), count in states.items():
            results[result] += count
        yield from _ratio("group_coverage_ratio", coverage.figures(results), labels)
    yield from _ratio("coverage_ratio", document["sessions"], {})
    started, finished = (timestamp(document[name]) or 0.0 for name in ("started_at", "finished_at"))
    for family, value in {
        "list_complete": int(document["list_complete"]),
        "machines_visible": int(document["machines_visible"]),
        "requests": document["requests"],
        "throttled": document["throttled"],
        "duration_seconds": finished - started,
        "last_success_timestamp_seconds": finished,
    }.items():
        yield f"report_{family}", value, {}


def _ratio(family: str, figures: dict, labels: dict[str, str]) -> Iterator[tuple[str, float, dict[str, str]]]:
    """Yield the coverage; nothing if no session is recordable."""
    if figures["recordable"]:
        yield family, round(figures["coverage_percent"] / 100, 3), labels


def _groups(rows: Sequence[Row]) -> dict[str, Counter]:
    """Return the number of sessions by result and reason for each delivery group, by name."""
    groups: dict[str, Counter] = {}
    names = sorted({row.session.delivery_group or NO_NAME for row in rows}, key=folded)
    shown = set(names[:GROUPS])
    for row in rows:
        name = row.session.delivery_group or NO_NAME
        reason = (row.reason or "") if row.result in REASONS else ""
        groups.setdefault(name if name in shown else OTHER_GROUPS, Counter())[row.result, reason] += 1
    return {name: groups[name] for name in sorted(groups, key=folded)}


def _quoted(text: str) -> str:
    """Return a label value, https://prometheus.io/docs/instrumenting/exposition_formats/"""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
