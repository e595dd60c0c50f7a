# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of the client and responses of the simulator match the OpenAPI file."""

from __future__ import annotations

import copy
import json
import pkgutil
from importlib import import_module
from types import SimpleNamespace

import pytest
from ansible_collections.sessionops.citrix.plugins import modules
from ansible_collections.sessionops.citrix.plugins.module_utils._client import batches, search
from ansible_collections.sessionops.citrix.plugins.module_utils._views import hosts
from ansible_collections.sessionops.citrix.plugins.modules import (
    citrix_machine_sessions_info,
    citrix_machines_info,
    citrix_recording_coverage,
    citrix_recording_due,
    citrix_recording_policy,
    citrix_session_message,
    citrix_session_recording,
    citrix_sessions_info,
    citrix_site_check,
    citrix_site_info,
    citrix_token,
)
from contract_items import answered_batches, items_of, reference_faults
from openapi_contract import Contract
from support.due_trail import write_due

CONTRACT = Contract()
OPERATIONS = CONTRACT.operations

SIGN_INS = {
    "cloud": "signInToCloud",
    "gov": "signInToGovernmentCloud",
    "on_premises": "signInOnPremises",
    "on_premises_direct": "signInOnPremises",
}
BASES = ("cloud", "on_premises_direct")
"""One deployment for each base of the paths."""
MACHINE = "LAB\\vda-001"
# Each module, with options that use all its operations.
JOBS = {
    citrix_machine_sessions_info: [
        {"machine": [MACHINE], "recording": True},
        {"machine": ["vda-005.lab.example"], "fields": ["State"]},
        {"machine": [MACHINE, "LAB\\vda-002"]},
    ],
    citrix_machines_info: [
        {"limit": 2},
        {"delivery_group": ["Engineering", "Contractors"], "fields": ["SessionCount"]},
        {"machine": [MACHINE], "search_filters": [{"property": "SessionCount", "operator": "Equals", "value": "4"}]},
    ],
    citrix_recording_coverage: [{"delivery_group": ["Engineering"], "dest": "."}],
    citrix_recording_due: [{"audit_log": "due.jsonl"}],
    citrix_recording_policy: [
        {"rules": [{"name": "One", "machine": [MACHINE], "application": ["Text Editor"], "state": "stopped"}]}
    ],
    citrix_session_message: [{"application": ["Text Editor"], "title": "Recording", "text": "It runs."}],
    citrix_session_recording: [
        {"state": "started", "machine": [MACHINE]},
        {"state": "stopped", "machine": [MACHINE], "wait": False},
        {"state": "started", "all_sessions": True, "exclude_user": ["LAB\\user001"], "exclude_machine": [MACHINE]},
        {"state": "stopped", "application": ["Drawing"], "user": ["user002", "user003@lab.example", "LAB\\user004"]},
    ],
    citrix_sessions_info: [{"session_state": ["Active"], "delivery_group": ["Engineering"], "fields": ["User"]}],
    citrix_site_check: [{}],
    citrix_site_info: [{}],
    citrix_token: [{}],
}
# The inventory plugin, with options that use all its operations.
HOSTS = [
    {"fields": ["SessionCount", "IPAddress", "Tags", "Zone"], "sessions": True, "session_fields": ["State", "User"]},
    {
        "fields": ["DeliveryGroup"],
        "delivery_group": ["Engineering"],
        "machine_catalog": ["Multi-session Windows"],
        "registration_state": ["Registered"],
        "power_state": ["Unmanaged", "On"],
        "name": ["vda-00?"],
        "search_filters": [{"property": "SessionCount", "operator": "NotEquals", "value": "0"}],
        "sessions": True,
    },
]
CLIENT_OPERATIONS = {
    "doBatch",
    "listApplicationSessions",
    "listEffectiveRights",
    "listMachineSessions",
    "listMachines",
    "listSessions",
    "readApplication",
    "readDeliveryGroup",
    "readMachine",
    "readMe",
    "readRecordingStatus",
    "readSession",
    "readSite",
    "searchMachines",
    "searchSessions",
    "sendMessage",
    "startRecording",
    "stopRecording",
}

