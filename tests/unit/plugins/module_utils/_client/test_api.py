# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API as such: where a call goes, what goes with it, and how its answer is read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
import requests
import responses
import yaml
from ansible_collections.sessionops.citrix.plugins.module_utils._client.api import Api, connect
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import (
    ACCOUNT,
    CUSTOMER,
    SITE,
    Answer,
    Call,
    segment,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._client.pages import IDLE_PAGES, MOST_PAGES
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import AnswerLost, ApiError, CitrixError
from hypothesis import example, given
from hypothesis import strategies as st

GALAXY = yaml.safe_load((Path(__file__).parents[5] / "galaxy.yml").read_text(encoding="utf-8"))
TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
GATEWAY = "https://api.cloud.com/cvad/manage"
DIRECT = "https://ddc01.example.com/citrix/orchestration/api"
LIST = Call("GET", "Machines/LAB%7Cvda-001/Sessions", "list the sessions of machine LAB\\vda-001", {"fields": "Id"})
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def api(settings, warnings):
    """Return a factory of APIs with these options, down to the wire."""

    def make(check_mode=False, find_site=None, **given):
        return connect(settings(**{"retries": 0, **given}), check_mode, find_site, warnings.append, len)

    return make


def test_a_call_through_the_gateway_has_the_ids_in_headers_only(api, wire):
    wire.get(f"{GATEWAY}/{LIST.path}", json={"Items": []}, headers={"Citrix-TransactionId": "t1"})
    assert api().send(LIST) == Answer({"Items": []}, "t1")
    request = wire.calls[0].request
    assert request.url == f"{GATEWAY}/Machines/LAB%7Cvda-001/Sessions?fields=Id"
    assert request.headers["Citrix-CustomerId"] == "customer1"
    assert request.headers["Citrix-InstanceId"] == "site1"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Authorization"] == f"CWSAuth bearer={TOKEN}"
    assert request.headers["User-Agent"] == f"sessionops.citrix/{GALAXY['version']}"
    assert GUID.fullmatch(request.headers["Citrix-TransactionId"])


SCOPES = [
    (SITE, "Machines", "customer1/site1/Machines"),
    (CUSTOMER, "Sites/site1", "customer1/Sites/site1"),
    (ACCOUNT, "me", "me"),
]


@pytest.mark.parametrize(("scope", "path", "direct_path"), SCOPES)
def test_a_call_without_the_gateway_has_the_ids_in_the_path(api, wire, scope, path, direct_path):
    wire.get(f"{DIRECT}/{direct_path}", json={})
    api(api_url=DIRECT).send(Call("GET", path, "read it", scope=scope))
    headers = wire.calls[0].request.headers
    assert headers["Citrix-CustomerId"] == "customer1"
    assert headers.get("Citrix-InstanceId") == ("site1" if scope == SITE else None)


@pytest.mark.parametrize(("scope", "path", "_direct_path"), SCOPES)
def test_a_call_through_the_gateway_has_one_path_whatever_its_scope(api, wire, scope, path, _direct_path):
    wire.get(f"{GATEWAY}/{path}", json={})
    api().send(Call("GET", path, "read it", scope=scope))
    headers = wire.calls[0].request.headers
    assert headers["Citrix-CustomerId"] == "customer1"
    assert headers.get("Citrix-InstanceId") == ("site1" if scope == SITE else None)


@pytest.mark.parametrize("base", [GATEWAY, DIRECT])
@pytest.mark.parametrize("scope", [CUSTOMER, ACCOUNT])
def test_only_a_call_to_a_site_asks_for_the_site(api, wire, base, scope):
    wire.get(re.compile(".*"), json={})
    api(api_url=base, site_id=None, find_site=None).send(Call("GET", "me", "read it", scope=scope))
    assert "Citrix-InstanceId" not in wire.calls[0].request.headers


def test_the_token_is_the_one_that_calls_go_with_and_costs_no_call(api, wire):
    assert api().token().value == TOKEN
    assert len(wire.calls) == 0


def test_the_site_is_asked_for_once(api, wire):
    asked = []
    wire.get(f"{GATEWAY}/Machines", json={})
    found = api(site_id=None, find_site=lambda api: asked.append(api) or "site7")
    for _count in range(3):
        found.send(Call("GET", "Machines", "list the machines"))
    assert asked == [found]
    assert {call.request.headers["Citrix-InstanceId"] for call in wire.calls} == {"site7"}


def test_a_site_that_is_given_is_not_asked_for(api):
    assert api(find_site=None).site_id == "site1"


def test_a_body_goes_out_as_json(api, wire):
    wire.post(f"{GATEWAY}/Machines/$search", json={})
    api().send(Call("POST", "Machines/$search", "look up", body={"SearchFilters": []}))
    assert json.loads(wire.calls[0].request.body) == {"SearchFilters": []}
    assert wire.calls[0].request.headers["Content-Type"] == "application/json"


def test_a_write_is_refused_in_check_mode_and_a_read_is_not(api, wire):
    wire.post(f"{GATEWAY}/Sessions/1/$startRecording", json={})
    wire.post(f"{GATEWAY}/Machines/$search", json={})
    checking = api(check_mode=True)
    with pytest.raises(CitrixError, match="check mode"):
        checking.send(Call("POST", "Sessions/1/$startRecording", "start it", write=True))
    checking.send(Call("POST", "Machines/$search", "look up"))
    assert [urlsplit(call.request.url).path for call in wire.calls] == ["/cvad/manage/Machines/$search"]


@pytest.mark.parametrize(("status", "body"), [(200, ""), (202, ""), (204, ""), (200, " \r\n"), (200, "{}")])
def test_an_empty_answer_is_a_success_without_fields(api, wire, status, body):
    wire.get(f"{GATEWAY}/Machines", status=status, body=body)
    answer = api().send(Call("GET", "Machines", "list the machines"))
    assert answer.body == {}
    assert answer.transaction_id == wire.calls[0].request.headers["Citrix-TransactionId"]


@pytest.mark.parametrize(
    "body",
    [
        "<html><title>Sign in</title></html>",
        "[]",
        "null",
        "17",
        '{"Items": [',
        pytest.param("[" * 100_000, id="nested beyond all measure"),
    ],
)
def test_a_success_that_is_no_answer_of_the_api_is_an_error(api, wire, body):
    wire.get(f"{GATEWAY}/Machines", body=body)
    with pytest.raises(ApiError, match=r"HTTP 200.*no answer of the Citrix API; check api_url") as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert error.value.may_have_acted is True


@pytest.mark.parametrize(
    ("status", "body", "accepted"),
    [
        (200, "", False),
        (200, "{}", False),
        (200, '{"Id": null}', False),
        (200, '{"Id": "1"}', True),
        (202, "", True),
        (204, "", True),
    ],
)
def test_a_success_that_nothing_later_can_prove_has_to_prove_itself(api, wire, status, body, accepted):
    call = Call("POST", "Sessions/1/$sendMessage", "send it", write=True, proof="Id")
    wire.post(f"{GATEWAY}/{call.path}", status=status, body=body)
    if accepted:
        api().send(call)
        return
    with pytest.raises(ApiError, match="no answer of the Citrix API; check api_url") as error:
        api().send(call)
    assert error.value.may_have_acted is True


@pytest.mark.parametrize(
    ("status", "location", "job_id"),
    [
        (202, "https://api.cloud.com/cvad/manage/Jobs/job1", "job1"),
        (202, "/cvad/manage/Jobs/job%2F1?x=1", "job/1"),
        (202, None, ""),
        (200, "https://api.cloud.com/cvad/manage/Jobs/job1", ""),
    ],
)
def test_the_job_of_an_accepted_call_has_the_last_part_of_its_address_as_its_id(api, wire, status, location, job_id):
    wire.post(f"{GATEWAY}/$batch", status=status, headers={"Location": location} if location else {})
    assert api().send(Call("POST", "$batch", "send a batch")).job_id == job_id


ITEM = Call("GET", "Sessions/RecordingStatus", "read the status", {"id": "a/b c&d", "fields": "Id,State"})


@pytest.mark.parametrize(
    ("base", "address"), [(GATEWAY, "/Sessions/RecordingStatus"), (DIRECT, "customer1/site7/Sessions/RecordingStatus")]
)
def test_the_address_of_an_item_of_a_batch_fits_the_base(api, base, address):
    asked = []
    found = api(api_url=base, site_id=None, find_site=lambda api: asked.append(api) or "site7")
    url = urlsplit(found.relative_url(ITEM))
    assert url.path == address
    assert dict(part.split("=") for part in url.query.split("&")) == {"id": "a%2Fb+c%26d", "fields": "Id%2CState"}
    assert found.relative_url(Call("GET", "Machines", "list")).endswith("/Machines")


def test_giving_up_batches_is_warned_of_once(api, warnings):
    giving = api(batch_size=50)
    for _count in range(3):
        giving.give_up_batches(CitrixError("No such path."))
    assert giving.batch_size == 0
    assert warnings == [
        "batch_size: every call was sent alone, since the API took no batch of 50. No such path.",
    ]


def test_an_answer_with_a_byte_order_mark_is_read(api, wire):
    wire.get(f"{GATEWAY}/Machines", body=b'\xef\xbb\xbf{"Items": []}')
    assert api().send(Call("GET", "Machines", "list the machines")).body == {"Items": []}


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 500, 503, 530])
def test_an_error_tells_what_was_tried_and_under_which_id(api, wire, status):
    wire.get(f"{GATEWAY}/Machines", status=status, json={"detail": "No."}, headers={"Citrix-TransactionId": "t1"})
    with pytest.raises(ApiError) as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert str(error.value).startswith(f"Could not list the machines: HTTP {status} (No.); ")
    assert (error.value.status, error.value.transaction_id) == (status, "t1")


