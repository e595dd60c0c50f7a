# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks: exclude other processes while a session is locked; reject folders of other users."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from types import SimpleNamespace

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import locks as _locks
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.locks import (
    FILES,
    NoLocks,
    SessionLocks,
    site_key,
)

OTHER_RUN = """
import sys
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import locks as module
site, module.SHARED = sys.argv[1:]
locks = module.SessionLocks(site, print)
for line in sys.stdin:
    act, session_id = line.split()
    print(getattr(locks, act)(session_id), flush=True)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the temporary folder for the locks."""
    monkeypatch.setattr(_locks, "SHARED", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(_locks, "_descriptors", {})
    yield tmp_path
    for descriptor in _locks._descriptors.values():
        os.close(descriptor)


@pytest.fixture
def other_run(folder, tmp_path_factory):
    """Return a function that takes or releases a lock in another process; it returns the result.

    The process has another TMPDIR.
    """
    processes = []
    other = tmp_path_factory.mktemp("other")

    def run(act, session_id, site="site1"):
        if not processes or processes[-1].site != site:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", OTHER_RUN, site, str(folder)],
                    env={**os.environ, "TMPDIR": str(other)},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            processes[-1].site = site
        processes[-1].stdin.write(f"{act} {session_id}\n")
        processes[-1].stdin.flush()
        return processes[-1].stdout.readline().strip()

    run.kill = lambda: (processes[-1].kill(), processes[-1].wait())
    yield run
    for process in processes:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.fixture
def locks(folder):
    return SessionLocks("site1", pytest.fail)


def test_take_session_of_another_run_refused_until_released(locks, other_run):
    assert other_run("take", "s1") == "True"
    assert not locks.take("s1")
    assert not locks.take("S1")
    assert locks.take("s2")
    assert other_run("take", "s2") == "False"
    other_run("release", "s1")
    assert locks.take("s1")
    locks.release("s2")
    assert other_run("take", "s2") == "True"


def test_take_other_run_killed_lock_free(locks, other_run):
    assert other_run("take", "s1") == "True"
    other_run.kill()
    assert locks.take("s1")


def test_take_again_in_one_run_allowed(locks):
    assert locks.take("s1") and locks.take("s1")


def test_take_same_session_id_of_another_site_independent(locks, other_run):
    assert other_run("take", "s1", site="site2") == "True"
    assert locks.take("s1")


def test_release_one_session_keeps_others(locks, other_run):
    names = [f"s{number}" for number in range(4 * FILES)]
    assert all(map(locks.take, names))
    locks.release(names[0])
    assert [other_run("take", name) for name in names] == ["True"] + ["False"] * (len(names) - 1)


def test_locks_files_private_and_shared_by_all_sessions(locks, folder):
    for number in range(10 * FILES):
        assert locks.take(f"s{number}")
    (made,) = folder.iterdir()
    assert made.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in made.iterdir()) == [f"sessions-{number:02}" for number in range(FILES)]
    assert {(path.stat().st_mode & 0o777, path.stat().st_size) for path in made.iterdir()} == {(0o600, 0)}


def test_no_locks_lock_nothing(folder):
    unlocked = NoLocks()
    assert unlocked.take("s1")
    unlocked.release("s1")
    assert list(folder.iterdir()) == []


def squat_with_link(path):
    (path.parent / "elsewhere").mkdir(mode=0o700)
    path.symlink_to(path.parent / "elsewhere")


def squat_with_linked_files(path):
    path.mkdir(mode=0o700)
    for number in range(FILES):
        (path / f"sessions-{number:02}").symlink_to("/dev/null")


def squat_with_open_folder(path):
    path.mkdir()
    path.chmod(0o777)


@pytest.mark.parametrize(
    "squat", [squat_with_link, squat_with_linked_files, squat_with_open_folder, lambda path: path.touch()]
)
def test_take_folder_not_trusted_one_warning_and_no_lock(folder, squat):
    squat(folder / f"sessionops.citrix-{os.geteuid()}")
    warnings = []
    locks = SessionLocks("site1", warnings.append)
    for _count in range(3):
        assert locks.take("s1")
        locks.release("s1")
    (warning,) = warnings
    assert warning.startswith("Sessions are not locked against other runs on this host: ")
    assert "remove it, or set TMPDIR to a directory on a local disk" in warning


def test_take_folder_of_another_user_not_trusted(folder, monkeypatch):
    (folder / "sessionops.citrix-12345").mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    warnings = []
    assert SessionLocks("site1", warnings.append).take("s1")
    assert len(warnings) == 1


@pytest.mark.parametrize("squat", [None, squat_with_open_folder])
def test_take_without_shared_folder_locks_in_tmpdir(folder, monkeypatch, tmp_path_factory, squat):
    shared = tmp_path_factory.mktemp("shared") / "tmp"
    if squat:
        shared.mkdir()
        squat(shared / f"sessionops.citrix-{os.geteuid()}")
    monkeypatch.setattr(_locks, "SHARED", str(shared))
    assert SessionLocks("site1", pytest.fail).take("s1")
    assert len(list(folder.glob("sessionops.citrix-*/sessions-*"))) == 1


def test_take_no_temporary_folder_one_warning(folder, monkeypatch):
    monkeypatch.setattr(_locks, "SHARED", str(folder / "missing"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "missing"))
    warnings = []
    assert SessionLocks("site1", warnings.append).take("s1")
    assert "No such file or directory" in warnings[0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://api.cloud.com/cvad/manage", "https://api-us.cloud.com/cvad/manage", True),
        ("https://ddc01.lab.example/cvad/manage", "https://ddc02.lab.example/citrix/orchestration/api", True),
        ("http://127.0.0.1:8000/cvad/manage", "http://127.0.0.1:8000/citrix/orchestration/api", True),
        ("http://127.0.0.1:8000/cvad/manage", "http://127.0.0.1:8001/cvad/manage", False),
        ("https://localhost:8000/cvad/manage", "https://localhost:8001/cvad/manage", False),
        ("http://[::1]:8000/cvad/manage", "http://[::1]:8001/cvad/manage", False),
    ],
)
def test_addresses_of_a_site_share_locks_and_simulators_do_not(one, other, same):
    keys = [
        site_key(SimpleNamespace(base_url=url, customer_id="customer1", site_id=lambda: "site1"))
        for url in (one, other)
    ]
    assert (keys[0] == keys[1]) is same
