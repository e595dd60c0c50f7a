# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find names that the user sets several times, of which Ansible uses only the last value."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Any


def names(parts: Iterable[str]) -> list[str]:
    """Return the names in parts of the form key=value."""
    return [name for name, equals, _value in (part.partition("=") for part in parts) if equals]


def repeated(given: Iterable[str]) -> set[str]:
    """Return the names that occur several times."""
    return {name for name, count in Counter(given).items() if count > 1}


def repeated_keys(text: str) -> set[str]:
    """Return the double keys of the dictionaries in JSON.

    Ansible itself warns about those in YAML.
    """
    found: set[str] = set()

    def check(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found.update(repeated(key for key, _value in pairs))
        return dict(pairs)

    with suppress(ValueError):
        json.loads(text, object_pairs_hook=check)
    return found