# A batch with batch_size, and one so large that it is sent as a job.
BATCH_OPERATIONS = {"doBatch"}
JOB_OPERATIONS = {"doBatch", "readJob", "readJobResults"}

REFUSAL = {"type": "https://errors-api.cloud.com/common/conflict", "detail": "Not now.", "parameters": []}
ERROR_DATA = {"ErrorMessage": "It failed.", "SdkErrorId": "Citrix.Failure", "ErrorType": None, "ErrorDetails": None}
GATEWAY_ERROR = {"statusCode": 500, "message": "Internal server error", "activityId": "1"}
JOB = "https://api.cloud.com/cvad/manage/Jobs/3e2d1c0b-9a8f-4e7d-8c6b-5a4f3e2d1c0b"
SESSION = "https://api.cloud.com/cvad/manage/Sessions/313b84bb-2b66-4393-ad7b-3e08dccb4fd0"
HINTS = ("seconds", "http_date", "rfc3339", "retry_delay_list", "retry_delay_dict", "gateway", "none")
TOKEN_REFUSALS = ("error_response", "dict_parameters", "cws_exception")


def answer(status, body="", **more):
    return {"answer": {"status": status, "body": body, **more}}


def with_items(calls):
    """Return the calls, followed by the items of their batches as separate calls."""
    return [*calls, *(item for batch, shown in answered_batches(calls) for item in items_of(batch, shown))]


def faults_of(calls):
    """Return the differences between calls, items and responses and the file."""
    # The site check sends one request without a token, which is refused.
    probes = [call for call in calls if call["path"].endswith("/me") and "authorization" not in call["headers"]]
    assert {call["status"] for call in probes} <= {401}
    checked = [call for call in with_items(calls) if call not in probes]
    faults = [f"{call['method']} {call['path']}: {fault}" for call in checked for fault in CONTRACT.faults(call)]
    return faults + [fault for batch, shown in answered_batches(calls) for fault in reference_faults(batch, shown)]


def checked_calls(simulator):
    """Return all calls and items after checking that none differs from the file."""
    calls = simulator.calls(answers=True)
    faults = faults_of(calls)
    assert not faults, "\n".join(faults)
    return with_items(calls)


# Client


def test_contract_calls_each_module():
    found = [import_module(f"{modules.__name__}.{module.name}") for module in pkgutil.iter_modules(modules.__path__)]
    assert {module for module in found if hasattr(module, "create_module")} == set(JOBS)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(monkeypatch, tmp_path):
    """Collect the files that modules write."""
    monkeypatch.chdir(tmp_path)


def operations_of_all_jobs(simulator, client, connection):
    """Run all jobs, and return the operations that they use."""
    session_id = next(iter(simulator.state()))
    customer_id = connection.get("customer_id", "CitrixOnPremises")
    recorded = [session for session in simulator.state().values() if session["recorded"]]
    write_due("due.jsonl", customer_id, simulator.facts["site_id"], recorded)
    results = [client(module, connection, **options) for module, jobs in JOBS.items() for options in jobs]
    named = {"session_id": [session_id], "notify_user": False}
    results.append(client(citrix_session_recording, connection, state="started", **named))
    machine_id = client(citrix_machines_info, connection, limit=1)["machines"][0]["id"]
    results.append(client(citrix_machines_info, connection, machine=[machine_id]))
    assert all(results)
    return {CONTRACT.find(call).operation.id for call in checked_calls(simulator)}


@pytest.mark.parametrize("deployment", SIGN_INS)
def test_client_requests_match_file(simulator, client, deployment):
    used = operations_of_all_jobs(simulator, client, getattr(simulator, deployment))
    assert used == CLIENT_OPERATIONS | {SIGN_INS[deployment]}


@pytest.mark.parametrize("deployment", BASES)
def test_client_batches_match_file(simulator, client, deployment):
    used = operations_of_all_jobs(simulator, client, {**getattr(simulator, deployment), "batch_size": 7})
    assert used == CLIENT_OPERATIONS | BATCH_OPERATIONS | {SIGN_INS[deployment]}


