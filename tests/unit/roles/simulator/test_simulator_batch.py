# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches: validation, processing and responses of items, and fault rules."""

from __future__ import annotations

import json

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DIRECT = "/citrix/orchestration/api"


def read(reference, session_id, **more):
    return {"Reference": reference, "RelativeUrl": f"/Sessions/RecordingStatus?id={session_id}", **more}


def start(reference, session_id, query="?notifyUser=false", **more):
    url = f"/Sessions/{session_id}/$startRecording{query}"
    return {"Reference": reference, "Method": "POST", "RelativeUrl": url, **more}


def codes(answers):
    return {reference: answer["Code"] for reference, answer in answers.items()}


def recorded(simulator):
    return {session_id for session_id, entry in simulator.state().items() if entry["starts"]}


@pytest.fixture
def ids(simulator):
    simulator.reset(mix="recordable")
    return simulator.ids()


def test_batch_items_match_single_calls(simulator, ids):
    message = {"Text": "x", "Style": "Critical"}
    url = f"/Sessions/{ids[2]}/$sendMessage"
    answers = simulator.answers(
        read("read", ids[0]),
        start("start", ids[1]),
        {"Reference": "message", "Method": "POST", "RelativeUrl": url, "Body": json.dumps(message)},
        {"Reference": "none", "RelativeUrl": "/Sessions/unknown", "Method": None, "Headers": None, "Body": None},
        {"Reference": "wrong", "Method": "DELETE", "RelativeUrl": f"/Sessions/{ids[0]}"},
        {"Reference": "mute", "Method": "POST", "RelativeUrl": url, "Body": "{"},
    )
    assert codes(answers) == {"read": 200, "start": 200, "message": 200, "none": 404, "wrong": 405, "mute": 400}
    assert json.loads(answers["read"]["Body"]) == {"IsSessionBeingRecorded": False}
    assert answers["read"]["Headers"] == []
    assert json.loads(answers["start"]["Body"])["Id"] == ids[1]
    assert json.loads(answers["none"]["Body"])["detail"] == "No such session."
    assert {"Name": "Allow", "Value": "GET"} in answers["wrong"]["Headers"]
    entries = simulator.state()
    assert recorded(simulator) == {ids[1]}
    assert entries[ids[1]]["notices"] == 0
    assert entries[ids[2]]["messages"] == [{"style": "Critical", "title": None, "text": "x"}]
    assert simulator.get("/$batch").status_code == 405


def test_batch_responses_in_other_order(simulator, ids):
    for count in (2, 3, 9, 40):
        items = [read(f"r{at}", ids[at]) for at in range(count)]
        first, second = (simulator.batch(*items).json()["Items"] for _time in range(2))
        assert first == second
        assert [answer["Reference"] for answer in first] != [item["Reference"] for item in items]
        assert len(first) == count
    assert simulator.batch().json() == {"Items": []}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(references=st.lists(st.from_regex(r"[-_0-9a-zA-Z]*", fullmatch=True), unique=True, max_size=30))
