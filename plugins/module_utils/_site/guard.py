# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guard: limits of the administrator of the host, checked before any write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .._client.api import Api
from .._common.errors import OptionError
from .._common.guard_file import Limits, read_guards
from .._common.text import clean, reach
from .groups import Named, is_any, known_delivery_groups
from .machine_names import MachineIndex, as_named
from .machines import look_up
from .selection import Target
from .user_matcher import UserMatcher
from .users import People


class Start(NamedTuple):
    """The properties of requested recordings that a guard limits."""

    notify_user: bool
    lasts: float | None = None
    """Seconds that the recordings last at most; None if the task sets no end."""


class Guard:
    """The limits of all guard files that apply to a task; a task must meet each of them."""

    def __init__(self, limits: Sequence[Limits] = (), reason: str | None = None, audit_log: str | None = None) -> None:
        self._limits = limits
        self._given = {"reason": reason, "audit_log": audit_log}

    @classmethod
    def of_host(cls, params: dict) -> Guard:
        """Read the guard files of this host; raises OptionError for an unreadable or invalid one."""
        return cls(read_guards(), params.get("reason"), params.get("audit_log"))

    def check(self, sessions: int, starts: Iterable[Start] = ()) -> None:
        """Raise OptionError if a task may not send its writes. sessions: number of those selected."""
        starts = set(starts)
        for limits in self._limits:
            for problem in self._problems(limits, sessions, starts):
                raise OptionError(f"guard {clean(limits.path)}", f"{problem}. Nothing was changed")

    def _problems(self, limits: Limits, sessions: int, starts: set[Start]) -> Iterable[str]:
        reason = self._given["reason"]
        for option, value in self._given.items():
            # A value of invisible characters alone is no reason.
            if option in limits.required and not re.search(r"\w", value or ""):
                yield f"{option} is required; set {option}"
        if limits.reason_pattern and not limits.reason_pattern.fullmatch(reason or ""):
            yield f"reason must match {clean(limits.reason_pattern.pattern)}; correct reason"
        if "notify_user" in limits.required and any(not start.notify_user for start in starts):
            yield "users must be notified; set notify_user to true"
        if limits.max_sessions is not None and sessions > limits.max_sessions:
            yield f"{sessions} sessions are selected and {limits.max_sessions} are allowed; select fewer"
        longest = limits.max_duration
        if longest is not None and any(start.lasts is None or start.lasts > longest for start in starts):
            yield f"a recording may last at most {longest} seconds; set stop_after, or until of the rule, to end it"

    def judge(self, api: Api, people: People) -> Judge:
        """Look up the names of the limits on a site; people must have no session yet."""
        return Judge([_Scope(api, limits, people) for limits in self._limits if limits.names])


NO_GUARD = Guard()


class Judge:
    """The denied and allowed users, machines and groups, to recognize denied sessions."""

    def __init__(self, scopes: Sequence[_Scope]) -> None:
        self._scopes = scopes

    def __bool__(self) -> bool:
        return bool(self._scopes)

    def of_place(self, target: Target, session: dict) -> Target:
        """Return the target of a session, denied if its machine or delivery group is."""
        if target.ended or not self._scopes:
            return target
        denials = (scope.of_place(session) for scope in self._scopes)
        return target._replace(denied=next(filter(None, denials), None))

    def of_user(self, target: Target, person: int) -> Target:
        """Return the target, denied if its user is; call it after all sessions were added.

        person: the user of the session.
        """
        if target.ended or target.denied or not self._scopes:
            return target
        denials = (scope.of_user(person, target.anonymous) for scope in self._scopes)
        return target._replace(denied=next(filter(None, denials), None))


class _Scope:
    """The names in one guard file, looked up on a site."""

    def __init__(self, api: Api, limits: Limits, people: People) -> None:
        self._path = clean(limits.path)
        names = limits.names
        self._denied_users = UserMatcher("denied_users", names.get("denied_users"), people)
        self._allowed_users = UserMatcher("allowed_users", names.get("allowed_users"), people)
        denied, allowed = names.get("denied_machines", ()), names.get("allowed_machines", ())
        found = look_up(api, list(dict.fromkeys([*denied, *allowed])))
        # A machine that cannot be looked up is denied under the name in the file.
        self._denied_machines = MachineIndex({name: [as_named(name), *found.get(name, ())] for name in denied})
        self._allowed_machines = MachineIndex({name: found.get(name, ()) for name in allowed})
        denied = names.get("denied_delivery_groups", ())
        unknown = [Named(None, (name.replace("|", "\\"),)) for name in denied]
        self._denied_groups = [*unknown, *known_delivery_groups(api, denied)]
        self._allowed_groups = known_delivery_groups(api, names.get("allowed_delivery_groups", ()))
        self._keys = names.keys()

    def of_place(self, session: dict) -> str | None:
        machine, group = session.get("Machine"), [reach(session, "Machine", "DeliveryGroup")]
        if self._denied_machines.may_have(machine):
            return self._denial("denied_machines", "machine")
        if self._denied_groups and is_any(self._denied_groups, group, default=True):
            return self._denial("denied_delivery_groups", "delivery group")
        if "allowed_machines" in self._keys and not self._allowed_machines.names(machine):
            return self._denial("allowed_machines", "machine")
        if "allowed_delivery_groups" in self._keys and not is_any(self._allowed_groups, group, default=False):
            return self._denial("allowed_delivery_groups", "delivery group")
        return None

    def of_user(self, person: int, anonymous: bool) -> str | None:
        users = self._denied_users
        if users.matches(person) or (not anonymous and users.may_match(person)):
            return self._denial("denied_users", "user")
        if self._allowed_users and not self._allowed_users.matches(person):
            return self._denial("allowed_users", "user")
        return None

    def _denial(self, key: str, what: str) -> str:
        return f"{key} of the guard {self._path} does not permit this {what}"
