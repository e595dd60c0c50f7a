# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Append to the file of an audit trail, which processes may share and rotate at any time."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
import time
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple

from . import audit_lines

HEAD = ".head"
"""Added to the name of the file: the file with its last line and hash, which writers also lock."""
WRITABLE_BY_OTHERS = 0o022


class Last(NamedTuple):
    """The last line of a trail."""

    line: int = 0
    digest: str | None = None
    size: int = 0
    """Bytes of the file up to the end of this line."""

    @classmethod
    def from_head(cls, text: str) -> Last:
        """Read the file beside the trail; incomplete or foreign text counts as none."""
        found = re.fullmatch(r"(\d{20}) (\d{20}) ([0-9a-f]{64})\n", text)
        return cls(int(found[1]), found[3], int(found[2])) if found else cls()

    def to_head(self) -> bytes:
        """Return the text of the file beside the trail, always of the same length."""
        return f"{self.line:020} {self.size:020} {self.digest}\n".encode()


class AuditFile:
    """A file of an audit trail that is open for appending."""

    def __init__(self, path: str, gather: float = 0.0) -> None:
        """Open the file, or create it for its owner only; OSError if it cannot be written safely.

        gather: seconds for which an fsync waits for the lines of other threads.
        """
        self._path = path
        self._gather = gather
        # First, because the path may be invalid, such as that of a directory: then no other file is created.
        self._log = _open(path, os.O_RDWR | os.O_APPEND)
        self._writing = Lock()
        self._syncing = Lock()
        self._written = self._synced = 0
        """Number of appends so far, and of those that are on disk."""
        try:
            self._head = _open(path + HEAD, os.O_RDWR)
        except OSError:
            os.close(self._log)
            raise
        _sync_folder(path)

    def close(self) -> None:
        """Write everything to disk, and close the file."""
        try:
            self.sync(self._written)
        finally:
            os.close(self._log)
            os.close(self._head)

    def append(self, entries: Sequence[Mapping[str, Any]]) -> tuple[int, list[bytes]]:
        """Append entries with one write each; return a number for sync(), and the lines; or OSError."""
        lines = []
        with self._writing:
            fcntl.flock(self._head, fcntl.LOCK_EX)
            try:
                self._follow_rotation()
                last = self._last()
                for entry in entries:
                    line, digest = audit_lines.encode(entry, last.line + 1, last.digest)
                    _write(self._log, line, last.size)
                    lines.append(line)
                    last = Last(last.line + 1, digest, last.size + len(line))
                    os.pwrite(self._head, last.to_head(), 0)
            finally:
                fcntl.flock(self._head, fcntl.LOCK_UN)
            self._written += 1
            return self._written, lines

    def sync(self, number: int) -> None:
        """Wait until an append is on disk; waiting threads share one fsync. Raises OSError."""
        with self._syncing:
            if self._synced < number:
                time.sleep(self._gather)
                written = self._written
                os.fsync(self._log)
                self._synced = written

    def _follow_rotation(self) -> None:
        """Open the file again if it was renamed or removed since."""
        try:
            found = os.stat(self._path, follow_symlinks=False)
            if os.path.samestat(found, os.fstat(self._log)):
                return
        except FileNotFoundError:
            pass
        log = _open(self._path, os.O_RDWR | os.O_APPEND)
        _sync_folder(self._path)
        os.fsync(self._log)
        # The number stays the same for a thread that waits in sync().
        os.dup2(log, self._log, inheritable=False)
        os.close(log)

    def _last(self) -> Last:
        """Return the last line; after a line that was cut off, end it first."""
        head = Last.from_head(os.pread(self._head, 200, 0).decode("ascii", "replace"))
        size = os.fstat(self._log).st_size
        if size == head.size and size:
            return head
        tail = os.pread(self._log, audit_lines.LONGEST, max(0, size - audit_lines.LONGEST))
        if tail and not tail.endswith(b"\n"):
            _write(self._log, b"\n", size)
            tail += b"\n"
            size += 1
        cut_off = 0
        for line in reversed(tail.split(b"\n")[:-1]):
            entry = audit_lines.decode(line)
            if entry:
                # More lines than the file has were removed, or lost in a power failure: the gap stays visible.
                if head.line > entry["line"] + cut_off:
                    return head._replace(size=size)
                return Last(entry["line"] + cut_off, audit_lines.digest_of(tail.split(b"\n")[-2]), size)
            cut_off += 1
        if cut_off:
            return Last(head.line + cut_off, audit_lines.digest_of(tail.split(b"\n")[-2]), size)
        return head._replace(size=size)


def _write(log: int, line: bytes, size: int) -> None:
    """Write a complete line or nothing; size: that of the file before it."""
    written = os.write(log, line)
    if written != len(line):
        os.ftruncate(log, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def probe(path: str) -> None:
    """Raise OSError if lines cannot be appended to a file or its head; creates none."""
    for each in (path, path + HEAD):
        try:
            os.close(_open(each, os.O_RDWR, create=0))
        except FileNotFoundError:
            folder = os.path.dirname(os.path.abspath(path))
            os.stat(folder)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None


def require_regular(path: str) -> None:
    """Raise OSError for a pipe or a device, at which reading would wait or never end."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(errno.EINVAL, "it is not a regular file")


def _open(path: str, flags: int, create: int = os.O_CREAT) -> int:
    """Open a regular file that only its owner can change, or create it; OSError for others."""
    descriptor = os.open(path, flags | create | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_mode & WRITABLE_BY_OTHERS:
        os.close(descriptor)
        raise PermissionError(errno.EPERM, "it is not a regular file, or other users can change it")
    return descriptor


def _sync_folder(path: str) -> None:
    """Write the name of a new file to disk."""
    folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
