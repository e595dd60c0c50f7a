# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of the campaign: their options, and the steps of their runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from support.due_trail import write_due

SIGN_IN, ME, LISTING, STATUS, WRITE, BATCH = "sign_in", "me", "listing", "status", "write", "batch"
JOB, RESULTS = "job", "results"

PATHS = {
    SIGN_IN: r"okens(/clients)?$",
    ME: r"/me$",
    LISTING: r"/(Sessions|Machines|\$search)$|/(Sites|DeliveryGroups|Applications)/[^/]+$"
    r"|/Sessions/[0-9a-f]{8}-[0-9a-f-]{27}$",
    STATUS: r"/RecordingStatus$",
    WRITE: r"/\$(startRecording|stopRecording|sendMessage)$",
    BATCH: r"/\$batch$",
    JOB: r"/Jobs/[^/]+$",
    RESULTS: r"/Jobs/[^/]+/Results$",
}
"""The requests of each step, as regular expressions of their paths."""
API = r"^(?!.*okens)"
"""All requests except sign-ins."""

CUSTOMERS = ("simulated", "CitrixOnPremises")
SITE_ID = "630cb34d-96d1-5718-923a-d53d6f4780ab"
"""Ids of the simulator."""

MODULE, PLAYBOOK, INVENTORY, EVENTS = "module", "playbook", "inventory", "events"


@dataclass(frozen=True)
class Scene:
    """One kind of task; name: module or playbook; writes: whether it changes the site."""

    name: str
    steps: tuple[str, ...]
    recording: bool = False
    """Whether it has a requested recording state."""
    writes: bool = False
    sessions: bool = True
    """Whether its result has sessions."""
    runner: str = MODULE


RECORDING_STEPS = (SIGN_IN, ME, LISTING, STATUS, WRITE)
RECORDER, POLICY = "citrix_session_recording", "citrix_recording_policy"
SCENES = {
    "start": Scene(RECORDER, RECORDING_STEPS, recording=True, writes=True),
    "stop": Scene(RECORDER, RECORDING_STEPS, recording=True, writes=True),
    "policy": Scene(POLICY, RECORDING_STEPS, recording=True, writes=True),
    "due": Scene("citrix_recording_due", (SIGN_IN, ME, STATUS, WRITE), recording=True, writes=True),
    "message": Scene("citrix_session_message", (SIGN_IN, ME, LISTING, WRITE), writes=True),
    "coverage": Scene("citrix_recording_coverage", (SIGN_IN, ME, LISTING, STATUS)),
    "sessions": Scene("citrix_sessions_info", (SIGN_IN, ME, LISTING, STATUS)),
    "machine": Scene("citrix_machine_sessions_info", (SIGN_IN, ME, LISTING, STATUS)),
    "machines": Scene("citrix_machines_info", (SIGN_IN, ME, LISTING), sessions=False),
    "site": Scene("citrix_site_info", (SIGN_IN, ME, LISTING), sessions=False),
    "token": Scene("citrix_token", (SIGN_IN, ME), sessions=False),
    "check": Scene("citrix_site_check", (SIGN_IN, ME, LISTING), sessions=False),
    "inventory": Scene("citrix_machines", (SIGN_IN, ME, LISTING), sessions=False, runner=INVENTORY),
    "events": Scene("citrix_sessions", (SIGN_IN, ME, LISTING, STATUS), runner=EVENTS),
    "record.yml": Scene("record", RECORDING_STEPS, recording=True, writes=True, runner=PLAYBOOK),
    "stop.yml": Scene("stop", RECORDING_STEPS, recording=True, writes=True, runner=PLAYBOOK),
    # These two run the roles.
    "converge.yml": Scene("converge", RECORDING_STEPS, recording=True, writes=True, runner=PLAYBOOK),
    "coverage.yml": Scene("coverage", (SIGN_IN, ME, LISTING, STATUS), runner=PLAYBOOK),
}
PLAYBOOKS = tuple(name for name, scene in SCENES.items() if scene.runner == PLAYBOOK)
CHECK = ("check",)
DIRECT = tuple(name for name in SCENES if name not in (*PLAYBOOKS, *CHECK))
"""Tasks for most faults: a playbook takes seconds, and handles faults like its module. A site check reports most."""
RECORDING = tuple(name for name, scene in SCENES.items() if scene.recording and name in DIRECT)


