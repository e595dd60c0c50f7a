# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the process: bind the port, report that it is ready, stop, and detach if requested."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import ssl
from typing import Any, Callable, NamedTuple

from .application import Simulator
from .http.addresses import is_loopback
from .http.connection import Connection
from .state.access import CLOUD_CUSTOMER, Credentials
from .state.settings import Settings

Ready = Callable[[dict[str, Any]], None]


class StartError(Exception):
    """Raised with a message for users if the simulator cannot start."""


class Options(NamedTuple):
    """Settings of the server; ``lifetime`` in seconds, ``watch_pid`` 0: none, port 0: free."""

    host: str
    port: int
    cert: str
    key: str
    lifetime: float
    watch_pid: int
    settings: Settings


def address_of(host: str) -> str:
    """Return the loopback address to bind; StartError for any other host."""
    if not is_loopback(host):
        raise StartError(f"{host} is not a loopback address; the simulator serves only this machine.")
    return "127.0.0.1" if host == "localhost" else host


def _tls(options: Options) -> ssl.SSLContext | None:
    if not options.cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(options.cert, options.key)
    except (OSError, ValueError) as problem:
        raise StartError(f"Cannot use certificate {options.cert} with key {options.key}: {problem}") from problem
    return context


def scheme_of(options: Options) -> str:
    """Return the scheme, http or https."""
    return "https" if options.cert else "http"


def has_ended(pid: int) -> bool:
    """Return whether a process has ended; a zombie counts as ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()[:1] == [b"Z"]
    except OSError:
        return False


async def _end_with(pid: int, stop: Callable[[], None]) -> None:
    while not has_ended(pid):
        await asyncio.sleep(1)
    stop()


async def serve(options: Options, ready: Ready) -> None:
    """Serve until the lifetime ends, on a signal or a shutdown, or the watched process ends."""
    # Without a garbage collector: it takes longer than a call to scan a large fleet. A reset collects.
    gc.disable()
    gc.freeze()
    address, context = address_of(options.host), _tls(options)
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        # Leaves time to send the response to the shutdown.
        loop.call_later(0.05, over.set)

    simulator = Simulator(options.settings, Credentials.random(), stop, scheme_of(options))
    try:
        server = await loop.create_server(
            lambda: Connection(simulator), address, options.port, ssl=context, backlog=1024
        )
    except OSError as problem:
        raise StartError(f"Cannot listen on {address}:{options.port}: {problem.strerror or problem}") from problem
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    loop.call_later(options.lifetime, over.set)
    watch = loop.create_task(_end_with(options.watch_pid, over.set)) if options.watch_pid else None
    ready(_introduction(options, simulator, server.sockets[0].getsockname()[1]))
    await over.wait()
    if watch:
        watch.cancel()
    server.close()


def _introduction(options: Options, simulator: Simulator, port: int) -> dict[str, Any]:
    """Return the data that a caller needs to use this simulator."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    return {
        "url": f"{scheme_of(options)}://{host}:{port}",
        "pid": os.getpid(),
        "customer_id": CLOUD_CUSTOMER,
        "site_id": simulator.state.sites[0].id,
        "control_token": simulator.control_token,
        **simulator.credentials._asdict(),
    }


def launch(run: Callable[[Ready], None]) -> dict[str, Any]:
    """Run ``run(ready)`` in a process of its own session; return the argument of ``ready``.

    Raise StartError if the process reports one or ends before it is ready.
    """
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        _run_child(run, writer)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as pipe:
        message = pipe.read()
    if not message:
        raise StartError("The simulator ended before it was ready.")
    result = json.loads(message)
    if "problem" in result:
        raise StartError(result["problem"])
    return result


def _run_child(run: Callable[[Ready], None], writer: int) -> None:
    """Run the child process to its end. The second fork keeps it from acquiring a terminal."""
    os.setsid()
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)

    def report(message: dict[str, Any]) -> None:
        os.write(writer, json.dumps(message).encode())
        os.close(writer)

    try:
        run(report)
    except StartError as problem:
        report({"problem": str(problem)})
        os._exit(1)
    os._exit(0)
