# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of the code: imports point down, tasks have one place, and files stay small."""

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

PICTURE = COLLECTION / "docs" / "architecture.md"
PEERS = {"_actions", "_views"}
"""Packages that do not import each other."""


def drawn_layers() -> list[list[str]]:
    """Return the files of plugins/module_utils in the picture, row by row from top to bottom.

    A file is PACKAGE/NAME, or NAME at the root.
    """
    text = PICTURE.read_text(encoding="utf-8")
    picture = re.search(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert picture, f"{PICTURE.name} has no picture of the layers."
    layers, package = [], ""
    for indent, names, slash in re.findall(r"^\| ( *)(\w+(?: \w+)*)(/?) ", picture.group(1), re.MULTILINE):
        if slash:
            package = f"{names}/"
        else:
            layers.append([f"{package}{name}" if indent else name for name in names.split()])
    return layers


OURS = f"ansible_collections.{NAME}"
LAYERS = drawn_layers()
DEPTHS = {name: depth for depth, layer in enumerate(LAYERS) for name in layer}
PLUGINS = COLLECTION / "plugins"
UTILS = PLUGINS / "module_utils"
SOURCES = sorted({*PLUGINS.rglob("*.py"), *(COLLECTION / "extensions").glob("eda/**/*.py")})
ROLE_SOURCES = sorted((COLLECTION / "roles").glob("*/files/**/*.py"))

LONGEST = {"modules": 40, "module_utils": 200}
"""Maximum lines of code in a file of plugins/X."""
DOCUMENTS = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


def each(paths: list[Path]):
    """Create a test for each file."""
    return pytest.mark.parametrize("path", paths, ids=titled)


def kind(path: Path) -> str:
    """Return the folder of plugins of a file at any depth; "" for a file of another folder."""
    return path.relative_to(PLUGINS).parts[0] if PLUGINS in path.parents else ""


def unit(path: Path) -> str:
    """Return the name of a file of module_utils in the picture; "" for every other file."""
    return path.relative_to(UTILS).with_suffix("").as_posix() if UTILS in path.parents else ""


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> list[tuple[int, str]]:
    """Return (line, dotted name) of all imports in a file, including names of from-imports."""
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
        value = node.value if isinstance(node, ast.Expr) else None
        text = isinstance(value, ast.Constant) and isinstance(value.value, str)
        document = isinstance(node, ast.Assign) and {getattr(name, "id", None) for name in node.targets} & DOCUMENTS
        if text or document:
            lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return len(lines)


def test_layers_picture_shows_every_file():
    placed = [name for layer in LAYERS for name in layer]
    twice = {name for name in placed if placed.count(name) > 1}
    assert not twice, f"Twice in the picture of {PICTURE.name}: {twice}; show each once."
    files = {unit(path) for path in UTILS.rglob("*.py")}
    assert not files - set(placed), f"Not in the picture of {PICTURE.name}: {files - set(placed)}; add each."
    assert not set(placed) - files, f"No such file: {set(placed) - files}; remove it from {PICTURE.name}."


@each(SOURCES)
def test_layers_imports_point_down(path):
    name = unit(path)
    for line, imported in imports(path):
        if not imported.startswith(f"{OURS}.plugins."):
            assert not imported.startswith("ansible_collections."), f"{titled(path)}:{line} uses another collection."
            continue
        kind, _dot, rest = imported.removeprefix(f"{OURS}.plugins.").partition(".")
        assert kind == "module_utils", (
            f"{titled(path)}:{line} imports {imported}, a plugin; move what both need to plugins/module_utils."
        )
        parts = rest.split(".")
        used = next((known for known in ("/".join(parts[:2]), parts[0]) if known in DEPTHS), None)
        assert used, f"{titled(path)}:{line} imports {imported}; name a file of module_utils there."
        assert DEPTHS[used] > DEPTHS.get(name, -1), (
            f"{titled(path)}:{line} imports {used}, which is not below it in {PICTURE.name}; "
            "pass it as an argument, or move the code down."
        )
        assert {name.partition("/")[0], used.partition("/")[0]} != PEERS, (
            f"{titled(path)}:{line} imports {used}; {' and '.join(sorted(PEERS))} do not import each other."
        )


@each(SOURCES)
def test_only_transport_imports_http_library(path):
    if unit(path) == "_client/transport":
        return
    for line, name in imports(path):
        assert name.partition(".")[0] not in ("requests", "urllib3"), (
            f"{titled(path)}:{line} imports {name}; use _client/transport, or export it there."
        )


@each(SOURCES)
def test_only_module_ends_task(path):
    if unit(path) == "_module":
        return
    for node in ast.walk(tree_of(path)):
        assert not (isinstance(node, ast.Attribute) and node.attr in ("exit_json", "fail_json")), (
            f"{titled(path)}:{node.lineno} uses {node.attr}; return a result or raise a CitrixError, _module does it."
        )


@each(SOURCES)
def test_errors_caught_by_name(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.walk(node.type) if node.type else [ast.Name("BaseException")]
            assert not {getattr(name, "id", None) for name in caught} & {"Exception", "BaseException"}, (
                f"{titled(path)}:{node.lineno} catches every error, including bugs; name the errors to catch."
            )


@each([path for path in SOURCES if kind(path) in LONGEST])
def test_files_within_line_limit(path):
    longest = LONGEST[kind(path)]
    count = code_lines(path)
    assert count <= longest, f"{titled(path)} has {count} lines of code, {longest} are allowed; split it by concern."


@each(ROLE_SOURCES)
def test_files_of_roles_import_standard_library_only(path):
    files = next(parent for parent in path.parents if parent.name == "files")
    known = {*sys.stdlib_module_names, *(entry.stem for entry in files.iterdir())}
    for line, name in imports(path):
        relative = name.startswith(f"{OURS}.roles.")
        assert relative or name.partition(".")[0] in known, (
            f"{titled(path)}:{line} imports {name}; only Python's standard library is always installed."
        )
