# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delivery groups and applications: how they are found, and how a session refers to them."""

from __future__ import annotations

import re

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._client.calls import segment
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import ApiError, CitrixError, OptionError
from ansible_collections.sessionops.citrix.plugins.module_utils._site.groups import (
    Named,
    find_applications,
    find_delivery_groups,
    is_any,
    sessions_of_applications,
)
from hypothesis import given
from hypothesis import strategies as st

KINDS = [
    pytest.param(find_delivery_groups, "delivery_group", "DeliveryGroups", id="delivery group"),
    pytest.param(find_applications, "application", "Applications", id="application"),
]
ZEROS = "00000000-0000-0000-0000-000000000000"
OFFICE, EDITOR = Named("g1", ("Office Desktops",)), Named("a1", ("Editor", "Folder\\Editor"))


@pytest.mark.parametrize(("find", "_option", "path"), KINDS)
def test_find_each_looked_up_by_name_with_one_call(fake_api, find, _option, path):
    fake_api.on(f"GET {path}/Office%20Desktops", {"Id": "g1", "Name": "Office Desktops"})
    in_folder = {"FullName": "Folder\\Editor", "ApplicationFolder": {"Name": "Folder\\"}}
    fake_api.on(f"GET {path}/g2", {"Id": "g2", "Name": "Editor", **in_folder})
    found = find(fake_api, ["g2", "Office Desktops"])
    names = {"DeliveryGroups": ("Editor", "Folder\\Editor"), "Applications": ("Folder\\Editor",)}[path]
    assert found == [Named("g2", names), Named("g1", ("Office Desktops",))]
    fields = {"DeliveryGroups": "Id,Name,FullName", "Applications": "Id,Name,ApplicationFolder"}[path]
    assert [call.query for call in fake_api.calls] == [{"fields": fields}] * 2
    assert fake_api.writes == []


@pytest.mark.parametrize(("find", "_option", "path"), KINDS)
def test_find_folder_in_one_path_segment(fake_api, find, _option, path):
    fake_api.on(f"GET {path}/Folder%20A%7CTeam%2F1%2C%2050%2541", {"Id": "g1", "Name": "Team/1, 50%41"})
    find(fake_api, ["Folder A\\Team/1, 50%41"])
    assert len(fake_api.calls) == 1


@pytest.mark.parametrize(
    ("requested", "body", "named"),
    [
        ("Office", {"Id": "g1", "Name": "Office"}, Named("g1", ("Office",))),
        ("office", {"Id": "g1", "Name": "Office", "FullName": "Office"}, Named("g1", ("Office",))),
        ("EU\\Office", {"Id": "g1", "Name": "Office", "FullName": "EU\\Office"}, Named("g1", ("EU\\Office", "Office"))),
        ("eu|Office", {"Id": "g1", "Name": "Office", "FullName": "EU\\Office"}, Named("g1", ("EU\\Office", "Office"))),
        ("EU\\Office", {"Id": "g1", "Name": "Office"}, Named("g1", ("EU\\Office", "Office"))),
        ("g1", {"Id": "g1", "Name": "Office", "FullName": "EU\\Office"}, Named("g1", ("EU\\Office", "Office"))),
        ("G1", {"Id": "g1", "FullName": "EU\\Office"}, Named("g1", ("EU\\Office",))),
        ("ABC", {"Id": "aBc", "Name": "Office"}, Named("abc", ("Office",))),
        ("Office", {"Id": ZEROS, "Name": "Office"}, Named(None, ("Office",))),
        ("Office", {"Id": None, "Name": "Office", "FullName": None}, Named(None, ("Office",))),
        ("Office", {"Id": 17, "Name": ["Other"], "FullName": "Office"}, Named(None, ("Office",))),
    ],
)
def test_delivery_group_has_names_of_api(fake_api, requested, body, named):
    fake_api.on(f"GET DeliveryGroups/{segment(requested)}", body)
    assert find_delivery_groups(fake_api, [requested]) == [named]


