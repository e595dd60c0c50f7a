# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON of the signed-in administrator and of a site."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ..state.access import ADMINISTRATOR, ON_PREMISES_CUSTOMER, Grant
from ..state.directory import DOMAIN, DOMAIN_SIDS
from ..state.objects import ZONE, make_id
from ..state.state import Site, State
from .common import ref, rfc3339

USER_ID = f"{DOMAIN_SIDS[DOMAIN]}-500"


def grant_end(state: State, grant: Grant) -> str:
    """Return the end of a token as RFC 3339, on the clock of the service."""
    return rfc3339(datetime.fromtimestamp(grant.ends + state.settings.clock_offset, timezone.utc))


def me_json(state: State, grant: Grant) -> dict[str, Any]:
    """Return MeResponseModel: one customer with all sites; on premises with any GUID as its id."""
    generated = grant.customer == ON_PREMISES_CUSTOMER and state.settings.me_customer == "generated"
    return {
        "UserId": USER_ID,
        "DisplayName": ADMINISTRATOR,
        "ExpiryTime": grant_end(state, grant),
        "RefreshExpirationTime": grant_end(state, grant),
        "VerifiedEmail": None,
        "IsCspCustomer": False,
        "Customers": [
            {
                "Id": make_id("customer", 0) if generated else grant.customer,
                "Name": grant.customer,
                "Sites": [{"Id": site.id, "Name": site.name} for site in state.sites],
            }
        ],
    }


def site_json(site: Site) -> dict[str, Any]:
    """Return SiteDetailResponseModel; the API spells ``OrchestationApiVersion`` so."""
    return {
        "Id": site.id,
        "Name": site.name,
        "OrchestationApiVersion": 120,
        "AppProtectionAuthorized": True,
        "ConfigurationServiceGroupUid": None,
        "LicenseServerName": "license.lab.example",
        "LicenseServerPort": 27000,
        "LicenseServerUri": None,
        "LicensingModel": "UserDevice",
        "SiteConfigurationComplete": True,
        "PrimaryZone": ref(ZONE),
        "ProductCode": "XDT",
        "ProductEdition": "PLT",
        "ProductVersion": "7.44",
        "LicenseExpirationDate": None,
        "Metadata": [],
        "SiteServices": [],
        "EnabledFeatures": [],
        "BaseOU": None,
        "ColorDepth": "TwentyFourBit",
        "ConnectionLeasingEnabled": False,
        "DefaultMinimumFunctionalLevel": "L7_20",
        "DefaultDesktopIconId": "1",
        "DnsResolutionEnabled": False,
        "LicenseGraceSessionsRemaining": None,
        "LicensedSessionsActive": site.fleet.size,
        "LicensingGraceHoursLeft": None,
        "LicensingGracePeriodActive": False,
        "LicensingOutOfBoxGracePeriodActive": False,
        "PeakConcurrentLicenseUsers": None,
        "ReuseMachinesWithoutShutdownInOutageAllowed": False,
        "DefaultSecureIcaRequired": False,
        "TotalUniqueLicenseUsers": None,
        "TrustRequestsSentToTheXmlServicePort": False,
        "LicensesWithExpiredSwm": None,
        "GpoDataNoError": True,
        "LicensingAlerts": [],
    }
