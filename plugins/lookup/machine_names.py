# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: machine_names
short_description: Names of the machines of inventory hosts
version_added: 1.0.0
author:
  - The sessionops.citrix contributors (!UNKNOWN)
description:
  - Returns the host variable C(citrix_name) of each host, which the inventory plugin
    P(sessionops.citrix.citrix_machines#inventory) sets.
  - Fails if a host lacks it, so that a task never acts on a part of the hosts.
  - Reads each host once. Templates over C(hostvars) take twice as long, which matters for thousands of hosts.
options:
  _terms:
    description: Names of hosts, and lists of them.
    type: list
    elements: str
    required: true
seealso:
  - plugin: sessionops.citrix.citrix_machines
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: List the sessions on the machines of the play
  sessionops.citrix.citrix_machine_sessions_info:
    machine: "{{ query('sessionops.citrix.machine_names', *ansible_play_hosts) }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_list:
  description: Names of the machines, in the order of the hosts.
  type: list
  elements: str
"""

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

SHOWN = 10
"""Maximum number of hosts in a message."""


class LookupModule(LookupBase):
    """Read the names of machines from the variables of their hosts."""

    def run(self, terms, variables=None, **kwargs):
        """Return the name of the machine of each host."""
        self.set_options(var_options=variables, direct=kwargs)
        hostvars = variables["hostvars"]
        hosts = list(map(str, self._flatten(terms)))
        unknown = [host for host in hosts if host not in hostvars]
        if unknown:
            raise AnsibleError(
                f"the inventory has no hosts {', '.join(unknown[:SHOWN])} ({len(unknown)} of {len(hosts)} names); pass "
                "names of hosts, such as ansible_play_hosts, and not those of groups or machines"
            )
        names = {host: hostvars[host].get("citrix_name") for host in hosts}
        others = [host for host, name in names.items() if not name]
        if others:
            raise AnsibleError(
                "citrix_name, which the inventory plugin citrix_machines sets, is missing on "
                f"{', '.join(others[:SHOWN])} ({len(others)} of {len(names)} hosts); exclude them with --limit"
            )
        return list(names.values())
