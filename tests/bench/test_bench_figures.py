# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic and output of the bench; nothing is timed here."""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.recording import RecordingEntry
from ansible_collections.sessionops.citrix.plugins.module_utils._site.refs import SessionRef
from support import figures_page

from bench import options as settings
from bench import table
from bench.figures import Call, Quota, Spread, extrapolate, named, refused, seconds_per_call
from bench.measure import STOPWATCH, Sample
from bench.report import Verdict
from bench.rounds import Rounds, Row, alternate
from bench.ways import EMPTY, POOL, Way

DOCS = Path(__file__).parents[2] / "docs"


def calls(*times: float, status: int = 200, path: str = "/cvad/manage/Sessions/RecordingStatus") -> list[Call]:
    return [Call(at, "GET", path, status) for at in times]


def test_short_run_extrapolated_to_long_one():
    assert seconds_per_call(calls(10.0, 10.5, 12.0)) == 1.0
    assert extrapolate(seconds=8.0, done=20, wanted=1000, per_item=0.5) == 498.0


def test_calls_counted_by_kind():
    sign_in = Call(0.0, "POST", "/cctrustoauth2/customer/tokens/clients", 200)
    log = [sign_in, *calls(1.0), *calls(2.0, status=429)]
    assert [call.sign_in for call in log] == [True, False, False]
    assert named(log, "/RecordingStatus") == log[1:]
    assert refused(log) == 1


def test_spread_has_median():
    assert Spread.of([9.0, 1.0, 2.0]) == Spread(2.0, 1.0, 9.0)


BUCKET, SECOND, MINUTE = (
    Quota("token_bucket", 10.0, 1.0),
    Quota("window", 10.0, 1.0),
    Quota("window", 10.0, 60.0),
)


@pytest.mark.parametrize(
    ("quota", "requests", "into_window", "least"),
    [
        (BUCKET, 0, 0.0, 0.0),
        (BUCKET, 30, 0.5, 3.0),
        (SECOND, 0, 0.5, 0.0),
        (SECOND, 10, 0.25, 0.75),
        (SECOND, 11, 0.25, 1.75),
        (MINUTE, 1, 2.0, 58.0),
        (MINUTE, 600, 2.0, 58.0),
        (MINUTE, 601, 2.0, 118.0),
    ],
)
def test_least_time_of_quota(quota, requests, into_window, least):
    assert quota.least_seconds(requests, into_window) == pytest.approx(least)


def test_quota_use_counts_from_first_refusal():
    before = calls(100.0, 100.01)
    refusal = calls(100.1, status=429)
    every_tenth = calls(*(100.1 + 0.1 * number for number in range(1, 51)))
    every_fifth = calls(*(100.1 + 0.2 * number for number in range(1, 51)))
    assert BUCKET.used([*before, *refusal, *every_tenth]) == pytest.approx(1.0)
    assert BUCKET.used([*before, *refusal, *every_fifth]) == pytest.approx(0.5)
    assert BUCKET.used([*before, *every_fifth]) is None
    assert BUCKET.used([*before, *refusal]) is None


def test_refusals_do_not_count_as_used_quota():
    log = [*calls(0.0), *calls(0.1, 0.2, 0.3, status=429), *calls(1.1)]
    assert BUCKET.used(log) == pytest.approx(0.1)


def test_quota_windows_begin_with_first_counted_call():
    sign_in = Call(70.0, "POST", "/cctrustoauth2/customer/tokens/clients", 200)
    for refusal in (102.0, 162.0):
        log = [sign_in, *calls(100.0), *calls(refusal, status=429), *calls(refusal + 59)]
        assert MINUTE.used(log) == pytest.approx(58 / 59)


def test_sliding_quota_request_replaces_older_one():
    sliding = Quota("sliding_log", 1.0, 3.0)
    before = calls(10.0, 10.5, 12.0)
    refusal = calls(12.5, status=429)
    assert sliding.used([*before, *refusal, *calls(13.0, 13.5, 15.0, 16.0)]) == pytest.approx(1.0)
    assert sliding.used([*before, *refusal, *calls(13.0, 14.5)]) == pytest.approx(0.5)
    assert sliding.used([*before, *refusal, *calls(19.5)]) == pytest.approx(0.5 / 7)


def sample(seconds: float, log: list[Call]) -> Sample:
    return Sample(code=0, seconds=seconds, peak_mb=50.0, calls=log, output="")


def command(_bench):
    return []


