# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API: address and headers of a call, and how its response is read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import requests
import responses
import yaml
from ansible_collections.sessionops.citrix.plugins.module_utils._client import transport
from ansible_collections.sessionops.citrix.plugins.module_utils._client.api import connect
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import (
    ACCOUNT,
    CUSTOMER,
    SITE,
    Call,
    Response,
    segment,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import (
    ApiError,
    CitrixError,
    Interrupted,
    NotReady,
)
from hypothesis import example, given
from hypothesis import strategies as st

GALAXY = yaml.safe_load((Path(__file__).parents[5] / "galaxy.yml").read_text(encoding="utf-8"))
TOKEN = "fake-access-token-0123456789abcdefghijklmnopqrstuvwxyz"
GATEWAY = "https://api.cloud.com/cvad/manage"
DIRECT = "https://customer1.xendesktop.net/citrix/orchestration/api"
ME = {"Customers": [{"Id": "customer1", "Sites": [{"Id": "site7", "Name": "Seven"}]}]}
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
    """Return a factory of APIs with these options and a real transport."""

    def make(check_mode=False, **given):
        return connect(settings(**{"retries": 0, **given}), check_mode, warnings.append, len)

    return make


def test_call_through_gateway_has_ids_in_headers_only(api, wire):
    wire.get(f"{GATEWAY}/{LIST.path}", json={"Items": []}, headers={"Citrix-TransactionId": "t1"})
    assert api().send(LIST) == Response({"Items": []}, "t1")
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
def test_call_without_gateway_has_ids_in_path(api, wire, scope, path, direct_path):
    wire.get(f"{DIRECT}/{direct_path}", json={})
    api(api_url=DIRECT).send(Call("GET", path, "read it", scope=scope))
    headers = wire.calls[0].request.headers
    assert headers["Citrix-CustomerId"] == "customer1"
    assert headers.get("Citrix-InstanceId") == ("site1" if scope == SITE else None)


@pytest.mark.parametrize(("scope", "path", "_direct_path"), SCOPES)
def test_call_through_gateway_one_path_for_each_scope(api, wire, scope, path, _direct_path):
    wire.get(f"{GATEWAY}/{path}", json={})
    api().send(Call("GET", path, "read it", scope=scope))
    headers = wire.calls[0].request.headers
    assert headers["Citrix-CustomerId"] == "customer1"
    assert headers.get("Citrix-InstanceId") == ("site1" if scope == SITE else None)


@pytest.mark.parametrize("base", [GATEWAY, DIRECT])
@pytest.mark.parametrize("scope", [CUSTOMER, ACCOUNT])
def test_call_outside_site_has_no_instance_id(api, wire, base, scope):
    wire.get(re.compile(".*"), json={})
    api(api_url=base, site_id=None).send(Call("GET", "me", "read it", scope=scope))
    assert "Citrix-InstanceId" not in wire.calls[0].request.headers


def test_given_token_returned_without_request(api, wire):
    assert api().token().value == TOKEN
    assert len(wire.calls) == 0


@pytest.mark.parametrize("base", [GATEWAY, DIRECT])
def test_site_requested_once(api, wire, base):
    wire.get(f"{base}/me", json=ME)
    wire.get(re.compile(".*/Machines"), json={})
    found = api(api_url=base, site_id=None)
    for _count in range(3):
        found.send(Call("GET", "Machines", "list the machines"))
    assert [urlsplit(call.request.url).path.rpartition("/")[2] for call in wire.calls] == ["me", *["Machines"] * 3]
    assert {call.request.headers.get("Citrix-InstanceId") for call in wire.calls} == {None, "site7"}
    assert found.site_id() == "site7"


def test_site_given_not_requested(api):
    assert api().site_id() == "site1"


def test_site_not_found_requested_once(api, wire):
    wire.get(f"{GATEWAY}/me", status=403, json={"detail": "No."})
    found = api(site_id=None)
    for _count in range(2):
        with pytest.raises(NotReady, match="Could not read the account and its sites: HTTP 403"):
            found.send(LIST)
    assert len(wire.calls) == 1


def test_on_premises_listed_customer_id_ignored(api, wire):
    generated = {"Customers": [{"Id": "0c1b6c2f-9a39-4c0f-8a5e-5f0d6f1f2a3b", "Sites": [{"Id": "site7"}]}]}
    base = "https://ddc01.example.com/cvad/manage"
    wire.get(f"{base}/me", json=generated)
    wire.get(f"{base}/{LIST.path}", json={"Items": []})
    api(deployment="on_premises", api_url=base, customer_id=None, site_id=None).send(LIST)
    sent = wire.calls[1].request.headers
    assert (sent["Citrix-CustomerId"], sent["Citrix-InstanceId"]) == ("CitrixOnPremises", "site7")


def test_call_body_sent_as_json(api, wire):
    wire.post(f"{GATEWAY}/Machines/$search", json={})
    api().send(Call("POST", "Machines/$search", "look up", body={"SearchFilters": []}))
    assert json.loads(wire.calls[0].request.body) == {"SearchFilters": []}
    assert wire.calls[0].request.headers["Content-Type"] == "application/json"


def test_check_mode_blocks_writes_and_allows_reads(api, wire):
    wire.post(f"{GATEWAY}/Sessions/1/$startRecording", json={})
    wire.post(f"{GATEWAY}/Machines/$search", json={})
    checking = api(check_mode=True)
    with pytest.raises(CitrixError, match="check mode"):
        checking.send(Call("POST", "Sessions/1/$startRecording", "start it", write=True))
    checking.send(Call("POST", "Machines/$search", "look up"))
    assert [urlsplit(call.request.url).path for call in wire.calls] == ["/cvad/manage/Machines/$search"]


@pytest.mark.parametrize(("status", "body"), [(200, ""), (202, ""), (204, ""), (200, " \r\n"), (200, "{}")])
def test_call_empty_response_returns_no_fields(api, wire, status, body):
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
def test_call_success_without_json_raises_error(api, wire, body):
    wire.get(f"{GATEWAY}/Machines", body=body)
    with pytest.raises(ApiError, match=r"HTTP 200.*not a response of the Citrix API; check api_url") as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert error.value.may_have_acted is True


def test_call_success_with_error_body_shows_its_text(api, wire):
    wire.get(f"{GATEWAY}/Machines", json={"SdkErrorId": "Citrix.Denied", "ErrorMessage": "The broker is busy."})
    with pytest.raises(ApiError, match=r"HTTP 200.*The broker is busy\.") as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert "not a response of the Citrix API" not in str(error.value)


@pytest.mark.parametrize("status", [300, 304])
def test_call_other_status_is_not_called_foreign(api, wire, status):
    wire.get(f"{GATEWAY}/Machines", status=status)
    with pytest.raises(ApiError, match=f"HTTP {status}") as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert "not a response of the Citrix API" not in str(error.value)


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
def test_call_unverifiable_success_must_be_valid(api, wire, status, body, accepted):
    call = Call("POST", "Sessions/1/$sendMessage", "send it", write=True, proof="Id")
    wire.post(f"{GATEWAY}/{call.path}", status=status, body=body)
    if accepted:
        api().send(call)
        return
    with pytest.raises(ApiError, match="not a response of the Citrix API; check api_url") as error:
        api().send(call)
    assert error.value.may_have_acted is True


@pytest.mark.parametrize(
    ("status", "location", "job_id"),
    [
        (202, "https://api.cloud.com/cvad/manage/Jobs/job1", "job1"),
        (202, "/cvad/manage/Jobs/job%2F1?x=1", "job/1"),
        (202, None, ""),
        (202, "https://[Ddc]/cvad/manage/Jobs/3a5be100...", "3a5be100..."),
        (202, "https://api.cloud.com/cvad/manage/Jobs/job1/", "job1"),
        (202, "job1", "job1"),
        (200, "https://api.cloud.com/cvad/manage/Jobs/job1", None),
    ],
)
def test_accepted_call_job_id_is_last_part_of_location(api, wire, status, location, job_id):
    wire.post(f"{GATEWAY}/$batch", status=status, headers={"Location": location} if location else {})
    assert api().send(Call("POST", "$batch", "send a batch")).job_id == job_id


ITEM = Call("GET", "Sessions/RecordingStatus", "read the status", {"id": "a/b c&d", "fields": "Id,State"})


@pytest.mark.parametrize(
    ("base", "address"), [(GATEWAY, "/Sessions/RecordingStatus"), (DIRECT, "customer1/site7/Sessions/RecordingStatus")]
)
def test_batch_item_url_matches_base(api, base, address):
    found = api(api_url=base, site_id="site7")
    url = urlsplit(found.relative_url(ITEM))
    assert url.path == address
    assert dict(part.split("=") for part in url.query.split("&")) == {"id": "a%2Fb+c%26d", "fields": "Id%2CState"}
    assert found.relative_url(Call("GET", "Machines", "list")).endswith("/Machines")


def test_accepted_call_job_id_from_body(api, wire):
    wire.post(f"{GATEWAY}/$batch", status=202, json={"Id": "job1", "Status": "NotStarted"})
    assert api().send(Call("POST", "$batch", "send a batch")).job_id == "job1"


def test_call_response_with_byte_order_mark_read(api, wire):
    wire.get(f"{GATEWAY}/Machines", body=b'\xef\xbb\xbf{"Items": []}')
    assert api().send(Call("GET", "Machines", "list the machines")).body == {"Items": []}


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500, 503, 530])
def test_error_has_request_and_transaction_id(api, wire, status):
    wire.get(f"{GATEWAY}/Machines", status=status, json={"detail": "No."}, headers={"Citrix-TransactionId": "t1"})
    with pytest.raises(ApiError) as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert str(error.value).startswith(f"Could not list the machines: HTTP {status} (No.); ")
    assert (error.value.status, error.value.transaction_id) == (status, "t1")


