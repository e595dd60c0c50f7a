# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Conditions of a search in the API's own words."""

    DOCUMENTATION = r"""
options:
  search_filters:
    description:
      - Further conditions, all of which must hold, as the API's searches know them. They are passed on as they are.
    type: list
    elements: dict
    suboptions:
      property:
        description: What to compare, such as C(RegistrationState) of machines or C(ClientName) of sessions.
        type: str
        required: true
      operator:
        description: How to compare, such as C(Equals), C(Contains), C(StartsWith) or C(GreaterThan).
        type: str
        default: Equals
      value:
        description: What to compare with, as text.
        type: str
"""