@pytest.mark.parametrize("deployment", BASES)
def test_client_batch_as_job_matches_file(simulator, client, monkeypatch, deployment):
    monkeypatch.setattr(batches, "LARGE", 10)
    simulator.reset(sessions=20, job_seconds=0.2)
    connection = {**getattr(simulator, deployment), "batch_size": 10}
    listed = client(citrix_sessions_info, connection, recording=True)
    used = {CONTRACT.find(call).operation.id for call in checked_calls(simulator)}
    assert used >= JOB_OPERATIONS
    assert {session["recorded"] for session in listed["sessions"]} == {True, False}


@pytest.mark.parametrize("deployment", SIGN_INS)
def test_inventory_requests_match_file(simulator, client, deployment):
    plugin = SimpleNamespace(run=lambda task, api: {"hosts": hosts.find_hosts(api, task.params, task.warn)})
    for options in HOSTS:
        own = {**dict.fromkeys(hosts.OPTIONS), **options}
        assert client(plugin, getattr(simulator, deployment), **own)["hosts"]
    used = {CONTRACT.find(call).operation.id for call in checked_calls(simulator)}
    listings = {"listMachines", "listSessions", "searchMachines", "searchSessions"}
    assert used == {*listings, "readDeliveryGroup", "readMachineCatalog", "readMe", SIGN_INS[deployment]}


@pytest.mark.parametrize("deployment", BASES)
def test_client_names_of_all_characters_match_file(simulator, client, deployment):
    simulator.reset(sessions=20, names="hostile")
    machines = {session["machine"] for session in simulator.state().values()}
    listed = client(citrix_machine_sessions_info, getattr(simulator, deployment), machine=sorted(machines))
    assert checked_calls(simulator)
    assert set(listed["machines"].values()) == {4}


CLIENT_FAULTS = {
    **{f"throttled {hint}": (429, {"path": "Recording$", "throttle": {"hint": hint, "value": 0.1}}) for hint in HINTS},
    "unavailable": (503, {"path": "RecordingStatus", "throttle": {"hint": "seconds", "value": 0.1, "status": 503}}),
    **{f"token {shape}": (401, {"path": "RecordingStatus", "expire_tokens": shape}) for shape in TOKEN_REFUSALS},
    "failed": (500, {"path": "RecordingStatus", **answer(500, ERROR_DATA)}),
    "failed at the gateway": (500, {"path": "Sessions", **answer(500, GATEWAY_ERROR)}),
    "refused": (409, {"path": "Recording$", **answer(409, REFUSAL)}),
    "ended": (404, {"path": "RecordingStatus", "vanish": True}),
    "ended at the start": (404, {"path": "Recording$", "vanish": True}),
    "a page for people": (502, {"path": "Recording$", **answer(502, "Oh!", content_type="text/html", acts=True)}),
    "no answer": (0, {"path": "Recording$", "drop": {"acts": True}}),
    "sign-in refused": (400, {"path": "clients", **answer(400, {"error": "invalid_client"})}),
    "sign-in refused with 200": (200, {"path": "clients", **answer(200, {"error": "invalid_client"})}),
    "frozen": (530, {"path": "me$", **answer(530)}),
}


@pytest.mark.parametrize(("status", "rule"), CLIENT_FAULTS.values(), ids=CLIENT_FAULTS)
def test_client_refused_requests_match_file(simulator, client, status, rule):
    simulator.fault({**rule, "times": 1})
    session_id = simulator.recordable_on(MACHINE)[0]["id"]
    client(citrix_session_recording, {**simulator.cloud, "retries": 1}, state="started", session_id=[session_id])
    assert status in [call["status"] for call in checked_calls(simulator)]


@pytest.mark.parametrize("status", [400, 404, 500])
def test_client_ended_session_requests_match_file(simulator, client, status):
    simulator.reset(sessions=20, unknown_session_status=status)
    simulator.fault({"path": "RecordingStatus", "after": 2, "times": 1, "vanish": True})
    result = client(citrix_session_recording, simulator.cloud, state="started", machine=[MACHINE])
    assert status in [call["status"] for call in checked_calls(simulator)]
    assert result


