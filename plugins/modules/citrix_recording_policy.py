#!/usr/bin/python
# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: citrix_recording_policy
short_description: Apply a recording policy to live Citrix sessions
version_added: 1.0.0
description:
  - Starts and stops the recording of the live sessions of a site as a list of rules requires. The first rule that
    matches a session applies; sessions that match no rule are ignored.
  - All rules are applied in one pass, with one sign-in and one listing of the sessions. As with
    M(sessionops.citrix.citrix_session_recording), the recording status is read before and after, and only sessions that
    differ from the policy get a request.
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
      - Reads everything and sends no start or stop, which makes it an audit of the policy.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A session that is already in the requested state gets no request, and its user no second notification.
options:
  rules:
    description:
      - Rules of the policy. The first rule that matches and does not exclude a session applies to it.
      - A session must match every selector of a rule; within a selector, one matching value is enough.
      - Names are a list of text, or one text with the names separated by commas.
      - Invalid rules fail the task before anything is sent; the message names the rule.
      - A machine, delivery group or application that does not exist fails the task too. The rules above that rule are
        applied. The rule itself and all rules below it are not, because its sessions would match a rule below it.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Unique name of the rule, used in results and messages.
        type: str
        required: true
      machine:
        description:
          - Select the sessions on these machines, given as in M(sessionops.citrix.citrix_session_recording).
          - A machine that does not exist fails the task.
        type: raw
      user:
        description:
          - Select the sessions of these users, given as C(DOMAIN\name), user principal name or C(name). Case does not
            matter.
          - If a C(name) without a domain matches several users, the task fails and lists them.
          - A user without a session does not count as a gap.
        type: raw
      delivery_group:
        description:
          - Select the sessions on the machines of these delivery groups, given by name or id. A delivery group that
            does not exist fails the task.
        type: raw
      application:
        description:
          - Select the sessions in which one of these published applications is running, given by name or id.
          - An application that does not exist fails the task.
        type: raw
      all_sessions:
        description:
          - Whether the rule matches all sessions that match no earlier rule.
        type: bool
        default: false
      exclude_user:
        description:
          - Users to whom the rule does not apply. Later rules can match their sessions.
        type: raw
      exclude_machine:
        description:
          - Machines to which the rule does not apply. Later rules can match their sessions.
        type: raw
      max_sessions:
        description:
          - Maximum number of sessions for the rule. If there are more, the task fails before it sends anything.
        type: int
        default: 1000
      state:
        description:
          - V(started) starts the recording of the sessions, V(stopped) stops it.
        type: str
        required: true
        choices:
          - started
          - stopped
      notify_user:
        description:
          - Whether to notify users that the recording of their session starts. Only used with V(started).
        type: bool
        default: true
      from:
        description:
          - Time from which the rule applies, as in RFC 3339 with a zone, such as V(2026-12-01T08:00:00+01:00).
          - Before this time, the policy is applied as if it did not have the rule.
        type: str
      until:
        description:
          - Time at which the rule ends, written as O(rules[].from). From this time on, O(rules[].after_until) applies.
          - The end takes effect when the policy is applied the next time, so apply the policy on a schedule.
        type: str
      after_until:
        description:
          - State that the rule requires from O(rules[].until) on.
          - V(stopped) stops the recording of the sessions. It is the default of a rule with O(rules[].state=started),
            and invalid for a rule with O(rules[].state=stopped).
          - With V(nothing), the policy is applied as if it did not have the rule. It is the default of a rule with
            O(rules[].state=stopped), so an end never starts a recording.
        type: str
        choices:
          - stopped
          - nothing
  at:
    description:
      - Time for which to evaluate the policy instead of now, written as O(rules[].from). Valid only in check mode.
      - The current sessions are compared with the policy as it applies at this time.
    type: str
  on_gap:
    description:
      - Whether a gap fails the task. A gap is a session that a rule requires to be recorded but that has ended, cannot
        be recorded or is denied, and any session that is unidentified (see RV(sessions[].result)).
      - V(fail) fails the task after all other sessions are processed, V(warn) warns.
    type: str
    default: warn
    choices:
      - fail
      - warn
  include_unidentified:
    description:
      - Whether to start or stop the recording of sessions whose user, machine, delivery group or applications the API
        does not return, or only in a form that cannot be compared, even if the rule that applies to them may exclude
        them, or an earlier rule may select them.
      - By default, such a session gets the result C(unidentified). Sessions that the broker reports as anonymous have
        no user to select or exclude.
    type: bool
    default: false
  wait:
    description:
      - Whether to read the recording status back until the changes are confirmed.
      - With V(false), an accepted request has the result C(requested) and counts as a change.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for the confirmation of each session, from 0 to 3600. The time starts when the API accepts the
        request for that session.
    type: int
    default: 30
