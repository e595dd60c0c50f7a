# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts: keys as in ansible-core, each converted once."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible_collections.sessionops.citrix.plugins.module_utils._common import facts
from hypothesis import given
from hypothesis import strategies as st

KEYS = st.text() | st.sampled_from(["SessionId", "DNSName", "IPAddresses", "OSType", "id", "Is64Bit", "A", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_snake_facts_equal_those_of_ansible(value):
    assert facts.snake_facts(value) == camel_dict_to_snake_dict(value)


@pytest.mark.parametrize("value", [None, "SessionId", 3, [], [["A"], {"BigB": 1}]])
def test_snake_facts_other_values_kept(value):
    expected = [["A"], {"big_b": 1}] if value and isinstance(value, list) else value
    assert facts.snake_facts(value) == expected


def test_snake_facts_convert_each_key_once(monkeypatch):
    converted = []

    def count(value):
        converted.append(value)
        return camel_dict_to_snake_dict(value)

    monkeypatch.setattr(facts, "camel_dict_to_snake_dict", count)
    facts._snake.cache_clear()
    assert facts.snake_facts([{"OnlyKey": number} for number in range(100)])[99] == {"only_key": 99}
    assert converted == [{"OnlyKey": None}]


def test_facts_have_snake_case_names_and_all_values():
    machine = {"Id": "5f0c9a1e", "DnsName": None, "DeliveryGroup": {"Name": "Office"}, "Tags": ["A", "b"]}
    assert facts.facts_of(machine) == {
        "id": "5f0c9a1e",
        "dns_name": None,
        "delivery_group": {"name": "Office"},
        "tags": ["A", "b"],
    }


def test_facts_have_only_requested_fields_that_exist():
    machine = {"Id": "5f0c9a1e", "Name": "LAB\\vda-001", "SessionCount": None, "DeliveryGroup": {"Name": "Office"}}
    assert facts.facts_of(machine, ("Name", "Id", "SessionCount", "Tags")) == {
        "id": "5f0c9a1e",
        "name": "LAB\\vda-001",
        "session_count": None,
    }