def test_error_has_sent_transaction_id(api, wire):
    wire.get(f"{GATEWAY}/Machines", status=404)
    with pytest.raises(ApiError) as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert error.value.transaction_id == wire.calls[0].request.headers["Citrix-TransactionId"]


def test_token_in_transaction_id_of_success_masked(api, wire):
    wire.get(f"{GATEWAY}/Machines", json={}, headers={"Citrix-TransactionId": f"t1 bearer={TOKEN}"})
    assert api().send(Call("GET", "Machines", "list the machines")).transaction_id == "t1 bearer=***"


@pytest.mark.parametrize(
    ("headers", "body", "transaction_id"),
    [
        ({"X-Cws-TransactionId": "t1"}, {"activityId": "a1"}, "t1"),
        ({}, {"statusCode": 500, "message": "Internal server error", "activityId": "a1"}, "a1"),
        ({"Citrix-TransactionId": f"t1 bearer={TOKEN}"}, {}, "t1 bearer=***"),
    ],
)
def test_error_has_transaction_id_of_any_service(api, wire, headers, body, transaction_id):
    wire.get(f"{GATEWAY}/Machines", status=400, headers=headers, json=body)
    with pytest.raises(ApiError) as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert error.value.transaction_id == transaction_id


READ_ONE = Call("GET", "Sessions/1", "read the session 1")
START = Call("POST", "Sessions/1/$startRecording", "start it", write=True)


