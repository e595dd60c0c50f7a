# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the objects of a fleet are called: plainly, or with all that a careless client trips over."""

from __future__ import annotations

from typing import NamedTuple


class Names(NamedTuple):
    """Names of delivery groups, applications and machine catalogs, where a backslash ends a folder, and how hosts and
    users begin. The first catalog has multi-session machines, the second single-session ones.

    Hosts and users take turns at their beginnings; a number of at least three digits follows.
    """

    groups: tuple[str, ...]
    applications: tuple[str, ...]
    catalogs: tuple[str, str]
    hosts: tuple[str, ...]
    users: tuple[str, ...]

    def host(self, number: int) -> str:
        """The name of a machine inside its domain."""
        return f"{self.hosts[number % len(self.hosts)]}{number:03d}"

    def user(self, number: int) -> str:
        """The name of a user inside the domain."""
        return f"{self.users[number % len(self.users)]}{number:03d}"


# "%41" is an "A" to whoever decodes twice; \u0131 is the Turkish i without a dot. How many beginnings there are has
# no factor in common with the turns of the kinds of machines and sessions: each kind gets each beginning.
NAMES: dict[str, Names] = {
    "plain": Names(
        groups=("Office Desktops", "Engineering", "Contractors"),
        applications=("Text Editor", "Spreadsheet", "Drawing"),
        catalogs=("Multi-session Windows", "Single-session Windows"),
        hosts=("vda-",),
        users=("user",),
    ),
    "folders": Names(
        groups=("Prod\\Office Desktops", "Test\\Office Desktops", "Engineering"),
        applications=("Prod\\Text Editor", "Test\\Text Editor", "Drawing"),
        catalogs=("Prod\\Windows", "Test\\Windows"),
        hosts=("vda-",),
        users=("user",),
    ),
    "hostile": Names(
        groups=("Folder A\\Team/1, 50%41", 'Ärzte & "日本"', "Folder A\\Sub.1\\C#+$ ñ'İ\u0131"),
        applications=("Folder A\\Editor/1, 50%41", 'Übersicht & "Ä+ñ"', "Folder A\\Sub.1\\日本 #1$'İ\u0131"),
        catalogs=("Multi-session Windows", "Single-session Windows"),
        hosts=("vda/Ä ", "VDA%41#", "vda$ñ&+", "日本, 'İ.\u0131\""),
        users=("o'brien ", "Ünal-\u0131 ", "İpek.ñ ", "r&d/Ä ", "50%41#", '日本 "x", ', "a+b$ "),
    ),
}
