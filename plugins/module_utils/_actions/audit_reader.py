# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the files of an audit trail, verify the chain of lines, and find unfinished writes."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import zlib
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import IO, Any, Callable, NamedTuple

from . import audit_lines
from .audit_file import HEAD, Last, require_regular

MOST_KEPT = 10_000
"""Problems, writes without a result, and missing lines that are kept in memory."""
DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""Errors of a file that cannot be read or decompressed to its end."""
OPENERS: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
"""By the first bytes of a file."""
SOUND, UNCONFIRMED, REPORTED = "sound", "unconfirmed", "reported"
"""States of a line: an entry; no entry, so that only the next line can confirm it; already reported as changed."""


class Place(NamedTuple):
    """A line of a file, counted from 1 in the decompressed text."""

    file: str = ""
    row: int = 0


class Problem(NamedTuple):
    """A problem of a trail, and the line at which it is.

    kind: `changed` (the line is not as it was written), `missing` (lines are missing before this one), `moved` (the
    line is not at its place), `repeated` (an earlier line has the same number), `cut_off` (a writer was killed, or its
    disk was full), `unreadable` (the file, from this line on) or `unfinished` (the requested write has no result).
    """

    place: Place
    kind: str
    detail: str


class _Chain(NamedTuple):
    """The line with the highest number so far, which the next line should follow."""

    number: int
    digests: tuple[str | None, ...] = ()
    """The hashes that the next line may name."""
    place: Place = Place()
    state: str = REPORTED


class TrailReader:
    """Read one trail: its current file and rotated ones, possibly compressed (gzip, bzip2, xz).

    Iterate over entries() to the end; then `problems`, `counts` and `lines` are complete.
    """

    def __init__(self, paths: Sequence[str], first_line: int = 1) -> None:
        """Open no file yet. paths: in any order. first_line: the first line, if older were removed."""
        self.problems: list[Problem] = []
        """The first MOST_KEPT problems."""
        self.counts: Counter = Counter()
        """Number of all problems by kind."""
        self.lines = 0
        self._paths = paths
        self._chain = _Chain(first_line - 1)
        self._gaps: dict[int, Place] = {}
        """Numbers that were skipped, each with the place of the line that came instead."""
        self._open: dict[tuple[str, str], tuple[Place, dict]] = {}
        """Requested writes without a result so far, by run and session."""

    def entries(self) -> Iterator[tuple[Place, dict]]:
        """Yield each unchanged line with its place, in the order of the trail."""
        # Before the files: writers may add lines meanwhile.
        head = max(map(_head_of, self._paths), default=Last())
        for path in self._in_order():
            for place, line in self._lines(path):
                self.lines += 1
                entry = self._verify(place, line)
                if entry:
                    self._pair(place, entry)
                    yield place, entry
        self._finish(head)

    def _in_order(self) -> list[str]:
        """Return the files, each once, by the number of their first entry."""
        first: dict[tuple, tuple[float, str]] = {}
        for path in self._paths:
            try:
                found = os.stat(path)
                entry = next(filter(None, (audit_lines.decode(line) for _place, line in _read(path))), {})
            except DAMAGE as error:
                self._report(Place(path, 1), "unreadable", str(error))
                continue
            first.setdefault((found.st_dev, found.st_ino), (entry.get("line", float("inf")), path))
        return [path for _line, path in sorted(first.values())]

    def _lines(self, path: str) -> Iterator[tuple[Place, bytes]]:
        place = Place(path, 0)
        try:
            for place, line in _read(path):
                yield place, line
        except DAMAGE as error:
            self._report(Place(path, place.row + 1), "unreadable", str(error))

    def _verify(self, place: Place, line: bytes) -> dict | None:
        """Compare a line with the previous one; return its entry if the line itself is unchanged."""
        entry = audit_lines.decode(line)
        before = self._chain
        if entry is None:
            self._settle(linked=before.state == SOUND)
            named = audit_lines.named_digest(line)
            if named:
                self._report(place, "changed", "the hash of the line does not match its content")
            state = REPORTED if named else UNCONFIRMED
            self._chain = _Chain(before.number + 1, (audit_lines.digest_of(line), named), place, state)
            return None
        number = entry["line"]
        if number <= before.number:
            gap = self._gaps.pop(number, None)
            if gap:
                self._report(place, "moved", f"line {number} of the trail belongs before line {gap.row} of {gap.file}")
            else:
                self._report(place, "repeated", f"line {number} of the trail occurs twice")
            return entry
        if number > before.number + 1:
            self._note_gap(place, before.number + 1, number)
        self._settle(linked=number > before.number + 1 or entry.get("previous_hash") in before.digests)
        self._chain = _Chain(number, (entry["hash"],), place, SOUND)
        return entry

    def _settle(self, linked: bool) -> None:
        """Report the last line in the chain; the next line names its hash, or another one."""
        if self._chain.state == UNCONFIRMED and linked:
            self._report(self._chain.place, "cut_off", "the writer was killed, or its disk was full")
        elif self._chain.state != REPORTED and not linked:
            self._report(self._chain.place, "changed", "the next line has a different hash of this line")

    def _note_gap(self, place: Place, first: int, end: int) -> None:
        if end - first + len(self._gaps) > MOST_KEPT:
            self._report_missing(place, first, end - 1)
        else:
            self._gaps.update(dict.fromkeys(range(first, end), place))

    def _pair(self, place: Place, entry: dict) -> None:
        """Add a requested write, or remove it with its result."""
        key = (str(entry.get("run_id")), str(entry.get("session_id")))
        if entry.get("event") == audit_lines.RESULT:
            self._open.pop(key, None)
        elif entry.get("event") == audit_lines.REQUESTED:
            self._open[key] = place, entry
            if len(self._open) > MOST_KEPT:
                self._report_unfinished(*self._open.pop(next(iter(self._open))))

    def _finish(self, head: Last) -> None:
        """Report all problems that only the end of the last file shows."""
        end = self._chain
        self._settle(linked=head.line != end.number or head.digest in end.digests)
        runs: dict[Place, list[int]] = {}
        for number, place in self._gaps.items():
            runs.setdefault(place, []).append(number)
        for place, numbers in runs.items():
            self._report_missing(place, numbers[0], numbers[-1])
        if head.line > end.number:
            self._report_missing(Place(end.place.file, end.place.row + 1), end.number + 1, head.line)
        for place, entry in self._open.values():
            self._report_unfinished(place, entry)

    def _report_missing(self, place: Place, first: int, last: int) -> None:
        self._report(place, "missing", f"lines {first} to {last} of the trail are missing before this line")

    def _report_unfinished(self, place: Place, entry: dict) -> None:
        detail = f"{entry.get('action')} of session {entry.get('session_id')} has no result: its run was killed"
        self._report(place, "unfinished", detail)

    def _report(self, place: Place, kind: str, detail: str) -> None:
        self.counts[kind] += 1
        if len(self.problems) < MOST_KEPT:
            self.problems.append(Problem(place, kind, detail))


def ends_before(path: str, entry: dict) -> bool:
    """Return whether the last line of a file is the one before an entry."""
    last: deque[tuple[Place, bytes]] = deque(maxlen=1)
    with suppress(*DAMAGE):
        last.extend(_read(path))
    before = audit_lines.decode(last[0][1]) if last else None
    return before is not None and before["hash"] == entry.get("previous_hash")


def _read(path: str) -> Iterator[tuple[Place, bytes]]:
    """Yield the lines of a file without their line breaks; lines that are too long are cut."""
    with _open(path) as file:
        for row in count(1):
            line = rest = file.readline(audit_lines.LONGEST)
            if not line:
                return
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(audit_lines.LONGEST)
            yield Place(path, row), line.rstrip(b"\n")


def _open(path: str) -> IO[bytes]:
    require_regular(path)
    with open(path, "rb") as file:
        start = file.read(6)
    return next((opener for magic, opener in OPENERS.items() if start.startswith(magic)), open)(path, "rb")


def _head_of(path: str) -> Last:
    """Return the last line in the file that a writer keeps beside a file."""
    try:
        with open(path + HEAD, encoding="ascii", errors="replace") as file:
            return Last.from_head(file.read(200))
    except OSError:
        return Last()
