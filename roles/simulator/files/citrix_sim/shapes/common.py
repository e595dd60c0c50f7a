# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that several shapes share: references, scopes, times, selection of fields."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Optional

from ..http.message import encode
from ..state.objects import Ref, make_id

NO_ID = "00000000-0000-0000-0000-000000000000"

# Not from the clock, so that two starts create the same fleet.
_FIRST_START = datetime(2025, 1, 6, 8, 0, tzinfo=timezone.utc)

Fields = Optional[frozenset[str]]


def ref(target: Ref) -> dict[str, Any]:
    """Return a reference to another object: Id, deprecated Uid, Name."""
    return {"Id": target.id, "Uid": target.uid, "Name": target.name}


def split_name(name: str) -> tuple[dict[str, Any], str]:
    """Return a reference to the folder of a delivery group or application, and the name in it.

    The name of the folder ends with a backslash, and is empty at the top level.
    """
    folder, backslash, short = name.rpartition("\\")
    return {"Id": make_id("folder", folder), "Uid": None, "Name": folder + backslash}, short


def rfc3339(when: datetime) -> str:
    """Return a time as ``2025-01-06T08:00:00Z``."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4096)
def both_times(seconds: int) -> tuple[str, str]:
    """Return both texts of a time in seconds after the start of the first session of the fleet."""
    return two_texts(_FIRST_START + timedelta(seconds=seconds))


def two_texts(when: datetime) -> tuple[str, str]:
    """Return a UTC time in both API forms: locale text (``1/6/2025 8:00:00 AM``) and RFC 3339."""
    half = "AM" if when.hour < 12 else "PM"
    clock = f"{when.hour % 12 or 12}:{when:%M:%S} {half}"
    return f"{when.month}/{when.day}/{when.year} {clock}", rfc3339(when)


def scope_json(name: str = "All") -> dict[str, Any]:
    """Return ScopeResponseModel: the built-in scope "All", or one of the site's own."""
    everything = name == "All"
    return {
        "Id": NO_ID if everything else make_id("scope", name),
        "Uid": None,
        "Name": name,
        "Description": None,
        "IsBuiltIn": everything,
        "IsAllScope": everything,
        "IsTenantScope": False,
        "TenantId": None,
        "TenantName": None,
    }


def scopes(*kinds: str) -> Any:
    """Return ContainerScopes: the built-in scope "All" for each kind of container."""
    return [{"Scopes": [scope_json()], "ScopeType": kind} for kind in kinds]


class Template:
    """Objects of which only some members differ; the others are encoded once, for speed."""

    def __init__(self, sample: dict[str, Any], *names: str) -> None:
        self._names = [name for name in sample if name in names]
        members = (
            f"{encode(name)}:%s" if name in names else f"{encode(name)}:{encode(value)}".replace("%", "%%")
            for name, value in sample.items()
        )
        self._text = f"{{{','.join(members)}}}"

    def fill(self, values: dict[str, str | None]) -> str:
        """Return the JSON text with these values of the members that differ."""
        texts = [values[name] for name in self._names]
        return self._text % tuple(["null" if text is None else encode_basestring(text) for text in texts])


def pick(whole: dict[str, Any], fields: Fields) -> dict[str, Any]:
    """Return the requested top-level fields, named in lower case, in their order; None for all."""
    return whole if fields is None else {name: value for name, value in whole.items() if name.lower() in fields}
