# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define the settings of a fleet and their defaults, and check changes."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..http.error_forms import ERROR_FORMS
from ..http.hints import HINTS
from .directory import DIRECTORIES
from .meters import METERS
from .names import NAMES

ROLES = ("full", "help_desk", "read_only", "no_recording")
SCOPES = ("all", "limited")
MIXES = ("mixed", "recordable")
CUSTOMER_IDS = ("generated", "CitrixOnPremises")
USER_SEARCHES = ("both", "CurrentUser", "UserName")
UNKNOWN_SEARCHES = ("nothing", "refused")
GROUP_SEARCHES = ("instead", "together")
GOV_REPLIES = ("trust", "documented")
UNKNOWN_SESSION_STATUSES = (400, 404, 500)
JOB_LOCATIONS = ("absolute", "placeholder")
JOB_RESULTS = ("redirect", "inline")
QUOTAS = ("none", *METERS)
QUOTA_HINT_VALUES = ("exact", "rounded_up", "constant", "too_short", "too_long")
QUOTA_BATCHES = ("request", "items")

_LIMITS: dict[str, tuple[float, float]] = {
    "machines": (1, 100_000),
    "sessions": (0, 1_000_000),
    "sites": (1, 100),
    "token_lifetime": (0, 10_000_000),
    "clock_offset": (-10_000_000, 10_000_000),
    "batch_parallelism": (1, 1000),
    "batch_item_seconds": (0, 3600),
    "batch_limit": (0, 1_000_000),
    "job_seconds": (0, 3600),
    "quota_rate": (0.001, 1_000_000),
    "quota_seconds": (0.001, 3600),
    "quota_also_rate": (0.001, 1_000_000),
    "quota_also_seconds": (0.001, 3600),
    "quota_concurrency": (0, 10_000),
    "quota_nodes": (1, 100),
    "quota_shared": (0, 100_000),
    "quota_hint_seconds": (0, 86_400),
}
_WHOLE = (
    "machines",
    "sessions",
    "sites",
    "batch_parallelism",
    "batch_limit",
    "quota_concurrency",
    "quota_nodes",
)
_CHOICES: dict[str, Any] = {
    "mix": MIXES,
    "names": tuple(NAMES),
    "role": ROLES,
    "scope": SCOPES,
    "role_permissions": (True, False),
    "directory": DIRECTORIES,
    "wildcards": (True, False),
    "me_customer": CUSTOMER_IDS,
    "user_search": USER_SEARCHES,
    "unknown_search": UNKNOWN_SEARCHES,
    "group_search": GROUP_SEARCHES,
    "machine_repeats": (True, False),
    "gov_reply": GOV_REPLIES,
    "unknown_session_status": UNKNOWN_SESSION_STATUSES,
    "error_form": ERROR_FORMS,
    "write_jobs": (True, False),
    "job_progress": (True, False),
    "job_location": JOB_LOCATIONS,
    "job_results": JOB_RESULTS,
    "batch_support": (True, False),
    "quota": QUOTAS,
    "quota_also": QUOTAS,
    "quota_hint": HINTS,
    "quota_hint_value": QUOTA_HINT_VALUES,
    "quota_batch": QUOTA_BATCHES,
}


class Settings(NamedTuple):
    """Settings of ``POST /_control/reset``, times in seconds; see the README of the role."""

    machines: int = 5
    sessions: int = 50
    mix: str = "mixed"
    names: str = "plain"
    directory: str = "active_directory"
    sites: int = 1

    # The rights of the administrator; a limited scope is one that covers exactly the fleet.
    role: str = "full"
    scope: str = "all"
    # Whether EffectiveRights lists the permissions of its roles, which are optional there.
    role_permissions: bool = True
    # Seconds by which the clock of the service is ahead; negative if it is behind.
    clock_offset: float = 0.0

    token_lifetime: float = 3600
    gov_reply: str = "trust"
    # The customer id of /me on premises: any GUID, as published, or the id in requests.
    me_customer: str = "generated"

    # Whether "*" in a name in a path matches any text.
    wildcards: bool = False
    # The property that finds sessions by account, and the response to a search for an unknown one.
    user_search: str = "both"
    unknown_search: str = "nothing"
    # SearchFilterGroups replace SearchFilters, as published, or apply together with them.
    group_search: str = "instead"
    # GET /Machines/{x}/Sessions returns a token for the same page: the request accepts no token.
    machine_repeats: bool = False
    error_form: str = "error_response"
    # RecordingStatus of an unknown session: its status is not documented.
    unknown_session_status: int = 400

    batch_support: bool = True
    batch_parallelism: int = 10
    batch_item_seconds: float = 0.0
    # Items in a batch, 0 for no limit.
    batch_limit: int = 0
    # Starts, stops and messages become jobs without async=true.
    write_jobs: bool = False
    # Additional seconds of a job.
    job_seconds: float = 0.0
    # Whether a job reports its progress, the beginning of its Location, and the place of the result of a write.
    job_progress: bool = True
    job_location: str = "absolute"
    job_results: str = "redirect"

    quota: str = "none"
    quota_rate: float = 10.0
    # Length of a window; the capacity of a bucket is the rate times this length.
    quota_seconds: float = 1.0
    # A second rate limit, which applies at the same time as the first.
    quota_also: str = "none"
    quota_also_rate: float = 10.0
    quota_also_seconds: float = 60.0
    # Concurrent requests, 0 for no limit.
    quota_concurrency: int = 0
    # Nodes of the service, each with its share of the rate limits; a request is assigned to any of them.
    quota_nodes: int = 1
    # Requests per second of other traffic, which uses the same limits.
    quota_shared: float = 0.0
    quota_hint: str = "retry_delay_list"
    quota_hint_value: str = "rounded_up"
    # The hint "constant".
    quota_hint_seconds: float = 1.0
    quota_batch: str = "request"


def changed(settings: Settings, changes: Any) -> Settings:
    """Return ``settings`` with a dict of ``changes``; ValueError with a message if invalid."""
    if not isinstance(changes, dict):
        raise ValueError("The settings must be a JSON object.")
    for name, value in changes.items():
        if name in _LIMITS:
            _check_number(name, value)
        elif name not in _CHOICES:
            raise ValueError(f"Unknown setting {name!r}; the settings are: {', '.join(Settings._fields)}.")
        elif (type(value), value) not in [(type(choice), choice) for choice in _CHOICES[name]]:
            raise ValueError(f"{name} must be one of: {', '.join(str(choice) for choice in _CHOICES[name])}.")
    return settings._replace(**changes)


def _check_number(name: str, value: Any) -> None:
    low, high = _LIMITS[name]
    kinds = (int,) if name in _WHOLE else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low} to {high}.")
