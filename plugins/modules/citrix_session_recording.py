#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_session_recording
short_description: Start and stop the recording of live Citrix sessions
version_added: 1.0.0
description:
  - Starts or stops the recording of live sessions of Citrix DaaS or Citrix Virtual Apps and Desktops.
  - The module reads the recording status of each selected session, sends a request only if the status differs from
    O(state), and then reads the status again until the change is confirmed. An accepted request alone does not prove
    that the recording started or stopped.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.api
  - sessionops.citrix._audit
  - sessionops.citrix._selection
  - sessionops.citrix._selection.targets
attributes:
  check_mode:
    support: full
    details:
      - Reads everything and sends no start or stop.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A session that is already in the requested state gets no request, and its user no second notification.
options:
  state:
    description:
      - V(started) starts the recording of the selected sessions, V(stopped) stops it.
    type: str
    required: true
    choices:
      - started
      - stopped
  notify_user:
    description:
      - Whether to notify the user of a session that its recording starts.
      - Only used with O(state=started). In many places the law restricts recording without notification.
      - The user of a session that is already recorded gets no further notification.
    type: bool
    default: true
  include_unidentified:
    description:
      - Whether to start or stop the recording of sessions whose user, machine or delivery group the API does not return
        although the task selects or excludes by it, or returns only in a form that cannot be compared.
      - By default, such a session gets the result C(unidentified), because the task may exclude it, or may not select
        it. Sessions that the broker reports as anonymous have no user to exclude.
    type: bool
    default: false
  stop_after:
    description:
      - Seconds from the start request after which to stop the recording again, up to 31622400 (366 days). Requires
        O(audit_log), and is valid only with O(state=started).
      - The end is written to RV(sessions[].stop_at) and to the audit trail. M(sessionops.citrix.citrix_recording_due)
        stops the recordings that are due; run it on a schedule. Without it, nothing is stopped.
      - A session that is already recorded gets no end.
    type: int
  wait:
    description:
      - Whether to read the recording status back until the change is confirmed.
      - With V(false), an accepted request has the result C(requested) and counts as a change.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for the confirmation of each session, from 0 to 3600. The time starts when the API accepts the
        request for that session.
      - Time spent waiting because the API throttled requests does not count. The status is read at least three times.
    type: int
    default: 30
seealso:
  - module: sessionops.citrix.citrix_recording_policy
  - module: sessionops.citrix.citrix_recording_due
  - module: sessionops.citrix.citrix_sessions_info
  - module: sessionops.citrix.citrix_session_message
"""

EXAMPLES = r"""
- name: Record one session now and notify its user
  sessionops.citrix.citrix_session_recording:
    state: started
    session_id:
      - 3cfab8ca-9651-5900-9dc2-ba3b489fe4cf

- name: Keep all sessions on two machines recorded
  sessionops.citrix.citrix_session_recording:
    state: started
    machine:
      - LAB\vda-001
      - vda-002.lab.example
    max_sessions: 200
  register: recording

- name: Record all sessions of one user
  sessionops.citrix.citrix_session_recording:
    state: started
    user: LAB\user001

- name: Keep the contractors recorded, except two test accounts and a machine under repair
  sessionops.citrix.citrix_session_recording:
    state: started
    delivery_group: Contractors
    exclude_user:
      - LAB\user022
      - user023@lab.example
    exclude_machine: LAB\vda-003
    max_sessions: 5000

- name: Record a user for two hours, if citrix_recording_due runs every few minutes
  sessionops.citrix.citrix_session_recording:
    state: started
    user: LAB\user002
    reason: INC0012345
    audit_log: /var/log/citrix/audit.jsonl
    stop_after: 7200

- name: Show which sessions are not recorded and why
  ansible.builtin.debug:
    msg: "{{ item.user or 'no name' }} on {{ item.machine }}: {{ item.result }} {{ item.reason or '' }}"
  loop: "{{ recording.sessions | rejectattr('recorded', 'eq', true) }}"
  loop_control:
    label: "{{ item.id }}"

- name: Stop recording on a machine of an on-premises site
  sessionops.citrix.citrix_session_recording:
    deployment: on_premises
    api_url: https://ddc01.example.com
    ca_path: /etc/pki/tls/certs/example-ca.pem
    username: LAB\svc-recording
    password: "{{ vaulted_password }}"
    state: stopped
    machine: LAB\vda-001
