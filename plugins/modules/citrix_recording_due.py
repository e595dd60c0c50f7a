#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_recording_due
short_description: Stop the recordings of Citrix sessions that are due
version_added: 1.0.0
description:
  - Stops the recordings that an earlier run started with
    O(sessionops.citrix.citrix_session_recording#module:stop_after), if their end has passed. Run it on a schedule.
  - The module reads the audit trail O(audit_log), with rotated files beside it, and stops the recording of a session if
    a run started it with an end, or may have started it, and the end has passed. It does not stop other recordings, or
    a recording that a run has stopped since and that was started again.
  - A stop that fails stays due.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.api
  - sessionops.citrix._audit
attributes:
  check_mode:
    support: full
    details:
      - Reads everything and sends no stop.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A recording that has been stopped is no longer due.
options:
  wait:
    description:
      - Whether to read the recording status back until the change is confirmed.
      - With V(false), an accepted request has the result C(requested), counts as a change, and stays due.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for the confirmation of each session, from 0 to 3600. The time starts when the API accepts the
        request for that session.
    type: int
    default: 30
notes:
  - O(audit_log) is required. It must be the audit trail of the runs that started the recordings.
  - Starts and stops by others, such as in the console, are not in the audit trail, and the API does not show when a
    recording started.
seealso:
  - module: sessionops.citrix.citrix_session_recording
"""

EXAMPLES = r"""
- name: Record a user for two hours
  sessionops.citrix.citrix_session_recording:
    state: started
    user: LAB\user001
    stop_after: 7200
    audit_log: /var/log/citrix/audit.jsonl

- name: Stop the recordings that are due
  sessionops.citrix.citrix_recording_due:
    audit_log: /var/log/citrix/audit.jsonl
  register: due

- name: Show the recordings that were stopped
  ansible.builtin.debug:
    msg: "{{ item.user or 'no name' }} on {{ item.machine }}: {{ item.result }}, due at {{ item.stop_at }}"
  loop: "{{ due.sessions }}"
  loop_control:
    label: "{{ item.id }}"
"""

RETURN = r"""
sessions:
  description: Result of each session whose recording is due to stop.
  returned: if the audit trail could be read, even if the task fails
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
      sample: Office Desktops
    recorded_before:
      description:
        - Whether the session was being recorded when the task started.
        - Null if unknown.
      type: bool
      sample: true
    recorded:
      description:
        - Whether the session is being recorded after the task, as read back from the API.
        - Null if unknown. It is not read for sessions with the result C(requested).
      type: bool
      sample: false
    changed:
      description: Whether the task changed the session.
      type: bool
      sample: true
    result:
      description:
        - "C(stopped): the change was confirmed by reading the status back."
        - "C(requested): the API accepted the request, and the module did not wait for the change."
        - "C(unchanged): the session is not recorded, or another run stopped and restarted its recording meanwhile."
        - "C(ended): the session has ended."
        - "C(unconfirmed): the request was sent, but the status did not change within O(wait_timeout)."
        - "C(failed): the API refused the request, or the status could not be read and nothing was sent;
          RV(sessions[].reason) has the cause."
        - The task fails if any session is C(unconfirmed) or C(failed). The next run sends the stop again.
      type: str
      sample: stopped
    reason:
      description: Reason for the result; null if the session is as requested.
      type: str
      sample: null
    stop_at:
      description: Time in UTC at which the recording must be stopped, according to the audit trail.
      type: str
      sample: "2026-12-01T09:00:00Z"
    transaction_id:
      description: Id by which Citrix can find the stop request. Null if none was sent.
      type: str
      sample: 44399a9e-18ea-4c16-b549-811fa252c7b6
list_complete:
  description: Whether each list had as many objects as the API reports. If not, sessions may be missing.
  returned: if the audit trail could be read, even if the task fails
  type: bool
  sample: true
pending:
  description: Number of recordings in the audit trail whose end has not passed yet. Some sessions may have ended.
  returned: if the audit trail could be read, even if the task fails
  type: int
  sample: 1
next_stop_at:
  description: Earliest end of these recordings, in UTC; null if there is none.
  returned: if the audit trail could be read, even if the task fails
  type: str
  sample: "2026-12-01T09:30:00Z"
summary:
  description:
    - Number of sessions for each result.
    - C(requests) is the number of requests sent, C(throttled) the number of times the API throttled a request, and
      C(waited_seconds) the time that requests waited because of throttling or O(requests_per_second).
  returned: if the audit trail could be read, even if the task fails
  type: dict
  sample:
    started: 0
    stopped: 1
    requested: 0
    unchanged: 0
    not_recordable: 0
    denied: 0
    unidentified: 0
    ended: 0
    unconfirmed: 0
    failed: 0
    requests: 6
    throttled: 0
    waited_seconds: 0.0
run_id:
  description: Id of the run in the audit trail. Null in check mode.
  returned: unless an option is of the wrong type
  type: str
  sample: 5a5ba5d6-7d1f-4a63-8b52-62b1e3e0ee6c
writes_sent:
  description:
    - Number of requests to start or stop a recording that were sent, with any outcome. A batch is one request.
    - With V(0), the task has changed nothing, even if it failed.
  returned: unless an option is of the wrong type
  type: int
  sample: 1
failure:
  description: Error response of the API, if it ended the task.
  returned: if an error response of the API ended the task before any change
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

from ..module_utils._actions import due, recording, trail
from ..module_utils._actions.converge import converge
from ..module_utils._module import create_module, execute

ARGUMENT_SPEC = {**trail.ARGUMENT_SPEC, **recording.WAIT_SPEC}


def run(module, api):
    """Stop the recordings that are due by the audit trail, and report."""
    stops = due.DueStops(api, module.params)
    # Invalid credentials fail each run, and not only the first with a recording that is due.
    api.token()
    entries = converge(api, stops.targets(), module.check_mode)
    return stops.result(module, api, entries)


def main():
    execute(create_module(ARGUMENT_SPEC), run, writes=True)


if __name__ == "__main__":
    main()
