# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published shapes of a refusal, each for direct calls, items of a batch and jobs."""

from __future__ import annotations

import json

import pytest

ERROR_DATA = {"ErrorMessage", "SdkErrorId", "ErrorType", "ErrorDetails", "SupportLink", "ErrorReportXml", "ErrorReport"}
MEMBERS = {
    "error_response": {"type", "detail", "parameters"},
    "error_data": ERROR_DATA,
    "error_data_minimal": {"SdkErrorId"},
    "message": {"Message"},
    "gateway": {"statusCode", "message"},
    "empty": set(),
}


def members(text):
    return set(json.loads(text)) if text else set()


@pytest.mark.parametrize("form", MEMBERS)
def test_error_forms_of_responses(simulator, form):
    simulator.reset(error_form=form)
    for reply in (
        simulator.get("/Sessions/unknown"),
        simulator.get("/Machines/LAB%7Cunknown"),
        simulator.post("/Sessions/unknown/$startRecording"),
        simulator.get("/Nothing"),
    ):
        assert reply.status_code == 404
        assert members(reply.text) == MEMBERS[form]
    refused = simulator.search("Sessions", ("Shoe", "Equals", "42"))
    assert (refused.status_code, members(refused.text)) == (400, MEMBERS[form])
    assert simulator.http.put(f"{simulator.url}/cvad/manage/me", headers=simulator.headers(), timeout=10).headers[
        "Allow"
    ]


@pytest.mark.parametrize("form", MEMBERS)
@pytest.mark.parametrize("url", ["/Sessions/unknown", "/Sessions/with blank", "no-slash"])
def test_error_forms_of_batch_items(simulator, form, url):
    simulator.reset(error_form=form)
    answer = simulator.answers({"Reference": "a", "RelativeUrl": url})["a"]
    assert answer["Code"] in (400, 404)
    assert members(answer["Body"]) == MEMBERS[form]


def test_error_forms_of_jobs(simulator):
    simulator.reset(error_form="empty")
    reply = simulator.post("/Sessions/unknown/$startRecording", params={"async": "true"})
    job = simulator.get(f"/Jobs/{reply.headers['Location'].rpartition('/')[2]}").json()
    assert (job["Status"], job["ErrorString"]) == ("Failed", "No such session.")


def test_redirect_with_region_only(simulator):
    simulator.faults({"redirect": {"region": "eu"}})
    reply = simulator.get("/me")
    assert (reply.status_code, reply.headers.get("Location")) == (307, None)
    assert reply.json()["parameters"] == [{"name": "customerDataRegion", "value": "eu"}]
    simulator.faults({"redirect": {"region": "eu", "location": "https://api-eu.cloud.example/cvad/manage/me"}})
    assert simulator.get("/me").headers["Location"].startswith("https://api-eu")
