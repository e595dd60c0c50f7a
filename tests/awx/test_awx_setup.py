# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""extensions/awx/setup.yml creates all objects, corrects changed ones and nothing else."""

from __future__ import annotations

import json
import re

import pytest
from support.awx_kit import JOB_TEMPLATES, KIT, TYPES

CLOUD = {
    "CITRIX_CUSTOMER_ID": "example0cust",
    "CITRIX_CLIENT_ID": "11111111-2222-3333-4444-555555555555",
    "CITRIX_CLIENT_SECRET": "a-secret-that-no-one-may-see",
}
ON_PREMISES = {
    "CITRIX_DEPLOYMENT": "on_premises",
    "CITRIX_API_URL": "https://ddc01.example.com",
    "CITRIX_USERNAME": "LAB\\admin",
    "CITRIX_PASSWORD": "a-password-that-no-one-may-see",
}
CERTIFICATES = "-----BEGIN CERTIFICATE-----"
PROJECT = ("-e", "awx_project_url=https://git.example.com/citrix.git")


def changes(output: str) -> int:
    return int(re.search(r"changed=(\d+)", output)[1])


def written(awx) -> list[tuple[str, str]]:
    """Return the calls that change something."""
    return [call for call in awx.calls if call[0] != "GET"]


@pytest.fixture
def on_premises(tmp_path):
    """Set the variables of a site on premises."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text(f"{CERTIFICATES}\n", encoding="utf-8")
    return {**ON_PREMISES, "CITRIX_CA_PATH": str(bundle)}


def test_setup_creates_objects_once_and_corrects_changes(awx, setup, on_premises):
    first = setup(on_premises, *PROJECT, "-vvv")
    assert first.returncode == 0, first.stdout + first.stderr
    assert on_premises["CITRIX_PASSWORD"] not in first.stdout + first.stderr

    types = awx.named("credential_types")
    assert list(types) == list(TYPES)
    for name, declared in TYPES.items():
        assert {key: types[name][key] for key in declared} == declared

    credential = awx.named("credentials")["Citrix site"]
    assert credential["credential_type"] == types["Citrix on premises"]["id"]
    assert credential["inputs"] == {
        "api_url": on_premises["CITRIX_API_URL"],
        "username": on_premises["CITRIX_USERNAME"],
        "password": on_premises["CITRIX_PASSWORD"],
        "ca_certificate": CERTIFICATES,
    }

    inventories = awx.named("inventories")
    source = awx.named("inventory_sources")["Citrix machines"]
    assert source["inventory"] == inventories["Citrix machines"]["id"]
    assert source["credential"] == credential["id"]
    assert (KIT / "project" / source["source_path"]).exists()
    assert awx.named("hosts")["localhost"]["inventory"] == inventories["Citrix control node"]["id"]

    templates = awx.named("job_templates")
    assert list(templates) == [name for name, declared in JOB_TEMPLATES.items() if "silent" not in declared]
    for name, made in templates.items():
        declared = JOB_TEMPLATES[name]
        assert made["allow_simultaneous"] is False
        assert made["playbook"] == declared["playbook"]
        assert made["inventory"] == inventories[declared["inventory"]]["id"]
        assert made["ask_job_type_on_launch"] is declared.get("ask_job_type_on_launch", False)
        assert made["ask_job_slice_count_on_launch"] is declared.get("ask_job_slice_count_on_launch", False)
        assert made["job_slice_count"] == declared.get("job_slice_count", 1)
        assert json.loads(made["extra_vars"]) == declared.get("extra_vars", {})
        assert made["survey_enabled"] is True
        assert awx.surveys[made["id"]]["spec"] == declared["survey"]
        assert awx.credentials[made["id"]] == [credential["id"]]

    schedules = {(entry["name"], entry["unified_job_template"]) for entry in awx.objects["schedules"].values()}
    assert schedules == {
        (schedule["name"], templates[name]["id"])
        for name, declared in JOB_TEMPLATES.items()
        for schedule in declared.get("schedules", [])
    }
    assert not any(entry["enabled"] for entry in awx.objects["schedules"].values())

    # A user enables the schedules, which is kept, and changes a template, which is corrected. Nothing else is written.
    for entry in awx.objects["schedules"].values():
        entry["enabled"] = True
    template = templates["Citrix - record users"]
    template["playbook"] = "stop.yml"
    awx.surveys[template["id"]]["spec"][0]["default"] = "LAB\\user001"
    awx.calls.clear()
    second = setup({**on_premises, "CITRIX_PASSWORD": "another-password"}, *PROJECT)
    assert second.returncode == 0, second.stdout + second.stderr
    assert changes(second.stdout) == 1, second.stdout
    path = f"/api/v2/job_templates/{template['id']}/"
    assert sorted(written(awx)) == [("PATCH", path), ("POST", f"{path}survey_spec/")]
    assert template["playbook"] == "record.yml"
    assert awx.surveys[template["id"]]["spec"] == JOB_TEMPLATES["Citrix - record users"]["survey"]
    assert credential["inputs"]["password"] == on_premises["CITRIX_PASSWORD"]
    assert all(entry["enabled"] for entry in awx.objects["schedules"].values())

    # The template that records without notification is created only on request.
    third = setup(on_premises, *PROJECT, "-e", "awx_silent_recording=true")
    assert third.returncode == 0, third.stdout + third.stderr
    assert changes(third.stdout) == 1, third.stdout
    (silent,) = set(awx.named("job_templates")) - set(templates)
    assert json.loads(awx.named("job_templates")[silent]["extra_vars"]) == {"citrix_notify_user": False}


def test_setup_cloud_credential_and_nothing_else_without_project(awx, setup):
    run = setup(CLOUD)
    assert run.returncode != 0
    assert "set awx_project_url" in run.stdout
    credential = awx.named("credentials")["Citrix site"]
    assert credential["credential_type"] == awx.named("credential_types")["Citrix Cloud"]["id"]
    assert credential["inputs"] == {
        "customer_id": CLOUD["CITRIX_CUSTOMER_ID"],
        "client_id": CLOUD["CITRIX_CLIENT_ID"],
        "client_secret": CLOUD["CITRIX_CLIENT_SECRET"],
    }
    assert awx.named("projects") == {}


def test_setup_missing_credential_named_before_any_write(awx, setup):
    run = setup({"CITRIX_CUSTOMER_ID": "example0cust"}, *PROJECT)
    assert run.returncode != 0
    assert "Set CITRIX_CLIENT_ID and CITRIX_CLIENT_SECRET" in run.stdout
    assert awx.calls == []


def test_setup_check_mode_creates_nothing(awx, setup):
    run = setup(CLOUD, *PROJECT, "--check")
    assert changes(run.stdout) > 0, run.stdout
    assert awx.calls
    assert written(awx) == []
