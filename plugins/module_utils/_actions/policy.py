# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy: who is to be recorded and who is not, as a list of rules, of which the first that fits a session wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._client.api import Api
from .._common.errors import OptionError
from .._common.text import clean, nested
from .._site import selection, selectors, sessions, users
from .._site.selection import Choice, Target
from .._site.selectors import Meant, Query
from . import recording, results
from .recording import Wanted

OF_A_RULE = ("state", "notify_user")
RULE_SPEC = {
    "name": {"type": "str", "required": True},
    **{name: spec for name, spec in selection.ARGUMENT_SPEC.items() if name != "session_id"},
    **{name: spec for name, spec in recording.ARGUMENT_SPEC.items() if name in OF_A_RULE},
}
ARGUMENT_SPEC = {
    # What is in a rule is checked here: as suboptions it would be refused without telling in which rule it is.
    "rules": {"type": "list", "elements": "dict", "required": True},
    "on_gap": {**results.ARGUMENT_SPEC["on_gap"], "default": "warn"},
    **{name: spec for name, spec in recording.ARGUMENT_SPEC.items() if name not in OF_A_RULE},
}


@dataclass
class Rule:
    """One rule of a policy, before anything was asked of the API."""

    name: str
    params: dict
    wanted: Wanted
    query: Query

    @classmethod
    def from_params(cls, params: dict, of_all: dict) -> Rule:
        """Check what is in a rule; raises OptionError, which names it. of_all: the options of the whole policy."""
        name = params["name"]
        wanted = Wanted.from_params({**of_all, **params})
        try:
            # The id of a session lives no longer than the session: no rule for it.
            selection.check_selectors({**params, "session_id": None})
            return cls(name, params, wanted, Query.from_params(params))
        except OptionError as error:
            raise _of_rule(name, str(error)) from None


@dataclass
class _Search:
    """A rule at work: what it means on this site, and what it has taken so far."""

    rule: Rule
    meant: Meant
    choice: Choice
    met: list[dict] = field(default_factory=list)
    """The sessions of the users that the rule names, whoever took them."""


def rules_of(params: dict) -> list[Rule]:
    """Check a policy; raises OptionError before anything is sent."""
    rules = [Rule.from_params(_with_defaults(rule, number), params) for number, rule in enumerate(params["rules"], 1)]
    if not rules:
        raise OptionError("rules", "is empty; add at least one rule")
    for name, count in Counter(rule.name for rule in rules).items():
        if count > 1:
            raise OptionError("rules", f"'{clean(name)}' is the name of {count} rules; use unique names")
    return rules


def assign(api: Api, rules: Sequence[Rule]) -> list[tuple[Target, Rule]]:
    """Return each session of the site that a rule is about, with the first such rule, in the order of the list.

    The sessions are listed once for all rules. An exclusion leaves a session to the rules that follow. Raises
    OptionError, which names the rule, for what selection.select() does.
    """
    searches = []
    for rule in rules:
        try:
            searches.append(_Search(rule, Meant(api, rule.query, searched=False), Choice(api, rule.params)))
        except OptionError as error:
            raise _of_rule(rule.name, str(error)) from None
    needed = dict.fromkeys([*sessions.RECORDING_FIELDS, *(name for rule in rules for name in rule.query.needs)])
    assigned = []
    for session in selectors.find_sessions(api, Query(), tuple(needed)):
        taken = None
        for search in searches:
            if not search.meant.has(session):
                continue
            if search.rule.query.user:
                search.met.append(session)
            if not taken:
                taken = search.choice.takes(nested(session, "Id") or "", session)
                if taken:
                    assigned.append((taken, search.rule))
    for search in searches:
        try:
            users.check_short_names("user", search.rule.query.user, search.met)
            search.choice.selection()
        except OptionError as error:
            raise _of_rule(search.rule.name, str(error)) from None
    return assigned


def tell(result: dict, rules: Sequence[Rule], assigned: Sequence[tuple[Target, Rule]]) -> dict:
    """Put into a result which rule each session fell under, and what came of each rule."""
    counts: dict[str, Counter] = {rule.name: Counter() for rule in rules}
    for session, (_target, rule) in zip(result["sessions"], assigned):
        session["rule"] = rule.name
        counts[rule.name][session["result"]] += 1
    result["rules"] = [
        {"name": name, "sessions": sum(found.values()), **{each: found[each] for each in recording.RESULTS}}
        for name, found in counts.items()
    ]
    return result


def _with_defaults(rule: dict, number: int) -> dict:
    """Return a rule as written, in the types of its spec and with its defaults; raises OptionError.

    number: its place in the policy, which tells it where it has no name.
    """
    checked = ArgumentSpecValidator(RULE_SPEC).validate(rule)
    params = checked.validated_parameters
    name = str(params.get("name") or "")
    if checked.unsupported_parameters:
        unknown = ", ".join(sorted(map(str, checked.unsupported_parameters)))
        raise _of_rule(name or f"number {number}", f"unknown option {unknown}; use {', '.join(RULE_SPEC)}")
    if checked.error_messages:
        raise _of_rule(name or f"number {number}", "; ".join(checked.error_messages))
    if not name.strip():
        raise _of_rule(f"number {number}", "has an empty name; set a name")
    return params


def _of_rule(name: str, problem: str) -> OptionError:
    return OptionError(f"rules[{clean(name)}]", problem)
