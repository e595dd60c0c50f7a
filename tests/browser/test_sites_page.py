# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of several sites in a browser: safe, complete and accessible."""

from __future__ import annotations

import json

import pytest
from conftest import NAMES, violations
from support.reports import report

PRINTABLE = [name for name in NAMES if name.isprintable() and "{{" not in name]
ROWS = "[...document.querySelectorAll('tbody tr')].map(row => [...row.cells].map(cell => cell.innerText.trim()))"


@pytest.fixture(scope="module")
def sites():
    """Return sites with hostile names and problems; each third was never reported."""
    groups = {"Staff": (30, 9, 1, 2, 0)}
    return [
        {
            "name": f"site{number}",
            "page": f"site{number}/coverage.html",
            "problem": name if number % 2 else "",
            "last": {} if number % 3 == 2 else report(1_780_000_000, groups, site_name=name),
        }
        for number, name in enumerate(PRINTABLE)
    ]


@pytest.fixture(scope="module")
def sites_page(playbook, sites, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sites")
    options = {"recording_coverage_dest": str(folder), "recording_coverage_sites": sites}
    role = {"name": "sessionops.citrix.recording_coverage", "tasks_from": "sites"}
    report = {"ansible.builtin.include_role": role, "vars": {name: f"{{{{ given_{name} }}}}" for name in options}}
    # It fails because sites have problems.
    tasks = [{"block": [report], "rescue": [{"ansible.builtin.debug": {"msg": "failed"}}]}]
    play = folder / "play.yml"
    play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    playbook(str(play), **{f"given_{name}": value for name, value in options.items()})
    return folder / "sites.html"


def test_sites_page_has_row_for_each_site(page, sites_page, sites):
    page.open(sites_page)
    assert page.complaints() == []
    assert page.requested() == [sites_page.as_uri()]
    assert page.run("document.querySelectorAll('script, img, base, iframe, object').length") == 0
    rows = page.run(ROWS)
    assert len(rows) == len(sites)
    for row, site in zip(rows, sites):
        if site["last"]:
            assert row[0] == f"{site['name']} {' '.join(site['last']['site_name'].split())}"
            assert row[1:6] == ["75.0\u00a0%", "30", "9", "1", "2"]
            assert row[6].startswith("2026-05-28 20:26:40")
        else:
            assert row[:6] == [site["name"], "no report", "", "", "", ""]
        assert ("Failed: " in row[6]) is bool(site["problem"])
        assert " ".join(site["problem"].split()) in row[6]
    failed = sum(bool(site["problem"]) for site in sites)
    assert (
        page.run("document.getElementById('reported').innerText") == f"{len(sites) - failed} reported, {failed} failed"
    )


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1400, "light")])
def test_sites_page_fits_and_is_accessible(page, sites_page, width, scheme):
    page.open(sites_page, width, scheme=scheme)
    assert page.run("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
