# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redirects: the message names the target or the region, but no secret in a header."""

from __future__ import annotations

import json

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.redirects import redirect_remedy
from ansible_collections.sessionops.citrix.plugins.module_utils._client.transport import CaseInsensitiveDict, Reply

URL = "https://api.cloud.com/cvad/manage/Jobs/1/Results"
PUBLISHED = {
    "type": "https://errors-api.cloud.com/common/Redirect",
    "parameters": [
        {"name": "Citrix-CustomerId", "value": "customer1"},
        {"name": "customerDataRegion", "value": "eu"},
        {"name": "currentAPIMRegion", "value": "us"},
    ],
}


def remedy(status, headers=None, body=None):
    text = body if isinstance(body, str) else json.dumps(body or {})
    return redirect_remedy(URL, Reply(status, CaseInsensitiveDict(headers or {}), text), str)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://api-eu.cloud.com/feature/x?y=z", "the API redirects to https://api-eu.cloud.com;"),
        ("https://user:secret@api-eu.cloud.com:8443/x", "the API redirects to https://api-eu.cloud.com:8443;"),
        ("//api-eu.cloud.com/x", "the API redirects to https://api-eu.cloud.com;"),
        ("/other/base/x", "the API redirects to /other/base/x on the same host; check the path of api_url"),
        ("../Machines", "the API redirects to /cvad/manage/Jobs/Machines on the same host;"),
        ("https://api.cloud.com/other", "the API redirects to /other on the same host;"),
        ("https://[Ddc]/cvad", "the API redirects to https://[Ddc]/cvad;"),
    ],
)
def test_redirect_any_location_named(location, expected):
    assert remedy(307, {"location": location}, PUBLISHED).startswith(expected)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (PUBLISHED["parameters"], "the customer's region is eu; set api_url to https://api-eu.cloud.com"),
        ({"customerDataRegion": "AP-S"}, "the customer's region is ap-s; set api_url to https://api-ap-s.cloud.com"),
        ({"customerDataRegion": "mars"}, "the customer's region is mars; set api_url to the host of that region"),
        ({"customerDataRegion": None}, None),
        ([None, {"name": "customerDataRegion"}], None),
        ("eu", None),
    ],
)
def test_redirect_without_location_names_region_of_body(parameters, expected):
    assert remedy(307, body={"parameters": parameters}) == expected


@pytest.mark.parametrize("body", ["", "<html>", "[]", "17"])
def test_redirect_without_target_has_general_remedy(body):
    assert remedy(307, body=body) is None


@pytest.mark.parametrize("headers", [{}, {"Location": "https://storage.example.com/results"}])
def test_redirect_303_names_no_region(headers):
    expected = remedy(303, headers, PUBLISHED)
    assert expected.startswith("the API stores this result elsewhere (")
    assert "region" not in expected and ("storage.example.com" in expected) is bool(headers)


@pytest.mark.parametrize("status", [200, 202, 404, 500])
def test_redirect_other_statuses_ignored(status):
    assert remedy(status, {"Location": "https://api-eu.cloud.com"}) is None


@pytest.mark.parametrize(("status", "is_redirect"), [(299, False), (300, True), (399, True), (400, False)])
def test_redirect_remedy_statuses_of_redirects_only(status, is_redirect):
    assert bool(remedy(status, {"location": "https://api-eu.cloud.com/x"})) is is_redirect
