# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of responses by a relay: their encoding, their pages, and the objects of a list."""

from __future__ import annotations

import copy
import gzip
import html
import json
from collections.abc import Collection
from random import Random
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit

from faults.relay import Answered, Asked, Twist

LISTS = ("/Sessions", "/Machines", "/$search")
PAGE = 3
ODD = "+ =:%2F&"
"""Characters of a page token that must be encoded."""


class Compressed(Twist):
    """Compress every body with gzip."""

    def answer(self, asked: Asked, answered: Answered) -> None:
        answered.body = gzip.compress(answered.body)
        answered.headers["Content-Encoding"] = "gzip"


class ByteOrderMark(Twist):
    """Begin every JSON text with a byte order mark, as plain text."""

    def answer(self, asked: Asked, answered: Answered) -> None:
        answered.body = b"\xef\xbb\xbf" + answered.body
        answered.headers["Content-Type"] = "text/plain"


class CutShort(Twist):
    """End the response to one GET in the middle of its body."""

    def __init__(self, after: int) -> None:
        self._left = after

    def answer(self, asked: Asked, answered: Answered) -> None:
        if asked.method != "GET":
            return
        self._left -= 1
        if self._left == -1:
            answered.sent = len(answered.body) // 2


def _escaped(text: str) -> str:
    """Return a text as JSON with an escape for each character except letters and digits."""
    return '{"detail": "' + "".join(c if c.isalnum() and c.isascii() else f"\\u{ord(c):04X}" for c in text) + '"}'


def _slashed(text: str) -> str:
    return json.dumps({"message": text}).replace("/", "\\/")


def _entities(text: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else f"&#{ord(c)};" for c in text)


ECHOES = (str, json.dumps, quote, quote_plus, html.escape, _escaped, _slashed, _entities)
"""Encodings of text by proxies, web servers and programs."""


class Echo(Twist):
    """Refuse each request to a path with a response that echoes it, in one of several encodings."""

    def __init__(self, rng: Random, path: str, status: int) -> None:
        self._way = rng.choice(ECHOES)
        self._in_header = rng.choice([None, None, "Citrix-TransactionId", "Location"])
        self._path = path
        self._status = status

    def ask(self, asked: Asked) -> str:
        # A refused request is not processed.
        refused = 400 <= self._status < 500 and asked.path.endswith(self._path)
        return f"/refused{asked.target}" if refused else asked.target

    def answer(self, asked: Asked, answered: Answered) -> None:
        if asked.path.endswith(self._path):
            # An error shows only the beginning of a response.
            body = asked.body.decode("utf-8", "replace")
            output = f"{asked.headers.get('Authorization', '')} {body[-200:]} {asked.headers}"
            answered.status = self._status
            answered.body = self._way(output).encode()
            answered.headers = {"Content-Type": "text/plain"}
            if self._in_header:
                # A header accepts one line of Latin-1.
                line = " ".join(output[:300].split()).encode("ascii", "replace").decode()
                answered.headers[self._in_header] = f"https://127.0.0.1/{line}" if "L" in self._in_header else line


class Lists(Twist):
    """Return lists in small pages; edit() changes one of them."""

    def ask(self, asked: Asked) -> str:
        if not asked.path.endswith(LISTS):
            return asked.target
        query = dict(parse_qsl(urlsplit(asked.target).query, keep_blank_values=True))
        # The list of the sessions of one machine has no limit parameter.
        if "limit" in query:
            query["limit"] = str(PAGE)
        if "continuationToken" in query:
            query["continuationToken"] = query["continuationToken"].removeprefix(ODD)
        return f"{asked.path}?{urlencode(query)}"

    def answer(self, asked: Asked, answered: Answered) -> None:
        if answered.status == 200 and asked.path.endswith(LISTS):
            page = json.loads(answered.body)
            came = copy.deepcopy(page)
            self.edit(page)
            if page != came:
                answered.body = json.dumps(page).encode()

    def edit(self, page: dict) -> None:
        """Change a page: {Items, ContinuationToken}."""


class OddTokens(Lists):
    """Put characters that must be encoded into page tokens."""

    def edit(self, page: dict) -> None:
        if page.get("ContinuationToken"):
            page["ContinuationToken"] = ODD + page["ContinuationToken"]


class EmptyToken(Lists):
    """Give the last page an empty token instead of null."""

    def edit(self, page: dict) -> None:
        page["ContinuationToken"] = page.get("ContinuationToken") or ""


class RepeatedToken(Lists):
    """Repeat the token of a page, so that it leads to the same page forever."""

    def __init__(self) -> None:
        self._first = ""

    def edit(self, page: dict) -> None:
        self._first = self._first or page.get("ContinuationToken") or ""
        page["ContinuationToken"] = self._first


