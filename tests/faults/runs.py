# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run: a module in a process of its own with a fault, and all its effects."""

from __future__ import annotations

import csv
import json
import re
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urlsplit, urlunsplit

from support.simulator_process import Simulator

from faults import scenes
from faults.catalogue import FAULTS, NETRC_PASSWORD, Draw, Trouble
from faults.relay import Twist
from faults.runners import ENVIRONMENT, Ended, Run
from faults.scenes import BATCH, ME, SCENES, STATUS, WRITE, Scene, Task, is_recordable
from faults.station import PLAIN, Station, start_recordings

DEPLOYMENTS = ("cloud", "gov", "on_premises", "on_premises_direct")
ATTEMPTS = 40
"""Draws until the fault takes effect: some choices of step and time do not fit a task."""


@dataclass(frozen=True)
class Plan:
    """A planned run; all other data of it follow from its label."""

    fault: str
    scene: str
    batched: bool
    seed: int

    @property
    def label(self) -> str:
        return f"{self.fault}/{self.scene}/{'batched' if self.batched else 'direct'}/{self.seed}"

    @classmethod
    def of(cls, label: str) -> Plan:
        fault, scene, way, seed = label.rsplit("/", 3)
        return cls(fault, scene, way == "batched", int(seed))


@dataclass(frozen=True)
class Outcome:
    """Effects of a run: process, simulator before and after, requests to other hosts."""

    plan: Plan
    scene: Scene
    task: Task
    trouble: Trouble
    check_mode: bool
    arguments: dict
    due: list[str]
    """The sessions that it requests to change without faults."""
    code: int | None
    """Exit code; None if it was killed."""
    stdout: str
    stderr: str
    seconds: float
    before: dict[str, dict]
    after: dict[str, dict]
    calls: list[dict]
    """All calls of the module that reached the simulator, including items of batches."""
    secrets: list[str]
    foreign: list[bytes]
    table: list[dict]
    """The rows of the table that a module wrote."""
    files: str
    """The text of all files that it wrote."""
    log: str
    """Its lines in the log of the host."""
    shown: str = ""
    """Other output for the user."""
    other_results: tuple[dict, ...] = ()
    """Results of the runs of the same task at the same time."""
    acted: bool = False
    """Whether the relay changed a response."""
    trail: str = ""
    """The lines of this run and of those at the same time in the audit trail, if it has one."""

    @property
    def result(self) -> dict | None:
        return _read(Ended(self.code, self.stdout, self.stderr))

    @property
    def failed(self) -> bool:
        return self.result is None or bool(self.result.get("failed"))


def run(station: Station, plan: Plan) -> Outcome:
    """Run a planned task, and draw again until the fault takes effect."""
    for attempt in range(ATTEMPTS):
        outcome = _attempt(station, plan, Random(f"{plan.label} {attempt}"))
        if fired(outcome):
            break
    return outcome


def fired(outcome: Outcome) -> bool:
    """Return whether the fault took effect."""
    trouble = outcome.trouble
    if trouble.twist and not outcome.acted:
        return False
    if trouble.status and all(call["status"] != trouble.status for call in outcome.calls):
        return False
    if trouble.runs > 1:
        return len(outcome.due) > 1 and not outcome.check_mode
    return all(_applied(rule, outcome.calls) for rule in trouble.rules)


def _applied(rule: dict, calls: list[dict]) -> bool:
    """Return whether a rule of the simulator matched enough calls to have an effect."""
    met = [
        call
        for call in calls
        if re.search(rule.get("path", ""), call["path"])
        and rule.get("method", call["method"]) == call["method"]
        and (not rule.get("session") or rule["session"] in (*call["path"].split("/"), call["query"].get("id")))
    ]
    return len(met) > rule.get("after", 0)


