#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_machine_sessions_info
short_description: List the sessions on machines of a Citrix site
version_added: 1.0.0
description:
  - Returns the sessions that run on one or more machines of Citrix DaaS or Citrix Virtual Apps and Desktops.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.api
  - sessionops.citrix._attributes.info
  - sessionops.citrix._session_facts
options:
  machine:
    description:
      - Machines whose sessions to list, given as C(DOMAIN\NAME), DNS name or id. Pass a list of text, or one text with
        the names separated by commas.
      - A machine that does not exist fails the task. If several machines have the DNS name, the sessions of all of them
        are listed.
      - In C(key=value) arguments a backslash starts an escape sequence, so C(\v) becomes a control character, which is
        invalid. Pass JSON or YAML instead.
    type: raw
    required: true
seealso:
  - module: sessionops.citrix.citrix_sessions_info
  - module: sessionops.citrix.citrix_session_recording
"""

EXAMPLES = r"""
- name: List the sessions of a machine
  sessionops.citrix.citrix_machine_sessions_info:
    machine: LAB\vda-001
  register: found

- name: List the users on two machines with their recording status
  sessionops.citrix.citrix_machine_sessions_info:
    machine:
      - LAB\vda-001
      - vda-002.lab.example
    fields:
      - State
      - User
      - FormattedStartTime
    recording: true
  register: found

- name: Show each session
  ansible.builtin.debug:
    msg: "{{ (item.user or {}).name | default('?', true) }} is {{ item.state }}, recorded: {{ item.recorded }}"
  loop: "{{ found.sessions }}"
  loop_control:
    label: "{{ item.id }}"
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
machines:
  description: Number of sessions on each machine, by the name given in O(machine).
  returned: success
  type: dict
  sample:
    LAB\vda-001: 10
    vda-002.lab.example: 10
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

from ..module_utils._common.names import NAME_LIST, read_names
from ..module_utils._module import create_module, execute
from ..module_utils._site import machine_sessions, sessions

ARGUMENT_SPEC = {"machine": {**NAME_LIST, "required": True}, **sessions.FACTS_SPEC}


def run(module, api):
    """List the sessions of the machines, and on request read their recording status."""
    fields = sessions.requested_fields(module.params["fields"])
    listed = machine_sessions.list_sessions(api, read_names("machine", module.params["machine"]), fields)
    return {
        "changed": False,
        "sessions": sessions.facts(api, listed.sessions, fields, module.params["recording"], module.warn),
        "machines": listed.counts,
        "list_complete": api.list_complete,
    }


def main():
    execute(create_module(ARGUMENT_SPEC), run)


if __name__ == "__main__":
    main()
