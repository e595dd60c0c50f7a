# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that follows the published pages works with the simulator in each deployment."""

from __future__ import annotations

import json

import pytest
from plain_client import (
    DIRECT,
    GATEWAY,
    ON_PREMISES,
    PlainClient,
    Refused,
    cloud_token,
    government_token,
    on_premises_token,
)

MACHINE = "LAB\\vda-002"
DEPLOYMENTS = ("cloud", "gov", "on_premises", "on_premises_direct")


@pytest.fixture(params=DEPLOYMENTS)
def client(request, simulator):
    simulator.reset(mix="recordable")
    connection = simulator.connection
    url, pair = connection["url"], (connection["client_id"], connection["client_secret"])
    account = (connection["username"], connection["password"])
    if request.param == "cloud":
        token = cloud_token(url, connection["customer_id"], *pair)
        return PlainClient(url, token, connection["customer_id"], gateway=True)
    if request.param == "gov":
        token = government_token(url, connection["customer_id"], *pair)
        return PlainClient(url, token, connection["customer_id"], gateway=False)
    gateway = request.param == "on_premises"
    address = f"{url}{GATEWAY}/Tokens" if gateway else f"{url}{DIRECT}/tokens"
    return PlainClient(url, on_premises_token(address, *account), ON_PREMISES, gateway)


@pytest.fixture
def sessions_of_machine(simulator):
    return [entry["id"] for entry in simulator.state().values() if entry["machine"] == MACHINE]


def test_plain_client_finds_site(simulator, client):
    assert client.sites == [simulator.connection["site_id"]]
    assert client.detail["Name"] == "Simulated Site 1"


def test_plain_client_pages_through_sessions_and_machines(simulator, client):
    pages = list(client.pages("GET", "/Sessions", limit=7, fields="Id,User"))
    assert [len(page) for page in pages] == [7] * 7 + [1]
    assert [session["Id"] for page in pages for session in page] == list(simulator.state())
    machines = [machine for page in client.pages("GET", "/Machines", limit=2) for machine in page]
    assert [machine["Name"] for machine in machines] == [f"LAB\\vda-00{number}" for number in range(1, 6)]
    assert client.machine(MACHINE)["DnsName"] == "vda-002.lab.example"


def test_plain_client_lists_sessions_of_machine(client, sessions_of_machine):
    assert [session["Id"] for session in client.machine(MACHINE, "Sessions")["Items"]] == sessions_of_machine


def test_plain_client_searches(client, sessions_of_machine):
    user = {"Property": "CurrentUser", "Operator": "Equals", "Value": "LAB\\user011"}
    (found,) = client.call("POST", "/Sessions/$search", {"SearchFilters": [user]})["Items"]
    assert found["Id"] == sessions_of_machine[0]
    host = {"Property": "DnsName", "Operator": "Equals", "Value": "vda-002.lab.example"}
    group = {"SearchFilterGroupType": "Or", "SearchFilters": [user, host]}
    pages = list(client.pages("POST", "/Sessions/$search", {"SearchFilterGroups": [group]}, limit=4))
    assert [session["Id"] for page in pages for session in page] == sessions_of_machine
    support = {"Property": "SessionSupport", "Operator": "Equals", "Value": "MultiSession"}
    machines = client.call("POST", "/Machines/$search", {"SearchFilters": [support, host]})
    assert [machine["Name"] for machine in machines["Items"]] == [MACHINE]
    assert machines["TotalItems"] == 1


def test_plain_client_starts_and_stops_recording(simulator, client, sessions_of_machine):
    session_id = sessions_of_machine[0]
    assert client.recorded(session_id) is False
    answer = client.call("POST", f"/Sessions/{session_id}/$startRecording", notifyUser="true")
    assert answer["Id"] == session_id
    assert client.recorded(session_id) is True
    client.call("POST", f"/Sessions/{session_id}/$stopRecording")
    assert client.recorded(session_id) is False
    entry = simulator.state()[session_id]
    assert (entry["starts"], entry["stops"], entry["notices"]) == (1, 1, 1)


def test_plain_client_sends_message(simulator, client, sessions_of_machine):
    message = {"Style": "Information", "Title": "Recording", "Text": "This session is recorded."}
    client.call("POST", f"/Sessions/{sessions_of_machine[0]}/$sendMessage", message)
    assert [sent["title"] for sent in simulator.state()[sessions_of_machine[0]]["messages"]] == ["Recording"]


def test_plain_client_batches(client, sessions_of_machine):
    calls = {
        str(number): ("GET", f"/Sessions/RecordingStatus?id={session_id}")
        for number, session_id in enumerate(sessions_of_machine)
    }
    status, _headers, answer = client.batch({**calls, "none": ("GET", "/Sessions/none")})
    assert status == 200
    codes = {item["Reference"]: item["Code"] for item in answer["Items"]}
    assert codes == {**dict.fromkeys(calls, 200), "none": 404}
    bodies = [json.loads(item["Body"]) for item in answer["Items"] if item["Code"] == 200]
    assert bodies == [{"IsSessionBeingRecorded": False}] * len(calls)


def test_plain_client_follows_job_of_call(client, sessions_of_machine):
    session_id = sessions_of_machine[1]
    path = f"/Sessions/{session_id}/$startRecording"
    status, headers, body = client.respond("POST", path, **{"async": "true"})
    assert (status, body) == (202, None)
    job = client.follow(headers["Location"])
    assert (job["Type"], job["Status"], job["OverallProgressPercent"]) == ("StartSessionRecording", "Complete", 100)
    # The results redirect to the session.
    assert client.call("GET", f"/Jobs/{job['Id']}/Results")["Id"] == session_id
    assert client.recorded(session_id) is True
    assert client.respond("DELETE", f"/Jobs/{job['Id']}")[0] == 204
    with pytest.raises(Refused) as ended:
        client.call("GET", f"/Jobs/{job['Id']}")
    assert ended.value.status == 404


def test_plain_client_follows_job_of_batch(simulator, client, sessions_of_machine):
    simulator.control("faults", [{"path": "Recording", "latency": 0.1}])
    calls = {str(at): ("POST", f"/Sessions/{each}/$startRecording") for at, each in enumerate(sessions_of_machine)}
    status, headers, body = client.batch(calls, **{"async": "true"})
    assert (status, body) == (202, None)
    job = client.follow(headers["Location"])
    assert (job["Type"], job["Status"]) == ("Batch", "Complete")
    answer = client.call("GET", f"/Jobs/{job['Id']}/Results")
    assert {item["Reference"]: item["Code"] for item in answer["Items"]} == dict.fromkeys(calls, 200)
    assert all(simulator.state()[session_id]["recorded"] for session_id in sessions_of_machine)


def test_plain_client_without_valid_token_refused(simulator):
    with pytest.raises(Refused) as refused:
        PlainClient(simulator.url, "wrong", simulator.connection["customer_id"], gateway=True)
    assert refused.value.status == 401
    assert json.loads(refused.value.body)["parameters"] == [{"name": "reason", "value": "invalid"}]