@pytest.mark.parametrize(("find", "option", "path"), KINDS)
def test_find_missing_objects_all_named_with_remedy(fake_api, find, option, path):
    fake_api.on(f"GET {path}/Office", {"Id": "g1", "Name": "Office"})
    fake_api.on(f"GET {path}/Sales", 404)
    fake_api.on(f"GET {path}/Legal", 404)
    with pytest.raises(OptionError) as error:
        find(fake_api, ["Sales", "Office", "Legal"])
    assert str(error.value).startswith(f"{option}: site site1 has no Legal, Sales; use the name shown in the console")
    assert "Office" not in str(error.value)


@pytest.mark.parametrize("status", [400, 403, 500])
@pytest.mark.parametrize(("find", "option", "path"), KINDS)
def test_group_other_error_reported_unchanged(fake_api, find, option, path, status):
    fake_api.on(f"GET {path}/Office", {"Id": "g1"})
    fake_api.on(f"GET {path}/Sales", status)
    with pytest.raises(ApiError, match=f"look up the {option.replace('_', ' ')} Sales: HTTP {status}"):
        find(fake_api, ["Office", "Sales"])


def test_group_404_not_from_api_is_no_missing_group(fake_api):
    error = ApiError("Could not look up: HTTP 404.", 404, "an HTML page", None)
    fake_api.on("GET DeliveryGroups/Office", error)
    with pytest.raises(ApiError):
        find_delivery_groups(fake_api, ["Office"])


@pytest.mark.parametrize(("find", "_option", "_path"), KINDS)
def test_find_without_names_sends_nothing(fake_api, find, _option, _path):
    assert find(fake_api, []) == []
    assert fake_api.calls == []


# The sessions of an application


EDITOR_IN_FOLDER = {"Id": "a1", "Name": "Editor", "ApplicationFolder": {"Name": "Folder\\"}}


def running(session_id, *names):
    return {"Id": session_id, "ApplicationsInUse": [{"Id": ZEROS, "Name": name} for name in names]}


def test_application_sessions_in_order_over_all_pages(fake_api):
    fake_api.on("GET Applications/Folder%7CEditor", EDITOR_IN_FOLDER)
    fake_api.on("GET Applications/a2", {"Id": "a2", "Name": "Paint"})
    more = {"Items": [{"Id": "1"}], "ContinuationToken": "more"}
    fake_api.on("GET Applications/a1/Sessions", more, {"Items": [running("2", "Folder\\Editor")]})
    fake_api.on("GET Applications/a2/Sessions", {"Items": []})
    found = sessions_of_applications(fake_api, ["a2", "Folder\\Editor"])
    assert found == [[], [{"Id": "1"}, running("2", "Folder\\Editor")]]
    lists = [call for call in fake_api.calls if call.path.endswith("/Sessions")]
    assert {call.query["limit"] for call in lists} == {"1000"}
    assert not any("fields" in call.query for call in lists)


def test_application_sessions_of_another_folder_dropped(fake_api):
    fake_api.on("GET Applications/Folder%7CEditor", EDITOR_IN_FOLDER)
    others = [running("1", "Editor"), running("2", "Other\\Editor"), running("3", "Other\\Editor", "folder\\editor")]
    fake_api.on("GET Applications/a1/Sessions", {"Items": others})
    assert sessions_of_applications(fake_api, ["Folder\\Editor"]) == [others[2:]]


@pytest.mark.parametrize(
    ("requested", "body"),
    [
        # The server resolved a wildcard, a number, or a name without its folder.
        ("Off*", {"Id": "g1", "Name": "Office", "FullName": "Office"}),
        ("7", {"Id": "g1", "Uid": 7, "Name": "Office"}),
        ("Office", {"Id": "g1", "Name": "Office", "FullName": "EU\\Office", "ApplicationFolder": {"Name": "EU\\"}}),
        ("US\\Office", {"Id": "g1", "Name": "Office", "FullName": "EU\\Office", "ApplicationFolder": {"Name": "EU\\"}}),
        ("Office", {"Id": "g1"}),
        ("Office", {}),
    ],
)
@pytest.mark.parametrize(("find", "option", "path"), KINDS)
def test_find_object_with_another_name_rejected(fake_api, find, option, path, requested, body):
    fake_api.on(f"GET {path}/{segment(requested)}", body)
    with pytest.raises(OptionError, match=f"^{option}: site site1 has no {re.escape(requested)};"):
        find(fake_api, [requested])


