# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: citrix_machines
short_description: Citrix machines as inventory hosts
version_added: 1.0.0
description:
  - Adds each machine (VDA) of a Citrix DaaS or Citrix Virtual Apps and Desktops site to the inventory as a host.
  - The name of an inventory file must end in C(citrix_machines.yml) or C(citrix_machines.yaml).
  - Values from the API are never evaluated as templates.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._search_filters
  - constructed
  - inventory_cache
options:
  plugin:
    description:
      - Name of this plugin.
    type: str
    required: true
    choices:
      - sessionops.citrix.citrix_machines
  delivery_group:
    description:
      - Select the machines of these delivery groups, given by name or id. Write C(FOLDER\NAME) for a delivery group in
        a folder.
      - A delivery group that does not exist is an error.
    type: list
    elements: str
  machine_catalog:
    description:
      - Select the machines of these machine catalogs, given by name.
    type: list
    elements: str
  session_support:
    description:
      - Select one kind of machine. By default both kinds are included.
    type: str
    choices:
      - MultiSession
      - SingleSession
  registration_state:
    description:
      - Select the machines in any of these registration states.
    type: list
    elements: str
    choices:
      - Unknown
      - Unregistered
      - Initializing
      - Registered
      - AgentError
  power_state:
    description:
      - Select the machines in any of these power states. Quote C(On) and C(Off), which YAML otherwise reads as
        booleans.
    type: list
    elements: str
    choices:
      - Unknown
      - Unmanaged
      - Unavailable
      - "Off"
      - "On"
      - Suspended
      - TurningOn
      - TurningOff
      - Suspending
      - Resuming
      - NotSupported
      - VirtualMachineNotFound
  name:
    description:
      - Select the machines whose name matches any of these patterns, with C(*), C(?) and C([abc]). Case does not
        matter.
      - A pattern with a backslash is compared with C(DOMAIN\NAME), any other with C(NAME).
    type: list
    elements: str
  fields:
    description:
      - Fields of a machine that become host variables, spelled as in the API. C(Id), C(Name) and C(DnsName) are always
        included.
      - The name of a variable is O(hostvars_prefix) and the field name in snake_case, such as C(citrix_session_count).
    type: list
    elements: str
    default:
      - AgentVersion
      - DeliveryGroup
      - FaultState
      - IPAddress
      - InMaintenanceMode
      - MachineCatalog
      - OSType
      - PowerState
      - RegistrationState
      - SessionCount
      - SessionSupport
      - SummaryState
      - Tags
      - Zone
  sessions:
    description:
      - Whether to add the sessions of each machine as host variable C(citrix_sessions). That takes one more request for
        each 1000 sessions.
    type: bool
    default: false
  session_fields:
    description:
      - Fields of these sessions, spelled as in the API. C(Id) is always included.
    type: list
    elements: str
    default:
      - Connection
      - State
      - User
    choices:
      - Id
      - Uid
      - ApplicationsInUse
      - AppState
      - AppStateLastChangeTime
      - FormattedAppStateLastChangeTime
      - Brokering
      - Client
      - Connection
      - ContainerScopes
      - EstablishmentDurationMilliseconds
      - EstablishmentTime
      - FormattedEstablishmentTime
      - IsAnonymousUser
      - IsHidden
      - LogoffInProgress
      - LogonInProgress
      - Machine
      - SessionType
      - StartTime
      - FormattedStartTime
      - State
      - StateChangeTime
      - FormattedStateChangeTime
      - UntrustedUserName
      - User
  hostvars_prefix:
    description:
      - Prefix of the names of the host variables.
    type: str
    default: citrix_
  hostnames:
    description:
      - Sources of the host name, in order of preference. Each is the name of a host variable or a template over host
        variables.
      - The first source with a usable name is used. Empty names, names of groups and names of the controller itself are
        skipped.
      - Two machines with the same host name are an error, because one of them would be lost.
      - The default is C(citrix_dns_name), then C(citrix_name), then C(citrix_id).
    type: list
    elements: str
