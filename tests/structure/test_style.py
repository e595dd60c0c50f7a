# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docstrings begin with a short line, and names of tests are short."""

from __future__ import annotations

import ast
from pathlib import Path

CLONE = Path(__file__).parents[2]
SOURCES = [
    path for folder in ("docs", "extensions", "plugins", "roles", "tests") for path in (CLONE / folder).rglob("*.py")
]
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
LONGEST_LINE, LONGEST_NAME = 90, 60


def nodes():
    """Yield (place, node) of everything that has a docstring or a name."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, DOCUMENTED):
                yield f"{path.relative_to(CLONE)}:{getattr(node, 'lineno', 1)}", node


def test_style_docstrings_begin_with_short_sentence():
    first_lines = ((place, (ast.get_docstring(node) or "").partition("\n")[0]) for place, node in nodes())
    long = [f"{place}: {line}" for place, line in first_lines if len(line) > LONGEST_LINE]
    assert not long, f"First lines of docstrings with more than {LONGEST_LINE} characters:\n" + "\n".join(long)


def test_style_test_names_short():
    names = ((place, getattr(node, "name", "")) for place, node in nodes())
    long = [f"{place}: {name}" for place, name in names if name.startswith("test_") and len(name) > LONGEST_NAME]
    assert not long, f"Names of tests with more than {LONGEST_NAME} characters:\n" + "\n".join(long)