def test_an_error_without_an_id_of_the_server_has_our_own(api, wire):
    wire.get(f"{GATEWAY}/Machines", status=404)
    with pytest.raises(ApiError) as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert error.value.transaction_id == wire.calls[0].request.headers["Citrix-TransactionId"]


def test_a_lost_answer_has_the_id_that_was_sent(api, wire):
    wire.get(f"{GATEWAY}/Machines", body=requests.exceptions.ReadTimeout("read timed out"))
    with pytest.raises(AnswerLost) as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert error.value.transaction_id == wire.calls[0].request.headers["Citrix-TransactionId"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_not_followed_and_names_the_host_to_set(api, wire, method):
    elsewhere = "https://api-eu.cloud.com/cvad/manage/Machines"
    wire.add(method, f"{GATEWAY}/Machines", status=307, headers={"Location": elsewhere})
    wire.add(method, elsewhere, json={})
    with pytest.raises(ApiError, match=r"HTTP 307; .* set api_url to it") as error:
        api().send(Call(method, "Machines", "list the machines", write=method == "POST"))
    assert "https://api-eu.cloud.com;" in str(error.value)
    assert error.value.may_have_acted is False
    assert len(wire.calls) == 1


@pytest.mark.parametrize("location", [None, "", "/elsewhere"])
def test_a_redirect_to_nowhere_in_particular_is_an_error_too(api, wire, location):
    wire.get(f"{GATEWAY}/Machines", status=302, headers={"Location": location} if location is not None else {})
    with pytest.raises(ApiError, match="HTTP 302; check api_url"):
        api().send(Call("GET", "Machines", "list the machines"))


def test_a_redirect_that_is_no_url_is_an_error_like_any_other(api, wire):
    wire.get(f"{GATEWAY}/Machines", status=302, headers={"Location": "https://[not-an-address/"})
    with pytest.raises(ApiError, match="Could not list the machines: HTTP 302"):
        api().send(Call("GET", "Machines", "list the machines"))


@pytest.mark.parametrize("status", [200, 307, 400, 401, 403, 500])
def test_the_token_does_not_get_into_an_error_though_the_server_sends_it_back(api, wire, status):
    echo = f"Authorization: CWSAuth bearer={TOKEN}"
    wire.get(f"{GATEWAY}/Machines", status=status, body=echo)
    with pytest.raises(ApiError) as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert TOKEN not in f"{error.value} {error.value.to_result()}"
    assert "CWSAuth bearer=***" in error.value.detail


def test_a_netrc_entry_does_not_replace_the_token(api, wire, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("default login somebody password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    wire.get(f"{GATEWAY}/Machines", json={})
    api().send(Call("GET", "Machines", "list the machines"))
    assert wire.calls[0].request.headers["Authorization"] == f"CWSAuth bearer={TOKEN}"


# Names


def path_of(name):
    """Return the path that goes over the wire for a machine of this name."""
    request = requests.Request("GET", f"{GATEWAY}/Machines/{segment(name)}/Sessions").prepare()
    parts = urlsplit(request.url)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("https", "api.cloud.com", "", "")
    return parts.path


@given(st.text(st.characters()))
@example("LAB\\vda-001")
@example("a/../b")
@example("..\\..")
@example("%2e%2e")
@example("%2F")
@example("a b?c#d;e&f=g+h:i@j$k")
@example("Müller|İ|機械")
@example("\ud800")
@example(".")
@example("..")
@example("")
def test_a_name_stays_one_segment_of_the_path_or_is_refused(name):
    try:
        path = path_of(name)
    except CitrixError:
        assert name in ("", ".", "..") or any("\ud800" <= char <= "\udfff" for char in name)
    else:
        *base, machines, written, sessions = path.split("/")
        assert (base, machines, sessions) == (["", "cvad", "manage"], "Machines", "Sessions")
        assert unquote(written) == name.replace("\\", "|")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("LAB\\vda-001", "LAB%7Cvda-001"),
        ("LAB|vda-001", "LAB%7Cvda-001"),
        ("Folder1\\Folder2\\Name", "Folder1%7CFolder2%7CName"),
        ("a b/c", "a%20b%2Fc"),
        ("100%", "100%25"),
        ("Müller", "M%C3%BCller"),
    ],
)
def test_names_are_written_as_the_api_wants_them(name, written):
    assert segment(name) == written


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_leave_its_place_is_refused(name):
    with pytest.raises(CitrixError, match="write the name in full"):
        segment(name)


# Pages


class Pages:
    """An API that answers with these pages and notes the token it was asked with."""

    def __init__(self, pages):
        self._pages = list(pages)
        self.asked_with = []
        self.list_complete = True
        self.warnings = []
        self.warn = self.warnings.append

    def send(self, call):
        self.asked_with.append(call.query.get("continuationToken"))
        assert call.query["fields"] == "Id"
        return Answer(self._pages[len(self.asked_with) - 1], "t1")

    def items(self):
        return Api.items(self, LIST)

    _report_short = Api._report_short


@given(
    st.lists(st.lists(st.integers(), max_size=4), min_size=1, max_size=8),
    st.sampled_from([{}, {"ContinuationToken": None}, {"ContinuationToken": ""}]),
)
def test_all_items_of_all_pages_come_in_their_order(pages, last):
    bodies = [{"Items": [{"n": n} for n in page], "ContinuationToken": f"{i}+=:%/ä"} for i, page in enumerate(pages)]
    bodies[-1] = {"Items": bodies[-1]["Items"], **last}
    api = Pages(bodies)
    assert [item["n"] for item in api.items()] == [n for page in pages for n in page]
    assert api.asked_with == [None, *(f"{i}+=:%/ä" for i in range(len(pages) - 1))]


@given(st.integers(0, 5), st.data())
def test_a_token_that_comes_again_is_an_error_and_no_loop(count, data):
    again = data.draw(st.integers(0, count))
    tokens = [f"token {number}" for number in range(count + 1)] + [f"token {again}"]
    api = Pages([{"Items": [{"n": 1}], "ContinuationToken": token} for token in tokens])
    with pytest.raises(CitrixError, match=r"Could not list the sessions of machine .*: the API repeats a page"):
        list(api.items())
    assert len(api.asked_with) == len(tokens)


def test_a_token_goes_over_the_wire_in_one_piece(api, wire):
    token = "a+b=c:d%20e/f&g ä"
    wire.get(f"{GATEWAY}/{LIST.path}", json={"Items": [{"n": 1}], "ContinuationToken": token})
    wire.get(f"{GATEWAY}/{LIST.path}", json={"Items": [{"n": 2}]})
    assert [item["n"] for item in api().items(LIST)] == [1, 2]
    assert wire.calls[1].request.params == {"fields": "Id", "continuationToken": token}


def total(number, *ids):
    return {"Items": [{"Id": each} for each in ids], "TotalItems": number}


def paged(*pages):
    return [{**page, "ContinuationToken": f"t{at}"} for at, page in enumerate(pages[:-1])] + [pages[-1]]


@pytest.mark.parametrize(
    "pages",
    [[total(2, "1", "2")], paged(total(3, "1", "2"), total(3, "3")), paged({"Items": [{"Id": "1"}]}, {"Items": []})],
)
def test_items_list_as_long_as_reported_read_once(pages):
    api = Pages(pages)
    assert len(list(api.items())) == len({item["Id"] for page in pages for item in page["Items"]})
    assert len(api.asked_with) == len(pages)
    assert (api.list_complete, api.warnings) == (True, [])


@pytest.mark.parametrize("number", [None, 0, -1, -500, "500", True, 1.5, [], {}])
def test_items_total_without_meaning_ignored(number):
    api = Pages([total(number, "1")])
    assert list(api.items()) == [{"Id": "1"}]
    assert api.list_complete and len(api.asked_with) == 1


@pytest.mark.parametrize("again", [[total(3, "3", "1", "2")], paged(total(3, "1"), total(3, "2", "3"))])
def test_items_short_list_completed_by_second_reading(again):
    api = Pages([*paged(total(3, "1"), total(3, "2", "1")), *again])
    assert [item["Id"] for item in api.items()] == ["1", "2", "3"]
    assert (api.list_complete, api.warnings) == (True, [])


def test_items_object_gone_by_second_reading_kept():
    api = Pages([total(3, "1", "2"), total(2, "2", "3")])
    assert [item["Id"] for item in api.items()] == ["1", "2", "3"]
    assert api.list_complete


def test_items_lasting_shortfall_warned():
    api = Pages([total(500, "1", "2"), total(500, "1", "3", "3")])
    assert [item["Id"] for item in api.items()] == ["1", "2", "3"]
    assert api.list_complete is False
    (warning,) = api.warnings
    assert warning.startswith(
        "Could not list the sessions of machine LAB\\vda-001 in full: the API reports 500 and returned 2,"
    )


def test_items_without_ids_not_repeated_by_second_reading():
    api = Pages([{"Items": [{"n": 1}, {"n": 2}], "TotalItems": 3}] * 2)
    assert list(api.items()) == [{"n": 1}, {"n": 2}]
    assert "reports 3 and returned 2" in api.warnings[0]


class EndlessPages(Pages):
    """An API whose pages never end: each has a new token."""

    def __init__(self, items):
        super().__init__([])
        self._items = items

    def send(self, call):
        self.asked_with.append(call.query.get("continuationToken"))
        number = len(self.asked_with)
        return Answer({"Items": self._items(number), "ContinuationToken": f"t{number}"}, "t1")


@pytest.mark.parametrize(
    ("items", "pages"),
    [
        (lambda number: [], IDLE_PAGES),
        (lambda number: [{"Id": "1"}], IDLE_PAGES + 1),
        (lambda number: [{"Id": str(number)}], MOST_PAGES),
        (lambda number: [{"Id": str(number % 50)}], IDLE_PAGES + 50),
    ],
)
def test_items_endless_list_ends_with_an_error(items, pages):
    api = EndlessPages(items)
    with pytest.raises(
        CitrixError, match=r"Could not list the sessions of machine .*: the list does not end \(.*check api_url"
    ):
        list(api.items())
    assert len(api.asked_with) == pages


def test_items_empty_pages_within_bounds_read():
    pages = paged(
        *[{"Items": []}] * (IDLE_PAGES - 1),
        {"Items": [{"Id": "1"}]},
        *[{"Items": []}] * (IDLE_PAGES - 1),
        {"Items": []},
    )
    assert list(Pages(pages).items()) == [{"Id": "1"}]


def test_a_page_is_asked_for_only_when_it_is_needed():
    api = Pages([{"Items": [{"n": 1}], "ContinuationToken": "more"}])
    assert next(api.items()) == {"n": 1}
    assert api.asked_with == [None]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.fixed_dictionaries({}, optional={"Items": JSON, "ContinuationToken": JSON}))
