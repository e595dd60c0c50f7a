# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders of the simulator: imports point down, and files stay small."""

from __future__ import annotations

from collection_tree import COLLECTION, code, rows, titled
from test_layers import OURS, code_lines, each, imports

LAYERS = (("operations",), ("faults", "shapes"), ("state",), ("http",))
"""The folders of citrix_sim from top to bottom. Files beside them may import any of them."""
LONGEST = 200
"""Maximum lines of code in a file."""

DEPTHS = {folder: depth for depth, layer in enumerate(LAYERS) for folder in layer}
ABOVE = -1
ROOT = COLLECTION / "roles" / "simulator" / "files" / "citrix_sim"
FILES = sorted(ROOT.rglob("*.py"))
PACKAGE = f"{OURS}.roles.simulator.files.citrix_sim."


def test_simulator_folders_all_in_layers():
    folders = {path.relative_to(ROOT).parts[0] for path in FILES if path.parent != ROOT}
    assert folders == set(DEPTHS)


def test_simulator_folders_match_documentation():
    text = (COLLECTION / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown = [code(cell)[0].removesuffix("/") for (cell,) in rows(text, "Folder of the simulator")]
    assert shown == [folder for layer in LAYERS for folder in layer]


@each(FILES)
def test_simulator_imports_point_down(path):
    own = path.relative_to(ROOT).parts[0]
    depth = DEPTHS.get(own, ABOVE)
    for line, name in imports(path):
        assert not name.startswith("citrix_sim"), f"{titled(path)}:{line} imports {name}; use a relative import."
        used = name.removeprefix(PACKAGE).partition(".")[0]
        if depth != ABOVE and name.startswith(PACKAGE) and used != own:
            assert DEPTHS.get(used, ABOVE) > depth, (
                f"{titled(path)}:{line} imports {used}, which is not below {own}; move the shared part further down."
            )


@each(FILES)
def test_simulator_files_within_line_limit(path):
    assert code_lines(path) <= LONGEST, f"{titled(path)} has more than {LONGEST} lines of code; make it two files."
