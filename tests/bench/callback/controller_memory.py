# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the peak memory of ansible-playbook itself in MB to the file in BENCH_CONTROLLER.

From outside, it cannot be separated from that of its child processes.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "controller_memory"

    def v2_playbook_on_stats(self, stats):
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        [peak] = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        Path(os.environ["BENCH_CONTROLLER"]).write_text(json.dumps({"peak_mb": int(peak) / 1024}), encoding="utf-8")
