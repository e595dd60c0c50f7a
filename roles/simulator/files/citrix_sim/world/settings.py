# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a fleet: their defaults, and the check of what a caller gives."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..http.hints import HINTS
from .names import NAMES

MIXES = ("mixed", "recordable")
GOV_REPLIES = ("trust", "documented")
GONE_STATUSES = (400, 404, 500)
QUOTAS = ("none", "token_bucket", "window")
QUOTA_BATCHES = ("request", "items")

_LIMITS: dict[str, tuple[float, float]] = {
    "machines": (1, 100_000),
    "sessions": (0, 1_000_000),
    "sites": (1, 100),
    "machine_page": (0, 1_000_000),
    "token_lifetime": (0, 10_000_000),
    "batch_parallelism": (1, 1000),
    "batch_item_seconds": (0, 3600),
    "batch_limit": (0, 1_000_000),
    "job_seconds": (0, 3600),
    "quota_rate": (0.001, 1_000_000),
    "quota_seconds": (0.001, 3600),
}
_FRACTIONS = ("token_lifetime", "batch_item_seconds", "job_seconds", "quota_rate", "quota_seconds")
_CHOICES: dict[str, Any] = {
    "mix": MIXES,
    "names": tuple(NAMES),
    "gov_reply": GOV_REPLIES,
    "gone_status": GONE_STATUSES,
    "batch_support": (True, False),
    "quota": QUOTAS,
    "quota_hint": HINTS,
    "quota_batch": QUOTA_BATCHES,
}


class Settings(NamedTuple):
    """What ``POST /_control/reset`` may set.

    ``token_lifetime`` is in seconds. ``machine_page`` is the page size of ``GET /Machines/{x}/Sessions``, 0 for one
    page. ``gone_status`` answers RecordingStatus of an unknown session: the API reference names no status for it.
    ``gov_reply`` picks one of the two published spellings of the trust service's answer.

    A batch runs ``batch_parallelism`` items side by side, each of which takes ``batch_item_seconds``; it has at most
    ``batch_limit`` items (0: any number). Without ``batch_support`` there is no such path. A job takes ``job_seconds``
    more than its work.

    ``quota`` lets in ``quota_rate`` requests a second: a window lasts ``quota_seconds``, a bucket holds what comes in
    in that time. ``quota_hint`` is the form of the hint beyond it; ``quota_batch`` is what a batch counts as.
    """

    machines: int = 5
    sessions: int = 50
    mix: str = "mixed"
    names: str = "plain"
    sites: int = 1
    token_lifetime: float = 3600
    gov_reply: str = "trust"
    machine_page: int = 0
    gone_status: int = 404
    batch_support: bool = True
    batch_parallelism: int = 10
    batch_item_seconds: float = 0.0
    batch_limit: int = 0
    job_seconds: float = 0.0
    quota: str = "none"
    quota_rate: float = 10.0
    quota_seconds: float = 1.0
    quota_hint: str = "seconds"
    quota_batch: str = "request"


def changed(settings: Settings, changes: Any) -> Settings:
    """``settings`` with ``changes`` (a dict); ValueError, with a message for people, where they make no sense."""
    if not isinstance(changes, dict):
        raise ValueError("The settings must be a JSON object.")
    for name, value in changes.items():
        if name in _LIMITS:
            _check_number(name, value)
        elif name not in _CHOICES:
            raise ValueError(f"Unknown setting {name!r}; there are: {', '.join(Settings._fields)}.")
        elif (type(value), value) not in [(type(choice), choice) for choice in _CHOICES[name]]:
            raise ValueError(f"{name} must be one of: {', '.join(str(choice) for choice in _CHOICES[name])}.")
    return settings._replace(**changes)


def _check_number(name: str, value: Any) -> None:
    low, high = _LIMITS[name]
    kinds = (int, float) if name in _FRACTIONS else (int,)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low} to {high}.")
