# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of the API: what a call says, the answer to one, and names as parts of its path."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote

from .._common.errors import CitrixError
from .._common.text import clean

SITE, CUSTOMER, ACCOUNT = "site", "customer", "account"


class Call(NamedTuple):
    """One operation of the API. Whoever makes it says whether it writes: a search is a POST that reads."""

    method: str
    path: str
    """Below the base; every name in it has passed through segment()."""
    what: str
    """What it is for, as in "read the session X"."""
    query: Mapping[str, str] = MappingProxyType({})
    body: Any = None
    write: bool = False
    scope: str = SITE
    """What it is addressed to; a site's calls ask for the site first."""
    final: tuple[int, ...] = ()
    """Statuses to be told of at once, though they could be tried again; LOST for an answer that was lost."""
    proof: str = ""
    """A field that a 200 must have, where no later reading could tell that something else than the API wrote it."""
    subject: Any = None
    """The object that a write is about, for the observer of writes."""
    parts: tuple[Call, ...] = ()
    """The writes that a batch consists of."""

    @property
    def route(self) -> str:
        """The path without the name or id in it; one object of a collection is on the route of the collection."""
        collection, *rest = self.path.split("/")
        return "/".join([collection, *rest[1:]])


class Answer(NamedTuple):
    """The body of a success, and the id under which Citrix support finds the call."""

    body: dict
    transaction_id: str
    job_id: str | None = None
    """Of the job that continues an accepted call (202), "" if the response names none; None for any other response."""


def segment(name: str) -> str:
    """Write a name or id so that it is one segment of a path and stays there.

    A backslash becomes | before the encoding: DOMAIN\\NAME is addressed as DOMAIN|NAME (API reference).
    """
    written = name.replace("\\", "|")
    try:
        quoted = quote(written, safe="")
    except UnicodeEncodeError:
        quoted = ""
    if quoted in ("", ".", ".."):
        raise CitrixError(f"'{clean(name)}' is not a valid name or id; write the full name in UTF-8.")
    return quoted