@pytest.mark.parametrize(
    ("body", "by_api", "by_api_if_known"),
    [
        ("", False, True),
        ('{"Message": "No HTTP resource was found."}', False, True),
        ('{"statusCode": 404, "message": "Resource not found"}', False, True),
        ('{"SdkErrorId": "Citrix.XDPowerShell.Broker.UnknownObject"}', True, True),
        ('{"sdkErrorId": "x", "errorType": null}', True, True),
        ('{"type": "https://errors-api.cloud.com/common/notFound"}', True, True),
        ('{"Detail": null}', True, True),
        ("<html>Not found</html>", False, False),
        ("Not found", False, False),
        ("[]", False, False),
    ],
)
@pytest.mark.parametrize("call", [READ_ONE, START])
def test_call_404_on_known_path_means_missing_object(api, wire, call, body, by_api, by_api_if_known):
    wire.add(call.method, f"{GATEWAY}/{call.path}", status=404, body=body)
    asking = api()

    def is_by_api():
        with pytest.raises(ApiError) as error:
            asking.send(call)
        return error.value.by_api

    assert is_by_api() is by_api
    other = call._replace(path=call.path.replace("1", "2"))
    wire.add(call.method, f"{GATEWAY}/{other.path}", json={})
    asking.send(other)
    assert is_by_api() is by_api_if_known


def test_list_makes_only_its_object_path_known(api, wire):
    wire.get(f"{GATEWAY}/Sessions", json={"Items": []})
    wire.get(f"{GATEWAY}/Sessions/1", status=404)
    wire.post(f"{GATEWAY}/Sessions/1/$startRecording", status=404)
    asking = api()
    asking.send(Call("GET", "Sessions", "list the sessions"))
    for call, by_api in ((READ_ONE, True), (START, False)):
        with pytest.raises(ApiError) as error:
            asking.send(call)
        assert error.value.by_api is by_api


CANCELED = Interrupted("Canceled requests in progress.", in_progress=True)
LEFT_OUT = requests.exceptions.ConnectTimeout("no connection")


