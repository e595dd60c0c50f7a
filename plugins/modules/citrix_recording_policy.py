#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_recording_policy
short_description: Keep the recording of live Citrix sessions as a policy says
version_added: 1.0.0
description:
  - Brings the live sessions of a site to the states that a list of rules asks for. The first rule that fits a session
    wins, and a session that no rule fits is left alone.
  - All rules are converged in one pass, with one sign-in and one listing of the sessions. What is said of
    M(sessionops.citrix.citrix_session_recording) holds here too. The status is read before and after, and only sessions
    that differ get a request.
author:
  - The sessionops.citrix contributors (!UNKNOWN)
extends_documentation_fragment:
  - sessionops.citrix._auth
  - sessionops.citrix._attributes
attributes:
  check_mode:
    support: full
    details:
      - All reads are made and no request to start or stop is sent. That is an audit of the policy.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A session that already is as wanted gets no request, and its user no second notice.
options:
  rules:
    description:
      - The policy. A session falls under the first rule whose selectors it fits and that does not exclude it.
      - The values of one selector are alternatives; several selectors of a rule must all fit.
      - Rules that make no sense are refused by name before anything is sent.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - What the rule is called in results and messages. Each rule has a name of its own.
        type: str
        required: true
      machine:
        description:
          - Machines, written as in M(sessionops.citrix.citrix_session_recording).
          - A machine that does not exist fails the task.
        type: list
        elements: str
      user:
        description:
          - People, written C(DOMAIN\name), as user principal name or as C(name). Case does not matter.
          - A C(name) without a domain that turns out to mean several people fails the task, which lists them.
          - Somebody who is not there at the moment is no gap.
        type: list
        elements: str
      delivery_group:
        description:
          - Delivery groups, by name or id. One that does not exist fails the task.
        type: list
        elements: str
      application:
        description:
          - Published applications, by name or id; meant are the sessions in which one of them is running now.
          - One that does not exist fails the task.
        type: list
        elements: str
      all_sessions:
        description:
          - Whether the rule is about every session that no rule before it took.
        type: bool
        default: false
      exclude_user:
        description:
          - People to whom the rule does not apply. Their sessions are left to the rules that follow.
        type: list
        elements: str
      exclude_machine:
        description:
          - Machines to which the rule does not apply. Their sessions are left to the rules that follow.
        type: list
        elements: str
      max_sessions:
        description:
          - Most sessions that may fall under the rule. If there are more, the task fails before anything is sent.
        type: int
        default: 1000
      state:
        description:
          - V(started) records the sessions, V(stopped) ends their recording.
        type: str
        required: true
        choices:
          - started
          - stopped
      notify_user:
        description:
          - Whether users are told that the recording of their session starts. Only for V(started).
        type: bool
        default: true
  on_gap:
    description:
      - What to do about sessions that are to be recorded and cannot be, or that have ended meanwhile.
      - V(fail) fails the task after everything else is done, V(warn) warns.
    type: str
    default: warn
    choices:
      - fail
      - warn
  wait:
    description:
      - Whether to read the status back until the changes show.
      - With V(false) an accepted request is reported as C(requested) and counts as a change.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for the change of a session to show, from its own accepted request on, from 0 to 3600.
    type: int
    default: 30
seealso:
  - module: sessionops.citrix.citrix_session_recording
"""

EXAMPLES = r"""
- name: Keep contractors recorded, and nobody of the works council
  sessionops.citrix.citrix_recording_policy:
    rules:
      - name: Works council
        user:
          - LAB\user007
        state: stopped
      - name: Contractors
        delivery_group: Office Desktops
        exclude_machine: LAB\vda-003
        state: started
      - name: Privileged accounts
        user: LAB\user021
        state: started
        notify_user: false
  register: policy

- name: Show what each rule came to
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.sessions }} sessions, {{ item.started }} started, {{ item.stopped }} stopped"
  loop: "{{ policy.rules }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
