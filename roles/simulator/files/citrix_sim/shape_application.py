# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON of a published application."""

from __future__ import annotations

from typing import Any

from .fleet import Ref
from .shape_common import split_name


def application_json(application: Ref) -> dict[str, Any]:
    """The plainest ApplicationResponseModel; Name is the one inside its folder."""
    folder, name = split_name(application.name)
    return {
        "Id": application.id,
        "Uid": application.uid,
        "ApplicationFolder": folder,
        "ApplicationType": "HostedOnDesktop",
        "Enabled": True,
        "Name": name,
        "PublishedName": name,
        "Visible": True,
    }
