# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Fields of a session to read."""

    DOCUMENTATION = r"""
options:
  fields:
    description:
      - Fields to request, spelled as in the API. Other fields are omitted, which makes the response much smaller.
      - C(Id) is always included. By default all fields are returned.
    type: list
    elements: str
    choices:
      - Id
      - Uid
      - ApplicationsInUse
      - AppState
      - AppStateLastChangeTime
      - FormattedAppStateLastChangeTime
      - Brokering
      - Client
      - Connection
      - ContainerScopes
      - EstablishmentDurationMilliseconds
      - EstablishmentTime
      - FormattedEstablishmentTime
      - IsAnonymousUser
      - IsHidden
      - LogoffInProgress
      - LogonInProgress
      - Machine
      - SessionType
      - StartTime
      - FormattedStartTime
      - State
      - StateChangeTime
      - FormattedStateChangeTime
      - UntrustedUserName
      - User
  recording:
    description:
      - Whether to read the recording status too. That takes one more request for each session.
    type: bool
    default: false
"""
