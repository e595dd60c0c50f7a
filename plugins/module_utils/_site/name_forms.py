# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognize users and machines that the API names in a form that cannot be compared."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

ENTRA = "azuread\\"
"""Domain of accounts that are named by their UPN: AzureAD\\name@domain."""

ACCOUNT, UPN, ENTRA_ACCOUNT, ACCOUNT_SID, ENTRA_SID = 1, 2, 4, 8, 16
"""Forms of names, as bits. Two users never have the same name in one form, but one user may have unlike names in two:
LAB\\asmith and anna.smith@lab.example."""


UNUSUAL = (ENTRA, "s-1-")
"""Beginnings of folded names without "@" that are not an account."""


def form_of(name: str) -> int:
    """Return the form of a folded name; 0 if it is a SID in the place of a name."""
    if "@" in name.rpartition("\\")[2]:
        return UPN
    if name.startswith(UNUSUAL):
        return ENTRA_ACCOUNT if name.startswith(ENTRA) else 0
    return ACCOUNT


def machine_form(name: str) -> str:
    """Return the form of the folded Name of a machine."""
    domain, backslash, _name = name.rpartition("\\")
    return "alone" if not backslash else "DNS domain" if "." in domain else "domain"


class NameForms:
    """The forms in which the API names the user of each session."""

    def __init__(self) -> None:
        # A byte for each person; person 0 has no name.
        self._forms = array("B", [0])
        self.add = self._forms.append
        """Keeps the forms of the next person."""

    def of(self, person: int) -> int:
        """Return the forms in the session of a person."""
        return self._forms[person]

    def incomparable(self, known: int, owners: Sequence[int], marks: Sequence[int]) -> set[int]:
        """Return the persons without a name in any of the known forms, in any of their sessions.

        owners: the person of each mark. Sessions with a mark in common have one user.
        """
        if known & ENTRA_ACCOUNT:
            # A user with an account of Entra ID in one session has no account of a domain in another.
            known |= ACCOUNT
        found = {person for person, forms in enumerate(self._forms) if not forms & known}
        joined = found
        while joined:
            theirs = {mark for owner, mark in zip(owners, marks) if owner in found}
            comparable = {mark for owner, mark in zip(owners, marks) if mark in theirs and owner not in found}
            joined = {owner for owner, mark in zip(owners, marks) if mark in comparable and owner in found}
            found -= joined
        return found
