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
  - Brings live sessions of Citrix DaaS or Citrix Virtual Apps and Desktops to the state of being recorded, or of not
    being recorded.
  - The recording status of each session is read first, and only those that differ are asked to change. Afterwards the
    status is read again until it has changed, since an accepted request does not prove that a recording runs.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._attributes
  - sessionops.citrix._selection
  - sessionops.citrix._selection.targets
attributes:
  check_mode:
    support: full
    details:
      - All reads are made and no request to start or stop is sent.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A session that already is as wanted gets no request, and its user no second notice.
options:
  state:
    description:
      - V(started) records the selected sessions, V(stopped) ends their recording.
    type: str
    required: true
    choices:
      - started
      - stopped
  notify_user:
    description:
      - Whether the user of a session is told that its recording starts.
      - Only for O(state=started). Recording people without telling them is a matter of law in many places.
      - A session that is recorded already gets no further notice.
    type: bool
    default: true
  wait:
    description:
      - Whether to read the status back until the change shows.
      - With V(false) an accepted request is reported as C(requested) and counts as a change.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for the change of a session to show, from its own accepted request on, from 0 to 3600.
      - Time in which the API asked all requests to wait does not count. The status is read three times at least.
    type: int
    default: 30
seealso:
  - module: sessionops.citrix.citrix_sessions_info
  - module: sessionops.citrix.citrix_session_message
"""

EXAMPLES = r"""
- name: Record one session now, and tell its user
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

- name: Record this person now, wherever the sessions are
  sessionops.citrix.citrix_session_recording:
    state: started
    user: LAB\user001

- name: Keep the contractors recorded, but not the test accounts and not the machine under repair
  sessionops.citrix.citrix_session_recording:
    state: started
    delivery_group: Contractors
    exclude_user:
      - LAB\user022
      - user023@lab.example
    exclude_machine: LAB\vda-003
    max_sessions: 5000

- name: Show who is not recorded, and why
  ansible.builtin.debug:
    msg: "{{ item.user }} on {{ item.machine }}: {{ item.result }} {{ item.reason | default('', true) }}"
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
  description: What became of each selected session, in the order in which they were named or found.
  returned: when the selection could be read, also if the task fails
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
      sample: Office Desktops
    session_state:
      description: State of the session when it was selected.
      type: str
      sample: Active
    recorded_before:
      description:
        - Whether the session was being recorded when the task began.
        - Null where that is not known; it is not read for sessions that are C(not_recordable).
      type: bool
      sample: false
    recorded:
      description:
        - Whether the session is being recorded after the task, as read back from the API.
        - Null where that is not known; it is not read for sessions that are C(not_recordable) or C(requested).
      type: bool
      sample: true
    changed:
      description: Whether the task changed it.
      type: bool
      sample: true
    result:
      description:
        - C(started) and C(stopped) are changes that were read back.
        - C(requested) is a request that was accepted and not waited for.
        - C(unchanged) was as wanted before.
        - C(not_recordable) cannot be recorded; RV(sessions[].reason) is C(not_active), C(not_hdx) or C(logging_off).
        - C(ended) is a session that is no more; when stopping that is as good as stopped.
        - C(unconfirmed) was sent and did not show within O(wait_timeout).
        - C(failed) was refused or could not be read; the reason says which.
        - Any C(unconfirmed) or C(failed) fails the task.
      type: str
      sample: started
    reason:
      description: Why, where the result is not plain success.
      type: str
      sample: null
    notify_user:
      description: Whether the user is told of the start, as the request asked. Null where no start took effect.
      type: bool
      sample: true
    transaction_id:
      description: Id under which Citrix finds the request to start or stop. Null where none was sent.
      type: str
      sample: 44399a9e-18ea-4c16-b549-811fa252c7b6
list_complete:
  description: Whether each list had as many objects as the API reports. If not, sessions may be missing.
  returned: when the selection could be read, also if the task fails
  type: bool
  sample: true
summary:
  description:
    - Number of sessions for each result.
    - C(requests) is the number of requests sent, C(throttled) how often the API asked to come later, and
      C(waited_seconds) how long requests had to wait for their turn because of that, or of O(requests_per_second).
  returned: when the selection could be read, also if the task fails
  type: dict
  sample:
    started: 1
    stopped: 0
    requested: 0
    unchanged: 0
    not_recordable: 0
    ended: 0
    unconfirmed: 0
    failed: 0
    requests: 6
    throttled: 0
    waited_seconds: 0.0
failure:
  description: What the API answered, where an answer of its own ended the task.
  returned: when an answer of the API ended the task before any change
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

from ..module_utils._actions import recording, results
from ..module_utils._actions.converge import converge
from ..module_utils._module import create_module, execute
from ..module_utils._site import selection

ARGUMENT_SPEC = {**selection.ARGUMENT_SPEC, **results.ARGUMENT_SPEC, **recording.ARGUMENT_SPEC}


def run(module, api):
    """Select the sessions, bring them to the wanted state, and report."""
    wanted = recording.Wanted.from_params(module.params)
    selected = selection.select(api, module.params)
    entries = converge(api, [(target, wanted) for target in selected.targets], module.check_mode)
    return results.task_result(module, api, selected, entries, recording.RESULTS)


def main():
    execute(create_module(ARGUMENT_SPEC), run)


if __name__ == "__main__":
    main()
