# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An unknown quota: how much of it is used, and how many requests exceed it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from bench.figures import Quota, refused
from bench.measure import Bench, Sample, fresh_bench
from bench.options import Options
from bench.report import Report, Verdict
from bench.rounds import alternate
from bench.ways import Way, recording

LEAST_USED = 0.92
MOST_REFUSED = 0.03
MOST_SECONDS = 15.0
KINDS = {
    "token bucket": ("token_bucket", 1.0),
    "1 s window": ("window", 1.0),
    "10 s sliding window": ("sliding_log", 10.0),
    "60 s window": ("window", 60.0),
}


def run(_bench: Bench, options: Options) -> Report:
    """Measure all kinds at the same time: each needs minutes, and hardly any processor time."""
    report = Report()
    with ThreadPoolExecutor(len(KINDS)) as threads:
        for each in threads.map(partial(_kind, options=options), KINDS):
            report.add(each)
    return report


def _kind(title: str, options: Options) -> Report:
    kind, seconds = KINDS[title]
    quota = Quota(kind, options.quota_rate, seconds)
    settings = {"quota": kind, "quota_rate": quota.rate, "quota_seconds": seconds, "quota_batch": "request"}
    direct = _way("this collection, direct", options)
    batched = _way("this collection, batched", options, batch_size=options.batch_size)
    report = Report()
    with fresh_bench() as bench:
        for way, sessions in ((direct, options.quota_sessions), (batched, options.sessions)):
            rounds = alternate(bench, [way], 1, {**options.fleet, "sessions": sessions, **settings}, options.latency)
            recorded = sum(session["recorded"] for session in bench.simulator.state().values())
            sample = rounds.samples[way.name][0]
            what = f"{sessions} sessions, {options.quota_rate:g} requests/s as {title}"
            report.rows += rounds.rows(f"quota, {title}, {sessions} sessions")
            done = sample.code == 0 and recorded == sessions
            if way is batched:
                report.verdicts.append(_in_time(f"{what}, batches of {options.batch_size}", sample, done))
            else:
                report.verdicts += _fair(what, sample, quota, done, sessions - recorded)
    return report


def _way(name: str, options: Options, **further) -> Way:
    most = max(options.sessions, options.quota_sessions)
    given = {"state": "started", "all_sessions": True, "max_concurrency": options.concurrency, "max_sessions": most}
    return recording(name, may_fail=True, **given, **further)


def _fair(what: str, sample: Sample, quota: Quota, done: bool, missing: int) -> list[Verdict]:
    used, refusals = quota.used(sample.calls), refused(sample.calls)
    share = refusals / len(sample.calls)
    seconds = f"{sample.seconds:.1f} s"
    text = "no refusal" if used is None else f"{used:.1%}"
    good = None if used is None else used >= LEAST_USED
    return [
        Verdict(f"{what}: sessions that failed", seconds, str(missing), "0", done),
        Verdict(f"{what}: quota used after the first 429", seconds, text, f"at least {LEAST_USED:.0%}", good),
        Verdict(
            f"{what}: refused with 429", seconds, f"{share:.1%}", f"at most {MOST_REFUSED:.0%}", share <= MOST_REFUSED
        ),
    ]


def _in_time(what: str, sample: Sample, done: bool) -> Verdict:
    met = done and sample.seconds < MOST_SECONDS
    ratio = f"{refused(sample.calls)} of {len(sample.calls)} refused with 429"
    return Verdict(f"{what}: run", f"{sample.seconds:.1f} s", ratio, f"under {MOST_SECONDS:g} s", met)
