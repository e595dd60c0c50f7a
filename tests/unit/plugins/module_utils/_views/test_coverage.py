# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage: one category for each session, and figures that are never better than known."""

from __future__ import annotations

import json
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

import ansible_collections.sessionops.citrix as collection
import jsonschema
import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._site.refs import SessionRef
from ansible_collections.sessionops.citrix.plugins.module_utils._site.selectors import Query
from ansible_collections.sessionops.citrix.plugins.module_utils._views import coverage
from hypothesis import given
from hypothesis import strategies as st

SCHEMA = Path(next(iter(collection.__path__))) / "roles/recording_coverage/files/coverage.schema.json"
LISTING = "GET Sessions"
TRANSACTION = "transaction-of-GET Sessions/RecordingStatus?id=2"
RESULTS = ("recorded", "not_recorded", "unknown", "not_recordable", "ended")


@pytest.fixture(scope="session")
def valid():
    """Return a function that validates a document with the schema of the role."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema).validate


def status(session_id):
    return f"GET Sessions/RecordingStatus?id={session_id}"


def status_body(value):
    return {"IsSessionBeingRecorded": value}


def session(session_id, **fields):
    return {
        "Id": session_id,
        "State": "Active",
        "Connection": {"Protocol": "Hdx"},
        "User": {"Name": f"LAB\\{session_id}"},
        "Machine": {"Name": "LAB\\vda-001", "DeliveryGroup": {"Name": "Contractors"}},
        "ApplicationsInUse": [{"Name": "Editor"}, {"Name": "Drawing"}],
        "FormattedStartTime": "2025-01-06T08:00:30Z",
        **fields,
    }


def read(api, *sessions):
    warnings = []
    api.on(LISTING, {"Items": list(sessions)})
    return coverage.read(api, Query(), warnings.append), warnings


def documented(api, rows, unrecorded_limit=1000, query=None, visible=True):
    api.on("GET Sites/site1", {"Name": "LAB"})
    return coverage.document(api, query or Query(), rows, unrecorded_limit, time.time(), visible)


# Categories


@pytest.mark.parametrize(
    ("answers", "result", "reason"),
    [
        ([status_body(True)], "recorded", None),
        ([status_body(False)], "not_recorded", coverage.NOT_RECORDED),
        ([status_body(None)], "unknown", coverage.NOT_REPORTED),
        ([status_body("true")], "unknown", coverage.NOT_REPORTED),
        ([{}], "unknown", coverage.NOT_REPORTED),
        ([403], "unknown", f"its status could not be read: HTTP 403 (Refused.) [transaction {TRANSACTION}]"),
    ],
)
def test_category_from_recording_status(fake_api, answers, result, reason):
    fake_api.on(status("1"), status_body(True))
    fake_api.on(status("2"), *answers)
    rows, _warnings = read(fake_api, session("1"), session("2"))
    assert (rows[1].result, rows[1].reason) == (result, reason)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"LogoffInProgress": True}, "logging_off"),
        ({"State": "Disconnected"}, "not_active"),
        ({"State": "Connected"}, "not_active"),
        ({"Connection": {"Protocol": "Rdp"}}, "not_hdx"),
        ({"Connection": {"Protocol": "Console"}}, "not_hdx"),
    ],
)
def test_unrecordable_session_has_reason_and_is_not_requested(fake_api, fields, reason):
    rows, _warnings = read(fake_api, session("1", **fields))
    assert (rows[0].result, rows[0].reason) == ("not_recordable", reason)
    assert fake_api.sent() == [LISTING]


def test_coverage_ended_session_is_no_gap(fake_api):
    fake_api.on(status("1"), 404)
    fake_api.on("GET Sessions/1", 404)
    rows, warnings = read(fake_api, session("1"))
    assert (rows[0].result, rows[0].reason, warnings) == ("ended", None, [])


def test_missing_fields_no_reason_empty_session_unknown(fake_api):
    fake_api.on(status("1"), status_body(False))
    rows, _warnings = read(fake_api, {}, {"Id": "1", "User": None, "Machine": None, "ApplicationsInUse": [None, {}]})
    assert [row.result for row in rows] == ["unknown", "not_recorded"]
    assert rows[0] == (SessionRef(""), (), None, "unknown", coverage.NO_ID)
    assert rows[1] == (SessionRef("1"), (), None, "not_recorded", coverage.NOT_RECORDED)
    assert rows[0].cells() == ["", "", "", "", "", "", "", "unknown", coverage.NO_ID]


def test_unreadable_statuses_warn_and_do_not_fail(fake_api):
    fake_api.on(status("1"), 403)
    fake_api.on(status("2"), status_body(True))
    _rows, (warning,) = read(fake_api, session("1"), session("2"))
    assert "1 of 2 sessions" in warning
    fake_api.on(status("2"), 403)
    with pytest.raises(ApiError, match="HTTP 403"):
        read(fake_api, session("1"), session("2"))


def test_only_required_data_requested(fake_api):
    read(fake_api)
    assert fake_api.calls[0].query["fields"].split(",") == [
        *("Id", "State", "Connection", "LogoffInProgress", "Machine", "User"),
        *("ApplicationsInUse", "StartTime", "FormattedStartTime"),
    ]


def test_rows_have_printable_data_in_order_of_machines(fake_api):
    for number in "123":
        fake_api.on(status(number), status_body(False))
    rows, _warnings = read(
        fake_api,
        session("1", Machine={"Name": "LAB\\vda-2"}),
        session("2", Machine={"Name": "lab\\VDA-1"}, User={"PrincipalName": "a\nb\u202e@lab.example"}),
        session("3", Machine={"Name": "LAB\\vda-1\ud800"}, FormattedStartTime=None, StartTime="1/6/2025 8:00:30 AM"),
    )
    assert [row.session.id for row in rows] == ["2", "3", "1"]
    assert [row.session.machine for row in rows] == ["lab\\VDA-1", "LAB\\vda-1\\ud800", "LAB\\vda-2"]
    assert (rows[0].session.user, rows[0].since, rows[1].since) == (
        "a\\nb\\u202e@lab.example",
        "2025-01-06T08:00:30Z",
        "1/6/2025 8:00:30 AM",
    )
    assert rows[0].cells()[4] == "Editor; Drawing"


# Figures

counts = st.fixed_dictionaries({result: st.integers(0, 10**6) for result in RESULTS}).map(Counter)


@given(counts)
def test_coverage_never_better_than_known(counts):
    figures = coverage.figures(counts)
    gaps = counts["not_recorded"] + counts["unknown"]
    assert figures["recordable"] == counts["recorded"] + gaps
    assert figures["total"] == figures["recordable"] + figures["not_recordable"] + figures["ended"]
    percent = figures["coverage_percent"]
    if not figures["recordable"]:
        assert percent is None
        return
    exact = Fraction(100 * counts["recorded"], figures["recordable"])
    assert 0 <= exact - Fraction(str(percent)) < Fraction(1, 10)
    assert (percent == 100) is (gaps == 0)
    assert json.dumps(percent) == f"{percent:.1f}"


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(999, 1000, 99.9), (99999, 100000, 99.9), (1, 3, 33.3), (2, 3, 66.6), (0, 5, 0.0), (5, 5, 100.0)],
)
def test_percent(part, whole, percent):
    assert coverage.percent(part, whole) == percent


rows_of_any_kind = st.lists(
    st.builds(
        coverage.Row,
        session=st.builds(
            SessionRef,
            id=st.uuids().map(str),
            user=st.none() | st.text(min_size=1),
            machine=st.sampled_from([None, "LAB\\vda-1", "LAB\\vda-2", "\u0130"]),
            delivery_group=st.sampled_from([None, "A", "B"]),
            session_state=st.none() | st.just("Active"),
        ),
        applications=st.lists(st.text(), max_size=2).map(tuple),
        since=st.none() | st.just("2025-01-06T08:00:30Z"),
        result=st.sampled_from(RESULTS),
    ).map(
        lambda row: row._replace(
            reason={"recorded": None, "ended": None, "not_recordable": "not_hdx"}.get(row.result, "so it is")
        )
    ),
    max_size=30,
)


@given(rows=rows_of_any_kind, limit=st.integers(0, 10))
def test_report_sums_match_and_schema_valid(new_fake_api, valid, rows, limit):
    document = documented(new_fake_api(), rows, limit, Query(delivery_group=("A",)))
    valid(json.loads(json.dumps(document)))
    sessions = document["sessions"]
    assert sessions["total"] == len(rows)
    for part in ("delivery_groups", "machines"):
        for name in ("total", "recordable", *RESULTS):
            assert sum(each[name] for each in document[part]) == sessions[name]
        gaps = [each["not_recorded"] + each["unknown"] for each in document[part]]
        assert gaps == sorted(gaps, reverse=True)
    assert sum(document["not_recordable_reasons"].values()) == sessions["not_recordable"]
    assert document["gaps_total"] == sessions["not_recorded"] + sessions["unknown"]
    wanted = [row.session.id for row in rows if row.result in ("not_recorded", "unknown")]
    assert [gap["id"] for gap in document["gaps"]] == wanted[:limit]


def test_report_has_site_selectors_and_time(fake_api):
    document = documented(fake_api, [], query=Query(user=("LAB\\user001",)))
    assert {name: document[name] for name in ("tool", "customer_id", "site_id", "site_name", "selection")} == {
        "tool": "sessionops.citrix 1.0.0",
        "customer_id": "customer1",
        "site_id": "site1",
        "site_name": "LAB",
        "selection": {"user": ["LAB\\user001"]},
    }
    assert document["requests"] == 1
    assert document["started_at"] <= document["finished_at"]


def test_report_unreadable_site_name_is_null(fake_api, valid):
    fake_api.on("GET Sites/site1", 403)
    document = coverage.document(fake_api, Query(), [], 0, time.time(), True)
    assert document["site_name"] is None
    valid(document)


@pytest.mark.parametrize(
    "change", [{"gaps_total": -1}, {"tool": None}, {"schema_version": 2}, {"more": 1}, {"selection": {"machine": []}}]
)
def test_schema_rejects_wrong_report(fake_api, valid, change):
    document = documented(fake_api, [])
    valid(document)
    with pytest.raises(jsonschema.ValidationError):
        valid({**document, **change})


def test_schema_rejects_unknown_figures(fake_api, valid):
    row = coverage.Row(SessionRef("1", None, "LAB\\vda-1"), (), None, "ended")
    document = documented(fake_api, [row])
    for figures in (document["sessions"], document["machines"][0]):
        figures["more"] = 1
        with pytest.raises(jsonschema.ValidationError):
            valid(document)
        del figures["more"]
    valid(document)


def test_summary_sentence_has_figures(fake_api):
    rows = [coverage.Row(SessionRef(str(at)), (), None, result) for at, result in enumerate(RESULTS)]
    assert coverage.sentence(documented(fake_api, rows)) == (
        "Coverage 33.3 % (1 of 5 sessions are not recordable): 1 of 3 recordable sessions are recorded; "
        "1 not recorded, 1 unknown, 1 not recordable, 1 ended."
    )
    assert coverage.sentence(documented(fake_api, [])) == (
        "No recordable session was found: 0 not recorded, 0 unknown, 0 not recordable, 0 ended."
    )


def test_sentence_all_sessions_recordable_percentage_alone(fake_api):
    rows = [coverage.Row(SessionRef("1"), (), None, "recorded")]
    assert coverage.sentence(documented(fake_api, rows)).startswith("Coverage 100.0 %: 1 of 1 recordable sessions")


def test_sentence_99_of_100_not_recordable(fake_api):
    results = ["recorded"] + ["not_recordable"] * 99
    rows = [coverage.Row(SessionRef(str(at)), (), None, result) for at, result in enumerate(results)]
    assert coverage.sentence(documented(fake_api, rows)).startswith(
        "Coverage 100.0 % (99 of 100 sessions are not recordable): 1 of 1"
    )


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("visible", [True, False])
def test_document_incomplete_list_and_missing_scope_reported(fake_api, valid, complete, visible):
    fake_api.list_complete = complete
    document = documented(fake_api, [], visible=visible)
    valid(document)
    assert (document["list_complete"], document["machines_visible"]) == (complete, visible)


@pytest.mark.parametrize(
    ("machines", "expected"), [([], "no session and no machine"), ([{"Id": "m"}], "account sees machines")]
)
def test_machines_visible_no_session_checked_with_one_request(fake_api, machines, expected):
    fake_api.on("GET Machines", {"Items": machines})
    warnings = []
    assert coverage.machines_visible(fake_api, [], warnings.append) is bool(machines)
    assert [expected in warning for warning in warnings] == [True]
    assert fake_api.calls[0].query == {"limit": "1", "fields": "Id"}


def test_machines_visible_with_sessions_sends_no_request(fake_api):
    assert coverage.machines_visible(fake_api, [coverage.Row(SessionRef("1"), (), None)], pytest.fail)
    assert fake_api.calls == []


def test_report_of_100000_sessions_has_short_list_of_gaps(fake_api):
    rows = [
        coverage.Row(SessionRef(str(at), "u", f"m{at % 5000}", "g", "Active"), (), None, RESULTS[at % 2], None)
        for at in range(100_000)
    ]
    document = documented(fake_api, rows)
    assert document["sessions"]["coverage_percent"] == 50.0
    assert (document["gaps_total"], len(document["gaps"]), len(document["machines"])) == (50_000, 1000, 5000)


def test_coverage_negative_limit_rejected():
    with pytest.raises(OptionError, match=r"^unrecorded_limit: must be 0, for none, or more"):
        coverage.checked_query({"unrecorded_limit": -1})
