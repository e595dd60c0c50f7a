# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read extensions/awx, and apply it to a job as AWX is documented to do."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import ansible_runner
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from support.ansible_process import AnsibleProcesses
from support.commands import clean_environment
from support.simulator_process import COLLECTION

KIT = Path(__file__).parents[2] / "extensions" / "awx"


def _named(path: Path) -> dict[str, dict]:
    return {entry["name"]: entry for entry in yaml.safe_load(path.read_text(encoding="utf-8"))}


TYPES = _named(KIT / "credential_types.yml")
JOB_TEMPLATES = _named(KIT / "job_templates.yml")


def injected(type_name: str, inputs: dict[str, str], private_data_dir: Path) -> dict[str, str]:
    """Return the variables that a credential sets for a job, and create its files.

    inputs: the filled fields. As in AWX, an empty field counts as missing.
    """
    declared = TYPES[type_name]["injectors"]
    sandbox = ImmutableSandboxedEnvironment()
    known: dict = {name: value for name, value in inputs.items() if value}
    files = {}
    for label, template in declared.get("file", {}).items():
        handle, path = tempfile.mkstemp(dir=private_data_dir / "env")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(sandbox.from_string(template).render(known))
        files[label.partition(".")[2]] = path
    known["tower"] = {"filename": files}
    return {name: sandbox.from_string(template).render(known) for name, template in declared["env"].items()}


@dataclass
class Job:
    """Result of a job: how it ended, and all its files and output."""

    status: str
    output: str
    files: dict[str, str]
    """Contents of the files of its artifacts, by path.

    Omitted is the file in which ansible-runner keeps the command with its environment for itself; AWX discards it with
    the directory of the job.
    """


def run_job(
    folder: Path,
    template: str,
    answers: dict[str, object],
    credential: tuple[str, dict[str, str]],
    *,
    job_type: str = "run",
    tags: str = "",
    hosts: dict[str, dict] | None = None,
    extra_vars: dict[str, object] | None = None,
    processes: AnsibleProcesses | None = None,
) -> Job:
    """Run a job template with ansible-runner as AWX is documented to, at -vvv, uncontained.

    The project is copied into a directory of the job, the inventory is a script, the credential is environment. The
    answers of the survey, and its defaults for missing ones, are extra variables that are not templates.

    credential: its type and the filled fields. extra_vars: instead of those of the job template. processes: run
    ansible-playbook with the same arguments without ansible-runner, in a third of the processor time.
    """
    declared = JOB_TEMPLATES[template]
    shutil.copytree(KIT / "project", folder / "project")
    for name in ("env", "inventory"):
        (folder / name).mkdir()
    given = {"_meta": {"hostvars": hosts or {"localhost": {"ansible_connection": "local"}}}}
    given["all"] = {"hosts": list(given["_meta"]["hostvars"])}
    script = folder / "inventory" / "hosts"
    script.write_text(f"#! /usr/bin/env python3\nprint({json.dumps(given)!r})\n", encoding="utf-8")
    script.chmod(0o700)
    text = {**defaults(template), **answers, "awx_job_id": 1}
    more = {**declared.get("extra_vars", {}), **(extra_vars or {})}
    lines = [f"{json.dumps(name)}: {unsafe(value)}" for name, value in text.items()]
    lines += [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in more.items()]
    variables = folder / "env" / "extravars"
    variables.write_text("\n".join(lines), encoding="utf-8")
    environment = injected(*credential, folder)
    options = ["-u", "root", "-vvv"]
    options += ["--check"] if job_type == "check" else []
    options += ["--tags", tags] if tags else []
    if processes:
        options += ["-i", str(script), "-e", f"@{variables}", declared["playbook"]]
        environment = {**clean_environment(folder), **environment}
        ended = processes.run("ansible-playbook", *options, env=environment, cwd=folder / "project")
        output = ended.stdout + ended.stderr
        return Job("failed" if ended.returncode else "successful", output, {"stdout": output})
    done = ansible_runner.run(
        private_data_dir=str(folder),
        playbook=declared["playbook"],
        inventory=str(script),
        ident="1",
        cmdline=" ".join(options),
        envvars={**environment, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2])},
        suppress_env_files=True,
        quiet=True,
    )
    artifacts = folder / "artifacts" / "1"
    files = {
        path.relative_to(artifacts).as_posix(): path.read_text(encoding="utf-8")
        for path in artifacts.rglob("*")
        if path.is_file() and path != artifacts / "command"
    }
    return Job(done.status, files["stdout"], files)


def defaults(template: str) -> dict[str, object]:
    """Return the default answers of a survey, without empty ones for text with a minimum length."""
    return {
        question["variable"]: question["default"]
        for question in JOB_TEMPLATES[template]["survey"]
        if "default" in question and (question["type"] != "textarea" or len(question["default"]) >= question["min"])
    }


def unsafe(value: object) -> str:
    """Return a value as YAML in which no text is a template."""
    return f"!unsafe {json.dumps(value)}" if isinstance(value, str) else json.dumps(value)
