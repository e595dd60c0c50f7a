# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix of ways to run: possible combinations, pairs of values, and random samples."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from random import Random
from typing import NamedTuple


class Way(NamedTuple):
    """One way to run a job."""

    job: str
    strategy: str
    check: bool
    diff: bool
    limit: str
    """none; reaching: with the hosts of the job; missing: without them."""
    tags: str
    """none; own: those of the job, if it has any; other: an unknown tag."""
    become: str
    """none; option: --become; variable: ansible_become for all hosts, with other settings for Windows."""
    asynchronous: bool
    serial: bool
    environment: str
    """clean; batch: CITRIX_BATCH_SIZE; strange: settings of other tools and unusual ones of Ansible."""
    variables: str
    """Source of the variables of the job: extra, file (-e @FILE), group, host or play."""

    @property
    def own_play(self) -> bool:
        """Whether it requires a play of its own: the playbooks have no asynchronous task."""
        return self.asynchronous

    @property
    def possible(self) -> bool:
        """Whether the values can be combined, and a playbook of this collection must support them."""
        if self.own_play:
            return self.tags == "none" and self.limit != "missing" and self.become != "variable"
        # record_by_machine has a serial of its own.
        return not (self.job == "record_by_machine" and (self.limit == "missing" or self.serial))

    @property
    def fails(self) -> bool:
        """Whether the run must fail without a change."""
        if self.own_play:
            return False
        return self.limit == "missing" or self.tags == "other" or (self.tags == "own" and self.job != "converge")

    @property
    def title(self) -> str:
        """Return the unusual values."""
        usual = Way(self.job, "linear", False, False, "none", "none", "none", False, False, "clean", "extra")
        differing = [name for name, value, other in zip(self._fields, self, usual) if value != other]
        return " ".join([self.job, *(f"{name}={getattr(self, name)}" for name in differing)])


VALUES: dict[str, tuple] = {
    "job": ("record", "stop", "converge", "coverage", "record_by_machine"),
    "strategy": ("linear", "free", "host_pinned"),
    "check": (False, True),
    "diff": (False, True),
    "limit": ("none", "reaching", "missing"),
    "tags": ("none", "own", "other"),
    "become": ("none", "option", "variable"),
    "asynchronous": (False, True),
    "serial": (False, True),
    "environment": ("clean", "batch", "strange"),
    "variables": ("extra", "file", "group", "host", "play"),
}
POSSIBLE = [way for way in map(Way._make, product(*VALUES.values())) if way.possible]


def pairs(way: Way) -> set[tuple]:
    """Return each pair of values of a way, with their dimensions."""
    return set(combinations(enumerate(way), 2))


def pairwise(seed: int) -> list[Way]:
    """Return few ways with each possible pair of values; equal for the same seed.

    Ways that must fail end at their first check: a pair counts in a way that succeeds, if there is one.
    """
    random = Random(seed)
    chosen: list[Way] = []
    for fails in (False, True):
        candidates = [way for way in POSSIBLE if way.fails is fails]
        missing = set().union(*map(pairs, candidates)) - set().union(*map(pairs, chosen))
        while missing:
            (first, one), (second, other) = random.choice(sorted(missing, key=str))
            fitting = [way for way in candidates if way[first] == one and way[second] == other]
            some = random.sample(fitting, min(200, len(fitting)))
            chosen.append(max(some, key=lambda way: len(pairs(way) & missing)))
            missing -= pairs(chosen[-1])
    return chosen


def sample(seed: int, count: int) -> Iterator[Way]:
    """Yield random ways; equal for the same seed."""
    random = Random(seed)
    for _number in range(count):
        yield random.choice(POSSIBLE)
