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
  - Rejects variables that are typos of known names, and known variables whose template fails or that are or contain
    null.
  - A typo is a name that differs from a known one by at most two letters, or in case only. Two neighboring letters that
    are swapped count as one.
  - With O(prefix), also rejects text of C(--extra-vars) without a name, known variables that it sets several times
    outside of files, and double keys in its JSON, because Ansible would use only the last value. Extra variables that
    lack the prefix, and environment variables that are a known variable in any case or a typo of it, are rejected if
    their name has two words, such as C(exclude_user), and the known variable is not set.
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
  hosts:
    description:
      - Hosts for which one task acts with the variables of the first. Their variables are checked too, and a known
        variable that is not the same for all of them is rejected.
    type: list
    elements: str
    default: []
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

import os
from collections.abc import Iterator, Mapping

from ansible import context
from ansible.errors import AnsibleError
from ansible.parsing.splitter import split_args
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars
from ansible_collections.sessionops.citrix.plugins.module_utils._common import options
from ansible_collections.sessionops.citrix.plugins.module_utils._common.repeats import names, repeated, repeated_keys
from ansible_collections.sessionops.citrix.plugins.module_utils._common.typos import original

ENVIRONMENT = [options.environment_name(name) for name in (*options.OPTIONS, "reason", "audit_log", "guard")]
"""Environment variables that the modules read."""


class LookupModule(LookupBase):
    """Check the variables of a task against the variables of a playbook."""

    def run(self, terms, variables=None, **kwargs):
        """Return a sentence for each rejected variable; warn about others with the prefix."""
        self.set_options(var_options=variables, direct=kwargs)
        hosts = [variables["hostvars"].raw_get(host) for host in self.get_option("hosts")]
        problems = [*self._invalid(terms, variables), *_different(terms, hosts)]
        problems += self._ignored(terms, variables, hosts)
        prefix = self.get_option("prefix")
        if prefix:
            problems += self._repeated(terms)
            problems += self._without_prefix(prefix, terms, variables)
            problems += self._of_environment(prefix, terms, variables)
        return problems

    def _invalid(self, terms, variables) -> Iterator[str]:
        """Yield the problems of the values of known variables."""
        for name in terms:
            try:
                (value,) = self._templar.template([variables.get(name, "")]) or [""]
            except AnsibleError as error:
                yield f"{name}: could not template its value: {error}."
            else:
                for path in _nulls(value):
                    yield f"{name}: {path}is null, so it would be ignored. Set a value, or remove it."

    def _ignored(self, terms, variables, hosts) -> Iterator[str]:
        """Yield the problems of variables that are not known."""
        refused, prefix = self.get_option("refused"), self.get_option("prefix")
        unused = []
        owners = {name: owner for owner in [*reversed(hosts), variables] for name in owner}
        for name in sorted(set(owners) - set(terms)):
            if name.startswith("__"):
                # Internal variables of a play or a role.
                continue
            if name in refused:
                if not _of_inventory(owners[name], name):
                    yield f"{name}: this {'playbook' if prefix else 'role'} does not take it. Remove it."
                continue
            similar = original(name, [*terms, *refused])
            if similar:
                yield f"{name}: unknown variable. Did you mean {similar}?"
            elif prefix and name.startswith(prefix) and not _of_host_alone(owners[name], name, variables["hostvars"]):
                unused.append(name)
        if unused:
            Display().warning(f"Variables that this playbook does not use: {', '.join(unused)}.")

    def _repeated(self, terms) -> Iterator[str]:
        """Yield the names that --extra-vars sets several times: Ansible uses the last value."""
        given: list[str] = []
        in_json: set[str] = set()
        for text in context.CLIARGS.get("extra_vars", ()):
            is_file = text.startswith("@")
            in_json |= repeated_keys(self._loader.get_text_file_contents(text[1:]) if is_file else text)
            if not is_file:
                given += self._loader.load(text) if text.startswith(("{", "[")) else names(split_args(text))
        for name in sorted(in_json | repeated(given) & set(terms)):
            yield f"{name}: --extra-vars sets it several times, and only the last value would apply. Set it once."

    def _without_prefix(self, prefix, terms, variables) -> Iterator[str]:
        """Yield the extra variables that would be known with the prefix, and text without a name."""
        known = self._distinct(prefix, terms, variables)
        given = load_extra_vars(self._loader)
        for name in sorted(given):
            for similar in known & {f"{prefix}{name}", f"{prefix}{name}".removesuffix("s")}:
                yield f"{name}: unknown variable. Did you mean {similar}?"
        if "_raw_params" in given:
            yield f"--extra-vars: '{given['_raw_params']}' has no name. Quote values that contain spaces, or pass JSON."

    def _of_environment(self, prefix, terms, variables) -> Iterator[str]:
        """Yield the environment variables with names of variables; warn about typos of others."""
        known = self._distinct(prefix, terms, variables)
        for name in sorted(set(os.environ) - set(ENVIRONMENT)):
            lower = name.lower()
            if lower not in known and name.startswith("CITRIX_") and (similar := original(name, ENVIRONMENT)):
                Display().warning(f"{name}: unknown environment variable. Did you mean {similar}?")
            elif lower.startswith(prefix) and (variable := lower if lower in known else original(lower, known)):
                yield f"{name}: the environment does not set variables. Did you mean the variable {variable}?"

    def _distinct(self, prefix, terms, variables) -> set[str]:
        """Return the unset variables whose names have two words, since one word has many uses."""
        names = {*terms, *self.get_option("refused")} - set(variables)
        return {name for name in names if "_" in name.removeprefix(prefix)}


def _nulls(value, path="") -> Iterator[str]:
    """Yield where a value is null, as in "[1].exclude_user "."""
    if value is None:
        yield f"{path} ".lstrip()
    children = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _nulls(child, f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}")


def _different(terms, hosts) -> Iterator[str]:
    """Yield the variables that are not the same for all hosts."""
    for name in terms:
        if any((name in host, host.get(name)) != (name in hosts[0], hosts[0].get(name)) for host in hosts):
            yield f"{name}: differs between hosts, but one task acts on all of them. Set it once, in --extra-vars."


def _of_inventory(variables, name):
    """Return whether the inventory plugin sets this variable for a machine."""
    return "citrix_name" in variables and isinstance(variables[name], Mapping)


def _of_host_alone(variables, name, hostvars):
    """Return whether the inventory sets a variable only for this machine, not for all hosts."""
    return "citrix_name" in variables and name not in hostvars["localhost"]
