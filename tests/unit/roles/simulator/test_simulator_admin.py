# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delegated administration: rights and their effect; the clock of the service."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest

NO_ID = "00000000-0000-0000-0000-000000000000"
RECORDING = {"Broker:StartSessionRecording", "Broker:StopSessionRecording"}


def operations(role):
    return {operation for permission in role["Permissions"] for operation in permission["Operations"]}


def rights(simulator):
    return simulator.get("/Admin/EffectiveRights").json()["Items"]


@pytest.mark.parametrize("direct", [False, True])
def test_effective_rights_full_administrator(simulator, direct):
    connection = simulator.connection
    base = (
        f"/citrix/orchestration/api/{connection['customer_id']}/{connection['site_id']}" if direct else "/cvad/manage"
    )
    reply = simulator.get("/Admin/EffectiveRights", base=base).json()
    assert reply["ContinuationToken"] is None
    right, reader = reply["Items"]
    assert not RECORDING & operations(reader["Role"])
    assert (right["Role"]["Name"], right["Role"]["IsBuiltIn"]) == ("Full Administrator", True)
    assert (right["Scope"]["Id"], right["Scope"]["IsAllScope"]) == (NO_ID, True)
    assert operations(right["Role"]) > RECORDING


def test_effective_rights_limited_scope(simulator):
    simulator.reset(scope="limited")
    assert NO_ID not in {right["Scope"]["Id"] for right in rights(simulator)}
    assert not any(right["Scope"]["IsAllScope"] for right in rights(simulator))


def test_effective_rights_without_permissions_of_role(simulator):
    simulator.reset(role="no_recording", role_permissions=False)
    right = rights(simulator)[0]
    assert right["Role"]["Permissions"] is None
    for key in (right["Role"]["Id"], right["Role"]["Name"]):
        role = simulator.get(f"/Admin/Roles/{key}").json()
        assert not RECORDING & operations(role)
        assert {**role, "Permissions": None} == right["Role"]
    assert simulator.get("/Admin/Roles/none").status_code == 404


def test_permissions_predefined_in_pages(simulator):
    first = simulator.get("/Admin/Permissions", {"limit": 2}).json()
    rest = simulator.get("/Admin/Permissions", {"continuationToken": first["ContinuationToken"]}).json()
    permissions = first["Items"] + rest["Items"]
    assert len({permission["Id"] for permission in permissions}) == len(permissions)
    assert all(permission["GroupName"] for permission in permissions)
    assert operations({"Permissions": permissions}) == operations(rights(simulator)[0]["Role"])


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        ("full", []),
        ("help_desk", []),
        ("read_only", ["$sendMessage", "$startRecording", "$stopRecording"]),
        ("no_recording", ["$startRecording", "$stopRecording"]),
    ],
)
def test_role_without_permission_refused(simulator, role, refused):
    simulator.reset(role=role, mix="recordable")
    session = simulator.ids(limit=1)[0]
    calls = {name: f"/Sessions/{session}/{name}" for name in ("$sendMessage", "$startRecording", "$stopRecording")}
    statuses = {name: simulator.post(path, {} if "Message" in name else None) for name, path in calls.items()}
    assert [name for name, reply in statuses.items() if reply.status_code == 403] == refused
    item = {"Reference": "1", "Method": "POST", "RelativeUrl": calls["$startRecording"]}
    assert (simulator.answers(item)["1"]["Code"] == 403) == ("$startRecording" in refused)
    assert simulator.state()[session]["starts"] == (0 if "$startRecording" in refused else 2)


@pytest.mark.parametrize("offset", [0, 7200, -7200])
def test_clock_offset_in_date_and_token_expiry(simulator, offset):
    simulator.reset(clock_offset=offset)
    reply = simulator.sign_in_on_premises()
    assert abs(parsedate_to_datetime(reply.headers["Date"]).timestamp() - time.time() - offset) < 3
    ends = time.strptime(reply.json()["ExpiresAt"], "%Y-%m-%dT%H:%M:%SZ")
    assert abs(time.mktime(ends) - time.mktime(time.gmtime()) - 3600 - offset) < 5
    assert simulator.get("/me").status_code == 200