class Overlap(Lists):
    """Begin each page with the last object of the previous one, and repeat one object."""

    def __init__(self) -> None:
        self._last: list[dict] = []

    def edit(self, page: dict) -> None:
        items = page["Items"]
        page["Items"] = [*self._last, *items, *items[:1]]
        self._last = items[-1:] if page.get("ContinuationToken") else []


class NoItems(Lists):
    """Make lists null."""

    def edit(self, page: dict) -> None:
        page["Items"] = None


class ShortLists(Lists):
    """Report more objects than a list has."""

    def edit(self, page: dict) -> None:
        page["TotalItems"] = 500


class EndlessLists(Lists):
    """Give each page a new token, and repeat the last page."""

    def __init__(self) -> None:
        self._pages = 0

    def ask(self, asked: Asked) -> str:
        target = super().ask(asked)
        self._paged = "limit=" in target
        return target.partition("&continuationToken=endless")[0]

    def edit(self, page: dict) -> None:
        if self._paged:
            self._pages += 1
            page["ContinuationToken"] = f"endless{self._pages}"


class Unwritable(Twist):
    """Add values that JSON cannot represent to each object: NaN, and a lone surrogate."""

    def answer(self, asked: Asked, answered: Answered) -> None:
        try:
            body = json.loads(answered.body)
        except ValueError:
            return
        if isinstance(body, dict) and not asked.path.endswith(("okens", "clients")):
            answered.body = json.dumps(_spoiled(body)).encode()


def _spoiled(body: dict) -> dict:
    spoiled = {**body, "Ratio": float("nan"), "Note": "LAB\\x\ud800", "\udfff": [float("-inf")]}
    if isinstance(body.get("Items"), list):
        spoiled["Items"] = [_spoiled(item) if isinstance(item, dict) else item for item in body["Items"]]
    if "UntrustedUserName" in body:
        spoiled["UntrustedUserName"] = "\udc00"
    if isinstance(body.get("Body"), str) and body["Body"].startswith("{"):
        spoiled["Body"] = json.dumps(_spoiled(json.loads(body["Body"])))
    return spoiled


HIDDEN = "\u202e\u200b\n\u2028ok: [localhost]"
"""Changes the direction of the text, is invisible, and forges a line."""


class HiddenNames(Lists):
    """Put characters into names that are invisible or forge lines."""

    def edit(self, page: dict) -> None:
        for item in page["Items"]:
            machine = item.get("Machine")
            if isinstance(machine, dict) and isinstance(machine.get("DeliveryGroup"), dict):
                machine["DeliveryGroup"]["Name"] = f"Office{HIDDEN}"
            if item.get("State") == "Active":
                item["State"] = f"Active{HIDDEN}"


class Strangers(Lists):
    """Put values that are not objects into lists."""

    def edit(self, page: dict) -> None:
        page["Items"] = [None, 1, *page["Items"], "text", [], True]


class Holes(Lists):
    """Omit some fields of each object; make others null, empty or of another type, except Id."""

    def __init__(self, rng: Random, kept: Collection[str], undivided: Collection[str] = ()) -> None:
        """kept: unchanged fields, which checks use. undivided: objects kept or removed as a whole."""
        self._rng = rng
        self._kept = ("Id", "Machine", *kept)
        self._undivided = (*self._kept, *undivided)

    def edit(self, page: dict) -> None:
        page["Items"] = [self._holed(item) for item in page["Items"]]

    def _holed(self, item: dict) -> dict:
        kept = {}
        for name, value in item.items():
            fate = 5 if name in self._kept else self._rng.randrange(9)
            if fate >= 4:
                divided = isinstance(value, dict) and name not in self._undivided
                kept[name] = self._holed(value) if divided else value
            elif fate:
                kept[name] = [None, "", [1, {}]][fate - 1]
        return kept


class NoIds(Lists):
    """Remove the Id of one object of each page."""

    def edit(self, page: dict) -> None:
        for item in page["Items"][:1]:
            item["Id"] = None


WORDS = ("State", "SessionType", "AppState", "RegistrationState", "PowerState")


class UnknownWords(Lists):
    """Return unknown states, protocols and types."""

    def edit(self, page: dict) -> None:
        for item in page["Items"]:
            item.update({name: "Novelty" for name in WORDS if name in item})
            if isinstance(item.get("Connection"), dict):
                item["Connection"]["Protocol"] = "Novelty"


class Disorder(Twist):
    """Return the responses of a batch in any order."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def answer(self, asked: Asked, answered: Answered) -> None:
        if answered.status == 200 and asked.path.endswith("$batch"):
            batch = json.loads(answered.body)
            came = list(batch["Items"])
            self._rng.shuffle(batch["Items"])
            if batch["Items"] != came:
                answered.body = json.dumps(batch).encode()
