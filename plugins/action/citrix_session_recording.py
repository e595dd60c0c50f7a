# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the arguments of modules that write, and pass the job of AWX and the guard to them."""

from __future__ import annotations

import os
from typing import Any

from ansible import context
from ansible.errors import AnsibleActionFail
from ansible.parsing.splitter import split_args
from ansible.plugins.action.normal import ActionModule as NormalActionModule

from ..module_utils._common.guard_file import resembles_variable
from ..module_utils._common.repeats import names, repeated, repeated_keys

VARIABLES = {"JOB_ID": "job_id", "JOB_TEMPLATE": "job_template_name", "USER": "user_name"}
"""Environment variables of the modules without CITRIX_AWX_, and variables of AWX without awx_ or tower_."""


class ActionModule(NormalActionModule):
    """Run the module as Ansible does, with the job of AWX and the guard of the control node."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        self._reject_repeated_options()
        known = task_vars or {}
        job = {
            f"CITRIX_AWX_{variable}": str(known[name])
            for variable, suffix in VARIABLES.items()
            for name in (f"tower_{suffix}", f"awx_{suffix}")
            if name in known
        }
        # Programs such as sudo, which become uses, remove variables of the environment.
        is_local = self._connection.transport == "local"
        guard = {name: value for name, value in os.environ.items() if is_local and resembles_variable(name)}
        self._task.environment = [{**job, **guard}, *(self._task.environment or [])]
        return super().run(tmp, task_vars)

    def _reject_repeated_options(self) -> None:
        """Raise AnsibleActionFail for an option that the text of the arguments sets several times."""
        task = self._task.get_ds() or {}
        texts = [context.CLIARGS.get("module_args"), *map(task.get, (self._task.action, "action", "local_action"))]
        for text in filter(lambda text: isinstance(text, str), texts):
            for name in repeated_keys(text) if text.startswith("{") else repeated(names(split_args(text))):
                raise AnsibleActionFail(
                    f"{name}: the arguments set it several times, and only the last value would apply; set it once, "
                    "with several values in JSON or YAML"
                )
