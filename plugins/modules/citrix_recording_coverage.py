#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_recording_coverage
short_description: Find out which Citrix sessions are recorded and which are not
version_added: 1.0.0
description:
  - Reads the recording status of every session that could be recorded, of a whole site of Citrix DaaS or Citrix Virtual
    Apps and Desktops or of a selection, and counts.
  - Writes C(coverage.csv), a table with a line for each session, and C(coverage.json), the figures and the gaps, as
    RV(coverage) returns them. The role P(sessionops.citrix.recording_coverage#role) makes a page of them.
  - Every session is counted once. It is V(recorded), V(not_recorded), V(unknown), V(not_recordable) or V(ended).
  - Coverage is the share of V(recorded) in V(recorded), V(not_recorded) and V(unknown). What is not known never counts
    as recorded.
  - It is what the API says at that time, session by session, and no evidence in the legal sense.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._attributes
  - sessionops.citrix._selection
attributes:
  check_mode:
    support: full
    details:
      - All reads are made and no file is written.
  diff_mode:
    support: none
    details:
      - The files hold what was read, whatever they held before.
  idempotent:
    support: none
    details:
      - Each run reads anew and writes its time.
options:
  dest:
    description:
      - Directory in which C(coverage.csv) and C(coverage.json) are written. It must exist.
      - They take the place of files of that name as a whole, and only when all was read. They name people, so that only
        the owner and the group can read them.
    type: path
    required: true
  unrecorded_limit:
    description:
      - Most gaps to return, and to write into C(coverage.json). The table has all of them in any case.
    type: int
    default: 1000
notes:
  - Without a selector the whole site is meant.
  - In the table, what a spreadsheet could take for a formula stands behind an apostrophe. It is UTF-8 with a byte order
    mark, which Excel needs for other alphabets.
seealso:
  - module: sessionops.citrix.citrix_session_recording
  - module: sessionops.citrix.citrix_sessions_info
"""

EXAMPLES = r"""
- name: How much of the site is recorded?
  sessionops.citrix.citrix_recording_coverage:
    dest: /srv/reports
    batch_size: 200
  register: site

- name: Say it
  ansible.builtin.debug:
    msg: "{{ site.msg }}"

- name: Which contractors are not recorded?
  sessionops.citrix.citrix_recording_coverage:
    delivery_group: Contractors
    dest: /srv/reports
  register: contractors

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.user | default('anonymous', true) }} on {{ item.machine }}: {{ item.reason }}"
  loop: "{{ contractors.coverage.gaps }}"
  loop_control:
    label: "{{ item.id }}"