def _attempt(station: Station, plan: Plan, rng: Random) -> Outcome:
    scene = SCENES[plan.scene]
    settings = {
        "machines": rng.randint(2, 4),
        "sessions": rng.randint(8, 24),
        "mix": rng.choice(["mixed", "mixed", "recordable"]),
        "names": rng.choice(["plain", "plain", "hostile"]),
        "unknown_session_status": rng.choice([400, 404, 500]),
    }
    simulator = station.simulator(PLAIN)
    state = _prepare(simulator, settings, [])
    recordable = [each for each, session in state.items() if is_recordable(session)]
    recorded = rng.sample(recordable, len(recordable) // 2)
    for session_id in recorded:
        state[session_id]["recorded"] = True
    check_mode = scene.writes and rng.random() < 0.15
    with tempfile.TemporaryDirectory(dir=station.folder) as folder:
        home = Path(folder)
        task = scenes.task_of(plan.scene, rng, state, folder)
        due = [] if check_mode else sorted(scenes.due(plan.scene, task, state))
        options = {
            "retries": 2,
            "timeout": 5,
            "max_concurrency": rng.choice([1, 5, 20]),
            "batch_size": rng.choice([3, 10, 100]) if plan.batched else 0,
        }
        site_given = plan.scene not in ("site", "token") and rng.random() < 0.25
        steps = _steps(plan, task, state, due, site_given)
        selectors = frozenset().union(task.options, *task.options.get("rules", ()))
        foreign, authority = station.foreign.url, str(station.authority)
        draw = Draw(rng, plan.scene, steps, plan.batched, due, selectors, foreign, authority)
        trouble = FAULTS[plan.fault].make(draw)
        simulator = station.simulator(trouble.server)
        before = _prepare(simulator, {**settings, **trouble.settings}, recorded)
        deployment = "cloud" if trouble.given_token else rng.choice(DEPLOYMENTS)
        connection = _connection(simulator, deployment, trouble, station)
        if site_given:
            connection["site_id"] = simulator.facts["site_id"]
        trail = home / "audit.jsonl"
        old_lines = trail.read_text() if trail.exists() else ""
        guard = trouble.guard
        if scene.writes and rng.random() < 0.5:
            options.update(audit_log=str(trail), reason="INC-7")
            guard = guard or {"audit_log": "required", "reason": "required", "max_sessions": len(state)}
        arguments = {**connection, **options, **task.options, **trouble.options}
        env = _environment(home, trouble, arguments)
        if guard:
            env["CITRIX_GUARD"] = str(home / "guard.json")
            (home / "guard.json").write_text(json.dumps(guard), encoding="utf-8")
        log = Path(env["HOST_LOG"])
        log.touch()
        twist = station.relay.twist = trouble.twist or Twist()
        station.foreign.received.clear()
        since = simulator.mark()
        simulator.fault(*trouble.rules)
        began = time.monotonic()
        started = [Run(station.forks, scene, arguments, check_mode, env, home) for _run in range(trouble.runs)]
        ended, *others = [each.wait(trouble.budget) for each in started]
        seconds = time.monotonic() - began
        after = simulator.state()
        calls = simulator.calls(since=since, items=True, answers=True)
        written = list(home.glob("coverage.*"))
        files = {path.suffix: path.read_text(encoding="utf-8-sig") for path in written}
        logged = log.read_text(encoding="utf-8")
        trail_text = trail.read_text(encoding="ascii") if trail.exists() else ""
    return Outcome(
        plan=plan,
        scene=scene,
        task=task,
        trouble=trouble,
        check_mode=check_mode,
        arguments=arguments,
        due=due,
        code=ended.code,
        stdout=ended.stdout,
        stderr=ended.stderr,
        seconds=seconds,
        before=before,
        after=after,
        calls=calls,
        secrets=_secrets(simulator, connection, arguments, calls),
        foreign=list(station.foreign.received),
        table=list(csv.DictReader(files[".csv"].splitlines())) if ".csv" in files else [],
        files="".join(files.values()),
        log=logged,
        shown=ended.shown,
        other_results=tuple(_read(other) or {} for other in others),
        acted=twist.acted,
        trail=trail_text.removeprefix(old_lines),
    )


def _read(ended: Ended) -> dict | None:
    try:
        result = json.loads(ended.stdout)
    except ValueError:
        return None
    return result if isinstance(result, dict) else None


def _prepare(simulator: Simulator, settings: dict, recorded: list[str]) -> dict[str, dict]:
    simulator.reset(**settings)
    start_recordings(simulator, recorded)
    return simulator.state()


def _steps(plan: Plan, task: Task, state: dict[str, dict], due: list[str], site_given: bool) -> tuple[str, ...]:
    """Return the steps of a run without faults."""
    steps = set(SCENES[plan.scene].steps)
    if site_given:
        steps.discard(ME)
    all_read = plan.scene in ("stop", "stop.yml", "sessions", "machine")
    read = [each for each in task.selected if all_read or is_recordable(state[each])]
    if not read:
        steps.discard(STATUS)
    if not due:
        steps.discard(WRITE)
    many = max(len(read) if STATUS in steps else 0, len(due)) > 1
    if plan.batched and many:
        steps.add(BATCH)
    return tuple(sorted(steps))


def _connection(simulator: Simulator, deployment: str, trouble: Trouble, station: Station) -> dict:
    connection = dict(getattr(simulator, deployment))
    if trouble.given_token:
        for name in ("client_id", "client_secret"):
            del connection[name]
        connection["access_token"] = simulator.token()
    url = urlsplit(connection["api_url"])
    if trouble.twist:
        url = url._replace(netloc=urlsplit(station.relay.url).netloc)
    if trouble.closed:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = url._replace(netloc=f"127.0.0.1:{free.getsockname()[1]}")
    if trouble.scheme:
        url = url._replace(scheme=trouble.scheme)
    return {**connection, "api_url": urlunsplit(url)}


def _environment(home: Path, trouble: Trouble, arguments: dict) -> dict[str, str]:
    """Return the environment of a run; its secrets are removed from the arguments."""
    env = {
        **ENVIRONMENT,
        "HOME": str(home),
        "TMPDIR": str(home),
        "HOST_LOG": str(home / "host.log"),
        **trouble.env,
    }
    if trouble.netrc:
        netrc = home / ".netrc"
        netrc.write_text(f"default login someone password {NETRC_PASSWORD}\n", encoding="utf-8")
        netrc.chmod(0o600)
    if trouble.secrets_in_env:
        for name in ("client_id", "client_secret", "username", "password"):
            if name in arguments:
                env[f"CITRIX_{name.upper()}"] = arguments.pop(name)
    return env


def _secrets(simulator: Simulator, connection: dict, arguments: dict, calls: list[dict]) -> list[str]:
    """Return all secrets: those of the module, and those that it received."""
    facts = simulator.facts
    secrets = {facts["client_secret"], facts["password"], f"{facts['username']}:{facts['password']}", NETRC_PASSWORD}
    for given in (connection, arguments):
        secrets.update(given[name] for name in ("client_secret", "password", "access_token") if given.get(name))
    for call in calls:
        kind, _blank, value = call["headers"].get("authorization", "").partition(" ")
        secrets.add(value.partition("=")[2] if kind == "CWSAuth" else value)
    return sorted(secrets - {""})
