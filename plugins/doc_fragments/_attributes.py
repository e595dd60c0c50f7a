# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of the attributes that modules have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """What holds for every module, for those that change something, and for those that only read."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what a run would change, without changing it.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in diff mode.
  idempotent:
    description: Run again with the same options, it changes nothing if nothing has changed since.
  platform:
    description: Where the module can run.
    support: full
    platforms: posix
  action_group:
    description: Use C(group/sessionops.citrix.citrix) in C(module_defaults) to set the shared options for all modules.
    support: full
    membership:
      - sessionops.citrix.citrix
notes:
  - A task that is interrupted sends nothing more. It waits a few seconds for what is under way, and ends with what it
    did. Each start, stop and message is in the log of the host where the module runs as soon as the API accepts it.
  - The modules talk to the API from the host they run on. Run them on the controller, with the host C(localhost) or
    C(delegate_to), with the Python that has C(requests).
"""

    INFO = r"""
attributes:
  check_mode:
    support: full
    details:
      - This module only reads.
  diff_mode:
    support: N/A
    details:
      - This module only reads.
  idempotent:
    support: full
    details:
      - This module only reads.
"""
