# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides name each check of the site check, and no other."""

from __future__ import annotations

import re

from ansible_collections.sessionops.citrix.plugins.module_utils._checks.site_check import GROUPS
from collection_tree import COLLECTION

IDS = [check.id for checks in GROUPS.values() for check in checks]
FOLDER = COLLECTION / "docs" / "docsite" / "rst"


def test_site_check_guide_lists_each_check_in_order():
    table = (FOLDER / "guide_site_check.rst").read_text("utf-8").partition("Checks and remedies")[2]
    named = [
        name for cell in re.findall(r"^   \* - (.*)$", table, re.MULTILINE) for name in re.findall(r"``(.+?)``", cell)
    ]
    assert sorted(named) == sorted(IDS)
    assert len(IDS) == len(set(IDS))


def test_site_check_limits_name_existing_checks():
    table = (FOLDER / "guide_limits.rst").read_text("utf-8").partition("Undocumented behavior")[2]
    cells = re.findall(r"^     - check: (.*)$", table, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"``(.+?)``", cell)}
    assert len(cells) >= 8
    assert named <= set(IDS)
