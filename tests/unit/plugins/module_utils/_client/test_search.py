# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists and searches: their requests, complete long lists, and no duplicate objects."""

from __future__ import annotations

from itertools import product
from unittest.mock import patch

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client import search
from ansible_collections.sessionops.citrix.plugins.module_utils._client.search import (
    MOST_FILTERS,
    PAGE_SIZE,
    compare,
    distinct,
    listing,
    page_query,
    searches,
)
from hypothesis import given
from hypothesis import strategies as st

USERS = [compare("UserName", f"LAB\\user{number:03}") for number in range(1, 4)]
STATES = [compare("SessionState", state) for state in ("Active", "Connected")]


def only_search(*args, **kwargs):
    (call,) = searches("Sessions", "search the sessions", *args, **kwargs)
    return call


def bodies(*groups, filters=()):
    return [call.body for call in searches("Sessions", "search the sessions", (), filters, groups)]


def alternatives(body):
    """Return the alternative groups of a search, from flat filters or from groups."""
    groups = body.get("SearchFilterGroups", [{"SearchFilterGroupType": "And", **body}])
    single = [each for group in groups if group["SearchFilterGroupType"] == "And" for each in group["SearchFilters"]]
    return [[each] for each in single] + [
        group["SearchFilters"] for group in groups if group["SearchFilterGroupType"] == "Or"
    ]


@pytest.mark.parametrize(
    ("fields", "query"),
    [((), {"limit": "1000"}), (("Id", "State"), {"limit": "1000", "fields": "Id,State"})],
)
def test_search_pages_have_maximum_length_and_fields(fields, query):
    assert PAGE_SIZE == 1000
    assert page_query(fields) == query
    assert listing("Sessions", "list the sessions", fields).query == query
    assert only_search(fields, USERS).query == query


def test_search_listing_is_read():
    call = listing("Sessions", "list the sessions")
    assert (call.method, call.path, call.what) == ("GET", "Sessions", "list the sessions")
    assert (call.body, call.write) == (None, False)


def test_search_is_post_and_read():
    call = only_search((), USERS[:1])
    assert (call.method, call.path, call.what) == ("POST", "Sessions/$search", "search the sessions")
    assert call.write is False


def test_search_condition_has_documented_form():
    assert compare("UserName", "sam") == {"Property": "UserName", "Operator": "Equals", "Value": "sam"}
    assert compare("UserName", "sam", "EndsWith")["Operator"] == "EndsWith"
    assert compare("ClientName", None)["Value"] is None


def test_search_one_filter_is_flat():
    assert only_search((), USERS[:1]).body == {"SearchFilters": USERS[:1]}


def test_search_several_filters_are_one_group():
    """Both in one search could drop the flat filters: a server uses the groups instead."""
    assert only_search((), USERS).body == {
        "SearchFilterGroupsType": "And",
        "SearchFilterGroups": [{"SearchFilterGroupType": "And", "SearchFilters": USERS}],
    }


def test_search_group_matches_any_filter():
    assert bodies(USERS) == [
        {
            "SearchFilterGroupsType": "And",
            "SearchFilterGroups": [{"SearchFilterGroupType": "Or", "SearchFilters": USERS}],
        }
    ]


def test_search_all_groups_must_match():
    (body,) = bodies(USERS, STATES)
    assert body["SearchFilterGroupsType"] == "And"
    assert [group["SearchFilterGroupType"] for group in body["SearchFilterGroups"]] == ["Or", "Or"]
    assert [group["SearchFilters"] for group in body["SearchFilterGroups"]] == [USERS, STATES]
    assert "SearchFilters" not in body


def test_search_groups_of_one_combined():
    assert bodies(USERS[:1], STATES[:1]) == bodies(filters=[USERS[0], STATES[0]])


def test_search_combines_filters_and_groups():
    own = compare("ClientName", "client001")
    assert bodies(USERS[:1], STATES, filters=[own]) == [
        {
            "SearchFilterGroupsType": "And",
            "SearchFilterGroups": [
                {"SearchFilterGroupType": "And", "SearchFilters": [own, USERS[0]]},
                {"SearchFilterGroupType": "Or", "SearchFilters": STATES},
            ],
        }
    ]


def numbered(name, count):
    return [compare(name, str(number)) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "lengths"), [(99, [99]), (100, [100]), (101, [100, 1]), (200, [100, 100]), (250, [100, 100, 50])]
)
def test_search_long_group_split_all_parts_requested(count, lengths):
    assert MOST_FILTERS == 100
    requested = [alternatives(body) for body in bodies(numbered("UserName", count))]
    assert [len(group) for (group,) in requested] == lengths
    assert [condition for (group,) in requested for condition in group] == numbered("UserName", count)


def test_search_rest_of_one_name_is_flat_filter():
    assert bodies(numbered("UserName", 101))[1] == {"SearchFilters": [compare("UserName", "100")]}


@given(st.lists(st.integers(1, 8), max_size=3), st.integers(1, 2), st.integers(1, 4))
def test_search_each_combination_of_long_groups_requested_once(counts, flat, most):
    groups = [numbered(f"Property{index}", count) for index, count in enumerate(counts)]
    filters = numbered("Flat", flat)
    with patch.object(search, "MOST_FILTERS", most):
        requested = [alternatives(body) for body in bodies(*groups, filters=filters)]
    found = []
    for choices in requested:
        assert choices[:flat] == [[condition] for condition in filters]
        assert all(len(group) <= most for group in choices)
        # A rest of one name becomes a flat filter, before the groups.
        own = sorted(choices[flat:], key=lambda group: group[0]["Property"])
        found += [tuple(condition["Value"] for condition in combination) for combination in product(*own)]
    assert sorted(found) == sorted(product(*([condition["Value"] for condition in group] for group in groups)))


# No duplicates


def test_search_duplicates_first_kept_in_order():
    moved = {"Id": "2", "State": "Disconnected"}
    items = [{"Id": "1"}, {"Id": "2", "State": "Active"}, moved, {"Id": "3"}, {"Id": "1"}]
    assert list(distinct(items)) == [{"Id": "1"}, {"Id": "2", "State": "Active"}, {"Id": "3"}]


@pytest.mark.parametrize("alien", [None, "", 17, {}, ["1"]])
def test_search_objects_without_id_kept(alien):
    assert len(list(distinct([{"Id": alien}, {"Id": alien}, {}]))) == 3


def test_search_limit_reads_no_more_objects():
    def endless():
        while True:
            yield {"Id": "1"}
            yield {"Id": "2"}

    found = distinct(endless())
    assert [next(found), next(found)] == [{"Id": "1"}, {"Id": "2"}]


@given(st.lists(st.sampled_from(["1", "2", "3", None])))
def test_search_each_id_once_objects_without_id_always(ids):
    found = [item["Id"] for item in distinct({"Id": one} for one in ids)]
    assert [one for one in found if one] == list(dict.fromkeys(one for one in ids if one))
    assert found.count(None) == ids.count(None)
