# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  reason:
    description:
      - Reason for the run, such as the number of a ticket or incident. Each line of the audit trail contains it.
      - If not set, the environment variable E(CITRIX_REASON) is used.
    type: str
  audit_log:
    description:
      - File of the audit trail on the host where the module runs, as an absolute path. It is created with mode 0600 and
        appended to.
      - The module writes a JSON line before each request that starts or stops a recording or sends a message, and one
        with the result. If the file cannot be written, no such request is sent. Check mode writes no line.
      - The same lines are sent to the system log if the host has one. Without either, a warning is issued.
      - Several runs can share a file, and it can be rotated at any time. See
        R(Audit and accountability,ansible_collections.sessionops.citrix.docsite.guide_audit).
      - If not set, the environment variable E(CITRIX_AUDIT_LOG) is used.
    type: path
notes:
  - The administrator of the host can limit all tasks with a guard file, named by E(CITRIX_GUARD) or
    C(/etc/sessionops.citrix/guard.yml). See
    R(Limit recordings with a guard,ansible_collections.sessionops.citrix.docsite.guide_guard).
"""
