# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the playbooks: invalid templates, typos and blank values are rejected."""

from __future__ import annotations

import json
import re

import pytest

MACHINE = "LAB\\vda-001"
USER = "LAB\\user001"
BROKEN = "{{ no_such_variable }}"
WRITES = ("$startRecording", "$stopRecording", "$sendMessage")


@pytest.fixture
def run(simulator, ansible, tmp_path):
    """Return a function that runs a playbook of the collection with these extra variables."""
    hosts = tmp_path / "hosts.yml"
    machines = {f"vda-00{number}": {"citrix_name": f"LAB\\vda-00{number}"} for number in (1, 2)}
    hosts.write_text(json.dumps({"all": {"hosts": machines}}), encoding="utf-8")

    def run(name: str, *arguments: str, env: dict | None = None, **variables):
        inventory = ["-i", str(hosts)] if name == "record_by_machine" else []
        given = ["-e", json.dumps(variables), *inventory, *arguments]
        return ansible(
            "ansible-playbook", f"sessionops.citrix.{name}", *given, env={**simulator.environment, **(env or {})}
        )

    return run


def assert_rejected(simulator, done, *shown: str) -> None:
    """Check that a run failed, named the problem, and changed nothing."""
    assert done.code == 2, done.output
    output = re.sub(r"\s+", " ", done.output)
    for text in shown:
        assert text in output, done.output
    assert not set(simulator.counts()) & set(WRITES)


# All problems of a playbook are shown by one run.
REJECTED = {
    "record": {
        "citrix_exclude_user": (BROKEN, "no_such_variable"),
        "citrix_site_id": (BROKEN, "citrix_site_id: could not template"),
        "citrix_user": (None, "citrix_user: is null"),
        "citrix_application": ("{{ none }}", "citrix_application: is null"),
        "citrix_exclude_users": (["x"], "citrix_exclude_users: unknown variable. Did you mean citrix_exclude_user?"),
        "citrix_at": (["x"], "citrix_at: this playbook does not take it."),
    },
    "stop": {
        "citrix_user": (BROKEN, "citrix_user: could not template"),
        "citrix_machine": (None, "citrix_machine: is null"),
        "citrix_max_sesions": (5, "Did you mean citrix_max_sessions?"),
        "exclude_users": (["x"], "Did you mean citrix_exclude_user?"),
        "citrix_stop_after": (5, "citrix_stop_after: this playbook does not take it."),
    },
    "converge": {
        "citrix_on_gap": (BROKEN, "citrix_on_gap: could not template"),
        "citrix_rules": ([{"name": "One", "exclude_user": None}], "citrix_rules: [0].exclude_user is null"),
        "citrix_exclude_user": (["x"], "citrix_exclude_user: this playbook does not take it."),
    },
    "coverage": {
        "citrix_minimum": (BROKEN, "citrix_minimum: could not template"),
        "citrix_user": (BROKEN, "citrix_user: could not template"),
        "citrix_application": (None, "citrix_application: is null"),
        "citrix_mininum": (5, "Did you mean citrix_minimum?"),
    },
    "machine_sessions": {
        "citrix_machine": (BROKEN, "citrix_machine: could not template"),
        "citrix_user": (["x"], "citrix_user: this playbook does not take it."),
    },
    "record_by_machine": {
        "citrix_max_sessions": (BROKEN, "citrix_max_sessions: could not template"),
        "citrix_slices": (BROKEN, "citrix_slices: could not template"),
        "citrix_delivery_group": (["x"], "citrix_delivery_group: this playbook does not take it."),
        "citrix_machines": (["x"], "citrix_machines: unknown variable."),
        "exclude_user": (["x"], "Did you mean citrix_exclude_user?"),
    },
    "site_check": {"citrix_report": (None, "citrix_report: is null")},
}


@pytest.mark.parametrize("name", REJECTED)
def test_variables_that_cannot_apply_fail_run(simulator, run, tmp_path, name):
    before = set(tmp_path.iterdir())
    variables = {variable: value for variable, (value, _shown) in REJECTED[name].items()}
    done = run(name, **variables)
    assert_rejected(simulator, done, *(shown for _value, shown in REJECTED[name].values()))
    assert simulator.calls() == []
    assert {path.name for path in set(tmp_path.iterdir()) - before} <= {"home"}


