# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exactly the named sessions are started, or the task fails, for every form of a name."""

from __future__ import annotations

import json

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_machine_sessions_info as machine_sessions
from ansible_collections.sessionops.citrix.plugins.modules import citrix_machines_info as machines
from ansible_collections.sessionops.citrix.plugins.modules import citrix_recording_policy as policy
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_message as message
from ansible_collections.sessionops.citrix.plugins.modules import citrix_session_recording as recording
from ansible_collections.sessionops.citrix.plugins.modules import citrix_sessions_info as sessions

SID = "S-1-5-21-1-2-3-1001"
MESSAGE = {"title": "Recording", "text": "This session is recorded."}
EVERYONE = {"name": "Everyone", "all_sessions": True, "state": "started"}


def account(name: str, **more) -> dict:
    return {"Name": f"LAB\\{name}", "PrincipalName": f"{name}@lab.example", **more}


class Site:
    """A simulator with a fleet that the test describes, and tasks that run against it."""

    def __init__(self, simulator, client) -> None:
        self.simulator = simulator
        self._client = client

    def have(self, *users: dict | None, **session) -> list[str]:
        """Create a machine with a session of each of these users, and return the ids."""
        return self.have_machines({"sessions": [{"user": user, **session} for user in users]})

    def have_machines(self, *plans: dict, delivery_groups=("Office",), applications=()) -> list[str]:
        common = {"name": "LAB\\vda01", "delivery_group": delivery_groups[0], "sessions": []}
        return list(
            self.simulator.fleet(
                delivery_groups=list(delivery_groups),
                applications=list(applications),
                machines=[{**common, **plan} for plan in plans],
            )
        )

    def run(self, module, **options) -> dict:
        return self._client(module, self.simulator.cloud, **options)

    def record(self, **options) -> dict:
        return self.run(recording, state="started", **options)

    def apply(self, *rules: dict, **options) -> dict:
        return self.run(policy, rules=list(rules), **options)

    @property
    def started(self) -> list[str]:
        return [session["id"] for session in self.simulator.state().values() if session["starts"]]

    def rejected(self, run, **options) -> str:
        """Return the message of a task that must be rejected before any request."""
        with pytest.raises(OptionError) as caught:
            run(**options)
        assert self.simulator.calls() == []
        return str(caught.value)


@pytest.fixture
def site(simulator, client):
    return Site(simulator, client)


@pytest.fixture
def three(site):
    """Return three users with a session each."""
    return site.have(*(account(f"user0{number}") for number in (1, 2, 3)))


# Spelling of names


def test_names_in_one_text_split_and_stripped(site, three):
    site.record(all_sessions=True, exclude_user="LAB\\user01, LAB\\user03")
    assert site.started == [three[1]]


@pytest.mark.parametrize(
    "name", ["LAB\\\\user02", "LAB\\", "'LAB\\user02'", "['LAB\\user02']", "LAB\\user01 LAB\\user02"]
)
def test_names_malformed_rejected(site, three, name):
    rules = [{"name": "Council", "user": name, "state": "stopped"}, EVERYONE]
    assert site.rejected(lambda: site.apply(*rules)).startswith("rules[Council]: user: ")
    assert site.rejected(lambda: site.record(all_sessions=True, exclude_user=[name])).startswith("exclude_user: ")


IMPOSSIBLE_USERS = [
    *("LAB/user02", "user01;user03", "user01|user03", "user01:user03", "LAB\\user[02]", '"LAB"\\user02', "user<02>"),
    *(
        "LAB\\ user02",
        "LAB \\user02",
        "user02 @lab.example",
        "user02@ lab.example",
        "@lab.example",
        "user02@",
        "user=2",
        ".\\user02",
        "LAB\\user02.",
        "user02@lab.example.",
        "LAB%5Cuser02",
        "user02%40lab.example",
        "- LAB\\user02",
    ),
]


