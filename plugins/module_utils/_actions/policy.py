# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply a policy: a list of rules, of which the first that matches a session decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._client.api import Api
from .._common import times
from .._common.errors import OptionError
from .._common.options import reject_null
from .._common.text import clean, nested
from .._site import selection, selectors
from .._site.machines import look_up
from .._site.selection import Exclusions, Target
from .._site.selectors import Place, Query
from .._site.user_matcher import UserMatcher
from .._site.users import People
from . import recording, results
from .periods import RULE_SPEC as PERIOD_SPEC
from .periods import Period
from .recording import Wanted

OF_A_RULE = ("state", "notify_user")
RULE_SPEC = {
    "name": {"type": "str", "required": True},
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
            # The id of a session is as short-lived as the session: not for rules.
            selection.check_selectors({**params, "session_id": None})
            wanted = wanted._replace(recorded=state == "started", rule=name, until=period.ends_at)
            return cls(name, params, state, wanted, Query.from_params(params))
        except OptionError as error:
            raise _of_rule(name, str(error)) from None

    @property
    def machines(self) -> tuple[str, ...]:
        """Return the names of all machines in the rule."""
        return *self.query.machine, *selection.excluded(self.params, "exclude_machine")


class _Search:
    """An active rule: its selectors and exclusions on this site, and the number of its sessions."""

    def __init__(self, api: Api, rule: Rule, people: People, machines: Mapping[str, list[dict]]) -> None:
        """Raise OptionError, which names the rule, for missing objects."""
        self.rule = rule
        self.people = people
        self.count = 0
        try:
            self.place = Place(api, rule.query, searched=False, machines=machines)
            self.named = UserMatcher("user", rule.query.user, people)
            self.exclusions = Exclusions(api, rule.params, people, machines)
        except OptionError as error:
            raise _of_rule(rule.name, str(error)) from None

    def fits(self, person: int) -> bool:
        """Return whether the users and exclusions of the rule match this person."""
        return not (self.named and not self.named.matches(person)) and not self.exclusions.of_user(person)

    @property
    def warnings(self) -> list[str]:
        """Which names of the rule match no session."""
        unused = results.unused_exclusions(self.exclusions.unused)
        return [str(_of_rule(self.rule.name, each)) for each in (*self.named.absence, *unused)]

    def check(self) -> None:
        """Raise OptionError, which names the rule, for ambiguous users and for too many sessions."""
        try:
            self.named.check()
            self.exclusions.check(self.count)
        except OptionError as error:
            raise _of_rule(self.rule.name, str(error)) from None


class Assignment(NamedTuple):
    """The sessions that match a rule."""

    targets: list[tuple[Target, Rule]]
    """Each session with its first matching rule, in the order of the list."""
    warnings: dict[str, list[str]]
    """By applied rule, warnings about its names without a session."""
    unidentified_warnings: list[str]
    """Warnings about sessions without a rule that may match one: the API does not return their users."""
    not_applied: str
    """Why some rules are not applied, and which; "" if all are."""


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


def assign(api: Api, rules: Sequence[Rule]) -> Assignment:
    """Return each session of the site that matches a rule, with the first such active rule.

    The sessions are listed once for all rules, and so are the machines of the rules. An excluded session is left to the
    next rules. A rule with a missing object holds back itself and all rules below it, because its sessions would match
    those. Raises OptionError, which names the rule, if that is the first rule, and for all errors of
    selection.select().
    """
    people = People()
    judge = api.guard.judge(api, people)
    searches, not_applied = _look_up(api, [rule for rule in rules if rule.state], people)
    if not searches:
        return Assignment([], {}, [], "")
    needed = dict.fromkeys([*selection.FIELDS, *(name for each in searches for name in each.rule.query.needs)])
    offered = []
    shared: dict[tuple, tuple] = {}
    for session in selectors.find_sessions(api, Query(), tuple(needed)):
        # Users are compared after the last session: any session may join two names.
        places = tuple(
            (search, search.exclusions.of_machine(session), is_there)
            for search in searches
            if (is_there := search.place.has(session)) or search.place.may_have(session)
        )
        if places:
            target = judge.of_place(Target.from_session(nested(session, "Id") or "", session), session)
            offered.append((target, people.add(session), shared.setdefault(places, places)))
    assigned = []
    for target, person, places in offered:
        taken = None
        may_match = False
        for search, on_excluded, is_there in places:
            fits = search.fits(person) and not on_excluded
            may_match = may_match or search.named.may_match(person)
            if fits and is_there and not taken:
                taken = search
                search.count += 1
                judged = search.exclusions.judged(target, person, on_excluded)
                assigned.append((judge.of_user(judged.judged(not may_match), person), search.rule))
            elif fits and not is_there and not taken:
                # It may be for this rule: no rule below starts it.
                target = target._replace(unidentified=True)
        if not taken and not target.anonymous:
            for search, on_excluded, _is_there in places:
                search.named.unidentified += search.named.resembles(person) and not on_excluded
    for search in searches:
        search.check()
    # Without any session, one warning is enough.
    warnings = {search.rule.name: search.warnings if offered else [] for search in searches}
    unidentified_warnings = [
        str(_of_rule(search.rule.name, warning))
        for search in searches
        for warning in search.named.unidentified_warnings
    ]
    return Assignment(assigned, warnings, unidentified_warnings, not_applied)


def _look_up(api: Api, rules: Sequence[Rule], people: People) -> tuple[list[_Search], str]:
    """Return the rules that can be applied, and the reason for the others."""
    machines = look_up(api, list(dict.fromkeys(name for rule in rules for name in rule.machines)))
    searches: list[_Search] = []
    for rule in rules:
        try:
            searches.append(_Search(api, rule, people, machines))
        except OptionError as error:
            if not searches:
                raise
            names = ", ".join(clean(each.name) for each in rules[len(searches) :])
            return searches, f"{error}. These rules were not applied: {names}."
    return searches, ""


def report(module: Any, result: dict, rules: Sequence[Rule], assigned: Assignment, moment: float) -> dict:
    """Add rule and counts of sessions to a result; warn of names without a session."""
    result["at"] = times.rfc3339(moment)
    problems = [assigned.not_applied] if assigned.not_applied else []
    warnings = list(chain.from_iterable(assigned.warnings.values()))
    # As for sessions with a rule: a failure if the API does not return the user of any of them.
    unidentified_fail = module.params["on_gap"] == "fail" or not assigned.targets
    (problems if unidentified_fail else warnings).extend(assigned.unidentified_warnings)
    for warning in warnings:
        module.warn(warning)
    if problems:
        result.update(failed=True, msg=" ".join([result["msg"], *problems]))
    counts: dict[str, Counter] = {rule.name: Counter() for rule in rules}
    for session, (_target, rule) in zip(result["sessions"], assigned.targets):
        session["rule"] = rule.name
        # Rules have until in place of an end of their own.
        session.pop("stop_at", None)
        counts[rule.name][session["result"]] += 1
    result["rules"] = [
        {
            "name": rule.name,
            "state": rule.state,
            "applied": rule.name in assigned.warnings,
            "sessions": sum(counts[rule.name].values()),
            **{each: counts[rule.name][each] for each in recording.RESULTS},
        }
        for rule in rules
    ]
    return result


def _with_defaults(rule: dict, number: int) -> dict:
    """Return a rule in the types of its spec and with its defaults; raises OptionError.

    number: its place in the policy, which identifies it if it has no name.
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
    try:
        reject_null(rule, RULE_SPEC)
    except OptionError as error:
        raise _of_rule(name, str(error)) from None
    return params


def _of_rule(name: str, problem: str) -> OptionError:
    return OptionError(f"rules[{clean(name)}]", problem)
