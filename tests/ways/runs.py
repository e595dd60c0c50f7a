# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of one way with ansible-playbook, and the errors in its effect."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from support.ansible_process import AnsibleProcesses
from support.commands import clean_environment
from support.simulator_process import COLLECTION, Simulator

from ways.matrix import Way

NAME = "sessionops.citrix"
MACHINES = ("LAB\\vda-001", "LAB\\vda-002")
EXCLUDED = "LAB\\user003"
"""A user with a recordable session on the first machine."""
REPORT = {"coverage.html", "coverage.csv", "coverage.json"}
WINDOWS = {
    "ansible_become": True,
    "ansible_become_method": "ansible.builtin.runas",
    "ansible_connection": "ansible.builtin.winrm",
    "ansible_shell_type": "powershell",
    "ansible_python_interpreter": "C:/python.exe",
}
STRANGE = {
    "ANSIBLE_BECOME_METHOD": "ansible.builtin.runas",
    "ANSIBLE_DUPLICATE_YAML_DICT_KEY": "error",
    "ANSIBLE_FORKS": "1",
    "ANSIBLE_GATHERING": "explicit",
    "ANSIBLE_HASH_BEHAVIOUR": "merge",
    "ANSIBLE_INJECT_FACT_VARS": "false",
    "ANSIBLE_PIPELINING": "true",
    "CURL_CA_BUNDLE": "",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "LANG": "C",
    "LC_ALL": "",
    "PYTHONSAFEPATH": "1",
}
ENVIRONMENTS = {"clean": {}, "batch": {"CITRIX_BATCH_SIZE": "4"}, "strange": STRANGE}


def faults(way: Way, simulator: Simulator, processes: AnsibleProcesses, folder: Path) -> list[str]:
    """Run a job once in this way, in an empty folder after a reset, and return the errors."""
    simulator.reset()
    before = simulator.state()
    reports = folder / "reports"
    reports.mkdir()
    code, output = _run(way, simulator, processes, folder, reports)
    after = simulator.state()
    changed = {name for name, session in after.items() if session["recorded"] != before[name]["recorded"]}
    acts = not (way.check or way.fails)
    problems = []
    if (code != 0) is not way.fails:
        problems.append(f"exit code {code}")
    expected = {name for name, session in before.items() if _changes(way, session)} if acts else set()
    if changed != expected:
        problems.append(
            f"{len(changed)} sessions changed, and {len(changed & expected)} of {len(expected)} that should"
        )
    repeated = [name for name in changed if after[name]["starts"] > 1]
    if repeated:
        problems.append(f"{len(repeated)} sessions were started more than once")
    files = {path.name for path in reports.iterdir()}
    wanted = REPORT if way.job == "coverage" and acts else set()
    if files != (wanted - {"coverage.html"} if way.own_play else wanted):
        problems.append(f"the report consists of {sorted(files)}")
    if way.job == "coverage" and "user0" in output:
        problems.append("the output names users")
    if simulator.facts["client_secret"] in output:
        problems.append("the output holds the secret")
    return [*problems, output] if problems else []


def _changes(way: Way, session: dict) -> bool:
    """Return whether a run of this job changes the recording of a session."""
    if session["state"] != "Active" or session["protocol"] != "Hdx":
        return False
    if way.job == "stop":
        return session["machine"] == MACHINES[0] and session["recorded"]
    places = {"record": MACHINES[:1], "converge": MACHINES[:1], "record_by_machine": MACHINES}.get(way.job, ())
    return session["machine"] in places and session["user"] != EXCLUDED and not session["recorded"]


def _variables(way: Way, reports: Path) -> dict:
    named = {"citrix_machine": [MACHINES[0]]}
    rule = {"name": "One", "machine": MACHINES[0], "exclude_user": EXCLUDED, "state": "started"}
    return {
        "record": {**named, "citrix_exclude_user": [EXCLUDED]},
        "stop": named,
        "converge": {"citrix_rules": [rule]},
        "coverage": {"citrix_dest": str(reports)},
        "record_by_machine": {"citrix_exclude_user": [EXCLUDED]},
    }[way.job]


