# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of a policy: their options, and the state that each requires."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._common.errors import OptionError
from .._common.options import check_types, reject_null
from .._common.text import clean
from .._site import selection
from .._site.selectors import Query
from . import recording, results
from .periods import PERIOD_SPEC, Period
from .recording import Wanted

OF_A_RULE = ("state", "notify_user")
RULE_SPEC: dict[str, dict] = {
    "name": {"type": "str", "required": True},
    # The id of a session is as short-lived as the session: not for rules.
    **{name: spec for name, spec in selection.ARGUMENT_SPEC.items() if name != "session_id"},
    **{name: spec for name, spec in recording.ARGUMENT_SPEC.items() if name in OF_A_RULE},
    **PERIOD_SPEC,
}
ARGUMENT_SPEC = {
    # Rules are validated here: the message of a suboption would not name the rule.
    "rules": {"type": "list", "elements": "dict", "required": True},
    "at": {"type": "str"},
    **results.ARGUMENT_SPEC,
    "on_gap": {**results.ARGUMENT_SPEC["on_gap"], "default": "warn"},
    **{name: spec for name, spec in recording.ARGUMENT_SPEC.items() if name not in OF_A_RULE},
}


@dataclass
class Rule:
    """One rule of a policy, before any request."""

    name: str
    params: dict
    state: str | None
    """The state that the rule requires at the time for which the policy is evaluated; None if it does not apply."""
    wanted: Wanted
    query: Query

    @classmethod
    def from_params(cls, params: dict, of_all: dict, moment: float) -> Rule:
        """Check a rule; raises OptionError, which names it. of_all: the options of the whole policy.

        moment: the time for which the policy is evaluated.
        """
        name = params["name"]
        wanted = Wanted.from_params({**of_all, **params})
        try:
            period = Period.from_params(params)
            state = period.state_at(params["state"], moment)
            selection.check_selectors(params)
            wanted = wanted._replace(recorded=state == "started", rule=name, lasts=period.left_at(moment))
            return cls(name, params, state, wanted, Query.from_params(params))
        except OptionError as error:
            raise of_rule(name, str(error)) from None

    @property
    def takes_all(self) -> bool:
        """Return whether the rule matches every session at every time."""
        limits = (*selection.EXCLUSIONS, *PERIOD_SPEC)
        return self.params["all_sessions"] and not any(self.params[name] for name in limits)

    @property
    def machines(self) -> tuple[str, ...]:
        """Return the names of all machines in the rule."""
        return *self.query.machine, *selection.excluded(self.params, "exclude_machine")


def rules_of(params: dict, moment: float) -> list[Rule]:
    """Check a policy and evaluate it for a time; raises OptionError before any request."""
    rules = [
        Rule.from_params(_with_defaults(rule, number), params, moment) for number, rule in enumerate(params["rules"], 1)
    ]
    if not rules:
        raise OptionError("rules", "is empty; add at least one rule")
    for name, count in Counter(rule.name for rule in rules).items():
        if count > 1:
            raise OptionError("rules", f"'{clean(name)}' is the name of {count} rules; use unique names")
    return rules


def unreachable(rules: Sequence[Rule]) -> list[str]:
    """Return the warning of rules below one that takes all sessions."""
    for number, rule in enumerate(rules, 1):
        if rule.takes_all and rules[number:]:
            below = ", ".join(clean(each.name) for each in rules[number:])
            problem = f"selects all sessions, so no session is left to {below}; move it below them."
            return [str(of_rule(rule.name, problem))]
    return []


def _with_defaults(rule: dict, number: int) -> dict:
    """Return a rule in the types of its spec and with its defaults; raises OptionError.

    number: its place in the policy, which identifies it if it has no name.
    """
    given = rule.get("name")
    label = f"number {number}" if isinstance(given, (list, dict)) or not str(given or "").strip() else str(given)
    try:
        check_types(rule, RULE_SPEC)
        reject_null(rule, RULE_SPEC)
    except OptionError as error:
        raise of_rule(label, str(error)) from None
    checked = ArgumentSpecValidator(RULE_SPEC).validate(rule)
    if checked.unsupported_parameters:
        unknown = ", ".join(sorted(map(str, checked.unsupported_parameters)))
        raise of_rule(label, f"unknown option {unknown}; use {', '.join(RULE_SPEC)}")
    if checked.error_messages:
        raise of_rule(label, "; ".join(checked.error_messages))
    params = checked.validated_parameters
    if not params["name"].strip():
        raise of_rule(label, "has an empty name; set a name")
    return params


def of_rule(name: str, problem: str) -> OptionError:
    """Return the error of a rule, which names it."""
    return OptionError(f"rules[{clean(name)}]", problem)