def test_batch_each_reference_has_response(process, references):
    process.reset(mix="recordable")
    ids = process.ids()
    odd = references[1::2]
    items = [start(name, ids[at]) if name in odd else read(name, ids[at]) for at, name in enumerate(references)]
    reply = process.batch(*items).json()["Items"]
    assert sorted(answer["Reference"] for answer in reply) == sorted(references)
    shown = {answer["Reference"]: json.loads(answer["Body"]).get("Id") for answer in reply}
    assert shown == {name: ids[at] if name in odd else None for at, name in enumerate(references)}
    assert recorded(process) == {ids[at] for at, name in enumerate(references) if name in odd}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ([], "Items"),
        ({}, "Items"),
        ({"Items": {}}, "Items"),
        ({"Items": ["x"]}, "object"),
        ({"Items": [{"RelativeUrl": "/me"}]}, "Reference"),
        ({"Items": [{"Reference": 1, "RelativeUrl": "/me"}]}, "Reference"),
        ({"Items": [{"Reference": "a b", "RelativeUrl": "/me"}]}, "Reference"),
        ({"Items": [{"Reference": "a\n", "RelativeUrl": "/me"}]}, "Reference"),
        ({"Items": [{"Reference": "a", "RelativeUrl": "/me"}, {"Reference": "a", "RelativeUrl": "/me"}]}, "unique"),
        ({"Items": [{"Reference": "a"}]}, "RelativeUrl"),
        ({"Items": [{"Reference": "a", "RelativeUrl": 7}]}, "RelativeUrl"),
        ({"Items": [{"Reference": "a", "RelativeUrl": "/me", "Method": "get"}]}, "Method"),
        ({"Items": [{"Reference": "a", "RelativeUrl": "/me", "Body": "{}"}]}, "GET must not have a Body"),
        (
            {"Items": [{"Reference": "a", "RelativeUrl": "/me", "Method": "DELETE", "Body": "{}"}]},
            "DELETE must not have a Body",
        ),
        ({"Items": [{"Reference": "a", "RelativeUrl": "/me", "Method": "POST", "Body": {}}]}, "string"),
        ({"Items": [{"Reference": "a", "RelativeUrl": "/me", "Headers": {"Accept": "x"}}]}, "Headers"),
        ({"Items": [{"Reference": "a", "RelativeUrl": "/me", "Headers": [{"Name": "Accept"}]}]}, "Headers"),
    ],
)
def test_batch_invalid_item_rejects_batch(simulator, ids, body, word):
    if isinstance(body, dict) and isinstance(body.get("Items"), list):
        body["Items"].insert(0, start("first", ids[0]))
    reply = simulator.post("/$batch", body)
    assert reply.status_code == 400
    assert word in reply.json()["detail"]
    assert recorded(simulator) == set()
    assert simulator.items() == []


def test_batch_has_header_rules_of_other_calls(simulator, ids):
    item = read("r", ids[0])
    assert simulator.batch(item, Accept="*/*").status_code == 406
    assert simulator.batch(item, Authorization="CWSAuth bearer=x").status_code == 401
    assert simulator.batch(item, Citrix_CustomerId="other").status_code == 403
    assert simulator.batch(item, Content_Type="text/plain").status_code == 415
    assert simulator.post("/$batch", None).status_code == 400
    assert simulator.batch(item, params={"async": "perhaps"}).status_code == 400


def test_batch_item_headers(simulator, ids):
    def with_header(reference, name, value):
        return read(reference, ids[0], Headers=[{"Name": name, "Value": value}])

    answers = simulator.answers(
        read("none", ids[0]),
        with_header("own", "authorization", f"CWSAuth bearer={simulator.token}"),
        with_header("bearer", "Authorization", f"Bearer {simulator.token}"),
        with_header("wrong", "Authorization", "Bearer x"),
        with_header("customer", "citrix-customerid", "other"),
        with_header("accept", "Accept", "text/html"),
        start("type", ids[0], Body="{}", Headers=[{"Name": "Content-Type", "Value": "text/plain"}]),
    )
    refused = {"wrong": 401, "customer": 403, "accept": 406, "type": 415}
    assert codes(answers) == {"none": 200, "own": 200, "bearer": 200, **refused}


def test_batch_urls_with_gateway(simulator, ids):
    site = f"{simulator.connection['customer_id']}/{simulator.connection['site_id']}"
    urls = {
        "good": "/Machines/LAB%7Cvda-001?fields=Id,Name",
        "whole": "/cvad/manage/Machines",
        "bare": "Machines",
        "based": "cvad/manage/Machines",
        "ids": f"{site}/Machines",
        "slashes": "//Machines",
        "absolute": f"{simulator.url}/cvad/manage/Machines",
        "empty": "",
        "sign-in": "tokens/clients",
        "blank": "/Machines/LAB|vda 001",
        "letter": "/Machines/\xc4",
    }
    answers = simulator.answers(*({"Reference": name, "RelativeUrl": url} for name, url in urls.items()))
    assert codes(answers) == {**dict.fromkeys(urls, 404), "good": 200, "bare": 200, "blank": 400, "letter": 400}
    assert set(json.loads(answers["good"]["Body"])) == {"Id", "Name"}


