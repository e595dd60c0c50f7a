# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The troubleshooting guide explains each message, and no others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from collection_tree import COLLECTION
from support.guide_pages import TROUBLESHOOTING

SHORTEST = 4
"""Words that only messages contain; a shorter text may be a name or a part of one."""
SQL = re.compile(r"\s*(BEGIN|SELECT|INSERT|DELETE)\b")
SUBJECTS = {"Call", "Request", "Progress", "listing", "searches"}
"""Functions with the subject of messages, as in "read the session X", as an argument."""
SUCCESSES = {
    "Check mode, nothing was sent; a run would process ",
    " (… of … sessions are not recordable)",
    "… of … recordable sessions are recorded",
    "Coverage … %: …; ….",
    "Could not …: HTTP ……; ….…",
}
"""Messages about states, or messages of several explained parts."""
ANSIBLES_OWN = "Messages of Ansible"
"""The section on messages that are not of this collection."""

TEXT = TROUBLESHOOTING.read_text(encoding="utf-8").partition(f"\n{ANSIBLES_OWN}\n")[0]
ROWS = [
    (message, explanation)
    for term, explanation in re.findall(r"^(``.*``)\n((?: +.*\n)+)", TEXT, re.MULTILINE)
    for message in re.findall(r"``(.+?)``", term)
]


class Messages(ast.NodeVisitor):
    """Find the texts of a file that may be shown; … replaces inserted values."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_Expr(self, node: ast.Expr) -> None:
        # A text by itself is documentation.
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if getattr(node.func, "id", None) not in SUBJECTS:
            self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if getattr(node.targets[0], "id", None) not in ("what", "FAMILIES"):
            self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values):
            # The remedies of HTTP statuses are explained with them.
            status = key.value if isinstance(key, ast.Constant) and isinstance(key.value, int) else None
            if status and isinstance(value, ast.Constant):
                self._take(f"HTTP {status} …; {value.value}")
            else:
                self.visit(value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._take(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._take("".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values))

    def _take(self, text: str) -> None:
        if not SQL.match(text):
            self.found.add(text)


def words(text: str) -> int:
    return sum(word[0].isalpha() for word in text.split())


def messages() -> Iterator[tuple[str, str]]:
    """Yield (file, message) for all messages in module_utils."""
    folder = COLLECTION / "plugins" / "module_utils"
    # The guide on the site check explains its checks, see test_site_check_guide.py.
    for path in sorted(set(folder.rglob("*.py")) - set(folder.glob("_checks/*.py"))):
        visitor = Messages()
        visitor.visit(ast.parse(path.read_text(encoding="utf-8")))
        yield from ((path.relative_to(folder).as_posix(), message) for message in sorted(visitor.found - SUCCESSES))


MESSAGES = list(messages())


def is_part(row: str, message: str) -> bool:
    """Return whether the parts of a row are in a message, in order."""
    pieces = [re.escape(piece.strip()) for piece in row.split("…")]
    return bool(re.search(".*".join(pieces), message))


@pytest.mark.parametrize(
    ("file", "message"),
    [(file, message) for file, message in MESSAGES if words(message) >= SHORTEST],
    ids=lambda value: value[:60],
)
def test_troubleshooting_explains_each_message(file, message):
    assert any(is_part(row, message) for row, _explanation in ROWS), (
        f"{file} can show '{message}', and {TROUBLESHOOTING.name} does not explain it; "
        "add an entry, or add the text to an entry with the same cause."
    )


@pytest.mark.parametrize(("row", "explanation"), ROWS, ids=lambda value: value[:60])
def test_troubleshooting_has_only_existing_messages(row, explanation):
    assert any(is_part(row, message) for _file, message in MESSAGES), (
        f"{TROUBLESHOOTING.name} explains '{row}', and no file of module_utils has such a message; "
        "remove it, or copy the text of the message."
    )
    assert "**Cause:**" in explanation and "**Remedy:**" in explanation, f"'{row}': add the cause and the remedy."