def test_client_other_token_form_requests_match_file(simulator, client):
    simulator.reset(sessions=20, gov_reply="documented")
    result = client(citrix_machine_sessions_info, simulator.gov, machine=[MACHINE])
    assert "expiresIn" in checked_calls(simulator)[0]["answer"]["body"]
    assert result


def test_client_pages_match_file(simulator, client, monkeypatch):
    monkeypatch.setattr(search, "PAGE_SIZE", 3)
    result = client(citrix_sessions_info, simulator.cloud)
    assert "continuationToken" in checked_calls(simulator)[-1]["query"]
    assert result


# Each operation and each status of the file in the simulator

BECOME_JOBS = ("sendMessage", "startRecording", "stopRecording")
CHANGES = {
    "401": {"headers": {"Authorization": "CWSAuth bearer=unknown"}},
    "403": {"headers": {"Citrix-CustomerId": "other"}},
    "404": {"names": {"id": "unknown", "nameOrId": "unknown"}},
    "406": {"headers": {"Accept": "text/html"}},
    "415": {"headers": {"Content-Type": "text/plain"}},
    "500": {"headers": {"Citrix-CustomerId": None}},
    **{(name, "202"): {"query": {"async": "true"}} for name in ("doBatch", *BECOME_JOBS)},
    ("readRecordingStatus", "400"): {"query": {"id": "unknown"}},
    ("searchMachines", "400"): {"body": {"SearchFilters": [{"Property": "DnsName", "Operator": "Equals"}]}},
    ("signInOnPremises", "401"): {"headers": {"Authorization": "Basic d3Jvbmc6d3Jvbmc="}},
    ("signInToCloud", "400"): {"body": {"client_secret": "wrong"}},
    ("signInToGovernmentCloud", "default"): {"body": {"ClientSecret": "wrong"}},
}
WRONG_ON_PURPOSE = ("406", "415", "500")
"""Statuses that require an invalid request."""
RULES = {
    "202": answer(202, headers={"Location": JOB}),
    "303": answer(303, headers={"Location": SESSION}),
    "400": answer(400, REFUSAL),
    "409": answer(409, REFUSAL),
    "429": {"throttle": {"hint": "seconds"}},
    "503": {"throttle": {"hint": "retry_delay_list", "status": 503}},
    "504": answer(504, GATEWAY_ERROR),
    "530": answer(530),
    ("doBatch", "404"): answer(404, REFUSAL),
    ("readRecordingStatus", "404"): answer(404, REFUSAL),
    ("signInOnPremises", "403"): answer(403, REFUSAL),
    ("signInOnPremises", "500"): answer(500, ERROR_DATA),
    ("signInToCloud", "default"): answer(503, "Come back later."),
}


def provocation(operation, status):
    """Return a fault rule or None, and changes of the request, that cause a status."""
    for key in ((operation, status), status):
        if key in RULES or key in CHANGES:
            return RULES.get(key), CHANGES.get(key, {})
    return None, {}


@pytest.mark.parametrize(
    ("operation", "status"),
    [(name, status) for name, operation in OPERATIONS.items() for status in operation.statuses],
)
def test_simulator_returns_each_status_of_each_operation(simulator, ask, operation, status):
    rule, changes = provocation(operation, status)
    if rule:
        simulator.fault(rule)
    call = ask(OPERATIONS[operation], **changes)
    assert CONTRACT.find(call).operation.id == operation
    assert CONTRACT.status_of(call) == status
    assert CONTRACT.answer_faults(call) == []
    wrong_on_purpose = status in WRONG_ON_PURPOSE and not rule
    assert bool(CONTRACT.request_faults(call)) == wrong_on_purpose


@pytest.mark.parametrize("operation", [name for name, entry in OPERATIONS.items() if len(entry.servers) > 1])
def test_simulator_each_operation_on_direct_base(simulator, ask, operation):
    call = ask(OPERATIONS[operation], base=1)
    assert call["path"].startswith("/citrix/orchestration/api/")
    assert call["status"] in (200, 204)
    assert faults_of([call]) == []


