# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_site_check against the simulator: each check good and bad, limits, the proof and the report."""

from __future__ import annotations

import pytest

CHECK = "sessionops.citrix.citrix_site_check"
DEPLOYMENTS = ("cloud", "gov", "on_premises", "on_premises_direct")


@pytest.fixture
def check(modules):
    """Return a function that runs the check and returns (result, checks by id)."""

    def run(connection, check_mode=False, env=None, **options):
        task = {CHECK: options, "ignore_errors": True, "check_mode": check_mode}
        result = modules([task], connection=connection, env=env).result
        return result, {entry["id"]: entry for entry in result["checks"]}

    return run


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_site_check_good_site_all_in_place(simulator, check, deployment):
    result, checks = check(getattr(simulator, deployment))
    bad = {name: entry for name, entry in checks.items() if entry["status"] in ("warning", "failed")}
    assert bad == {}
    assert not result["failed"]
    assert not result["changed"]
    print(result["msg"])
