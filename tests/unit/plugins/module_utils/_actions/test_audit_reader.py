# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify audit trails: each kind of tampering is reported with its line."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import random
import tracemalloc
from pathlib import Path

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions import audit_lines, audit_reader
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.audit_file import HEAD, AuditFile
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.audit_reader import TrailReader


def entry_of(number, run="run1"):
    event = audit_lines.REQUESTED if number % 2 else audit_lines.RESULT
    return {"event": event, "run_id": run, "session_id": f"session{(number + 1) // 2}", "action": "start_recording"}


def write(path, count=40, start=1):
    file = AuditFile(str(path))
    file.append([entry_of(number) for number in range(start, start + count)])
    file.close()
    return path


def problems_of(*paths, **options):
    reader = TrailReader([str(path) for path in paths], **options)
    for _each in reader.entries():
        pass
    return [(Path(problem.place.file).name, problem.place.row, problem.kind) for problem in reader.problems]


def forge(line, **changes):
    """Return a line with changed members and a correct hash, as a forger could write it."""
    entry = {**json.loads(line), **changes}
    number, previous = entry.pop("line"), entry.pop("previous_hash")
    entry.pop("hash")
    return audit_lines.encode(entry, number, previous)[0].rstrip(b"\n")


def change(lines, at):
    lines[at] = lines[at].replace(b"start_recording", b"start_recordinG")
    return {(at, "changed")}


def change_hash(lines, at):
    lines[at] = lines[at][:-4] + (b"0" if lines[at][-4:-3] != b"0" else b"1") + lines[at][-3:]
    return {(at, "changed")}


def rewrite(lines, at):
    lines[at] = forge(lines[at], user="someone else")
    return {(at, "changed")}


def remove(lines, at):
    del lines[at]
    return {(at, "missing")}


def remove_three(lines, at):
    del lines[at : at + 3]
    return {(at, "missing")}


def swap(lines, at):
    lines[at], lines[at - 1] = lines[at - 1], lines[at]
    return {(at, "moved")}


def repeat(lines, at):
    lines.insert(at, lines[at - 1])
    return {(at, "repeated")}


def garble(lines, at):
    lines[at] = b"not an entry"
    return {(at, "changed")}


@pytest.mark.parametrize("seed", range(100))
def test_reader_tampered_file_reported_with_line(tmp_path, seed):
    path = write(tmp_path / "audit.jsonl")
    lines = path.read_bytes().splitlines()
    chance = random.Random(seed)
    tamper = (change, change_hash, rewrite, remove, remove_three, swap, repeat, garble)[seed % 8]
    # The first and the last line are tried most often: they have only one neighbor.
    at = chance.choice((0, 1, len(lines) - 1, chance.randrange(len(lines))))
    if tamper in (swap, repeat):
        at = max(at, 1)
    if tamper is remove_three:
        at = min(at, len(lines) - 3)
    expected = {("audit.jsonl", row + 1, kind) for row, kind in tamper(lines, at)}
    path.write_bytes(b"\n".join(lines) + b"\n")
    found = {problem for problem in problems_of(path) if problem[2] != "unfinished"}
    assert found == expected


def test_reader_valid_file_has_no_problem(tmp_path):
    assert problems_of(write(tmp_path / "audit.jsonl")) == []


def test_reader_unfinished_line_reported_as_truncated(tmp_path):
    path = write(tmp_path / "audit.jsonl")
    with path.open("ab") as file:
        file.write(b'{"time":')
    assert problems_of(path) == [("audit.jsonl", 41, "cut_off")]


def test_reader_line_added_while_reading_is_no_problem(tmp_path, monkeypatch):
    """A writer adds lines after the end of the file was reached, or just before it is read."""
    path = write(tmp_path / "a")
    read, numbers = audit_reader._read, [47, 45, 43, 41]

    def late(file):
        yield from read(file)
        write(path, 2, numbers.pop())

    monkeypatch.setattr(audit_reader, "_read", late)
    assert problems_of(path) == []


def test_reader_requested_without_result_is_unfinished(tmp_path):
    path = write(tmp_path / "audit.jsonl", 5)
    assert problems_of(path) == [("audit.jsonl", 5, "unfinished")]


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_reader_rotated_files_are_one_chain(tmp_path, suffix, pack):
    path = tmp_path / "audit.jsonl"
    packed = tmp_path / f"audit.jsonl.2.{suffix}"
    packed.write_bytes(pack(write(path, 10).read_bytes()))
    path.unlink()
    os.rename(write(path, 10, 11), tmp_path / "audit.jsonl.1")
    write(path, 10, 21)
    files = [path, packed, tmp_path / "audit.jsonl.1", path]
    assert problems_of(*files) == []
    assert problems_of(path, packed) == [("audit.jsonl", 1, "missing")]
    assert problems_of(path, first_line=21) == []
    assert problems_of(path) == [("audit.jsonl", 1, "missing")]


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_reader_truncated_archive_is_unreadable(tmp_path, suffix, pack):
    packed = tmp_path / f"audit.jsonl.{suffix}"
    data = pack(write(tmp_path / "audit.jsonl", 2000).read_bytes())
    (tmp_path / f"audit.jsonl{HEAD}").unlink()
    packed.write_bytes(data[: len(data) // 2])
    assert "unreadable" in {kind for _file, _row, kind in problems_of(packed)}


def test_reader_missing_file_is_unreadable(tmp_path):
    assert problems_of(tmp_path / "none") == [("none", 1, "unreadable")]


def test_reader_memory_independent_of_file_size(tmp_path, monkeypatch):
    monkeypatch.setattr(audit_reader, "MOST_KEPT", 100)

    def peak(count):
        path = tmp_path / f"{count}.jsonl"
        file = AuditFile(str(path))
        file.append([entry_of(2 * number + 1, run=f"run{number}") for number in range(count)])
        file.close()
        tracemalloc.start()
        problems_of(path)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(10_000) < peak(1_000) * 1.5


def test_reader_endless_line_truncated(tmp_path):
    path = write(tmp_path / "audit.jsonl", 2)
    with path.open("ab") as file:
        file.write(b"x" * 10_000_000 + b"\n")
    tracemalloc.start()
    found = problems_of(path)
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [("audit.jsonl", 3, "cut_off")]
    assert size < 2_000_000
