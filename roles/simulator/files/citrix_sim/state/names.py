# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name the objects of a fleet: plain names, or names that clients must quote."""

from __future__ import annotations

from typing import NamedTuple


class Names(NamedTuple):
    """Names of groups, applications and catalogs, with folders, and first parts of other names.

    A backslash ends a folder. The first catalog has multi-session machines, the second single-session ones. Hosts and
    users have the first parts in turn, followed by a number of at least three digits.
    """

    groups: tuple[str, ...]
    applications: tuple[str, ...]
    catalogs: tuple[str, str]
    hosts: tuple[str, ...]
    users: tuple[str, ...]

    def host(self, number: int) -> str:
        """Return the name of a machine in its domain."""
        return f"{self.hosts[number % len(self.hosts)]}{number:03d}"

    def user(self, number: int) -> str:
        """Return the name of a user in the domain."""
        return f"{self.users[number % len(self.users)]}{number:03d}"


# "%41" is an "A" after decoding twice; \u0131 is the Turkish i without a dot. The number of first parts has no common
# factor with the turns of the kinds of machines and sessions, so that each kind has each first part.
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
        users=("o'brien ", "Ünal-\u0131 ", "İpek.ñ ", "r&d~Ä ", "50%41#", "日本 'x', ", "a+b$ "),
    ),
}
