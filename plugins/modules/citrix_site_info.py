#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_site_info
short_description: Show the signed-in Citrix account and its sites
version_added: 1.0.0
description:
  - Returns the signed-in account, its customers and sites, and the settings of the sites, such as the product version.
  - Use it as the first task to check the connection. O(site_id) is optional; it limits the settings to one site.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.api
  - sessionops.citrix._attributes.info
seealso:
  - module: sessionops.citrix.citrix_token
"""

EXAMPLES = r"""
- name: Read the signed-in account and its sites
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
  description: Name of the account; null if unknown.
  returned: success
  type: str
  sample: LAB\administrator
customers:
  description: Customers visible to the account, each with its sites.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the customer, for O(customer_id).
      type: str
      sample: simulated
    name:
      description: Name of the customer; null if unknown.
      type: str
      sample: simulated
    sites:
      description: Sites of the customer that are visible to the account.
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
    - Settings of the site with O(site_id), or of all sites of O(customer_id), with the fields of the API in snake_case.
      Any field may be null or absent.
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

from ..module_utils._module import create_module, execute
from ..module_utils._site import sites


def run(module, api):
    """Read the account, and each of its sites."""
    return {"changed": False, **sites.facts(api, module.params["site_id"])}


def main():
    execute(create_module({}), run)


if __name__ == "__main__":
    main()