@dataclass(frozen=True)
class Task:
    """A task of a run: its options, its sessions, and the requested state of each."""

    options: dict
    selected: frozenset[str] = frozenset()
    wanted: dict[str, bool] = field(default_factory=dict)
    hosts: frozenset[str] = frozenset()
    """DNS names of the machines that an inventory selects."""


Sessions = dict[str, dict]


def task_of(name: str, rng: Random, state: Sessions, folder: str) -> Task:
    """Return a random task of a scene for sessions, {id: session}; folder: for files of modules."""
    return TASKS[name](rng, state, folder)


def due(name: str, task: Task, state: Sessions) -> set[str]:
    """Return the sessions that a run without faults requests to change."""
    if name == "message":
        return set(task.selected)
    return {
        session_id
        for session_id, wanted in task.wanted.items()
        if state[session_id]["recorded"] != wanted and (is_recordable(state[session_id]) or not wanted)
    }


def is_recordable(session: dict) -> bool:
    return session["state"] == "Active" and session["protocol"] == "Hdx"


def _nothing(rng: Random, state: Sessions, folder: str) -> Task:
    return Task({})


def _record(wanted: bool, notify: bool, always: bool = False) -> Callable[[Random, Sessions, str], Task]:
    """Return tasks; always: whether each has exclusions, because few of them are run."""

    def make(rng: Random, state: Sessions, folder: str) -> Task:
        chosen = rng.choice(list(_wide(rng, state))[:1] if always else [*_selectors(rng, state), *_wide(rng, state)])
        chosen = _with_exclusions(rng, chosen, state, always)
        more = {"notify_user": rng.random() < 0.5} if notify else {}
        selected = _selected(chosen, state)
        return Task({**chosen, **more, "on_gap": "warn", "wait_timeout": 1}, selected, dict.fromkeys(selected, wanted))

    return make


def _module_record(wanted: bool) -> Callable[[Random, Sessions, str], Task]:
    def make(rng: Random, state: Sessions, folder: str) -> Task:
        task = _record(wanted, notify=wanted)(rng, state, folder)
        return Task({**task.options, "state": "started" if wanted else "stopped"}, task.selected, task.wanted)

    return make


def _message(rng: Random, state: Sessions, folder: str) -> Task:
    chosen = _with_exclusions(rng, rng.choice([*_selectors(rng, state), *_wide(rng, state)]), state)
    text = {"title": "Notice", "text": "Your session is recorded: 100 % \u00fc"}
    return Task({**chosen, **text, "on_gap": "warn"}, _selected(chosen, state))


def _policy(rng: Random, state: Sessions, folder: str) -> Task:
    some = rng.choice(list(_selectors(rng, state)))
    rest = _with_exclusions(rng, {"all_sessions": True}, state)
    rules = [
        {"name": "Some", **some, "state": "stopped"},
        {"name": "The rest", **rest, "state": "started", "notify_user": rng.random() < 0.5},
    ]
    wanted = {**dict.fromkeys(_selected(rest, state), True), **dict.fromkeys(_selected(some, state), False)}
    return Task({"rules": rules, "wait_timeout": 1}, frozenset(wanted), wanted)


def _due(rng: Random, state: Sessions, folder: str) -> Task:
    selected = frozenset(rng.sample(sorted(state), rng.randint(1, 5)))
    audit_log = f"{folder}/audit.jsonl"
    for customer_id in CUSTOMERS:
        write_due(audit_log, customer_id, SITE_ID, [state[each] for each in selected])
    return Task({"audit_log": audit_log, "wait_timeout": 1}, selected, dict.fromkeys(selected, False))


def _coverage(rng: Random, state: Sessions, folder: str) -> Task:
    chosen = rng.choice([*_selectors(rng, state), {}])
    return Task({**chosen, "dest": folder}, _selected(chosen, state))


def _sessions(rng: Random, state: Sessions, folder: str) -> Task:
    chosen = rng.choice([*_selectors(rng, state), {}])
    return Task({**chosen, "recording": True}, _selected(chosen, state))


def _machine(rng: Random, state: Sessions, folder: str) -> Task:
    machines = _all(state, "machine")
    chosen = {"machine": rng.sample(machines, rng.randint(1, len(machines)))}
    return Task({**chosen, "recording": True}, _selected(chosen, state))


