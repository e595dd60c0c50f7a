# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interrupt a run by a signal to ansible-playbook or module, or by the end of its parent.

A few seconds later, nothing more is sent, no process is left, and all accepted requests are known.
"""

from __future__ import annotations

import asyncio
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.errors import AnsibleError
from ansible_collections.sessionops.citrix.plugins.module_utils._client import throttle
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import CitrixError
from support import processes
from support.commands import BIN, clean_environment
from support.simulator_process import COLLECTION, Simulator

EVENT_SOURCE = COLLECTION / "extensions" / "eda" / "plugins" / "event_source" / "citrix_sessions.py"
MODULE = "ansible_collections.sessionops.citrix.plugins.modules.citrix_session_recording"
SESSIONS = 2000
"""More than any run can process before it is interrupted."""
ENOUGH = 40
"""Starts before a run is interrupted."""
LAST_CALL = 5.0
"""Seconds after which no request may arrive."""
LIMIT = 2 * LAST_CALL
"""Seconds in which a run must end, on a busy machine."""
MARK = "RUN_OF_THIS_TEST"

HOST_LOG = Path(__file__).parents[1] / "host_log"
# A response may take two seconds longer than its time-out, instead of five minutes.
IMPATIENT = """
import runpy
from ansible_collections.sessionops.citrix.plugins.module_utils._client import throttle
throttle.STALL_LIMIT = 2.0
runpy.run_module({module!r}, run_name="__main__")
"""


@pytest.fixture
def site(simulator: Simulator) -> Simulator:
    """Return thousands of recordable sessions on a slow server."""
    simulator.reset(machines=20, sessions=SESSIONS, mix="recordable")
    simulator.fault({"path": "Recording", "latency": 0.05})
    return simulator


class Task:
    """A process that runs the module, alone or in ansible-playbook; its processes have a mark."""

    def __init__(self, command: list[str], given: str, folder: Path) -> None:
        self.mark = f"{MARK}={uuid.uuid4()}"
        self.log = folder / "module.log"
        self.log.touch()
        env = {
            **clean_environment(folder),
            "PYTHONPATH": f"{HOST_LOG}{os.pathsep}{COLLECTION.parents[2]}",
            "HOST_LOG": str(self.log),
            MARK: self.mark.partition("=")[2],
        }
        pipe = subprocess.PIPE
        # The output of a playbook is not used; nothing would read the pipe.
        output = pipe if given else subprocess.DEVNULL
        self.process = subprocess.Popen(
            command, env=env, cwd=folder, stdin=pipe, stdout=output, stderr=output, text=True, start_new_session=True
        )
        self.process.stdin.write(given)
        self.process.stdin.close()
        self.process.stdin = None

    def left(self) -> dict[int, list[str]]:
        """Return {process id: command} of all processes of this task."""
        return processes.marked(self.mark)

    def of_module(self) -> int:
        return next(n for n, command in self.left().items() if "python" in command[0] and "AnsiballZ" in command[1])

    def accepted(self) -> list[str]:
        """Return the sessions whose start was accepted, from the log."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line.split()[6] for line in lines if "accepted: start the recording" in line]


@pytest.fixture
def module(tmp_path):
    """Return a function that starts the module in a process of its own."""
    tasks = []

    def start(connection: dict, *options: str, **arguments: object) -> Task:
        given = {
            "state": "started",
            "all_sessions": True,
            "max_sessions": SESSIONS,
            "max_concurrency": 10,
            **connection,
        }
        text = json.dumps({"ANSIBLE_MODULE_ARGS": {**given, **arguments}})
        tasks.append(Task([sys.executable, *(options or ("-m", MODULE))], text, tmp_path))
        return tasks[-1]

    yield start
    for task in tasks:
        task.process.kill()
        task.process.wait()