seealso:
  - module: sessionops.citrix.citrix_session_recording
"""

EXAMPLES = r"""
- name: Keep contractors recorded, but not the works council
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
      - name: Audit in December
        delivery_group: Contractors
        state: started
        from: "2026-12-01T00:00:00+01:00"
        until: "2027-01-01T00:00:00+01:00"
  register: policy

- name: Show the outcome of each rule
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.sessions }} sessions, {{ item.started }} started, {{ item.stopped }} stopped"
  loop: "{{ policy.rules }}"
  loop_control:
    label: "{{ item.name }}"

- name: Show the changes that the policy will make at the end of the audit
  sessionops.citrix.citrix_recording_policy:
    rules:
      - name: Audit in December
        delivery_group: Contractors
        state: started
        from: "2026-12-01T00:00:00+01:00"
        until: "2027-01-01T00:00:00+01:00"
    at: "2027-01-01T00:00:00+01:00"
  check_mode: true
"""

RETURN = r"""
sessions:
  description: Result of each session that matches a rule, in the order in which the sessions were found.
  returned: if the sessions could be read, even if the task fails
  type: list
  elements: dict
  contains:
    id:
      description: Id of the session.
      type: str
      sample: 3cfab8ca-9651-5900-9dc2-ba3b489fe4cf
    rule:
      description: Name of the rule that applies to the session.
      type: str
      sample: Contractors
    user:
      description:
        - User as C(DOMAIN\name) or as user principal name; null if the API returns none, as for an anonymous user.
      type: str
      sample: LAB\user001
    machine:
      description: Machine on which the session runs.
      type: str
      sample: LAB\vda-001
    delivery_group:
      description: Delivery group of the machine.
      type: str
      sample: Office Desktops
    session_state:
      description: State of the session when it was selected.
      type: str
      sample: Active
    recorded_before:
      description:
        - Whether the session was being recorded when the task started.
        - Null if unknown. It is not read for sessions with the result C(not_recordable), C(denied) or
          C(unidentified).
      type: bool
      sample: false
    recorded:
      description:
        - Whether the session is being recorded after the task, as read back from the API.
        - Null if unknown. It is not read for sessions with the result C(not_recordable), C(denied),
          C(unidentified) or C(requested).
      type: bool
      sample: true
    changed:
      description: Whether the task changed the session.
      type: bool
      sample: true
    result:
      description:
        - "C(started), C(stopped): the change was confirmed by reading the status back."
        - "C(requested): the API accepted the request, and the module did not wait for the change."
        - "C(unchanged): the session was already in the requested state."
        - "C(not_recordable): the session cannot be recorded; RV(sessions[].reason) is C(not_active), C(not_hdx) or
          C(logging_off)."
        - "C(denied): the recording was not started, because the guard of the host excludes this user,
          machine or delivery group."
        - "C(unidentified): nothing was sent, because an earlier rule may select the session, or the rule may exclude
          it. See O(include_unidentified)."
        - "C(ended): the session has ended. For a rule with V(stopped), that counts as stopped."
        - "C(unconfirmed): the request was sent, but the status did not change within O(wait_timeout)."
        - "C(failed): the API refused the request, or the status could not be read and nothing was sent;
          RV(sessions[].reason) has the cause."
        - The task fails if any session is C(unconfirmed) or C(failed).
      type: str
      sample: started
    reason:
      description: Reason for the result; null if the session is as requested.
      type: str
      sample: null
    notify_user:
      description: Whether the start request asked the site to notify the user. Null if no start took effect.
      type: bool
      sample: true
    transaction_id:
      description: Id by which Citrix can find the start or stop request. Null if none was sent.
      type: str
      sample: 44399a9e-18ea-4c16-b549-811fa252c7b6
