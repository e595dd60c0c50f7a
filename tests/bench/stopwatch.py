# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command from a process with little memory, and write its time and memory to a file.

stopwatch.py FILE COMMAND...: {"code", "seconds", "peak_mb"}; the peak is that of the largest process of the command.

Linux counts the memory of the starting process as memory of a started process, so this process must be small.
"""

import json
import os
import subprocess
import sys
import time


def main() -> int:
    file, *command = sys.argv[1:]
    began = time.monotonic()
    process = subprocess.Popen(command)
    _pid, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    figures = {"code": process.returncode, "seconds": seconds, "peak_mb": usage.ru_maxrss / 1024}
    with open(file, "w", encoding="utf-8") as output:
        json.dump(figures, output)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