notes:
  - Any of O(api_url), O(token_url), O(customer_id), O(site_id), O(client_id), O(client_secret), O(username),
    O(password) and O(access_token) may be a template, such as a lookup of a secret.
  - The cache contains the API responses about the machines and no credentials. It is refreshed if an option that
    affects the requests changes.
  - Unless C(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) is set, Ansible continues without an inventory that it cannot
    read.
seealso:
  - module: sessionops.citrix.citrix_machines_info
"""

EXAMPLES = r"""
---
# all.citrix_machines.yml: all machines. The CITRIX_* variables set the site and the credentials.
plugin: sessionops.citrix.citrix_machines

---
# office.citrix_machines.yml: the registered machines of two delivery groups, grouped by these and by catalog and zone.
plugin: sessionops.citrix.citrix_machines
deployment: on_premises
api_url: https://ddc01.example.com
username: LAB\auditor
password: "{{ lookup('ansible.builtin.file', '/run/secrets/citrix_password') }}"
delivery_group:
  - Office Desktops
  - Engineering
registration_state:
  - Registered
keyed_groups:
  - key: citrix_delivery_group.name
    prefix: delivery_group
  - key: citrix_machine_catalog.name
    prefix: catalog
  - key: citrix_zone.name
    prefix: zone

---
# busy.citrix_machines.yml: machines with sessions, named without the domain and connected with psrp.
plugin: sessionops.citrix.citrix_machines
search_filters:
  - property: SessionCount
    operator: NotEquals
    value: "0"
hostnames:
  - "{{ citrix_name | ansible.builtin.win_basename }}"
compose:
  ansible_host: citrix_dns_name
  ansible_connection: "'ansible.builtin.psrp'"
