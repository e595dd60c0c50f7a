# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pass the job of AWX to the modules that write, for their audit trail."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalActionModule

VARIABLES = {"JOB_ID": "job_id", "JOB_TEMPLATE": "job_template_name", "USER": "user_name"}
"""Environment variables of the modules without CITRIX_AWX_, and variables of AWX without awx_ or tower_."""


class ActionModule(NormalActionModule):
    """Run the module as Ansible does, with the job of AWX in its environment."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        known = task_vars or {}
        job = {
            f"CITRIX_AWX_{variable}": str(known[name])
            for variable, suffix in VARIABLES.items()
            for name in (f"tower_{suffix}", f"awx_{suffix}")
            if name in known
        }
        self._task.environment = [job, *(self._task.environment or [])]
        return super().run(tmp, task_vars)
