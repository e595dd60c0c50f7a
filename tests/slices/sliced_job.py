# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sliced job: its inventory divided like in AWX, and one ansible-runner process per slice."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.measure import STOPWATCH
from support.commands import BIN, clean_environment
from support.simulator_process import Simulator

PLAYBOOK = "sessionops.citrix.record_by_machine"


@dataclass(frozen=True)
class Slice:
    """Result of one slice: exit code, seconds, memory of its largest process, output."""

    hosts: int
    code: int
    seconds: float
    peak_mb: float
    output: str


def environment(simulator: Simulator, home: Path) -> dict[str, str]:
    """Return the environment of a job: the variables of the credential, and paths."""
    return {**clean_environment(home), **simulator.environment, "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"}


def list_inventory(simulator: Simulator, folder: Path, **options: object) -> dict:
    """Return the document of ansible-inventory for all machines, as a controller stores it."""
    source = folder / "fleet.citrix_machines.yml"
    source.write_text(json.dumps({"plugin": "sessionops.citrix.citrix_machines", **options}), encoding="utf-8")
    command = [str(BIN / "ansible-inventory"), "-i", str(source), "--list", "--export"]
    done = subprocess.run(
        command, env=environment(simulator, folder), cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def slice_of(document: dict, number: int, count: int) -> dict:
    """Return the inventory of a slice: host i, sorted by name, is in slice i mod count.

    number: starts at 0. Groups keep their hosts in this slice.
    """
    hostvars = document["_meta"]["hostvars"]
    own = set(sorted(hostvars)[number::count])
    groups = {
        name: {**group, "hosts": [host for host in group["hosts"] if host in own]} if "hosts" in group else group
        for name, group in document.items()
        if name != "_meta"
    }
    return {**groups, "_meta": {"hostvars": {host: hostvars[host] for host in hostvars if host in own}}}


def run_slices(
    simulator: Simulator, folder: Path, document: dict, count: int, at_once: int, variables: dict
) -> list[Slice]:
    """Run all slices of a job, a number of them in parallel, and return the result of each."""
    jobs = [
        _prepare(simulator, folder / f"{count}-{number}", slice_of(document, number, count), variables)
        for number in range(count)
    ]
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(_run, jobs))


def _prepare(simulator: Simulator, job: Path, document: dict, variables: dict) -> Path:
    """Write the private data directory of a job; its inventory is a script, as in AWX."""
    for name in ("inventory", "env", "project", "home"):
        (job / name).mkdir(parents=True)
    kept = job / "inventory.json"
    kept.write_text(json.dumps(document), encoding="utf-8")
    script = job / "inventory" / "hosts"
    script.write_text(f"#!{sys.executable}\nprint(open({str(kept)!r}).read())\n", encoding="utf-8")
    script.chmod(0o700)
    given = {
        "envvars": environment(simulator, job / "home"),
        "extravars": variables,
        "settings": {"suppress_ansible_output": False, "suppress_output_file": True},
    }
    for name, value in given.items():
        (job / "env" / name).write_text(json.dumps(value), encoding="utf-8")
    return job


def _run(job: Path) -> Slice:
    figures = job / "figures.json"
    command = [*STOPWATCH, str(figures), str(BIN / "ansible-runner"), "run", str(job), "-p", PLAYBOOK]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    took = json.loads(figures.read_text(encoding="utf-8"))
    hosts = json.loads((job / "inventory.json").read_text(encoding="utf-8"))["_meta"]["hostvars"]
    return Slice(len(hosts), took["code"], took["seconds"], took["peak_mb"], done.stdout + done.stderr)
