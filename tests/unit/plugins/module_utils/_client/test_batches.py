# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches: one outcome for each call with any response, and no write sent twice."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
import responses
from ansible_collections.sessionops.citrix.plugins.module_utils._client.api import connect
from ansible_collections.sessionops.citrix.plugins.module_utils._client.batches import LARGE, REFUSED, send_batches
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import Call, Response
from ansible_collections.sessionops.citrix.plugins.module_utils._client.dispatch import send_all
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import (
    ApiError,
    BatchLost,
    CitrixError,
    ConnectionNotMade,
    JobError,
    ResponseLost,
    Stalled,
)
from hypothesis import given
from hypothesis import strategies as st

BATCH = "POST $batch"
LOST = ResponseLost("The answer was lost.")
JOB = "GET Jobs/job1"
RESULTS = "GET Jobs/job1/Results"
ACCEPTED = Response({}, "t-of-batch", "job1")
REFERENCE = re.compile(r"[-_0-9a-zA-Z]+")


def read(number, final=()):
    return Call("GET", "Sessions/RecordingStatus", f"read the status {number}", {"id": str(number)}, final=final)


def write(number):
    return Call("POST", f"Sessions/{number}/$sendMessage", f"send {number}", body={"Text": f"«{number}»"}, write=True)


def read_key(number):
    return f"GET Sessions/RecordingStatus?id={number}"


def write_key(number):
    return f"POST Sessions/{number}/$sendMessage"


def reads(count):
    return {number: read(number) for number in range(count)}


def writes(count):
    return {number: write(number) for number in range(count)}


@pytest.fixture
def api(fake_api):
    """Return an API for batches of three and single calls; its responses show which was used."""
    fake_api.batches.size = 3
    fake_api.on(BATCH, fake_api.do_batch)
    for number in range(LARGE + 1):
        fake_api.on(read_key(number), {"Number": number})
        fake_api.on(write_key(number), {"Number": number})
    return fake_api


def items_answered(*items):
    """Replace the responses to the items of a batch: {"Code": ...} in the order of the request."""

    def answer(call):
        requested = call.body["Items"]
        return {"Items": [{"Reference": one["Reference"], **item} for one, item in zip(requested, items)]}

    return answer


def outcomes_of(api, calls):
    """Return the outcomes after checking that there is one for each call."""
    pairs = list(send_batches(api, calls))
    assert Counter(key for key, _outcome in pairs) == Counter(list(calls))
    return dict(pairs)


def alone(api):
    return sorted(key for key in api.sent() if "Sessions" in key)


def batches(api):
    return [call for call in api.calls if call.path == "$batch"]


# Requests


def test_batch_size_limits_calls_per_request(api):
    outcomes = outcomes_of(api, reads(7))
    assert {key: outcome.body for key, outcome in outcomes.items()} == {key: {"Number": key} for key in range(7)}
    assert sorted(len(call.body["Items"]) for call in batches(api)) == [1, 3, 3]
    assert api.sent() == [BATCH] * 3
    assert (api.batches.size, api.batches.as_jobs, api.warnings) == (3, False, [])


def test_batch_item_has_documented_form(api):
    outcomes_of(api, {"a": read(1), "b": write(2)})
    (batch,) = batches(api)
    assert (batch.method, batch.scope, batch.query, set(batch.body)) == ("POST", "site", {}, {"Items"})
    first, second = ({**item, "Reference": None} for item in batch.body["Items"])
    assert first == {"Reference": None, "Method": "GET", "RelativeUrl": "/Sessions/RecordingStatus?id=1"}
    assert json.loads(second.pop("Body")) == {"Text": "«2»"}
    assert second == {"Reference": None, "Method": "POST", "RelativeUrl": "/Sessions/2/$sendMessage"}