@pytest.mark.parametrize("name", IMPOSSIBLE_USERS)
@pytest.mark.parametrize("options", [{"user": None}, {"all_sessions": True, "exclude_user": None}])
def test_names_invalid_in_accounts_rejected(site, three, name, options):
    option = list(options)[-1]
    for value in (name, ["LAB\\user01", name]):
        message = site.rejected(site.record, **{**options, option: value})
        assert message.startswith(f"{option}: '") and "write DOMAIN\\NAME, and pass several names as a list" in message


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("LAB\\STRASSE", "LAB\\stra\u00dfe"),
        ("lab\\\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "LAB\\\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3"),
        ("LAB\\\u03a4\u0391\u03aa\u0301", "LAB\\\u03c4\u03b1\u0390"),
        ("LAB\\\u1112\u1161\u11ab", "LAB\\\ud55c"),
        ("LAB\\\u212aelvin", "LAB\\kelvin"),
    ],
)
def test_names_case_and_composition_ignored(site, written, name):
    selected, other = site.have({"Name": name}, account("bert"))
    site.record(all_sessions=True, exclude_user=[written])
    assert site.started == [other]
    site.record(user=[written])
    assert set(site.started) == {selected, other}


@pytest.mark.parametrize("name", ["LAB\\al\u0130", "LAB\\\u0430li", "LAB\\\uff41li"])
def test_names_with_similar_letters_select_other_users(site, name):
    """A dotted capital I, a Cyrillic a and a full-width a."""
    selected, other = site.have(account("ali"), account("bert"))
    warnings = site.record(all_sessions=True, exclude_user=[name])["warnings"]
    assert site.started == [selected, other]
    assert any("no selected session belongs to" in warning for warning in warnings)


@pytest.mark.parametrize(
    "char", ["\u200e", "\u202e", "\u2066", "\ufeff", "\u200b", "\x08", "\ud800", "\u00ad", "\u2060"]
)
@pytest.mark.parametrize("name", ["{}LAB\\user02", "LAB\\us{}er02", "LAB\\user02{}"])
def test_names_with_invisible_characters_rejected(site, three, name, char):
    shown = site.rejected(site.record, all_sessions=True, exclude_user=[name.format(char)])
    assert f"U+{ord(char):04X}" in shown


@pytest.mark.parametrize("white", [" ", "\t", "\n", "\u00a0", "\u2003", "\u3000", "\u2028"])
def test_names_white_space_at_ends_stripped(site, three, white):
    site.record(all_sessions=True, exclude_user=[f"{white}LAB\\user01{white}", f"LAB\\user02{white}"])
    assert site.started == [three[2]]


@pytest.mark.parametrize("char", ["\u00a0", "\u200c", "\u200d", "\u2003"])
@pytest.mark.parametrize("selection", [{"user": None}, {"all_sessions": True, "exclude_user": None}])
def test_names_inner_joiners_compared_as_written(site, selection, char):
    real, other = site.have(account(f"us{char}er"), account("us er"))
    option = "exclude_user" if "exclude_user" in selection else "user"
    with pytest.raises(OptionError) as caught:
        site.record(**{**selection, option: [f"LAB\\nob{char}ody"]})
    assert str(caught.value).startswith(f"{option}: 'LAB\\nob<U+{ord(char):04X}>ody' has no session")
    assert site.started == []
    site.record(**{**selection, option: [f"LAB\\us{char}er"]})
    assert site.started == [other if option == "exclude_user" else real]


@pytest.mark.parametrize("value", [5349, [5349], 1.5, True, [["LAB\\user01"]], {"name": "LAB\\user01"}, [None]])
@pytest.mark.parametrize(
    "option", ["user", "machine", "delivery_group", "application", "exclude_user", "exclude_machine"]
)
def test_names_non_text_rejected(site, three, option, value):
    selection = {"all_sessions": True} if option.startswith("exclude") else {}
    shown = site.rejected(site.record, **selection, **{option: value})
    assert shown.startswith(f"{option}: ") and "not text; quote it" in shown
    rule = {"name": "Rule", "state": "started", **selection, option: value}
    assert "not text; quote it" in site.rejected(lambda: site.apply(rule))
    if option in ("machine", "delivery_group"):
        assert "not text; quote it" in site.rejected(lambda: site.run(machines, **{option: value}))
    if option in recording.ARGUMENT_SPEC and option in sessions.ARGUMENT_SPEC:
        assert "not text; quote it" in site.rejected(lambda: site.run(sessions, **{option: value}))


