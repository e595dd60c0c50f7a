# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Append to an audit trail: chain, rotation, damage, full disks, several writers."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import audit_file
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.audit_file import AuditFile
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.audit_reader import TrailReader

WRITER = """
import sys
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.audit_file import AuditFile
path, name, count = sys.argv[1:]
file = AuditFile(path)
for number in range(int(count)):
    file.append([{"name": name, "number": number}])
file.close()
"""


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "audit.jsonl")


def append(path, *names):
    file = AuditFile(path)
    file.append([{"name": name} for name in names])
    file.close()


def verified(*paths):
    """Return the names in a trail, and its problems as (row, kind)."""
    reader = TrailReader(paths)
    names = [entry["name"] for _place, entry in reader.entries()]
    return names, [(problem.place.row, problem.kind) for problem in reader.problems]


def test_append_lines_are_chained_by_hashes(path):
    append(path, "a", "b")
    append(path, "c")
    lines = Path(path).read_bytes().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["line"] for entry in entries] == [1, 2, 3]
    assert [entry["previous_hash"] for entry in entries] == [None, entries[0]["hash"], entries[1]["hash"]]
    for line, entry in zip(lines, entries):
        assert hashlib.sha256(line[: line.index(b',"hash":')]).hexdigest() == entry["hash"]


def test_open_new_file_is_private(path):
    umask = os.umask(0)
    try:
        append(path, "a")
    finally:
        os.umask(umask)
    assert {stat.S_IMODE(os.stat(name).st_mode) for name in (path, path + audit_file.HEAD)} == {0o600}


@pytest.mark.parametrize("name", ["audit.jsonl", f"audit.jsonl{audit_file.HEAD}"])
def test_open_symlink_rejected(path, tmp_path, name):
    (tmp_path / "other").touch()
    (tmp_path / name).symlink_to(tmp_path / "other")
    with pytest.raises(OSError):
        AuditFile(path)
    assert (tmp_path / "other").read_bytes() == b""


def test_open_file_writable_by_others_rejected(path):
    Path(path).touch()
    os.chmod(path, 0o620)
    with pytest.raises(PermissionError):
        AuditFile(path)


def test_open_fifo_rejected(path):
    os.mkfifo(path, 0o600)
    with pytest.raises(OSError):
        AuditFile(path)


@pytest.mark.parametrize("text", ["\x1b]0;title\x07", "a\nb", "\u2028", "\ud800", '"}\n{"name": "forged'])
def test_append_text_stays_on_one_line(path, text):
    append(path, text, "b")
    data = Path(path).read_bytes()
    assert data.count(b"\n") == 2 and all(0x20 <= byte < 0x7F or byte == 0x0A for byte in data)
    assert json.loads(data.splitlines()[0])["name"] == text


@pytest.mark.parametrize("cut", range(2, 60, 7))
def test_append_after_truncated_line_keeps_chain(path, cut):
    append(path, "a", "b")
    whole = Path(path).read_bytes()
    Path(path).write_bytes(whole[:-cut])
    append(path, "c")
    assert verified(path) == (["a", "c"], [(2, "cut_off")])
    assert json.loads(Path(path).read_bytes().splitlines()[2])["line"] == 3


def test_append_after_line_without_break_keeps_line(path):
    append(path, "a", "b")
    Path(path).write_bytes(Path(path).read_bytes()[:-1])
    append(path, "c")
    assert verified(path) == (["a", "b", "c"], [])


def test_append_after_truncated_first_line_keeps_chain(path):
    append(path, "a")
    Path(path).write_bytes(Path(path).read_bytes()[:-30])
    os.remove(path + audit_file.HEAD)
    append(path, "b")
    assert verified(path) == (["b"], [(1, "cut_off")])


def test_append_with_lagging_head_follows_file(path):
    append(path, "a")
    head = Path(path + audit_file.HEAD).read_bytes()
    append(path, "b")
    Path(path + audit_file.HEAD).write_bytes(head)
    append(path, "c")
    assert verified(path) == (["a", "b", "c"], [])


@pytest.mark.parametrize("head", [b"", b"no head", b"\xff" * 300])
def test_append_with_damaged_head_follows_file(path, head):
    append(path, "a", "b")
    Path(path + audit_file.HEAD).write_bytes(head)
    append(path, "c")
    assert verified(path) == (["a", "b", "c"], [])


def test_append_after_rotation_continues_chain(path):
    file = AuditFile(path)
    file.append([{"name": "a"}])
    os.rename(path, path + ".1")
    file.append([{"name": "b"}])
    file.close()
    os.rename(path, path + ".2")
    append(path, "c")
    assert [verified(each)[0] for each in (path + ".1", path + ".2", path)] == [["a"], ["b"], ["c"]]
    assert verified(path, path + ".2", path + ".1") == (["a", "b", "c"], [])


def test_append_after_removed_file_shows_gap(path):
    append(path, "a", "b")
    os.remove(path)
    append(path, "c")
    assert verified(path) == (["c"], [(1, "missing")])


def test_append_after_removed_end_shows_gap(path):
    append(path, "a", "b", "c")
    lines = Path(path).read_bytes().splitlines(keepends=True)
    Path(path).write_bytes(lines[0])
    assert verified(path) == (["a"], [(2, "missing")])
    append(path, "d")
    assert verified(path) == (["a", "d"], [(2, "missing")])


def test_append_on_full_disk_leaves_no_partial_line(path, monkeypatch):
    file = AuditFile(path)
    file.append([{"name": "a"}])
    before = Path(path).read_bytes()
    write = os.write
    monkeypatch.setattr(audit_file.os, "write", lambda log, line: write(log, line[:20]))
    with pytest.raises(OSError) as raised:
        file.append([{"name": "b"}])
    assert raised.value.errno == errno.ENOSPC
    assert Path(path).read_bytes() == before
    monkeypatch.undo()
    file.append([{"name": "c"}])
    file.close()
    assert verified(path) == (["a", "c"], [])


def test_append_by_eight_processes_keeps_every_line(path):
    count = 100
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path, str(writer), str(count)]) for writer in range(8)]
    assert [writer.wait(timeout=120) for writer in writers] == [0] * 8
    reader = TrailReader([path])
    found: dict[str, list] = {}
    for _place, entry in reader.entries():
        found.setdefault(entry["name"], []).append(entry["number"])
    assert not reader.problems
    assert found == {str(writer): list(range(count)) for writer in range(8)}


def test_append_by_threads_shares_fsyncs(path, monkeypatch):
    synced = []
    fsync = os.fsync
    file = AuditFile(path, gather=0.01)
    monkeypatch.setattr(audit_file.os, "fsync", lambda number: (fsync(number), synced.append(number)))

    def write(name):
        for number in range(20):
            file.sync(file.append([{"name": name, "number": number}])[0])

    threads = [Thread(target=write, args=(str(name),)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file.close()
    assert len(verified(path)[0]) == 160 and not verified(path)[1]
    # Without sharing there are 160. On a busy machine threads come late and share fewer.
    assert 20 <= len(synced) < 160