list_complete:
  description: Whether each list had as many objects as the API reports. If not, sessions may be missing.
  returned: if the sessions could be read, even if the task fails
  type: bool
  sample: true
summary:
  description:
    - Number of sessions for each result.
    - C(requests) is the number of requests sent, C(throttled) the number of times the API throttled a request, and
      C(waited_seconds) the time that requests waited because of throttling or O(requests_per_second).
  returned: if the sessions could be read, even if the task fails
  type: dict
  sample:
    started: 1
    stopped: 0
    requested: 0
    unchanged: 0
    not_recordable: 0
    denied: 0
    unidentified: 0
    ended: 0
    unconfirmed: 0
    failed: 0
    requests: 6
    throttled: 0
    waited_seconds: 0.0
rules:
  description: Outcome of each rule, in the order of O(rules), as the number of sessions for each result.
  returned: if the sessions could be read, even if the task fails
  type: list
  elements: dict
  contains:
    name:
      description: Name of the rule.
      type: str
      sample: Contractors
    state:
      description:
        - State that the rule requires at RV(at). Null if it does not apply at that time; see O(rules[].from) and
          O(rules[].until).
      type: str
      sample: started
    applied:
      description:
        - Whether the rule was applied. A rule that does not apply at RV(at) is not applied. A rule with a machine,
          delivery group or application that does not exist is not applied, and neither are the rules below it.
      type: bool
      sample: true
    sessions:
      description: Sessions to which the rule applies.
      type: int
      sample: 1
    started:
      description: Sessions whose recording was started. There is a number for each RV(sessions[].result).
      type: int
      sample: 1
    stopped:
      description: Sessions whose recording was stopped.
      type: int
      sample: 0
    requested:
      description: Sessions with an accepted request that was not confirmed, with O(wait=false).
      type: int
      sample: 0
    unchanged:
      description: Sessions that were already in the requested state.
      type: int
      sample: 0
    not_recordable:
      description: Sessions that cannot be recorded.
      type: int
      sample: 0
    denied:
      description: Sessions that were not started because the guard of the host excludes them.
      type: int
      sample: 0
    unidentified:
      description: Sessions for which nothing was sent, because rules may select or exclude them.
      type: int
      sample: 0
    ended:
      description: Sessions that have ended.
      type: int
      sample: 0
    unconfirmed:
      description: Sessions whose status did not change in time.
      type: int
      sample: 0
    failed:
      description: Sessions whose request was refused or whose status could not be read.
      type: int
      sample: 0
at:
  description: Time for which the policy was evaluated, in UTC.
  returned: if the sessions could be read, even if the task fails
  type: str
  sample: "2026-12-01T07:00:00Z"
writes_sent:
  description:
    - Number of requests to start or stop a recording that were sent, with any outcome. A batch is one request.
    - With V(0), the task has changed nothing, even if it failed.
  returned: unless an option is of the wrong type
  type: int
  sample: 1
run_id:
  description: Id of the run in the audit trail. Null in check mode.
  returned: unless an option is of the wrong type
  type: str
  sample: 5a5ba5d6-7d1f-4a63-8b52-62b1e3e0ee6c
failure:
  description: Error response of the API, if it ended the task.
  returned: if an error response of the API ended the task before any change
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

from ..module_utils._actions import periods, policy, recording, results, rules, trail
from ..module_utils._actions.converge import converge
from ..module_utils._module import create_module, execute

ARGUMENT_SPEC = {**trail.ARGUMENT_SPEC, **rules.ARGUMENT_SPEC}


def run(module, api):
    """Assign each session to a rule, set the requested states, report by session and by rule."""
    moment = periods.evaluated_at(module.params, module.check_mode)
    checked = rules.rules_of(module.params, moment)
    assigned = policy.assign(api, checked)
    entries = converge(api, [(target, rule.wanted) for target, rule in assigned.targets], module.check_mode)
    result = results.task_result(module, api, None, entries, recording.RESULTS)
    return policy.report(module, result, checked, assigned, moment)


def main():
    execute(create_module(ARGUMENT_SPEC), run, writes=True)


if __name__ == "__main__":
    main()