@pytest.mark.parametrize(
    ("name", "variables", "shown"),
    [
        ("stop", {"citrix_exclude_user": BROKEN}, "citrix_exclude_user: could not template"),
        ("converge", {"citrix_rules": None}, "citrix_rules: is null"),
        ("site_check", {"citrix_report": " "}, "report: is empty"),
    ],
)
def test_single_invalid_variable_fails_run(simulator, run, name, variables, shown):
    named = {"citrix_machine": [MACHINE]} if name == "stop" else {}
    assert_rejected(simulator, run(name, **named, **variables), shown)
    assert simulator.calls() == []


@pytest.mark.parametrize(
    "skipped", [["--skip-tags", "always"], ["--start-at-task", "Start the recording of the selected sessions"]]
)
def test_skipped_check_still_rejects_variable(simulator, run, skipped):
    done = run("record", *skipped, citrix_machine=[MACHINE], citrix_exclude_users=[USER])
    assert_rejected(simulator, done, "Did you mean citrix_exclude_user?")
    rules = [{"name": "One", "machine": MACHINE, "state": "started"}]
    skipped = [*skipped[:1], skipped[1].replace("Start the recording of the selected", "Apply the rules to the live")]
    done = run("converge", *skipped, citrix_rules=rules, session_recording_on_gaps="fail")
    assert_rejected(simulator, done, "Did you mean session_recording_on_gap?")


def test_extra_variable_without_name_fails_run(simulator, run):
    given = "citrix_machine=LAB\\\\vda-001 citrix_exclude_user=LAB\\\\user001 LAB\\\\user002"
    assert_rejected(simulator, run("record", "-e", given), "--extra-vars: 'LAB\\\\user002' has no name.")


def test_variable_set_twice_fails_run(simulator, run, tmp_path):
    (tmp_path / "policy.json").write_text('{"citrix_wait": 0, "x": [{"exclude_machine": 1, "exclude_machine": 2}]}')
    done = run(
        "record",
        *("-e", "@policy.json", "-e", "citrix_wait=true"),
        *("-e", "citrix_exclude_user=LAB\\\\user002 citrix_user=a citrix_user='b c'"),
        *("-e", '{"citrix_machine": "LAB\\\\vda-001", "citrix_reason": "x", "citrix_reason": "y"}'),
        citrix_exclude_user=[USER],
    )
    names = ("citrix_user", "citrix_exclude_user", "citrix_reason", "exclude_machine")
    assert_rejected(simulator, done, *(f"{name}: --extra-vars sets it several times" for name in names))
    assert "citrix_wait: " not in done.output


def test_variable_in_environment_fails_run(simulator, run):
    names = ["CITRIX_EXCLUDE_USER", "CITRIX_EXCLUDE_USERS", "citrix_exclude_user"]
    done = run("record", env=dict.fromkeys(names, USER), citrix_machine=[MACHINE])
    assert_rejected(simulator, done, *(f"{name}: the environment does not set variables." for name in names))
    # A wrapper may pass it on. Typos of other names are reported.
    env = {"CITRIX_EXCLUDE_USER": USER, "CITRIX_AUDIT_LOGS": "x", "CITRIX_OTHER": "x"}
    given = "{{ lookup('ansible.builtin.env', 'CITRIX_EXCLUDE_USER') }}"
    done = run("record", "-e", f"exclude_user={USER}", env=env, citrix_machine=[MACHINE], citrix_exclude_user=given)
    assert done.code == 0, done.output
    assert re.findall(r"\[WARNING\]: (CITRIX_.*)", done.output) == [
        "CITRIX_AUDIT_LOGS: unknown environment variable. Did you mean CITRIX_AUDIT_LOG?"
    ]
    assert not any(session["starts"] for session in simulator.state().values() if session["user"] == USER)


@pytest.mark.parametrize(
    ("variable", "shown"),
    [
        ("citrix_exclude_user", "citrix_exclude_user: differs between hosts"),
        ("citrix_exclude_users", "Did you mean citrix_exclude_user?"),
    ],
)
def test_variable_of_single_host_fails_run(simulator, run, tmp_path, variable, shown):
    """The task for all machines has the variables of the first one."""
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars" / "vda-002.yml").write_text(json.dumps({variable: ["LAB\\user011"]}), encoding="utf-8")
    assert_rejected(simulator, run("record_by_machine"), shown)
    assert simulator.calls() == []


