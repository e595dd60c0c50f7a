# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Selectors, the same in every module that selects sessions."""

    DOCUMENTATION = r"""
options:
  machine:
    description:
      - Select the sessions on these machines, given as C(DOMAIN\NAME), DNS name or id.
      - A machine that does not exist fails the task. If several machines have the DNS name, all of them are selected.
    type: raw
  user:
    description:
      - Select the sessions of these users, given as C(DOMAIN\name), user principal name (C(name@domain)) or C(name).
        Give accounts of Entra ID as C(name@domain) or C(AzureAD\name@domain). Case does not matter.
      - If a C(name) without a domain matches several users, the task fails and lists them.
      - Only names verified by the broker are compared, never a display name or the name that a machine reports.
      - Sessions that have a SID, an account or a UPN in common belong to one user, whichever name each session has.
    type: raw
  delivery_group:
    description:
      - Select the sessions on the machines of these delivery groups, given by name or id. Write C(FOLDER\NAME) for a
        delivery group in a folder.
      - A delivery group that does not exist fails the task.
    type: raw
  application:
    description:
      - Select the sessions in which one of these published applications is running, given by name or id. Write
        C(FOLDER\NAME) for an application in a folder; C(NAME) alone matches an application that is not in a folder.
      - An application that does not exist fails the task.
    type: raw
notes:
  - A session must match every selector; within a selector, one matching value is enough.
  - Names are a list of text, or one text with the names separated by commas. Quote names that YAML would read as
    numbers.
  - In C(key=value) arguments a backslash starts an escape sequence, so C(\v) becomes a control character, which is
    invalid. Pass JSON or YAML instead.
"""

    TARGETS = r"""
options:
  session_id:
    description:
      - Select the sessions with these ids. Cannot be combined with other selectors.
    type: raw
  all_sessions:
    description:
      - Whether to select every session of the site. Use it instead of the selectors.
      - A task with neither this option nor a selector fails.
    type: bool
    default: false
  exclude_user:
    description:
      - Exclude the sessions of these users, given as in O(user). A name without a domain is invalid if it matches
        several of the selected users.
      - A session whose user cannot be distinguished from these users gets the result C(unidentified), and nothing is
        sent for it. Write the names in the form in which M(sessionops.citrix.citrix_sessions_info) returns users.
    type: raw
  exclude_machine:
    description:
      - Exclude the sessions on these machines, given as in O(machine). A machine that does not exist fails the task.
      - A session whose machine the API does not return, or only in another form, gets the result C(unidentified).
    type: raw
  max_sessions:
    description:
      - Maximum number of sessions that the task may select, counted after the exclusions. If there are more, the task
        fails before it sends anything.
    type: int
    default: 1000
  on_gap:
    description:
      - Whether a gap fails the task. A gap is a selected session that has ended, cannot be recorded, or is denied or
        unidentified (see RV(sessions[].result)), a named user without a session, or a selection without sessions.
      - V(fail) fails the task after all other sessions are processed, V(warn) warns.
      - The default is V(fail) with O(session_id) or O(user), and V(warn) otherwise.
      - When a recording is stopped, a session that has ended counts as stopped. The task still warns, because a
        mistyped id looks the same.
    type: str
    choices:
      - fail
      - warn
"""
