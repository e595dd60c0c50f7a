# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Select the rule of each session: of the rules of a policy, the first that matches decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from .._client.api import Api
from .._common import times
from .._common.errors import OptionError
from .._common.text import clean, nested
from .._site import selection, selectors
from .._site.guard import Judge
from .._site.machines import look_up
from .._site.selection import Exclusions, Target
from .._site.selectors import Place, Query
from .._site.user_matcher import UserMatcher
from .._site.users import People
from . import recording, results
from .rules import Rule, of_rule, unreachable


class _Search:
    """An active rule: its selectors and exclusions on this site, and the number of its sessions."""

    def __init__(self, api: Api, rule: Rule, people: People, machines: Mapping[str, list[dict]]) -> None:
        """Raise OptionError, which names the rule, for missing objects."""
        self.rule = rule
        self.count = 0
        try:
            self.place = Place(api, rule.query, searched=False, machines=machines)
            self.named = UserMatcher("user", rule.query.user, people)
            self.exclusions = Exclusions(api, rule.params, people, machines)
        except OptionError as error:
            raise of_rule(rule.name, str(error)) from None

    def fits(self, person: int) -> bool:
        """Return whether the users and exclusions of the rule match this person."""
        return not (self.named and not self.named.matches(person)) and not self.exclusions.of_user(person)

    @property
    def warnings(self) -> list[str]:
        """Which names of the rule match no session."""
        unused = results.unused_exclusions(self.exclusions.unused)
        return [str(of_rule(self.rule.name, each)) for each in (*self.named.absence, *unused)]

    def check(self) -> None:
        """Raise OptionError, which names the rule, for ambiguous users and for too many sessions."""
        try:
            self.named.check()
            self.exclusions.check(self.count)
        except OptionError as error:
            raise of_rule(self.rule.name, str(error)) from None


class _Offer(NamedTuple):
    """A session that may match a rule."""

    target: Target
    person: int
    places: tuple[tuple[_Search, bool | None, bool], ...]
    """The rules, whether each excludes the machine, and whether its places certainly match."""


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
    offers = _offers(api, searches, people, judge)
    assigned = [found for found in (_with_rule(offer, judge) for offer in offers) if found]
    for search in searches:
        search.check()
    # Without any session, one warning is enough.
    warnings = {search.rule.name: search.warnings if offers else [] for search in searches}
    unidentified_warnings = [
        str(of_rule(search.rule.name, warning)) for search in searches for warning in search.named.unidentified_warnings
    ]
    return Assignment(assigned, warnings, unidentified_warnings, not_applied)


def _offers(api: Api, searches: Sequence[_Search], people: People, judge: Judge) -> list[_Offer]:
    """Return the sessions that match the places of at least one rule."""
    needed = dict.fromkeys([*selection.FIELDS, *(name for each in searches for name in each.rule.query.needs)])
    offers = []
    shared: dict[tuple, tuple] = {}
    for session in selectors.find_sessions(api, Query(), tuple(needed)):
        # Users are compared after the last session: any session may join two names.
        places = tuple(
            (search, search.exclusions.of_machine(session), search.place.has(session))
            for search in searches
            if search.place.may_have(session)
        )
        if places:
            target = judge.of_place(Target.from_session(nested(session, "Id") or "", session), session)
            offers.append(_Offer(target, people.add(session), shared.setdefault(places, places)))
    return offers


def _with_rule(offer: _Offer, judge: Judge) -> tuple[Target, Rule] | None:
    """Return a session with its first matching rule, or None; counts it where it may match."""
    target, person, places = offer
    taken = None
    may_match = False
    for search, on_excluded, is_there in places:
        # After the first match too: then the names of other rules have a session.
        fits = search.fits(person) and not on_excluded
        may_match = may_match or search.named.may_match(person)
        if taken or not fits:
            continue
        if is_there:
            search.count += 1
            judged = search.exclusions.judged(target, person, on_excluded)
            taken = judge.of_user(judged.judged(not may_match), person), search.rule
        else:
            # It may be for this rule: no rule below starts it.
            target = target._replace(unidentified=True)
    if not taken and not target.anonymous:
        for search, on_excluded, _is_there in places:
            search.named.unidentified += search.named.resembles(person) and not on_excluded
    return taken


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
    warnings = [*unreachable(rules), *chain.from_iterable(assigned.warnings.values())]
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
