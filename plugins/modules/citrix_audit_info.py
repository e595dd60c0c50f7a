#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_audit_info
short_description: Verify and search the audit trail of recordings
version_added: 1.0.0
description:
  - Reads the files that the other modules write with O(sessionops.citrix.citrix_session_recording#module:audit_log),
    verifies the chain of their lines, and returns the entries that match.
  - It reports lines that were changed, removed, moved or repeated, and requests without a result because their run was
    killed.
  - Rotated files are read too, including files compressed with gzip, bzip2 or xz. All files of a task are one trail.
  - It reads only local files and requires no connection. The memory that it takes does not grow with the files.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.info
options:
  path:
    description:
      - Files of the trail, in any order. Wildcards are allowed.
      - Pass the rotated files too. Lines of a file that is not passed are reported as missing.
    type: list
    elements: path
    required: true
  first_line:
    description:
      - Number of the first line that should exist. Increase it after you remove old files.
    type: int
    default: 1
  since:
    description:
      - Only return entries from this time on, RFC 3339 with time zone.
    type: str
  until:
    description:
      - Only return entries before this time, RFC 3339 with time zone.
    type: str
  user:
    description:
      - Only return entries for sessions of these users, given as in the trail or as C(name). The trail has one name of
        each user. A name that no line has causes a warning.
    type: raw
  session_id:
    description:
      - Only return entries for these sessions.
    type: raw
  result:
    description:
      - Only return entries with these results. Entries of requests have no result.
    type: list
    elements: str
    choices:
      - started
      - stopped
      - sent
      - requested
      - unchanged
      - not_recordable
      - denied
      - unidentified
      - ended
      - unconfirmed
      - failed
  limit:
    description:
      - Maximum number of entries to return, up to 10000. The last ones are returned.
    type: int
    default: 1000
seealso:
  - module: sessionops.citrix.citrix_session_recording
"""

EXAMPLES = r"""
- name: Find who recorded this user in January
  sessionops.citrix.citrix_audit_info:
    path: /var/log/citrix/audit.jsonl*
    user: LAB\user001
    since: "2026-01-01T00:00:00Z"
    until: "2026-02-01T00:00:00Z"
  register: trail

- name: Fail if the trail was tampered with
  ansible.builtin.assert:
    that: trail.problems | rejectattr('kind', 'in', ['unfinished', 'cut_off']) | length == 0
    fail_msg: "{{ trail.problems }}"
"""

RETURN = r"""
verified:
  description: Whether the trail has no problem.
  returned: success
  type: bool
  sample: true
lines:
  description: Number of lines read. If there are none, the module warns, since this proves nothing.
  returned: success
  type: int
  sample: 2
matched:
  description: Number of entries that match, including those beyond O(limit).
  returned: success
  type: int
  sample: 2
entries:
  description:
    - The last entries that match, in the order of the trail. Entries of lines that were changed are not returned.
    - The guide on audit and accountability describes all members.
  returned: success
  type: list
  elements: dict
  sample:
    - time: "2026-01-05T09:14:31.512003Z"
      event: requested
      run_id: 5a5ba5d6-7d1f-4a63-8b52-62b1e3e0ee6c
      sequence: 1
      action: start_recording
      customer_id: simulated
      site_id: 630cb34d-96d1-5718-923a-d53d6f4780ab
      session_id: 3cfab8ca-9651-5900-9dc2-ba3b489fe4cf
      user: LAB\user001
      machine: LAB\vda-001
      delivery_group: Office Desktops
      notify_user: true
      stop_at: null
      reason: INC0012345
      operator: automation
      awx_job_id: null
      awx_job_template: null
      awx_user: null
      host: control
      rule: null
      result: null
      result_reason: null
      transaction_id: 44399a9e-18ea-4c16-b549-811fa252c7b6
      version: 1.0.0
      line: 1
      previous_hash: null
      hash: 0f0c6c6f3a1d9c1b0e8a3c2f5d4b7a6988776655443322110ffeeddccbbaa998
problems:
  description: Problems of the trail, up to 10000, in the order in which they were found.
  returned: success
  type: list
  elements: dict
  contains:
    file:
      description: File with the problem.
      type: str
      sample: /var/log/citrix/audit.jsonl
    line:
      description: Line of the file, after decompression.
      type: int
      sample: 17
    kind:
      description:
        - "C(changed): the line is not as it was written."
        - "C(missing): lines are missing before this one."
        - "C(moved), C(repeated): the line is in the wrong place, or is a copy of another line."
        - "C(cut_off): the end of the line is missing, because its writer was killed or its disk was full."
        - "C(unfinished): the request of this line has no result, because its run was killed."
        - "C(unreadable): the file cannot be read from this line on."
      type: str
      sample: changed
    detail:
      description: Explanation.
      type: str
      sample: the next line has a different hash of this line
problem_counts:
  description: Number of problems of each kind.
  returned: success
  type: dict
  sample:
    changed: 1
"""

from ..module_utils._actions import audit_search
from ..module_utils._module import create_local_module, execute_local

ARGUMENT_SPEC = audit_search.ARGUMENT_SPEC


def run(module):
    """Verify and search the trail."""
    return audit_search.search(module.params, module.warn)


def main():
    execute_local(create_local_module(ARGUMENT_SPEC), run)


if __name__ == "__main__":
    main()
