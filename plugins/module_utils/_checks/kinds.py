# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove the content of values: each untrusted text or name becomes its kind, such as GUID."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from .._common.text import nested
from .._site.sessions import FIELDS, STATES

VERSION = re.compile(r"\d{1,2}\.\d{1,4}")
"""The first two numbers of a version: the only text of a site that is kept, with the words below."""
PATTERNS = (
    ("GUID", r"[{(]?[0-9A-Fa-f]{8}-?([0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}[)}]?"),
    ("SID", r"(?i)s-1(-\d+)+"),
    ("date-time", r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)"),
    ("URL", r"(?i)[a-z][a-z0-9+.-]*://.*"),
    ("AzureAD\\name@domain", r"(?i)azuread\\.*@.*"),
    ("DOMAIN\\name", r".*\\.*"),
    ("name@domain", r".*@.*"),
    ("digits", r"\d+"),
    ("host name", r"[^\s.]+(\.[^\s.]+)+\.?"),
)
"""Kinds and their forms; the first match counts."""
KINDS = frozenset(
    {"empty", "text", "number", "boolean", "null", "list", "IPv4", "IPv6", *(name for name, _form in PATTERNS)}
)
ENUMERATIONS = frozenset({*STATES, "Hdx", "Rdp", "Console", "Desktop", "Application", "MultiSession", "SingleSession"})
EDITIONS = frozenset({"STD", "ADV", "ENT", "PLT"})
FIELD_NAMES = frozenset(
    {
        *FIELDS,
        *("Customers", "DisplayName", "ExpiryTime", "Sites", "UserId", "VerifiedEmail"),
        *("ConnectedViaIP", "DeliveryGroup", "DnsName", "IPAddress", "MachineCatalog", "Name", "PrincipalName"),
        *("Protocol", "SamAccountName", "SamName", "SessionSupport", "Sid", "Domain", "Zone"),
    }
)
"""Documented names of fields; any other name in an object may be content."""


def kind_of(value: Any) -> str:
    """Return the kind of a value without its content."""
    if not isinstance(value, str):
        names = {type(None): "null", bool: "boolean", int: "number", float: "number"}
        return names.get(type(value), "list" if isinstance(value, list) else "text")
    text = value.strip()
    if not text:
        return "empty"
    try:
        address = ip_address(re.sub(r"^\[|\](:\d+)?$|%.*$", "", text))
    except ValueError:
        return next((name for name, form in PATTERNS if re.fullmatch(form, text, re.DOTALL)), "text")
    return f"IPv{address.version}"


def shape_of(value: Any) -> Any:
    """Return the kinds of an object's documented fields, and the number of other fields."""
    if not isinstance(value, dict):
        return value if isinstance(value, str) and value in ENUMERATIONS else kind_of(value)
    shape = {name: shape_of(each) for name, each in value.items() if name in FIELD_NAMES}
    others = len(value) - len(shape)
    return {**shape, **({"other_fields": others} if others else {})}


def version_of(text: Any) -> str:
    """Return the first two numbers of a version; the kind of any other text."""
    found = VERSION.match(text) if isinstance(text, str) else None
    return found.group() if found else kind_of(text)


def edition_of(site: dict) -> str:
    """Return the edition of a site if it is a known one, else the kind of the value."""
    edition = nested(site, "ProductEdition")
    return edition if edition in EDITIONS else kind_of(edition)


def rounded(count: int) -> int:
    """Return a count with one significant digit."""
    unit = 10 ** max(len(str(abs(count))) - 1, 0)
    return (count + unit // 2) // unit * unit


def redacted(value: Any, words: frozenset[str]) -> Any:
    """Return facts with only known words, versions or kinds as text; words: more known words.

    The keys of facts are written by the checks, or are FIELD_NAMES.
    """
    if isinstance(value, Mapping):
        return {str(key): redacted(each, words) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [redacted(each, words) for each in value]
    if not isinstance(value, str):
        return value
    known = value in words or value in KINDS or value in ENUMERATIONS or value in EDITIONS or VERSION.fullmatch(value)
    return value if known else kind_of(value)
