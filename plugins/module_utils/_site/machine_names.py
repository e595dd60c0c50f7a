# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of machines: search conditions for them, and recognize machines in sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from .._client.search import Filter, compare
from .._common.names import guid_of, is_comparable
from .._common.text import folded, nested
from .name_forms import machine_form

NAME_FIELDS = ("Id", "Name", "DnsName")


def key_of(name: str) -> str:
    """Return a name as in names_of(); there may be | or / for the backslash, as in paths."""
    key = folded(name.replace("|", "\\"))
    return key if "\\" in key else key.replace("/", "\\")


def is_dns_name(name: str) -> bool:
    """Return whether a name in a task may be a DNS name."""
    return "." in name and "\\" not in name and "|" not in name


def as_named(name: str) -> dict[str, str]:
    """Return a machine of which only the name in a task is known."""
    machine_id = guid_of(name)
    if machine_id:
        return {"Id": machine_id}
    return {"DnsName": name} if is_dns_name(name) else {"Name": name.replace("|", "\\")}


def names_of(machine: object) -> set[str]:
    """Return all names of a machine, folded; also for the machine in a session."""
    return set(_marks(machine).values())


def condition(machine: dict) -> Filter:
    """Return the search condition for a machine from find(), and for its sessions."""
    name = nested(machine, "Name")
    return compare("MachineName", name) if name else compare("DnsName", nested(machine, "DnsName") or "")


def name_conditions(name: str) -> list[Filter]:
    """Return search conditions, of which a machine with this name matches at least one."""
    conditions = [compare("MachineName", name.replace("|", "\\"))]
    # A machine without a domain may have dots in its name, and no DNS name.
    return [*conditions, compare("DnsName", name)] if is_dns_name(name) else conditions


class MachineIndex:
    """Recognize machines in sessions and lists by their names."""

    def __init__(self, machines: Mapping[str, Iterable[dict]]) -> None:
        """machines: by their names in the task, as from find()."""
        self._by: dict[str, dict[str, set[str]]] = {field: {} for field in (*NAME_FIELDS, "DnsName alone")}
        self._forms: dict[str, list[set[str]]] = {}
        """The forms of the names of each machine in the task, by its short names."""
        for name_in_task, found in machines.items():
            forms: set[str] = set()
            for machine in found:
                marks = dict(_marks(machine))
                forms.update(_forms(marks))
                for short in _short_names(marks):
                    self._forms.setdefault(short, []).append(forms)
                if "Name" not in marks and "DnsName" in marks:
                    marks["DnsName alone"] = marks["DnsName"]
                for field, name in marks.items():
                    self._by[field].setdefault(name, set()).add(name_in_task)
        self._has_any = any(self._by.values())

    def __bool__(self) -> bool:
        return self._has_any

    def names(self, machine: object) -> set[str]:
        """Return the names that the task gives this machine; none if it is another one.

        The id decides, else the name, else the DNS name, which is not unique: the machine in a session may lack some.
        """
        marks = _marks(machine)
        by_id = self._by["Id"].get(marks.get("Id", ""))
        if by_id:
            return by_id
        if "Name" in marks:
            by_dns_name = self._by["DnsName alone"].get(marks.get("DnsName", ""), set())
            return self._by["Name"].get(marks["Name"], set()) | by_dns_name
        return self._by["DnsName"].get(marks.get("DnsName", ""), set())

    def may_match(self, machine: object) -> bool:
        """Return whether this may be one of the machines: it has a name in another form, or none."""
        marks = _marks(machine)
        if not marks:
            return bool(self)
        # An id alone may be that of any machine.
        alike = chain.from_iterable(self._forms.get(short, ()) for short in _short_names(marks) or self._forms)
        return any(map(_forms(marks).isdisjoint, alike))

    def may_have(self, machine: object) -> bool:
        """Return whether this is one of the machines, or may be one."""
        return bool(self.names(machine)) or self.may_match(machine)


_latest: tuple[object, dict[str, str]] = (None, {})
"""The latest machine and its names: all rules of a policy compare one session after the other."""


def _marks(machine: object) -> dict[str, str]:
    """Return the id and names of a machine by field, for comparisons; do not change it."""
    global _latest
    known, marks = _latest
    if machine is not known:
        names = ((field, key_of(nested(machine, field) or "").strip()) for field in NAME_FIELDS)
        marks = {field: name for field, name in names if name and (field == "Id" or is_comparable("machine", name))}
        _latest = machine, marks
    return marks


def _forms(marks: dict[str, str]) -> set[str]:
    """Return the forms of a machine's names; two machines may have one name in different forms."""
    return {machine_form(name) if field == "Name" else field for field, name in marks.items()}


def _short_names(marks: dict[str, str]) -> set[str]:
    """Return the names of a machine without its domain."""
    return {marks.get(field, "").rpartition("\\")[2].partition(".")[0] for field in ("Name", "DnsName")} - {""}
