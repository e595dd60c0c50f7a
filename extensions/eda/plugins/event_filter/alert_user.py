# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: alert_user
short_description: Keep the user that an alert names, and nothing else
version_added: 1.0.0
author:
  - The sessionops.citrix contributors (!UNKNOWN)
description:
  - >-
    For the events of C(eda.builtin.webhook) with the JSON body C({"user": "DOMAIN\\name"}).
  - Replaces the event by C(alert), which is C(accepted) or C(rejected), and C(user) if it is accepted. The value of
    C(user) is a Python literal in ASCII, quotes included, from which a template of a rulebook gets back the name.
    ansible-rulebook would break characters beyond U+FFFF, and the variables of a play with them.
  - An alert is rejected unless C(user) is one name of a user. Wildcards, braces, line breaks and hidden characters make
    none. Nothing else in the alert is kept.
options: {}
"""

EXAMPLES = r"""
- name: Show whom alerts name
  hosts: localhost
  sources:
    - eda.builtin.webhook:
        port: 5000
      filters:
        - sessionops.citrix.alert_user:
  rules:
    - name: An alert names a user
      condition: event.alert == "accepted"
      action:
        debug:
          msg: "{{ event.user }}"
"""

import re
import unicodedata
from typing import Any

PART = r'[^\\@"/\[\]:;|=,+*?<>{}%]+'
"""A user or a domain: without the characters that Windows forbids in names, and those of templates."""
USER = re.compile(rf"(?=\S)({PART}[\\@])?{PART}")
HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that cannot be seen, and of halves of a character."""


def main(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event that takes the place of this one."""
    payload = event.get("payload")
    user = payload.get("user") if isinstance(payload, dict) else None
    if not isinstance(user, str) or not USER.fullmatch(user) or any(map(_is_hidden, user)):
        return {"alert": "rejected"}
    return {"alert": "accepted", "user": ascii(user)}


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in HIDDEN
