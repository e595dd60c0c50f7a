# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hints of a 429 or 503: found in every form; none raises an exception."""

from __future__ import annotations

import json
import math

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.retry_after import announced_delay, retry_delay
from hypothesis import example, given
from hypothesis import strategies as st

NOW = 1767604471.0
IN_A_MINUTE = {"Retry-After": "Mon, 05 Jan 2026 09:15:31 GMT"}


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, "", 7.0),
        ({"Retry-After": " 7.5 "}, "", 7.5),
        ({"Retry-After": "0"}, "", 0.0),
        ({"Retry-After": "-3"}, "", -3.0),
        ({"Retry-After": "999999999"}, "", 999999999.0),
        ({"Retry-After": "1000000000"}, "", 1e9),
        ({"Retry-After": "1767604531"}, "", 60.0),
        (IN_A_MINUTE, "", 60.0),
        ({"Retry-After": "2026-01-05T09:15:31.0000000Z"}, "", 60.0),
        ({"Retry-After": "Mon, 05 Jan 2026 09:13:31 GMT"}, "", -60.0),
        ({}, {"parameters": [{"name": "retryDelay", "value": "12"}]}, 12.0),
        ({}, {"parameters": [{"name": "other", "value": "1"}, {"name": "retryDelay", "value": 12}]}, 12.0),
        ({}, {"parameters": {"retryDelay": "12"}}, 12.0),
        ({}, {"parameters": {"retryDelay": "2026-01-05T09:15:31Z"}}, 60.0),
        ({}, {"statusCode": 429, "message": "Rate exceeded. Try again in 12 seconds."}, 12.0),  # codespell:ignore
        ({}, "Try again in 1 second.", 1.0),  # codespell:ignore
        ({"Retry-After": "7"}, {"parameters": {"retryDelay": "12"}}, 7.0),
        ({"Retry-After": "soon"}, {"parameters": {"retryDelay": "12"}}, 12.0),
        ({"Retry-After": "Mon, 05 Jan 2026 09:15:31 GMT", "Date": "Mon, 05 Jan 2026 09:15:21 GMT"}, "", 10.0),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "30"}, "", 30.0),
        ({"X-RateLimit-Reset": "1767604531"}, "", 60.0),
        ({"X-RateLimit-Reset": "2026-01-05T09:15:31Z"}, "", 60.0),
        ({"RateLimit": '"default";r=0;t=30'}, "", 30.0),
        ({"RateLimit": "limit=10, remaining=0"}, "", None),
        ({"Retry-After": "7", "RateLimit-Reset": "30"}, "", 7.0),
        ({"Retry-After": "nan"}, "", None),
        ({"Retry-After": "inf"}, "", None),
        ({"Retry-After": ""}, "", None),
        ({}, {"parameters": {"retryDelay": None}}, None),
        ({}, {"parameters": None}, None),
        ({}, {"parameters": [None, 3, "retryDelay"]}, None),
        ({}, "[]", None),
        ({}, "<html>busy</html>", None),
        ({}, "", None),
    ],
)
def test_retry_after_read_in_every_known_form(headers, body, seconds):
    text = body if isinstance(body, str) else json.dumps(body)
    assert retry_delay(headers, text, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "30"}, 30.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1767604531"}, 60.0),
        ({"RateLimit": '"minute";r=0;t=30'}, 30.0),
        ({"RateLimit": '"second";r=5;t=1, "minute";r=0;t=30'}, 30.0),
        ({"RateLimit": '"minute";r=1;t=30'}, None),
        ({"RateLimit-Remaining": "1", "RateLimit-Reset": "30"}, None),
        ({"RateLimit-Remaining": "0"}, None),
        ({"RateLimit-Remaining": "none", "RateLimit-Reset": "30"}, None),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "soon"}, None),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "120"}, 120.0),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "121"}, None),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "3600"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1767604531000"}, None),
        ({"RateLimit": '"day";r=0;t=86400'}, None),
        ({"Retry-After": "30"}, None),
        ({}, None),
    ],
)
def test_announced_delay_only_if_quota_is_used_up(headers, seconds):
    assert announced_delay(headers, NOW) == seconds


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(("parameters", "name", "value", "retryDelay")), inner)
    ),
    max_leaves=10,
)
PARAMETERS = st.lists(st.fixed_dictionaries({}, optional={"name": JSON, "value": JSON}) | JSON)
BODIES = (JSON | st.fixed_dictionaries({"parameters": PARAMETERS | JSON})).map(json.dumps) | st.text(st.characters())
HINTS = st.none() | st.text(st.characters()) | st.integers().map(str) | st.floats().map(str) | st.datetimes().map(str)


@given(HINTS, BODIES)
@example(None, '{"parameters": [{"name": ["retryDelay"], "value": 1}]}')
@example(None, '{"parameters": [{"name": {}, "value": 1}]}')
@example("1e400", "")
@example("-999999999999", "")
def test_retry_after_of_any_response_is_seconds_or_none(hint, body):
    expected = retry_delay({} if hint is None else {"Retry-After": hint}, body, NOW)
    assert expected is None or (isinstance(expected, float) and math.isfinite(expected))


def test_retry_after_deeply_nested_body_is_none():
    assert retry_delay({}, "[" * 100_000, NOW) is None
