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
  - Shows a message box in live sessions of Citrix DaaS or Citrix Virtual Apps and Desktops, to tell people that they
    are recorded, or that a machine goes down.
  - Each run sends the message again. A message whose answer was lost is not sent a second time.
  - That a message was accepted does not prove that it was seen.
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
      - All reads are made and no message is sent.
  diff_mode:
    support: full
  idempotent:
    support: none
    details:
      - Each run sends the message again; the API does not tell what was sent before.
options:
  title:
    description:
      - Title of the message box.
    type: str
    required: true
  text:
    description:
      - What the user is to read.
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
seealso:
  - module: sessionops.citrix.citrix_session_recording
  - module: sessionops.citrix.citrix_sessions_info
"""

EXAMPLES = r"""
- name: Tell the contractors that they are recorded
  sessionops.citrix.citrix_session_message:
    delivery_group: Contractors
    title: Recording
    text: Your session is being recorded. Questions go to the service desk.

- name: Warn everybody on a machine
  sessionops.citrix.citrix_session_message:
    machine: LAB\vda-001
    title: Maintenance
    text: This machine restarts in ten minutes. Please save your work and log off.
    style: exclamation
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
    changed:
      description: Whether a message was sent to it.
      type: bool
      sample: true
    result:
      description:
        - C(sent) was accepted by the API.
        - C(ended) is a session that is no more.
        - C(unconfirmed) was sent and the answer was lost, so that it may have been shown.
        - C(failed) was refused; the reason says why.
        - Any C(unconfirmed) or C(failed) fails the task.
      type: str
      sample: sent
    reason:
      description: Why, where the result is not plain success.
      type: str
      sample: null
    transaction_id:
      description: Id under which Citrix finds the request. Null where none was sent.
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
    sent: 1
    ended: 0
    unconfirmed: 0
    failed: 0
    requests: 4
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

from ..module_utils._actions import messages, results
from ..module_utils._module import create_module, execute
from ..module_utils._site import selection

ARGUMENT_SPEC = {**selection.ARGUMENT_SPEC, **results.ARGUMENT_SPEC, **messages.ARGUMENT_SPEC}


def run(module, api):
    """Select the sessions, send the message to each, and report."""
    message = messages.Message.from_params(module.params)
    selected = selection.select(api, module.params)
    entries = messages.send(api, selected.targets, message, module.check_mode)
    return results.task_result(module, api, selected, entries, messages.RESULTS)


def main():
    execute(create_module(ARGUMENT_SPEC), run)


if __name__ == "__main__":
    main()
