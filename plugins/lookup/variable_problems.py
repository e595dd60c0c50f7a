# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: variable_problems
short_description: Find variables that a playbook would ignore or cannot read
version_added: 1.0.0
author:
  - The sessionops.citrix contributors (!UNKNOWN)
description:
  - Ansible ignores a variable that no task uses. If the name of an exclusion has a typo, the exclusion is lost. The
    playbooks and roles of this collection use this lookup to reject such variables before anything is sent.
  - Rejects variables that are typos of known names, and known variables whose template fails.
  - A typo is a name that differs from a known one by at most two letters, or in case only. Two neighboring letters that
    are swapped count as one.
options:
  _terms:
    description: Names of the variables that the playbook or role takes.
    type: list
    elements: str
    required: true
  refused:
    description:
      - Names of variables that other playbooks take and this one does not. They are rejected as typos are.
      - A mapping of this name is accepted if C(citrix_name) is set too, since the inventory plugin
        P(sessionops.citrix.citrix_machines#inventory) sets host variables such as C(citrix_delivery_group).
    type: list
    elements: str
    default: []
  prefix:
    description: One warning lists all other variables that begin with this prefix. Without it there is no warning.
    type: str
"""

EXAMPLES = r"""
- name: Check the names of the variables
  ansible.builtin.assert:
    that: problems == []
    fail_msg: "{{ problems | join(' ') }}"
  vars:
    problems: "{{ query('sessionops.citrix.variable_problems', 'backup_dest', 'backup_exclude', prefix='backup_') }}"
"""

RETURN = r"""
_list:
  description: A sentence for each variable that is rejected.
  type: list
  elements: str
"""

from collections.abc import Mapping

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

TYPOS = 2
"""Maximum number of letters by which a typo differs from a known name."""


class LookupModule(LookupBase):
    """Check the variables of a task against the variables of a playbook."""

    def run(self, terms, variables=None, **kwargs):
        """Return a sentence for each rejected variable; warn about others with the prefix."""
        self.set_options(var_options=variables, direct=kwargs)
        refused, prefix = self.get_option("refused"), self.get_option("prefix")
        rejected, unused = [], []
        for name in terms:
            try:
                self._templar.template([variables.get(name)])
            except AnsibleError as error:
                rejected.append(f"{name}: could not template its value: {error}.")
        for name in sorted(set(variables) - set(terms)):
            if name.startswith("__"):
                # Internal variables of a play or a role.
                continue
            if name in refused:
                if not _of_inventory(variables, name):
                    rejected.append(f"{name}: this playbook does not take it. Remove it.")
                continue
            similar = next((known for known in [*terms, *refused] if _is_typo(name, known)), None)
            if similar:
                rejected.append(f"{name}: unknown variable. Did you mean {similar}?")
            elif prefix and name.startswith(prefix) and not _of_host_alone(variables, name):
                unused.append(name)
        if unused:
            Display().warning(f"Variables that this playbook does not use: {', '.join(unused)}.")
        return rejected


def _of_inventory(variables, name):
    """Return whether the inventory plugin sets this variable for a machine."""
    return "citrix_name" in variables and isinstance(variables[name], Mapping)


def _of_host_alone(variables, name):
    """Return whether the inventory sets a variable only for this machine, not for all hosts."""
    return "citrix_name" in variables and name not in variables["hostvars"]["localhost"]


def _is_typo(name, known):
    if abs(len(name) - len(known)) > TYPOS:
        return False
    return _distance(name.lower(), known.lower()) <= TYPOS


def _distance(one, other):
    """Return how many letters to insert, delete, replace or swap to make two texts equal."""
    before, last = [], list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, expected in enumerate(other, 1):
            costs = [last[column] + 1, line[-1] + 1, last[column - 1] + (letter != expected)]
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == expected:
                costs.append(before[column - 2] + 1)
            line.append(min(costs))
        before, last = last, line
    return last[-1]