sessions:
  description: What became of each session that a rule is about, in the order in which they were found.
  returned: when the sessions could be read, also if the task fails
  type: list
  elements: dict
  contains:
    id:
      description: Id of the session.
      type: str
      sample: 3cfab8ca-9651-5900-9dc2-ba3b489fe4cf
    rule:
      description: The rule that the session fell under.
      type: str
      sample: Contractors
    user:
      description: The user as C(DOMAIN\name) or as UPN; null for an anonymous one.
      type: str
      sample: LAB\user001
    machine:
      description: The machine on which the session runs.
      type: str
      sample: LAB\vda-001
    delivery_group:
      description: The delivery group of the machine.
      type: str
      sample: Office Desktops
    session_state:
      description: State of the session when it was selected.
      type: str
      sample: Active
    recorded_before:
      description:
        - Whether the session was being recorded when the task began.
        - Null where that is not known; it is not read for sessions that are C(not_recordable).
      type: bool
      sample: false
    recorded:
      description:
        - Whether the session is being recorded after the task, as read back from the API.
        - Null where that is not known; it is not read for sessions that are C(not_recordable) or C(requested).
      type: bool
      sample: true
    changed:
      description: Whether the task changed it.
      type: bool
      sample: true
    result:
      description:
        - C(started) and C(stopped) are changes that were read back.
        - C(requested) is a request that was accepted and not waited for.
        - C(unchanged) was as wanted before.
        - C(not_recordable) cannot be recorded; RV(sessions[].reason) is C(not_active), C(not_hdx) or C(logging_off).
        - C(ended) is a session that is no more; when stopping that is as good as stopped.
        - C(unconfirmed) was sent and did not show within O(wait_timeout).
        - C(failed) was refused or could not be read; the reason says which.
        - Any C(unconfirmed) or C(failed) fails the task.
      type: str
      sample: started
    reason:
      description: Why, where the result is not plain success.
      type: str
      sample: null
    notify_user:
      description: Whether the user is told of the start, as the request asked. Null where no start took effect.
      type: bool
      sample: true
    transaction_id:
      description: Id under which Citrix finds the request to start or stop. Null where none was sent.
      type: str
      sample: 44399a9e-18ea-4c16-b549-811fa252c7b6
list_complete:
  description: Whether each list had as many objects as the API reports. If not, sessions may be missing.
  returned: when the sessions could be read, also if the task fails
  type: bool
  sample: true
summary:
  description:
    - Number of sessions for each result.
    - C(requests) is the number of requests sent, C(throttled) how often the API asked to come later, and
      C(waited_seconds) how long requests had to wait for their turn because of that, or of O(requests_per_second).
  returned: when the sessions could be read, also if the task fails
  type: dict
  sample:
    started: 1
    stopped: 0
    requested: 0
    unchanged: 0
    not_recordable: 0
    ended: 0
    unconfirmed: 0
    failed: 0
    requests: 6
    throttled: 0
    waited_seconds: 0.0
rules:
  description: What came of each rule, in the order of O(rules), as the number of sessions for each result.
  returned: when the sessions could be read, also if the task fails
  type: list
  elements: dict
  contains:
    name:
      description: Name of the rule.
      type: str
      sample: Contractors
    sessions:
      description: Sessions that fell under it.
      type: int
      sample: 1
    started:
      description: Sessions that it started to record. There is a number for each RV(sessions[].result).
      type: int
      sample: 1
    stopped:
      description: Sessions whose recording it stopped.
      type: int
      sample: 0
    requested:
      description: Requests that were accepted and not waited for.
      type: int
      sample: 0
    unchanged:
      description: Sessions that were as wanted before.
      type: int
      sample: 0
    not_recordable:
      description: Sessions that cannot be recorded.
      type: int
      sample: 0
    ended:
      description: Sessions that are no more.
      type: int
      sample: 0
    unconfirmed:
      description: Changes that did not show.
      type: int
      sample: 0
    failed:
      description: Sessions that were refused or could not be read.
      type: int
      sample: 0
failure:
  description: What the API answered, where an answer of its own ended the task.
  returned: when an answer of the API ended the task before any change
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

from ..module_utils._actions import policy, recording, results
from ..module_utils._actions.converge import converge
from ..module_utils._module import create_module, execute

ARGUMENT_SPEC = policy.ARGUMENT_SPEC


def run(module, api):
    """Assign each session to a rule, bring all to the states that are wanted, and report by session and by rule."""
    rules = policy.rules_of(module.params)
    assigned = policy.assign(api, rules)
    entries = converge(api, [(target, rule.wanted) for target, rule in assigned], module.check_mode)
    result = results.task_result(module, api, None, entries, recording.RESULTS)
    return policy.tell(result, rules, assigned)


def main():
    execute(create_module(ARGUMENT_SPEC), run)


if __name__ == "__main__":
    main()
