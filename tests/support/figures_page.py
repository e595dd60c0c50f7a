# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write tables of figures to pages of the documentation, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

END = "<!-- figures: end -->"


def begin(maker: str) -> str:
    """Return the mark before the figures of a page; maker: their command, as in "make bench"."""
    return f"<!-- figures: begin (written by {maker}) -->"


def write(page: Path, maker: str, text: str) -> None:
    """Write a text between the two marks of a page; ValueError without both of them."""
    old = page.read_text(encoding="utf-8")
    before, mark, rest = old.partition(begin(maker))
    _figures_before, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"{page} lacks the lines {begin(maker)} and {END}")
    page.write_text(f"{before}{mark}\n\n{text}\n{END}{after}", encoding="utf-8")


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """Return a table; numbers: the columns that are aligned to the right."""
    widths = [max(len(row[column]) for row in (titles, *rows)) for column in range(len(titles))]
    right = set(numbers)

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths))
        )
        return f"| {' | '.join(padded)} |\n"

    rule = ["-" * (width - 1) + (":" if column in right else "-") for column, width in enumerate(widths)]
    return "".join(line(cells) for cells in (titles, rule, *rows))