def _run(way: Way, simulator: Simulator, processes: AnsibleProcesses, folder: Path, reports: Path) -> tuple[int, str]:
    variables = _variables(way, reports)
    hosts: dict[str, dict] = {f"vda-00{number}": {"citrix_name": name} for number, name in enumerate(MACHINES, 1)}
    local = "localhost" if way.job != "record_by_machine" or way.own_play else "vda-001"
    if way.job != "record_by_machine" or way.own_play:
        hosts["localhost"] = {}
    of_all = WINDOWS if way.become == "variable" else {}
    arguments = []
    if way.variables == "group":
        of_all = {**of_all, **variables}
    elif way.variables == "host":
        for name in hosts if local == "vda-001" else ["localhost"]:
            hosts[name].update(variables)
    elif way.variables == "extra":
        arguments += ["-e", json.dumps(variables)]
    elif way.variables == "file":
        (folder / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
        arguments += ["-e", f"@{folder / 'variables.json'}"]
    inventory = folder / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": of_all}}), encoding="utf-8")
    arguments += ["-i", str(inventory)]
    arguments += [switch for switch, given in (("--check", way.check), ("--diff", way.diff)) if given]
    arguments += ["--become"] if way.become == "option" else []
    if way.limit != "none":
        missing = "vda-002" if local == "localhost" else "nothing"
        arguments += ["--limit", missing if way.limit == "missing" else f"{local}:vda-00*"]
    if way.tags != "none":
        arguments += ["--tags", "session_recording" if way.tags == "own" else "other"]
    environment = {
        **clean_environment(folder),
        "ANSIBLE_STRATEGY": way.strategy,
        **simulator.environment,
        **ENVIRONMENTS[way.environment],
    }
    playbook = _playbook(way, folder, variables)
    done = processes.run("ansible-playbook", *arguments, playbook, env=environment, cwd=folder)
    return done.returncode, done.stdout + done.stderr


def _playbook(way: Way, folder: Path, variables: dict) -> str:
    """Return the playbook of a way: one of the collection, unchanged or with serial, or a play."""
    name = f"{NAME}.{way.job}"
    if way.own_play:
        return _written(folder, [_own_play(way, folder, variables)])
    if way.serial:
        shutil.copytree(COLLECTION / "playbooks", folder / "playbooks")
        copy = folder / "playbooks" / f"{way.job}.yml"
        text = copy.read_text(encoding="utf-8")
        copy.write_text(text.replace("  become: false\n", "  become: false\n  serial: 1\n"), encoding="utf-8")
        name = str(copy)
    if way.variables == "play":
        return _written(folder, [{"ansible.builtin.import_playbook": name, "vars": variables}])
    return name


def _own_play(way: Way, folder: Path, variables: dict) -> dict:
    """Return a play that runs the module of a job asynchronously."""
    module, fixed = {
        "record": ("citrix_session_recording", {"state": "started"}),
        "stop": ("citrix_session_recording", {"state": "stopped"}),
        "converge": ("citrix_recording_policy", {}),
        "coverage": ("citrix_recording_coverage", {}),
        "record_by_machine": ("citrix_session_recording", {"state": "started", "machine": list(MACHINES)}),
    }[way.job]
    taken = {variable.removeprefix("citrix_"): f"{{{{ {variable} }}}}" for variable in variables}
    task = {"name": "Run it", f"{NAME}.{module}": {**fixed, **taken}, "async": 120, "poll": 1}
    play = {"hosts": "localhost", "gather_facts": False, "become": False, "tasks": [task]}
    play["vars"] = {
        "ansible_async_dir": str(folder / "async"),
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    if way.variables == "play":
        play["vars"].update(variables)
    return {**play, "serial": 1} if way.serial else play


def _written(folder: Path, plays: list[dict]) -> str:
    path = folder / "site.yml"
    path.write_text(json.dumps(plays), encoding="utf-8")
    return str(path)
