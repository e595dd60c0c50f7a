# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw selections, and apply them to the simulator's own state with a plain filter."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import ceil
from urllib.parse import quote

from hypothesis import strategies as st
from support.simulator_process import Simulator

KINDS = ("machine", "user", "delivery_group", "application")
SELECTORS = [*combinations(KINDS, 1), *combinations(KINDS, 2)]
"""Each kind alone, and each pair."""
EXCLUDED = {"exclude_user": "user", "exclude_machine": "machine"}

Options = dict[str, list[str]]


class Fleet:
    """A simulator with a fleet of its own, and the data of its control paths."""

    def __init__(self, simulator: Simulator, **settings) -> None:
        self.simulator = simulator
        self._settings = settings
        self.reset()
        self.sessions = list(simulator.state().values())
        self.machines = {machine["Name"]: machine for machine in simulator.get("Machines")["Items"]}
        self._ids = {name: machine["Id"] for name, machine in self.machines.items()}
        groups = simulator.get("DeliveryGroups", fields="Id,FullName")["Items"]
        self._ids.update({item["FullName"]: item["Id"] for item in groups})
        for name in {name for session in self.sessions for name in session["applications"]}:
            path = f"Applications/{quote(name.replace(chr(92), '|'), safe='')}"
            self._ids[name] = simulator.get(path, fields="Id")["Id"]
        self._folded = {(kind, each["id"]): fold(self.forms(kind, each)) for kind in KINDS for each in self.sessions}

        self.namesakes = [session for session in self.sessions if self._has_namesake(session)]

    def _has_namesake(self, session: dict) -> bool:
        name = session["user"].partition("\\")[2]
        return bool(name) and sum(self.fits("user", [name], other) for other in self.sessions) > 1

    def reset(self) -> None:
        self.simulator.reset(**self._settings)

    @property
    def connection(self) -> dict:
        return {**self.simulator.cloud, "site_id": self.simulator.facts["site_id"]}

    def forms(self, kind: str, session: dict) -> list[str]:
        """Return each form of a selector of that kind that matches this session."""
        if kind == "machine":
            return [session["machine"], session["dns_name"], self._ids[session["machine"]]]
        if kind == "user":
            names = {session["user"], session["user"].partition("\\")[2], session["user_principal_name"]}
            return sorted(names - {""})
        names = [session["delivery_group"]] if kind == "delivery_group" else session["applications"]
        return [form for name in names for form in (name, self._ids[name])]

    def fits(self, kind: str, values: Iterable[str], session: dict) -> bool:
        return any(value.casefold() in self._folded[kind, session["id"]] for value in values)

    def selected(self, options: Options) -> list[dict]:
        """Return the sessions that match the selectors, before exclusions, in the order of the list."""
        kinds = [kind for kind in KINDS if kind in options]
        picked = [
            session for session in self.sessions if all(self.fits(kind, options[kind], session) for kind in kinds)
        ]
        if kinds == ["application"]:
            # Each has a list of its own, in the order of the option.
            names = options["application"]
            picked.sort(key=lambda session: [self.fits("application", [name], session) for name in names].index(True))
        return picked

    def left(self, options: Options) -> list[dict]:
        """Return the selected sessions that are not excluded."""
        exclusions = [(kind, options[name]) for name, kind in EXCLUDED.items() if name in options]
        return [
            session
            for session in self.selected(options)
            if not any(self.fits(kind, values, session) for kind, values in exclusions)
        ]

    def without_session(self, option: str, options: Options) -> list[str]:
        """Return the users in an option without a selected session, as written there."""
        selected = self.selected(options)
        return [name for name in options.get(option, ()) if not any(self.fits("user", [name], one) for one in selected)]

    def ambiguity(self, options: Options) -> tuple[str, set[str]] | None:
        """Return the option in which a name without a domain matches several users, and these users."""
        selected = self.selected(options)
        for name in ("user", "exclude_user"):
            for value in options.get(name, ()):
                if "\\" not in value and "@" not in value:
                    people = {session["user"] for session in selected if self.fits("user", [value], session)}
                    if len(people) > 1:
                        return name, people
        return None

    def listings(self, options: Options, page_size: int) -> int:
        """Return how many pages of sessions and machines a selection may use.

        The server finds sessions by all selectors except the application, which has a list of its own if it is alone.
        Machines are searched by name among multi-session ones, then among single-session ones.
        """
        kinds = [kind for kind in KINDS if kind in options]
        if kinds == ["application"]:
            lists = [{"application": [name]} for name in dict.fromkeys(options["application"])]
        else:
            lists = [{kind: options[kind] for kind in kinds if kind != "application"}]
        pages = sum(max(1, ceil(len(self.selected(each)) / page_size)) for each in lists)
        # Other names of the users who were found are searched for too.
        pages *= 2 if "user" in kinds else 1
        if "user" in kinds:
            # If no property finds a user, the user is searched for in all sessions that the other selectors match.
            rest = {kind: options[kind] for kind in kinds if kind not in ("application", "user")}
            pages += 1 + max(1, ceil(len(self.selected(rest)) / page_size))
        # If no session remains, one machine is read: an account that cannot see one lacks a role.
        return pages + 2 * len({"machine", "exclude_machine"} & options.keys()) + (not self.left(options))


def fold(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}


def in_case(name: str, change) -> str:
    """Return a name in another case that matches the same; some letters have only one case."""
    changed = [(change(char), char) for char in name]
    return "".join(
        new if (new.lower(), new.casefold()) == (old.lower(), old.casefold()) else old for new, old in changed
    )


CASES = st.sampled_from([str, str.upper, str.lower, str.swapcase])


@st.composite
def selections(draw, fleet: Fleet, kinds: tuple[str, ...]) -> Options:
    """Draw selectors of these kinds with 1 to 3 values each, and exclusions.

    All values are from a few sessions, so that selectors overlap and exclusions remove some sessions, but not all.
    """
    fitting = [session for session in fleet.sessions if all(fleet.forms(kind, session) for kind in kinds)]
    namesakes = [session for session in fitting if session in fleet.namesakes]
    seeds = draw(st.lists(st.sampled_from(namesakes or fitting) | st.sampled_from(fitting), min_size=1, max_size=3))

    def values(kind: str, sessions: list[dict]) -> list[str]:
        forms = [fleet.forms(kind, session) for session in sessions]
        return [in_case(draw(st.sampled_from(each)), draw(CASES)) for each in forms if each]

    options = {kind: values(kind, seeds) for kind in kinds}
    for name, kind in EXCLUDED.items():
        options[name] = values(
            kind, draw(st.lists(st.sampled_from(seeds) | st.sampled_from(fleet.sessions), max_size=2))
        )
    return {name: values for name, values in options.items() if values}
