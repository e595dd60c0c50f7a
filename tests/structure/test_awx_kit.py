# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""extensions/awx matches the collection: credential options, playbooks, survey variables."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.sessionops.citrix.plugins.module_utils._common import deployments, options
from collection_tree import COLLECTION, GALAXY, NAME, PLAYBOOKS, load
from support.awx_kit import JOB_TEMPLATES, KIT, TYPES, injected

CLOUD, ON_PREMISES = TYPES["Citrix Cloud"], TYPES["Citrix on premises"]
NOT_OF_A_SITE = {"access_token", "timeout", "retries", "max_concurrency", "requests_per_second", "batch_size"}
"""Shared options that do not concern the site or the account."""
STAND_IN = {"ca_certificate": "ca_path"}
"""Fields with the content of a file, and the option with its path."""
FILLED = {
    "api_url": "https://ctx.example.com",
    "customer_id": "example0cust",
    "client_id": "the-client",
    "client_secret": "its-secret",
    "username": "LAB\\admin",
    "password": "its-password",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """Remove the variables of the site from the environment."""
    for name in [name for name in os.environ if name.startswith("CITRIX_") or name.endswith("_CA_BUNDLE")]:
        monkeypatch.delenv(name)


each_type = pytest.mark.parametrize("name", TYPES)
each_template = pytest.mark.parametrize("name", JOB_TEMPLATES)


def fields(name: str) -> dict[str, dict]:
    return {field["id"]: field for field in TYPES[name]["inputs"]["fields"]}


def option(field: str) -> str:
    return STAND_IN.get(field, field)


@each_type
def test_credential_fields_are_shared_options(name):
    for field, declared in fields(name).items():
        known = options.OPTIONS[option(field)]
        assert declared.get("secret", False) is known.get("no_log", False), f"{name}, {field}: secret"
        if "default" in declared:
            default = known["default"]
            shown = str(default).lower() if known["type"] == "bool" else default
            assert declared["default"] == shown, f"{name}, {field}: default"
        # AWX passes false for a boolean without an answer.
        assert declared["type"] == "string", f"{name}, {field}: type"
        if known["type"] == "bool":
            assert declared["choices"] == ["true", "false"], f"{name}, {field}: choices"


@each_type
def test_credential_fields_injected_as_option_variables(name):
    given = TYPES[name]["injectors"]["env"]
    constant = {variable for variable, template in given.items() if "{{" not in template}
    expected = {options.environment_name(option(field)) for field in fields(name)}
    assert set(given) - constant == expected, f"{name}: variables (left) and fields"
    for variable in set(given) - constant:
        used = set(re.findall(r"\w+", given[variable])) & set(fields(name))
        assert {options.environment_name(option(field)) for field in used} == {variable}, f"{name}: {variable}"
    assert not constant or given["CITRIX_DEPLOYMENT"] == "on_premises"


def test_credential_types_have_all_options_of_site():
    known = set(options.OPTIONS) - NOT_OF_A_SITE
    assert {option(field) for name in TYPES for field in fields(name)} == known
    assert fields("Citrix Cloud")["deployment"]["choices"] == [
        name for name in deployments.DEPLOYMENTS if name != "on_premises"
    ]


@each_type
@pytest.mark.parametrize("deployment", ["", "cloud", "japan", "gov"])
def test_required_credential_fields_sufficient(name, deployment, tmp_path, monkeypatch):
    (tmp_path / "env").mkdir()
    inputs = {field: FILLED[field] for field in TYPES[name]["inputs"]["required"]}
    if name == "Citrix Cloud":
        inputs["deployment"] = deployment
    for variable, value in injected(name, inputs, tmp_path).items():
        monkeypatch.setenv(variable, value)
    taken = _taken()
    assert taken["deployment"] == (deployment or "cloud" if name == "Citrix Cloud" else "on_premises")
    settings = options.settings(taken)
    secret = "client_secret" if name == "Citrix Cloud" else "password"
    assert settings.credentials[secret] == FILLED[secret]
    assert settings.verify is True


@each_type
def test_missing_required_field_prevents_requests(name, tmp_path, monkeypatch):
    (tmp_path / "env").mkdir()
    needed = TYPES[name]["inputs"]["required"]
    for left_out in needed:
        inputs = {field: FILLED[field] for field in needed if field != left_out}
        for variable, value in injected(name, inputs, tmp_path).items():
            monkeypatch.setenv(variable, value)
        with pytest.raises(options.OptionError) as refused:
            options.settings(_taken())
        assert str(refused.value).startswith(left_out)


def _taken() -> dict:
    """Return the shared options that the environment sets."""
    result = ArgumentSpecValidator(options.argument_spec()).validate({})
    assert not result.error_messages
    return result.validated_parameters


@each_template
def test_job_template_runs_playbook_of_collection(name):
    plays = load(KIT / "project" / JOB_TEMPLATES[name]["playbook"])
    imported = [play["ansible.builtin.import_playbook"] for play in plays if "hosts" not in play]
    assert len(imported) == 1
    assert imported[0].removeprefix(f"{NAME}.") in PLAYBOOKS


def test_each_playbook_of_project_has_job_template():
    playbooks = {path.name for path in (KIT / "project").glob("*.yml")}
    assert {template["playbook"] for template in JOB_TEMPLATES.values()} == playbooks


@each_template
def test_survey_variables_used(name):
    playbook = KIT / "project" / JOB_TEMPLATES[name]["playbook"]
    imported = re.search(rf"{re.escape(NAME)}\.(\w+)", playbook.read_text(encoding="utf-8"))[1]
    texts = [path.read_text(encoding="utf-8") for path in (playbook, COLLECTION / "playbooks" / f"{imported}.yml")]
    used = {
        variable
        for text in texts
        for variable in re.findall(r"(?:citrix|survey)_\w+", re.sub(r"(?m)^ *#.*$", "", text))
    }
    asked = {question["variable"] for question in JOB_TEMPLATES[name]["survey"]}
    assert asked | set(JOB_TEMPLATES[name].get("extra_vars", {})) <= used


@each_template
def test_surveys_have_no_dangerous_questions(name):
    for question in JOB_TEMPLATES[name]["survey"]:
        assert question["variable"].startswith("survey_")
        assert question["variable"] not in ("survey_all_sessions", "survey_notify_user")
        assert question["type"] != "password"
        if question["type"] == "textarea":
            # AWX passes an empty text if no minimum length is set.
            assert question["min"] == 1


def test_notification_disabled_in_silent_template_only():
    silent = {
        name for name, template in JOB_TEMPLATES.items() if "citrix_notify_user" in template.get("extra_vars", {})
    }
    assert silent == {name for name, template in JOB_TEMPLATES.items() if "silent" in template}
    assert len(silent) == 1


def test_guide_has_all_job_templates():
    guide = (COLLECTION / "docs" / "docsite" / "rst" / "guide_awx.rst").read_text(encoding="utf-8")
    shown = re.findall(r"^   \* - (Citrix - .*)$", guide, re.MULTILINE)
    assert shown == list(JOB_TEMPLATES)
    report = JOB_TEMPLATES["Citrix - coverage report"]["extra_vars"]["citrix_dest"]
    assert f"``{report}``" in guide


def test_collection_address_matches_galaxy_yml():
    (entry,) = load(KIT / "project" / "collections" / "requirements.yml")["collections"]
    assert entry["name"] == GALAXY["repository"]


def test_project_has_all_files():
    names = {path.relative_to(KIT / "project").as_posix() for path in (KIT / "project").rglob("*") if path.is_file()}
    assert {"vars/policy.yml", "collections/requirements.yml"} <= names
    assert [Path(name).name for name in names if name.startswith("inventory/")] == ["site.citrix_machines.yml"]
