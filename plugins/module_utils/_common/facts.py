# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert JSON objects of the API to facts: the same values with snake_case keys."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict


def snake_facts(value: Any) -> Any:
    """Return a JSON value with the keys of all its objects in snake_case."""
    if isinstance(value, dict):
        return {_snake(key): snake_facts(each) for key, each in value.items()}
    return [snake_facts(each) for each in value] if isinstance(value, list) else value


def facts_of(item: dict, fields: Iterable[str] = ()) -> dict:
    """Return an object of the API as facts: these fields if it has them, or all of its fields."""
    return snake_facts({name: item[name] for name in fields or item if name in item})


@lru_cache(maxsize=2048)
def _snake(key: str) -> str:
    # Converting a key costs more than all other work for a session, and there are a few hundred different ones.
    return next(iter(camel_dict_to_snake_dict({key: None})))
