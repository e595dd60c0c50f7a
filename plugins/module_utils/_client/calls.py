# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define calls of the API, their responses, and names as segments of paths."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote

from .._common.errors import CitrixError
from .._common.text import clean

SITE, CUSTOMER, ACCOUNT = "site", "customer", "account"


class Call(NamedTuple):
    """One operation of the API, with a flag for writes: a search is a POST that reads."""

    method: str
    path: str
    """Below the base; every name in it was quoted by segment()."""
    what: str
    """Purpose, as in "read the session X"."""
    query: Mapping[str, str] = MappingProxyType({})
    body: Any = None
    write: bool = False
    scope: str = SITE
    """Address; calls of a site discover the site first."""
    final: tuple[int, ...] = ()
    """Statuses to return immediately, although they could be retried; LOST for a lost response."""
    proof: str = ""
    """A field that a success with a body must have, if no later read would show that another server wrote it."""
    subject: Any = None
    """The object that a write is about, for the observer of writes."""
    parts: tuple[Call, ...] = ()
    """The writes that a batch consists of."""

    @property
    def route(self) -> str:
        """Return the path without name or id; an object of a collection has the collection's route."""
        collection, *rest = self.path.split("/")
        return "/".join([collection, *rest[1:]])


class Response(NamedTuple):
    """The body of a success, and the id under which Citrix support finds the call."""

    body: dict
    transaction_id: str
    job_id: str | None = None
    """Of the job that continues an accepted call, "" if the response names none; None for any other response."""


def segment(name: str) -> str:
    """Quote a name or id as one segment of a path.

    A backslash becomes | before quoting: DOMAIN\\NAME is addressed as DOMAIN|NAME.
    https://github.com/citrix/citrix-daas-rest-go/blob/main/citrixorchestration/docs/MachinesAPIsDAAS.md
    """
    written = name.replace("\\", "|")
    try:
        quoted = quote(written, safe="")
    except UnicodeEncodeError:
        quoted = ""
    if quoted in ("", ".", ".."):
        raise CitrixError(f"'{clean(name)}' is not a valid name or id; write the full name in UTF-8.")
    return quoted
