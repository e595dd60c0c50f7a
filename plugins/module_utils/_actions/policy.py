# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy: who is to be recorded and who is not, as a list of rules, of which the first that fits a session wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._client.api import Api
from .._common.errors import OptionError
from .._common.text import clean, nested
from .._site import selection, selectors
from .._site.machines import look_up
from .._site.selection import Exclusions, Target
from .._site.selectors import Place, Query
from .._site.users import People, UserMatcher
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

    @property
    def machines(self) -> tuple[str, ...]:
        """The names of all machines in the rule."""
        return *self.query.machine, *selection.excluded(self.params, "exclude_machine")


class _Search:
    """A rule at work: its selectors and exclusions, looked up on this site, and the number of sessions it took."""

    def __init__(self, api: Api, rule: Rule, people: People, machines: Mapping[str, list[dict]]) -> None:
        """Raises OptionError, which names the rule, for what does not exist."""
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
        """Tell whether the rule is about this person, as far as its users and exclusions go."""
        return not (self.named and not self.named.matches(person)) and not self.exclusions.of_user(person)

    def check(self) -> None:
        """Raise OptionError, which names the rule, for users that cannot be meant, and for too many sessions."""
        try:
            self.named.check()
            self.exclusions.check(self.count)
        except OptionError as error:
            raise _of_rule(self.rule.name, str(error)) from None


class Assignment(NamedTuple):
    """The sessions that fall under the rules."""

    targets: list[tuple[Target, Rule]]
    """Each session with the first rule that fits it, in the order of the list."""
    unused: dict[str, list[str]]
    """By applied rule, the users to be excluded of whom no session was selected."""
    held_back: str
    """Why some rules are not applied, and which; "" if all are."""


def rules_of(params: dict) -> list[Rule]:
    """Check a policy; raises OptionError before anything is sent."""
    rules = [Rule.from_params(_with_defaults(rule, number), params) for number, rule in enumerate(params["rules"], 1)]
    if not rules:
        raise OptionError("rules", "is empty; add at least one rule")
    for name, count in Counter(rule.name for rule in rules).items():
        if count > 1:
            raise OptionError("rules", f"'{clean(name)}' is the name of {count} rules; use unique names")
    return rules


def assign(api: Api, rules: Sequence[Rule]) -> Assignment:
    """Return each session of the site that a rule is about, with the first such rule.

    The sessions are listed once for all rules, and so are the machines that the rules name. An exclusion leaves a
    session to the rules that follow. A rule with an object that does not exist holds back itself and all rules below
    it: a session that it is about would fall under them. Raises OptionError, which names the rule, if that is the
    first rule, and for everything else that selection.select() does.
    """
    people = People()
    searches, held_back = _look_up(api, rules, people)
    needed = dict.fromkeys([*selection.FIELDS, *(name for each in searches for name in each.rule.query.needs)])
    offered = []
    shared: dict[tuple, tuple] = {}
    for session in selectors.find_sessions(api, Query(), tuple(needed)):
        # Users are compared after the last session: any of them may join two names.
        places = tuple(
            (search, search.exclusions.of_machine(session)) for search in searches if search.place.has(session)
        )
        if places:
            target = Target.from_session(nested(session, "Id") or "", session)
            offered.append((target, people.add(session), shared.setdefault(places, places)))
    assigned = []
    for target, person, places in offered:
        taken = None
        by_user = False
        for search, on_excluded in places:
            fits = search.fits(person) and not on_excluded
            by_user = by_user or bool(search.named)
            if fits and not taken:
                taken = search
                search.count += 1
                judged = target.judged(people.is_named(person)) if by_user else search.exclusions.judged(target, person)
                assigned.append((judged, search.rule))
    for search in searches:
        search.check()
    return Assignment(assigned, {search.rule.name: search.exclusions.unused for search in searches}, held_back)


def _look_up(api: Api, rules: Sequence[Rule], people: People) -> tuple[list[_Search], str]:
    """Return the rules that can be applied, and why the others cannot."""
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


def tell(module: Any, result: dict, rules: Sequence[Rule], assigned: Assignment) -> dict:
    """Add the rule of each session and the counts of each rule to a result; warn of exclusions without effect."""
    for name, users in assigned.unused.items():
        if users:
            module.warn(str(_of_rule(name, results.unused_exclusions(users))))
    if assigned.held_back:
        result.update(failed=True, msg=f"{result['msg']} {assigned.held_back}")
    counts: dict[str, Counter] = {rule.name: Counter() for rule in rules}
    for session, (_target, rule) in zip(result["sessions"], assigned.targets):
        session["rule"] = rule.name
        counts[rule.name][session["result"]] += 1
    result["rules"] = [
        {
            "name": name,
            "applied": name in assigned.unused,
            "sessions": sum(found.values()),
            **{each: found[each] for each in recording.RESULTS},
        }
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
