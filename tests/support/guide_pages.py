# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the guides of the documentation, and the blocks of code in them."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

from support.simulator_process import COLLECTION

DOCSITE = COLLECTION / "docs" / "docsite"
GUIDES = sorted((DOCSITE / "rst").glob("*.rst"))
TROUBLESHOOTING = DOCSITE / "rst" / "guide_troubleshooting.rst"

DIRECTIVE = re.compile(r"^( *)\.\. code-block:: *(\S+)\n((?: +:\w+:.*\n)*)\n((?:\1 +.*\n|\n)+)", re.MULTILINE)
LIVE_SITE = re.compile(r"^ *\.\. live-site\n\n\Z", re.MULTILINE)


class Block(NamedTuple):
    """A block of code: its language, its text, the file that it represents ("" for none)."""

    language: str
    text: str
    file: str
    live: bool
    """Whether it is marked for a live site."""

    @property
    def commands(self) -> list[str]:
        """The commands in a console: text after a prompt, including continued lines."""
        return re.findall(r"^\$ ((?:.*\\\n)*.*)$", self.text, re.MULTILINE)


def blocks(page: Path) -> list[Block]:
    """Return the blocks of code of a page."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in DIRECTIVE.finditer(text):
        _indent, language, options, body = match.groups()
        caption = re.search(r":caption: *(\S+)", options)
        live = bool(LIVE_SITE.search(text, 0, match.start()))
        found.append(Block(language, textwrap.dedent(body).strip() + "\n", caption.group(1) if caption else "", live))
    return found