def test_application_missing_all_named(fake_api):
    fake_api.on("GET Applications/Editor", {"Id": "a1", "Name": "Editor"})
    fake_api.on("GET Applications/Paint", 404)
    fake_api.on("GET Applications/Chess", 404)
    with pytest.raises(OptionError, match=r"^application: site site1 has no Chess, Paint; use the name"):
        sessions_of_applications(fake_api, ["Paint", "Editor", "Chess"])


def test_application_truncated_list_ends_task(fake_api):
    fake_api.on("GET Applications/Editor", {"Id": "a1", "Name": "Editor"})
    fake_api.on("GET Applications/a1/Sessions", {"Items": [{"Id": "1"}], "ContinuationToken": "more"}, 503)
    with pytest.raises(ApiError, match="list the sessions of application Editor: HTTP 503"):
        sessions_of_applications(fake_api, ["Editor"])


@pytest.mark.parametrize("name", [".", ".."])
def test_find_path_traversal_rejected(fake_api, name):
    with pytest.raises(CitrixError, match="is not a valid name or id"):
        find_applications(fake_api, [name])
    with pytest.raises(CitrixError, match="is not a valid name or id"):
        sessions_of_applications(fake_api, [name])


# References


@pytest.mark.parametrize(
    ("references", "held"),
    [
        ([{"Id": "g1", "Name": "renamed"}], True),
        ([{"Id": "a1"}], True),
        ([{"Id": None, "Name": "Office Desktops"}], True),
        ([{"Name": "folder\\EDITOR"}], True),
        ([{"Id": ZEROS, "Name": "Editor"}], True),
        ([{"Id": ZEROS, "Name": "Other"}], False),
        ([{"Id": ZEROS}, {"Id": "a1"}], True),
        ([{"Id": "G1", "Name": "renamed"}], True),
        ([{"Id": None, "Name": None}, {"Id": "a1"}], True),
        ([{"Id": "g9"}, {"Id": "g1"}], True),
        ([{"Id": "g9", "Name": "Other"}], False),
        ([{"Name": "Other"}], False),
        # The id decides: another group may have the same name, in another folder.
        ([{"Id": "g9", "Name": "Office Desktops"}], False),
    ],
)
@pytest.mark.parametrize("default", [True, False])
def test_reference_matches_by_id_else_by_name(references, held, default):
    assert is_any([OFFICE, EDITOR], references, default) is held


@pytest.mark.parametrize(
    ("references", "held"),
    [
        ([{"Id": "a9", "Name": "EDITOR"}], True),
        ([{"Id": "a9", "Name": "Mu\u0308ller"}], True),
        ([{"Id": "a9", "Name": "Other"}], False),
        ([{"Id": "a9"}], False),
    ],
)
@pytest.mark.parametrize("default", [True, False])
def test_reference_without_id_matches_by_name(references, held, default):
    assert is_any([Named(None, ("Editor", "m\u00fcller"))], references, default) is held


@pytest.mark.parametrize(
    "references",
    [
        [{"Id": ZEROS}],
        [],
        None,
        {},
        17,
        "g1",
        [None],
        ["g1", 17],
        [{}],
        [{"Id": None, "Name": ""}],
        [{"Id": 17, "Name": ["Office"]}],
    ],
)
@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize("wanted", [OFFICE, Named(None, ("Office Desktops",))])
def test_reference_missing_returns_default(wanted, references, default):
    assert is_any([wanted], references, default) is default


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["g1", "Office", ""]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["Id", "Name"]), inner),
    max_leaves=5,
)


@given(JSON, st.booleans())
def test_reference_of_any_shape_read(references, default):
    assert is_any([OFFICE], references, default) in (True, False)
