#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_recording_coverage
short_description: Report which Citrix sessions are recorded and which are not
version_added: 1.0.0
description:
  - Reads the recording status of every recordable session of a site of Citrix DaaS or Citrix Virtual Apps and Desktops,
    or of the selected sessions, and counts the results.
  - Writes C(coverage.csv), a table with a line for each session, and C(coverage.json), the content of RV(coverage). The
    role P(sessionops.citrix.recording_coverage#role) creates an HTML page from them.
  - Every session is counted once. It is V(recorded), V(not_recorded), V(unknown), V(not_recordable) or V(ended).
  - Coverage is the number of V(recorded) sessions divided by the number of V(recorded), V(not_recorded) and V(unknown)
    sessions. An unknown session never counts as recorded.
  - With O(history), adds the figures of each run to a SQLite file and returns the coverage over time.
  - The report shows the responses of the API at that time, session by session. It is not legal evidence.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.api
  - sessionops.citrix._selection
attributes:
  check_mode:
    support: full
    details:
      - Reads everything and writes no file.
  diff_mode:
    support: none
    details:
      - The files are replaced regardless of their previous content.
  idempotent:
    support: none
    details:
      - Each run reads all statuses again and writes the current time.
options:
  dest:
    description:
      - Directory for C(coverage.csv) and C(coverage.json). It must exist.
      - Existing files are replaced as a whole, and only after everything was read. The files contain user names, so
        only the owner and the group can read them.
    type: path
    required: true
  unrecorded_limit:
    description:
      - Maximum number of unrecorded or unknown sessions to return and to write to C(coverage.json). The table always
        lists all sessions.
    type: int
    default: 1000
  history:
    description:
      - SQLite file to which each run adds one record with time, site, selectors, counts by result and reason, and
        counts of each delivery group. It is created if it does not exist; its directory must exist.
      - It has no names of people, so it cannot be combined with O(user). Several sites and several concurrent runs can
        use the same file. It must be on a local file system, because SQLite's write-ahead log requires one.
      - A damaged file fails the task before anything is read.
    type: path
  history_days:
    description: Number of days to keep records. Each run deletes older ones from O(history).
    type: int
    default: 400
  metrics:
    description:
      - File of metrics in OpenMetrics text, for the textfile collector of the Prometheus node exporter. Its name must
        end with C(.prom); its directory must exist.
      - It has the number of sessions by result, the coverage, and requests, throttling, duration and end of the report,
        with the labels C(site), C(site_id) and C(delivery_group). Delivery groups beyond the first 100 are counted
        together.
      - It is replaced as a whole, after everything else was written. All users of the host can read it. It has no names
        of people, so it cannot be combined with O(user).
      - A report with other selectors adds the label C(selection). Use one file for each site and selection.
    type: path
notes:
  - Without a selector, the report covers the whole site.
  - In the table, values that a spreadsheet could interpret as a formula are prefixed with an apostrophe. The encoding
    is UTF-8 with a byte order mark, which Excel requires for non-Latin text.
seealso:
  - module: sessionops.citrix.citrix_coverage_history_info
  - module: sessionops.citrix.citrix_session_recording
  - module: sessionops.citrix.citrix_sessions_info
"""

EXAMPLES = r"""
- name: Report the recording coverage of the site
  sessionops.citrix.citrix_recording_coverage:
    dest: /srv/reports
    batch_size: 200
  register: site

- name: Show the coverage
  ansible.builtin.debug:
    msg: "{{ site.msg }}"

- name: Report the coverage and add it to the history
  sessionops.citrix.citrix_recording_coverage:
    dest: /srv/reports
    history: /srv/reports/history.sqlite
  register: site

- name: Report the coverage to Prometheus
  sessionops.citrix.citrix_recording_coverage:
    dest: /srv/reports
    metrics: /srv/reports/citrix.prom

- name: Report the recording coverage of the contractors
  sessionops.citrix.citrix_recording_coverage:
    delivery_group: Contractors
    dest: /srv/reports
  register: contractors

- name: Show the sessions that are not recorded
  ansible.builtin.debug:
    msg: "{{ item.user | default('no name', true) }} on {{ item.machine }}: {{ item.reason }}"
  loop: "{{ contractors.coverage.gaps }}"
  loop_control:
    label: "{{ item.id }}"
"""

RETURN = r"""
coverage:
  description: Content of C(coverage.json). Names come from the API and are untrusted; they are printable.
  returned: success
  type: dict
  contains:
    schema_version:
      description: Version of this structure.
      type: int
      sample: 1
    tool:
      description: Name and version of the collection.
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
      description: Name of the site; null if it could not be read.
      type: str
      sample: Simulated Site 1
    selection:
      description: Selectors of the task; empty for the whole site.
      type: dict
      sample:
        delivery_group:
          - Contractors
    started_at:
      description: Start time of the report in UTC.
      type: str
      sample: "2025-01-06T08:30:00Z"
    finished_at:
      description: End time of the report in UTC.
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
      description: Number of sessions by result, and the coverage.
      type: dict
      contains: &figures
        coverage_percent:
          description:
            - Percentage of recordable sessions that are recorded, rounded down to one decimal.
            - Null if no session is recordable.
          type: float
          sample: 71.4
        total:
          description: All sessions found.
          type: int
          sample: 10
        recordable:
          description: Sessions that are recorded, not recorded or unknown.
          type: int
          sample: 7
        recorded:
          description: Sessions that the API reports as recorded.
          type: int
          sample: 5
        not_recorded:
          description: Sessions that the API reports as not recorded.
          type: int
          sample: 1
        unknown:
          description: Sessions whose status could not be read or is not reported by the API.
          type: int
          sample: 1
        not_recordable:
          description: Sessions that cannot be recorded; their status is not read.
          type: int
          sample: 2
        ended:
          description: Sessions that ended while the report was created.
          type: int
          sample: 1
    not_recordable_reasons:
      description: Number of sessions that cannot be recorded, by reason.
      type: dict
      contains:
        logging_off:
          description: The user is logging off.
          type: int
          sample: 0
        not_active:
          description: The session is connected or disconnected, not active.
          type: int
          sample: 1
        not_hdx:
          description: The session is an RDP or a console session.
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
    machines:
      description: The same figures for each machine, in the same order.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the machine; null for sessions without one in the API response.
          type: str
          sample: LAB\vda-001
        <<: *figures
    gaps_total:
      description: Number of unrecorded or unknown sessions.
      type: int
      sample: 2
    gaps:
      description: The first O(unrecorded_limit) of these sessions, in the order of the machines.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the session.
          type: str
          sample: 3cfab8ca-9651-5900-9dc2-ba3b489fe4cf
        user:
          description:
            - User as C(DOMAIN\name) or as user principal name; null if the API returns none, as for an anonymous user.
          type: str
          sample: LAB\user001
        machine:
          description: Machine on which the session runs.
          type: str
          sample: LAB\vda-001
        delivery_group:
          description: Delivery group of the machine.
          type: str
          sample: Contractors
        applications:
          description: Published applications in use; empty for a desktop session.
          type: list
          elements: str
          sample:
            - Text Editor
        session_state:
          description: State of the session.
          type: str
          sample: Active
        since:
          description: Start time of the session as reported by the API, RFC 3339 if available.
          type: str
          sample: "2025-01-06T08:00:30Z"
        result:
          description: C(not_recorded) or C(unknown).
          type: str
          sample: not_recorded
        reason:
          description: Known cause of the result.
          type: str
          sample: the API reports the session as not recorded
    requests:
      description: Number of requests sent.
      type: int
      sample: 11
    throttled:
      description: Number of times the API throttled a request.
      type: int
      sample: 0
    waited_seconds:
      description: Time in seconds that requests waited because of throttling or O(requests_per_second).
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
history:
  description: Coverage over time of this site and selection, from O(history).
  returned: if O(history) is set and the task is not in check mode
  type: dict
  contains:
    path:
      description: Path of the file.
      type: str
      sample: /srv/reports/history.sqlite
    runs:
      description: Number of records of this site and selection.
      type: int
      sample: 3
    first_at:
      description: Time of the first of them.
      type: str
      sample: "2025-01-04T08:30:04Z"
    last_at:
      description: Time of the last of them.
      type: str
      sample: "2025-01-06T08:30:04Z"
    lines:
      description:
        - Lines of a chart, each a list of points. A line ends at an interruption, at a run without a recordable
          session, and at a run in which sessions may be missing.
        - If there are many runs, only the lowest and the highest of each section of the chart.
      type: list
      elements: list
      sample:
        - - at: "2025-01-06T08:30:04Z"
            position: 0.0
            coverage_percent: 71.4
    interruptions_total:
      description:
        - Number of interruptions. An interruption is a time without a run that is longer than an hour and longer than
          three usual intervals between runs.
      type: int
      sample: 1
    interruptions:
      description: The longest interruptions, at most five, oldest first.
      type: list
      elements: dict
      contains:
        after:
          description: Time of the last run before the interruption.
          type: str
          sample: "2025-01-04T08:30:04Z"
        before:
          description: Time of the first run after the interruption.
          type: str
          sample: "2025-01-06T08:30:04Z"
    periods:
      description: Coverage by run, hour, day, month or year, in the shortest periods that make at most 31 entries.
      type: list
      elements: dict
      contains:
        period:
          description: Beginning of the times in the period.
          type: str
          sample: 2025-01
        runs:
          description: Number of runs.
          type: int
          sample: 3
        lowest_percent:
          description: Lowest coverage; null if it is unknown in all runs.
          type: float
          sample: 71.4
        highest_percent:
          description: Highest coverage; null if it is unknown in all runs.
          type: float
          sample: 80.0
        last_percent:
          description: Coverage of the last run in which it is known.
          type: float
          sample: 71.4
    fell_since_last_run:
      description: Delivery groups whose coverage fell most since the previous run; null if there is none.
      type: dict
      contains: &fell
        since:
          description: Time of the run to which this one is compared.
          type: str
          sample: "2025-01-06T07:30:04Z"
        delivery_groups:
          description: At most five, the largest fall first.
          type: list
          elements: dict
          contains:
            name:
              description: Name of the delivery group; null for sessions without one in the API response.
              type: str
              sample: Contractors
            before:
              description: Coverage in percent in that run.
              type: float
              sample: 90.0
            now:
              description: Coverage in percent in this run.
              type: float
              sample: 71.4
            points:
              description: Difference in percentage points.
              type: float
              sample: 18.6
    fell_in_30_days:
      description: The same since the first run of the last 30 days.
      type: dict
      contains: *fell
failure:
  description: Error response of the API, if it ended the task.
  returned: if an error response of the API ended the task
  type: dict
  contains:
    status:
      description: HTTP status.
      type: int
      sample: 403
    detail:
      description: Error text of the API, on one line.
      type: str
      sample: Access denied.
    transaction_id:
      description: Id by which Citrix can find the request.
      type: str
      sample: 44399a9e-18ea-4c16-b549-811fa252c7b6
"""

import os
import time

from ..module_utils._module import create_module, execute
from ..module_utils._views import coverage, files, history, metrics, trend

ARGUMENT_SPEC = {**coverage.ARGUMENT_SPEC, **history.ARGUMENT_SPEC, **metrics.ARGUMENT_SPEC}


def run(module, api):
    """Read, count, write the files, and add the figures to the history."""
    params = module.params
    query = coverage.checked_query(params)
    warn_missing = module.warn if module.check_mode else None
    files.check_folder("dest", params["dest"], warn_missing)
    history.check(params, query, warn_missing)
    metrics.check(params, query, warn_missing)
    started = time.time()
    rows = coverage.read(api, query, module.warn)
    visible = coverage.machines_visible(api, rows, module.warn)
    document = coverage.document(api, query, rows, params["unrecorded_limit"], started, visible)
    table, figures = (os.path.join(os.path.abspath(params["dest"]), f"coverage.{kind}") for kind in ("csv", "json"))
    # The time differs in each run.
    result = {"changed": True, "msg": coverage.sentence(document), "coverage": document, "csv": table, "json": figures}
    if not module.check_mode:
        files.write_csv("dest", table, coverage.COLUMNS, (row.cells() for row in rows))
        files.write_json("dest", figures, document)
        if params["history"]:
            record = history.record(params["history"], document, params["history_days"])
            result["history"] = trend.of_document(params["history"], document, record)
        if params["metrics"]:
            metrics.write(params["metrics"], document, rows)
    return result


def main():
    execute(create_module(ARGUMENT_SPEC), run)


if __name__ == "__main__":
    main()