@given(st.integers(2, 40), st.integers(2, 12))
def test_batch_references_valid_and_unique(new_fake_api, count, size):
    api = new_fake_api()
    api.batches.size = size
    api.on(BATCH, api.do_batch)
    for number in range(count):
        api.on(read_key(number), {"Number": number})
    outcomes_of(api, reads(count))
    assert sum(len(batch.body["Items"]) for batch in batches(api)) == count
    for batch in batches(api):
        references = [item["Reference"] for item in batch.body["Items"]]
        assert 1 <= len(references) == len(set(references)) <= size
        assert all(isinstance(reference, str) and REFERENCE.fullmatch(reference) for reference in references)


@pytest.mark.parametrize(
    ("calls", "is_write"),
    [(reads(3), False), (writes(3), True), ({0: read(0), 1: write(1), 2: read(2)}, True)],
)
def test_batch_is_write_if_one_item_is(api, calls, is_write):
    outcomes_of(api, calls)
    assert [call.write for call in batches(api)] == [is_write]


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.mark.parametrize(
    ("base", "url", "item"),
    [
        ("https://api.cloud.com/cvad/manage", "$batch", "/Sessions/RecordingStatus?id=a%2Fb"),
        (
            "https://customer1.xendesktop.net/citrix/orchestration/api",
            "customer1/site1/$batch",
            "customer1/site1/Sessions/RecordingStatus?id=a%2Fb",
        ),
    ],
)
def test_batch_item_urls_match_base(settings, wire, base, url, item):
    wire.post(f"{base}/{url}", json={"Items": [{"Reference": str(at), "Code": 204} for at in range(2)]})
    real = connect(settings(api_url=base, batch_size=2, retries=0), False, None, str)
    outcomes_of(real, {0: read("a/b"), 1: read("c")})
    assert json.loads(wire.calls[0].request.body)["Items"][0]["RelativeUrl"] == item


def test_batch_check_mode_blocks_writes_and_sends_reads(settings, wire):
    wire.post(
        "https://api.cloud.com/cvad/manage/$batch",
        json={"Items": [{"Reference": str(at), "Code": 200, "Body": "{}"} for at in range(2)]},
    )
    checking = connect(settings(batch_size=2, retries=0), True, None, str)
    for outcome in outcomes_of(checking, {0: read(0), 1: write(1)}).values():
        assert isinstance(outcome, CitrixError)
        assert "check mode" in str(outcome)
    assert len(wire.calls) == 0
    assert all(isinstance(outcome, Response) for outcome in outcomes_of(checking, reads(2)).values())
    assert len(wire.calls) == 1


# Responses to an item


ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "Reference": st.sampled_from(["0", "1", "2", "3", "9", "x", "", None, 1, ["0"]]),
        "Code": st.sampled_from([200, 201, 204, 202, 301, 400, 401, 404, 409, 429, 500, 503, None, "200", [], 20.5]),
        "Headers": st.sampled_from([None, [], [{"Name": "Location", "Value": "https://h/Jobs/job1"}], [None, {}], "x"]),
        "Body": st.sampled_from([None, "", "{}", '{"a": 1}', "[]", "<html>", {"a": 1}, "[" * 10_000]),
    },
)