@pytest.mark.parametrize("customer", ["simulated", "CitrixOnPremises"])
def test_batch_urls_without_gateway(simulator, customer):
    if customer == "CitrixOnPremises":
        simulator.token = simulator.sign_in_on_premises("/citrix/orchestration/api/tokens").json()["Token"]
    site = simulator.connection["site_id"]
    urls = {
        "good": f"{customer}/{site}/Machines?limit=1",
        "slash": f"/{customer}/{site}/Machines?limit=1",
        "double": f"{customer}/{site}//Machines?limit=1",
        "bare": "/Machines",
        "whole": f"{DIRECT}/{customer}/{site}/Machines",
        "versioned": f"v1/{customer}/{site}/Machines",
        "site": f"other/{site}/Machines",
        "other": f"{customer}/other/Machines",
        "short": f"{customer}/{site}",
        "me": "me",
    }
    base = f"{DIRECT}/{customer}/{site}"
    items = [{"Reference": name, "RelativeUrl": url} for name, url in urls.items()]
    answers = simulator.answers(*items, base=base, Citrix_CustomerId=customer)
    assert codes(answers) == {**dict.fromkeys(urls, 404), "good": 200, "slash": 200, "double": 200}
    assert {item["path"] for item in simulator.items() if item["status"] == 200} == {f"{base}/Machines"}


def test_batch_in_batch_rejected(simulator, ids):
    inner = json.dumps({"Items": [start("inner", ids[0])]})
    answers = simulator.answers({"Reference": "outer", "Method": "POST", "RelativeUrl": "/$batch", "Body": inner})
    assert codes(answers) == {"outer": 400}
    assert recorded(simulator) == set()


def test_batch_item_limit(simulator):
    simulator.reset(batch_limit=2)
    ids = simulator.ids()
    assert simulator.batch(start("1", ids[0]), start("2", ids[1]), start("3", ids[2])).status_code == 400
    assert recorded(simulator) == set()
    assert simulator.batch(start("1", ids[0]), start("2", ids[1])).status_code == 200
    assert recorded(simulator) == {ids[0], ids[1]}


def test_batch_unsupported(simulator):
    simulator.reset(batch_support=False)
    ids = simulator.ids()
    assert simulator.batch(start("1", ids[0])).status_code == 404
    assert recorded(simulator) == set()


def test_batch_items_run_concurrently(simulator, timed):
    simulator.reset(batch_item_seconds=0.15, batch_parallelism=2)
    ids = simulator.ids()
    timed(0.45, 0.6, lambda: simulator.batch(*(read(str(at), ids[at]) for at in range(5))))
    simulator.reset(batch_item_seconds=0.15)
    timed(0.15, 0.3, lambda: simulator.batch(*(read(str(at), ids[at]) for at in range(10))))


def test_batch_latency_applies_to_batch_and_items(simulator, timed):
    simulator.reset(batch_parallelism=1)
    ids = simulator.ids()
    items = [read("a", ids[0]), read("b", ids[1]), {"Reference": "c", "RelativeUrl": "/Machines"}]
    simulator.faults({"latency": 0.15})
    timed(0.6, 0.75, lambda: simulator.batch(*items))
    simulator.faults({"latency": 0.15, "path": "RecordingStatus"})
    timed(0.3, 0.45, lambda: simulator.batch(*items))
    simulator.faults({"latency": 0.15, "path": "batch$"})
    timed(0.15, 0.3, lambda: simulator.batch(*items))


