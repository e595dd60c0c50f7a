# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a fleet: their defaults, and the check of what a caller gives."""

from __future__ import annotations

from typing import Any, NamedTuple

from .names import NAMES

MIXES = ("mixed", "recordable")
GOV_REPLIES = ("trust", "documented")
GONE_STATUSES = (400, 404, 500)

_LIMITS = {
    "machines": (1, 100_000),
    "sessions": (0, 1_000_000),
    "sites": (1, 100),
    "machine_page": (0, 1_000_000),
    "token_lifetime": (0, 10_000_000),
}
_CHOICES: dict[str, Any] = {
    "mix": MIXES,
    "names": tuple(NAMES),
    "gov_reply": GOV_REPLIES,
    "gone_status": GONE_STATUSES,
}


class Settings(NamedTuple):
    """What ``POST /_control/reset`` may set.

    ``token_lifetime`` is in seconds. ``machine_page`` is the page size of ``GET /Machines/{x}/Sessions``, 0 for one
    page. ``gone_status`` answers RecordingStatus of an unknown session: the API reference names no status for it.
    ``gov_reply`` picks one of the two published spellings of the trust service's answer.
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


def changed(settings: Settings, changes: Any) -> Settings:
    """``settings`` with ``changes`` (a dict); ValueError, with a message for people, where they make no sense."""
    if not isinstance(changes, dict):
        raise ValueError("The settings must be a JSON object.")
    for name, value in changes.items():
        if name in _LIMITS:
            _check_number(name, value)
        elif name not in _CHOICES:
            raise ValueError(f"Unknown setting {name!r}; there are: {', '.join(Settings._fields)}.")
        elif value not in _CHOICES[name]:
            raise ValueError(f"{name} must be one of: {', '.join(str(choice) for choice in _CHOICES[name])}.")
    return settings._replace(**changes)


def _check_number(name: str, value: Any) -> None:
    low, high = _LIMITS[name]
    kinds = (int, float) if name == "token_lifetime" else (int,)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low} to {high}.")
