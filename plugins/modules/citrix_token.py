#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_token
short_description: Sign in to Citrix once, for all tasks that follow
version_added: 1.0.0
description:
  - Signs in and returns the access token, so that a play with many tasks signs in once. Citrix limits sign-ins, and
    each task is a process of its own.
  - It returns the site too, so that the tasks that follow need not look for it.
  - The token stands in the result in clear text. Set C(no_log) to C(true) on the task, or it is shown and logged.
  - An O(access_token) that is given is not used, since this module always signs in.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.info
seealso:
  - module: sessionops.citrix.citrix_site_info
"""

EXAMPLES = r"""
- name: Sign in once, and use it in all tasks
  module_defaults:
    group/sessionops.citrix.citrix:
      access_token: "{{ citrix.access_token | default(omit) }}"
      site_id: "{{ citrix.site_id | default(omit) }}"
  block:
    - name: Sign in
      sessionops.citrix.citrix_token:
      register: citrix
      no_log: true

    - name: List who is on
      sessionops.citrix.citrix_sessions_info:
        session_state: Active
        fields:
          - User
"""

RETURN = r"""
access_token:
  description: The token, in clear text, for O(access_token) of other tasks.
  returned: success
  type: str
  sample: eyJhbGciOiJSUzI1NiIsImtpZCI6InNhbXBsZSJ9.example
expires_at:
  description: When the token ends, RFC 3339, UTC. Tasks to which it was given do not renew it.
  returned: success
  type: str
  sample: "2026-01-05T10:14:31Z"
customer_id:
  description: The customer that the token is for.
  returned: success
  type: str
  sample: simulated
site_id:
  description: The site, as given or as found.
  returned: success
  type: str
  sample: 630cb34d-96d1-5718-923a-d53d6f4780ab
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

from ..module_utils._common.times import rfc3339
from ..module_utils._module import create_module, execute


def run(module, api):
    """Sign in, and find the site."""
    site_id = api.site_id()
    # After the search for the site, which may have renewed the token.
    token = api.token()
    return {
        "changed": False,
        "access_token": token.value,
        "expires_at": rfc3339(token.ends_at),
        "customer_id": api.customer_id,
        "site_id": site_id,
    }


def main():
    module = create_module({})
    # module_defaults for the whole group pass the last token here too. To hand it back would renew nothing, and if the
    # service gives the same one again, it must not be masked.
    module.no_log_values.discard(module.params["access_token"])
    module.params["access_token"] = None
    execute(module, run)


if __name__ == "__main__":
    main()
