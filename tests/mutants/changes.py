# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create the mutants of a file: its code with one small change each."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

COMPARED = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COMPUTED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Mod: ast.Mult}
EXTREMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """A file with one change; name: "_client/retries.py:57 Eq becomes NotEq", equal in each run."""

    name: str
    source: str
    place: int = -1
    """Index of the changed node in the order of ast.walk(); -1 for none."""
    number: int = 0
    """Index of the change among the possible ones."""

    @property
    def code(self) -> str:
        tree = ast.parse(self.source)
        if self.place >= 0:
            node = next(islice(ast.walk(tree), self.place, None))
            _possible(node)[self.number][1]()
        return ast.unparse(ast.fix_missing_locations(tree))


def mutants(file: str, source: str) -> Iterator[Mutant]:
    """Yield the mutants of a file."""
    tree = ast.parse(source)
    annotations = _annotations(tree)
    seen: Counter[str] = Counter()
    for place, node in enumerate(ast.walk(tree)):
        for number, (what, _change) in enumerate([] if node in annotations else _possible(node)):
            line = node.target.lineno if isinstance(node, ast.comprehension) else node.lineno
            name = f"{file}:{line} {what}"
            seen[name] += 1
            yield Mutant(f"{name} ({seen[name]})" if seen[name] > 1 else name, source, place, number)


def _possible(node: ast.AST) -> list[tuple[str, Callable[[], object]]]:
    """Return the changes of a node: a name, and a function that applies the change."""
    if isinstance(node, ast.Compare):
        new = COMPARED[type(node.ops[0])]
        return [(f"{_word(node.ops[0])} becomes {_word(new())}", lambda: node.ops.__setitem__(0, new()))]
    if isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        return [(f"{_word(node.op)} becomes {_word(other())}", lambda: setattr(node, "op", other()))]
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in COMPUTED and not _is_text(node):
        new = COMPUTED[type(node.op)]
        return [(f"{_word(node.op)} becomes {_word(new())}", lambda: setattr(node, "op", new()))]
    if isinstance(node, ast.Constant) and type(node.value) in (bool, int, float):
        changed = not node.value if isinstance(node.value, bool) else node.value + 1
        return [(f"{node.value} becomes {changed}", lambda: setattr(node, "value", changed))]
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        test = node.test
        return [("condition is turned", lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), test)))]
    if isinstance(node, ast.Return) and node.value and not _is_none(node.value):
        return [("returns None", lambda: setattr(node, "value", ast.Constant(None)))]
    if isinstance(node, ast.Name) and node.id in EXTREMES:
        return [(f"{node.id} becomes {EXTREMES[node.id]}", lambda: setattr(node, "id", EXTREMES[node.id]))]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return [("call is dropped", lambda: setattr(node, "value", ast.Constant(None)))]
    if isinstance(node, ast.comprehension) and node.ifs:
        return [("filter is dropped", node.ifs.clear)]
    return []


def _is_none(value: ast.AST) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _is_text(node: ast.AST) -> bool:
    """Return whether an operator may join or format text instead of numbers."""
    return any(isinstance(each, (ast.JoinedStr, ast.Constant)) and _holds_text(each) for each in ast.walk(node))


def _holds_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _annotations(tree: ast.AST) -> set[ast.AST]:
    """Return the nodes in annotations."""
    found = set()
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if getattr(node, name, None):
                found.update(ast.walk(getattr(node, name)))
    return found


def _word(operator: ast.AST) -> str:
    return type(operator).__name__
