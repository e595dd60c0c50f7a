# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches accept all documented properties and operators; those without data find nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[4] / "roles" / "simulator" / "README.md"
PROPERTIES = """
    AgentVersion AllocationType AppState AppsInUse AzureAdJoinedMode ClientIP ClientName ClientVersion
    ConnectedViaHostName ConnectedViaIP ConnectionProtocol ControllerDnsName CurrentUser DeliveryGroup DnsName
    DrainingUntilShutdown FaultState FunctionalLevel HostedMachineName HostingServerName HypervisorConnection
    ImageOutOfDate InMaintenanceMode IsAssigned LastConnectionTime LastConnectionUser LastDeregistrationReason
    LastDeregistrationTime LaunchedViaHostName LaunchedViaIP LoadIndex MachineCatalog MachineName
    MachineUnavailableReason MaintenanceModeReason OSType OSVersion PowerActionPending PowerState ProvisioningType
    PublishedName RegistrationState SecureIcaActive SessionCount SessionState SessionStateChangeTime SessionSupport
    SmartAccessFilters StartTime SummaryState SupportedPowerActions Tags Uid UserDisplayName UserName
    UserPrincipalName VdaUpgrade VdaUpgradeState WindowsConnectionSetting ZoneName
""".split()
OPERATORS = """
    Any Contains ContainsEndsWith ContainsLike ContainsStartsWith EndsWith Equals GreaterThan GreaterThanOrEquals In
    IsNotWithin IsWithin LessThan LessThanOrEquals Like None NotContains NotContainsEndsWith NotContainsLike
    NotContainsStartsWith NotEndsWith NotEquals NotIn NotLike NotStartsWith StartsWith
""".split()


def total(simulator, name, operator, value, kind="Sessions"):
    filters = [(name, operator, value), ("SessionSupport", "Like", "*")]
    reply = simulator.search(kind, *filters)
    assert reply.status_code == 200, reply.text
    return reply.json()["TotalItems"]


def without_data():
    """Return the properties that the README lists."""
    listed = re.search(r"no data for these search properties: (.*?)\. They", README.read_text("utf-8"), re.DOTALL)
    return re.findall(r"`(\w+)`", listed[1])


@pytest.mark.parametrize("kind", ["Sessions", "Machines"])
def test_search_documented_properties_accepted(simulator, kind):
    assert len(set(PROPERTIES)) == 60
    found = {name: total(simulator, name, "Like", "*", kind) for name in PROPERTIES}
    assert sorted(name for name, count in found.items() if not count) == without_data()
    assert {count for count in found.values() if count} == {len(simulator.state()) if kind == "Sessions" else 5}


def test_search_properties_without_data_rejected_by_setting(simulator):
    simulator.reset(unknown_search="refused")
    for name in without_data():
        assert simulator.search("Sessions", (name, "Like", "*")).status_code == 400
    assert simulator.search("Sessions", ("UserName", "Like", "*")).status_code == 200


# Of 50 sessions with 10 on each of 5 machines; the users are numbered.
FOUND = {
    ("Any", "DnsName", ""): 50,
    ("None", "DnsName", ""): 0,
    ("None", "AppsInUse", ""): 40,
    ("Contains", "UserName", "user01"): 9,
    ("NotContains", "UserName", "user"): 5,
    ("ContainsEndsWith", "AppsInUse", "editor"): 5,
    ("ContainsLike", "AppsInUse", "*sheet"): 5,
    ("ContainsStartsWith", "AppsInUse", "draw"): 5,
    ("EndsWith", "MachineName", "002"): 10,
    ("Equals", "MachineName", "lab\\VDA-002"): 10,
    ("GreaterThan", "Uid", "4"): 10,
    ("GreaterThanOrEquals", "Uid", "4"): 20,
    ("LessThan", "Uid", "4"): 30,
    ("LessThanOrEquals", "Uid", "10"): 50,
    ("GreaterThan", "MachineName", "LAB\\vda-003"): 20,
    ("In", "SessionState", "Active, Disconnected"): 50,
    ("NotIn", "SessionState", "Disconnected,Connected"): 45,
    ("Like", "MachineName", "*-002"): 10,
    ("NotLike", "MachineName", "*-002"): 40,
    ("NotContainsEndsWith", "AppsInUse", "editor"): 45,
    ("NotContainsLike", "AppsInUse", "*e*"): 40,
    ("NotContainsStartsWith", "AppsInUse", "draw"): 45,
    ("NotEndsWith", "MachineName", "002"): 40,
    ("NotEquals", "MachineName", "LAB\\vda-002"): 40,
    ("NotStartsWith", "UserName", "LAB"): 7,
    ("StartsWith", "UserName", "PARTNER"): 2,
    ("IsWithin", "StartTime", "1"): 0,
    ("IsNotWithin", "StartTime", "1"): 0,
}


@pytest.mark.parametrize(("operator", "name", "value"), FOUND)
def test_search_operator_results(simulator, operator, name, value):
    assert total(simulator, name, operator, value) == FOUND[operator, name, value]


def test_search_documented_operators_all_tested():
    assert {operator for operator, _name, _value in FOUND} == set(OPERATORS)
    assert len(OPERATORS) == 26


@pytest.mark.parametrize(
    "operator", ["equals", "NotAny", "NotNone", "NotLessThan", "NotGreaterThanOrEquals", "Not", ""]
)
def test_search_other_operators_rejected(simulator, operator):
    assert simulator.search("Sessions", ("UserName", operator, "x")).status_code == 400