@given(st.lists(ITEMS | st.none() | st.integers(), max_size=9), st.lists(st.booleans(), min_size=2, max_size=4))
def test_batch_any_response_one_outcome_per_call_no_resend(new_fake_api, answered, kinds):
    api = new_fake_api()
    api.batches.size = 4
    api.on(BATCH, {"Items": answered})
    api.on(JOB, {"Status": "Complete"})
    api.on(RESULTS, {})
    calls = {number: write(number) if is_write else read(number) for number, is_write in enumerate(kinds)}
    for number in calls:
        api.on(read_key(number), {})
        api.on(write_key(number), {})
    outcomes = outcomes_of(api, calls)
    assert all(isinstance(outcome, (Response, CitrixError)) for outcome in outcomes.values())
    refused = {
        str(item.get("Reference")) for item in answered if isinstance(item, dict) and item.get("Code") in (401, 429)
    }
    assert {call.path.split("/")[1] for call in api.writes if call.path != "$batch"} <= refused
    assert len(alone(api)) == len(set(alone(api)))


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=3), st.sets(st.integers(0, 5)))
def test_batch_response_order_duplicates_and_gaps_ignored(new_fake_api, order, twice, missing):
    def answer(call):
        items = api.do_batch(call)["Items"]
        shown = [items[at] for at in order if at not in missing] + [items[at] for at in twice if at not in missing]
        return {"Items": [{"Reference": "unknown", "Code": 200, "Body": "{}"}, *shown]}

    api = new_fake_api()
    api.batches.size = 6
    api.on(BATCH, answer)
    for number in range(3):
        api.on(read_key(number), {"Number": number})
    for number in range(3, 6):
        api.on(write_key(number), {"Number": number})
    calls = {number: read(number) if number < 3 else write(number) for number in range(6)}
    for number, outcome in outcomes_of(api, calls).items():
        if number >= 3 and number in missing:
            assert isinstance(outcome, BatchLost)
            assert outcome.may_have_acted
            assert outcome.transaction_id is None
        else:
            # The response to a write is not used.
            assert outcome.body == ({"Number": number} if number < 3 else {})
    assert alone(api) == [read_key(number) for number in sorted(missing) if number < 3]


@pytest.mark.parametrize("body", [{}, {"Items": None}, {"Items": {}}, {"Items": []}, {"Other": 1}])
def test_batch_missing_items_read_alone_writes_not_resent(api, body):
    api.on(BATCH, body)
    outcomes = outcomes_of(api, {0: read(0), 1: write(1)})
    assert outcomes[0].body == {"Number": 0}
    assert isinstance(outcomes[1], BatchLost)
    assert "does not contain this call" in str(outcomes[1])
    assert alone(api) == [read_key(0)]


@pytest.mark.parametrize("item", [{"Code": 200, "Body": None}, {"Code": 204}, {"Code": 200, "Body": ""}])
def test_batch_item_without_body_returns_no_fields(api, item):
    api.on(BATCH, items_answered(item, item))
    assert [outcome.body for outcome in outcomes_of(api, writes(2)).values()] == [{}, {}]
    assert alone(api) == []


@pytest.mark.parametrize("form", [dict, json.dumps])
def test_batch_write_with_error_body_is_no_success(api, form):
    error = form({"SdkErrorId": "Citrix.X", "ErrorMessage": "Not recorded."})
    api.on(BATCH, items_answered({"Code": 200, "Body": error}, {"Code": 200}))
    failed, done = outcomes_of(api, writes(2)).values()
    assert isinstance(failed, ApiError) and failed.may_have_acted and "Not recorded." in str(failed)
    assert isinstance(done, Response)


def test_batch_failed_item_is_error_of_its_call_only(api):
    api.on(write_key(1), 409)
    outcomes = outcomes_of(api, writes(3))
    assert isinstance(outcomes[1], ApiError)
    assert str(outcomes[1]).startswith("Could not send 1: HTTP 409 (Refused.)")
    assert (outcomes[1].transaction_id, outcomes[1].may_have_acted) == ("transaction-of-POST $batch", False)
    assert all(isinstance(outcomes[number], Response) for number in (0, 2))
    assert alone(api) == []


@pytest.mark.parametrize("name", ["Citrix-TransactionId", "citrix-transactionid", "CITRIX-TRANSACTIONID"])
def test_batch_item_headers_apply_in_any_case(api, name):
    item = {"Code": 200, "Headers": [{"Name": name, "Value": "t1"}], "Body": "{}"}
    api.on(BATCH, items_answered(item, {"Code": 200, "Body": "{}"}))
    outcomes = outcomes_of(api, reads(2))
    assert [outcomes[0].transaction_id, outcomes[1].transaction_id] == ["t1", "transaction-of-POST $batch"]


