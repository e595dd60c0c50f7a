#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_site_info
short_description: Show who is signed in to Citrix, and which sites there are
version_added: 1.0.0
description:
  - Returns the account that the credentials belong to, the customers and sites that it sees, and the settings of its
    sites, among them the product version.
  - A good first task. It needs O(site_id) only where one site of several is meant.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.info
seealso:
  - module: sessionops.citrix.citrix_token
"""

EXAMPLES = r"""
- name: Who am I, and which sites are there?
  sessionops.citrix.citrix_site_info:
  register: citrix

- name: Show the sites
  ansible.builtin.debug:
    msg: "{{ item.name }} {{ item.id }} runs {{ item.product_version | default('?', true) }}"
  loop: "{{ citrix.sites }}"
  loop_control:
    label: "{{ item.id }}"
"""

RETURN = r"""
user_id:
  description: Id of the account.
  returned: success
  type: str
  sample: S-1-5-21-1000000001-2000000002-3000000003-500
display_name:
  description: Name of the account; null where the API tells none.
  returned: success
  type: str
  sample: LAB\administrator
customers:
  description: The customers that the account sees, each with its sites.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the customer, for O(customer_id).
      type: str
      sample: simulated
    name:
      description: Name of the customer; null where the API tells none.
      type: str
      sample: simulated
    sites:
      description: Sites of the customer that the account sees.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the site, for O(site_id).
          type: str
          sample: 630cb34d-96d1-5718-923a-d53d6f4780ab
        name:
          description: Name of the site.
          type: str
          sample: Simulated Site 1
sites:
  description:
    - The settings of the site that O(site_id) names, or of all sites of O(customer_id), with the fields of the API in
      snake_case. Any field may be null or absent.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 630cb34d-96d1-5718-923a-d53d6f4780ab
      name: Simulated Site 1
      product_version: "7.44"
      licensing_model: UserDevice
  contains:
    id:
      description: Id of the site.
      type: str
    name:
      description: Name of the site.
      type: str
    product_version:
      description: Version of the product.
      type: str
failure:
  description: What the API answered, where an answer of its own ended the task.
  returned: when an answer of the API ended the task
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

from ..module_utils._module import create_module, execute
from ..module_utils._site import sites


def run(module, api):
    """Read the account, and each of its sites."""
    return {"changed": False, **sites.facts(api, module.params["site_id"])}


def main():
    execute(create_module({}), run)


if __name__ == "__main__":
    main()