@example({"Items": None})
@example({"Items": {"Id": "not a list"}})
@example({"Items": 17})
@example({"Items": [None, 1, "x", [], {"Id": "1"}]})
@example({"Items": [], "ContinuationToken": 17})
@example({"Items": [], "ContinuationToken": {"a": 1}})
def test_a_list_of_any_shape_gives_objects_or_an_error_of_ours(page):
    api = SimpleNamespace(send=lambda _call: Answer(page, "t1"))
    try:
        found = list(Api.items(api, LIST))
    except CitrixError:
        pass
    else:
        assert all(isinstance(item, dict) for item in found)


@pytest.mark.parametrize(("validate_certs", "count"), [(False, 1), (True, 0)])
def test_connect_validate_certs_false_warned(api, warnings, validate_certs, count):
    api(deployment="on_premises", api_url="https://ddc01.example.com", validate_certs=validate_certs)
    assert [warning.split(",")[0] for warning in warnings] == ["validate_certs: is false"] * count


def test_an_accepted_write_is_in_the_log_at_once(settings, wire):
    log = []
    api = connect(settings(retries=0), False, None, None, log.append)
    start = Call("POST", "Sessions/1/$startRecording", "start the recording of\nthe session 1", write=True)
    wire.post(f"{GATEWAY}/{start.path}", json={"Id": "1"}, headers={"Citrix-TransactionId": "t1"})
    api.send(start)
    assert log == ["accepted: start the recording of the session 1 [transaction t1]"]
    wire.replace("POST", f"{GATEWAY}/{start.path}", status=409, json={"detail": "no"})
    with pytest.raises(ApiError):
        api.send(start)
    wire.get(f"{GATEWAY}/{LIST.path}", json={"Items": []})
    api.send(LIST)
    assert len(log) == 1
