# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run commands of ansible-core, and their modules, in forks of processes that imported them.

Run as a program it is two processes. One has imported ansible-core: it reads a job from each line, and writes the exit
code of its fork. The other has imported what modules require: the interpreter of these commands passes each module to a
fork of it. The files of the collection in this fork are those that ansible-core packed.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import hashlib
import importlib
import json
import marshal
import os
import runpy
import select
import socket
import subprocess
import sys
import tempfile
import zipimport
from pathlib import Path

BIN = Path(sys.executable).parent
COMMANDS = ("ansible", "ansible-inventory", "ansible-playbook")
READ_AT_START = ("ANSIBLE_", "LANG", "LC_", "PYTHON")
"""Prefixes of variables that ansible-core or Python read when they start: each set of values has its own process."""
OF_COMMANDS = (
    *(f"cli.{name}" for name in ("adhoc", "inventory", "playbook")),
    *(f"executor.{name}" for name in ("module_common", "task_executor", "process.worker")),
    *(f"plugins.action.{name}" for name in ("assert", "debug", "fail", "include_vars", "normal", "set_fact")),
    *(f"plugins.become.{name}" for name in ("su", "sudo")),
    *(f"plugins.cache.{name}" for name in ("jsonfile", "memory")),
    *(f"plugins.callback.{name}" for name in ("default", "junit", "minimal", "oneline", "tree")),
    *(f"plugins.connection.{name}" for name in ("local", "psrp", "ssh", "winrm")),
    *(f"plugins.inventory.{name}" for name in ("auto", "host_list", "ini", "script", "toml", "yaml")),
    *(f"plugins.shell.{name}" for name in ("cmd", "powershell", "sh")),
    *(f"plugins.strategy.{name}" for name in ("free", "linear")),
    "plugins.vars.host_group_vars",
)
"""Modules of each supported ansible-core that most commands import."""
OF_MODULES = ("ansible.module_utils.basic", "concurrent.futures", "requests", "sqlite3")
INTERPRETER = """#!{python} -IS
import json, os, socket, sys
read = {{name: value for name, value in os.environ.items() if name.startswith({read_at_start!r})}}
if read != {known!r} or not os.path.basename(sys.argv[-1]).startswith("AnsiballZ_"):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
job = {{"command": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}}
os.chdir({folder!r})
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect("socket")
    socket.send_fds(connection, [b" "], [0, 1, 2])
    connection.sendall(json.dumps(job).encode())
    connection.shutdown(socket.SHUT_WR)
    os._exit(int(connection.recv(9)))
"""
"""The interpreter of modules. It runs anything else, or with other settings of Python, with Python itself."""


class AnsibleProcesses:
    """Run commands like subprocess.run(), each with its own environment."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._processes: dict[tuple, subprocess.Popen] = {}

    def run(self, name: str, *arguments: str, env: dict, cwd: Path) -> subprocess.CompletedProcess[str]:
        if name not in COMMANDS or (cwd / "ansible.cfg").exists():
            return subprocess.run([name, *arguments], env=env, cwd=cwd, capture_output=True, text=True, check=False)
        with tempfile.NamedTemporaryFile() as output, tempfile.NamedTemporaryFile() as errors:
            files = {1: output.name, 2: errors.name}
            job = {"command": [str(BIN / name), *arguments], "env": env, "cwd": str(cwd), "files": files}
            process = self._process(env)
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            code = int(process.stdout.readline())
            texts = [Path(file.name).read_text(encoding="utf-8") for file in (output, errors)]
        return subprocess.CompletedProcess([name, *arguments], code, *texts)

    def _process(self, env: dict) -> subprocess.Popen:
        key = tuple(sorted((name, value) for name, value in env.items() if name.startswith(READ_AT_START)))
        if key not in self._processes:
            folder = self._home / str(len(self._processes))
            folder.mkdir()
            self._processes[key] = subprocess.Popen(
                [sys.executable, "-P", __file__],
                env={**env, "HOME": str(self._home)},
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._processes[key]

    def close(self) -> None:
        for process in self._processes.values():
            process.communicate()


def serve() -> dict | None:
    """Fork for each job; return its job in the fork, and nothing at the end."""
    jobs = os.fdopen(os.dup(0), encoding="utf-8")
    codes = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    listener = socket.socket(socket.AF_UNIX)
    # Relative, because the name of a socket is shorter than some paths.
    listener.bind("socket")
    listener.listen(64)
    end, held = os.pipe()
    interpreter = make_interpreter(Path.cwd())
    modules = os.fork()
    if modules == 0:
        jobs.close()
        codes.close()
        os.close(held)
        return serve_modules(listener, end)
    listener.close()
    sys.executable = str(interpreter)
    for name in OF_COMMANDS:
        importlib.import_module(f"ansible.{name}")
    # A command that waits for a task looks for its result ten times less often.
    sys.modules["ansible.constants"].DEFAULT_INTERNAL_POLL_INTERVAL = 0.01
    # Forks would delete the folder for temporary files.
    atexit._clear()
    gc.freeze()
    for line in jobs:
        fork = os.fork()
        if fork == 0:
            jobs.close()
            codes.close()
            return json.loads(line)
        codes.write(f"{os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])}\n")
        codes.flush()
    os.close(held)
    os.waitpid(modules, 0)
    return None


def make_interpreter(folder: Path) -> Path:
    """Write the interpreter of modules."""
    read_at_start = READ_AT_START[1:]
    known = {name: value for name, value in os.environ.items() if name.startswith(read_at_start)}
    text = INTERPRETER.format(python=sys.executable, folder=str(folder), read_at_start=read_at_start, known=known)
    interpreter = folder / "python"
    interpreter.write_text(text, encoding="utf-8")
    interpreter.chmod(0o755)
    return interpreter


def serve_modules(listener: socket.socket, end: int) -> dict | None:
    """Fork for each module until the other end is closed; return its job in the fork."""
    for name in OF_MODULES:
        importlib.import_module(name)
    compile_once(Path.cwd().parent)
    gc.freeze()
    while end not in select.select([listener, end], [], [])[0]:
        connection = listener.accept()[0]
        if os.fork() == 0:
            listener.close()
            descriptors = socket.recv_fds(connection, 1, 3)[1]
            job = json.loads(connection.makefile().read())
            fork = os.fork()
            if fork == 0:
                connection.close()
                return {**job, "files": dict(enumerate(descriptors))}
            code = os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])
            connection.sendall(str(code % 256).encode())
            os._exit(0)
        connection.close()
        reap()
    reap()
    return None


def reap() -> None:
    """Forget the children that ended; their processor time counts as that of this process."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def compile_once(folder: Path) -> None:
    """Keep the code of files in packed modules: Python itself compiles them in each process."""
    compile_source = zipimport._compile_source

    def compiled(path: str, source: bytes):
        kept = folder / hashlib.sha256(source).hexdigest()
        if kept.exists():
            return marshal.loads(kept.read_bytes())
        code = compile_source(path, source)
        new = folder / f"{kept.name}.{os.getpid()}"
        new.write_bytes(marshal.dumps(code))
        new.replace(kept)
        return code

    zipimport._compile_source = compiled


def act(job: dict) -> None:
    """Become the command of a job."""
    for number, file in job["files"].items():
        opened = file if isinstance(file, int) else os.open(file, os.O_WRONLY)
        os.dup2(opened, int(number))
        os.close(opened)
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    sys.argv = job["command"]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    given = serve()
    if given:
        act(given)