def test_batch_items_change_state_after_their_delay(simulator, ids, timed):
    def begin():
        simulator.reset(batch_item_seconds=0.4, batch_parallelism=1, mix="recordable")
        url, body = f"{simulator.url}/cvad/manage/$batch", {"Items": [start("a", ids[0]), start("b", ids[1])]}
        with pytest.raises(requests.ReadTimeout):
            simulator.http.post(url, json=body, headers=simulator.headers(), timeout=0.1)
        return recorded(simulator)

    # The client has disconnected, and the work continues.
    seen = [timed(0.1, 0.4, begin)]
    while seen[-1] != {ids[0], ids[1]} and len(seen) < 10_000:
        seen.append(recorded(simulator))
    assert seen[0] == set()
    assert {ids[0]} in seen
    assert seen[-1] == {ids[0], ids[1]}


def test_batch_too_slow_loses_results(start_with_limit, timed):
    simulator = start_with_limit(0.3)
    simulator.reset(mix="recordable")
    ids = simulator.ids()

    def lose():
        simulator.reset(batch_item_seconds=0.25, batch_parallelism=1, mix="recordable")
        reply = simulator.batch(start("b", ids[1]), start("c", ids[2]))
        assert (reply.status_code, reply.json()["statusCode"]) == (504, 504)
        return recorded(simulator)

    assert timed(0.3, 0.5, lose) == {ids[1]}
    while recorded(simulator) != {ids[1], ids[2]}:
        pass
    assert simulator.batch(start("a", ids[0])).status_code == 200
    # A job has no time limit.
    assert simulator.batch(start("b", ids[3]), start("c", ids[4]), params={"async": "true"}).status_code == 202


@pytest.fixture
def start_with_limit(start, script, tmp_path):
    """Start a process with another time limit for synchronous batches than 90 seconds."""

    def begin(seconds):
        runner = tmp_path / "runner.py"
        runner.write_text(
            f"import sys\nsys.path.insert(0, {str(script.parent)!r})\nimport citrix_simulator\n"
            "from citrix_sim.operations import batch\n"
            f"assert batch.SYNC_SECONDS == 90\nbatch.SYNC_SECONDS = {seconds}\n"
            "sys.exit(citrix_simulator.main())\n"
        )
        return start(script=runner)

    return begin


def test_batch_fault_rules_apply_to_items(simulator, ids):
    simulator.faults(
        {"session": ids[0], "method": "POST", "answer": {"status": 409, "body": {"detail": "No."}, "acts": True}},
        {"session": ids[1], "throttle": {"hint": "seconds", "value": 7}},
        {"session": ids[2], "vanish": True},
        {"session": ids[3], "lag": "never"},
        {"session": ids[4], "drop": {"acts": True}},
        {"session": ids[5], "hang": {"seconds": 30}},
        {"session": ids[6], "redirect": {"location": "https://other.example/"}},
        {"path": "startRecording", "times": 1, "answer": {"status": 418}},
    )
    answers = simulator.answers(*(start(str(at), ids[at]) for at in range(9)))
    expected = {"0": 409, "1": 429, "2": 404, "3": 200, "4": 500, "5": 500, "6": 500, "7": 418, "8": 200}
    assert codes(answers) == expected
    assert json.loads(answers["0"]["Body"]) == {"detail": "No."}
    assert {"Name": "Retry-After", "Value": "7"} in answers["1"]["Headers"]
    assert recorded(simulator) == {ids[0], ids[3], ids[4], ids[8]}
    simulator.faults()
    assert simulator.recorded(ids[3]) is False
    assert {item["path"].split("/")[4]: item["status"] for item in simulator.items()} == {
        ids[at]: status for at, status in enumerate(expected.values())
    }


def test_batch_fault_rule_skips_items(simulator, ids):
    simulator.faults({"path": "batch$", "throttle": {"hint": "none"}, "times": 1})
    assert simulator.batch(start("a", ids[0])).status_code == 429
    assert recorded(simulator) == set()
    assert simulator.batch(start("a", ids[0])).status_code == 200
    simulator.faults({"path": "batch$", "answer": {"status": 502, "acts": True}})
    assert simulator.batch(start("b", ids[1])).status_code == 502
    assert recorded(simulator) == {ids[0], ids[1]}