def test_names_on_several_lines_remedy_is_list(site, three):
    shown = site.rejected(site.record, all_sessions=True, exclude_user="LAB\\user001\nLAB\\user002\n")
    assert "contains a line break; pass several names as a list" in shown


def test_policy_exclusion_without_match_warns(site, three):
    rule = {**EVERYONE, "exclude_user": ["LAB\\absent", "LAB\\user01"]}
    (warning,) = site.apply(rule)["warnings"]
    assert warning.startswith("rules[Everyone]: exclude_user: no selected session belongs to LAB\\absent;")
    assert site.started == three[1:]


# Users


@pytest.mark.parametrize("search", ["UserName", "CurrentUser", "both"])
@pytest.mark.parametrize(
    ("name", "user"),
    [
        ("anna@contoso.com", {"Name": "AzureAD\\anna@contoso.com", "PrincipalName": None}),
        ("AzureAD\\Anna@contoso.com", {"Name": "AzureAD\\anna@contoso.com"}),
        ("AzureAD\\anna@contoso.com", {"PrincipalName": "anna@contoso.com"}),
        ("anna@contoso.com", {"Name": "anna@contoso.com"}),
        ("LAB\\anna", {"SamName": "LAB\\anna"}),
        ("anna", {"SamName": "LAB\\anna"}),
        ("LAB\\mu\u0308ller", {"Name": "LAB\\m\u00fcller"}),
        ("LAB\\m\u00fcller", {"Name": "LAB\\mu\u0308ller"}),
        ("mu\u0308ller@lab.example", {"PrincipalName": "m\u00fcller@lab.example"}),
    ],
)
def test_user_selected_by_every_form_of_name(site, name, user, search):
    site.simulator.reset(user_search=search)
    selected, other = site.have(user, account("bert"))
    for module, options in ((sessions, {}), (recording, {"state": "started"}), (message, MESSAGE)):
        assert [each["id"] for each in site.run(module, user=[name], **options)["sessions"]] == [selected]
    assert site.started == [selected]
    site.record(all_sessions=True, exclude_user=[name])
    assert site.started == [selected, other]


@pytest.mark.parametrize("name", ["LAB\\anna", "anna"])
def test_user_excluded_by_sam_account_name(site, name):
    _hers, other = site.have({"SamAccountName": "anna", "Domain": "LAB"}, account("bert"))
    site.record(all_sessions=True, exclude_user=name)
    assert site.started == [other]


def test_user_ambiguous_sam_names_distinguished(site):
    domain = {"SamAccountName": "anna", "Domain": "corp.example"}
    site.have({"SamName": "LAB\\anna", **domain}, {"SamName": "PARTNER\\anna", **domain})
    with pytest.raises(OptionError, match=r"use one of the full names: LAB\\anna, PARTNER\\anna$"):
        site.record(user="anna")


TWO_NAMES = [
    [{"Name": "LAB\\anna", "PrincipalName": "anna@contoso.com", "Sid": SID}, {"Name": "LAB\\anna", "Sid": SID}],
    [{"Name": "LAB\\anna", "Sid": SID}, {"PrincipalName": "anna@contoso.com", "Sid": SID}],
    [{"Name": "LAB\\anna", "PrincipalName": "anna@contoso.com"}, {"SamName": "LAB\\anna"}],
    [{"Sid": SID}, {"PrincipalName": "anna@contoso.com", "Sid": SID}],
]