@pytest.fixture
def playbook(tmp_path):
    """Return a function that starts an ansible-playbook with the module in it."""
    tasks = []

    def start(connection: dict) -> Task:
        options = {"state": "started", "all_sessions": True, "max_sessions": SESSIONS, **connection}
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable},
            "tasks": [{"name": "Record", "sessionops.citrix.citrix_session_recording": options}],
        }
        path = tmp_path / "playbook.yml"
        path.write_text(json.dumps([play]), encoding="utf-8")
        tasks.append(Task([str(BIN / "ansible-playbook"), str(path)], "", tmp_path))
        return tasks[-1]

    yield start
    for task in tasks:
        processes.kill_marked(task.mark)
        task.process.wait()


def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition is true; return whether it became true in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def sent(site: Simulator) -> int:
    """Return how many starts were sent, in batches or not."""
    return sum(call["path"].endswith("$startRecording") for call in site.calls(items=True))


def starts(site: Simulator) -> Counter:
    """Return {session: number of accepted starts} of the started sessions."""
    return Counter({each: session["starts"] for each, session in site.state().items() if session["starts"]})


def assert_nothing_follows(site: Simulator, cut_off: float) -> None:
    """Check the simulator; cut_off: the time of the interruption, in Unix time."""
    calls = site.mark()
    time.sleep(1)
    assert site.mark() == calls
    assert site.calls(since=calls - 1, items=True)[0]["at"] < cut_off + LAST_CALL
    assert len(starts(site)) < SESSIONS / 2


def main_process(task: Task) -> int:
    return task.process.pid


def worker(task: Task) -> int:
    """Return the ansible-playbook process that waits for the module: leader of its session."""
    return os.getsid(task.of_module())


@pytest.mark.parametrize(
    ("whom", "number"),
    [
        (main_process, signal.SIGINT),
        (main_process, signal.SIGTERM),
        (main_process, signal.SIGKILL),
        (worker, signal.SIGKILL),
        (Task.of_module, signal.SIGTERM),
    ],
    ids=["Ctrl-C", "SIGTERM", "ansible-playbook killed", "its worker killed", "SIGTERM to the module"],
)
def test_interrupted_playbook_leaves_no_process(site, playbook, whom, number):
    task = playbook(site.cloud)
    assert until(lambda: sent(site) >= ENOUGH, 30)
    module_process = task.of_module()
    target, cut_off = whom(task), time.time()
    os.kill(target, number)
    assert until(lambda: module_process not in task.left(), LIMIT), task.left()
    assert_nothing_follows(site, cut_off)
    assert max(starts(site).values()) == 1
    # The log lists all accepted requests and no others.
    assert Counter(task.accepted()) == starts(site)
    # An ansible-playbook does not notice the end of its worker.
    if whom is not worker:
        task.process.wait(LIMIT)
        assert until(lambda: not task.left(), LIMIT), task.left()


@pytest.mark.parametrize(("number", "batch_size"), [(signal.SIGTERM, 0), (signal.SIGINT, 20)])
def test_interrupted_module_returns_results_so_far(site, module, number, batch_size):
    task = module(site.cloud, batch_size=batch_size)
    assert until(lambda: sent(site) >= ENOUGH, 30)
    cut_off = time.time()
    task.process.send_signal(number)
    stdout, stderr = task.process.communicate(timeout=LIMIT)
    assert (task.process.returncode, stderr) == (1, "")
    assert_nothing_follows(site, cut_off)
    result = json.loads(stdout)
    assert f"the run was interrupted ({number.name})" in result["msg"]
    assert Counter(entry["id"] for entry in result["sessions"]) == Counter(site.state().keys())
    shown = {entry["id"]: entry for entry in result["sessions"]}
    started = starts(site)
    assert max(started.values()) == 1
    assert {shown[each]["result"] for each in started} <= {"started", "unconfirmed"}
    not_sent = [entry for each, entry in shown.items() if each not in started]
    assert {entry["result"] for entry in not_sent} == {"failed"}
    assert all("before it was sent; run again" in entry["reason"] for entry in not_sent)
    assert Counter(task.accepted()) == started