@pytest.mark.parametrize("operation", [name for name, entry in OPERATIONS.items() if "limit" in entry.query])
def test_simulator_pages_match_file(simulator, ask, operation):
    query = {"limit": "1"}
    for _page in range(50):
        call = ask(OPERATIONS[operation], query=query)
        assert CONTRACT.faults(call) == []
        query["continuationToken"] = json.loads(call["answer"]["body"])["ContinuationToken"]
        if query["continuationToken"] is None:
            break
    assert query["continuationToken"] is None
    assert "continuationToken" in call["query"]


@pytest.mark.parametrize("operation", [name for name, entry in OPERATIONS.items() if "fields" in entry.query])
def test_simulator_fields_exclude_others(simulator, ask, operation):
    call = ask(OPERATIONS[operation], query={"fields": "Id,Uid"})
    assert CONTRACT.faults(call) == []
    body = json.loads(call["answer"]["body"])
    assert set(body.get("Items", [body])[0]) == {"Id", "Uid"}


FILTERS = {"SearchFilters": [{"Property": "SessionSupport", "Operator": "In", "Value": "MultiSession,SingleSession"}]}
GROUPS = {"SearchFilterGroupsType": "Or", "SearchFilterGroups": [FILTERS, {"SearchFilterGroups": [FILTERS]}]}
VARIANTS = [
    ("readRecordingStatus", 200, {}, answer(200, {})),
    ("readRecordingStatus", 200, {}, answer(200, {"IsSessionBeingRecorded": None})),
    ("startRecording", 200, {"query": {"notifyUser": "true"}}, None),
    ("startRecording", 200, {"query": {"notifyUser": "false", "async": "false"}}, None),
    ("listMachines", 200, {"query": {"configured": "false"}}, None),
    ("listMachines", 200, {"query": {"sessionSupport": "SingleSession"}}, None),
    ("searchMachines", 200, {"body": GROUPS, "query": {"skip": "1"}}, None),
    ("searchSessions", 200, {"body": GROUPS, "query": {"skip": "1"}}, None),
    ("sendMessage", 200, {"body": {"Style": "Critical", "Title": None, "Text": "Save your work."}}, None),
    ("signInToCloud", 200, {}, answer(200, {"error": "invalid_client", "error_description": "Unknown client."})),
    *(("readMe", status, {}, answer(status, ERROR_DATA)) for status in (400, 401, 403, 429, 500, 503)),
    *(("readMe", status, {}, answer(status, GATEWAY_ERROR)) for status in (429, 500, 503)),
    *(("readMe", 401, {}, {"expire_tokens": shape}) for shape in TOKEN_REFUSALS),
    *(
        ("readMe", status, {}, {"throttle": {"hint": hint, "status": status}})
        for hint in HINTS
        for status in (429, 503)
    ),
]


@pytest.mark.parametrize(("operation", "status", "changes", "rule"), VARIANTS)
def test_simulator_shapes_match_file(simulator, ask, operation, status, changes, rule):
    if rule:
        simulator.fault(rule)
    call = ask(OPERATIONS[operation], **changes)
    assert call["status"] == status
    assert CONTRACT.faults(call) == []


ENDS = {
    "nothing": "Complete",
    "job_warning": "CompleteWithWarning",
    "job_failed": "Failed",
    "job_canceled": "Canceled",
    "results_lost": "Complete",
}


@pytest.mark.parametrize("end", ENDS)
def test_simulator_batch_job_ends_match_file(simulator, ask, end):
    if end != "nothing":
        simulator.fault({"path": "batch$", "batch": end})
    batch = ask(OPERATIONS["doBatch"], query={"async": "true"})
    names = {"id": batch["answer"]["headers"]["location"].rpartition("/")[2]}
    job, results = (ask(OPERATIONS[name], names=names) for name in ("readJob", "readJobResults"))
    assert faults_of([batch, job, results]) == []
    assert json.loads(job["answer"]["body"])["Status"] == ENDS[end]
    assert results["status"] == (200 if end in ("nothing", "job_warning") else 404)


