# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit trails of recordings whose end has passed."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

from ansible_collections.sessionops.citrix.plugins.module_utils._actions import audit_lines
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.audit_file import AuditFile

EVENT = {"event": "requested", "action": "start_recording", "stop_at": "2026-01-01T00:00:00Z"}


def write_due(path: str, customer_id: str, site_id: str, sessions: Iterable[dict]) -> None:
    """Append a start to a trail for each of these sessions of the simulator."""
    site = {"customer_id": customer_id, "site_id": site_id}
    with closing(AuditFile(path)) as file:
        for session in sessions:
            names = {name: session[name] for name in ("user", "machine", "delivery_group")}
            file.append([{**dict.fromkeys(audit_lines.FIELDS), **site, **names, **EVENT, "session_id": session["id"]}])
