# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists: read every page once, and end every list."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import Call, Response
from ansible_collections.sessionops.citrix.plugins.module_utils._client.pages import IDLE_PAGES, read_pages
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError, CitrixError, api_error
from hypothesis import example, given
from hypothesis import strategies as st

LIST = Call("GET", "Sessions", "list the sessions", {"limit": "1000", "fields": "Id"})

REPEATED = "the API repeated a page after 1 objects, so there may be more; check proxies"


def short(expected, found):
    numbers = f"the API reports {expected} and returned {found}"
    return f"{numbers}, even when read again; check the role and scope of the account"


class Pages:
    """An API that returns these pages and records the tokens in the requests."""

    def __init__(self, pages):
        self._pages = list(pages)
        self.sent_tokens = []
        self.limits = []
        self.warnings = []

    def send(self, call):
        self.sent_tokens.append(call.query.get("continuationToken"))
        self.limits.append(call.query.get("limit"))
        assert call.query["fields"] == "Id"
        page = self._pages[len(self.sent_tokens) - 1]
        if isinstance(page, Exception):
            raise page
        return Response(page, "t1")

    def items(self):
        return self.list(LIST)

    def list(self, call):
        return read_pages(lambda page: self.send(page).body, call, self.warnings.append)


@given(
    st.lists(st.lists(st.integers(), max_size=4), min_size=1, max_size=8),
    st.sampled_from([{}, {"ContinuationToken": None}, {"ContinuationToken": ""}]),
)
def test_items_of_all_pages_in_order(pages, last):
    bodies = [{"Items": [{"n": n} for n in page], "ContinuationToken": f"{i}+=:%/ä"} for i, page in enumerate(pages)]
    bodies[-1] = {"Items": bodies[-1]["Items"], **last}
    api = Pages(bodies)
    assert [item["n"] for item in api.items()] == [n for page in pages for n in page]
    assert api.sent_tokens == [None, *(f"{i}+=:%/ä" for i in range(len(pages) - 1))]


@given(st.integers(0, 5), st.data())
def test_items_repeated_token_with_new_items_raises_error(count, data):
    again = data.draw(st.integers(0, count))
    tokens = [f"token {number}" for number in range(count + 1)] + [f"token {again}"]
    api = Pages([{"Items": [{"Id": str(at)}], "ContinuationToken": token} for at, token in enumerate(tokens)])
    with pytest.raises(CitrixError, match=r"Could not list the sessions: the API repeated a page"):
        list(api.items())
    assert len(api.sent_tokens) == len(tokens)


@pytest.mark.parametrize(
    ("last", "total", "warnings"),
    [
        ([], None, []),
        (["1"], 1, []),
        (["2"], 2, []),
        (["2"], 1, []),
        (["2"], "2", []),
        # A proxy that ignores the query sends the first page again.
        (["1"], None, [REPEATED]),
        (["1"], 0, [REPEATED]),
        (["2"], 3, None),
        (["2"], 0, None),
        (["2"], -1, None),
        (["2"], None, None),
        (["2"], "3", None),
    ],
)
def test_items_repeated_token_ends_complete_list(last, total, warnings):
    """None stands for an error."""
    body = {"Items": [{"Id": each} for each in last], "ContinuationToken": "t", "TotalItems": total}
    api = Pages([{"Items": [{"Id": "1"}], "ContinuationToken": "t"}, body])
    if warnings is not None:
        assert [item["Id"] for item in api.items()] == sorted({"1", *last})
        assert (api.warnings, len(api.sent_tokens)) == (warnings, 2)
    else:
        with pytest.raises(CitrixError, match="repeated a page"):
            list(api.items())


def test_items_list_without_token_is_complete():
    api = Pages([{"Items": [{"Id": "1"}], "ContinuationToken": "more"}])
    call = Call("GET", "Machines/1/Sessions", "list the sessions of machine 1", {"fields": "Id"})
    assert list(api.list(call)) == [{"Id": "1"}]


def refusal(text, status=400):
    return api_error("list the sessions", status, text)


def test_items_expired_token_restarts_list_once():
    first = {"Items": [{"Id": "1"}], "ContinuationToken": "old"}
    api = Pages([first, refusal("expired"), {**first, "ContinuationToken": "new"}, {"Items": [{"Id": "2"}]}])
    assert [item["Id"] for item in api.items()] == ["1", "2"]
    assert api.sent_tokens == [None, "old", None, "new"]
    api = Pages([first, refusal("expired"), first, refusal("expired")])
    with pytest.raises(ApiError, match="HTTP 400"):
        list(api.items())


@pytest.mark.parametrize("status", [403, 404, 409, 500])
def test_items_other_error_between_pages_raised(status):
    api = Pages([{"Items": [{"Id": "1"}], "ContinuationToken": "old"}, refusal("no", status)])
    with pytest.raises(ApiError, match=f"HTTP {status}"):
        list(api.items())
    assert api.sent_tokens == [None, "old"]


@pytest.mark.parametrize(
    "text",
    [
        '{"detail": "The limit must be at most 250."}',
        '{"detail": "No.", "parameters": [{"name": "limit", "value": "1000"}]}',
        '{"ErrorMessage": "Limit is out of range."}',
    ],
)
def test_items_rejected_limit_falls_back_to_default(text):
    api = Pages([refusal(text), {"Items": [{"Id": "1"}], "ContinuationToken": "t"}, {"Items": [{"Id": "2"}]}])
    assert [item["Id"] for item in api.items()] == ["1", "2"]
    assert api.limits == ["1000", "250", "250"]


