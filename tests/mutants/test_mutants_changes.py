# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutants have one change each, and are tested by the files that import them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutants.__main__ import chosen, unit_tests
from mutants.changes import mutants
from mutants.reasons import REASONS

UNCHANGED = '''"""Text 1 + 1."""

LIMIT: dict[int, bool]

def f(a: int = None) -> bool:
    """Return 1."""
    return None
'''


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a < b", "a <= b"),
        ("a is not None", "a is None"),
        ("a and b", "a or b"),
        ("a - 1", "a + 1"),
        ("x = True", "x = False"),
        ("x = 5", "x = 6"),
        ("x = min(a)", "x = max(a)"),
        ("f(a)", "None"),
        ("def f():\n    return a", "def f():\n    return None"),
        ("x = [a for a in b if a]", "x = [a for a in b]"),
        ("if a:\n    pass", "if not a:\n    pass"),
    ],
)
def test_mutants_each_kind_of_change_made(source, changed):
    assert changed in [mutant.code for mutant in mutants("x.py", source)]


@pytest.mark.parametrize("source", [UNCHANGED, "x = 'a' + b", "x = f'{a}' % b", "x: Callable[[int], bool] = y"])
def test_mutants_text_and_types_unchanged(source):
    assert list(mutants("x.py", source)) == []


def test_mutants_of_code_differ_and_have_names():
    found = [mutant for _file, mutant in chosen(10**6, 1)]
    assert len(found) > 500
    assert len({mutant.name for mutant in found}) == len(found)
    assert chosen(50, 1) == chosen(50, 1) != chosen(50, 2)


def test_unit_tests_of_file_import_it():
    names = [Path(path).name for path in unit_tests("_client/retries.py")]
    assert names[0] == "test_retries.py"
    assert "test_auth.py" in names and "test_text.py" not in names


def test_reasons_are_about_existing_lines():
    lines = {(file, line.strip()) for file, mutant in chosen(10**6, 1) for line in mutant.source.splitlines()}
    assert set(REASONS) - lines == set()


def test_unit_tests_exist_for_each_file():
    files = {file for file, _mutant in chosen(10**6, 1)}
    assert [file for file in files if not unit_tests(file)] == []