"""

RETURN = r"""
sessions:
  description: Result of each selected session, in the order in which the sessions were named or found.
  returned: if the sessions could be selected, even if the task fails
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
    session_state:
      description: State of the session when it was selected.
      type: str
      sample: Active
    recorded_before:
      description:
        - Whether the session was being recorded when the task started.
        - Null if unknown. It is not read for sessions with the result C(not_recordable), C(denied) or
          C(unidentified).
      type: bool
      sample: false
    recorded:
      description:
        - Whether the session is being recorded after the task, as read back from the API.
        - Null if unknown. It is not read for sessions with the result C(not_recordable), C(denied),
          C(unidentified) or C(requested).
      type: bool
      sample: true
    changed:
      description: Whether the task changed the session.
      type: bool
      sample: true
    result:
      description:
        - "C(started), C(stopped): the change was confirmed by reading the status back."
        - "C(requested): the API accepted the request, and the module did not wait for the change."
        - "C(unchanged): the session was already in the requested state."
        - "C(not_recordable): the session cannot be recorded; RV(sessions[].reason) is C(not_active), C(not_hdx) or
          C(logging_off)."
        - "C(denied): the recording was not started, because the guard of the host excludes this user,
          machine or delivery group."
        - "C(unidentified): nothing was sent, because the task may exclude the session, or may not select it. See
          O(include_unidentified)."
        - "C(ended): the session has ended. With O(state=stopped), that counts as stopped."
        - "C(unconfirmed): the request was sent, but the status did not change within O(wait_timeout)."
        - "C(failed): the API refused the request, or the status could not be read and nothing was sent;
          RV(sessions[].reason) has the cause."
        - The task fails if any session is C(unconfirmed) or C(failed).
      type: str
      sample: started
    reason:
      description: Reason for the result; null if the session is as requested.
      type: str
      sample: null
    notify_user:
      description: Whether the start request asked the site to notify the user. Null if no start took effect.
      type: bool
      sample: true
    stop_at:
      description:
        - Time in UTC at which the recording must be stopped. Null without O(stop_after), and if no start took effect.
      type: str
      sample: "2026-12-01T09:00:00Z"
    transaction_id:
      description: Id by which Citrix can find the start or stop request. Null if none was sent.
      type: str
      sample: 44399a9e-18ea-4c16-b549-811fa252c7b6
list_complete:
  description: Whether each list had as many objects as the API reports. If not, sessions may be missing.
  returned: if the selection could be read, even if the task fails
  type: bool
  sample: true
summary:
  description:
    - Number of sessions for each result.
    - C(requests) is the number of requests sent, C(throttled) the number of times the API throttled a request, and
      C(waited_seconds) the time that requests waited because of throttling or O(requests_per_second).
  returned: if the sessions could be selected, even if the task fails
  type: dict
  sample:
    started: 1
    stopped: 0
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
writes_sent:
  description:
    - Number of requests to start or stop a recording that were sent, with any outcome. A batch is one request.
    - With V(0), the task has changed nothing, even if it failed.
  returned: unless an option is of the wrong type
  type: int
  sample: 1
run_id:
  description: Id of the run in the audit trail. Null in check mode.
  returned: unless an option is of the wrong type
  type: str
  sample: 5a5ba5d6-7d1f-4a63-8b52-62b1e3e0ee6c
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

from ..module_utils._actions import recording, results, trail
from ..module_utils._actions.converge import converge
from ..module_utils._module import create_module, execute
from ..module_utils._site import selection

ARGUMENT_SPEC = {
    **trail.ARGUMENT_SPEC,
    **selection.ARGUMENT_SPEC,
    **results.ARGUMENT_SPEC,
    **recording.ARGUMENT_SPEC,
    **recording.STOP_AFTER_SPEC,
}


def run(module, api):
    """Select the sessions, set the requested recording state, and report."""
    wanted = recording.Wanted.from_params(module.params)
    selected = selection.select(api, module.params)
    entries = converge(api, [(target, wanted) for target in selected.targets], module.check_mode)
    return results.task_result(module, api, selected, entries, recording.RESULTS)


def main():
    execute(create_module(ARGUMENT_SPEC), run, writes=True)


if __name__ == "__main__":
    main()
