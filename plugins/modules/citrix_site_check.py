#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_site_check
short_description: Check whether a Citrix site is ready for session recording
version_added: 1.0.0
description:
  - Checks connection, sign-in, site, rights, lists, searches, recording status and batches, and names the remedy of
    each problem. A failed check does not end the run; the task fails at the end if a check failed.
  - It only reads, and sends at most 60 requests to a site of any size. Only with O(prove_session_id), it starts and
    stops a recording.
  - With O(report), it writes a report that holds no names, ids, hosts or addresses, to attach to a bug report.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._attributes
  - sessionops.citrix._attributes.api
  - sessionops.citrix._audit
attributes:
  check_mode:
    support: full
    details:
      - In check mode, no report is written and no recording is started.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - O(report) writes a new report each time, and O(prove_session_id) starts and stops a recording.
options:
  report:
    description:
      - File for the report, in JSON. Its directory must exist. Relative paths refer to the working directory of the
        module.
      - Texts of the site are replaced by their kind, such as C(GUID) or C(DOMAIN\name). Versions, names of documented
        fields, types, HTTP statuses, rounded counts and times are kept.
    type: path
  prove_session_id:
    description:
      - Id of one session whose user has agreed to a test. Its recording is started, which notifies the user, and
        stopped. The session must be active, and must not be recorded.
    type: str
  retries:
    description:
      - Maximum number of retries of a request, from 0 to 20. By default, each request is sent once, so that the result
        shows the behavior of the site. No environment variable changes it.
    type: int
    default: 0
seealso:
  - module: sessionops.citrix.citrix_site_info
"""

EXAMPLES = r"""
- name: Check the site, and write a report
  sessionops.citrix.citrix_site_check:
    report: /srv/reports/site-check.json
  register: site_check

- name: Show the steps that remain
  ansible.builtin.debug:
    var: site_check.next_steps

- name: Prove the recording of one session
  sessionops.citrix.citrix_site_check:
    prove_session_id: 3cfab8ca-9651-5900-9dc2-ba3b489fe4cf
"""

RETURN = r"""
checks:
  description: The checks, the worst last.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Name of the check.
      type: str
      sample: credential
    group:
      description: Group of the check.
      type: str
      sample: sign-in
    status:
      description: C(ok), C(skipped), C(warning) or C(failed).
      type: str
      sample: ok
    observed:
      description: Result of the check.
      type: str
      sample: the credentials are accepted
    remedy:
      description: Remedy of a problem; empty without one.
      type: str
      sample: ""
    seconds:
      description: Duration of the check.
      type: float
      sample: 0.21
next_steps:
  description: Remedies of all problems, the worst first.
  returned: always
  type: list
  elements: str
  sample:
    - "scopes: Assign the scope All, unless the account should see only a part."
suggested:
  description: Suggested values of options, if they could be measured.
  returned: always
  type: dict
  contains:
    batch_size:
      description: Value for O(batch_size).
      type: int
      sample: 20
    max_concurrency:
      description: Value for O(max_concurrency).
      type: int
      sample: 10
summary:
  description: Number of checks by their status, and the number of requests.
  returned: always
  type: dict
  sample:
    ok: 36
    skipped: 3
    warning: 1
    failed: 0
    requests: 52
report:
  description: File with the report.
  returned: if a report was written
  type: str
  sample: /srv/reports/site-check.json
run_id:
  description: Id of the run in the audit trail. Null in check mode, and if the options are invalid.
  returned: always
  type: str
  sample: 5a5ba5d6-7d1f-4a63-8b52-62b1e3e0ee6c
failure:
  description: First error response of the API that made a check fail.
  returned: if an error response of the API made a check fail
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
writes_sent:
  description: Number of requests for changes that were sent; 0 without O(prove_session_id).
  returned: always
  type: int
  sample: 0
"""

from functools import partial

from ..module_utils._actions import trail
from ..module_utils._checks import site_check
from ..module_utils._module import create_module, execute

ARGUMENT_SPEC = {
    **trail.ARGUMENT_SPEC,
    "report": {"type": "path"},
    "prove_session_id": {"type": "str"},
    "retries": {"type": "int", "default": 0},
}


def run(module, api):
    """Run all checks."""
    return site_check.run(module, api)


def main():
    module = create_module(ARGUMENT_SPEC)
    execute(module, run, writes=True, explain=partial(site_check.stopped, module))


if __name__ == "__main__":
    main()
