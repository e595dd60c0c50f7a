# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A play for each operation with published responses, and with other forms of them."""

from __future__ import annotations

import json

import pytest
from published.conftest import MACHINE, NOT_RECORDED, ON_MACHINE, SESSION, SITE
from published.replay import Response, made, sample

SESSIONS = [json.loads(sample("start_recording_2022").content)]
START, STOP, MESSAGE = (f"Sessions/{SESSION}/${name}" for name in ("startRecording", "stopRecording", "sendMessage"))


def task(module, **options):
    return {f"sessionops.citrix.{module}": options}


# Each operation: its task, its responses, its last request, and members of the result.
OPERATIONS = {
    "me and Sites": (
        task("citrix_site_info"),
        {f"GET Sites/{SITE}": [sample("site_2022")]},
        f"GET {SITE}",
        lambda result: result["sites"][0]["product_version"] == "7.34",
    ),
    "tokens": (task("citrix_token"), {}, "GET me", lambda result: result["site_id"] == SITE),
    "Machines": (
        task("citrix_machines_info", fields=["SessionCount"]),
        {"GET Machines": [sample("machines_list_2020")]},
        "GET Machines",
        lambda result: len(result["machines"]) > 0,
    ),
    "Sessions": (
        task("citrix_sessions_info", fields=["AppState"]),
        {"GET Sessions": [sample("sessions_list_2020")]},
        "GET Sessions",
        lambda result: result["sessions"][0]["app_state"] == "Active",
    ),
    "Sessions/$search": (
        task("citrix_sessions_info", session_state=["Active"]),
        {"POST Sessions/$search": [sample("sessions_search_2020")]},
        "POST $search",
        lambda result: len(result["sessions"]) == 1,
    ),
    "Machines/{x}/Sessions": (
        task("citrix_machine_sessions_info", machine=["LAB\\vda"]),
        {"GET Machines/LAB%7Cvda/Sessions": [sample("machine_sessions_2020")]},
        "GET Sessions",
        lambda result: result["machines"] == {"LAB\\vda": 1},
    ),
    "$startRecording": (
        task("citrix_session_recording", machine=[MACHINE], state="started", notify_user=False),
        {
            f"GET {ON_MACHINE}": [made({"Items": SESSIONS})],
            "GET Sessions/RecordingStatus": [NOT_RECORDED, sample("recording_status_true")],
            f"POST {START}": [sample("start_recording_2022")],
        },
        "GET RecordingStatus",
        lambda result: result["summary"]["started"] == 1,
    ),
    "$stopRecording": (
        task("citrix_session_recording", machine=[MACHINE], state="stopped"),
        {
            f"GET {ON_MACHINE}": [made({"Items": SESSIONS})],
            "GET Sessions/RecordingStatus": [sample("recording_status_true"), NOT_RECORDED],
            f"POST {STOP}": [sample("start_recording_2022")],
        },
        "GET RecordingStatus",
        lambda result: result["summary"]["stopped"] == 1,
    ),
    "$sendMessage": (
        task("citrix_session_message", session_id=[SESSION], title="Recording", text="It runs."),
        {
            f"GET Sessions/{SESSION}": [sample("session_detail_2022")],
            f"POST {MESSAGE}": [sample("start_recording_2022")],
        },
        "POST $sendMessage",
        lambda result: result["summary"]["sent"] == 1,
    ),
}


@pytest.mark.parametrize(("served", "last", "holds"), [each[1:] for each in OPERATIONS.values()], ids=OPERATIONS)
@pytest.mark.parametrize("deployment", ["cloud", "gov"])
def test_operation_reads_published_responses(site, modules, request, deployment, served, last, holds):
    operation = next(each for name, each in OPERATIONS.items() if request.node.callspec.id.endswith(f"-{name}"))
    for route, responses in served.items():
        method, path = route.split(" ")
        site.api(method, path, *responses)
    done = modules([operation[0]], connection=getattr(site, deployment))
    assert done.code == 0, done.output
    assert holds(done.result)
    assert site.paths()[-1] == last


def test_operations_in_play(site, play):
    for _task, served, _last, _holds in OPERATIONS.values():
        for route, responses in served.items():
            site.api(*route.split(" "), *responses)
    # One status after the other for the start and the stop of the same session.
    recorded = sample("recording_status_true")
    site.api("GET", "Sessions/RecordingStatus", NOT_RECORDED, recorded, recorded, NOT_RECORDED)
    done = play([operation[0] for operation in OPERATIONS.values()], connection=site.cloud)
    assert done.code == 0, done.output
    for (name, operation), result in zip(OPERATIONS.items(), done.results):
        assert operation[3](result), name


# Other forms of the same responses


def with_headers(response, change):
    return Response(
        response.status, {change(name): value for name, value in response.headers.items()}, response.content
    )


