# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each option of each module with invalid values: rejected by name, and nothing is sent."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.rules import RULE_SPEC
from ansible_collections.sessionops.citrix.plugins.module_utils._common import options as _options
from support.simulator_process import COLLECTION

MODULES = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("citrix_*.py"))
LOCAL = ["citrix_audit_info", "citrix_coverage_history_info"]
"""Modules that send no request, so they have none of the shared options."""
CALLING = [name for name in MODULES if name not in LOCAL]
WRONG_TYPES = {
    "int": ["many", [1], {"a": 1}, 1.5, True, float("inf"), "1e99", "9" * 5000],
    "float": ["fast", [1], {"a": 1}, True, float("inf"), float("nan")],
    "bool": ["perhaps", [True], {"a": True}, 2],
    "list": [{"a": 1}],
    "dict": ["text", [1]],
    "str": [["text"], {"a": 1}, []],
    "path": [["/tmp"], {"a": 1}, "/tmp/a\0.prom"],
}
"""Values that are invalid for a type. All others are valid as text."""
CONTROL = "LAB\x0bda-001"

NAMES = ("machine", "user", "delivery_group", "application", "exclude_user", "exclude_machine", "session_id")
"""Options that are lists of names."""
RANGES = {
    **{name: [low - 1, high + 1] for name, (low, high) in _options.RANGES.items()},
    "wait_timeout": [-1, 3601],
    "max_sessions": [0, -1],
    "limit": [-1],
    "first_line": [0],
    "history_days": [0, -1],
    "unrecorded_limit": [-1],
}
NOT_SO = {
    "api_url": [
        "ftp://127.0.0.1",
        "127.0.0.1",
        "http://api.cloud.example",
        "https://a:b@host",
        "https://host?x=1",
        "https://[::1",
    ],
    "customer_id": ["two words", "a/../b", "caf\u00e9", CONTROL],
    "site_id": ["two words", "../me", "a%2fb", CONTROL],
    "access_token": ["two words", "line\nbreak", "\u00fc"],
    "ca_path": ["/nonexistent/ca.pem"],
    "validate_certs": [False],
    "title": ["", " \t", "\u200b"],
    "text": ["", " ", "\u3164\n"],
    "dest": ["/nonexistent/folder", "/dev/null"],
    "history": ["/nonexistent/folder/history.sqlite", "/dev/null", "/dev", " ", "/etc/passwd"],
    "path": ["/nonexistent/history.sqlite", " ", []],
    "result": ["Started", ["started", "Failed"], []],
    "search_filters": [
        [],
        [{"property": ["State"]}],
        [{"property": "State", "value": {"a": 1}}],
        [{"property": None, "value": "Active"}],
        [{"property": "SessionState", "operator": None, "value": "Active"}],
    ],
    "since": ["yesterday", "", "2026-13-01"],
    "until": ["1", " "],
    "fields": [["No field"], ["../me"]],
    "rules": [[], ["text"], [{"name": "A"}]],
    "session_state": [[]],
    "metrics": ["", " ", "/tmp/coverage.txt"],
    "audit_log": ["", " ", "audit.jsonl", "./audit.jsonl"],
}
"""Values of the right type that are invalid."""
CONTRADICTIONS = [
    ("citrix_session_recording", {"session_id": ["a"], "machine": ["m"]}, "session_id"),
    ("citrix_session_recording", {"all_sessions": True, "machine": ["m"]}, "all_sessions"),
    ("citrix_session_recording", {"machine": None}, "machine"),
    ("citrix_session_message", {"session_id": ["a"], "user": ["u"]}, "session_id"),
    ("citrix_session_message", {"all_sessions": True, "user": ["u"]}, "all_sessions"),
    ("citrix_session_message", {"machine": None}, "machine"),
]
"""(module, options, the option in the message)"""
GIVEN = {
    "citrix_session_recording": {"state": "started", "machine": ["LAB\\vda-001"]},
    "citrix_session_message": {"title": "a", "text": "b", "machine": ["LAB\\vda-001"]},
    "citrix_recording_policy": {"rules": [{"name": "All", "all_sessions": True, "state": "started"}]},
    "citrix_machine_sessions_info": {"machine": ["LAB\\vda-001"]},
    "citrix_recording_coverage": {"dest": "/tmp"},
    "citrix_coverage_history_info": {"path": "/tmp/history.sqlite"},
    "citrix_audit_info": {"path": "/dev/null"},
}
"""Required options of each module."""
LONGEST_MESSAGE = 2000


def module_of(name: str):
    return importlib.import_module(f"ansible_collections.sessionops.citrix.plugins.modules.{name}")


def spec_of(name: str) -> dict[str, dict]:
    shared = {} if name in LOCAL else _options.OPTIONS
    return {**shared, **getattr(module_of(name), "ARGUMENT_SPEC", {})}


def wrong_values(option: str, spec: dict) -> Iterator[object]:
    """Yield invalid values of an option, from its spec and from the tables above."""
    yield from WRONG_TYPES.get(spec["type"], ())
    if "choices" in spec:
        yield ["nothing of the kind"] if spec["type"] == "list" else "nothing of the kind"
        if spec["type"] == "str":
            yield ""
    if spec.get("elements") == "dict":
        yield ["text", 1]
    elif "elements" in spec:
        yield from ([each] for each in WRONG_TYPES[spec["elements"]])
    if option in NAMES:
        yield from ([""], [" "], [CONTROL], ["fine", ""])
        if not option.startswith("exclude"):
            yield []
    yield from RANGES.get(option, ())
    yield from NOT_SO.get(option, ())


