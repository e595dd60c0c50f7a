# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The User of a session, in the three forms met: complete, hardly anything, anonymous."""

from __future__ import annotations

from typing import Any

from .fleet import ANONYMOUS, DNS_SUFFIXES, SPARSE, Session

# Order, nulls and empty strings of the published session sample.
_SPARSE: dict[str, Any] = {
    "DisplayName": "",
    "SamName": None,
    "SamAccountName": None,
    "CommonName": None,
    "PrincipalName": "",
    "Oid": None,
    "Sid": None,
    "GroupSids": None,
    "DenyOnlySids": None,
    "PasswordCanExpire": None,
    "DaysUntilPasswordExpiry": None,
    "IsBuiltIn": None,
    "IsGroup": None,
    "Name": None,
    "StreetAddress": None,
    "City": None,
    "State": None,
    "Country": None,
    "Mail": None,
    "TelephoneNumber": None,
    "HomePhone": None,
    "Mobile": None,
    "Enabled": None,
    "Locked": None,
    "PropertiesFetched": 0,
    "Claims": None,
    "Directory": None,
    "Domain": None,
    "Forest": None,
    "Guid": None,
    "DistinguishedName": None,
    "CanonicalName": None,
    "PossibleLookupFailure": False,
    "DirectoryServer": None,
}


def user_json(session: Session) -> dict[str, Any]:
    """The User block of a session."""
    user = dict(_SPARSE)
    if session.kind == ANONYMOUS:
        user.update(SamName="", Name="")
        return user
    user.update(Sid=session.sid, Name=session.account)
    if session.kind != SPARSE:
        suffix = DNS_SUFFIXES[session.domain]
        user.update(
            DisplayName=session.display_name,
            SamName=session.sam,
            SamAccountName=session.sam,
            CommonName=session.display_name,
            PrincipalName=session.principal,
            Domain=suffix,
            Forest=suffix,
        )
    return user
