# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create fleets with several names per object, and a reference for matching names.

The reference is slow, knows the whole fleet, and shares no code with the collection.
"""

from __future__ import annotations

from hypothesis import strategies as st

PEOPLE = {
    "anna": {"Name": "LAB\\anna", "PrincipalName": "anna@lab.example", "Sid": "S-1-5-21-1-2-3-1"},
    "anna of partner": {"Name": "PARTNER\\anna", "PrincipalName": "anna@partner.example", "Sid": "S-1-5-21-4-5-6-1"},
    "bert": {"Name": "LAB\\b\u00e9rt", "PrincipalName": "b\u00e9rt@lab.example", "Sid": "S-1-5-21-1-2-3-2"},
    "carl": {"Name": "AzureAD\\carl@lab.example", "PrincipalName": "carl@lab.example", "Sid": "S-1-12-1-1-2-3-3"},
    "dora": {"Name": "LAB\\do\u00a0ra", "PrincipalName": "", "Sid": "S-1-5-21-1-2-3-4"},
}
GIVEN = [
    ("Name", "PrincipalName", "Sid"),
    ("Name", "Sid"),
    ("PrincipalName", "Sid"),
    ("Name",),
    ("PrincipalName",),
    ("Sid",),
    (),
]
"""Members that a User block may have."""
MACHINES = [
    {"name": "LAB\\vda01", "dns_name": "vda01.lab.example", "delivery_group": "Prod\\Office"},
    {"name": "OLD\\vda01", "dns_name": "vda01.lab.example", "delivery_group": "Test\\Office"},
    {"name": "linux-01.corp.local", "dns_name": "", "delivery_group": "Sales"},
]
GROUPS = ["Prod\\Office", "Test\\Office", "Sales"]
APPLICATIONS = ["Prod\\Notepad", "Test\\Notepad", "Notepad"]
NAMES = {
    "user": [
        *("LAB\\anna", "lab\\ANNA", "anna@lab.example", "anna", "PARTNER\\anna", "LAB\\b\u00e9rt", "LAB\\be\u0301rt"),
        *("B\u00c9RT@lab.example", "carl@lab.example", "AzureAD\\carl@lab.example", "LAB\\do\u00a0ra", "LAB\\absent"),
    ],
    "machine": ["LAB\\vda01", "OLD\\vda01", "VDA01.lab.example", "linux-01.corp.local"],
    "delivery_group": GROUPS,
    "application": APPLICATIONS,
}
BAD_NAMES = [
    *(
        "LAB\\\\anna",
        "LAB\\an\u200ena",
        "\ufeffLAB\\anna",
        "LAB\\anna\nLAB\\bert",
        "",
        "LAB\\",
        "['LAB\\anna']",
        "'LAB\\anna'",
    ),
    *(5349, True, None, ["LAB\\anna"], {"name": "LAB\\anna"}),
]
ABSENT_AND_DOUBTFUL = ["LAB\\an\u00a0na", "LAB\\an\u200dna"]


def block(person: str, members: tuple[str, ...]) -> dict:
    return {name: PEOPLE[person][name] for name in members if PEOPLE[person][name]}


SESSIONS = st.lists(
    st.fixed_dictionaries(
        {
            "person": st.sampled_from(list(PEOPLE)),
            "members": st.sampled_from(GIVEN),
            "machine": st.sampled_from(range(len(MACHINES))),
            "application": st.sampled_from([None, *APPLICATIONS]),
            "anonymous": st.sampled_from([False, False, False, True]),
        }
    ),
    min_size=1,
    max_size=7,
)
"""Sessions in the order of their machines."""


def some(kind: str, most: int = 2):
    white = st.sampled_from(["{}", "{}", " {}", "{}\u00a0"])
    return st.lists(
        st.tuples(st.sampled_from(NAMES[kind]), white).map(lambda pair: pair[1].format(pair[0])),
        min_size=1,
        max_size=most,
    )


SELECTIONS = st.fixed_dictionaries({}, optional={kind: some(kind) for kind in NAMES})
EXCLUSIONS = st.fixed_dictionaries({}, optional={"exclude_user": some("user"), "exclude_machine": some("machine")})


def plan(sessions: list[dict]) -> dict:
    """Return the fleet for the simulator."""
    made = [{**machine, "sessions": []} for machine in MACHINES]
    for session in sessions:
        made[session["machine"]]["sessions"].append(
            {
                "user": {} if session["anonymous"] else block(session["person"], session["members"]),
                "anonymous": session["anonymous"],
                "applications": [session["application"]] if session["application"] else [],
            }
        )
    return {"delivery_groups": GROUPS, "applications": APPLICATIONS, "machines": made}


def plain(name: str) -> str:
    """Return a name without differences that do not matter."""
    name = name.strip().replace("e\u0301", "\u00e9").replace("E\u0301", "\u00c9").lower()
    return name.replace("azuread\\", "") if "@" in name else name


def names_in(user: dict) -> set[str]:
    """Return the names in a User block, without the SID."""
    given = {plain(user[member]) for member in ("Name", "PrincipalName") if user.get(member)}
    return given | {name.split("\\")[-1] for name in given}


def people_of(sessions: list[dict]) -> list[set[int]]:
    """Return the sessions of each user: those connected by equal SIDs, accounts or UPNs."""
    people: list[set[int]] = []
    for at, session in enumerate(sessions):
        own = {name for name in names_in(session["user"]) if "\\" in name or "@" in name} | {session["user"].get("Sid")}
        merged, rest = {at}, []
        for person in people:
            known = {
                mark
                for other in person
                for mark in {*names_in(sessions[other]["user"]), sessions[other]["user"].get("Sid")}
                if mark and ("\\" in mark or "@" in mark or mark.startswith("S-"))
            }
            if known & (own - {None}):
                merged |= person
            else:
                rest.append(person)
        people = [*rest, merged]
    return people


class Reference:
    """The sessions of a fleet in the API, in the order of the list."""

    def __init__(self, sessions: list[dict]) -> None:
        self.sessions = [
            {**session, "user": {} if session["anonymous"] else block(session["person"], session["members"])}
            for session in sorted(sessions, key=lambda each: each["machine"])
        ]

    def at_place(self, session: dict, options: dict) -> bool:
        machine = MACHINES[session["machine"]]
        own = {
            "machine": {machine["name"].lower(), machine["dns_name"].lower()},
            "delivery_group": {machine["delivery_group"].lower()},
            "application": {(session["application"] or "").lower()},
        }
        return all(own[kind] & {plain(name) for name in options[kind]} for kind in own if kind in options)

    def excluded_machine(self, session: dict, options: dict) -> bool:
        names = options.get("exclude_machine")
        return bool(names) and self.at_place(session, {"machine": names})

    def found(self, options: dict) -> list[int]:
        """Return the sessions that a server finds by selectors and by other names of the users."""
        here = [at for at, session in enumerate(self.sessions) if self.at_place(session, options)]
        if "user" not in options:
            return here
        known = {plain(name) for name in options["user"]}
        found: list[int] = []
        for _search in range(3):
            found = [at for at in here if names_in(self.sessions[at]["user"]) & known]
            for at in found:
                known |= {name for name in names_in(self.sessions[at]["user"]) if "\\" in name or "@" in name}
        return found

    def hides_users(self, options: dict) -> bool:
        """Return whether the API returns the user of no session at the place, and some have one."""
        here = [at for at, session in enumerate(self.sessions) if self.at_place(session, options)]
        real = [at for at in here if not self.sessions[at]["anonymous"]]
        return bool(real) and not set(real) & self.named(here)

    def persons(self, run: list[int], names: list[str]) -> dict[str, list[set[int]]]:
        """Return the users of a run that match, by name."""
        people = [{run[at] for at in person} for person in people_of([self.sessions[at] for at in run])]
        return {
            name: [
                person for person in people if any(plain(name) in names_in(self.sessions[at]["user"]) for at in person)
            ]
            for name in names
        }

    def named(self, run: list[int]) -> set[int]:
        """Return the sessions of a run with a user in the API, or without any user."""
        people = [{run[at] for at in person} for person in people_of([self.sessions[at] for at in run])]
        return {
            at
            for person in people
            for at in person
            if self.sessions[at]["anonymous"] or any(names_in(self.sessions[other]["user"]) for other in person)
        }

    def possible(self, run: list[int], names: list[str]) -> set[int]:
        """Return the sessions of a run whose user may have one of the names in another form."""
        people = [{run[at] for at in person} for person in people_of([self.sessions[at] for at in run])]
        possible: set[int] = set()
        for name, persons in self.persons(run, names).items():
            known = forms_in([plain(name)]).union(*(self.forms(person) for person in persons))
            for person in people:
                short_names = {short(each) for at in person for each in names_in(self.sessions[at]["user"])}
                compared = known if short(plain(name)) in short_names or "@" in name else known | {"account"}
                if person not in persons and not compared & self.forms(person):
                    possible |= {at for at in person if not self.sessions[at]["anonymous"]}
        return possible

    def forms(self, person: set[int]) -> set[str]:
        """Return the forms in which the API names a user."""
        users = [self.sessions[at]["user"] for at in person]
        return forms_in([name for user in users for name in [*names_in(user), user.get("Sid", "")]])


def short(name: str) -> str:
    return name.split("\\")[-1].split("@")[0]


def forms_in(names: list[str]) -> set[str]:
    marks = {"@": "UPN", "\\": "account", "S-1-5": "SID", "S-1-12": "SID of Entra ID"}
    return {form for name in names for mark, form in marks.items() if mark in name}
