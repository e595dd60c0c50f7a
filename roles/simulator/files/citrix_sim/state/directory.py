# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name users and machines as in Active Directory, in Entra ID, or in a mix with gaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from .names import Names

DOMAIN = "LAB"
PARTNER = "PARTNER"
DNS_SUFFIXES = {DOMAIN: "lab.example", PARTNER: "partner.example"}
DOMAIN_SIDS = {
    DOMAIN: "S-1-5-21-1000000001-2000000002-3000000003",
    PARTNER: "S-1-5-21-1000000004-2000000005-3000000006",
}
_ENTRA_SID = "S-1-12-1-1000000007-2000000008-3000000009"

# Members of a User block, with their names in the API.
User = Mapping[str, Any]


class Identity(Protocol):
    """Names of users and machines by index."""

    def account(self, index: int) -> str:
        """Return the account of a user."""

    def user(self, index: int) -> User:
        """Return the members of a session's User block."""

    def sparse(self, index: int) -> User:
        """Return the members of a User block with few members."""

    def machine(self, index: int) -> tuple[str, str]:
        """Return Name and DnsName of a machine."""


class ActiveDirectory(NamedTuple):
    """Every 20th user is of a second domain and has the name of the previous user: two users."""

    names: Names

    def _account(self, index: int) -> tuple[str, int]:
        """Return the domain of a user, and the number in the name."""
        return (PARTNER, index) if index % 20 == 13 else (DOMAIN, index + 1)

    def account(self, index: int) -> str:
        """Return ``DOMAIN\\name``."""
        domain, number = self._account(index)
        return f"{domain}\\{self.names.user(number)}"

    def user(self, index: int) -> User:
        """Return the complete block."""
        domain, number = self._account(index)
        sam, suffix, display_name = self.names.user(number), DNS_SUFFIXES[domain], f"User {number:03d}"
        return {
            "DisplayName": display_name,
            "SamName": f"{domain}\\{sam}",
            "SamAccountName": sam,
            "CommonName": display_name,
            "PrincipalName": f"{sam}@{suffix}",
            "Sid": f"{DOMAIN_SIDS[domain]}-{1001 + index}",
            "Name": f"{domain}\\{sam}",
            "Domain": suffix,
            "Forest": suffix,
        }

    def sparse(self, index: int) -> User:
        """Return only Name and Sid, as in the published sample."""
        domain, number = self._account(index)
        sid = f"{DOMAIN_SIDS[domain]}-{1001 + index}"
        return {"Sid": sid, "Name": f"{domain}\\{self.names.user(number)}"}

    def machine(self, index: int) -> tuple[str, str]:
        r"""Return ``DOMAIN\NAME``, and the DNS name without the characters that DNS does not allow."""
        return f"{DOMAIN}\\{self.names.host(index + 1)}", f"vda-{index + 1:03d}.{DNS_SUFFIXES[DOMAIN]}"


class EntraId(NamedTuple):
    r"""Users as ``AzureAD\UPN`` without a PrincipalName; machines without domain and DNS name."""

    names: Names

    def _principal(self, index: int) -> str:
        return f"{self.names.user(index + 1)}@{DNS_SUFFIXES[DOMAIN]}"

    def account(self, index: int) -> str:
        """Return ``AzureAD\\UPN``."""
        return f"AzureAD\\{self._principal(index)}"

    def user(self, index: int) -> User:
        """Return the account, a display name and a SID."""
        return {"DisplayName": f"User {index + 1:03d}", "PrincipalName": None, **self.sparse(index)}

    def sparse(self, index: int) -> User:
        """Return only Name and Sid."""
        return {"Sid": self._sid(index), "Name": self.account(index)}

    def by_principal(self, index: int) -> User:
        """Return the UPN and the SID, without an account."""
        return {"PrincipalName": self._principal(index), "Sid": self._sid(index)}

    def _sid(self, index: int) -> str:
        return f"{_ENTRA_SID}-{1001 + index}"

    def machine(self, index: int) -> tuple[str, str]:
        """Return a name with dots, and no DNS name."""
        return f"{self.names.host(index + 1)}.{DNS_SUFFIXES[DOMAIN]}", ""


class Hybrid(NamedTuple):
    """Use both directories in turn, with the gaps and duplicates that sites report.

    Of seven sessions, two are complete; one has the previous user without the UPN; one has an Entra user, and one the
    same user by UPN only; one has no data of its user; one has only SamName and SID. Of five machines, one has no
    domain, and one is an old record with the DNS name of the previous machine.
    """

    local: ActiveDirectory
    entra: EntraId

    def account(self, index: int) -> str:
        """Return the account, also if the session does not show it."""
        turn = index % 7
        if turn in (3, 4):
            return self.entra.account(index - (turn == 4))
        return self.local.account(index - (turn == 2))

    def user(self, index: int) -> User:
        """Return the members for the turn of the session."""
        turn = index % 7
        if turn == 2:
            return self.local.sparse(index - 1)
        if turn == 3:
            return self.entra.user(index)
        if turn == 4:
            return self.entra.by_principal(index - 1)
        if turn == 5:
            return {}
        whole = self.local.user(index)
        return {name: whole[name] for name in ("SamName", "Sid")} if turn == 6 else whole

    def sparse(self, index: int) -> User:
        """Return the account and the SID if the turn has an account, else the members of the turn."""
        given = self.user(index)
        return {name: given[name] for name in ("Sid", "Name")} if "Name" in given else given

    def machine(self, index: int) -> tuple[str, str]:
        """Return the names for the turn of the machine."""
        turn = index % 5
        if turn == 1:
            return self.entra.machine(index)
        if turn == 3:
            name, dns_name = self.local.machine(index - 1)
            return f"{PARTNER}\\{name.partition(chr(92))[2]}", dns_name
        return self.local.machine(index)


DIRECTORIES = ("active_directory", "entra", "hybrid")


def make_directory(kind: str, names: Names) -> Identity:
    """Return the directory of a kind, one of ``DIRECTORIES``."""
    if kind == "hybrid":
        return Hybrid(ActiveDirectory(names), EntraId(names))
    return EntraId(names) if kind == "entra" else ActiveDirectory(names)
