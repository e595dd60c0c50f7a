#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_sessions_info
short_description: List the sessions of a Citrix site
version_added: 1.0.0
description:
  - Returns all sessions, or the selected sessions, of a site of Citrix DaaS or Citrix Virtual Apps and Desktops.
  - The server does the search, so the response contains only candidates.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._search_filters
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.api
  - sessionops.citrix._attributes.info
  - sessionops.citrix._selection
  - sessionops.citrix._session_facts
options:
  session_state:
    description:
      - Select sessions in these states.
    type: list
    elements: str
    choices:
      - Active
      - Connected
      - Disconnected
      - Unknown
  limit:
    description:
      - Maximum number of sessions to return; V(0) returns all.
    type: int
    default: 0
seealso:
  - module: sessionops.citrix.citrix_machine_sessions_info
  - module: sessionops.citrix.citrix_session_recording
"""

EXAMPLES = r"""
- name: List the users of active sessions with few fields
  sessionops.citrix.citrix_sessions_info:
    session_state: Active
    fields:
      - User
      - Machine
      - FormattedStartTime
  register: found

- name: Read the recording status of active contractors
  sessionops.citrix.citrix_sessions_info:
    delivery_group: Contractors
    session_state: Active
    recording: true
  register: contractors

- name: Show the sessions that are not recorded
  ansible.builtin.debug:
    msg: "{{ (item.user or {}).name | default('no name', true) }} on {{ item.machine.name }}"
  loop: "{{ contractors.sessions | rejectattr('recorded', 'eq', true) }}"
  loop_control:
    label: "{{ item.id }}"

- name: List the sessions of one user that do not use HDX
  sessionops.citrix.citrix_sessions_info:
    user: user001@lab.example
    search_filters:
      - property: ConnectionProtocol
        operator: NotEquals
        value: Hdx
"""

RETURN = r"""
sessions:
  description:
    - Sessions found, each once, with the fields of the API in snake_case.
    - Any field may be null or absent. Times with the prefix C(formatted_) are RFC 3339.
    - C(untrusted_user_name) is reported by the machine and not verified.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 3cfab8ca-9651-5900-9dc2-ba3b489fe4cf
      state: Active
      user:
        name: LAB\user001
        principal_name: user001@lab.example
      formatted_start_time: "2025-01-06T08:00:30Z"
      recorded: false
  contains:
    id:
      description: Id of the session.
      type: str
    state:
      description: C(Active), C(Connected), C(Disconnected) or C(Unknown).
      type: str
    recorded:
      description: Whether the session is being recorded; null if unknown.
      returned: if O(recording=true)
      type: bool
list_complete:
  description: Whether each list had as many objects as the API reports. If not, sessions may be missing.
  returned: success
  type: bool
  sample: true
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

from itertools import islice

from ..module_utils._common.options import values_of
from ..module_utils._module import create_module, execute
from ..module_utils._site import selectors
from ..module_utils._site.sessions import FACTS_SPEC, STATES, facts, requested_fields

ARGUMENT_SPEC = {
    **selectors.ARGUMENT_SPEC,
    **selectors.LIST_SPEC,
    **FACTS_SPEC,
    "session_state": {"type": "list", "elements": "str", "choices": list(STATES)},
}


def run(module, api):
    """List the sessions, and on request read their recording status."""
    params = module.params
    fields = requested_fields(params["fields"])
    states = values_of(params, "session_state")
    query = selectors.Query.from_params(params, states=states, filters=selectors.filters_of(params))
    sessions = islice(selectors.find_sessions(api, query, fields, module.warn), selectors.limit_of(params))
    return {
        "changed": False,
        "sessions": facts(api, sessions, fields, params["recording"], module.warn),
        "list_complete": api.list_complete,
    }


def main():
    execute(create_module(ARGUMENT_SPEC), run)


if __name__ == "__main__":
    main()