@pytest.mark.parametrize("problem", [requests.exceptions.ReadTimeout("timed out"), CANCELED, b"too large", LEFT_OUT])
def test_lost_response_error_has_sent_transaction_id(api, wire, monkeypatch, problem):
    monkeypatch.setattr(transport, "LARGEST_BODY", 3)
    wire.get(f"{GATEWAY}/Machines", body=problem)
    with pytest.raises(CitrixError) as error:
        api().send(Call("GET", "Machines", "list the machines"))
    sent = wire.calls[0].request.headers["Citrix-TransactionId"]
    assert error.value.transaction_id == (None if problem is LEFT_OUT else sent)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirect_not_followed_and_error_names_host(api, wire, method):
    elsewhere = "https://api-eu.cloud.com/cvad/manage/Machines"
    wire.add(method, f"{GATEWAY}/Machines", status=307, headers={"Location": elsewhere})
    wire.add(method, elsewhere, json={})
    with pytest.raises(ApiError, match=r"HTTP 307; .* set api_url to it") as error:
        api().send(Call(method, "Machines", "list the machines", write=method == "POST"))
    assert "https://api-eu.cloud.com;" in str(error.value)
    assert error.value.may_have_acted is False
    assert len(wire.calls) == 1


@pytest.mark.parametrize("location", [None, ""])
def test_redirect_without_location_raises_error(api, wire, location):
    wire.get(f"{GATEWAY}/Machines", status=302, headers={"Location": location} if location is not None else {})
    with pytest.raises(ApiError, match="HTTP 302; check api_url"):
        api().send(Call("GET", "Machines", "list the machines"))


def test_redirect_to_invalid_url_raises_error(api, wire):
    wire.get(f"{GATEWAY}/Machines", status=302, headers={"Location": "https://[not-an-address/"})
    with pytest.raises(ApiError, match="Could not list the machines: HTTP 302"):
        api().send(Call("GET", "Machines", "list the machines"))


@pytest.mark.parametrize("status", [200, 307, 400, 401, 403, 500])
def test_token_echoed_by_server_masked_in_error(api, wire, status):
    echo = f"Authorization: CWSAuth bearer={TOKEN}"
    wire.get(f"{GATEWAY}/Machines", status=status, body=echo)
    with pytest.raises(ApiError) as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert TOKEN not in f"{error.value} {error.value.to_result()}"
    assert "CWSAuth bearer=***" in error.value.detail


def test_netrc_entry_does_not_replace_token(api, wire, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("default login someone password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    wire.get(f"{GATEWAY}/Machines", json={})
    api().send(Call("GET", "Machines", "list the machines"))
    assert wire.calls[0].request.headers["Authorization"] == f"CWSAuth bearer={TOKEN}"


# Names


def path_of(name):
    """Return the path in the request for a machine with this name."""
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
def test_segment_any_name_quoted_or_rejected(name):
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
def test_segment_quotes_names_as_documented(name, written):
    assert segment(name) == written


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_segment_path_traversal_rejected(name):
    with pytest.raises(CitrixError, match="write the full name"):
        segment(name)


@pytest.mark.parametrize(("validate_certs", "count"), [(False, 1), (True, 0)])
def test_connect_validate_certs_false_warned(api, warnings, validate_certs, count):
    api(deployment="on_premises", api_url="https://ddc01.example.com", validate_certs=validate_certs)
    assert [warning.split(",")[0] for warning in warnings] == ["validate_certs: is false"] * count


def test_accepted_write_logged_immediately(settings, wire):
    log = []
    api = connect(settings(retries=0), False, None, log.append)
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


def test_items_short_list_warned_and_remembered(api, wire, warnings):
    wire.get(f"{GATEWAY}/Sessions", json={"Items": [{"Id": "1"}, {"Id": "2"}], "TotalItems": 500})
    found = api()
    assert found.list_complete
    assert len(list(found.items(Call("GET", "Sessions", "list the sessions", {"limit": "1000"})))) == 2
    assert found.list_complete is False
    assert warnings == [
        "Could not list the sessions in full: the API reports 500 and returned 2, even when read again; check the role "
        "and scope of the account, and run again."
    ]


def test_items_repeated_page_warned_and_remembered(api, wire, warnings):
    wire.get(f"{GATEWAY}/Sessions", json={"Items": [{"Id": "1"}, {"Id": "2"}], "ContinuationToken": "t"})
    found = api()
    assert len(list(found.items(Call("GET", "Sessions", "list the sessions", {"limit": "1000"})))) == 2
    assert found.list_complete is False
    assert warnings == [
        "Could not list the sessions in full: the API repeated a page after 2 objects, so there may be more; check "
        "proxies, and run again."
    ]


@pytest.mark.parametrize("status", [205, 206, 207, 226, 299])
def test_call_part_of_response_is_not_success(api, wire, status):
    wire.get(f"{GATEWAY}/Machines", status=status, json={"Items": []})
    with pytest.raises(ApiError, match=rf"HTTP {status}.*not a response of the Citrix API") as error:
        api().send(Call("GET", "Machines", "list the machines"))
    assert error.value.may_have_acted is True