@pytest.mark.parametrize("status", [401, 429, 500, 502, 503, 504, 530])
def test_batch_retryable_read_sent_alone(api, status):
    api.on(BATCH, items_answered({"Code": status}, {"Code": 200, "Body": '{"Number": "of the batch"}'}))
    outcomes = outcomes_of(api, reads(2))
    assert [outcomes[0].body, outcomes[1].body] == [{"Number": 0}, {"Number": "of the batch"}]
    assert alone(api) == [read_key(0)]


@pytest.mark.parametrize("status", [400, 404])
def test_batch_read_of_missing_object_confirmed_alone(api, status):
    """A batch that the server addresses in another way would have no object."""
    api.on(read_key(0), 404)
    api.on(BATCH, items_answered({"Code": status}, {"Code": 200, "Body": "{}"}, {"Code": 409}))
    outcomes = outcomes_of(api, reads(3))
    assert (outcomes[0].status, alone(api)) == (404, [read_key(0)])
    assert (api.batches.size, api.warnings) == (3, [])


@pytest.mark.parametrize("status", [400, 404])
def test_batch_not_used_again_if_missing_object_exists(api, status):
    api.on(BATCH, items_answered(*[{"Code": status, "Body": '{"detail": "No such path."}'}] * 3))
    assert {key: outcome.body for key, outcome in outcomes_of(api, reads(3)).items()} == {
        n: {"Number": n} for n in range(3)
    }
    assert api.batches.size == 0
    (warning,) = api.warnings
    assert warning.startswith("batch_size: every call was sent alone") and "No such path." in warning


@pytest.mark.parametrize(
    ("headers", "body", "delay"),
    [
        ([{"Name": "retry-after", "Value": "7"}], None, 7.0),
        ({"Retry-After": "7"}, None, 7.0),
        (None, '{"parameters": [{"name": "retryDelay", "value": "4"}]}', 4.0),
        (None, None, None),
    ],
)
def test_batch_item_429_pauses_requests(api, headers, body, delay):
    refused = {"Code": 429, "Headers": headers, "Body": body}
    api.on(BATCH, items_answered({"Code": 200, "Body": "{}"}, refused, {"Code": 503}))
    outcomes_of(api, writes(3))
    assert api.pauses == [delay]


@pytest.mark.parametrize("status", [401, 429])
def test_batch_write_rejected_before_work_sent_alone(api, status):
    api.on(BATCH, items_answered({"Code": 200}, {"Code": status}))
    assert outcomes_of(api, writes(2))[1].body == {"Number": 1}
    assert alone(api) == [write_key(1)]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 530])
def test_batch_write_with_server_error_may_have_acted_not_resent(api, status):
    api.on(BATCH, items_answered({"Code": 200}, {"Code": status}))
    outcomes = outcomes_of(api, writes(2))
    assert isinstance(outcomes[1], ApiError)
    assert (outcomes[1].status, outcomes[1].may_have_acted) == (status, True)
    assert alone(api) == []


def test_batch_status_final_for_call_returned(api):
    api.on(BATCH, items_answered({"Code": 500}, {"Code": 500}))
    outcomes = outcomes_of(api, {0: read(0, final=(500,)), 1: read(1)})
    assert outcomes[0].status == 500
    assert outcomes[1].body == {"Number": 1}
    assert alone(api) == [read_key(1)]


@pytest.mark.parametrize("name", ["Location", "location", "LOCATION"])
@pytest.mark.parametrize(("status", "error"), [("Complete", None), ("CompleteWithWarning", None), ("Failed", JobError)])
def test_batch_item_job_followed(api, clock, name, status, error):
    item = {"Code": 202, "Headers": [{"Name": name, "Value": "https://h/cvad/manage/Jobs/job1"}]}
    api.on(BATCH, items_answered(item, {"Code": 200}))
    api.on(JOB, {"Status": "InProgress"}, {"Status": status})
    outcome = outcomes_of(api, writes(2))[0]
    assert isinstance(outcome, error or Response)
    assert api.sent("GET Jobs") == [JOB, JOB]
    assert alone(api) == []
    assert clock.slept == [0.03]


