# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pass the job of AWX and the guard of the control node to the modules that write."""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalActionModule

VARIABLES = {"JOB_ID": "job_id", "JOB_TEMPLATE": "job_template_name", "USER": "user_name"}
"""Environment variables of the modules without CITRIX_AWX_, and variables of AWX without awx_ or tower_."""
GUARD = "CITRIX_GUARD"


class ActionModule(NormalActionModule):
    """Run the module as Ansible does, with the job of AWX and the guard in its environment."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        known = task_vars or {}
        job = {
            f"CITRIX_AWX_{variable}": str(known[name])
            for variable, suffix in VARIABLES.items()
            for name in (f"tower_{suffix}", f"awx_{suffix}")
            if name in known
        }
        # Programs such as sudo, which become uses, remove variables of the environment.
        is_local = self._connection.transport == "local" and GUARD in os.environ
        guard = {GUARD: os.environ[GUARD]} if is_local else {}
        self._task.environment = [{**job, **guard}, *(self._task.environment or [])]
        return super().run(tmp, task_vars)
