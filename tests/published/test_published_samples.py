# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each published response is read correctly, or rejected with the correct message."""

from __future__ import annotations

import json
import re

import pytest
from published.conftest import CUSTOMER, NOT_RECORDED, SESSION, SITE
from published.replay import SAMPLES, made, sample

RECORDED = sample("recording_status_true")
START = f"Sessions/{SESSION}/$startRecording"
RECORD = {"state": "started", "session_id": [SESSION], "wait_timeout": 2}
NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))


def test_samples_each_has_test_and_source():
    here = open(__file__, encoding="utf-8").read()
    index = (SAMPLES / "index.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f'"{name}"' not in here] == []
    assert re.findall(r"^\| (\w+) \|", index, re.MULTILINE)[1:] == NAMES


def failed(result, *shown):
    assert result["failed"], result
    for text in shown:
        assert text in result["msg"]
    return result


# Sign-ins


@pytest.mark.parametrize(
    ("deployment", "name"), [("cloud", "oauth_200"), ("gov", "trust_200_sdk"), ("on_premises", "tokens_onprem_schema")]
)
def test_sign_in_published_response_gives_token(site, run, deployment, name):
    body = json.loads(sample(name).content)
    result = run("citrix_token", getattr(site, deployment))
    assert result["access_token"] == (body.get("access_token") or body["Token"])
    assert result["site_id"] == SITE
    assert site.sent[1].headers["authorization"] == "CWSAuth bearer=eyJsample"


@pytest.mark.parametrize(("name", "status"), [("oauth_200_error", 200), ("oauth_400_invalid_client", 400)])
def test_sign_in_published_refusal_names_code_and_remedy(site, run, name, status):
    site.on(f"POST /cctrustoauth2/{CUSTOMER}/tokens/clients", sample(name))
    result = run("citrix_token")
    failed(result, f"Could not sign in: HTTP {status} (invalid_client); check customer_id, client_id and client_secret")
    assert "Id or secret is wrong" not in str(result)
    assert len(site.sent) == 1


# Account and site


def test_me_cloud_customer_and_site_found(site, run):
    site.api("GET", f"Sites/{SITE}", sample("site_2022"))
    result = run("citrix_site_info")
    assert (result["display_name"], result["customers"][0]["id"]) == ("Admin One", CUSTOMER)
    assert result["customers"][0]["sites"] == [{"id": SITE, "name": "samplecloudsite"}]
    (settings,) = result["sites"]
    assert (settings["product_version"], settings["licensing_model"]) == ("7.34", "UserDevice")
    assert settings["license_server_name"] is None
    assert settings["primary_zone"]["name"] == "Initial Zone"


def test_me_shortened_site_id_rejected(site, run):
    site.api("GET", "me", sample("me_2020_shortened_id"))
    failed(run("citrix_token"), "site_id: may contain only letters, digits, - and _")


@pytest.mark.parametrize("name", ["me_2020", "me_onprem_any_guid", "me_onprem_live"])
def test_me_on_premises_listed_customer_ignored(site, run, name):
    site.api("GET", "me", sample(name))
    site.api("GET", "Machines", made({"Items": []}))
    result = run("citrix_machines_info", site.on_premises)
    assert result["machines"] == []
    expected = json.loads(sample(name).content)["Customers"][0]["Sites"][0]["Id"]
    sent = site.sent[-1].headers
    assert (sent["citrix-customerid"], sent["citrix-instanceid"]) == ("CitrixOnPremises", expected)


def test_me_frozen_site_names_remedy(site, run):
    site.api("GET", "me", sample("me_530_frozen"))
    failed(run("citrix_token"), "HTTP 530; the site is frozen after a long idle time")


# Lists and searches


def test_sessions_list_read(site, run):
    site.api("GET", "Sessions", sample("sessions_list_2020"))
    (session,) = run("citrix_sessions_info")["sessions"]
    assert (session["id"], session["app_state"]) == ("41ba32e9-d12b-485c-afd2-c4d0d047cd8b", "Active")
    assert session["applications_in_use"][0]["name"] == "WorkingApp_1"


def test_sessions_search_read(site, run):
    site.api("POST", "Sessions/$search", sample("sessions_search_2020"))
    published = {"property": "CurrentUser", "value": "HTLabs04\\DevUser1", "operator": "Equals"}
    (session,) = run("citrix_sessions_info", search_filters=[published])["sessions"]
    assert session["connection"]["connected_via_ip"] == "10.107.1.34"
    (sent,) = json.loads(site.sent[-1].body)["SearchFilters"]
    assert sent == {"Property": "CurrentUser", "Value": "HTLabs04\\DevUser1", "Operator": "Equals"}


def test_machine_sessions_read(site, run):
    site.api("GET", "Machines/LAB%7Cvda/Sessions", sample("machine_sessions_2020"))
    result = run("citrix_machine_sessions_info", machine=["LAB\\vda"])
    assert result["machines"] == {"LAB\\vda": 1}
    assert result["sessions"][0]["connection"]["protocol"] == "Hdx"


def test_machines_list_read(site, run):
    site.api("GET", "Machines", sample("machines_list_2020"))
    expected = [each["Id"] for each in json.loads(sample("machines_list_2020").content)["Items"]]
    assert [machine["id"] for machine in run("citrix_machines_info")["machines"]] == expected


def test_machine_detail_read(site, run):
    body = json.loads(sample("machine_detail_2020").content)
    site.api("GET", f"Machines/{body['Id']}", sample("machine_detail_2020"))
    (machine,) = run("citrix_machines_info", machine=[body["Id"]])["machines"]
    assert machine["agent_version"] == body["AgentVersion"]


def test_delivery_group_read(site, run):
    body = json.loads(sample("delivery_group_2020").content)
    site.api("GET", "DeliveryGroups/Group", sample("delivery_group_2020", Name="Group"))
    site.api("POST", "Sessions/$search", sample("sessions_search_2020"))
    assert len(run("citrix_sessions_info", delivery_group=["Group"])["sessions"]) == 1
    assert "Group" in site.sent[-1].body and body["Id"]


# Recording


def recordable(site, *statuses):
    site.api("GET", f"Sessions/{SESSION}", sample("session_detail_2022"))
    site.api("GET", "Sessions/RecordingStatus", *statuses)


@pytest.mark.parametrize(
    ("state", "operation", "statuses"),
    [("started", "$startRecording", [NOT_RECORDED, RECORDED]), ("stopped", "$stopRecording", [RECORDED, NOT_RECORDED])],
)
def test_recording_changed_and_confirmed(site, run, state, operation, statuses):
    recordable(site, *statuses)
    site.api("POST", f"Sessions/{SESSION}/{operation}", sample("start_recording_2022"))
    result = run("citrix_session_recording", **{**RECORD, "state": state})
    (entry,) = result["sessions"]
    assert (entry["result"], entry["changed"]) == (state, True)
    assert (entry["user"], entry["machine"]) == ("XF4B5\\Administrator", "XF4B5\\W2K22-VDA")
    assert (entry["delivery_group"], entry["session_state"]) == ("WinOS", "Active")
    assert entry["transaction_id"] == "44399a9e-18ea-4c16-b549-811fa252c7b6"


def test_recording_status_true_is_unchanged(site, run):
    recordable(site, RECORDED)
    assert run("citrix_session_recording", **RECORD)["sessions"][0]["result"] == "unchanged"


def test_recording_status_without_member_fails_and_sends_nothing(site, run):
    recordable(site, sample("recording_status_empty"))
    failed(run("citrix_session_recording", **RECORD), "the API does not report whether the session is being recorded")
    assert f"POST {START}" not in site.paths()


# Jobs


@pytest.mark.parametrize(
    ("jobs", "status", "result"),
    [
        ([sample("job_2022"), sample("job_2022", Status="Complete")], RECORDED, "started"),
        ([sample("job_2022", Status="Failed", ErrorString="No license.")], NOT_RECORDED, "failed"),
        ([sample("job_2020_done")], RECORDED, "started"),
        ([sample("job_2020_done")], NOT_RECORDED, "unconfirmed"),
        ([sample("err_404")], RECORDED, "started"),
        ([sample("err_403")], NOT_RECORDED, "unconfirmed"),
    ],
)
def test_accepted_start_follows_its_job(site, run, jobs, status, result):
    recordable(site, NOT_RECORDED, status)
    site.api("POST", START, sample("async_202_2020"))
    site.api("GET", "Jobs/81c05d9f...", *jobs)
    (entry,) = run("citrix_session_recording", **RECORD)["sessions"]
    assert entry["result"] == result
    assert entry["transaction_id"] == "76c93e78..."
    assert site.paths().count("POST $startRecording") == 1
    assert "GET 81c05d9f..." in site.paths()


@pytest.mark.parametrize(("status", "result"), [(RECORDED, "started"), (NOT_RECORDED, "unconfirmed")])
def test_accepted_batch_items_follow_their_jobs(site, run, status, result):
    other = SESSION.replace("3", "4")
    for session_id in (SESSION, other):
        site.api("GET", f"Sessions/{session_id}", sample("session_detail_2022", Id=session_id))
    statuses = [
        made({"Items": [{"Reference": str(at), "Code": 200, "Body": each.content.decode()} for at in range(2)]})
        for each in (NOT_RECORDED, status)
    ]
    details = [
        {"Reference": str(at), "Code": 200, "Body": sample("session_detail_2022", Id=each).content.decode()}
        for at, each in enumerate((SESSION, other))
    ]
    site.api("POST", "$batch", made({"Items": details}), statuses[0], sample("batch_2020"), statuses[1])
    for job_id in ("3a5be100...", "3a5be101..."):
        site.api("GET", f"Jobs/{job_id}", sample("job_2022", Status="Complete"))
    connection = {**site.cloud, "batch_size": 2}
    entries = run("citrix_session_recording", connection, **{**RECORD, "session_id": [SESSION, other]})["sessions"]
    assert [entry["result"] for entry in entries] == [result] * 2
    assert {entry["transaction_id"] for entry in entries} == {"bba3ffc1..."}
    assert {"GET 3a5be100...", "GET 3a5be101..."} <= set(site.paths())


# Errors


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("err_401_cwsauth", "HTTP 401 (The token is missing or wrong.); the token is invalid or has expired"),
        ("err_401_missing", "HTTP 401 (The token is missing.); the token is invalid or has expired"),
        ("err_403", "HTTP 403 (Not allowed.); check site_id and customer_id"),
        ("err_404", "HTTP 404 (There is no such widget.); check the name or id"),
        ("err_404_empty", "HTTP 404; check the name or id"),
        ("err_404_errordata", "HTTP 404 (There is no such object.)"),
        ("err_404_errordata_min", "HTTP 404 (Citrix.XDPowerShell.Broker.UnknownObject)"),
        ("err_406", "HTTP 406 (Only JSON is spoken here.); a proxy changed the Accept header"),
        ("err_409", "HTTP 409 (The widget has changed meanwhile.)"),
        ("err_415", "HTTP 415 (Only JSON is read here.); a proxy changed the Content-Type header"),
        ("err_501", "HTTP 501 (Not built yet.)"),
        ("err_502_html", "HTTP 502 (an HTML page, 502 Bad Gateway)"),
        (
            "redirect_307",
            "HTTP 307 (This customer has a region of its own.); the API redirects to https://api-eu.cloud.com",
        ),
    ],
)
def test_error_of_list_shown_with_remedy(site, run, name, shown):
    site.api("GET", "Machines", sample(name))
    failed(run("citrix_machines_info"), f"Could not list the machines: {shown}")


@pytest.mark.parametrize("name", ["err_429", "err_429_apim", "err_503"])
def test_throttled_list_waits_for_hint(site, run, name):
    site.api("GET", "Machines", sample(name), sample("machines_list_2020"))
    result = run("citrix_machines_info", {**site.cloud, "retries": 1})
    assert result["machines"]
    assert site.paths().count("GET Machines") == 2


@pytest.mark.parametrize("name", ["err_404", "err_404_empty", "err_404_errordata", "err_404_errordata_min"])
def test_status_404_of_known_session_means_ended(site, run, name):
    """The session exists when it is selected and has ended when its recording is started."""
    not_found = sample(name)
    site.api("GET", f"Sessions/{SESSION}", sample("session_detail_2022"), not_found)
    site.api("GET", "Sessions/RecordingStatus", NOT_RECORDED, not_found)
    site.api("POST", START, not_found)
    (entry,) = run("citrix_session_recording", **RECORD)["sessions"]
    assert entry["result"] == "ended"
