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
      - Machines whose sessions are meant, written C(DOMAIN\NAME), or by DNS name or id.
      - A machine that does not exist fails the task.
      - In C(key=value) arguments a backslash starts an escape, so that C(\v) becomes a control character, which is
        refused. Pass JSON or YAML there.
    type: list
    elements: str
  user:
    description:
      - People whose sessions are meant, written C(DOMAIN\name), as user principal name (C(name@domain)) or as C(name).
        Case does not matter.
      - A C(name) without a domain that turns out to mean several people fails the task, which lists them.
      - Only names that the broker vouches for are looked at, never a display name or the name that a machine reports.
    type: list
    elements: str
  delivery_group:
    description:
      - Delivery groups whose sessions are meant, by name or id. One in a folder is written C(FOLDER\NAME).
      - A delivery group that does not exist fails the task.
    type: list
    elements: str
  application:
    description:
      - Published applications, by name or id; meant are the sessions in which one of them is running now. One in a
        folder is written C(FOLDER\NAME).
      - An application that does not exist fails the task.
    type: list
    elements: str
notes:
  - The values of one selector are alternatives; several selectors must all fit.
"""

    TARGETS = r"""
options:
  session_id:
    description:
      - Ids of the sessions meant. This selector stands alone.
    type: list
    elements: str
  all_sessions:
    description:
      - Whether every session of the site is meant. It takes the place of the selectors.
      - Without it and without a selector the task is refused.
    type: bool
    default: false
  exclude_user:
    description:
      - People whose sessions are left out, written as in O(user). A name without a domain is refused if it means
        several people among those selected.
    type: list
    elements: str
  exclude_machine:
    description:
      - Machines whose sessions are left out, written as in O(machine). A machine that does not exist fails the task.
    type: list
    elements: str
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
