# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a run."""

from __future__ import annotations

import argparse
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Options of a measurement; each is an argument with the same name."""

    repeat: int = 5
    sessions: int = 1000
    machines: int = 10
    latency: float = 0.05
    concurrency: int = 20
    connections: tuple[int, ...] = (20, 50)
    batch_size: int = 100
    parallelism: tuple[int, ...] = (1, 10, 50)
    uri_sessions: int = 20
    script_sessions: int = 50
    quota_sessions: int = 300
    quota_rate: float = 10.0
    growth: tuple[int, ...] = (1000, 10_000, 100_000)
    growth_batch_size: int = 500
    rate_sessions: int = 3000
    again_sessions: int = 10_000

    @property
    def fleet(self) -> dict:
        """Number of sessions, all recordable and not recorded."""
        return {"machines": self.machines, "sessions": self.sessions, "mix": "recordable"}


HELP = {
    "repeat": "rounds; the medians count (four times as many for runs of two seconds, one for runs of minutes)",
    "sessions": "number of sessions",
    "machines": "number of machines",
    "latency": "latency of each call in seconds",
    "concurrency": "concurrent calls",
    "connections": "concurrent calls of the direct runs",
    "batch_size": "calls in a batch",
    "parallelism": "items of a batch that the server processes in parallel",
    "uri_sessions": "sessions of a uri loop; its time is extrapolated",
    "script_sessions": "sessions of a sequential script, whose time is extrapolated",
    "quota_sessions": "sessions to record under a quota, call by call",
    "quota_rate": "requests a second that the quota lets in",
    "growth": "sizes of a site whose sessions are all read",
    "growth_batch_size": "calls in a batch there",
    "rate_sessions": "sessions whose status is read without any latency",
    "again_sessions": "sessions that are recorded already",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add each of the options to a command line."""
    defaults = Options()
    for name, text in HELP.items():
        default = getattr(defaults, name)
        many = isinstance(default, tuple)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=type(default[0] if many else default),
            nargs="+" if many else None,
            default=default,
            metavar="N",
            help=f"{text} (default: {' '.join(map(str, default)) if many else default})",
        )


def read(arguments: argparse.Namespace) -> Options:
    given = {name: getattr(arguments, name) for name in HELP}
    return Options(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})