@pytest.mark.parametrize("blocks", TWO_NAMES)
def test_user_exclusion_covers_all_sessions_of_person(site, blocks):
    for users in (blocks, blocks[::-1]):
        *_hers, other = site.have(*users, account("bert"))
        site.record(all_sessions=True, exclude_user="anna@contoso.com")
        assert site.started == [other]
        site.have(*users, account("bert"))
        site.apply({"name": "Free", "user": "anna@contoso.com", "state": "stopped"}, EVERYONE)
        assert len(site.started) == 1


@pytest.mark.parametrize("name", ["anna@contoso.com", "LAB\\anna"])
def test_user_selection_covers_all_sessions_of_person(site, name):
    whole = {"Name": "LAB\\anna", "PrincipalName": "anna@contoso.com", "Sid": SID}
    *hers, _other = site.have({"Name": "LAB\\anna"}, whole, {"PrincipalName": "anna@contoso.com"}, account("bert"))
    site.record(user=[name])
    assert site.started == hers


@pytest.mark.parametrize("user", [{}, None, {"DisplayName": "Anna"}, {"Name": "", "PrincipalName": ""}, {"Sid": SID}])
def test_user_unknown_not_started_with_exclusion(site, user):
    known, unknown = site.have(account("bert"), user)
    options = {"all_sessions": True, "exclude_user": "LAB\\anna"}
    result = site.record(**options)
    assert [entry["result"] for entry in result["sessions"]] == ["started", "unidentified"]
    assert any("unidentified" in warning for warning in result["warnings"])
    assert "failed" not in result
    assert site.record(**options, on_gap="fail")["failed"]
    assert site.started == [known]
    site.record(**options, include_unidentified=True)
    assert site.started == [known, unknown]


def test_user_unknown_in_every_session_fails(site):
    site.have({}, None)
    assert site.record(all_sessions=True, exclude_user="LAB\\anna")["failed"]
    assert site.apply({**EVERYONE, "exclude_user": ["LAB\\anna"]})["failed"]
    assert site.started == []
    assert "failed" not in site.record(all_sessions=True)


def test_user_anonymous_started_with_exclusion(site):
    ids = site.have({}, None, anonymous=True)
    site.record(all_sessions=True, exclude_user="LAB\\anna")
    assert site.started == ids


@pytest.mark.parametrize(
    ("rules", "started"),
    [
        ([{"name": "Free", "user": ["LAB\\anna"], "state": "stopped"}, EVERYONE], False),
        ([{"name": "First", "all_sessions": True, "state": "started", "exclude_user": ["LAB\\anna"]}], False),
        ([{"name": "Free", "user": ["LAB\\anna"], "machine": "LAB\\vda02", "state": "stopped"}, EVERYONE], True),
        ([EVERYONE, {"name": "Free", "user": ["LAB\\anna"], "state": "stopped"}], True),
        ([EVERYONE], True),
    ],
)
def test_user_unknown_not_started_by_rule_after_one_with_names(site, rules, started):
    unknown, known = site.have_machines({"sessions": [{"user": {}}, {"user": account("bert")}]}, {"name": "LAB\\vda02"})
    result = site.apply(*rules)
    assert site.started == ([unknown, known] if started else [known])
    assert result["sessions"][0]["result"] == ("started" if started else "unidentified")
    assert site.apply(*rules, include_unidentified=True)["sessions"][0]["result"] in ("started", "unchanged")


def test_user_unknown_not_stopped(site):
    site.have({}, recorded=True)
    stop = {"state": "stopped", "all_sessions": True, "exclude_user": "LAB\\anna"}
    assert site.run(recording, **stop)["summary"]["unidentified"] == 1
    assert site.run(recording, **stop, include_unidentified=True)["summary"]["stopped"] == 1


# Machines


DUPLICATES = [
    {"name": "LAB\\vda01", "dns_name": "vda01.lab.example", "sessions": [{"user": account("anna")}]},
    {"name": "OLD\\vda01", "dns_name": "vda01.lab.example", "sessions": [{"user": account("bert")}]},
    {"name": "LAB\\vda02", "dns_name": "vda02.lab.example", "sessions": [{"user": account("carl")}]},
]


