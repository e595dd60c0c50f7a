# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the attributes that all modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of all modules, of those that call the API, and of those that only read."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changes that a run would make, without making them.
  diff_mode:
    description: Returns details about the changes made, or to be made in C(check_mode), in diff mode.
  idempotent:
    description: A second run with the same options changes nothing if nothing has changed in between.
  platform:
    description: Platforms on which the module runs.
    support: full
    platforms: posix
requirements:
  - python >= 3.9
"""

    API = r"""
attributes:
  action_group:
    description: Use C(group/sessionops.citrix.citrix) in C(module_defaults) to set the shared options for all modules.
    support: full
    membership:
      - sessionops.citrix.citrix
notes:
  - An interrupted task sends no further requests. It waits a few seconds for requests in progress and reports the
    changes it made. The host that runs the module logs each start, stop and message as soon as the API accepts it.
  - The modules call the API from the host they run on. Run them on the controller, on C(localhost) or with
    C(delegate_to), with a Python that has C(requests).
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