FAULTS = {
    "item_missing": ["a", "b"],
    "item_twice": ["a", "b", "c", "c"],
    "unknown_reference": ["a", "b", "c", "not-in-request"],
    # These apply only to jobs.
    "job_failed": ["a", "b", "c"],
    "results_lost": ["a", "b", "c"],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_batch_faults(simulator, ids, fault):
    simulator.faults({"path": "batch$", "batch": fault, "times": 1})
    items = [start("a", ids[0]), start("c", ids[1]), start("b", ids[2])]
    assert sorted(answer["Reference"] for answer in simulator.batch(*items).json()["Items"]) == FAULTS[fault]
    assert recorded(simulator) == set(ids[:3])
    assert len(simulator.batch(*items).json()["Items"]) == 3


def test_batch_paths_unknown(simulator, ids):
    simulator.faults({"path": "batch$", "batch": "paths_unknown"})
    assert codes(simulator.answers(read("r", ids[0]), start("a", ids[1]))) == {"r": 404, "a": 404}
    assert recorded(simulator) == set()


def test_batch_item_accepted(simulator, ids):
    simulator.faults({"path": "batch$", "batch": "item_accepted"})
    answers = simulator.answers(read("r", ids[0]), start("a", ids[1]), start("b", ids[2]))
    assert codes(answers) == {"r": 200, "a": 202, "b": 200}
    (location,) = [header["Value"] for header in answers["a"]["Headers"] if header["Name"] == "Location"]
    assert answers["a"]["Body"] is None
    assert simulator.http.get(location, headers=simulator.headers()).json()["Status"] == "Complete"
    result = simulator.http.get(f"{location}/Results", headers=simulator.headers()).json()
    assert result["Id"] == ids[1]
    assert recorded(simulator) == {ids[1], ids[2]}
    # Without a write, it is a read.
    assert sorted(codes(simulator.answers(read("r", ids[0]), read("s", ids[1]))).values()) == [200, 202]


def test_call_log_has_batch_items_on_request(simulator, ids):
    first = simulator.control("calls")["next"]
    simulator.batch(read("a", ids[0]), start("b", ids[1], Body="{}", Headers=[{"Name": "X-Mark", "Value": "1"}]))
    simulator.get("/me")
    plain = simulator.control(f"calls?since={first}")
    assert [call["path"].rpartition("/")[2] for call in plain["calls"]] == ["$batch", "me"]
    assert all("batch" not in call for call in plain["calls"])
    full = simulator.control(f"calls?since={first}&items=true")
    assert full["next"] == plain["next"]
    batch, one, two, me = full["calls"]
    assert [call["batch"] for call in full["calls"]] == [None, batch["n"], batch["n"], None]
    assert [call["n"] for call in full["calls"]] == list(range(first + 1, first + 5))
    assert (one["method"], one["path"], one["query"]) == (
        "GET",
        "/cvad/manage/Sessions/RecordingStatus",
        {"id": ids[0]},
    )
    assert (one["status"], one["body"], one["headers"]["citrix-customerid"]) == (200, "", "simulated")
    assert one["headers"]["authorization"] == batch["headers"]["authorization"]
    assert (two["method"], two["query"], two["body"]) == ("POST", {"notifyUser": "false"}, "{}")
    assert (two["headers"]["x-mark"], two["headers"]["content-type"]) == ("1", "application/json")
    assert "x-mark" not in one["headers"]
    assert batch["at"] <= one["at"] <= me["at"]
    # The response to an item is in the response to its batch.
    answers = simulator.control(f"calls?since={first}&items=true&answers=true")["calls"]
    assert [bool(call["answer"]) for call in answers] == [True, False, False, True]
    assert simulator.raw_control("GET", "calls?items=1").status_code == 400