@pytest.mark.parametrize("support", ["MultiSession", "SingleSession"])
def test_machines_with_same_dns_name_selected(site, support):
    first, second, third = site.have_machines(
        DUPLICATES[0], {**DUPLICATES[1], "session_support": support}, DUPLICATES[2]
    )
    name = "VDA01.lab.example"
    assert site.run(machine_sessions, machine=[name])["machines"] == {name: 2}
    assert site.run(machine_sessions, machine=[name, "LAB\\vda01"])["machines"] == {name: 2, "LAB\\vda01": 1}
    assert len(site.run(machines, machine=[name])["machines"]) == 2
    site.record(all_sessions=True, exclude_machine=[name])
    assert site.started == [third]
    site.record(machine=[name], user="bert")
    assert site.started == [second, third]
    site.record(machine=[name])
    assert site.started == [first, second, third]


def test_machine_full_name_excludes_namesake(site):
    first, _second, third = site.have_machines(*DUPLICATES)
    site.apply({"name": "Old", "machine": "OLD\\vda01", "state": "stopped"}, EVERYONE)
    assert site.started == [first, third]
    site.have_machines(*DUPLICATES)
    site.record(all_sessions=True, exclude_machine=["OLD\\vda01"])
    assert site.started == [first, third]


@pytest.mark.parametrize("name", ["linux-01.corp.local", "LINUX-01.corp.local"])
def test_machine_without_domain_found_by_name(site, name):
    ids = site.have_machines(
        {"name": "linux-01.corp.local", "dns_name": "", "sessions": [{"user": account("anna")}]},
        {"name": "linux-02.corp.local", "dns_name": "", "sessions": [{"user": account("bert")}]},
    )
    assert site.run(machine_sessions, machine=[name])["machines"] == {name: 1}
    assert [machine["name"] for machine in site.run(machines, machine=[name])["machines"]] == ["linux-01.corp.local"]
    site.record(machine=[name])
    assert site.started == ids[:1]
    site.record(all_sessions=True, exclude_machine=[name])
    assert site.started == ids


@pytest.mark.parametrize("machine", ["LAB\\vda*", "vda*.lab.example", "1", "vda01"])
def test_machine_resolved_differently_by_server_not_found(site, machine):
    site.simulator.reset(wildcards=True)
    site.have_machines(*DUPLICATES)
    for run in (
        lambda: site.record(machine=[machine]),
        lambda: site.record(all_sessions=True, exclude_machine=[machine]),
        lambda: site.run(machine_sessions, machine=[machine]),
        lambda: site.run(machines, machine=[machine]),
    ):
        with pytest.raises(OptionError, match=r"site .* has no "):
            run()
    assert site.started == []


# Delivery groups and applications


@pytest.mark.parametrize("name", ["Off*", "*", "1", "Sales", "Prod|Sale*"])
def test_group_resolved_differently_by_server_not_found(site, name):
    site.simulator.reset(wildcards=True)
    groups = ("Office", "Prod\\Sales", "Test\\Sales")
    site.have_machines({"sessions": [{"user": account("anna")}]}, delivery_groups=groups)
    for module, options in ((recording, {"state": "started"}), (sessions, {}), (machines, {}), (message, MESSAGE)):
        with pytest.raises(OptionError, match=r"^delivery_group: site .* has no "):
            site.run(module, delivery_group=[name], **options)
    assert site.started == []


def test_group_matched_by_folder_and_name(site):
    plans = [
        {"name": "LAB\\vda01", "delivery_group": "Prod\\Sales", "sessions": [{"user": account("anna")}]},
        {"name": "LAB\\vda02", "delivery_group": "Test\\Sales", "sessions": [{"user": account("bert")}]},
    ]
    ids = site.have_machines(*plans, delivery_groups=["Prod\\Sales", "Test\\Sales"])
    site.record(delivery_group="prod\\sales")
    assert site.started == ids[:1]


NOTEPADS = ["Prod\\Notepad", "Test\\Notepad", "Notepad"]


