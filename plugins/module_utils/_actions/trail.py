# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail of a run: a line before each write, and one with its result after it."""

from __future__ import annotations

import os
import pwd
import socket
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from threading import Lock
from typing import Any, Callable, NamedTuple

from .._client.api import Api
from .._client.calls import Call
from .._client.transport import VERSION
from .._client.writes import WriteObserver
from .._common.errors import CitrixError, OptionError
from .._common.options import environment_name, with_fallback
from .._common.text import clean
from . import audit_lines
from .audit_file import AuditFile, probe
from .results import Entry

ARGUMENT_SPEC = with_fallback({"reason": {"type": "str"}, "audit_log": {"type": "path"}})
SYSLOG_SOCKETS = ("/dev/log", "/var/run/syslog")
GATHER = 0.005
"""Seconds for which an fsync waits for the lines of other threads: each fsync costs as much as several lines."""
NO_TRAIL = "This run leaves no audit trail: the host has no system log; set audit_log."


class Write(NamedTuple):
    """A write as the trail shows it: the subject of a call that writes."""

    entry: Entry
    """The entry of the session; the trail reads its result when it has one."""
    action: str
    notify_user: bool | None = None
    stop_at: str | None = None
    """Time at which the recording must end, as RFC 3339; None unless the task sets an end."""
    rule: str | None = None


class Trail(WriteObserver):
    """Write the audit trail of one run to a file and to the system log.

    A request is sent only after its lines are on disk. Threads that write at the same time share one fsync.
    """

    def __init__(self, api: Api, params: Mapping[str, Any], log: Callable[[str], object] | None) -> None:
        """Open the file, or raise OptionError. log: writes to the system log; None to log nothing."""
        self.run_id = str(uuid.uuid4())
        self._api = api
        self._log = log if any(map(os.path.exists, SYSLOG_SOCKETS)) else None
        self._sequence = 0
        self._lock = Lock()
        self._names: dict[str, str] = {}
        self._pending: dict[str, Write] = {}
        """Requested writes without a result so far, by session."""
        self._same = {
            "reason": api.shown(params["reason"]) if params["reason"] else None,
            "operator": _login(),
            **{name: _of_awx(api, name) for name in ("awx_job_id", "awx_job_template", "awx_user")},
            "host": socket.gethostname(),
        }
        self._incomplete = False
        self._path = _path_of(params)
        self._file = None
        if self._path:
            try:
                self._file = AuditFile(self._path, GATHER if api.max_concurrency > 1 else 0.0)
            except OSError as error:
                raise _problem(self._path, error) from None

    def before(self, calls: Sequence[Call], transaction_id: str) -> None:
        """Write a line for each call; raises CitrixError if they cannot be stored on disk."""
        writes = [call.subject for call in calls]
        if self._file or self._log:
            self._write_requested(writes, transaction_id)
        else:
            self._warn_once(NO_TRAIL)
        # A request that is canceled has no response with the id.
        for write in writes:
            write.entry.transaction_id = transaction_id

    def _write_requested(self, writes: Sequence[Write], transaction_id: str) -> None:
        with self._lock:
            self._pending.update({write.entry.id: write for write in writes})
            entries = [self._entry(audit_lines.REQUESTED, write, transaction_id) for write in writes]
        try:
            self._append(entries, durable=True)
        except OSError as error:
            raise CitrixError(f"nothing was sent: {_problem(self._path, error)}") from None

    def after(self, subjects: Iterable[Entry]) -> None:
        """Write a line for each entry that has a result and whose write was requested."""
        with self._lock:
            writes = [self._pending.pop(entry.id) for entry in subjects if entry.result and entry.id in self._pending]
            entries = [self._entry(audit_lines.RESULT, write, write.entry.transaction_id) for write in writes]
        if entries:
            try:
                self._append(entries, durable=False)
            except OSError as error:
                self._warn_of_results(error)

    def note(self, subjects: Sequence[Write]) -> None:
        """Write a result line for each write that was not required anymore."""
        with self._lock:
            self._pending.update({write.entry.id: write for write in subjects})
        self.after([write.entry for write in subjects])

    def __enter__(self) -> None:
        self._api.observer = self

    def __exit__(self, *_error: object) -> None:
        """Write the remaining results, and write all lines to disk."""
        # A copy: a thread whose request was canceled may still add one.
        self.after([write.entry for write in list(self._pending.values())])
        if self._file:
            try:
                self._file.close()
            except OSError as error:
                self._warn_of_results(error)

    def _warn_of_results(self, error: OSError) -> None:
        """Warn that the file lacks results; the result of the module has them all."""
        self._warn_once(f"The audit trail lacks results of requests that were sent. {_problem(self._path, error)}")

    def _warn_once(self, problem: str) -> None:
        with self._lock:
            incomplete, self._incomplete = self._incomplete, True
        if not incomplete:
            self._api.warn(problem)

    def _append(self, entries: list[dict], durable: bool) -> None:
        if self._file:
            number, lines = self._file.append(entries)
            if durable:
                self._file.sync(number)
        else:
            lines = [audit_lines.encode(entry)[0] for entry in entries]
        if self._log:
            for line in lines:
                self._log(line.decode().rstrip())

    def _entry(self, event: str, write: Write, transaction_id: str | None) -> dict:
        entry = write.entry
        session = entry.session
        self._sequence += 1
        result = event == audit_lines.RESULT
        values = (
            datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            event,
            self.run_id,
            self._sequence,
            write.action,
            self._api.customer_id,
            self._api.site_id(),
            *map(self._shown, session[:4]),
            write.notify_user,
            write.stop_at,
            *self._same.values(),
            write.rule,
            entry.result if result else None,
            entry.reason if result else None,
            transaction_id,
            VERSION,
        )
        return dict(zip(audit_lines.FIELDS, values))

    def _shown(self, name: str | None) -> str | None:
        """Return a name without secrets; a session has the same names in all of its lines."""
        if name and name not in self._names:
            self._names[name] = self._api.shown(name)
        return name and self._names[name]


def foresee(api: Api, params: Mapping[str, Any]) -> None:
    """Warn in check mode, which writes no trail, that a run could not write it."""
    path = _path_of(params)
    try:
        if path:
            probe(path)
    except OSError as error:
        api.warn(str(_problem(path, error)))


def _path_of(params: Mapping[str, Any]) -> str | None:
    path = params["audit_log"]
    if path is not None and not path.strip():
        raise OptionError("audit_log", "is empty; set it to a file")
    # Relative to a playbook of a collection, it would be deleted with the next installation.
    if path and not os.path.isabs(path):
        raise OptionError("audit_log", f"{clean(path)} is a relative path; set the full path")
    return path


def _problem(path: str | None, error: OSError) -> OptionError:
    return OptionError(
        "audit_log",
        f"{path} cannot be written ({error.strerror}); free disk space, or name a file that only this user may write "
        "to",
    )


def _of_awx(api: Api, name: str) -> str | None:
    """Return a value of the job that the action plugin, or a play, set in the environment."""
    value = os.environ.get(environment_name(name))
    return api.shown(value) if value else None


def _login() -> str:
    """Return the login that started the run: with sudo, that of the original user."""
    try:
        login = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
    return os.environ.get("SUDO_USER", login) if login == "root" else login
