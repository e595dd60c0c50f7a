# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run programs in forks of a Python that has already imported modules.

Run as a program it is that Python: forked_python.py ONLY PRELOAD ARGUMENTS... runs the file PRELOAD, and then each
program that its interpreter passes, in a fork.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import marshal
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

READ_AT_START = ("ANSIBLE_", "LANG", "LC_", "PYTHON")
"""Prefixes of variables that ansible-core or Python read when they start."""
INTERPRETER = """#!{python} -IS
import _socket, marshal, os, sys
read = {{name: value for name, value in os.environ.items() if name.startswith({read_at_start!r})}}
if read != {known!r} or os.path.exists("ansible.cfg") or not os.path.basename(sys.argv[-1]).startswith({only!r}):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
job = {{"command": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}}
os.chdir({folder!r})
connection = _socket.socket(_socket.AF_UNIX)
connection.connect("socket")
descriptors = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
connection.sendmsg([b" "], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptors)])
connection.sendall(marshal.dumps(job))
os._exit(int(connection.recv(9)))
"""
"""The interpreter. It runs other programs, or with other settings, with Python itself.

It starts for each program, and therefore imports only small modules.
"""


class ForkedPython:
    """A process that forks for each program; path: the interpreter that passes programs to it.

    preload: the file that imports modules, and its arguments; only: prefix of the names of programs.
    """

    def __init__(self, folder: Path, env: dict[str, str], preload: list[str], only: str = "") -> None:
        folder.mkdir()
        self.path = folder / "python"
        command = [sys.executable, "-P", __file__, only, *preload]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=env, cwd=folder, stdin=pipe, stdout=pipe)
        self._process.stdout.readline()

    def close(self) -> None:
        self._process.communicate()


def serve() -> dict | None:
    """Fork for each program until stdin is closed; return its job in the fork."""
    listener = socket.socket(socket.AF_UNIX)
    # Relative, because the name of a socket is shorter than some paths.
    listener.bind("socket")
    listener.listen(64)
    print(flush=True)
    # Forks would delete the folder for temporary files.
    atexit._clear()
    gc.freeze()
    while 0 not in select.select([listener, 0], [], [])[0]:
        connection = listener.accept()[0]
        if os.fork() == 0:
            listener.close()
            return accept(connection)
        connection.close()
        reap()
    reap()
    return None


def make_interpreter(folder: Path, only: str) -> None:
    """Write the interpreter."""
    known = {name: value for name, value in os.environ.items() if name.startswith(READ_AT_START)}
    names = {"python": sys.executable, "folder": str(folder), "read_at_start": READ_AT_START}
    interpreter = folder / "python"
    interpreter.write_text(INTERPRETER.format(**names, known=known, only=only), encoding="utf-8")
    interpreter.chmod(0o755)


def accept(connection: socket.socket) -> dict:
    """Return the job of a connection in another fork, and send its exit code."""
    descriptors = socket.recv_fds(connection, 1, 3)[1]
    job = marshal.load(connection.makefile("rb"))
    fork = os.fork()
    if fork == 0:
        connection.close()
        return {**job, "descriptors": descriptors}
    for descriptor in (0, *descriptors):
        os.close(descriptor)
    threading.Thread(target=kill_with, args=(connection, fork), daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])
    with contextlib.suppress(OSError):
        connection.sendall(str(code % 256).encode())
    os._exit(0)


def kill_with(connection: socket.socket, fork: int) -> None:
    """Kill a fork if the process is killed that started it."""
    connection.recv(1)
    with contextlib.suppress(ProcessLookupError):
        os.kill(fork, signal.SIGKILL)


def reap() -> None:
    """Forget the children that ended; their processor time counts as that of this process."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def act(job: dict) -> None:
    """Become the program of a job."""
    for number, descriptor in enumerate(job["descriptors"]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    run = runpy.run_module if job["command"][0] == "-m" else runpy.run_path
    sys.argv = job["command"][run is runpy.run_module :]
    try:
        run(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended.code or 0)


if __name__ == "__main__":
    make_interpreter(Path.cwd(), sys.argv[1])
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")
    given = serve()
    if given:
        act(given)