@pytest.mark.parametrize("name", NOTEPADS)
@pytest.mark.parametrize("more", [{}, {"machine": ["LAB\\vda01"]}])
def test_application_matched_by_folder_and_name(site, name, more):
    running = [{"user": account(f"user{at}"), "applications": [each]} for at, each in enumerate(NOTEPADS)]
    ids = site.have_machines({"sessions": running}, applications=NOTEPADS)
    site.record(application=[name], **more)
    assert site.started == [ids[NOTEPADS.index(name)]]
    site.have_machines({"sessions": running}, applications=NOTEPADS)
    site.apply({"name": "Notepad", "application": name, "state": "started"})
    assert site.started == [ids[NOTEPADS.index(name)]]


@pytest.mark.parametrize("name", ["Notepad", "Prod|Note*", "1", "Note*"])
@pytest.mark.parametrize("more", [{}, {"machine": ["LAB\\vda01"]}])
def test_application_resolved_differently_by_server_not_found(site, name, more):
    site.simulator.reset(wildcards=True)
    running = [{"user": account("anna"), "applications": ["Prod\\Notepad"]}]
    site.have_machines({"sessions": running}, applications=NOTEPADS[:2])
    with pytest.raises(OptionError, match=r"^application: site .* has no "):
        site.record(application=[name], **more)
    assert site.started == []


@pytest.mark.parametrize("more", [{}, {"machine": ["LAB\\vda01"]}])
def test_application_name_without_folder_not_in_folder(site, more):
    """A server may still find it."""
    running = {"user": account("anna"), "applications": NOTEPADS[:1]}
    site.have_machines({"sessions": [running]}, applications=NOTEPADS[:1])
    found = site.simulator.get("Applications/Prod%7CNotepad")
    listed = site.simulator.get("Applications/Prod%7CNotepad/Sessions")
    site.simulator.fault(
        {"path": r"Applications/Notepad$", "answer": {"status": 200, "body": found}},
        {"path": r"Applications/Notepad/Sessions$", "answer": {"status": 200, "body": listed}},
    )
    with pytest.raises(OptionError, match=r"^application: site .* has no Notepad;"):
        site.record(application="Notepad", **more)
    assert site.started == []


# Sessions by id, and search conditions


def test_session_id_matches_in_every_spelling(site, three):
    plain = three[0]
    forms = ["1", plain, plain.upper(), f"{{{plain}}}", plain.replace("-", "")]
    for module, options in ((recording, {"state": "started"}), (message, MESSAGE)):
        result = site.run(module, session_id=forms, **options)
        assert [entry["id"] for entry in result["sessions"]] == [plain]
    session = site.simulator.state()[plain]
    assert (session["starts"], session["notices"], len(session["messages"])) == (1, 1, 1)


@pytest.mark.parametrize(
    "value", [{"id": "1"}, [{"id": "1"}], ["a b"], "LAB\\user01", [["1"]], True, "[{'id': '1'}]", ["../me"], [None]]
)
@pytest.mark.parametrize("state", ["started", "stopped"])
def test_session_id_malformed_rejected(site, three, value, state):
    assert site.rejected(lambda: site.run(recording, state=state, session_id=value)).startswith("session_id: ")


def test_session_id_number_accepted(site, three):
    site.record(session_id=[1, 3])
    assert site.started == [three[0], three[2]]


@pytest.mark.parametrize("user", ["LAB\\user01", "user01", "user01@lab.example", ["LAB\\user01", "LAB\\user02"]])
def test_search_conditions_combined_with_selectors(site, three, user):
    """The simulator uses groups instead of filters, as published."""
    nowhere = [{"property": "MachineName", "value": "LAB\\vda99"}]
    assert site.run(sessions, user=user, search_filters=nowhere)["sessions"] == []
    assert site.run(machines, machine="LAB\\vda01", search_filters=nowhere)["machines"] == []
    bodies = [json.loads(call["body"]) for call in site.simulator.calls() if call["path"].endswith("$search")]
    assert bodies
    assert not any({"SearchFilters", "SearchFilterGroups"} <= body.keys() for body in bodies)