def test_user_variables_cause_one_warning(simulator, run):
    done = run("record", citrix_user=[USER], citrix_team="blue", citrix_owner="ops", other_citrix_user="x")
    assert done.code == 0, done.output
    (warning,) = re.findall(r"\[WARNING\]: (Variables that[^\n]*)", done.output)
    assert warning == "Variables that this playbook does not use: citrix_owner, citrix_team."
    assert simulator.counts()["$startRecording"] == 1


def test_inventory_host_variables_accepted(simulator, ansible, tmp_path):
    inventory = {"plugin": "sessionops.citrix.citrix_machines", **simulator.cloud, "fields": ["DeliveryGroup", "Zone"]}
    path = tmp_path / "site.citrix_machines.yml"
    path.write_text(json.dumps(inventory), encoding="utf-8")
    playbook = "sessionops.citrix.record_by_machine"
    done = ansible("ansible-playbook", "-i", str(path), playbook, "-e", "citrix_team=blue", env=simulator.environment)
    assert done.code == 0, done.output
    assert re.findall(r"\[WARNING\]: (Variables that.*?)\s*\n", done.output) == [
        "Variables that this playbook does not use: citrix_team."
    ]
    # The inventory sets a mapping for each machine; a text selects nothing and is rejected.
    before = simulator.mark()
    named = ansible(
        "ansible-playbook", "-i", str(path), playbook, "-e", "citrix_delivery_group=X", env=simulator.environment
    )
    assert named.code == 2, named.output
    assert "citrix_delivery_group: this playbook does not take it." in named.output
    assert not [call for call in simulator.calls(before) if call["path"].endswith("Recording")]


TYPOS = {
    "citrix_exclude_user": (
        *("citrix_exclude_users", "citrix_exclude_usr", "citrix_exclude_uesr", "citrix_exlcude_user"),
        *("citrix_excluded_user", "citrix_excluded_users", "citrix_exclude__user", "citrix_excludeuser"),
        *("citrx_exclude_user", "Citrix_exclude_user", "CITRIX_EXCLUDE_USER", "cirtix_exclude_user"),
    ),
    "citrix_max_sessions": ("citrix_max_session", "citrix_maxsessions", "citrix_mx_sesions"),
    "citrix_wait": ("citrix_waits", "citrix_wiat", "citrix_await"),
    "citrix_at": (),
}
OTHERS = (
    "citrix_exclude",
    "citrix_exclude_user_names",
    "citrix_sessions",
    "citrix_name",
    "citrix_id",
    "exclude_user",
    "wait",
    "max",
)


def test_variable_problems_finds_only_typos(play):
    known = ", ".join(f"'{name}'" for name in TYPOS)
    found = f"{{{{ query('sessionops.citrix.variable_problems', {known}) }}}}"
    given = dict.fromkeys([*OTHERS, *TYPOS, *(name for names in TYPOS.values() for name in names)], "x")
    done = play([{"ansible.builtin.set_fact": {"found": found}, "vars": given}])
    expected = {f"{name}: unknown variable. Did you mean {known}?" for known, names in TYPOS.items() for name in names}
    assert set(done.result["ansible_facts"]["found"]) == expected


@pytest.mark.parametrize(
    ("role", "given", "shown"),
    [
        ("recording_coverage", "recording_coverage_minimun", "Did you mean recording_coverage_minimum?"),
        ("session_recording", "session_recording_on_gaps", "Did you mean session_recording_on_gap?"),
        ("session_recording", "session_recording_exclude_user", "session_recording_exclude_user: this role does not"),
        ("session_recording", "session_recording_api_url", "session_recording_api_url: this role does not"),
        (
            "recording_coverage",
            "recording_coverage_exclude_user",
            "recording_coverage_exclude_user: this role does not",
        ),
        ("recording_coverage", "recording_coverage_site_id", "recording_coverage_site_id: this role does not"),
        ("simulator", "simulator_session", "simulator_session: unknown variable. Did you mean simulator_sessions?"),
    ],
)
def test_role_variable_with_typo_fails_run(simulator, play, role, given, shown):
    required = {"recording_coverage_dest": ".", "session_recording_rules": []}
    task = {"ansible.builtin.include_role": {"name": f"sessionops.citrix.{role}"}, "vars": {**required, given: 100}}
    assert_rejected(simulator, play([task], connection=simulator.cloud), shown)
    assert simulator.calls() == []


