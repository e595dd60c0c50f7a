#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_machines_info
short_description: List the machines of a Citrix site
version_added: 1.0.0
description:
  - Returns all machines (VDAs), or the selected machines, of a site of Citrix DaaS or Citrix Virtual Apps and Desktops.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._search_filters
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.api
  - sessionops.citrix._attributes.info
options:
  machine:
    description:
      - Select these machines, given as C(DOMAIN\NAME), DNS name or id.
      - A machine that does not exist fails the task. If several machines have the DNS name, all of them are returned.
    type: raw
  delivery_group:
    description:
      - Select the machines of these delivery groups, given by name or id. Write C(FOLDER\NAME) for a delivery group in
        a folder.
      - A delivery group that does not exist fails the task.
    type: raw
  session_support:
    description:
      - Select one kind of machine. By default both kinds are returned.
    type: str
    choices:
      - MultiSession
      - SingleSession
  fields:
    description:
      - Fields to request, spelled as in the API, such as C(SessionCount). Other fields are omitted, which makes the
        response much smaller.
      - C(Id), C(Name) and C(DnsName) are always included. By default all fields are returned.
    type: list
    elements: str
  limit:
    description:
      - Maximum number of machines to return; V(0) returns all.
    type: int
    default: 0
notes:
  - A machine must match every selector; within a selector, one matching value is enough.
  - Names are a list of text, or one text with the names separated by commas. Quote names that YAML would read as
    numbers.
  - In C(key=value) arguments a backslash starts an escape sequence, so C(\v) becomes a control character, which is
    invalid. Pass JSON or YAML instead.
seealso:
  - module: sessionops.citrix.citrix_machine_sessions_info
  - module: sessionops.citrix.citrix_sessions_info
  - plugin: sessionops.citrix.citrix_machines
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: List the machines of a delivery group with few fields
  sessionops.citrix.citrix_machines_info:
    delivery_group: Office Desktops
    fields:
      - RegistrationState
      - SessionCount
  register: office

- name: List the machines that are not registered
  sessionops.citrix.citrix_machines_info:
    search_filters:
      - property: RegistrationState
        operator: NotEquals
        value: Registered
    fields:
      - RegistrationState
      - FaultState

- name: Show all fields of one machine
  sessionops.citrix.citrix_machines_info:
    machine: vda-001.lab.example
"""

RETURN = r"""
machines:
  description:
    - Machines found, each once, with the fields of the API in snake_case. Any field may be null or absent.
    - C(name) has the form C(DOMAIN\NAME).
  returned: success
  type: list
  elements: dict
  sample:
    - id: 6697b991-12d1-5adc-bac7-c8bc9b57fd9a
      name: LAB\vda-001
      dns_name: vda-001.lab.example
      registration_state: Registered
      session_count: 10
  contains:
    id:
      description: Id of the machine.
      type: str
    name:
      description: Name of the machine with its domain.
      type: str
    dns_name:
      description: Fully qualified DNS name of the machine.
      type: str
list_complete:
  description: Whether each list had as many objects as the API reports. If not, machines may be missing.
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

from ..module_utils._common.facts import facts_of
from ..module_utils._module import create_module, execute
from ..module_utils._site import machines, selectors

ARGUMENT_SPEC = {
    "machine": selectors.ARGUMENT_SPEC["machine"],
    "delivery_group": selectors.ARGUMENT_SPEC["delivery_group"],
    "session_support": {"type": "str", "choices": list(machines.SESSION_SUPPORT)},
    "fields": {"type": "list", "elements": "str"},
    **selectors.LIST_SPEC,
}


def run(module, api):
    """List the machines."""
    params = module.params
    fields = machines.requested_fields(params["fields"])
    query = machines.MachineQuery.from_params(params, selectors.filters_of(params))
    found = islice(machines.find_machines(api, query, fields), selectors.limit_of(params))
    found = machines.warn_of_fields(found, params["fields"] or (), module.warn)
    return {
        "changed": False,
        "machines": [facts_of(machine, fields) for machine in found],
        "list_complete": api.list_complete,
    }


def main():
    execute(create_module(ARGUMENT_SPEC), run)


if __name__ == "__main__":
    main()
