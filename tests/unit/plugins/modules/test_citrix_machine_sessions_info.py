# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""citrix_machine_sessions_info: from the options to the result, and once down to the wire."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
import yaml
from ansible_collections.sessionops.citrix.plugins.module_utils import _sessions
from ansible_collections.sessionops.citrix.plugins.module_utils._errors import ApiError, OptionError
from ansible_collections.sessionops.citrix.plugins.modules import citrix_machine_sessions_info as under_test

TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
GIVEN = {"customer_id": "customer1", "access_token": TOKEN}
BASE = "https://api.cloud.com/cvad/manage"
FIRST, SECOND = "LAB\\vda-001", "LAB\\vda-002"
ON_FIRST, ON_SECOND = "GET Machines/LAB%7Cvda-001/Sessions", "GET Machines/LAB%7Cvda-002/Sessions"


@pytest.fixture
def module(params):
    """Return a factory of all that run() may use of its module: no way out but the return value."""

    def make(check_mode=False, **given):
        defaults = {name: spec.get("default") for name, spec in under_test.ARGUMENT_SPEC.items()}
        mock = Mock(spec_set=["params", "check_mode", "warn"])
        mock.params = params(**{**defaults, **given})
        mock.check_mode = check_mode
        return mock

    return make


@pytest.mark.parametrize("check_mode", [False, True])
def test_sessions_are_listed_with_their_number_on_each_machine(module, fake_api, check_mode):
    fake_api.on(ON_FIRST, {"Items": [{"Id": "1", "FormattedStartTime": "2026-01-05T09:14:31Z"}, {"Id": "2"}]})
    fake_api.on(ON_SECOND, {"Items": []})
    result = under_test.run(module(check_mode, machine=[FIRST, SECOND]), fake_api)
    assert result == {
        "changed": False,
        "sessions": [{"id": "1", "formatted_start_time": "2026-01-05T09:14:31Z"}, {"id": "2"}],
        "machines": {FIRST: 2, SECOND: 0},
    }
    assert [call.query for call in fake_api.calls] == [{}, {}]
    assert fake_api.writes == []


def test_the_id_is_asked_for_together_with_the_fields(module, fake_api):
    fake_api.on(ON_FIRST, {"Items": []})
    under_test.run(module(machine=[FIRST], fields=["State", "User"]), fake_api)
    assert fake_api.calls[0].query["fields"].split(",") == ["Id", "State", "User"]


def test_the_id_is_asked_for_once(module, fake_api):
    fake_api.on(ON_FIRST, {"Items": []})
    under_test.run(module(machine=[FIRST], fields=["State", "Id"]), fake_api)
    assert sorted(fake_api.calls[0].query["fields"].split(",")) == ["Id", "State"]


def test_the_recording_is_read_for_each_session(module, fake_api):
    fake_api.on(ON_FIRST, {"Items": [{"Id": "1"}, {"Id": "2"}]})
    fake_api.on("GET Sessions/RecordingStatus?id=1", {"IsSessionBeingRecorded": True})
    fake_api.on("GET Sessions/RecordingStatus?id=2", 403)
    result = under_test.run(module(machine=[FIRST], recording=True), fake_api)
    assert result["sessions"] == [{"id": "1", "recorded": True}, {"id": "2", "recorded": None}]


def test_a_session_that_moves_between_machines_counts_once(module, fake_api):
    fake_api.on(ON_FIRST, {"Items": [{"Id": "1"}]})
    fake_api.on(ON_SECOND, {"Items": [{"Id": "1"}]})
    result = under_test.run(module(machine=[FIRST, SECOND]), fake_api)
    assert result["sessions"] == [{"id": "1"}]


def test_a_machine_that_does_not_exist_ends_the_task_by_its_name(module, fake_api):
    fake_api.on(ON_FIRST, {"Items": []})
    fake_api.on(ON_SECOND, 404)
    with pytest.raises(OptionError, match=r"^machine: site site1 has no LAB\\vda-002;"):
        under_test.run(module(machine=[FIRST, SECOND]), fake_api)


def test_an_error_of_the_api_ends_the_task(module, fake_api):
    fake_api.on(ON_FIRST, 403)
    with pytest.raises(ApiError, match="HTTP 403"):
        under_test.run(module(machine=[FIRST]), fake_api)


# Down to the wire


def test_the_module_succeeds_on_the_wire_and_finds_the_site(executed, wire):
    wire.get(f"{BASE}/me", json={"Customers": [{"Id": "customer1", "Sites": [{"Id": "site7", "Name": "Cloud"}]}]})
    wire.get(f"{BASE}/Machines/LAB%7Cvda-001/Sessions", json={"Items": [{"Id": "1", "State": "Active"}]})
    code, result = executed(machine=FIRST, fields=["State"])
    assert code == 0
    assert (result["changed"], result["sessions"]) == (False, [{"id": "1", "state": "Active"}])
    assert result["machines"] == {FIRST: 1}
    assert wire.calls[-1].request.headers["Citrix-InstanceId"] == "site7"
    assert wire.calls[-1].request.params == {"fields": "Id,State"}


def test_the_module_fails_on_the_wire_with_what_the_api_answered(executed, wire):
    wire.get(f"{BASE}/me", status=401, json={"detail": "Token expired."}, headers={"Citrix-TransactionId": "t1"})
    code, result = executed(machine=[FIRST])
    assert code == 1
    assert result["failure"] == {"status": 401, "detail": "Token expired.", "transaction_id": "t1"}
    assert "sign in again" in result["msg"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({}, "machine"),
        ({"machine": []}, "machine: is empty"),
        ({"machine": [FIRST], "fields": ["Nonsense"]}, "value of fields must be one or more of"),
    ],
)
def test_wrong_arguments_are_refused(executed, wire, args, told):
    code, result = executed(**args)
    assert code == 1
    assert told in result["msg"]
    assert len(wire.calls) == 0


def test_the_documentation_has_the_options_of_the_module_and_the_fields_of_the_api():
    documented = yaml.safe_load(under_test.DOCUMENTATION)["options"]
    assert set(documented) == set(under_test.ARGUMENT_SPEC)
    assert documented["fields"]["choices"] == list(_sessions.FIELDS)
    for name, spec in under_test.ARGUMENT_SPEC.items():
        for key in ("type", "elements", "required", "default", "choices"):
            assert documented[name].get(key) == spec.get(key), f"{key} of {name}"