def test_ways_compared_round_by_round():
    ways = [Way("own", command, ansible=True), Way(POOL, command), Way(EMPTY, command, ansible=True)]
    taken = {"own": [3.0, 6.0, 31.0], POOL: [2.0, 4.0, 10.0], EMPTY: [1.0, 2.0, 1.0]}
    rounds = Rounds(ways, {name: [sample(each, calls(0.0)) for each in times] for name, times in taken.items()}, 1000)
    assert rounds.net("own") == [2.0, 4.0, 30.0]
    assert rounds.net(POOL) == [2.0, 4.0, 10.0]
    assert rounds.ratio("own") == 1.0
    assert [(row.way, row.seconds.middle, row.ratio) for row in rounds.rows("direct")] == [
        ("own", 6.0, 1.0),
        (POOL, 4.0, 1.0),
        (EMPTY, 1.0, None),
    ]


class Recorder:
    """A bench that only records the commands that it runs, and its own simulator."""

    def __init__(self) -> None:
        self.ran = []
        self.simulator = self

    def reset(self, **_settings) -> None:
        pass

    fault = reset

    def run(self, command: list[str]) -> Sample:
        self.ran += command
        return sample(1.0, [])


def test_method_without_rounds_runs_once():
    bench = Recorder()
    ways = [Way("slow", lambda _bench: ["slow"], once=True), Way("own", lambda _bench: ["own"])]
    rounds = alternate(bench, ways, 3, {"sessions": 1})
    assert bench.ran == ["slow", "own", "own", "own"]
    assert [len(rounds.samples[way.name]) for way in ways] == [1, 3]


def test_short_run_shown_as_full_run():
    starts = calls(0.0, 0.5, 1.0, path="/cvad/manage/Sessions/x/$startRecording")
    rounds = Rounds([Way("slow", command, short=3)], {"slow": [sample(2.0, starts)]}, 1000)
    [row] = rounds.rows("direct")
    assert row.seconds.middle == 2.0 + 997 * 0.5
    assert row.way == "slow, from 3 sessions"


def test_stopwatch_measures_command_only(tmp_path):
    figures = tmp_path / "figures.json"
    busy = "import sys; held = bytearray(64 << 20); held[::4096] = b'x' * len(held[::4096]); sys.exit(3)"
    done = subprocess.run([*STOPWATCH, str(figures), sys.executable, "-c", busy], check=False)
    text = json.loads(figures.read_text(encoding="utf-8"))
    assert done.returncode == text["code"] == 3
    assert 64 < text["peak_mb"] < 128
    assert text["seconds"] > 0


def test_bare_module_returns_entries_of_real_module():
    path = Path(__file__).parent / "library" / "bare_exit.py"
    spec = importlib.util.spec_from_file_location("bare_exit", path)
    bare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bare)
    assert set(bare.entry(1)) == set(RecordingEntry(SessionRef("x")).to_result())


def test_measure_options_are_arguments():
    parser = argparse.ArgumentParser()
    settings.add_arguments(parser)
    assert settings.read(parser.parse_args([])) == settings.Options()
    assert settings.read(parser.parse_args(["--growth", "10", "20"])).growth == (10, 20)
    assert settings.read(parser.parse_args(["--quota-rate", "5"])).quota_rate == 5.0


def test_table_format():
    row = Row("direct", "a way", Spread(1.234, 1.0, 2.0), None, 2005, 0, 57.4)
    assert table.figures([row]).splitlines() == [
        "| Scenario | Method | Seconds |       Range | Ratio | Requests | 429 | Peak MB |",
        "| -------- | ------ | ------: | ----------: | ----: | -------: | --: | ------: |",
        "| direct   | a way  |    1.23 | 1.00 - 2.00 |       |     2005 |   0 |      57 |",
    ]
    met = [table.targets([Verdict("x", "1 s", "1.0", "at most 1", met)]) for met in (True, False, None)]
    assert ["yes" in text for text in met] == [True, False, False]
    assert ["**no**" in text for text in met] == [False, True, False]


def test_figures_written_between_marks(tmp_path):
    page = tmp_path / "page.md"
    begin, end = figures_page.begin("make figures"), figures_page.END
    page.write_text(f"before\n{begin}\nold\n{end}\nafter\n", encoding="utf-8")
    for text in ("first\n", "second\n"):
        figures_page.write(page, "make figures", text)
        assert page.read_text(encoding="utf-8") == f"before\n{begin}\n\n{text}\n{end}\nafter\n"
    with pytest.raises(ValueError, match="lacks"):
        figures_page.write(page, "make something else", "third\n")
    page.write_text("no marks\n", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks"):
        figures_page.write(page, "make figures", "third\n")


def test_page_has_marks():
    text = (DOCS / "performance.md").read_text(encoding="utf-8")
    assert text.count(figures_page.begin(table.MAKER)) == text.count(figures_page.END) == 1
