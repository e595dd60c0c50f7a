#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_token
short_description: Sign in to Citrix once for all tasks that follow
version_added: 1.0.0
description:
  - Signs in and returns the access token, so that a play with many tasks signs in once. Each task is a separate process
    that would sign in again, and Citrix limits sign-ins.
  - Also returns the site id, which saves later tasks a request.
  - The result contains the token in clear text. Set C(no_log) to C(true) on the task; otherwise the token is printed
    and logged.
  - Always signs in and ignores O(access_token).
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.api
  - sessionops.citrix._attributes.info
seealso:
  - module: sessionops.citrix.citrix_site_info
"""

EXAMPLES = r"""
- name: Sign in once for all tasks of a block
  module_defaults:
    group/sessionops.citrix.citrix:
      access_token: "{{ citrix.access_token | default(omit) }}"
      site_id: "{{ citrix.site_id | default(omit) }}"
  block:
    - name: Sign in
      sessionops.citrix.citrix_token:
      register: citrix
      no_log: true

    - name: List the users of active sessions
      sessionops.citrix.citrix_sessions_info:
        session_state: Active
        fields:
          - User
"""

RETURN = r"""
access_token:
  description: Access token in clear text, for O(access_token) of other tasks.
  returned: success
  type: str
  sample: eyJhbGciOiJSUzI1NiIsImtpZCI6InNhbXBsZSJ9.example
expires_at:
  description: Time when the token expires, RFC 3339, UTC. Tasks that use the token do not refresh it.
  returned: success
  type: str
  sample: "2026-01-05T10:14:31Z"
customer_id:
  description: Customer id of the token.
  returned: success
  type: str
  sample: simulated
site_id:
  description: Site id, from O(site_id) or the only site of the account.
  returned: success
  type: str
  sample: 630cb34d-96d1-5718-923a-d53d6f4780ab
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

from ..module_utils._common.times import rfc3339
from ..module_utils._module import create_module, execute


def run(module, api):
    """Sign in, and find the site."""
    site_id = api.site_id()
    # Site discovery may have renewed the token.
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
    # module_defaults for the whole group pass the last token here too. Returning it would not renew it, and if the
    # service issues the same token again, it must not be masked.
    module.no_log_values.discard(module.params["access_token"])
    module.params["access_token"] = None
    execute(module, run)


if __name__ == "__main__":
    main()
