# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Search conditions in the terms of the API."""

    DOCUMENTATION = r"""
options:
  search_filters:
    description:
      - Further search conditions of the API, all of which must match. They are passed to the API unchanged.
    type: list
    elements: dict
    suboptions:
      property:
        description: Property to compare, such as C(RegistrationState) of machines or C(ClientName) of sessions.
        type: str
        required: true
      operator:
        description: Comparison operator, such as C(Equals), C(Contains), C(StartsWith) or C(GreaterThan).
        type: str
        default: Equals
      value:
        description: Value to compare with, as text.
        type: str
"""
