# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The coverage of several sites, of which some cannot be read."""

from __future__ import annotations

import json
import re

import pytest
from support.simulator_process import Simulator

PLAYBOOK = "sessionops.citrix.coverage_sites"
CLOSED = "http://127.0.0.1:9"
SECRET = "wrong-secret-of-the-plant"


@pytest.fixture(scope="module")
def plant():
    """Return the simulator of another customer."""
    simulator = Simulator()
    simulator.reset(machines=2, sessions=20)
    yield simulator
    simulator.close()


@pytest.fixture
def run(ansible, tmp_path):
    """Return a function that runs the playbook over an inventory of sites."""
    folder = tmp_path / "reports"
    folder.mkdir()

    def run(sites, *arguments, own=None, **variables):
        hosts = {name: {"site_options": {"retries": 0, **options}} for name, options in sites.items()}
        for name, host_variables in (own or {}).items():
            hosts[name].update(host_variables)
        inventory = tmp_path / "sites.json"
        inventory.write_text(json.dumps({"citrix_sites": {"hosts": hosts}}), encoding="utf-8")
        extra = json.dumps({"citrix_dest": "reports", **variables})
        return ansible("ansible-playbook", "-i", str(inventory), PLAYBOOK, "-e", extra, *arguments)

    return run


def rows(folder):
    """Return the texts of each row of the page, by the name of the site."""
    page = (folder / "sites.html").read_text(encoding="utf-8")
    found = re.findall(r"<tr role=\"row\"><th scope=\"row\".*?</tr>", page, re.DOTALL)
    texts = [re.sub(r"<title>.*?</title>|<[^>]+>", " ", row.replace("&nbsp;", " ")).split() for row in found]
    return {words[0]: " ".join(words) for words in texts}


def test_sites_that_fail_keep_last_value_and_hide_none(simulator, plant, run, tmp_path):
    sites = {
        "office": simulator.cloud,
        "branch": simulator.cloud,
        "plant": plant.on_premises,
        "depot": {**plant.on_premises, "api_url": plant.url + "/citrix/orchestration/api"},
    }
    first = run(sites, citrix_metrics_dest=".")
    assert first.code == 0, first.output
    folder = tmp_path / "reports"
    before = rows(folder)
    assert list(before) == list(sites)
    assert all("12.5 %" in row for row in before.values())
    assert {path.name for path in tmp_path.glob("citrix_*.prom")} == {f"citrix_{name}.prom" for name in sites}
    ended = json.loads((folder / "plant" / "coverage.json").read_text(encoding="utf-8"))["finished_at"]

    sites["plant"] = {**plant.on_premises, "password": SECRET}
    sites["depot"] = {**plant.on_premises, "api_url": CLOSED}
    sites["new"] = {**simulator.cloud, "api_url": CLOSED, "customer_id": "other"}
    sites["broken"] = {"customer_id": "{{ no_such_vault }}"}
    second = run(sites, citrix_minimum=12.5)
    assert second.code == 2, second.output
    after = rows(folder)
    assert list(after) == list(sites)
    for name in ("office", "branch"):
        assert "12.5 %" in after[name]
        assert "Failed" not in after[name]
    assert re.search(rf"12.5 % .*{ended[:10]} {ended[11:19]} Failed: .*(credentials|password)", after["plant"])
    assert re.search(rf"12.5 % .*{ended[:10]} .* Failed: .*127.0.0.1", after["depot"])
    assert re.search("new no report Failed: .*127.0.0.1", after["new"])
    assert re.search("broken no report Failed: .*no_such_vault", after["broken"])
    assert "2 reported, 4 failed" in (folder / "sites.html").read_text(encoding="utf-8")
    words = " ".join(second.output.split())
    assert "4 of 6 sites failed; all are in" in words
    assert SECRET not in second.output


def test_sites_of_one_customer_are_read_one_by_one(simulator, plant, run, tmp_path):
    names = [f"site{number}" for number in range(3)]
    before = plant.mark()
    done = run({**dict.fromkeys(names, simulator.cloud), "plant": plant.on_premises}, "-f", "4", citrix_minimum=12.6)
    assert done.code == 2, done.output
    found = rows(tmp_path / "reports")
    assert list(found) == [*names, "plant"]
    for row in found.values():
        assert "12.5 %" in row
        assert "less than recording_coverage_minimum, 12.6 %" in row
    kinds = simulator.kinds()
    parts = " ".join(kinds).split("sign-in")[1:]
    assert len(parts) == 3
    assert {part.count("status") for part in parts} == {kinds.count("status") // 3}
    ours, theirs = ([call["at"] for call in calls] for calls in (simulator.calls(), plant.calls(before)))
    # The other customer does not wait for them.
    assert theirs[0] < ours[-1]


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({"citrix_dest": "nowhere"}, "citrix_dest: nowhere is not a directory"),
        ({"citrix_minimun": 9}, "Did you mean citrix_minimum?"),
    ],
)
def test_sites_with_wrong_variables_send_nothing(simulator, run, variables, shown):
    done = run({"office": simulator.cloud}, **variables)
    assert done.code == 2
    assert shown in " ".join(done.output.split())
    assert simulator.calls() == []


def test_sites_with_variables_of_one_host_send_nothing(simulator, run):
    """One host reports all sites of a customer: it would report its own site for another one."""
    own = {"branch": {"citrix_site_id": "other", "citrix_minimum": 99, "citrix_metric_dest": "."}}
    done = run({"office": simulator.cloud, "branch": simulator.cloud}, own=own)
    assert done.code == 2, done.output
    words = " ".join(done.output.split())
    for name in ("citrix_site_id", "citrix_minimum"):
        assert f"{name}: differs between hosts, but one task acts on all of them" in words
    assert "Did you mean citrix_metrics_dest?" in words
    assert simulator.calls() == []


def test_sites_without_group_fail(ansible, tmp_path):
    done = ansible("ansible-playbook", PLAYBOOK, "-e", "citrix_dest=.")
    assert done.code == 2
    assert "The group citrix_sites has no hosts" in " ".join(done.output.split())


@pytest.mark.parametrize("names", [("plant+a", "plant_a"), ("Plant", "plant")])
def test_sites_with_one_directory_rejected(simulator, run, tmp_path, names):
    done = run(dict.fromkeys(names, simulator.cloud))
    assert done.code == 2
    assert "need different directories" in done.output
    assert simulator.calls() == []
    assert list((tmp_path / "reports").iterdir()) == []


def test_sites_limited_to_one_report_that_one(simulator, run, tmp_path):
    done = run({"office": simulator.cloud, "new": {**simulator.cloud, "api_url": CLOSED}}, "--limit", "office")
    assert done.code == 0, done.output
    assert list(rows(tmp_path / "reports")) == ["office"]


def test_sites_without_any_report_fail(simulator, run, tmp_path):
    task = "Write the page of all sites, and fail if one of them failed"
    done = run({"office": simulator.cloud}, "--start-at-task", task)
    assert done.code == 2, done.output
    assert "No site was reported in this run" in done.output
    assert not list((tmp_path / "reports").iterdir())
