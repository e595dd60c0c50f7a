# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The User of a session, in the three forms met: complete, hardly anything, anonymous."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..world.fleet import ANONYMOUS, DNS_SUFFIXES, SPARSE, Session
from .common import Template

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


_DIFFERENT = (
    "DisplayName",
    "SamName",
    "SamAccountName",
    "CommonName",
    "PrincipalName",
    "Sid",
    "Name",
    "Domain",
    "Forest",
)
_USER = Template(_SPARSE, *_DIFFERENT)


@lru_cache(maxsize=4096)
def user_text(session: Session) -> str:
    """The User block of a session, as JSON text."""
    if session.kind == ANONYMOUS:
        return _USER.fill({**_SPARSE, "SamName": "", "Name": ""})
    if session.kind == SPARSE:
        return _USER.fill({**_SPARSE, "Sid": session.sid, "Name": session.account})
    sam, display_name, suffix = session.sam, session.display_name, DNS_SUFFIXES[session.domain]
    return _USER.fill(
        {
            "DisplayName": display_name,
            "SamName": sam,
            "SamAccountName": sam,
            "CommonName": display_name,
            "PrincipalName": session.principal,
            "Sid": session.sid,
            "Name": session.account,
            "Domain": suffix,
            "Forest": suffix,
        }
    )