@pytest.mark.parametrize("headers", [None, [], {}, [{"Name": "Location", "Value": ""}], [None, 17]])
def test_batch_accepted_item_without_location_uncertain(api, headers):
    api.on(BATCH, items_answered({"Code": 202, "Headers": headers, "Body": None}, {"Code": 200}))
    outcomes = outcomes_of(api, writes(2))
    assert isinstance(outcomes[0], JobError)
    assert outcomes[0].may_have_acted
    assert alone(api) == []


@pytest.mark.parametrize("error", [403, 404, 500, LOST])
def test_batch_accepted_item_with_unreadable_job_uncertain(api, error):
    headers = [{"Name": "Location", "Value": "https://[Ddc]/cvad/manage/Jobs/job1"}]
    api.on(BATCH, items_answered({"Code": 202, "Headers": headers, "Body": None}, {"Code": 200}))
    api.on(JOB, error)
    outcomes = outcomes_of(api, writes(2))
    assert isinstance(outcomes[0], JobError)
    assert alone(api) == []


@pytest.mark.parametrize(
    "item",
    [
        {"Code": "200", "Body": {"Number": 0}},
        {"Code": 200, "Headers": {"Retry-After": "1"}, "Body": json.dumps({"Number": 0})},
        {"Code": 200, "Headers": 17, "Body": ' \r\n{"Number": 0}'},
    ],
)
def test_batch_items_in_other_forms_read(api, item):
    api.on(BATCH, items_answered(item, {"Code": 200, "Body": '{"Number": 1}'}))
    assert {key: outcome.body for key, outcome in outcomes_of(api, reads(2)).items()} == {
        0: {"Number": 0},
        1: {"Number": 1},
    }
    assert alone(api) == []


@pytest.mark.parametrize("second", [{"Code": 404}, {"Code": 429}, {"Code": 200, "Body": "{}"}, {"Code": None}, {}])
@pytest.mark.parametrize("first", [0, 1])
def test_batch_different_items_with_one_reference_uncertain(api, first, second):
    pair = [{"Reference": "0", "Code": 200}, {"Reference": "0", **second}]
    api.on(BATCH, {"Items": [pair[first], pair[1 - first], {"Reference": "1", "Code": 200}]})
    outcomes = outcomes_of(api, writes(2))
    assert isinstance(outcomes[0], BatchLost) and isinstance(outcomes[1], Response)
    assert alone(api) == []


def test_batch_endless_jobs_of_items_end_together(api, clock):
    headers = [{"Name": "Location", "Value": "https://h/cvad/manage/Jobs/job1"}]
    api.on(BATCH, items_answered(*[{"Code": 202, "Headers": headers}] * 40))
    api.on(JOB, {"Status": "InProgress"})
    api.max_concurrency, api.batches.size = 1, 40
    began = clock()
    assert all(isinstance(outcome, JobError) for outcome in outcomes_of(api, writes(40)).values())
    assert clock() - began < 1900


@pytest.mark.parametrize("code", [None, "", "OK", 200.5, -1, True, [200], "9" * 5000, "0200", 20, "\u0662\u0660\u0660"])
def test_batch_item_without_status_uncertain(api, code):
    api.on(BATCH, items_answered({"Code": code}, {"Code": 200}))
    assert isinstance(outcomes_of(api, writes(2))[0], BatchLost)
    assert alone(api) == []


def test_batch_read_as_job_returns_results(api):
    item = {"Code": 202, "Headers": [{"Name": "Location", "Value": "https://h/Jobs/job1"}]}
    api.on(BATCH, items_answered(item, {"Code": 200}))
    api.on(JOB, {"Status": "Complete"})
    api.on(RESULTS, {"IsSessionBeingRecorded": True})
    assert outcomes_of(api, reads(2))[0].body == {"IsSessionBeingRecorded": True}


# Responses to a whole batch


