# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the items of a batch, check them as documented, and make their requests."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import unquote

from ..http.addresses import Address
from ..http.message import Reply, Request, refuse

METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")
_WITHOUT_BODY = ("GET", "HEAD", "DELETE")
_REFERENCE = re.compile(r"[-_0-9a-zA-Z]*")
# A URL in the form that a request line allows.
_URL = re.compile(r"[!-~]*")

# Header fields of the batch that apply to each item.
_INHERITED = (
    "accept",
    "authorization",
    "citrix-customerid",
    "citrix-instanceid",
    "citrix-locale",
    "citrix-transactionid",
    "host",
    "user-agent",
    "x-timezone",
)


class Item(NamedTuple):
    """One item; header names are in lower case."""

    reference: str
    method: str
    url: str
    headers: dict[str, str]
    body: str | None


def read_items(body: Any) -> list[Item]:
    """Read the items of a batch; 400 for the whole batch if one violates a rule of the schema."""
    entries = body.get("Items") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise refuse(400, "missing", "The batch must be an object with a list of Items.", name="Items")
    items = [_read_item(entry) for entry in entries]
    seen: set[str] = set()
    for item in items:
        if item.reference in seen:
            raise refuse(400, "invalid", "Each Reference must be unique within the batch.", Reference=item.reference)
        seen.add(item.reference)
    return items


def _read_item(entry: Any) -> Item:
    if not isinstance(entry, dict):
        raise refuse(400, "invalid", "An item must be an object.", name="Items")
    reference, url, body = entry.get("Reference"), entry.get("RelativeUrl"), entry.get("Body")
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        raise refuse(400, "invalid", "A Reference of letters, digits, - and _ is required.", name="Reference")
    method = entry.get("Method") or "GET"
    if method not in METHODS:
        raise refuse(400, "invalid", f"Method must be one of: {', '.join(METHODS)}.", Reference=reference)
    if not isinstance(url, str):
        raise refuse(400, "missing", "RelativeUrl is required.", Reference=reference)
    if not isinstance(body, (str, type(None))):
        raise refuse(400, "invalid", "Body must be JSON in a string.", Reference=reference)
    if body is not None and method in _WITHOUT_BODY:
        raise refuse(400, "invalid", f"A {method} must not have a Body.", Reference=reference)
    return Item(reference, method, url, _read_headers(entry.get("Headers"), reference), body)


def _read_headers(entries: Any, reference: str) -> dict[str, str]:
    try:
        return {_text(entry["Name"]).lower(): _text(entry["Value"]) for entry in entries or []}
    except (TypeError, LookupError):
        raise refuse(400, "invalid", "Headers must be a list of Name and Value.", Reference=reference) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


class Requests:
    """Make the requests of the items of one batch."""

    def __init__(self, batch: Request, address: Address) -> None:
        self._address = address
        self._version = batch.version
        # Shared by all items without headers or a body.
        self._inherited = {name: batch.headers[name] for name in _INHERITED if name in batch.headers}

    def make(self, item: Item) -> tuple[Request, Reply | None]:
        """Return the request of an item, and a refusal if its URL does not match this base."""
        target = self._target(item.url)
        refusal = None
        if not _URL.fullmatch(item.url):
            refusal = refuse(400, "invalid", "RelativeUrl must be percent-encoded.", RelativeUrl=item.url).reply
        elif target is None:
            refusal = refuse(404, "notFound", "RelativeUrl does not match this base.", RelativeUrl=item.url).reply
        url = item.url if refusal else target or ""
        head = f"{item.method} {url}".encode("utf-8", "replace")
        request = Request(item.method, url, self._version, self._inherited, head)
        if item.body is not None or item.headers:
            request.headers = {**self._inherited, **self._own_headers(item)}
            request.body = (item.body or "").encode("utf-8", "replace")
        return request, refusal

    def _target(self, url: str) -> str | None:
        """Return path and query: unchanged behind the gateway, else with ids of customer and site."""
        if not self._address.direct:
            return f"{self._address.base}/{url.removeprefix('/')}"
        pieces = url.removeprefix("/").split("/", 2)
        if len(pieces) < 3 or [unquote(piece) for piece in pieces[:2]] != [self._address.customer, self._address.site]:
            return None
        return f"{self._address.base}/{pieces[2].removeprefix('/')}"

    @staticmethod
    def _own_headers(item: Item) -> dict[str, str]:
        """Return the headers of an item; a content type is optional."""
        content_type = {} if item.body is None else {"content-type": "application/json"}
        return {**content_type, **item.headers}