INTERNAL = {
    # Names that the playbooks and roles used before, and likely typos.
    **dict.fromkeys(("coverage", "recording", "found", "fine", "lines", "slices", "strangers", "log", "report"), 100),
    "site_rate": 5,
    "recording_coverage_result": {"coverage": {"sessions": {"coverage_percent": 100.0}}, "csv": "/x", "msg": ""},
    "session_recording_result": {"msg": "All.", "rules": [], "sessions": []},
}


def test_extra_variables_do_not_override_internal_ones(simulator, run, tmp_path):
    done = run("coverage", citrix_dest=str(tmp_path), citrix_minimum=99, **INTERNAL)
    assert done.code == 2, done.output
    assert "That is less than" in done.output
    assert "user001" in (tmp_path / "coverage.html").read_text(encoding="utf-8")
    done = run("record", citrix_machine=[MACHINE], **INTERNAL)
    assert done.code == 0, done.output
    assert len(re.findall(r"user\d+ +LAB.+vda-001", done.output)) == 9
    done = run("converge", citrix_rules=[{"name": "One", "machine": MACHINE, "state": "stopped"}], **INTERNAL)
    assert done.code == 0, done.output
    assert re.search(r"One +\d+ sessions: ", done.output)
    done = run("record_by_machine", "--check", **INTERNAL)
    assert done.code == 0, done.output


@pytest.mark.parametrize("name", ["api_url", "site_id"])
def test_blank_place_rejected(simulator, run, name):
    done = run("record", citrix_machine=[MACHINE], **{f"citrix_{name}": ""})
    assert_rejected(simulator, done, f"{name}: is empty; set it")
    assert simulator.calls() == []


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("dest", "", "dest: is empty"),
        ("dest", " ", "dest: is empty"),
        # 95 % as a fraction, which nearly every site meets.
        ("minimum", "0.95", "citrix_minimum of the playbook: must be 0, or from 1 to 100"),
        ("minimum", "nan", "citrix_minimum of the playbook: must be 0, or from 1 to 100"),
        ("minimum", True, "citrix_minimum of the playbook: must be 0, or from 1 to 100"),
        ("minimum", 101, "citrix_minimum of the playbook: must be 0, or from 1 to 100"),
    ],
)
def test_coverage_with_invalid_variable_rejected(simulator, run, tmp_path, name, value, shown):
    for switches in ([], ["--check"]):
        done = run("coverage", *switches, **{"citrix_dest": str(tmp_path), f"citrix_{name}": value})
        assert_rejected(simulator, done, shown)
    assert not list(tmp_path.glob("coverage.*"))
    assert simulator.calls() == []


@pytest.mark.parametrize(
    ("name", "switches", "variable"),
    [
        ("coverage", ["--skip-tags", "always"], "citrix_minimum"),
        (
            "record_by_machine",
            ["--start-at-task", "Start the recording of all sessions on these machines"],
            "citrix_requests_per_second",
        ),
    ],
)
def test_skipped_check_never_reads_text_as_zero(simulator, run, tmp_path, name, switches, variable):
    destination = {"citrix_dest": str(tmp_path)} if name == "coverage" else {}
    done = run(name, *switches, **destination, **{variable: "ten"})
    assert_rejected(simulator, done, "must be ")
    assert simulator.calls() == []


def test_include_unidentified_starts_unknown_users(simulator, run):
    machine = {"name": MACHINE, "delivery_group": "Office", "sessions": [{"user": {}}, {"user": {"Name": "LAB\\bert"}}]}
    simulator.fleet(delivery_groups=["Office"], machines=[machine])
    rule = {"name": "All", "state": "started", "all_sessions": True, "exclude_user": "LAB\\anna"}
    done = run("converge", citrix_rules=[rule], citrix_include_unidentified=True)
    assert done.code == 0, done.output
    assert [session["starts"] for session in simulator.state().values()] == [1, 1]
    run("stop", citrix_all_sessions=True, citrix_exclude_user="LAB\\anna", citrix_include_unidentified=True)
    assert [session["stops"] for session in simulator.state().values()] == [1, 1]