def _machines(rng: Random, state: Sessions, folder: str) -> Task:
    machines, groups = _all(state, "machine"), _all(state, "delivery_group")
    return Task(rng.choice([{}, {"machine": machines[:1]}, {"machine": machines[:2]}, {"delivery_group": groups[:1]}]))


def _inventory(rng: Random, state: Sessions, folder: str) -> Task:
    chosen = rng.choice([{}, {"delivery_group": _all(state, "delivery_group")[:1]}])
    hosts = {state[each]["dns_name"] for each in _selected(chosen, state)}
    return Task({**chosen, "sessions": rng.random() < 0.5}, hosts=frozenset(hosts))


def _events(rng: Random, state: Sessions, folder: str) -> Task:
    chosen = rng.choice([*_selectors(rng, state), {}])
    more = {"initial": True, "events": ["new", "unrecorded"]}
    return Task({**chosen, **more}, _selected(chosen, state))


TASKS = {
    "start": _module_record(True),
    "stop": _module_record(False),
    "policy": _policy,
    "due": _due,
    "message": _message,
    "coverage": _coverage,
    "sessions": _sessions,
    "machine": _machine,
    "machines": _machines,
    "site": _nothing,
    "token": _nothing,
    "check": _nothing,
    "inventory": _inventory,
    "events": _events,
    "record.yml": _record(True, notify=True, always=True),
    "stop.yml": _record(False, notify=False, always=True),
    "converge.yml": _policy,
    "coverage.yml": _coverage,
}


def _all(state: Sessions, name: str) -> list[str]:
    return sorted({session[name] for session in state.values() if session[name]})


def _selectors(rng: Random, state: Sessions) -> Iterable[dict]:
    """Yield selectors of each kind, and of two kinds together."""
    machines, users = _all(state, "machine"), _all(state, "user")
    yield {"machine": rng.sample(machines, rng.randint(1, len(machines)))}
    yield {"machine": machines[:1]}
    yield {"user": rng.sample(users, rng.randint(1, min(4, len(users))))}
    yield {"delivery_group": rng.sample(_all(state, "delivery_group"), 1)}
    applications = sorted({name for session in state.values() for name in session["applications"]})
    if applications:
        yield {"application": rng.sample(applications, 1)}
    session = rng.choice([session for session in state.values() if session["user"]])
    yield {"user": [session["user"]], "machine": [session["machine"]]}


def _wide(rng: Random, state: Sessions) -> Iterable[dict]:
    yield {"all_sessions": True}
    yield {"session_id": rng.sample(sorted(state), rng.randint(1, len(state)))}


def _with_exclusions(rng: Random, chosen: dict, state: Sessions, always: bool = False) -> dict:
    """Return selectors with exclusions that leave sessions; always: with one of each kind."""
    own = {session_id: state[session_id] for session_id in _selected(chosen, state)}
    choices: list[dict] = [{}]
    choices += [{"exclude_user": [name]} for name in _all(own, "user")[:2]]
    choices += [{"exclude_machine": [name]} for name in _all(own, "machine")[:1]]
    # A user and a machine, neither of which hides the exclusion of the other.
    apart = [session for session in own.values() if session["user"] and session["machine"] != _all(own, "machine")[0]]
    choices += [{**choices[-1], "exclude_user": [session["user"]]} for session in apart[:1]]
    fitting = [each for each in choices if _selected({**chosen, **each}, state)]
    return {**chosen, **(fitting[-1] if always else rng.choice(fitting))}


def _selected(options: dict, state: Sessions) -> frozenset[str]:
    """Return the selected sessions according to the state of the simulator."""
    return frozenset(each for each, session in state.items() if _fits(options, each, session))


def _fits(options: dict, session_id: str, session: dict) -> bool:
    own = {
        "session_id": [session_id],
        "machine": [session["machine"]],
        "user": [session["user"]],
        "delivery_group": [session["delivery_group"]],
        "application": session["applications"],
    }
    excluded = session["user"] in options.get("exclude_user", ()) or session["machine"] in options.get(
        "exclude_machine", ()
    )
    return not excluded and all(set(own[name]) & set(options[name]) for name in own if name in options)