def test_job_running_and_canceled_matches_file(simulator, ask):
    simulator.fault({"path": "RecordingStatus", "latency": 60})
    batch = ask(OPERATIONS["doBatch"], query={"async": "true"})
    names = {"id": batch["answer"]["headers"]["location"].rpartition("/")[2]}
    calls = [
        ask(OPERATIONS[name], names=names) for name in ("readJob", "deleteJob", "cancelJob", "readJob", "deleteJob")
    ]
    assert faults_of(calls) == []
    assert [call["status"] for call in calls] == [200, 409, 200, 200, 204]
    states = [json.loads(calls[at]["answer"]["body"])["Status"] for at in (0, 2, 3)]
    assert states == ["InProgress", "Canceled", "Canceled"]


# The check itself


def in_request(name, value):
    return lambda call: call[name].update(value)


def without_header(name):
    return lambda call: call["headers"].pop(name)


def in_body(change):
    def mutate(call):
        body = json.loads(call["answer"]["body"])
        change(body)
        call["answer"]["body"] = json.dumps(body)

    return mutate


def set_to(**values):
    return lambda call: call.update(values)


REFUSED = {
    "a path that is none": ("listSessions", set_to(path="/cvad/manage/Session/x"), "not found for"),
    "a deeper base": ("listSessions", set_to(path="/v1/cvad/manage/Sessions"), "Server not found"),
    "a backslash": ("readMachine", set_to(path="/cvad/manage/Machines/LAB%5Cvda-001"), "path parameter: nameOrId"),
    "another token": ("readMe", in_request("headers", {"authorization": "Bearer x"}), "parameter: Authorization"),
    "no token": ("readMe", without_header("authorization"), "parameter: Authorization"),
    "any answer": ("readMe", in_request("headers", {"accept": "*/*"}), "parameter: Accept"),
    "no customer": ("readMe", without_header("citrix-customerid"), "parameter: Citrix-CustomerId"),
    "no site": ("readSession", without_header("citrix-instanceid"), "parameter: Citrix-InstanceId"),
    "an unknown header": ("readMe", in_request("headers", {"citrix-siteid": "x"}), "undeclared header: citrix-siteid"),
    "an unknown query": ("readSession", in_request("query", {"notify": "true"}), "undeclared query parameter: notify"),
    "a query of elsewhere": ("stopRecording", in_request("query", {"notifyUser": "true"}), "undeclared query"),
    "a word for a flag": ("startRecording", in_request("query", {"notifyUser": "True"}), "parameter: notifyUser"),
    "too big a page": ("listSessions", in_request("query", {"limit": "1001"}), "parameter: limit"),
    "an unknown field": ("listSessions", in_request("query", {"fields": "Id,state"}), "property in fields: state"),
    "no id": ("readRecordingStatus", set_to(query={}), "parameter: id"),
    "an unknown member": ("sendMessage", set_to(body='{"Text": "x", "Icon": 1}'), "'Icon' was unexpected"),
    "no operator": ("searchMachines", set_to(body='{"SearchFilters": [{"Property": "Tags"}]}'), "'Operator' is a req"),
    "a body without a type": ("searchMachines", without_header("content-type"), "Content for the following"),
    "an undeclared body": ("startRecording", set_to(body="{}"), "a body is sent"),
    "an unknown form field": ("signInToCloud", set_to(body="scope=all"), "undeclared form field: scope"),
    "a list without items": ("listSessions", in_body(lambda body: body.pop("Items")), "'Items' is a required"),
    "another type": ("readSession", in_body(lambda body: body.update(State=1)), "$.State: 1 is not of type 'string'"),
    "a deep type": ("readSession", in_body(lambda body: body["Machine"].update(Uid="1")), "$.Machine.Uid"),
    "an unknown state": ("readSession", in_body(lambda body: body.update(State="active")), "is not one of"),
    "a time for people": ("readSession", in_body(lambda body: body.update(FormattedStartTime="noon")), "'date-time'"),
    "a number in a token": ("signInToCloud", in_body(lambda body: body.update(expires_in=9)), "$.expires_in: 9 is not"),
    "a thin group": ("readDeliveryGroup", in_body(lambda body: body.pop("TotalMachines")), "'TotalMachines' is a requ"),
    "a thin application": ("readApplication", in_body(lambda body: body.pop("HomeZone")), "'HomeZone' is a required"),
    "another status": ("readMe", set_to(status=418), "418"),
    "no transaction": ("readMe", lambda call: call["answer"]["headers"].pop("citrix-transactionid"), "TransactionId"),
    "text for JSON": ("readMe", lambda call: call["answer"].update(body="OK"), "deserialize"),
}


