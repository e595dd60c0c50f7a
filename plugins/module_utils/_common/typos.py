# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognize typos of names of variables."""

from __future__ import annotations

from collections.abc import Iterable

TYPOS = 2
"""Maximum number of letters by which a typo differs from a known name."""


def original(name: str, names: Iterable[str]) -> str | None:
    """Return the known name of which another is a typo, if any."""
    return next((known for known in names if _is_typo(name, known)), None)


def _is_typo(name: str, known: str) -> bool:
    if abs(len(name) - len(known)) > TYPOS:
        return False
    # One that replaces the whole last word, such as citrix_id for citrix_at, is another name.
    return _distance(name.lower(), known.lower()) <= min(TYPOS, len(known.rpartition("_")[2]) - 1)


def _distance(one: str, other: str) -> int:
    """Return how many letters to insert, delete, replace or swap to make two texts equal."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, expected in enumerate(other, 1):
            costs = [last[column] + 1, line[-1] + 1, last[column - 1] + (letter != expected)]
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == expected:
                costs.append(before[column - 2] + 1)
            line.append(min(costs))
        before, last = last, line
    return last[-1]
