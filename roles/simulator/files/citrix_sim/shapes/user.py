# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The User block of a session: its own members, the others as in the published sample."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..http.message import encode
from ..state.objects import GeneratedSession, Session
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


_USER = Template(
    _SPARSE,
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


@lru_cache(maxsize=4096)
def user_text(session: Session) -> str:
    """Return the User block of a session, as JSON text."""
    if isinstance(session, GeneratedSession):
        return _USER.fill({**_SPARSE, **session.user})
    return "null" if session.user is None else encode({**_SPARSE, **session.user})


def user_json(session: Session | None) -> dict[str, Any]:
    """Return the user of a session; a block of nulls without a session or a user."""
    return {**_SPARSE, **((session and session.user) or {})}