def in_item(reference, **values):
    """Change the request of one item of a batch."""

    def mutate(call):
        body = json.loads(call["body"])
        for item in body["Items"]:
            if item["Reference"] == reference:
                item.update(values)
        call["body"] = json.dumps(body)

    return mutate


def in_answers(change):
    """Change the responses to the items of a batch, by reference."""
    return in_body(lambda body: change(body["Items"], {item["Reference"]: item for item in body["Items"]}))


STYLE = '{"Style": "Loud"}'
REFUSED_OF_BATCHES = {
    "no answer": (in_answers(lambda items, by_name: items.remove(by_name["read"])), "item 'read' is answered 0 times"),
    "two answers": (
        in_answers(lambda items, by_name: items.append(by_name["read"])),
        "item 'read' is answered 2 times",
    ),
    "an unknown name": (
        in_answers(lambda items, by_name: items.append({"Reference": "x", "Code": 200})),
        "'x' is unknown",
    ),
    "one name twice": (in_item("write", Reference="read"), "item 'read' is sent 2 times"),
    "no name": (in_item("write", Reference=""), "'' does not match"),
    "a wrong status": (in_answers(lambda items, by_name: by_name["read"].update(Code=418)), "418"),
    "a wrong type": (
        in_answers(lambda items, by_name: by_name["read"].update(Body='{"IsSessionBeingRecorded": 1}')),
        "1 is",
    ),
    "no job": (in_answers(lambda items, by_name: by_name["write"].update(Headers=[])), "Location"),
    "no slash": (in_item("read", RelativeUrl="Sessions"), "not found"),
    "a query of elsewhere": (in_item("read", RelativeUrl="/Sessions/1?id=1"), "undeclared query parameter: id"),
    "a wrong body": (in_item("write", Body=STYLE), "'Loud' is not one of"),
    "an undeclared body": (in_item("read", Body="{}"), "a body is sent"),
}


@pytest.mark.parametrize("name", REFUSED_OF_BATCHES)
def test_check_finds_violation_in_batch(simulator, ask, name):
    change, expected = REFUSED_OF_BATCHES[name]
    call = ask(OPERATIONS["doBatch"])
    assert faults_of([call]) == []
    changed = copy.deepcopy(call)
    change(changed)
    assert expected in "\n".join(faults_of([changed]))


def test_check_finds_direct_item_without_ids(simulator, ask):
    call = ask(OPERATIONS["doBatch"], base=1)
    in_item("read", RelativeUrl="/Sessions")(call)
    assert "not found" in "\n".join(faults_of([call]))


@pytest.mark.parametrize("name", REFUSED)
def test_check_finds_violation(simulator, ask, name):
    operation, change, expected = REFUSED[name]
    call = ask(OPERATIONS[operation])
    assert CONTRACT.faults(call) == []
    changed = copy.deepcopy(call)
    change(changed)
    assert expected in "\n".join(CONTRACT.faults(changed))


def test_check_compares_ids_of_path_and_headers(simulator, ask):
    call = ask(OPERATIONS["readSession"], base=1)
    call["headers"]["citrix-instanceid"] = "other"
    assert CONTRACT.faults(call) == ["citrix-instanceid is not the siteId of the path"]


def test_check_finds_omitted_requested_field(simulator, ask):
    call = ask(OPERATIONS["listSessions"], query={"fields": "Id,State"})
    in_body(lambda body: body["Items"][0].pop("State"))(call)
    assert CONTRACT.faults(call) == ["State was requested and is missing"]
