# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks that the faults meet: which module, what it is asked for, and the steps that its run goes through."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from random import Random

SIGN_IN, ME, LISTING, STATUS, WRITE, BATCH = "sign_in", "me", "listing", "status", "write", "batch"

PATHS = {
    SIGN_IN: r"okens(/clients)?$",
    ME: r"/me$",
    LISTING: r"/(Sessions|Machines|\$search)$|/Sites/[^/]+$|/Sessions/[0-9a-f]{8}-[0-9a-f-]{27}$",
    STATUS: r"/RecordingStatus$",
    WRITE: r"/\$(startRecording|stopRecording|sendMessage)$",
    BATCH: r"/\$batch$",
}
"""The requests of each step, as regular expressions of their paths."""
API = r"^(?!.*okens)"
"""The same for all requests but sign-ins."""


@dataclass(frozen=True)
class Scene:
    """One kind of task. wanted: the recording state that it brings about; None for one that brings about none."""

    module: str
    steps: tuple[str, ...]
    wanted: bool | None = None
    writes: bool = False
    sessions: bool = True
    """Whether it is about sessions that its result tells."""


RECORDING_STEPS = (SIGN_IN, ME, LISTING, STATUS, WRITE)
SCENES = {
    "start": Scene("citrix_session_recording", RECORDING_STEPS, wanted=True, writes=True),
    "stop": Scene("citrix_session_recording", RECORDING_STEPS, wanted=False, writes=True),
    "policy": Scene("citrix_recording_policy", RECORDING_STEPS, wanted=True, writes=True),
    "message": Scene("citrix_session_message", (SIGN_IN, ME, LISTING, WRITE), writes=True),
    "coverage": Scene("citrix_recording_coverage", (SIGN_IN, ME, LISTING, STATUS)),
    "sessions": Scene("citrix_sessions_info", (SIGN_IN, ME, LISTING, STATUS)),
    "machine": Scene("citrix_machine_sessions_info", (SIGN_IN, ME, LISTING, STATUS)),
    "machines": Scene("citrix_machines_info", (SIGN_IN, ME, LISTING), sessions=False),
    "site": Scene("citrix_site_info", (SIGN_IN, ME, LISTING), sessions=False),
    "token": Scene("citrix_token", (SIGN_IN, ME), sessions=False),
}
RECORDING = ("start", "stop", "policy")


@dataclass(frozen=True)
class Task:
    """What a run is asked for: the options of the module, and the sessions that they select."""

    options: dict
    selected: frozenset[str]


def task_of(name: str, rng: Random, state: dict[str, dict], folder: str) -> Task:
    """Make up the task of a scene for these sessions, {id: session}. folder: where a module may write."""
    if name in ("site", "token"):
        return Task({}, frozenset())
    machines = sorted({session["machine"] for session in state.values()})
    if name == "machines":
        return Task(rng.choice([{}, {"machine": machines[:1]}, {"machine": machines[:2]}]), frozenset())
    if name == "policy":
        rules = [
            {"name": "One machine", "machine": machines[:1], "state": "stopped"},
            {"name": "The rest", "all_sessions": True, "state": "started", "notify_user": rng.random() < 0.5},
        ]
        return Task({"rules": rules, "wait_timeout": 1}, frozenset(state))
    few = rng.randint(1, len(machines))
    selectors = [{"machine": rng.sample(machines, few)}, {"machine": machines[:1]}]
    more: dict = {}
    if name in ("start", "stop", "message"):
        selectors += [{"all_sessions": True}, {"session_id": rng.sample(sorted(state), rng.randint(1, len(state)))}]
        more["on_gap"] = "warn"
    if name in ("start", "stop"):
        more.update(state="started" if name == "start" else "stopped", wait_timeout=1)
        if name == "start":
            more["notify_user"] = rng.random() < 0.5
    elif name == "message":
        more.update(title="Notice", text="Your session is recorded: 100 % \u00fc")
    elif name == "coverage":
        selectors.append({})
        more["dest"] = folder
    else:
        selectors += [] if name == "machine" else [{}]
        more["recording"] = True
    chosen = rng.choice(selectors)
    return Task({**chosen, **more}, _selected(chosen, state))


def due(name: str, task: Task, state: dict[str, dict]) -> set[str]:
    """Return the sessions that a run which nothing disturbs asks to change."""
    if name == "message":
        return set(task.selected)
    if name not in RECORDING:
        return set()
    found = set()
    for session_id in task.selected:
        session = state[session_id]
        wanted = name != "stop"
        if name == "policy":
            wanted = session["machine"] not in task.options["rules"][0]["machine"]
        recordable = session["state"] == "Active" and session["protocol"] == "Hdx"
        if session["recorded"] != wanted and (recordable or not wanted):
            found.add(session_id)
    return found


def _selected(selector: dict, state: dict[str, dict]) -> frozenset[str]:
    if "session_id" in selector:
        return frozenset(selector["session_id"])
    machines: Collection[str] = selector.get("machine", [session["machine"] for session in state.values()])
    return frozenset(each for each, session in state.items() if session["machine"] in machines)
