# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a relay does to answers: how they are written, their pages, and what is in the objects of a list."""

from __future__ import annotations

import gzip
import json
from random import Random
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit

from faults.relay import Answered, Asked, Twist

LISTS = ("/Sessions", "/Machines", "/$search")
PAGE = 3
ODD = "+ =:%2F&"
"""What a page token may hold, and a careless client does not encode."""


class Compressed(Twist):
    """Every body is sent with gzip."""

    def answer(self, asked: Asked, answered: Answered) -> None:
        answered.body = gzip.compress(answered.body)
        answered.headers["Content-Encoding"] = "gzip"


class ByteOrderMark(Twist):
    """Every JSON text opens with a byte order mark and is called plain text."""

    def answer(self, asked: Asked, answered: Answered) -> None:
        answered.body = b"\xef\xbb\xbf" + answered.body
        answered.headers["Content-Type"] = "text/plain"


class CutShort(Twist):
    """The answer to one GET ends in the middle of its body."""

    def __init__(self, after: int) -> None:
        self._left = after

    def answer(self, asked: Asked, answered: Answered) -> None:
        if asked.method != "GET":
            return
        self._left -= 1
        if self._left == -1:
            answered.sent = len(answered.body) // 2


class Echo(Twist):
    """Every answer to a path is a refusal that shows the request, in one of the ways in which proxies do that."""

    def __init__(self, rng: Random, path: str, status: int) -> None:
        self._way = rng.choice([str, json.dumps, quote, quote_plus])
        self._path = path
        self._status = status

    def ask(self, asked: Asked) -> str:
        # What is refused is not done.
        refused = 400 <= self._status < 500 and asked.path.endswith(self._path)
        return f"/refused{asked.target}" if refused else asked.target

    def answer(self, asked: Asked, answered: Answered) -> None:
        if asked.path.endswith(self._path):
            # What is told of an answer is its beginning.
            body = asked.body.decode("utf-8", "replace")
            told = f"{asked.headers.get('Authorization', '')} {body[-200:]} {asked.headers}"
            answered.status = self._status
            answered.body = self._way(told).encode()
            answered.headers = {"Content-Type": "text/plain"}


class Lists(Twist):
    """Lists come in small pages; edit() changes one of them."""

    def ask(self, asked: Asked) -> str:
        if not asked.path.endswith(LISTS):
            return asked.target
        query = dict(parse_qsl(urlsplit(asked.target).query, keep_blank_values=True))
        # The list of the sessions of one machine has no limit to ask for.
        if "limit" in query:
            query["limit"] = str(PAGE)
        if "continuationToken" in query:
            query["continuationToken"] = query["continuationToken"].removeprefix(ODD)
        return f"{asked.path}?{urlencode(query)}"

    def answer(self, asked: Asked, answered: Answered) -> None:
        if answered.status == 200 and asked.path.endswith(LISTS):
            page = json.loads(answered.body)
            self.edit(page)
            answered.body = json.dumps(page).encode()

    def edit(self, page: dict) -> None:
        """Change a page: {Items, ContinuationToken}."""


class OddTokens(Lists):
    """Page tokens hold what has to be encoded."""

    def edit(self, page: dict) -> None:
        if page.get("ContinuationToken"):
            page["ContinuationToken"] = ODD + page["ContinuationToken"]


class EmptyToken(Lists):
    """The last page has an empty token instead of none."""

    def edit(self, page: dict) -> None:
        page["ContinuationToken"] = page.get("ContinuationToken") or ""


class RepeatedToken(Lists):
    """The token of a page leads to the same page, for ever."""

    def __init__(self) -> None:
        self._first = ""

    def edit(self, page: dict) -> None:
        self._first = self._first or page.get("ContinuationToken") or ""
        page["ContinuationToken"] = self._first


class Overlap(Lists):
    """Each page begins with the last object of the one before, and holds one object twice."""

    def __init__(self) -> None:
        self._last: list[dict] = []

    def edit(self, page: dict) -> None:
        items = page["Items"]
        page["Items"] = [*self._last, *items, *items[:1]]
        self._last = items[-1:] if page.get("ContinuationToken") else []


class NoItems(Lists):
    """Lists are null."""

    def edit(self, page: dict) -> None:
        page["Items"] = None


class Strangers(Lists):
    """Among the objects of a list are things that are none."""

    def edit(self, page: dict) -> None:
        page["Items"] = [None, 1, *page["Items"], "text", [], True]


class Holes(Lists):
    """Of each object some fields are missing, and others are null, an empty text or of another type; not its Id."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def edit(self, page: dict) -> None:
        page["Items"] = [self._holed(item) for item in page["Items"]]

    def _holed(self, item: dict) -> dict:
        kept = {}
        for name, value in item.items():
            fate = 5 if name in ("Id", "Machine") else self._rng.randrange(9)
            if fate >= 4:
                kept[name] = self._holed(value) if isinstance(value, dict) and name != "Machine" else value
            elif fate:
                kept[name] = [None, "", [1, {}]][fate - 1]
        return kept


class NoIds(Lists):
    """One object of each page has no Id."""

    def edit(self, page: dict) -> None:
        for item in page["Items"][:1]:
            item["Id"] = None


class UnknownWords(Lists):
    """States, protocols and types are words that nobody knows yet."""

    def edit(self, page: dict) -> None:
        for item in page["Items"]:
            item.update({name: "Novelty" for name in ("State", "SessionType", "AppState") if name in item})
            if isinstance(item.get("Connection"), dict):
                item["Connection"]["Protocol"] = "Novelty"


class Disorder(Twist):
    """The answers of a batch come in any order."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def answer(self, asked: Asked, answered: Answered) -> None:
        if answered.status == 200 and asked.path.endswith("$batch"):
            batch = json.loads(answered.body)
            self._rng.shuffle(batch["Items"])
            answered.body = json.dumps(batch).encode()
