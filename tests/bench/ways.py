# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compared methods: each is a command, and has a number of sessions."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from typing import Callable
from urllib.parse import quote

from support.commands import BIN

from bench.measure import HERE, Bench

EMPTY = "empty ansible run"
POOL = "bare `requests` pool"


@dataclass(frozen=True)
class Way:
    """A method by name: its command, and its own settings of the simulator."""

    name: str
    command: Callable[[Bench], list[str]]
    settings: dict = field(default_factory=dict)
    short: int = 0
    """Sessions of a run, if a full run would be too slow; 0 for a full run."""
    ansible: bool = False
    """Whether ansible runs it, so that an empty run shows the time of ansible."""
    may_fail: bool = False
    once: bool = False
    """Whether to run it in the first round only: it takes long, and has no target."""


def empty() -> Way:
    """Return the cost of ansible itself: the same playbook with a module that does nothing."""
    return Way(EMPTY, lambda bench: play(bench, {"ansible.builtin.ping": {}}), ansible=True)


def recording(name: str, settings: dict | None = None, may_fail: bool = False, once: bool = False, **options) -> Way:
    """Return the recording module of this collection; options override those of the connection.

    Like the bare pool, it gets a token and the site.
    """

    def command(bench: Bench) -> list[str]:
        given = {"access_token": bench.simulator.token(), "site_id": bench.simulator.facts["site_id"]}
        task = {**bench.simulator.cloud, **given, **options}
        return play(bench, {"sessionops.citrix.citrix_session_recording": task})

    return Way(name, command, settings or {}, ansible=True, may_fail=may_fail, once=once)


def bare_exit(entries: int) -> Way:
    """Return the cost of that number of entries in ansible, for any module."""
    return Way("bare `exit_json`", lambda bench: play(bench, {"bare_exit": {"entries": entries}}), ansible=True)


def measured(way: Way) -> Way:
    """Return the same method with the memory of its module, which requires one more process."""

    def command(bench: Bench) -> list[str]:
        return [*way.command(bench), "-e", f"ansible_python_interpreter={bench.interpreter()}"]

    return replace(way, command=command)


def uri_loop(sessions: int) -> Way:
    """Return a playbook without this collection: token, sessions of each machine, starts."""

    def command(bench: Bench) -> list[str]:
        facts = bench.simulator.facts
        base = f"{bench.simulator.url}/cvad/manage"
        headers = {
            "Accept": "application/json",
            "Authorization": "CWSAuth bearer={{ signed_in.json.access_token }}",
            "Citrix-CustomerId": facts["customer_id"],
            "Citrix-InstanceId": facts["site_id"],
        }
        sign_in = {
            "url": f"{bench.simulator.url}/cctrustoauth2/{facts['customer_id']}/tokens/clients",
            "method": "POST",
            "body_format": "form-urlencoded",
            "body": {
                "grant_type": "client_credentials",
                "client_id": facts["client_id"],
                "client_secret": facts["client_secret"],
            },
        }
        start = {"url": f"{base}/Sessions/{{{{ item.Id }}}}/$startRecording", "method": "POST", "headers": headers}
        found = "{{ listed.results | map(attribute='json.Items') | flatten }}"
        return play(
            bench,
            {"ansible.builtin.uri": sign_in, "register": "signed_in"},
            {
                "ansible.builtin.uri": {"url": f"{base}/Machines/{{{{ item }}}}/Sessions", "headers": headers},
                "loop": [segment(name) for name in machines(bench)],
                "register": "listed",
            },
            {"ansible.builtin.uri": start, "loop": found, "loop_control": {"label": "{{ item.Id }}"}},
        )

    return Way("`ansible.builtin.uri` loop", command, {"sessions": sessions}, short=sessions, ansible=True, once=True)


def script(sessions: int) -> Way:
    """Return a simple script: call after call, each on a new connection."""

    def command(bench: Bench) -> list[str]:
        plan = {"url": bench.simulator.url, **bench.simulator.facts}
        plan["machines"] = [segment(name) for name in machines(bench)]
        return [sys.executable, str(HERE / "rivals" / "script.py"), bench.file("plan.json", plan)]

    return Way("documentation's script", command, {"sessions": sessions}, short=sessions, once=True)


def pool(concurrency: int, starts: bool = True) -> Way:
    """Return the practical limit: threads on one connection pool, with only the essential calls.

    It gets a token and the ids. Without starts, it only reads the statuses.
    """

    def command(bench: Bench) -> list[str]:
        facts = bench.simulator.facts
        plan = {
            "url": f"{bench.simulator.url}/cvad/manage",
            "token": bench.simulator.token(),
            "customer_id": facts["customer_id"],
            "site_id": facts["site_id"],
            "concurrency": concurrency,
            "starts": starts,
            "ids": list(bench.simulator.state()),
        }
        return [sys.executable, str(HERE / "rivals" / "pool.py"), bench.file("plan.json", plan)]

    return Way(POOL, command)


def play(bench: Bench, *tasks: dict) -> list[str]:
    """Write a playbook of these tasks and return the command that runs it."""
    playbook = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": [{"name": f"Task {number}", **task} for number, task in enumerate(tasks, 1)],
    }
    return [str(BIN / "ansible-playbook"), "-i", "localhost,", bench.file("playbook.json", [playbook])]


def machines(bench: Bench) -> list[str]:
    """Return the names of the machines with sessions."""
    return list(dict.fromkeys(session["machine"] for session in bench.simulator.state().values()))


def segment(name: str) -> str:
    """Quote the name of a machine for a path."""
    return quote(name.replace("\\", "|"), safe="")
