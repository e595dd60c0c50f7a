# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lock single sessions: two runs of one user on one host never change the same session."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import tempfile
from threading import Lock
from typing import Callable
from urllib.parse import urlsplit

from .._client.api import Api
from .._common.urls import is_loopback

SHARED = "/tmp"  # noqa: S108 (the owner of the folder in it is checked)
"""Directory that runs with different TMPDIR share, unless it cannot be used."""
FILES = 16
"""Number of lock files: the kernel takes longer for each lock in a file."""

_descriptors: dict[str, int] = {}
"""Lock files by path. They stay open: closing one would release all locks of the process in it."""
_opening = Lock()


def site_key(api: Api) -> str:
    """Return a text that all addresses of a site share.

    On loopback, each port is a site of its own: a simulator.
    """
    address = urlsplit(api.base_url)
    port = address.netloc if is_loopback(address.hostname or "") else ""
    return f"{api.customer_id} {api.site_id()} {port}"


class NoLocks:
    """Locks of a run that changes nothing, or that waits no longer for others."""

    def take(self, session_id: str) -> bool:
        """Return whether to change a session now."""
        return True

    def release(self, session_id: str) -> None:
        """Release the lock of a session."""


class SessionLocks(NoLocks):
    """One lock for each session, a byte of a file of the user; released when the process ends."""

    def __init__(self, site: str, warn: Callable[[str], object]) -> None:
        """site: from site_key()."""
        self._site = site
        name = f"sessionops.citrix-{os.geteuid()}"
        shared = os.path.join(SHARED, name)
        self._folder = shared if _is_usable(shared) else os.path.join(tempfile.gettempdir(), name)
        """Not in a home directory, which may be on another host."""
        self._warn = warn
        self._usable = True

    def take(self, session_id: str) -> bool:
        """Take the lock of a session unless another run holds it; return whether to change it now.

        If no lock can be created, warns once and allows all sessions.
        """
        try:
            return not self._usable or self._apply(session_id, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._give_up(error)
            return True

    def release(self, session_id: str) -> None:
        if self._usable:
            self._apply(session_id, fcntl.LOCK_UN)

    def _apply(self, session_id: str, operation: int) -> bool:
        # The API accepts its ids in any case.
        digest = hashlib.sha256(f"{self._site} {session_id}".lower().encode(errors="replace")).digest()
        path = f"{self._folder}/sessions-{digest[0] % FILES:02}"
        with _opening:
            descriptor = _descriptors.get(path) or _open_file(path)
        try:
            # 62 bits of an offset: two sessions with the same byte are very unlikely.
            fcntl.lockf(descriptor, operation, 1, int.from_bytes(digest[1:9], "big") >> 2)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                return False
            raise
        return True

    def _give_up(self, error: OSError) -> None:
        with _opening:
            usable, self._usable = self._usable, False
        if usable:
            self._warn(
                f"Sessions are not locked against other runs on this host: {self._folder} cannot be used "
                f"({error.strerror}); remove it, or set TMPDIR to a directory on a local disk."
            )


def _is_usable(folder: str) -> bool:
    try:
        os.close(_open_folder(folder))
    except OSError:
        return False
    return True


def _open_folder(folder: str) -> int:
    """Create a folder if necessary, and return its descriptor; OSError if it is not the user's."""
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    within = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    status = os.fstat(within)
    if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
        os.close(within)
        raise PermissionError(errno.EPERM, "owner or mode")
    return within


def _open_file(path: str) -> int:
    """Open a lock file and return its descriptor; OSError unless its folder belongs to the user."""
    folder, name = os.path.split(path)
    within = _open_folder(folder)
    try:
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=within)
    finally:
        os.close(within)
    # Programs that clean up temporary files remove old ones.
    os.utime(descriptor)
    _descriptors[path] = descriptor
    return descriptor