"""

RETURN = r"""
coverage:
  description: What C(coverage.json) holds. Names come from the API and are not trusted; they are printable.
  returned: success
  type: dict
  contains:
    schema_version:
      description: Version of this structure.
      type: int
      sample: 1
    tool:
      description: What made it.
      type: str
      sample: sessionops.citrix 1.0.0
    customer_id:
      description: Id of the customer.
      type: str
      sample: simulated
    site_id:
      description: Id of the site.
      type: str
      sample: 630cb34d-96d1-5718-923a-d53d6f4780ab
    site_name:
      description: Name of the site; null where it could not be read.
      type: str
      sample: Simulated Site 1
    selection:
      description: The selectors of the task; none for the whole site.
      type: dict
      sample:
        delivery_group:
          - Contractors
    started_at:
      description: When the reading began, in UTC.
      type: str
      sample: "2025-01-06T08:30:00Z"
    finished_at:
      description: When it was done, in UTC.
      type: str
      sample: "2025-01-06T08:30:04Z"
    list_complete:
      description: Whether each list had as many objects as the API reports. If not, sessions may be missing.
      type: bool
      sample: true
    machines_visible:
      description: Whether the account sees a session or a machine. If not, its role or scope is missing.
      type: bool
      sample: true
    sessions:
      description: The number of sessions of each kind, and the coverage.
      type: dict
      contains: &figures
        coverage_percent:
          description:
            - Share of recorded sessions in the recordable ones, in percent, rounded down to one decimal.
            - Null where no session is recordable.
          type: float
          sample: 71.4
        total:
          description: All sessions found.
          type: int
          sample: 10
        recordable:
          description: Those that are recorded, not recorded or unknown.
          type: int
          sample: 7
        recorded:
          description: Those of which the API says that they are being recorded.
          type: int
          sample: 5
        not_recorded:
          description: Those of which the API says that they are not.
          type: int
          sample: 1
        unknown:
          description: Those whose status could not be read, or of which the API does not say.
          type: int
          sample: 1
        not_recordable:
          description: Those that cannot be recorded; their status is not read.
          type: int
          sample: 2
        ended:
          description: Those that ended while the report was made.
          type: int
          sample: 1
    not_recordable_reasons:
      description: The number of sessions for each reason why they cannot be recorded.
      type: dict
      contains:
        logging_off:
          description: The user is logging off.
          type: int
          sample: 0
        not_active:
          description: The session is connected or disconnected, and not active.
          type: int
          sample: 1
        not_hdx:
          description: The session is an RDP or a console session.
          type: int
          sample: 1
    delivery_groups:
      description: The same figures for each delivery group, those with the most gaps first.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the delivery group; null for sessions of which the API tells none.
          type: str
          sample: Contractors
        <<: *figures
    machines:
      description: The same figures for each machine, those with the most gaps first.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the machine; null for sessions of which the API tells none.
          type: str
          sample: LAB\vda-001
        <<: *figures
    gaps_total:
      description: Number of gaps, which are the sessions that are not recorded or unknown.
      type: int
      sample: 2
    gaps:
      description: The first O(unrecorded_limit) gaps, in the order of the machines.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the session.
          type: str
          sample: 3cfab8ca-9651-5900-9dc2-ba3b489fe4cf
        user:
          description: The user as C(DOMAIN\name) or as UPN; null for an anonymous one.
          type: str
          sample: LAB\user001
        machine:
          description: The machine on which the session runs.
          type: str
          sample: LAB\vda-001
        delivery_group:
          description: The delivery group of the machine.
          type: str
          sample: Contractors
        applications:
          description: The published applications in use; none in a desktop session.
          type: list
          elements: str
          sample:
            - Text Editor
        session_state:
          description: State of the session.
          type: str
          sample: Active
        since:
          description: Start of the session as the API tells it, RFC 3339 where it has that.
          type: str
          sample: "2025-01-06T08:00:30Z"
        result:
          description: C(not_recorded) or C(unknown).
          type: str
          sample: not_recorded
        reason:
          description: What is known about why.
          type: str
          sample: the API says that it is not being recorded
    requests:
      description: Number of requests sent.
      type: int
      sample: 11
    throttled:
      description: How often the API asked to come later.
      type: int
      sample: 0
    waited_seconds:
      description: How long requests had to wait for their turn because of that, or of O(requests_per_second).
      type: float
      sample: 0.0
csv:
  description: Path of the table.
  returned: success
  type: str
  sample: /srv/reports/coverage.csv
json:
  description: Path of the figures.
  returned: success
  type: str
  sample: /srv/reports/coverage.json
failure:
  description: What the API answered, where an answer of its own ended the task.
  returned: when an answer of the API ended the task
  type: dict
  contains:
    status:
      description: HTTP status.
      type: int
      sample: 403
    detail:
      description: What the API said, on one line.
      type: str
      sample: Access denied.
    transaction_id:
      description: Id under which Citrix finds the request.
      type: str
      sample: 44399a9e-18ea-4c16-b549-811fa252c7b6
"""

import os
import time

from ..module_utils._module import create_module, execute
from ..module_utils._views import coverage, files

ARGUMENT_SPEC = coverage.ARGUMENT_SPEC


def run(module, api):
    """Read, count, and write the table and the figures."""
    params = module.params
    query = coverage.checked_query(params)
    files.check_folder("dest", params["dest"], module.warn if module.check_mode else None)
    started = time.time()
    rows = coverage.read(api, query, module.warn)
    visible = coverage.machines_visible(api, rows, module.warn)
    document = coverage.document(api, query, rows, params["unrecorded_limit"], started, visible)
    table, figures = (os.path.join(os.path.abspath(params["dest"]), f"coverage.{kind}") for kind in ("csv", "json"))
    if not module.check_mode:
        files.write_csv("dest", table, coverage.COLUMNS, (row.cells() for row in rows))
        files.write_json("dest", figures, document)
    # The time is always another one.
    return {"changed": True, "msg": coverage.sentence(document), "coverage": document, "csv": table, "json": figures}


def main():
    execute(create_module(ARGUMENT_SPEC), run)


if __name__ == "__main__":
    main()
