# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: alert_user
short_description: Extract the user name from an alert
version_added: 1.0.0
author:
  - The sessionops.citrix contributors (!UNKNOWN)
description:
  - >-
    Filters events of C(eda.builtin.webhook) with the JSON body C({"user": "DOMAIN\\name"}).
  - Replaces the event with C(alert), which is C(accepted), C(rejected) or C(limited), and C(user) if it is accepted.
    The value of C(user) is a Python literal in ASCII, including quotes, which a template in a rulebook converts back to
    the name. Without that, ansible-rulebook would corrupt characters beyond U+FFFF and the variables of the play.
  - An alert is rejected unless C(user) is one user name. Wildcards, braces, line breaks and hidden characters are
    invalid. All other content of the alert is removed.
  - An alert is limited if as many alerts as O(per_hour) were accepted within the last hour. The count starts again with
    ansible-rulebook.
options:
  per_hour:
    description:
      - Maximum number of accepted alerts in an hour. With a value that is not a whole number, no alert is accepted.
      - If not set, the environment variable E(CITRIX_ALERTS_PER_HOUR) is used, then V(20).
    type: int
"""

EXAMPLES = r"""
- name: Show the users in alerts
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

import os
import re
import time
import unicodedata
from collections import deque
from typing import Any

PART = r'[^\\@"/\[\]:;|=,+*?<>{}%]{1,256}'
"""A user or a domain: without characters that Windows forbids in names, and those of templates, and no longer than any.

A longer one would not fit into the command line of the playbook.
"""
USER = re.compile(rf"(?=\S)({PART}[\\@])?{PART}")
HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of invisible characters, and of surrogates."""

HOUR = 3600

_accepted: deque[float] = deque()
"""Times of the alerts that were accepted within the last hour."""


def main(event: dict[str, Any], per_hour: object = None) -> dict[str, Any]:
    """Return the event with the validated user."""
    payload = event.get("payload")
    user = payload.get("user") if isinstance(payload, dict) else None
    if not isinstance(user, str) or not USER.fullmatch(user) or any(map(_is_hidden, user)):
        return {"alert": "rejected"}
    now = time.monotonic()
    while _accepted and _accepted[0] <= now - HOUR:
        _accepted.popleft()
    if len(_accepted) >= _limit(os.environ.get("CITRIX_ALERTS_PER_HOUR") or 20 if per_hour is None else per_hour):
        return {"alert": "limited"}
    _accepted.append(now)
    return {"alert": "accepted", "user": ascii(user)}


def _limit(given: object) -> int:
    text = str(given).strip()
    return int(text) if text.isascii() and text.isdigit() else 0


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in HIDDEN