def test_unresponsive_server_not_waited_for(site, module):
    task = module(site.cloud, timeout=100)
    assert until(lambda: sent(site) >= ENOUGH, 30)
    site.fault({"path": "Recording", "hang": {"seconds": 100, "acts": True}})
    time.sleep(0.5)
    task.process.terminate()
    stdout, stderr = task.process.communicate(timeout=LIMIT)
    assert (task.process.returncode, stderr) == (1, "")
    result = json.loads(stdout)
    assert len(result["sessions"]) == SESSIONS
    assert any("Canceled requests in progress" in entry["reason"] for entry in result["sessions"] if entry["reason"])
    shown = {entry["id"]: entry["result"] for entry in result["sessions"]}
    assert {shown[each] for each in starts(site)} <= {"started", "unconfirmed", "failed"}
    assert result["writes_sent"] == sent(site)
    # Citrix can find the canceled requests too.
    ids = {call["path"].split("/")[-2] for call in site.calls() if call["path"].endswith("$startRecording")}
    assert {entry["id"] for entry in result["sessions"] if entry["transaction_id"]} == ids


def test_accepted_requests_in_log_of_killed_module(site, module):
    task = module(site.cloud, max_concurrency=4)
    assert until(lambda: sent(site) >= ENOUGH, 30)
    task.process.kill()
    task.process.wait()
    time.sleep(0.5)
    # Only responses on their way back may be missing.
    accepted, started = Counter(task.accepted()), starts(site)
    assert len(started) - 4 <= len(accepted) <= len(started)
    assert not accepted - started
    log = task.log.read_text(encoding="utf-8")
    assert all("[transaction " in line for line in log.splitlines() if "accepted: " in line)
    secrets = [
        site.facts["client_secret"],
        *(call["headers"].get("authorization", "x" * 9)[16:] for call in site.calls()),
    ]
    assert not [secret for secret in secrets if secret and secret in log]


class Dripper:
    """A server that sends a byte every tenth of a second without end."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._drip, args=(connection,), daemon=True).start()

    def _drip(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.sendall(self._head)
                while True:
                    time.sleep(0.1)
                    connection.sendall(b"x")
            except OSError:
                return

    def close(self) -> None:
        self._listener.close()


HEADS = [b"HTTP/1.1 200 OK\r\nX-Never-Ending: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"]
UNFINISHED = "a response of the API took too long"


@pytest.mark.parametrize("head", HEADS)
def test_endless_response_ends_run(simulator, module, head):
    server = Dripper(head)
    code = IMPATIENT.format(module=MODULE)
    task = module({**simulator.cloud, "api_url": server.url}, "-c", code, timeout=1)
    stdout, _stderr = task.process.communicate(timeout=2 * LIMIT)
    server.close()
    assert task.process.returncode == 1
    assert UNFINISHED in json.loads(stdout)["msg"]


@pytest.fixture
def dripper(monkeypatch):
    """Return a function that starts such a server for impatient clients in this process."""
    monkeypatch.setattr(throttle, "STALL_LIMIT", 1.0)
    servers = []

    def start(head: bytes) -> str:
        servers.append(Dripper(head))
        return servers[-1].url

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize("head", HEADS)
def test_inventory_unfinished_response_ends_with_error(simulator, inventory, tmp_path, dripper, head):
    path = tmp_path / "site.citrix_machines.yml"
    given = {**simulator.cloud, "api_url": dripper(head), "timeout": 1}
    path.write_text(json.dumps({"plugin": "sessionops.citrix.citrix_machines", **given}), encoding="utf-8")
    with pytest.raises(AnsibleError, match=UNFINISHED):
        inventory(str(path))


@pytest.mark.parametrize("head", HEADS)
def test_event_source_unfinished_response_is_failed_poll(simulator, dripper, head):
    source = runpy.run_path(str(EVENT_SOURCE))
    watch = source["prepare"]({**simulator.cloud, "api_url": dripper(head), "timeout": 1})
    outcome = asyncio.run(source["aside"](watch))
    assert isinstance(outcome, CitrixError) and UNFINISHED in str(outcome)
