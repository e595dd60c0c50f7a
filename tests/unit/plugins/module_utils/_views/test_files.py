# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: how a spreadsheet reads a cell, and that a file is complete or unchanged."""

from __future__ import annotations

import csv
import json
import os
import stat
import unicodedata

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._views import files
from hypothesis import given
from hypothesis import strategies as st

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    " =1",
    "\t=1",
    "\r=1",
    "\n=1",
    '"=1"',
    "'=1",
    "\u201c=1\u201d",
    "\u3000=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    "\ufe621",
    "=cmd|' /C calc'!A0",
)
HARMLESS = ("", "LAB\\user001", "a=b", "o'brien", "r&d", "2025-01-06T08:00:30Z", '\u65e5\u672c, "x"', "3=2+1")


@pytest.mark.parametrize("text", FORMULAS)
def test_formula_in_cell_gets_apostrophe(text):
    assert files.cell(text).startswith("'")


@pytest.mark.parametrize("text", HARMLESS)
def test_cell_other_text_unchanged(text):
    assert files.cell(text) == text


@pytest.mark.parametrize("hidden", ["\u200b", "\ufeff", "\u202e"])
def test_cell_hidden_character_escaped(hidden):
    assert files.cell(f"{hidden}=1") == f"{hidden.encode('unicode_escape').decode()}=1"


@given(st.text())
def test_cell_never_formula_or_line_break(text):
    cell = files.cell(text)
    assert cell.isprintable()
    first = unicodedata.normalize("NFKC", cell).lstrip(' "')[:1]
    assert first not in ("=", "+", "-", "@", "\t", "\r")


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_table_read_back_unchanged(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "coverage.csv"
    files.write_csv("dest", str(path), ("one", "other"), rows)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["one", "other"], *([files.cell(text) for text in row] for row in rows)]


def test_file_replaced(tmp_path):
    path = tmp_path / "coverage.json"
    path.write_text("old", encoding="utf-8")
    files.write_json("dest", str(path), {"name": "\u65e5\u672c"})
    assert json.loads(path.read_text(encoding="utf-8")) == {"name": "\u65e5\u672c"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_write_error_keeps_old_file_only(tmp_path):
    path = tmp_path / "coverage.csv"
    path.write_text("old", encoding="utf-8")

    def rows():
        yield ("1",)
        raise OSError(28, "No space left on device")

    with pytest.raises(
        OptionError, match=r"^dest: .*coverage\.csv cannot be written \(No space left on device\); check"
    ):
        files.write_csv("dest", str(path), ("one",), rows())
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_directory_instead_of_file_reported(tmp_path):
    (tmp_path / "coverage.json").mkdir()
    with pytest.raises(OptionError, match=r"^dest: .*cannot be written"):
        files.write_json("dest", str(tmp_path / "coverage.json"), {})
    assert len(list(tmp_path.iterdir())) == 1


def test_pipe_instead_of_file_is_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OptionError, match=r"^report: .*pipe is a device, pipe or socket; set it to a file"):
        files.check_file("report", str(pipe))
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "absent")
    files.check_file("report", str(link))


def test_directory_must_exist_and_be_writable(tmp_path, monkeypatch):
    files.check_folder("dest", str(tmp_path))
    (tmp_path / "file").touch()
    for missing in ("none", "file"):
        with pytest.raises(OptionError, match=r"^dest: directory .* does not exist; create it"):
            files.check_folder("dest", str(tmp_path / missing))
    monkeypatch.setattr(files.os, "access", lambda _path, _mode: False)
    with pytest.raises(OptionError, match=r"^dest: no file can be created in .*; check its owner"):
        files.check_folder("dest", str(tmp_path))


@pytest.mark.parametrize(("path", "problem"), [(" ", "is empty"), ("", "is empty"), ("/dev", "/dev is a directory")])
def test_path_of_file_rejected_with_remedy(path, problem):
    with pytest.raises(OptionError, match=f"^history: {problem}; set it to a file$"):
        files.check_file("history", path)
