# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the modules, roles and playbooks of the installed collection; none is named here."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from support.simulator_process import COLLECTION

__all__ = [
    "COLLECTION",
    "CONNECTED",
    "GALAXY",
    "INVENTORIES",
    "MODULES",
    "NAME",
    "PLAYBOOKS",
    "READMES",
    "ROLES",
    "code",
    "load",
    "rows",
    "titled",
]

NAME = "sessionops.citrix"


def load(path: Path):
    """Return the content of a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


# Not a part of an installed collection.
GALAXY = load(Path(__file__).parents[2] / "galaxy.yml")
MODULES = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("[!_]*.py"))
LOCAL = ("citrix_audit_info", "citrix_coverage_history_info")
CONNECTED = [module for module in MODULES if module not in LOCAL]
"""The modules that call the API; the others have no shared options."""
INVENTORIES = sorted(path.stem for path in (COLLECTION / "plugins" / "inventory").glob("[!_]*.py"))
ROLES = sorted(path.name for path in (COLLECTION / "roles").iterdir() if path.is_dir())
PLAYBOOKS = sorted(path.stem for path in (COLLECTION / "playbooks").glob("*.yml"))
READMES = [COLLECTION / "README.md", *sorted((COLLECTION / "roles").glob("*/README.md"))]


def titled(path: Path) -> str:
    """Return a path as in the clone."""
    return path.relative_to(COLLECTION).as_posix()


def code(cell: str) -> list[str]:
    """Return the text between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def rows(text: str, *titles: str) -> list[list[str]]:
    """Return the cells of these columns of the Markdown tables, row by row; by default all."""
    found = []
    for table in re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE):
        lines = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table.splitlines()]
        if set(titles) <= set(lines[0]):
            columns = [lines[0].index(title) for title in titles] or range(len(lines[0]))
            found += [[line[column] for column in columns] for line in lines[2:]]
    return found
