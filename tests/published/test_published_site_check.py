# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site check makes true statements about published responses."""

from __future__ import annotations

import json

import pytest
from published.conftest import SESSION, SITE
from published.replay import made, sample

DETAIL = json.loads(sample("session_detail_2022").content)
ERRORS = ("err_401_missing", "err_403", "err_404", "err_404_empty", "err_404_errordata_min", "err_501", "err_503")


@pytest.fixture
def checks(site, run):
    """Return a function that checks the site and returns {id: check}; responses: by route."""

    def check(**responses) -> dict[str, dict]:
        served = {
            f"GET Sites/{SITE}": sample("site_2022"),
            "GET Admin/EffectiveRights": sample("err_404"),
            "GET Admin/Permissions": sample("err_404"),
            "GET Sessions": sample("sessions_list_2020"),
            "POST Sessions/$search": sample("sessions_search_2020"),
            "GET Sessions/RecordingStatus": sample("recording_status_true"),
            f"GET Sessions/{SESSION}": sample("session_detail_2022"),
            "POST $batch": sample("batch_2020"),
            **responses,
        }
        for route, response in served.items():
            site.api(*route.split(" "), response)
        result = run("citrix_site_check")
        assert result["msg"].startswith("Site check: ")
        assert "exception" not in result
        return {each["id"]: each for each in result["checks"]}

    return check


def test_truncated_sessions(checks):
    found = checks()
    assert found["product"]["observed"].startswith("version 7.34")
    assert found["sessions"]["observed"].startswith("1 session on the first page")
    assert "1 of 1 session recorded" in found["recording_status"]["observed"]
    # The published list ends before the user and the machine of the session.
    assert found["search_CurrentUser"]["status"] == found["machine_by_name"]["status"] == "skipped"


def test_complete_session(checks):
    whole = made({"Items": [DETAIL]})
    found = checks(**{"GET Sessions": whole, "POST Sessions/$search": whole})
    assert found["search_CurrentUser"]["status"] == "ok"
    assert DETAIL["User"]["Name"] in found["search_CurrentUser"]["observed"]


def test_status_without_field_unknown(checks):
    found = checks(**{"GET Sessions/RecordingStatus": sample("recording_status_empty")})
    assert found["recording_status"]["status"] != "ok"
    assert "1 unknown" in found["recording_status"]["observed"]


def test_items_that_become_jobs(checks):
    found = checks()
    assert "statuses 202" in found["batch_of_2"]["observed"]
    assert found["batch_of_2"]["remedy"] == "Leave batch_size at 0."


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize(
    ("route", "check"),
    [
        ("GET Sessions", "sessions"),
        ("GET Sessions/RecordingStatus", "recording_status"),
        ("POST $batch", "batch_of_2"),
    ],
)
def test_error_fails_its_check_only(checks, route, check, name):
    found = checks(**{route: sample(name)})
    assert found[check]["status"] in ("failed", "warning")
    assert found[check]["remedy"]
    assert found["product"]["status"] == "ok"