groups:
  crowded: citrix_session_count > 9
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/citrix_machines
cache_timeout: 600
"""

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils._client.api import connect
from ..module_utils._client.interrupt import Background
from ..module_utils._client.transport import REQUESTS_IMPORT_ERROR
from ..module_utils._common import options
from ..module_utils._common.errors import CitrixError, OptionError
from ..module_utils._common.text import clean
from ..module_utils._views import hosts

TEMPLATED = (
    "api_url",
    "token_url",
    "customer_id",
    "site_id",
    "client_id",
    "client_secret",
    "username",
    "password",
    "access_token",
)
TICK = 0.01
"""Seconds between two checks of the search for machines."""
GROUPED = ("delivery_group", "machine_catalog", "zone")
"""Facts with a name by which machines are grouped."""
ENDINGS = ("citrix_machines.yml", "citrix_machines.yaml")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Read an inventory file, request the machines, and add the hosts."""

    NAME = "sessionops.citrix.citrix_machines"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(ENDINGS)

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        # Ansible ignores unknown options, so a filter with a typo would select all machines.
        unknown = set(direct or ()) - set(self.option_definitions)
        if unknown:
            raise AnsibleParserError(f"{', '.join(sorted(map(str, unknown)))}: there is no such option")
        # Ansible's message would include the value, which may be a secret.
        for name in TEMPLATED:
            if isinstance((direct or {}).get(name), (dict, list)):
                raise AnsibleParserError(f"{name}: must be text, or a template that returns text")
        super().set_options(task_keys, var_options, direct)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        if REQUESTS_IMPORT_ERROR:
            raise AnsibleParserError(missing_required_lib("requests"))
        config = self._read_config_data(path)
        try:
            options.reject_null(config, hosts.OPTIONS)
            options.check_types(config, {name: self.option_definitions[name] for name in hosts.OPTIONS})
            preferred = self._preferred()
            self._add_hosts(self._machines(config, path, cache), preferred)
        except CitrixError as error:
            raise AnsibleParserError(str(error)) from None

    def _machines(self, config: dict, path: str, cache: bool) -> list[dict]:
        """Return the facts of the machines, from the cache if it has them."""
        connection = self._connection(config)
        params = {name: self.get_option(name) for name in hosts.OPTIONS}
        if not self.get_option("cache"):
            return self._request(connection, params)
        decide = {**{name: connection[name] for name in hosts.WHOSE}, **params}
        requested = hashlib.sha256(json.dumps(decide, sort_keys=True).encode()).hexdigest()
        key = self.get_cache_key(path)
        known = self._cache.get(key) if cache else None
        if not isinstance(known, dict) or known.get("requested") != requested:
            known = {"requested": requested, "machines": self._request(connection, params)}
            self._cache[key] = known
        return known["machines"]

    def _connection(self, config: dict) -> dict:
        """Return the shared options as for a module: from the file, the environment or the defaults."""
        given = {name: config[name] for name in options.OPTIONS if config.get(name) is not None}
        self.templar.available_variables = self._vars
        for name in given.keys() & TEMPLATED:
            try:
                given[name] = self.templar.template(given[name])
            except AnsibleError as error:
                raise AnsibleParserError(f"{name}: its template fails: {error}") from None
            if not isinstance(given[name], str):
                raise OptionError(name, "must be text, or a template that returns text")
        spec = options.argument_spec()
        options.check_types(given, spec)
        checked = ArgumentSpecValidator(spec).validate(given)
        if checked.error_messages:
            raise AnsibleParserError("; ".join(checked.error_messages))
        return checked.validated_parameters

    def _request(self, connection: dict, params: dict) -> list[dict]:
        warn = self.display.warning
        # Check mode, so that nothing can be changed.
        api = connect(options.settings(connection), True, warn, self.display.vvv)
        search = Background(lambda: hosts.find_hosts(api, params, warn), api.throttle)
        while not search.is_over():
            time.sleep(TICK)
        return search.value()

    def _add_hosts(self, machines: list[dict], preferred: list[tuple[str, bool]]) -> None:
        prefix, strict = self.get_option("hostvars_prefix"), self.get_option("strict")
        names = hosts.Names(self.inventory.groups)
        for facts in machines:
            variables = {f"{prefix}{name}": value for name, value in facts.items()}
            host = names.first(facts, self._choices(preferred, variables))
            self.inventory.add_host(host)
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)
            self._set_composite_vars(self.get_option("compose"), variables, host, strict)
            # Once for all groups, because this takes most of the time.
            variables = self.inventory.get_host(host).get_vars()
            self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict, False)
            self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict, False)
        self._warn_about_merged_groups(machines)

    def _compose(self, template: Any, variables: dict, *_deprecated: Any) -> Any:
        """Return the value of an expression, without a template if it is the path of a text."""
        # Compiling a template takes longer than all other work for a machine.
        text = None if self.get_option("use_extra_vars") else hosts.text_at(variables, template)
        if text is None:
            return super()._compose(template, variables)
        self.templar.available_variables = variables
        return text

    def _warn_about_merged_groups(self, machines: list[dict]) -> None:
        """Warn if a group, such as in --limit, has machines of several delivery groups or the like."""
        keys = {str(group.get("key")) for group in self.get_option("keyed_groups")}
        for fact in GROUPED:
            if f"{self.get_option('hostvars_prefix')}{fact}.name" in keys:
                for names in hosts.merged_names(machines, fact, self._sanitize_group_name):
                    shown = ", ".join(map(clean, names))
                    self.display.warning(f"keyed_groups: {shown} become one group; use {fact}.id as the key.")

    def _preferred(self) -> list[tuple[str, bool]]:
        """Return the preferred host names: (host variable or template, whether it is a template)."""
        prefix = self.get_option("hostvars_prefix")
        hosts.check_prefix(prefix)
        known = [f"{prefix}{name}" for name in hosts.fact_names(self.get_option("fields"))]
        entries = self.get_option("hostnames") or known[: len(hosts.NAMED_BY)]
        preferred = [(entry, self.templar.is_template(entry)) for entry in entries]
        for entry, is_template in preferred:
            if entry not in known and not is_template:
                raise OptionError("hostnames", f"'{entry}' is neither a template nor one of {', '.join(known)}")
        return preferred

    def _choices(self, preferred: list[tuple[str, bool]], variables: dict) -> Iterator[object]:
        """Yield the name of a machine for each preference; None if it has no value."""
        for entry, is_template in preferred:
            if not is_template:
                yield variables.get(entry)
                continue
            self.templar.available_variables = variables
            try:
                yield self.templar.template(entry)
            except AnsibleError as error:
                if self.get_option("strict"):
                    raise AnsibleParserError(f"hostnames: {entry} fails: {error}") from None