@pytest.mark.parametrize("status", REFUSED)
@pytest.mark.parametrize("make", [reads, writes])
def test_batch_unsupported_sends_single_calls_with_one_warning(api, make, status):
    api.on(BATCH, status)
    outcomes = outcomes_of(api, make(30))
    assert {key: outcome.body["Number"] for key, outcome in outcomes.items()} == {key: key for key in range(30)}
    assert len(alone(api)) == len(set(alone(api))) == 30
    assert len(batches(api)) <= api.max_concurrency
    assert len(api.warnings) == 1
    assert api.warnings[0].startswith("batch_size: every call was sent alone, because the API refused a batch of 3. ")
    assert f"HTTP {status} (Refused.)" in api.warnings[0]

    sent = len(batches(api))
    assert dict(send_all(api, make(3))).keys() == make(3).keys()
    assert (len(batches(api)), len(api.warnings)) == (sent, 1)


def test_batch_refused_statuses_mean_server_did_nothing():
    assert set(REFUSED) == {400, 404, 405, 413, 501}


@pytest.mark.parametrize("error", [401, 403, 409, 429, Stalled("Nothing moves."), ConnectionNotMade("No connection.")])
def test_batch_without_effect_its_error_for_each_call(api, error):
    api.on(BATCH, error)
    outcomes = outcomes_of(api, {0: read(0), 1: write(1)})
    assert not any(outcome.may_have_acted for outcome in outcomes.values())
    assert outcomes[0] is outcomes[1]
    assert (alone(api), api.warnings) == ([], [])


@pytest.mark.parametrize("error", [LOST, 500, 502, 503, 504, 530])
def test_batch_lost_resends_reads_not_writes(api, error):
    api.on(BATCH, error)
    outcomes = outcomes_of(api, {0: read(0), 1: write(1), 2: read(2)})
    assert isinstance(outcomes[1], BatchLost)
    assert outcomes[1].may_have_acted
    assert outcomes[1].transaction_id == (None if error is LOST else "transaction-of-POST $batch")
    assert [outcomes[0].body, outcomes[2].body] == [{"Number": 0}, {"Number": 2}]
    assert len(batches(api)) == 1
    assert alone(api) == [read_key(0), read_key(2)]


@pytest.mark.parametrize("error", [LOST, 504])
def test_batch_of_slow_reads_becomes_job_and_all_later_ones(api, error):
    api.on(BATCH, error, ACCEPTED)
    api.on(JOB, {"Status": "InProgress"}, {"Status": "Complete"})
    api.on(
        RESULTS, lambda _call: {"Items": [{"Reference": str(n), "Code": 200, "Body": f'{{"N": {n}}}'} for n in (1, 0)]}
    )
    assert {key: outcome.body for key, outcome in outcomes_of(api, reads(2)).items()} == {0: {"N": 0}, 1: {"N": 1}}
    outcomes_of(api, reads(2))
    assert [call.query for call in batches(api)] == [{}, {"async": "true"}, {"async": "true"}]
    assert alone(api) == []


def test_batch_timed_out_not_resent_unchanged(settings, wire):
    url = "https://api.cloud.com/cvad/manage/$batch"
    done = {"Items": [{"Reference": str(at), "Code": 204} for at in range(2)]}
    wire.post(url, status=504)
    wire.post(url, json=done)
    real = connect(settings(batch_size=2, retries=5), False, None, str)
    assert all(isinstance(outcome, Response) for outcome in outcomes_of(real, reads(2)).values())
    assert [call.request.url.partition("?")[2] for call in wire.calls] == ["", "async=true"]


@pytest.mark.parametrize("error", [LOST, 504])
def test_batch_lost_writes_later_batches_are_jobs(api, error):
    api.on(BATCH, error)
    outcomes_of(api, writes(2))
    assert [call.query for call in batches(api)] == [{}]
    assert api.batches.as_jobs
    outcomes_of(api, writes(2))
    assert [call.query for call in batches(api)] == [{}, {"async": "true"}]


