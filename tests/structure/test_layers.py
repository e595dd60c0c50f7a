# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of the code: imports point down, what one file alone may do no other does, and files stay small."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from functools import cache
from pathlib import Path

import pytest
from collection_tree import COLLECTION, NAME, titled

LAYERS = (
    ("_module",),
    ("_policy",),
    ("_converge", "_report"),
    ("_coverage", "_events", "_messages", "_recording"),
    ("_entries",),
    ("_inventory", "_selection"),
    ("_query",),
    ("_groups", "_machines"),
    ("_sessions", "_sites", "_users"),
    ("_calls", "_search"),
    ("_batches",),
    ("_jobs",),
    ("_api",),
    ("_auth", "_watch"),
    ("_pace",),
    ("_brake", "_transport"),
    ("_files", "_options", "_threads"),
    ("_deployments", "_errors", "_hints"),
    ("_progress", "_rate", "_text", "_times"),
)
"""The files of plugins/module_utils, top to bottom. A file imports from the layers below its own, not from its peers.
All other plugins stand above them and import what they like of them, but not one another."""

OURS = f"ansible_collections.{NAME}"
DEPTHS = {name: depth for depth, layer in enumerate(LAYERS) for name in layer}
UTILS = [path for path in (COLLECTION / "plugins" / "module_utils").rglob("*.py") if path.stem != "__init__"]
SOURCES = sorted({*(COLLECTION / "plugins").rglob("*.py"), *(COLLECTION / "extensions").glob("eda/**/*.py")})
ROLE_SOURCES = sorted((COLLECTION / "roles").glob("*/files/**/*.py"))

LONGEST = {"modules": 40, "module_utils": 200}
"""Most lines of code in a file of plugins/X."""
DOCUMENTS = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


def each(paths: list[Path]):
    """Make a test of each file."""
    return pytest.mark.parametrize("path", paths, ids=titled)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> list[tuple[int, str]]:
    """Return (line, dotted name) of all that a file imports, wherever in it; of a from-import also what it takes."""
    package = ["ansible_collections", *NAME.split("."), *path.relative_to(COLLECTION).parent.parts]
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            names = [".".join([*base, *filter(None, [node.module]), alias.name]) for alias in node.names]
            found += [(node.lineno, name) for name in names]
    return found


def code_lines(path: Path) -> int:
    """Count the lines of a file without comments, blanks, docstrings and documents."""
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type not in silent:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree_of(path)):
        told = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        document = isinstance(node, ast.Assign) and {getattr(name, "id", None) for name in node.targets} & DOCUMENTS
        if told or document:
            lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return len(lines)


def test_every_file_of_module_utils_is_in_one_layer():
    placed = [name for layer in LAYERS for name in layer]
    twice = {name for name in placed if placed.count(name) > 1}
    assert not twice, f"In two layers: {twice}; leave each in one of LAYERS in {Path(__file__).name}."
    files = {path.stem for path in UTILS}
    assert not files - set(placed), f"Not placed: {files - set(placed)}; put each into LAYERS in {Path(__file__).name}."
    assert not set(placed) - files, f"No such file: {set(placed) - files}; take it out of LAYERS."


def test_the_picture_shows_the_layers():
    text = (COLLECTION / "docs" / "architecture.md").read_text(encoding="utf-8")
    picture = re.search(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert picture, "docs/architecture.md has no picture of the layers any more."
    drawn = [tuple(line.split()) for line in re.findall(r"^\| ((?:_\w+ )+)", picture.group(1), re.MULTILINE)]
    assert drawn == list(LAYERS), f"docs/architecture.md (left) and LAYERS in {Path(__file__).name} differ"


@each(SOURCES)
def test_imports_point_down(path):
    depth = DEPTHS.get(path.stem, -1) if path in UTILS else -1
    for line, name in imports(path):
        if not name.startswith(f"{OURS}.plugins."):
            assert not name.startswith("ansible_collections."), f"{titled(path)}:{line} uses another collection."
            continue
        kind, _dot, rest = name.removeprefix(f"{OURS}.plugins.").partition(".")
        assert kind == "module_utils", (
            f"{titled(path)}:{line} imports {name}, a plugin; move what both need to plugins/module_utils."
        )
        used = rest.partition(".")[0]
        assert used in DEPTHS, f"{titled(path)}:{line} imports {name}; name a file of module_utils there."
        assert DEPTHS[used] > depth, (
            f"{titled(path)}:{line} imports {used}, which is not below it (see LAYERS in {Path(__file__).name}); "
            "hand it in as an argument, or move what is needed further down."
        )


@each(SOURCES)
def test_only_the_transport_knows_the_http_library(path):
    if path.stem == "_transport":
        return
    for line, name in imports(path):
        assert name.partition(".")[0] not in ("requests", "urllib3"), (
            f"{titled(path)}:{line} imports {name}; let _transport do it, or hand it on from there."
        )


@each(SOURCES)
def test_only_module_ends_a_task(path):
    if path.stem == "_module":
        return
    for node in ast.walk(tree_of(path)):
        assert not (isinstance(node, ast.Attribute) and node.attr in ("exit_json", "fail_json")), (
            f"{titled(path)}:{node.lineno} uses {node.attr}; return a result or raise a CitrixError, _module does it."
        )


@each(SOURCES)
def test_errors_are_caught_by_their_names(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.walk(node.type) if node.type else [ast.Name("BaseException")]
            assert not {getattr(name, "id", None) for name in caught} & {"Exception", "BaseException"}, (
                f"{titled(path)}:{node.lineno} catches everything, bugs too; name the errors that are meant."
            )


@each([path for path in SOURCES if path.parent.name in LONGEST])
def test_files_stay_small(path):
    longest = LONGEST[path.parent.name]
    count = code_lines(path)
    assert count <= longest, (
        f"{titled(path)} has {count} lines of code and {longest} are allowed; it holds two concerns: make it two files."
    )


@each(ROLE_SOURCES)
def test_what_a_role_brings_runs_with_python_alone(path):
    files = next(parent for parent in path.parents if parent.name == "files")
    known = {*sys.stdlib_module_names, *(entry.stem for entry in files.iterdir())}
    for line, name in imports(path):
        relative = name.startswith(f"{OURS}.roles.")
        assert relative or name.partition(".")[0] in known, (
            f"{titled(path)}:{line} imports {name}; do without: only Python's standard library is there in any case."
        )