def cases() -> Iterator[tuple[str, str, object]]:
    for name in MODULES:
        for option, spec in spec_of(name).items():
            # This module ignores the token in the defaults of the group.
            if (name, option) != ("citrix_token", "access_token"):
                yield from ((name, option, value) for value in wrong_values(option, spec))


def shown(value: object) -> str:
    return json.dumps(value)[:30]


@pytest.fixture
def refused(simulator, modules):
    """Return a function that runs a module, which must reject its options; returns its message."""

    def run(name: str, options: dict, connection: dict | None = None) -> str:
        # An option that contradicts a selector would hide its own error.
        if connection is None:
            connection = {} if name in LOCAL else simulator.cloud
        given = {**connection, **GIVEN.get(name, {}), **options}
        given = {option: value for option, value in given.items() if value is not None}
        done = modules([{f"sessionops.citrix.{name}": given}])
        assert (done.code, done.result["failed"]) == (1, True)
        assert "exception" not in done.result
        # The result is the only output.
        assert json.loads(done.output)
        assert simulator.calls() == []
        message = done.result["msg"]
        assert "Traceback" not in message
        assert "\n" not in message.strip()
        assert 0 < len(message) < LONGEST_MESSAGE
        for secret in (simulator.facts["client_secret"], simulator.facts["password"]):
            assert secret not in done.output
        return message

    return run


@pytest.mark.parametrize(
    ("name", "option", "value"), [pytest.param(*case, id=f"{case[0]}-{case[1]}-{shown(case[2])}") for case in cases()]
)
def test_invalid_value_rejected_by_option_name(refused, name, option, value):
    options = {option: value}
    if option in ("user", "delivery_group", "application", "session_id") and "machine" in GIVEN.get(name, {}):
        options["machine"] = None
    assert option in refused(name, options)


def test_invalid_number_in_environment_named(simulator, modules):
    done = modules([{"sessionops.citrix.citrix_site_info": simulator.cloud}], env={"CITRIX_TIMEOUT": "inf"})
    assert done.result["msg"].startswith("timeout: is too large") and simulator.calls() == []


@pytest.mark.parametrize("option", ["access_token", "client_secret"])
def test_blank_secret_leaves_message_readable(simulator, modules, option):
    blank = {"sessionops.citrix.citrix_site_info": {**simulator.cloud, option: " "}}
    assert "********" not in modules([blank]).result["msg"]


@pytest.mark.parametrize(("name", "options", "option"), CONTRADICTIONS)
def test_contradictory_selectors_rejected(refused, name, options, option):
    assert option in refused(name, options)


@pytest.mark.parametrize("name", CALLING)
def test_null_rejected_before_requests(simulator, modules, name):
    """An end that is null would never come, and a selector that is null would select everything."""
    for option in spec_of(name).keys() - _options.OPTIONS - {"reason", "audit_log"}:
        given = {**simulator.cloud, **GIVEN.get(name, {}), option: None}
        done = modules([{f"sessionops.citrix.{name}": given}])
        assert (option, done.code, simulator.calls()) == (option, 1, [])
        assert option in done.result["msg"]


@pytest.mark.parametrize("option", sorted(RULE_SPEC.keys() - {"name"}))
def test_null_in_rule_rejected(simulator, modules, option):
    rule = {"name": "All", "all_sessions": True, "state": "started", option: None}
    done = modules([{"sessionops.citrix.citrix_recording_policy": {**simulator.cloud, "rules": [rule]}}])
    assert (done.code, simulator.calls()) == (1, [])
    assert done.result["msg"].startswith("rules[All]: ") and option in done.result["msg"]


@pytest.mark.parametrize("name", MODULES)
def test_unknown_option_rejected(refused, name):
    assert "no_such_option" in refused(name, {"no_such_option": 1})


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_missing_required_option_named(refused, name):
    for option, spec in spec_of(name).items():
        if spec.get("required"):
            assert option in refused(name, {option: None})


@pytest.mark.parametrize("name", CALLING)
@pytest.mark.parametrize("missing", ["customer_id", "client_id", "client_secret"])
@pytest.mark.parametrize("value", [None, ""])
def test_missing_credentials_named(refused, simulator, name, missing, value):
    assert missing in refused(name, {}, {**simulator.cloud, missing: value})


@pytest.mark.parametrize("name", CALLING)
@pytest.mark.parametrize("missing", ["api_url", "username", "password"])
def test_missing_on_premises_credentials_named(refused, simulator, name, missing):
    assert missing in refused(name, {}, {**simulator.on_premises, missing: ""})


@pytest.mark.parametrize("option", sorted(RULE_SPEC))
def test_invalid_rule_reported_with_rule_name(refused, option):
    spec = RULE_SPEC[option]
    for value in wrong_values(option, spec):
        rule = {"name": "Second", "state": "started", **({} if option in NAMES else {"all_sessions": True})}
        rules = [{"name": "First", "all_sessions": True, "state": "stopped"}, {**rule, option: value}]
        if option.startswith("exclude"):
            rules[1]["all_sessions"] = True
        message = refused("citrix_recording_policy", {"rules": rules})
        assert "rules" in message
        assert "Second" in message or "number 2" in message
        assert option in message