@pytest.mark.parametrize("text", ["", '{"detail": "Unlimited is no value."}', '{"detail": "fields"}'])
def test_items_400_without_limit_raised(text):
    api = Pages([refusal(text)])
    with pytest.raises(ApiError, match="HTTP 400"):
        list(api.items())
    api = Pages([refusal("limit"), refusal("limit")])
    with pytest.raises(ApiError, match="HTTP 400"):
        list(api.items())


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
    assert len(api.sent_tokens) == len(pages)
    assert api.warnings == []


@pytest.mark.parametrize("number", [None, 0, -1, -500, "-5", "many", "", "9" * 5000, True, 1.5, [], {}, [500]])
def test_items_total_without_meaning_ignored(number):
    api = Pages([total(number, "1")])
    assert list(api.items()) == [{"Id": "1"}]
    assert (api.warnings, len(api.sent_tokens)) == ([], 1)


@pytest.mark.parametrize("again", [[total(3, "3", "1", "2")], paged(total(3, "1"), total(3, "2", "3"))])
def test_items_short_list_completed_by_second_reading(again):
    api = Pages([*paged(total(3, "1"), total(3, "2", "1")), *again])
    assert [item["Id"] for item in api.items()] == ["1", "2", "3"]
    assert api.warnings == []


def test_items_object_missing_in_second_read_kept():
    api = Pages([total(3, "1", "2"), total(2, "2", "3")])
    assert [item["Id"] for item in api.items()] == ["1", "2", "3"]
    assert api.warnings == []


@pytest.mark.parametrize("number", [500, "500", " 500 ", 500.0])
def test_items_lasting_shortfall_warned(number):
    api = Pages([total(number, "1", "2"), total(number, "1", "3", "3")])
    assert [item["Id"] for item in api.items()] == ["1", "2", "3"]
    assert api.warnings == [short(500, 2)]


@pytest.mark.parametrize("value", [None, "1", 17, [{"Id": "2"}]])
def test_items_non_object_counts_as_shortfall(value):
    """It may be a session in another form."""
    page = {"Items": [{"Id": "1"}, value], "TotalItems": None}
    api = Pages([page, page])
    assert list(api.items()) == [{"Id": "1"}]
    assert api.warnings == [short(2, 1)]


def test_items_value_readable_in_second_reading():
    api = Pages([{"Items": [{"Id": "1"}, None]}, {"Items": [{"Id": "1"}, {"Id": "2"}]}])
    assert list(api.items()) == [{"Id": "1"}, {"Id": "2"}]
    assert api.warnings == []


def test_items_without_ids_not_repeated_by_second_reading():
    api = Pages([{"Items": [{"n": 1}, {"n": 2}], "TotalItems": 3}] * 2)
    assert list(api.items()) == [{"n": 1}, {"n": 2}]
    assert api.warnings == [short(3, 2)]


class EndlessPages(Pages):
    """An API with an endless list: each page has a new token."""

    def __init__(self, items):
        super().__init__([])
        self._items = items

    def send(self, call):
        self.sent_tokens.append(call.query.get("continuationToken"))
        number = len(self.sent_tokens)
        return Response({"Items": self._items(number), "ContinuationToken": f"t{number}"}, "t1")


@pytest.mark.parametrize(
    ("items", "pages"),
    [
        (lambda number: [], IDLE_PAGES),
        (lambda number: [{"Id": "1"}], IDLE_PAGES + 1),
        (lambda number: [{"Id": str(number)}], 1000),
        (lambda number: [{"Id": str(number % 50)}], IDLE_PAGES + 50),
    ],
)
def test_items_endless_list_raises_error(items, pages):
    api = EndlessPages(items)
    with pytest.raises(CitrixError, match=r"Could not list the sessions: the list does not end \(.*check api_url"):
        list(api.items())
    assert len(api.sent_tokens) == pages


def test_items_empty_pages_within_bounds_read():
    pages = paged(
        *[{"Items": []}] * (IDLE_PAGES - 1),
        {"Items": [{"Id": "1"}]},
        *[{"Items": []}] * (IDLE_PAGES - 1),
        {"Items": []},
    )
    assert list(Pages(pages).items()) == [{"Id": "1"}]


def test_page_requested_only_when_needed():
    api = Pages([{"Items": [{"n": 1}], "ContinuationToken": "more"}])
    assert next(api.items()) == {"n": 1}
    assert api.sent_tokens == [None]


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
def test_items_any_list_returns_objects_or_api_error(page):
    try:
        found = list(read_pages(lambda _call: page, LIST, lambda *_message: None))
    except CitrixError:
        pass
    else:
        assert all(isinstance(item, dict) for item in found)


SPELLINGS = (
    "3fcab8ca-9651-5900-9dc2-ba3b489fe4cf",
    "3FCAB8CA-9651-5900-9DC2-BA3B489FE4CF",
    "{3fcab8ca-9651-5900-9dc2-ba3b489fe4cf}",
    "3fcab8ca965159009dc2ba3b489fe4cf",
)


@pytest.mark.parametrize("split", [False, True])
def test_items_id_in_several_spellings_once(split):
    pages = [[{"Id": each}] for each in SPELLINGS] if split else [[{"Id": each} for each in SPELLINGS]]
    bodies = [{"Items": page, "ContinuationToken": str(at)} for at, page in enumerate(pages)]
    bodies[-1]["ContinuationToken"] = None
    assert list(Pages(bodies).items()) == [{"Id": SPELLINGS[0]}]