@pytest.mark.parametrize("error", [LOST, 500, 504])
def test_batch_reads_without_job_sent_alone(api, error):
    api.on(BATCH, LOST, error)
    assert {key: outcome.body["Number"] for key, outcome in outcomes_of(api, reads(2)).items()} == {0: 0, 1: 1}
    assert len(batches(api)) == 2
    assert alone(api) == [read_key(0), read_key(1)]


def test_batch_server_error_of_reads_does_not_mean_slow(api):
    api.on(BATCH, 502)
    outcomes_of(api, reads(2))
    assert not api.batches.as_jobs
    assert alone(api) == [read_key(0), read_key(1)]


@pytest.mark.parametrize(("count", "as_job"), [(LARGE - 1, False), (LARGE, True)])
def test_batch_large_sent_as_job(api, count, as_job):
    api.batches.size = 1000
    api.on(BATCH, lambda call: ACCEPTED if call.query else api.do_batch(call))
    api.on(JOB, {"Status": "Complete"})
    api.on(RESULTS, lambda _call: api.do_batch(batches(api)[0]))
    outcomes = outcomes_of(api, reads(count))
    assert {key: outcome.body["Number"] for key, outcome in outcomes.items()} == {key: key for key in range(count)}
    assert [call.query for call in batches(api)] == [{"async": "true"} if as_job else {}]
    assert api.sent("GET") == ([JOB, RESULTS] if as_job else [])


def test_batch_as_job_may_be_answered_immediately(api):
    api.batches.as_jobs = True
    assert {key: outcome.body["Number"] for key, outcome in outcomes_of(api, reads(2)).items()} == {0: 0, 1: 1}


@pytest.mark.parametrize("status", ["Failed", "Canceled", "NonTerminatingError"])
def test_batch_failed_job_results_show_processed_items(api, status):
    api.batches.as_jobs = True
    api.on(BATCH, ACCEPTED)
    api.on(JOB, {"Status": status})
    api.on(RESULTS, {"Items": [{"Reference": "0", "Code": 200, "Body": "{}"}]})
    outcomes = outcomes_of(api, writes(2))
    assert outcomes[0].body == {}
    assert isinstance(outcomes[1], BatchLost)
    assert alone(api) == []


@pytest.mark.parametrize("broken", [JOB, RESULTS])
@pytest.mark.parametrize("error", [403, 404, 500, LOST, Stalled("Nothing moves.")])
def test_batch_unreadable_job_or_results_writes_uncertain(api, broken, error):
    api.batches.as_jobs = True
    api.on(BATCH, ACCEPTED)
    api.on(JOB, {"Status": "Complete"})
    api.on(RESULTS, {})
    api.on(broken, error)
    outcomes = outcomes_of(api, {0: read(0), 1: write(1)})
    assert outcomes[0].body == {"Number": 0}
    assert isinstance(outcomes[1], BatchLost)
    assert alone(api) == [read_key(0)]


def test_batch_unfinished_job_writes_not_resent(api):
    api.batches.as_jobs = True
    api.on(BATCH, ACCEPTED)
    api.on(JOB, {"Status": "InProgress"})
    outcomes = outcomes_of(api, {0: read(0), 1: write(1)})
    # Only its effect decides whether a lost batch is resent.
    assert isinstance(outcomes[1], JobError)
    assert "has not ended within 30 minutes" in str(outcomes[1])
    assert outcomes[0].body == {"Number": 0}
    assert alone(api) == [read_key(0)]


def test_batch_lost_does_not_affect_others(api):
    api.max_concurrency = 1
    api.on(BATCH, api.do_batch, 502, api.do_batch)
    outcomes = outcomes_of(api, writes(9))
    lost = [key for key, outcome in outcomes.items() if isinstance(outcome, BatchLost)]
    assert lost == [3, 4, 5]
    assert len(batches(api)) == 3


def test_bug_is_raised(api):
    api.on(BATCH, KeyError("a bug"))
    with pytest.raises(KeyError):
        list(send_batches(api, reads(5)))
