# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the last result of this collection, and the message of a failure, to LAST_RESULT."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase

OWN = "sessionops.citrix."


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "last_result"

    def __init__(self):
        super().__init__()
        self._kept = {"result": {}, "failure": None}

    def v2_runner_on_ok(self, result):
        self._keep(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._keep(result)
        self._kept["failure"] = str(result.result.get("msg"))

    def v2_playbook_on_stats(self, stats):
        Path(os.environ["LAST_RESULT"]).write_text(json.dumps(self._kept), encoding="utf-8")

    def _keep(self, result):
        if str(result.task.action).startswith(OWN):
            # Ansible writes a note about the missing traceback into "exception".
            text = {name: value for name, value in result.result.items() if name != "exception"}
            self._kept["result"] = json.loads(json.dumps(text, default=str))