DRESSES = {
    "upper case headers": lambda response: with_headers(response, str.upper),
    "lower case headers": lambda response: with_headers(response, str.lower),
    "no headers": lambda response: response._replace(headers={}),
    "byte order mark": lambda response: response._replace(content=b"\xef\xbb\xbf" + response.content),
    "UTF-16": lambda response: response._replace(
        headers={"Content-Type": "application/json; charset=utf-16"}, content=response.content.decode().encode("utf-16")
    ),
    "another type": lambda response: response._replace(headers={"Content-Type": "text/plain"}),
    "blanks around": lambda response: response._replace(content=b"\r\n " + response.content + b"\n"),
    "hexadecimal escapes": lambda response: response._replace(content=response.content.replace(b"Admin", rb"\x41dmin")),
    "unknown members": lambda response: response._replace(
        content=response.content.replace(b"{", b'{"New": {"Deep": [null]}, ', 1)
    ),
}


@pytest.mark.parametrize("dress", DRESSES.values(), ids=DRESSES)
def test_responses_in_other_forms_read_alike(site, modules, dress):
    site.on("POST /cctrustoauth2/loy6oujtu6a4/tokens/clients", dress(sample("oauth_200")))
    site.api("GET", "me", dress(sample("me_2020")))
    site.api("GET", ON_MACHINE, dress(made({"Items": SESSIONS})))
    statuses = [dress(NOT_RECORDED), dress(sample("recording_status_true"))]
    site.api("GET", "Sessions/RecordingStatus", *statuses)
    site.api("POST", START, dress(sample("start_recording_2022")))
    record = task("citrix_session_recording", machine=[MACHINE], state="started")
    done = modules([record, task("citrix_sessions_info", machine=[MACHINE])], connection=site.cloud)
    assert done.code == 0, done.output
    assert done.results[0]["summary"]["started"] == 1
    assert done.results[1]["sessions"][0]["user"]["name"] == "XF4B5\\Administrator"


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"17", b"<html>", b'{"Items": {"Id": "1"}}', b'{"Items": [{'])
def test_list_null_rejected(site, modules, content):
    site.api("GET", "Sessions", sample("sessions_list_2020")._replace(content=content))
    done = modules([task("citrix_sessions_info")], connection=site.cloud)
    assert done.code != 0
    assert "check api_url and proxies" in done.result["msg"]


@pytest.mark.parametrize("items", [None, [], [None, 17, "x", [], {}]])
def test_list_empty_has_no_session(site, modules, items):
    site.api("GET", "Sessions", made({"Items": items, "ContinuationToken": None, "TotalItems": None}))
    done = modules([task("citrix_sessions_info", fields=["Id"])], connection=site.cloud)
    assert done.code == 0, done.output
    assert [session for session in done.result["sessions"] if session] == []
    assert any("in full" in warning for warning in done.result["warnings"]) == bool(items)


@pytest.mark.parametrize(
    "location", ["https://[Ddc/Jobs/a", "Jobs/a", "//", "https://h/..", "", "\xe9 ", "https://h/Jobs/a?x#y"]
)
@pytest.mark.parametrize("status", ["recorded", "not recorded"])
def test_accepted_start_in_result_with_any_location(site, modules, location, status):
    site.api("GET", ON_MACHINE, made({"Items": SESSIONS}))
    later = sample("recording_status_true") if status == "recorded" else NOT_RECORDED
    site.api("GET", "Sessions/RecordingStatus", NOT_RECORDED, later)
    accepted = sample("async_202_2020")
    site.api("POST", START, accepted._replace(headers={**accepted.headers, "Location": location}))
    record = task("citrix_session_recording", machine=[MACHINE], state="started", wait_timeout=1)
    done = modules([{**record, "ignore_errors": True}], connection=site.cloud)
    (entry,) = done.result["sessions"]
    assert entry["result"] == ("started" if status == "recorded" else "unconfirmed")


# The site check


def test_site_check_matches_published_responses(site, modules):
    for _task, served, _last, _holds in OPERATIONS.values():
        for route, responses in served.items():
            site.api(*route.split(" "), *responses)
    site.api("GET", "Sessions/RecordingStatus", sample("recording_status_true"))
    site.api("GET", "DeliveryGroups/Group", sample("delivery_group_2020"))
    site.api("POST", "$batch", sample("batch_2020"))
    result = modules([{**task("citrix_site_check"), "ignore_errors": True}], connection=site.cloud).result
    checks = {entry["id"]: entry for entry in result["checks"]}
    assert "7.34" in checks["product"]["observed"]
    assert checks["site"]["observed"] == f"site {SITE}"
    assert checks["credential"]["status"] == checks["sessions"]["status"] == "ok"
    assert checks["sessions"]["observed"].startswith("1 session on the first page")
    # The replay has one page for every request, whatever its fields.
    assert checks["fields"]["status"] == "warning"
    assert checks["recording_status"]["observed"].startswith("1 of 1 session recorded, 0 unknown")
    assert checks["unknown_session"]["status"] == "warning"
    # Nothing published is served for these.
    assert checks["effective_rights"]["observed"].startswith("Could not read the rights of the account: HTTP 599")
    assert all(entry["remedy"] for entry in checks.values() if entry["status"] in ("warning", "failed"))
    assert len(site.sent) <= 60
