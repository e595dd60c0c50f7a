# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Who is meant: the same words in every module that picks sessions."""

    DOCUMENTATION = r"""
options:
  machine:
    description:
      - Machines whose sessions are selected, written C(DOMAIN\NAME), or by DNS name or id.
      - A machine that does not exist fails the task. If several machines have the DNS name, all of them are selected.
    type: raw
  user:
    description:
      - Users whose sessions are selected, written C(DOMAIN\name), as user principal name (C(name@domain)) or as
        C(name). Accounts of Entra ID are written C(name@domain) or C(AzureAD\name@domain). Case does not matter.
      - A C(name) without a domain that turns out to belong to several users fails the task, which lists them.
      - Only names that the broker vouches for count, never a display name or the name that a machine reports.
      - Sessions with a SID, an account or a UPN in common belong to one user, whichever name each of them gives.
    type: raw
  delivery_group:
    description:
      - Delivery groups whose sessions are selected, by name or id. One in a folder is written C(FOLDER\NAME).
      - A delivery group that does not exist fails the task.
    type: raw
  application:
    description:
      - Published applications, by name or id; the sessions in which one of them is running now are selected. One in a
        folder is written C(FOLDER\NAME); the C(NAME) alone is an application without a folder.
      - An application that does not exist fails the task.
    type: raw
notes:
  - The values of one selector are alternatives; several selectors must all match.
  - Names are a list of text, or one text in which commas separate them. Quote names that YAML would take for a number.
    In C(key=value) arguments a backslash starts an escape; pass JSON or YAML there.
"""

    TARGETS = r"""
options:
  session_id:
    description:
      - Ids of the sessions to select. This selector stands alone.
    type: raw
  all_sessions:
    description:
      - Whether to select every session of the site. It takes the place of the selectors.
      - Without it and without a selector the task is rejected.
    type: bool
    default: false
  exclude_user:
    description:
      - Users whose sessions are left out, written as in O(user). A name without a domain is rejected if it belongs to
        several users among those selected.
    type: raw
  exclude_machine:
    description:
      - Machines whose sessions are left out, written as in O(machine). A machine that does not exist fails the task.
    type: raw
  max_sessions:
    description:
      - Most sessions that the task may select, counted after the exclusions. If there are more, it fails before
        anything is sent.
    type: int
    default: 1000
  on_gap:
    description:
      - What to do about what could not be done as asked. That is a selected session that had ended or cannot be
        recorded (see RV(sessions[].result)), a named user without a session, or a selection that holds no session.
      - V(fail) fails the task after everything else is done, V(warn) warns.
      - Unless set, it is V(fail) with O(session_id) and O(user) and V(warn) otherwise.
      - When a recording is stopped, a session that has ended is as good as stopped. There is a warning all the same,
        since a wrong id looks like that too.
    type: str
    choices:
      - fail
      - warn
"""
