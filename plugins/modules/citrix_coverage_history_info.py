#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_coverage_history_info
short_description: Return earlier coverage reports from a coverage history
version_added: 1.0.0
description:
  - Returns the records of a file that M(sessionops.citrix.citrix_recording_coverage) wrote with its option
    O(sessionops.citrix.citrix_recording_coverage#module:history).
  - Reads the file only. It sends no request and has none of the shared connection options.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.info
options:
  path:
    description:
      - SQLite file of the history. The module requires write access to its directory, because SQLite creates a file
        there while it reads. Copy the file if that is not possible.
      - The integrity of the file is checked; a damaged file fails the task.
    type: path
    required: true
  since:
    description:
      - Return records of reports that ended at this time or later, such as V(2026-07-01) or V(2026-07-01T08:30:00Z).
      - A time without a time zone is UTC.
    type: str
  until:
    description: Return records of reports that ended before this time, in the same format as O(since).
    type: str
  site_id:
    description: Return only records of this site.
    type: str
  limit:
    description: Maximum number of records to return, the newest. Their number is in RV(runs_total).
    type: int
    default: 1000
seealso:
  - module: sessionops.citrix.citrix_recording_coverage
"""

EXAMPLES = r"""
- name: Write a report with a history
  sessionops.citrix.citrix_recording_coverage:
    dest: /srv/reports
    history: /srv/reports/history.sqlite

- name: Read the reports since July
  sessionops.citrix.citrix_coverage_history_info:
    path: /srv/reports/history.sqlite
    since: "2025-07-01"
  register: past

- name: Show the lowest coverage
  ansible.builtin.debug:
    msg: "{{ past.runs | map(attribute='sessions.coverage_percent') | select('number') | min }} %"
"""

RETURN = r"""
runs:
  description: Records, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    customer_id:
      description: Id of the customer.
      type: str
      sample: simulated
    site_id:
      description: Id of the site.
      type: str
      sample: 630cb34d-96d1-5718-923a-d53d6f4780ab
    site_name:
      description: Name of the site; null if it could not be read.
      type: str
      sample: Simulated Site 1
    selection:
      description: Selectors of the report; empty for the whole site.
      type: dict
      sample: {}
    started_at:
      description: Start time of the report in UTC.
      type: str
      sample: "2025-01-06T08:30:00Z"
    finished_at:
      description: End time of the report in UTC.
      type: str
      sample: "2025-01-06T08:30:04Z"
    list_complete:
      description: Whether each list had as many objects as the API reported. If not, sessions may be missing.
      type: bool
      sample: true
    machines_visible:
      description: Whether the account saw a session or a machine.
      type: bool
      sample: true
    sessions:
      description: Number of sessions by result, and the coverage.
      type: dict
      contains: &figures
        coverage_percent:
          description:
            - Percentage of recordable sessions that were recorded, rounded down to one decimal.
            - Null if no session was recordable.
          type: float
          sample: 71.4
        total:
          description: All sessions found.
          type: int
          sample: 10
        recordable:
          description: Sessions that were recorded, not recorded or unknown.
          type: int
          sample: 7
        recorded:
          description: Sessions that the API reported as recorded.
          type: int
          sample: 5
        not_recorded:
          description: Sessions that the API reported as not recorded.
          type: int
          sample: 1
        unknown:
          description: Sessions whose status could not be read or was not reported by the API.
          type: int
          sample: 1
        not_recordable:
          description: Sessions that could not be recorded.
          type: int
          sample: 2
        ended:
          description: Sessions that ended while the report was created.
          type: int
          sample: 1
    not_recordable_reasons:
      description: Number of sessions that could not be recorded, by reason.
      type: dict
      contains:
        logging_off:
          description: The user was logging off.
          type: int
          sample: 0
        not_active:
          description: The session was connected or disconnected, not active.
          type: int
          sample: 1
        not_hdx:
          description: The session was an RDP or a console session.
          type: int
          sample: 1
    delivery_groups:
      description: The same figures for each delivery group, most unrecorded or unknown sessions first.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the delivery group; null for sessions without one in the API response.
          type: str
          sample: Contractors
        <<: *figures
    requests:
      description: Number of requests sent.
      type: int
      sample: 11
    throttled:
      description: Number of times the API throttled a request.
      type: int
      sample: 0
    waited_seconds:
      description: Time in seconds that requests waited because of throttling or a rate limit.
      type: float
      sample: 0.0
runs_total:
  description: Number of records in the period, including those beyond O(limit).
  returned: success
  type: int
  sample: 3
"""

from ..module_utils._module import create_local_module, execute_local
from ..module_utils._views import history

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "since": {"type": "str"},
    "until": {"type": "str"},
    "site_id": {"type": "str"},
    "limit": {"type": "int", "default": 1000},
}


def run(module):
    """Read the records of a period."""
    runs, total = history.read(module.params)
    return {"runs": runs, "runs_total": total}


def main():
    execute_local(create_local_module(ARGUMENT_SPEC), run)


if __name__ == "__main__":
    main()
