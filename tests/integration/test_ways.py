# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run pairs of switches, inventories, environments and variables; `make ways` runs more."""

from __future__ import annotations

import pytest
from ways.matrix import POSSIBLE, pairs, pairwise
from ways.runs import faults

WAYS = pairwise(seed=1)

# Their settings require many processes that have imported ansible-core: make them in one worker.
pytestmark = pytest.mark.xdist_group("ways")


def test_ways_cover_every_possible_pair():
    assert set().union(*map(pairs, WAYS)) == set().union(*map(pairs, POSSIBLE))
    assert len(WAYS) <= 60


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.title)
def test_way_has_expected_effect(simulator, ansible_processes, tmp_path, way):
    found = faults(way, simulator, ansible_processes, tmp_path)
    assert not found, "\n".join(found)
