#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_session_message
short_description: Send a message to the users of Citrix sessions
version_added: 1.0.0
description:
  - Shows a message box in live sessions of Citrix DaaS or Citrix Virtual Apps and Desktops, for example to notify users
    that they are recorded or that a machine restarts.
  - Each run sends the message again. Within a run, a message is not resent if its response is lost.
  - An accepted message does not prove that the user saw it.
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
      - Reads everything and sends no message.
  diff_mode:
    support: full
  idempotent:
    support: none
    details:
      - Each run sends the message again; the API does not report earlier messages.
options:
  title:
    description:
      - Title of the message box.
    type: str
    required: true
  text:
    description:
      - Text of the message.
    type: str
    required: true
  style:
    description:
      - Icon of the message box.
    type: str
    default: information
    choices:
      - information
      - exclamation
      - question
      - critical
  include_unidentified:
    description:
      - Whether to send the message to sessions whose user, machine or delivery group the API does not return although
        the task selects or excludes by it, or returns only in a form that cannot be compared.
      - By default, such a session gets the result C(unidentified), because the task may exclude it, or may not select
        it. Sessions that the broker reports as anonymous have no user to exclude.
    type: bool
    default: false
seealso:
  - module: sessionops.citrix.citrix_session_recording
  - module: sessionops.citrix.citrix_sessions_info
"""

EXAMPLES = r"""
- name: Notify the contractors that they are recorded
  sessionops.citrix.citrix_session_message:
    delivery_group: Contractors
    title: Recording
    text: Your session is being recorded. Contact the service desk if you have questions.

- name: Warn all users on a machine
  sessionops.citrix.citrix_session_message:
    machine: LAB\vda-001
    title: Maintenance
    text: This machine restarts in ten minutes. Please save your work and log off.
    style: exclamation
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
    changed:
      description: Whether a message was sent to the session.
      type: bool
      sample: true
    result:
      description:
        - "C(sent): the API accepted the message."
        - "C(denied): the message was not sent, because the guard of the host excludes this user,
          machine or delivery group."
        - "C(unidentified): the message was not sent, because the task may exclude the session, or may not select it.
          See O(include_unidentified)."
        - "C(ended): the session has ended."
        - "C(unconfirmed): the message was sent, but the response was lost, so the user may have seen it."
        - "C(failed): the API refused the message; RV(sessions[].reason) has the cause."
        - The task fails if any session is C(unconfirmed) or C(failed).
      type: str
      sample: sent
    reason:
      description: Reason for the result; null if the message was sent.
      type: str
      sample: null
    transaction_id:
      description: Id by which Citrix can find the request. Null if none was sent.
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
    sent: 1
    denied: 0
    unidentified: 0
    ended: 0
    unconfirmed: 0
    failed: 0
    requests: 4
    throttled: 0
    waited_seconds: 0.0
writes_sent:
  description:
    - Number of requests to send a message that were sent, with any outcome. A batch is one request.
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

from ..module_utils._actions import messages, results, trail
from ..module_utils._module import create_module, execute
from ..module_utils._site import selection

ARGUMENT_SPEC = {**trail.ARGUMENT_SPEC, **selection.ARGUMENT_SPEC, **results.ARGUMENT_SPEC, **messages.ARGUMENT_SPEC}


def run(module, api):
    """Select the sessions, send the message to each, and report."""
    message = messages.Message.from_params(module.params)
    selected = selection.select(api, module.params)
    entries = messages.send(api, selected.targets, message, module.check_mode)
    return results.task_result(module, api, selected, entries, messages.RESULTS)


def main():
    execute(create_module(ARGUMENT_SPEC), run, writes=True)


if __name__ == "__main__":
    main()
