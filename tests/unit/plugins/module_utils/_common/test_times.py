# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times: read every known form without exceptions, and write one form."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.times import rfc3339, timestamp
from hypothesis import given
from hypothesis import strategies as st

MOMENT = 1767604471.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-05T09:14:31Z", MOMENT),
        ("2026-01-05T09:14:31z", MOMENT),
        ("2026-01-05 09:14:31+00:00", MOMENT),
        ("2026-01-05T10:14:31+01:00", MOMENT),
        ("2026-01-05T04:14:31-05:00", MOMENT),
        ("2026-01-05T09:14:31.5Z", MOMENT + 0.5),
        ("2026-01-05T09:14:31.2500000Z", MOMENT + 0.25),
        ("2026-01-05T09:14:31.123456789+00:00", MOMENT + 0.123456),
        ("2026-01-05T09:14:31", MOMENT),
        ("  2026-01-05T09:14:31Z\n", MOMENT),
        ("Mon, 05 Jan 2026 09:14:31 GMT", MOMENT),
        ("Mon, 05 Jan 2026 10:14:31 +0100", MOMENT),
    ],
)
def test_parse_every_known_form(text, seconds):
    assert timestamp(text) == pytest.approx(seconds, abs=1e-6)


OUTSIDE = ("0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-05:00", "Sun, 01 Jan 1905 00:00:00 GMT")


@pytest.mark.parametrize(
    "text", ["", "soon", "1/5/2026 9:14:31 AM", "2026-13-45T99:99:99Z", "31 Feb", ".", "Z", "T.Z", *OUTSIDE]
)
def test_parse_invalid_time_none(text):
    assert timestamp(text) is None


PIECES = st.sampled_from(
    ["2026", "-", "0", "99", "T", ":", ".", "Z", "+", "Mon", ", ", " ", "Jan", "GMT", "\x00", "9" * 30]
)


@given(st.text(st.characters()) | st.lists(PIECES).map("".join) | st.datetimes().map(str))
def test_parse_never_raises(text):
    assert isinstance(timestamp(text), (float, type(None)))


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS))
def test_parse_reads_python_isoformat(moment):
    assert timestamp(moment.isoformat()) == pytest.approx(moment.timestamp(), abs=1e-5)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (MOMENT, "2026-01-05T09:14:31Z"),
        (MOMENT + 0.999, "2026-01-05T09:14:31Z"),
        (0, "1970-01-01T00:00:00Z"),
        (1782864000, "2026-07-01T00:00:00Z"),
    ],
)
def test_rfc3339_has_utc_and_whole_seconds(moment, text, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert rfc3339(moment) == text
    finally:
        monkeypatch.undo()
        time.tzset()


@given(st.integers(0, 253402300799))
def test_parse_reads_written_times(moment):
    assert timestamp(rfc3339(moment)) == moment
